"""Tests of the form that adds faults, and of the list of configured faults."""

import re

import pytest
from playwright.sync_api import expect

from contract_tests.browser.measurements import CLIPPED_PANES, PAGE_WIDTHS, save_screenshot
from klingkit.emulator import Fault

FAULT_BY_TEXT = {
    "any API · code 455": Fault("refuse", code=455),
    "kie · query · HTTP 503 · away": Fault("refuse", api="kie", operation="query", status=503, message="away"),
    "any API · code 0 · HTTP 200": Fault("refuse", code=0, status=200),
    "relay · create · after the task is made": Fault("drop", api="relay", operation="create", after=True),
    "any API · 0 s": Fault("stall", seconds=0),
    "any API · once": Fault("truncate", times=1),
    "any API · 3 times · HTTP 504": Fault("html", times=3, status=504),
    "any API · prompt has cat|dog · probability 0.5 · 2.5 s": Fault(
        "slow", prompt="cat|dog", probability=0.5, seconds=2.5
    ),
    "any API": Fault("expire"),
    "native · 60 s": Fault("callback-late", api="native", seconds=60),
    "kie": Fault("callback-twice", api="kie"),
    "native": Fault("callback-reordered", api="native"),
    "relay": Fault("callback-lost", api="relay"),
    "kie · callback": Fault("callback-forged", api="kie", operation="callback"),
}


@pytest.fixture
def form(page):
    return page.locator("#fault")


@pytest.fixture
def page(inspector):
    inspector.page.get_by_role("link", name="Faults").click()
    expect(inspector.page.get_by_label("Kind")).to_have_value("refuse")
    return inspector.page


def visible_labels(form):
    """Return the labels of the visible fields."""
    labels = form.locator("label:visible")
    return {re.split(r"\n", text)[0].strip() for text in labels.all_inner_texts()}


def options(form, label):
    return form.get_by_label(label).locator("option").all_inner_texts()


def test_each_rule_is_listed_with_its_text(inspector, page):
    for fault in FAULT_BY_TEXT.values():
        inspector.emulator.faults.add(fault)
    rules = page.get_by_role("table", name="Faults").locator("tbody tr")
    expect(rules.locator("td:nth-child(2)")).to_have_text([*FAULT_BY_TEXT])
    expect(rules.locator("th")).to_have_text([fault.kind for fault in FAULT_BY_TEXT.values()])
    for name, fault in FAULT_BY_TEXT.items():
        expect(inspector.button(f"Remove the fault {fault.kind}: {name}")).to_have_count(1)


FIELDS_OF_ALL_KINDS = {"Kind", "API", "Prompt has", "Times", "Probability"}


def test_only_the_fields_of_a_kind_are_offered(inspector, form):
    after = "Make the task first, then inject"
    kind = form.get_by_label("Kind")
    assert options(form, "Kind") == [*inspector.request("GET", "/_emulator/faults").json()["kinds"]]
    assert options(form, "Operation") == ["any", "create", "query", "upload"]
    assert visible_labels(form) - FIELDS_OF_ALL_KINDS == {"Operation", "Code", "HTTP status", "Message", after}
    kind.select_option("drop")
    assert options(form, "Operation") == ["any", "create", "query", "upload", "media"]
    assert visible_labels(form) - FIELDS_OF_ALL_KINDS == {"Operation", after}
    form.get_by_label("Operation").select_option("media")
    assert visible_labels(form) - FIELDS_OF_ALL_KINDS == {"Operation"}
    kind.select_option("refuse")
    expect(form.get_by_label("Operation")).to_have_value("")
    kind.select_option("callback-late")
    assert visible_labels(form) - FIELDS_OF_ALL_KINDS == {"Seconds"}


def test_a_problem_is_shown_at_its_field(inspector, page, form):
    inspector.expected_errors.append("Failed to load resource: the server responded with a status of 400")
    code, set_button = form.get_by_label("Code"), inspector.button("Set fault")
    set_button.click()
    expect(code).to_be_focused()
    expect(code).to_have_accessible_description("code is missing: an API error has a code, or a status")
    expect(code).to_have_attribute("aria-invalid", "true")
    code.fill("12345")
    expect(code).not_to_have_attribute("aria-invalid", "true")
    form.get_by_label("Prompt has").fill("a" * 5_001)
    set_button.click()
    expect(form.get_by_label("Prompt has")).to_be_focused()
    expect(code).to_have_accessible_description("")
    form.get_by_label("Prompt has").fill("")
    code.fill("")
    form.get_by_label("HTTP status").fill("503")
    set_button.click()
    rule = page.get_by_role("table", name="Faults").locator("tbody tr td:nth-child(2)")
    expect(rule).to_have_text(["any API · HTTP 503"])
    expect(page.get_by_role("status").filter(has_text="The fault is set.")).to_be_visible()


def test_numbers_out_of_range_are_not_sent(form):
    for label, value in (("Times", "1000000001"), ("Probability", "1.5")):
        form.get_by_label(label).fill(value)
        assert not form.get_by_label(label).evaluate("(field) => field.checkValidity()")
    form.get_by_label("Kind").select_option("slow")
    form.get_by_label("Seconds").fill("86401")
    assert not form.get_by_label("Seconds").evaluate("(field) => field.checkValidity()")


def test_after_going_back_the_fields_match_the_kind(page, form):
    form.get_by_label("Kind").select_option("slow")
    page.goto("about:blank")
    page.go_back()
    kind = form.get_by_label("Kind")
    expect(kind).to_have_value(re.compile("slow|refuse"))
    expect(form.get_by_label("Code")).to_be_visible(visible=kind.input_value() == "refuse")
    expect(form.get_by_label("Seconds")).to_be_visible(visible=kind.input_value() == "slow")


def test_the_focus_moves_on_from_a_removed_rule(inspector, page):
    for fault in (Fault("drop"), Fault("stall")):
        inspector.emulator.faults.add(fault)
    inspector.button("Remove the fault drop: any API").press("Enter")
    remaining = inspector.button("Remove the fault stall: any API")
    expect(page.get_by_role("table", name="Faults").locator("tbody tr")).to_have_count(1)
    expect(remaining).to_be_focused()
    remaining.press("Enter")
    expect(page.get_by_role("heading", name="Configured faults")).to_be_focused()


@pytest.mark.parametrize("width", [320, 375, 700, 900])
def test_no_part_of_the_form_is_clipped(open_inspector, width):
    inspector = open_inspector(viewport={"width": width, "height": 450})
    for fault in FAULT_BY_TEXT.values():
        inspector.emulator.faults.add(fault)
    inspector.open("#/faults")
    page = inspector.page
    kind_marks = page.get_by_role("table", name="Faults").locator("th .mark")
    expect(kind_marks).to_have_count(len(FAULT_BY_TEXT))
    assert page.evaluate(CLIPPED_PANES) == []
    content_width, available = page.evaluate(PAGE_WIDTHS)
    assert content_width <= available
    assert all(box["height"] < 30 for box in (kind.bounding_box() for kind in kind_marks.all()))
    save_screenshot(page, f"faults-{width}")
