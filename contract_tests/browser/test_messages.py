"""Tests of the error messages on the inspector page."""

from playwright.sync_api import expect

from contract_tests.browser.measurements import SET_VISIBILITY


def provoke_error(inspector):
    """Provoke an error; return its message."""
    inspector.expected_errors.append("Failed to load resource: the server responded with a status of 400")
    inspector.page.get_by_label("Seconds to advance").fill("1e200")
    inspector.button("Advance").click()
    error_message = inspector.page.get_by_role("status").filter(has_text="years 1970 to 9999")
    expect(error_message).to_be_visible()
    return error_message


def test_an_error_can_be_closed(inspector):
    error_message = provoke_error(inspector)
    for visible in (False, True):
        inspector.page.evaluate(SET_VISIBILITY, arg=visible)
    inspector.create("A cat in the rain")
    expect(inspector.rows).to_have_count(1)
    expect(error_message).to_be_visible()
    inspector.button("Close the message").click()
    expect(error_message).to_be_hidden()
    expect(inspector.page.get_by_role("link", name="Tasks")).to_be_focused()
    error_message = provoke_error(inspector)
    inspector.page.get_by_role("link", name="Faults").click()
    expect(error_message).to_be_hidden()


def test_escape_closes_the_error_first_and_then_the_task(inspector):
    inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    inspector.filters.get_by_label("Text").press("Escape")
    expect(detail).to_be_visible()
    error_message = provoke_error(inspector)
    inspector.button("Advance").press("Escape")
    expect(error_message).to_be_hidden()
    expect(detail).to_be_visible()
    inspector.button("Advance").press("Escape")
    expect(detail).to_be_hidden()
    expect(inspector.button("Advance")).to_be_focused()
