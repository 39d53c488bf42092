"""Tests of the details of tasks and requests."""

import re
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import expect

from contract_tests.browser.measurements import HEADING_LEVELS
from contract_tests.emulator.kit import callback_server
from klingkit.emulator import AfterSeconds, AtOnce, Emulator, Fault, VirtualClock


def test_watching_a_task_changes_nothing_for_the_service(inspector):
    fault = inspector.emulator.faults.add(Fault("drop", operation="media", times=1))
    task_id = inspector.create("A cat in the rain")
    inspector.emulator.finish_task(task_id)
    detail = inspector.choose("A cat in the rain")
    video = detail.locator("video")
    expect(video).to_have_js_property("duration", 5)
    video.evaluate("(video) => { video.muted = true; video.currentTime = 4; }")
    expect(video).to_have_js_property("seeking", value=False)
    with inspector.page.expect_download() as download:
        detail.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{task_id}.mp4"
    assert [exchange.operation for exchange in inspector.emulator.requests] == ["create"]
    assert inspector.emulator.faults.injected(fault) == 0
    with pytest.raises(httpx.RemoteProtocolError):
        inspector.request("GET", f"/media/{task_id}.mp4")


def test_a_video_that_cannot_be_loaded_shows_an_error(inspector):
    inspector.expected_errors.append("Failed to load resource: net::ERR_FAILED")
    inspector.page.route("**/video", lambda route: route.abort())
    task_id = inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    expect(detail.get_by_text("no video")).to_have_css("color", "rgb(89, 97, 108)")
    inspector.emulator.finish_task(task_id)
    expect(detail.get_by_text("The video can't be loaded.")).to_have_css("color", "rgb(179, 38, 30)")
    expect(detail.locator("video")).to_have_count(0)


def test_a_task_keeps_its_request_when_the_journal_does_not(open_inspector):
    inspector = open_inspector(Emulator(finish=AtOnce(), kept=10))
    inspector.open()
    task_id = inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    expect(detail.get_by_text("agrees with the spec")).to_be_visible()
    inspector.query(task_id)
    expect(detail.get_by_text("agrees with the spec")).to_have_count(0)
    detail.get_by_text("Body as sent").click()
    expect(detail.get_by_role("group", name="Body as sent")).to_contain_text('"prompt": "A cat in the rain"')


def test_a_late_response_is_dropped(inspector):
    page, task_id = inspector.page, inspector.create("A cat in the rain")
    path = re.compile(rf"/tasks/{task_id}\?")
    stale_response = inspector.request("GET", f"/_emulator/tasks/{task_id}").text
    held_routes = inspector.hold(path, times=1)
    with page.expect_request(path):
        page.get_by_role("link", name="A cat in the rain").click()
    inspector.emulator.finish_task(task_id)
    expect(page.locator("video")).to_be_attached()
    with page.expect_event("requestfinished", lambda request: request == held_routes[0].request):
        held_routes[0].fulfill(body=stale_response)
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(page.locator("video")).to_be_attached()


def test_a_request_opened_several_times_is_shown_once(inspector):
    page = inspector.page
    inspector.query(inspector.create("A cat in the rain"))
    inspector.choose("A cat in the rain")
    held_routes = inspector.hold(re.compile(r"/requests/2\?"))
    line = inspector.region("Requests").locator("ol > li").last
    for _ in range(3):
        line.locator("summary").first.click()
    for route in held_routes:
        with page.expect_event("requestfinished", lambda request, route=route: request == route.request):
            route.continue_()
    expect(line.get_by_role("region", name="Response")).to_have_count(1)


def test_an_error_code_with_http_200_is_shown(inspector):
    inspector.emulator.faults.add(Fault("refuse", code=455, status=200, times=1))
    inspector.submit()
    inspector.submit()
    page = inspector.page
    page.get_by_role("link", name="Requests").click()
    state = inspector.rows.locator(".state .mark")
    expect(state).to_have_text(["200", "200 · 455"])
    expect(state.last).to_have_class("mark failed")
    expect(state.first).to_have_class("mark succeeded")
    inspector.filters.get_by_label("Which").select_option("With an error")
    expect(state).to_have_text(["200 · 455"])
    inspector.filters.get_by_label("Text").fill("500")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    inspector.filters.get_by_label("Text").fill("455")
    expect(state).to_have_text(["200 · 455"])


def test_a_resent_callback_that_fails_is_announced(inspector):
    with callback_server() as receiver:
        receiver.status = 500
        task_id = inspector.create("A cat in the rain", callBackUrl=receiver.url)
        inspector.emulator.finish_task(task_id)
        inspector.choose("A cat in the rain")
        inspector.button("Resend the callback of attempt 1").click()
        expect(
            inspector.page.get_by_role("status").filter(has_text=f"Task {task_id}: callback, attempt 2: 500")
        ).to_be_visible()
        expect(inspector.button("Close the message")).to_be_visible()


def test_times_of_another_day_have_a_date(open_inspector):
    inspector = open_inspector(Emulator(finish=AfterSeconds(100_000), clock=VirtualClock()), timezone_id="UTC")
    inspector.create("A cat in the rain")
    inspector.open()
    inspector.choose("A cat in the rain")
    times = inspector.region("States").locator("time")
    expect(times).to_have_text(["00:00:00.000"])
    inspector.emulator.clock.advance(200_000)
    expect(times).to_have_text([re.compile("^1 Dec 2025, ")] * 2 + [re.compile("^2 Dec 2025, 03:46:40")])
    expect(inspector.page.locator("#clock")).to_have_text("3 Dec 2025, 07:33:20")


def test_unusual_prompts_are_readable(inspector):
    long_prompt = "A cat walks on " + "and on " * 330 + "to the end"
    for prompt in ("   ", "שלום cat", long_prompt):
        inspector.create(prompt)
    links = inspector.rows.get_by_role("link")
    expect(links).to_have_count(3)
    expect(links.last).to_have_text("(no prompt)")
    expect(links.nth(1)).to_have_css("direction", "rtl")
    links.first.click()
    heading = inspector.page.get_by_role("article").get_by_role("heading", level=2)
    expect(heading).to_have_text(long_prompt)
    scrolling = heading.evaluate("(node) => [node.scrollHeight > node.clientHeight, getComputedStyle(node).overflowY]")
    assert scrolling == [True, "auto"]


def test_right_to_left_text_is_isolated(inspector):
    inspector.create("turned \u202e around")
    inspector.choose("turned \u202e around")
    body = inspector.body("request").first
    text = body.locator("bdi", has_text="turned")
    expect(text).to_have_css("unicode-bidi", "isolate")
    expect(text).to_have_text("turned \u202e around")
    expect(body).to_contain_text('"prompt": "turned \u202e around"')


def test_heading_levels_have_no_gaps(inspector):
    with callback_server() as receiver:
        inspector.create("A cat in the rain", callBackUrl=receiver.url)
    for view in ("", "#/requests", "#/requests/1", "#/faults", f"#/tasks/{inspector.emulator.tasks[0].id}"):
        inspector.open(view)
        expect(inspector.page.get_by_text("live", exact=True)).to_be_visible()
        if view.endswith("1") or "tasks/" in view:
            expect(inspector.body("response").first).to_be_visible()
        levels = inspector.page.evaluate(HEADING_LEVELS)
        assert levels[0] == 1
        assert all(below <= above + 1 for above, below in pairwise(levels)), (view, levels)
