"""Tests of the inspector page's accessibility: keyboard, screen reader, light and dark, phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from contract_tests.browser.conftest import Inspector
from contract_tests.browser.measurements import CONTRAST, OVERLAPS, PAGE_WIDTHS, SMALL_CONTROLS, save_screenshot
from contract_tests.emulator.kit import callback_server
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock

OpenInspector = Callable[..., Inspector]

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True}


def test_the_keyboard_is_enough(inspector):
    for prompt in ("the first", "the second", "the third"):
        inspector.create(prompt)
    page = inspector.page
    expect(inspector.rows).to_have_count(3)
    link = inspector.rows.get_by_role("link")
    inspector.filters.get_by_label("API").focus()
    page.keyboard.press("Tab")
    expect(link.nth(0)).to_be_focused()
    for key, index in (("ArrowDown", 1), ("End", 2), ("ArrowUp", 1), ("Home", 0), ("ArrowUp", 0), ("ArrowDown", 1)):
        page.keyboard.press(key)
        expect(link.nth(index)).to_be_focused()
    page.keyboard.press("Enter")
    expect(link.nth(1)).to_have_attribute("aria-current", "true")
    heading = page.get_by_role("article").get_by_role("heading", level=2)
    expect(heading).to_have_text("the second")
    for name in ("← All tasks", "Finish"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("article").get_by_text(name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("video")).to_be_visible()
    expect(heading).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("article")).to_be_hidden()
    expect(link.nth(1)).to_be_focused()


def controls_without_name(page, role):
    return page.get_by_role(role, name=re.compile(r"^\W*$"))


def test_all_controls_have_names(inspector):
    inspector.create("A cat in the rain", callBackUrl="http://127.0.0.1:9/done")
    inspector.choose("A cat in the rain")
    page = inspector.page
    for view in ("Tasks", "Requests", "Faults"):
        page.get_by_role("link", name=view, exact=True).click()
        for role in ("button", "link", "textbox", "searchbox", "combobox", "spinbutton", "checkbox", "table"):
            expect(controls_without_name(page, role)).to_have_count(0)
    expect(page.locator("body")).to_match_aria_snapshot("""
      - banner:
        - heading "klingkit emulator" [level=1]
        - status: live
        - navigation "Views":
          - link "Tasks"
          - link "Requests"
          - link "Faults"
        - form "Clock"
        - button "Reset…"
      - main:
        - region "Faults"
    """)
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.get_by_role("table")).to_match_aria_snapshot("""
      - table "Tasks, newest first":
        - rowgroup:
          - row:
            - columnheader "State"
            - columnheader "API"
            - columnheader "Model"
            - columnheader "Prompt"
            - columnheader "Age"
        - rowgroup:
          - row:
            - cell "accepted"
            - cell "kie"
            - cell "kling/v2-5-turbo-text-to-video-pro"
            - rowheader "A cat in the rain"
            - cell
    """)


def show_frame(video: Locator) -> None:
    """Show a frame of the video in screenshots."""
    video.evaluate("async (video) => { video.muted = true; await video.play(); video.pause(); video.currentTime = 2; }")
    expect(video).to_have_js_property("seeking", value=False)
    expect(video).to_have_js_property("readyState", 4)


PROMPTS = (
    "Paper boats drift down a gutter after the rain, macro, shallow focus",
    "A lighthouse in a storm, slow dolly shot, volumetric light",
    "An old tram climbs a foggy hill at dusk, lamps coming on",
    "A red fox crosses a frozen lake at dawn, handheld camera",
    "A potter's hands shape wet clay, 35 mm video, warm light",
    "Time lapse of a fern unrolling in a greenhouse",
)


def open_busy_page(open_inspector: OpenInspector, **context: Any) -> tuple[Inspector, list[str]]:
    """Open the page on an emulator with tasks of all APIs in all states; return it and the ids of kie.ai's tasks."""
    clock = VirtualClock()
    inspector = open_inspector(Emulator(finish=AfterSeconds(95), clock=clock), timezone_id="UTC", **context)
    with callback_server() as receiver:
        ids = []
        for prompt in PROMPTS:
            ids.append(inspector.create(prompt, callBackUrl=receiver.url))
            inspector.query(ids[-1])
            clock.advance(21.5)
        inspector.emulator.fail_task(ids[2], code="501", message="The generation failed.")
        inspector.query(ids[3])
        inspector.emulator.finish_task(ids[3])
        inspector.emulator.wait_idle()
    inspector.submit("x" * 2501)
    body = {"model_name": "kling-v2-1-master", "mode": "std", "prompt": "Neon signs mirrored in a wet street"}
    inspector.request("POST", "/v1/videos/text2video", json=body)
    clock.advance(3)
    body = {"model_name": "kling-v2-5-turbo", "prompt": "A kite over dunes, drone shot"}
    inspector.request("POST", "/kling/v1/videos/text2video", json=body)
    clock.advance(8)
    return inspector, ids


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_contrast_in_light_and_dark(open_inspector, scheme):
    inspector, ids = open_busy_page(open_inspector, color_scheme=scheme)
    page = inspector.page
    inspector.open()
    expect(inspector.rows).to_have_count(8)
    save_screenshot(page, f"list-{scheme}")
    assert page.evaluate(CONTRAST) == []
    for task_id in (ids[2], ids[3]):
        inspector.open(f"#/tasks/{task_id}")
        expect(inspector.body("request").first).to_be_visible()
        assert page.evaluate(CONTRAST) == []
    show_frame(page.locator("video"))
    save_screenshot(page, f"detail-{scheme}")
    page.get_by_role("link", name="Faults").click()
    inspector.region("Faults").get_by_label("Code").fill("429")
    inspector.button("Set fault").click()
    expect(page.get_by_role("table", name="Faults").locator("tbody tr")).to_have_count(1)
    inspector.button("Reset…").click()
    assert page.evaluate(CONTRAST) == []


def test_the_selection_is_visible_with_forced_colors(open_inspector):
    inspector = open_inspector(forced_colors="active")
    inspector.create("A cat in the rain")
    inspector.open()
    inspector.choose("A cat in the rain")
    for selected in (inspector.page.get_by_role("link", name="Tasks", exact=True), inspector.rows.first):
        expect(selected).to_have_css("outline-style", "solid")
    expect(inspector.page.get_by_role("link", name="Requests")).to_have_css("outline-style", "none")
    expect(inspector.button("Finish")).to_have_css("border-top-style", "solid")
    expect(inspector.button("Finish")).not_to_have_css("border-top-color", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize("width", [320, 360])
def test_the_page_fits_a_phone(open_inspector, width):
    inspector, ids = open_busy_page(open_inspector, **PHONE | {"viewport": {"width": width, "height": 740}})
    inspector.emulator.faults.add(Fault("callback-reordered", operation="callback", times=3))
    page = inspector.page
    for view, screenshot in (
        ("", "list"),
        (f"#/tasks/{ids[3]}", "detail"),
        ("#/requests", "requests"),
        ("#/faults", "faults"),
    ):
        inspector.open(view)
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        if screenshot in {"list", "requests"}:
            expect(inspector.rows.first).to_be_visible()
        if screenshot == "faults":
            expect(
                inspector.button("Remove the fault callback-reordered: any API · callback · 3 times")
            ).to_be_visible()
        if screenshot == "detail":
            expect(inspector.body("request").first).to_be_visible()
            page.locator("summary", has_text="attempt").first.click()
            expect(inspector.body("callback")).to_be_visible()
            expect(inspector.rows).to_have_count(0)
        save_screenshot(page, f"phone-{screenshot}")
        width, available = page.evaluate(PAGE_WIDTHS)
        assert width <= available, f"{screenshot} is wider than the phone"
        assert page.evaluate(SMALL_CONTROLS) == []
        assert page.evaluate(OVERLAPS) == []


def test_on_a_phone_list_and_detail_alternate(open_inspector):
    inspector = open_inspector(**PHONE)
    for prompt in ("A cat in the rain", *PROMPTS, *PROMPTS):
        inspector.create(prompt)
    inspector.open()
    page = inspector.page
    page.get_by_role("link", name="A cat in the rain").tap()
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_be_focused()
    expect(page.get_by_role("table")).to_be_hidden()
    page.get_by_role("link", name="All tasks").tap()
    expect(page.get_by_role("article")).to_be_hidden()
    expect(page.get_by_role("link", name="A cat in the rain")).to_be_focused()
    expect(page.get_by_role("link", name="A cat in the rain")).to_be_in_viewport()
