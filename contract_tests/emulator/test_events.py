"""Tests of the server-sent events for the page: content, resumption, and limits."""

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock
from klingkit.emulator.journal import _events
from klingkit.emulator.journal._events import Broadcast, EventStream

HEADERS = {"X-Klingkit-Emulator": "1", "Authorization": "Bearer a-key"}


class EventReader:
    """Reads an open stream of events, as the inspector page does."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.headers = response.headers
        self.last_id = ""

    def line(self) -> str:
        return next(self._lines)

    def next(self) -> tuple[str, Any]:
        """Return the name and data of the next event."""
        fields: dict[str, str] = {}
        while line := self.line():
            name, _, value = line.partition(": ")
            fields[name] = value
        if "event" not in fields:
            return self.next()
        self.last_id = fields["id"]
        return fields["event"], json.loads(fields["data"])

    def until(self, name: str) -> Any:
        """Return the data of the next event of this name."""
        while (event := self.next())[0] != name:
            pass
        return event[1]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(clock=VirtualClock(), finish=AfterSeconds(60), post=lambda url, body: 200)


@pytest.fixture
def http(emulator: Emulator) -> Generator[httpx.Client]:
    with emulator.serve() as url, httpx.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=10) as client:
        yield client


@contextmanager
def open_page(http: httpx.Client, last_id: str = "") -> Generator[EventReader]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with http.stream("GET", "/_emulator/events", headers=headers) as response:
        assert response.status_code == 200
        yield EventReader(response)


def test_a_page_gets_the_state_and_all_changes(http: httpx.Client, emulator: Emulator) -> None:
    with open_page(http) as events:
        assert events.headers["Content-Type"].startswith("text/event-stream")
        assert events.headers["Cache-Control"] == "no-store"
        assert events.next() == ("hello", http.get("/_emulator/state").json())
        response = http.post(Kie.create_path, json=Kie.body_with_callback("http://receiver.example/"))
        task = events.next()
        assert task[0] == "task"
        assert (task[1]["id"], task[1]["state"]) == (Kie.id_in(response), "accepted")
        name, exchange = events.next()
        assert (name, exchange["operation"], exchange["task_id"]) == ("request", "create", task[1]["id"])
        assert "request" not in exchange
        emulator.finish_task(task[1]["id"])
        assert [events.until("task")["state"] for _ in range(2)] == ["running", "succeeded"]
        delivery = events.until("delivery")
        assert (delivery["task_id"], delivery["status"]) == (task[1]["id"], 200)
        assert "body" not in delivery


def test_control_requests_are_published_to_all_pages(http: httpx.Client, emulator: Emulator) -> None:
    with open_page(http) as first_page, open_page(http) as second_page:

        def published(name: str) -> Any:  # the data of an event are made when a page reads them
            first, second = first_page.until(name), second_page.until(name)
            assert first == second
            return first

        http.post("/_emulator/clock/advance", json={"seconds": 5})
        assert published("clock") == {"now": 1_764_547_205.0}
        http.post("/_emulator/faults", json={"kind": "html", "times": 1})
        assert published("faults")["faults"][0]["injected"] == 0
        http.get(Kie.query_path, params={"taskId": "x"})
        assert published("request")["fault"] == "html"
        assert published("faults")["faults"][0]["injected"] == 1
        http.delete("/_emulator/faults")
        assert published("faults") == {"faults": []}
        http.post("/_emulator/reset")
        assert published("reset") == {}


def test_changes_in_code_are_published_too(http: httpx.Client, emulator: Emulator) -> None:
    with open_page(http) as events:
        events.next()
        emulator.clock.advance(7)
        assert events.next() == ("clock", {"now": 1_764_547_207.0})
        fault = emulator.faults.add(Fault("html"))
        assert events.next()[1]["faults"][0]["kind"] == "html"
        emulator.faults.remove(fault)
        assert events.next() == ("faults", {"faults": []})
        emulator.faults.add(Fault("drop"))
        assert len(events.next()[1]["faults"]) == 1
        emulator.faults.clear()
        assert events.next() == ("faults", {"faults": []})
        emulator.reset()
        assert [events.next()[0] for _ in range(2)] == ["faults", "reset"]


def test_a_fault_of_a_callback_is_published(http: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("callback-lost"))
    with open_page(http) as events:
        task_id = Kie.id_in(http.post(Kie.create_path, json=Kie.body_with_callback("http://receiver.example/")))
        emulator.finish_task(task_id)
        assert events.until("delivery")["fault"] == "callback-lost"
        assert events.until("faults")["faults"][0]["injected"] == 1


def test_a_reconnected_page_continues_from_its_last_event(http: httpx.Client, emulator: Emulator) -> None:
    with open_page(http) as events:
        http.post(Kie.create_path, json=Kie.body())
        events.until("request")
    emulator.finish_task(emulator.tasks[0].id)
    with open_page(http, events.last_id) as again:
        assert again.next()[1]["state"] == "running"
        assert again.next()[1]["state"] == "succeeded"


@pytest.mark.parametrize("last_id", ["x", "0-1", "{name}-9999", "{name}-x", "{name}-0", "{name}-" + "9" * 5000])
def test_a_page_that_missed_too_much_starts_over(http: httpx.Client, emulator: Emulator, last_id: str) -> None:
    for _ in range(_events.KEPT + 1):
        emulator._engine.broadcast.publish("clock", dict)
    with open_page(http, last_id.format(name=emulator._engine.broadcast.name)) as events:
        assert events.next()[0] == "hello"


def test_a_silent_stream_sends_pings(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> None:
    monkeypatch.setattr(_events, "PING_SECONDS", 0.01)
    with open_page(http) as events:
        events.next()
        assert [events.line() for _ in range(5)] == ["retry: 1000", "", "event: ping", "data: {}", ""]


def test_the_number_of_streams_is_limited(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> None:
    monkeypatch.setattr(_events, "MAX_STREAMS", 2)
    with open_page(http) as first_page, open_page(http) as second_page:
        first_page.next(), second_page.next()
        response = http.get("/_emulator/events")
        assert (response.status_code, response.json()) == (503, {"error": "2 pages are connected already"})


def test_a_disconnected_page_is_removed(http: httpx.Client, emulator: Emulator) -> None:
    broadcast = emulator._engine.broadcast
    with open_page(http) as events:
        events.next()
        assert len(broadcast._listeners) == 1
    removed = threading.Event()
    for _ in range(1000):
        if not broadcast._listeners:
            removed.set()
            break
        http.get("/_emulator/state")
    assert removed.is_set()


def test_the_number_of_kept_events_is_limited() -> None:
    broadcast = Broadcast()
    for number in range(_events.KEPT * 3):
        broadcast.publish("clock", lambda number=number: {"now": number})  # type: ignore[misc]  # mypy does not infer the types of lambda defaults
    assert broadcast.after(0) is None
    assert broadcast.after(broadcast.number + 1) is None
    assert [event.data() for event in broadcast.after(broadcast.number - 2) or []] == [{"now": 2998}, {"now": 2999}]
    assert broadcast.after(broadcast.number) == []
    assert len(broadcast.after(broadcast.number - _events.KEPT) or []) == _events.KEPT


def test_a_removed_listener_is_not_called(emulator: Emulator) -> None:
    woken: list[int] = []
    broadcast = Broadcast()
    broadcast.listen(1, lambda: woken.append(1))
    broadcast.publish("reset", dict)
    broadcast.leave(1)
    broadcast.leave(1)
    broadcast.publish("reset", dict)
    assert woken == [1]


def test_head_of_the_stream_is_rejected() -> None:
    with Emulator().serve() as url:
        assert httpx.head(f"{url}/_emulator/events", timeout=10, trust_env=False).status_code == 405


def test_a_page_that_lags_gets_its_events_in_parts() -> None:
    """Then many pages that read slowly take little memory."""
    broadcast, sent, gone = Broadcast(), list[str](), asyncio.Event()
    for _ in range(10):
        broadcast.publish("task", lambda: "x" * 30_000)

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b"").decode())
        if "-10\n" in sent[-1]:
            gone.set()

    headers = [(b"last-event-id", f"{broadcast.name}-0".encode())]
    asyncio.run(EventStream(broadcast, dict)({"type": "http", "headers": headers}, receive, send))
    assert max(map(len, sent)) < 100_000
    assert "".join(sent).count("event: task") == 10
