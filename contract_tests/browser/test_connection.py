"""The page while the emulator is away, hangs or is busy; and in many tabs."""

import pytest
from playwright.sync_api import expect

from contract_tests.browser.conftest import MODEL
from klingkit.emulator import AtOnce, Emulator, Fault, VirtualClock
from klingkit.emulator.journal import _events

SEE = """(seen) => {
  Object.defineProperty(document, "hidden", { configurable: true, value: !seen });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Make a page visible, or not."""


def test_seven_tabs_are_live_when_visible(inspector):
    """A browser opens six connections to a host."""
    broadcast = inspector.emulator._engine.broadcast
    context = inspector.page.context
    tabs = [inspector.page, *(context.new_page() for _ in range(6))]
    for tab in tabs:
        tab.goto(inspector.url)
        expect(tab.get_by_text("live", exact=True)).to_be_visible()
        if tab is not tabs[-1]:
            tab.evaluate(SEE, arg=False)
    assert broadcast.listeners <= 6
    inspector.create("A cat in the rain")
    expect(tabs[-1].get_by_role("link", name="A cat in the rain")).to_be_visible()
    expect(tabs[0].get_by_role("link", name="A cat in the rain")).to_have_count(0)
    tabs[0].evaluate(SEE, arg=True)
    expect(tabs[0].get_by_role("link", name="A cat in the rain")).to_be_visible()


@pytest.fixture
def served(inspect):
    """A page whose emulator can be served again at the same address."""
    inspector = inspect(Emulator(finish=AtOnce(), clock=VirtualClock()))
    inspector.expected_errors += [
        "Failed to load resource: net::ERR_CONNECTION",
        "Failed to load resource: net::ERR_INCOMPLETE",
    ]
    return inspector


@pytest.mark.parametrize("missed", [False, True], ids=["short", "long"])
def test_a_lost_connection_changes_nothing_on_the_page(served, missed):
    page, emulator = served.page, served.emulator
    with emulator.serve() as url:
        served.url, port = url, int(url.rpartition(":")[2])
        for number in range(60):
            served.create(f"number {number:02}")
        served.open()
        served.button("Older").click()
        served.choose("number 03")
        video = page.locator("video")
        expect(video).to_have_js_property("duration", 5)
        video.evaluate("(video) => { video.muted = true; video.loop = true; video.known = true; video.play(); }")
        page.get_by_role("link", name="number 05").focus()
    expect(page.get_by_text("disconnected")).to_be_visible()
    if missed:  # as if more had happened than is remembered
        for _ in range(_events.KEPT + 1):
            emulator._engine.broadcast.publish("clock", lambda: {"now": emulator.clock.now()})
    with emulator.serve(port=port):
        served.create("meanwhile")
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(page.get_by_text("Page 2")).to_be_visible()
        expect(page.get_by_role("link", name="number 05")).to_be_focused()
        expect(video).to_have_js_property("known", value=True)
        expect(video).to_have_js_property("paused", value=False)
        served.button("Newest").click()
        expect(served.rows.first).to_contain_text("meanwhile")
        page.close()


def test_the_error_of_a_lost_connection_goes_with_it(served):
    page = served.page
    with served.emulator.serve() as url:
        served.url, port = url, int(url.rpartition(":")[2])
        served.open()
        expect(page.get_by_text("live", exact=True)).to_be_visible()
    expect(page.get_by_text("disconnected")).to_be_visible()
    served.button("+60 s").click()
    bad = page.get_by_role("status").filter(has_text="The emulator can't be reached.")
    expect(bad).to_be_visible()
    with served.emulator.serve(port=port):
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(bad).to_be_hidden()
        page.close()


def test_another_emulator_at_the_same_address_reloads_the_page(served):
    page, rules = served.page, served.page.get_by_role("table", name="Faults").locator("tbody th")
    with Emulator(faults=[Fault("drop", operation="media")]).serve() as url:
        served.url, port = url, int(url.rpartition(":")[2])
        served.create("before")
        served.open("#/requests/1")
        expect(served.body("request")).to_contain_text("before")
        page.get_by_role("link", name="Faults").click()
        expect(rules).to_have_text(["drop"])
        page.go_back()
        expect(served.body("request")).to_contain_text("before")
    other = Emulator(faults=[Fault("stall", operation="media")])
    with other.serve() as url:
        served.service.post(f"{url}/api/v1/jobs/createTask", json={"model": MODEL, "input": {"prompt": "after"}})
    with other.serve(port=port):
        expect(served.body("request")).to_contain_text("after")
        page.get_by_role("link", name="Faults").click()
        expect(rules).to_have_text(["stall"])
        page.close()


def test_a_silent_stream_is_reopened(inspect):
    inspector = inspect()
    page = inspector.page
    page.clock.install()
    inspector.open()
    live, lost = page.get_by_text("live", exact=True), page.get_by_text("disconnected")
    expect(live).to_be_visible()
    page.route("**/_emulator/events", lambda route: None)  # as of a server that hangs
    page.clock.fast_forward(26_000)
    expect(lost).to_be_visible()
    with page.expect_request("**/_emulator/events"):
        page.clock.fast_forward(26_000)
    page.unroute("**/_emulator/events")
    page.clock.fast_forward(26_000)
    expect(live).to_be_visible()
    inspector.create("A cat in the rain")
    expect(inspector.rows).to_contain_text(["A cat in the rain"])


def test_a_request_times_out(inspect):
    inspector = inspect()
    page = inspector.page
    page.add_init_script(
        "const limit = AbortSignal.timeout; AbortSignal.timeout = (ms) => limit.call(AbortSignal, ms / 50);"
    )
    inspector.open()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    page.route("**/clock/advance*", lambda route: None)
    inspector.button("+60 s").click()
    expect(page.get_by_role("status").filter(has_text="The emulator has not responded for 10 s.")).to_be_visible()


def provoke_error(inspector):
    """Provoke an error; return its message."""
    inspector.expected_errors.append("Failed to load resource: the server responded with a status of 400")
    inspector.page.get_by_label("Seconds to advance").fill("1e200")
    inspector.button("Advance").click()
    bad = inspector.page.get_by_role("status").filter(has_text="years 1970 to 9999")
    expect(bad).to_be_visible()
    return bad


def test_an_error_can_be_closed(inspector):
    bad = provoke_error(inspector)
    for seen in (False, True):
        inspector.page.evaluate(SEE, arg=seen)
    inspector.create("A cat in the rain")
    expect(inspector.rows).to_have_count(1)
    expect(bad).to_be_visible()
    inspector.button("Close the message").click()
    expect(bad).to_be_hidden()
    expect(inspector.page.get_by_role("link", name="Tasks")).to_be_focused()
    bad = provoke_error(inspector)
    inspector.page.get_by_role("link", name="Faults").click()
    expect(bad).to_be_hidden()


def test_escape_closes_the_error_first_and_then_the_task(inspector):
    inspector.create("A cat in the rain")
    detail = inspector.choose("A cat in the rain")
    inspector.filters.get_by_label("Text").press("Escape")
    expect(detail).to_be_visible()
    bad = provoke_error(inspector)
    inspector.button("Advance").press("Escape")
    expect(bad).to_be_hidden()
    expect(detail).to_be_visible()
    inspector.button("Advance").press("Escape")
    expect(detail).to_be_hidden()
    expect(inspector.button("Advance")).to_be_focused()


def test_without_scripts_the_page_shows_a_note(inspect):
    inspector = inspect(java_script_enabled=False)
    inspector.open()
    expect(inspector.page.get_by_text("This page needs JavaScript")).to_be_visible()
