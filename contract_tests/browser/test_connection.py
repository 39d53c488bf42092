"""Tests of the page while the emulator is stopped, hangs or is busy; and in many tabs."""

import pytest
from playwright.sync_api import expect

from contract_tests.browser.conftest import MODEL
from contract_tests.browser.measurements import SET_VISIBILITY
from klingkit.emulator import AtOnce, Emulator, Fault, VirtualClock
from klingkit.emulator.journal import _events

LONGER_THAN_SILENCE = 26_000
"""Milliseconds: after 25 s without a ping (`SILENCE` in page/api.js), the page takes its event stream for dead."""


def test_seven_tabs_are_live_when_visible(inspector):
    """A browser opens at most six connections to a host, so hidden tabs must close theirs."""
    broadcast = inspector.emulator._engine.broadcast
    context = inspector.page.context
    tabs = [inspector.page, *(context.new_page() for _ in range(6))]
    for tab in tabs:
        tab.goto(inspector.url)
        expect(tab.get_by_text("live", exact=True)).to_be_visible()
        if tab is not tabs[-1]:
            tab.evaluate(SET_VISIBILITY, arg=False)
    assert broadcast.listeners <= 6
    inspector.create("A cat in the rain")
    expect(tabs[-1].get_by_role("link", name="A cat in the rain")).to_be_visible()
    expect(tabs[0].get_by_role("link", name="A cat in the rain")).to_have_count(0)
    tabs[0].evaluate(SET_VISIBILITY, arg=True)
    expect(tabs[0].get_by_role("link", name="A cat in the rain")).to_be_visible()


@pytest.fixture
def restartable_inspector(open_inspector):
    """Return a page whose emulator the test stops, and serves again at the same address."""
    inspector = open_inspector(Emulator(finish=AtOnce(), clock=VirtualClock()))
    inspector.expected_errors += [
        "Failed to load resource: net::ERR_CONNECTION",
        "Failed to load resource: net::ERR_INCOMPLETE",
    ]
    return inspector


@pytest.mark.parametrize("events_were_dropped", [False, True], ids=["short", "long"])
def test_a_lost_connection_changes_nothing_on_the_page(restartable_inspector, events_were_dropped):
    page, emulator = restartable_inspector.page, restartable_inspector.emulator
    with emulator.serve() as url:
        restartable_inspector.url, port = url, int(url.rpartition(":")[2])
        for number in range(60):
            restartable_inspector.create(f"number {number:02}")
        restartable_inspector.open()
        restartable_inspector.button("Older").click()
        restartable_inspector.choose("number 03")
        video = page.locator("video")
        expect(video).to_have_js_property("duration", 5)
        video.evaluate("(video) => { video.muted = true; video.loop = true; video.known = true; video.play(); }")
        page.get_by_role("link", name="number 05").focus()
    expect(page.get_by_text("disconnected")).to_be_visible()
    if events_were_dropped:  # more events than the emulator keeps for pages that reconnect
        for _ in range(_events.KEPT + 1):
            emulator._engine.broadcast.publish("clock", lambda: {"now": emulator.clock.now()})
    with emulator.serve(port=port):
        restartable_inspector.create("meanwhile")
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(page.get_by_text("Page 2")).to_be_visible()
        expect(page.get_by_role("link", name="number 05")).to_be_focused()
        expect(video).to_have_js_property("known", value=True)
        expect(video).to_have_js_property("paused", value=False)
        restartable_inspector.button("Newest").click()
        expect(restartable_inspector.rows.first).to_contain_text("meanwhile")
        page.close()


def test_the_error_of_a_lost_connection_disappears_with_the_reconnection(restartable_inspector):
    page = restartable_inspector.page
    with restartable_inspector.emulator.serve() as url:
        restartable_inspector.url, port = url, int(url.rpartition(":")[2])
        restartable_inspector.open()
        expect(page.get_by_text("live", exact=True)).to_be_visible()
    expect(page.get_by_text("disconnected")).to_be_visible()
    restartable_inspector.button("+60 s").click()
    error_message = page.get_by_role("status").filter(has_text="The emulator can't be reached.")
    expect(error_message).to_be_visible()
    with restartable_inspector.emulator.serve(port=port):
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(error_message).to_be_hidden()
        page.close()


def test_another_emulator_at_the_same_address_reloads_the_page(restartable_inspector):
    page, rules = (
        restartable_inspector.page,
        restartable_inspector.page.get_by_role("table", name="Faults").locator("tbody th"),
    )
    with Emulator(faults=[Fault("drop", operation="media")]).serve() as url:
        restartable_inspector.url, port = url, int(url.rpartition(":")[2])
        restartable_inspector.create("before")
        restartable_inspector.open("#/requests/1")
        expect(restartable_inspector.body("request")).to_contain_text("before")
        page.get_by_role("link", name="Faults").click()
        expect(rules).to_have_text(["drop"])
        page.go_back()
        expect(restartable_inspector.body("request")).to_contain_text("before")
    other_emulator = Emulator(faults=[Fault("stall", operation="media")])
    with other_emulator.serve() as url:
        restartable_inspector.service.post(
            f"{url}/api/v1/jobs/createTask", json={"model": MODEL, "input": {"prompt": "after"}}
        )
    with other_emulator.serve(port=port):
        expect(restartable_inspector.body("request")).to_contain_text("after")
        page.get_by_role("link", name="Faults").click()
        expect(rules).to_have_text(["stall"])
        page.close()


def test_a_silent_stream_is_reopened(open_inspector):
    inspector = open_inspector()
    page = inspector.page
    page.clock.install()
    inspector.open()
    live, disconnected = page.get_by_text("live", exact=True), page.get_by_text("disconnected")
    expect(live).to_be_visible()
    page.route("**/_emulator/events", lambda route: None)  # the server hangs
    page.clock.fast_forward(LONGER_THAN_SILENCE)
    expect(disconnected).to_be_visible()
    with page.expect_request("**/_emulator/events"):
        page.clock.fast_forward(LONGER_THAN_SILENCE)
    page.unroute("**/_emulator/events")
    page.clock.fast_forward(LONGER_THAN_SILENCE)
    expect(live).to_be_visible()
    inspector.create("A cat in the rain")
    expect(inspector.rows).to_contain_text(["A cat in the rain"])


def test_a_request_times_out(open_inspector):
    inspector = open_inspector()
    page = inspector.page
    page.add_init_script(
        "const limit = AbortSignal.timeout; AbortSignal.timeout = (ms) => limit.call(AbortSignal, ms / 50);"
    )
    inspector.open()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    page.route("**/clock/advance*", lambda route: None)
    inspector.button("+60 s").click()
    expect(page.get_by_role("status").filter(has_text="The emulator has not responded for 10 s.")).to_be_visible()
