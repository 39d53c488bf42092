"""Tests that the keyboard focus is never lost."""

import pytest
from playwright.sync_api import expect

from klingkit.emulator import AtOnce, Emulator, Fault, VirtualClock


@pytest.fixture
def inspector_with_60_tasks(open_inspector):
    """Open a page with 60 tasks, newest first: number 59 is at the top."""
    inspector = open_inspector(Emulator(finish=AtOnce(), clock=VirtualClock()))
    for number in range(60):
        inspector.create(f"number {number:02}")
    inspector.open()
    expect(inspector.rows).to_have_count(50)
    return inspector


def test_another_page_of_the_list_starts_at_its_top(inspector_with_60_tasks):
    link = inspector_with_60_tasks.rows.get_by_role("link")
    for button, first in (("Older", "number 09"), ("Newest", "number 59")):
        inspector_with_60_tasks.button(button).press("Enter")
        expect(link.first).to_have_text(first)
        expect(link.first).to_be_focused()
        assert inspector_with_60_tasks.page.locator("#tasks .list").evaluate("(pane) => pane.scrollTop") == 0


def test_a_focused_row_that_moves_to_the_next_page_passes_the_focus_on(inspector_with_60_tasks):
    link = inspector_with_60_tasks.rows.get_by_role("link")
    link.last.focus()
    inspector_with_60_tasks.create("number 60")
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


@pytest.mark.parametrize("by_another_client", [False, True], ids=["by the page", "by another client"])
def test_a_reset_keeps_the_focus_on_the_page(inspector, by_another_client):
    inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    if by_another_client:
        # The page may be about to load the task once more.
        inspector.expected_errors.append("Failed to load resource: the server responded with a status of 404")
        inspector.button("Finish").focus()
        inspector.emulator.reset()
        focused = inspector.page.get_by_role("heading", name="Tasks", exact=True)
    else:
        inspector.button("Reset…").click()
        inspector.page.get_by_role("dialog").get_by_role("button", name="Reset").click()
        focused = inspector.button("Reset…")
    expect(detail).to_be_hidden()
    expect(inspector.rows).to_have_count(0)
    expect(focused).to_be_focused()


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
    sent = [url for url in inspector.requested if url.endswith("/finish")]
    assert len(sent) == 1


def test_an_injected_fault_keeps_the_focus(inspector):
    inspector.emulator.faults.add(Fault("refuse", code=429))
    inspector.open("#/faults")
    remove = inspector.button("Remove the fault refuse: any API · code 429")
    remove.focus()
    inspector.submit()
    expect(inspector.page.get_by_role("table", name="Faults").get_by_role("cell").nth(1)).to_have_text("1")
    expect(remove).to_be_focused()
