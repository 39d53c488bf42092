"""The keyboard's focus is never lost."""

import pytest
from playwright.sync_api import expect

from klingkit.emulator import AtOnce, Emulator, Fault, VirtualClock


@pytest.fixture
def many(inspect):
    """A page with 60 tasks, the first of which is number 59."""
    inspector = inspect(Emulator(finish=AtOnce(), clock=VirtualClock()))
    for number in range(60):
        inspector.create(f"number {number:02}")
    inspector.open()
    expect(inspector.rows).to_have_count(50)
    return inspector


def test_another_page_starts_at_its_top(many):
    link = many.rows.get_by_role("link")
    for button, first in (("Older", "number 09"), ("Newest", "number 59")):
        many.button(button).press("Enter")
        expect(link.first).to_have_text(first)
        expect(link.first).to_be_focused()
        assert many.page.locator("#tasks .list").evaluate("(pane) => pane.scrollTop") == 0


def test_a_row_that_is_pushed_out_passes_the_focus_on(many):
    link = many.rows.get_by_role("link")
    link.last.focus()
    many.create("number 60")
    expect(link.first).to_have_text("number 60")
    expect(link.last).to_have_text("number 11")
    expect(link.last).to_be_focused()


def test_a_row_that_leaves_the_filter_passes_the_focus_on(inspector):
    first, second = inspector.create("the first"), inspector.create("the second")
    inspector.filters.get_by_label("State").select_option("accepted")
    link = inspector.rows.get_by_role("link")
    expect(link).to_have_text(["the second", "the first"])
    link.first.focus()
    inspector.emulator.finish_task(second)
    expect(link).to_have_text(["the first"])
    expect(link.first).to_be_focused()
    inspector.emulator.finish_task(first)
    expect(inspector.rows).to_have_count(0)
    expect(inspector.page.get_by_role("heading", name="Tasks", exact=True)).to_be_focused()


def test_updates_keep_the_focus(inspector):
    inspector.create("the first")
    link = inspector.page.get_by_role("link", name="the first")
    link.focus()
    inspector.emulator.finish_task(inspector.create("the second"))
    expect(inspector.rows.first).to_contain_text("succeeded")
    expect(link).to_be_focused()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_a_reset_keeps_the_focus_on_the_page(inspector, elsewhere):
    inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    if elsewhere:
        # The page may be about to load the task once more.
        inspector.expected_errors.append("Failed to load resource: the server responded with a status of 404")
        inspector.button("Finish").focus()
        inspector.emulator.reset()
        reached = inspector.page.get_by_role("heading", name="Tasks", exact=True)
    else:
        inspector.button("Reset…").click()
        inspector.page.get_by_role("dialog").get_by_role("button", name="Reset").click()
        reached = inspector.button("Reset…")
    expect(detail).to_be_hidden()
    expect(inspector.rows).to_have_count(0)
    expect(reached).to_be_focused()


def test_failing_a_task_that_has_ended_shows_an_error(inspector):
    inspector.expected_errors.append("Failed to load resource: the server responded with a status of 409")
    task_id = inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    inspector.button("Fail…").click()
    dialog = inspector.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"A cat in the rain ({task_id})")
    inspector.emulator.finish_task(task_id)
    expect(detail.locator("video")).to_be_attached()
    dialog.get_by_role("button", name="Fail task").click()
    expect(inspector.page.get_by_role("status").filter(has_text="has ended already")).to_be_visible()
    expect(detail.get_by_role("heading", level=2)).to_be_focused()


def test_a_dialog_closes_with_its_view(inspector):
    task_id = inspector.create("A cat in the rain")
    inspector.choose("A cat in the rain")
    inspector.button("Fail…").click()
    dialog = inspector.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    inspector.page.go_back()
    expect(dialog).to_be_hidden()
    assert inspector.emulator.task(task_id).state == "accepted"


def test_a_double_click_sends_one_request(inspector):
    inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    detail.get_by_role("button", name="Finish").dblclick()
    expect(detail.locator("video")).to_be_visible()
    sent = [one for one in inspector.requested if one.endswith("/finish")]
    assert len(sent) == 1


def test_an_injected_fault_keeps_the_focus(inspector):
    inspector.emulator.faults.add(Fault("refuse", code=429))
    inspector.open("#/faults")
    remove = inspector.button("Remove the fault refuse: any API · code 429")
    remove.focus()
    inspector.submit()
    expect(inspector.page.get_by_role("table", name="Faults").get_by_role("cell").nth(1)).to_have_text("1")
    expect(remove).to_be_focused()
