"""Server-sent events: what happens, as it happens; and from where a page left off."""

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from contract_tests.emulator.kit import Kie, Native
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock
from klingkit.emulator.journal import _events
from klingkit.emulator.journal._events import Broadcast

HEADERS = {"X-Klingkit-Emulator": "1", "Authorization": "Bearer a-key"}


class Page:
    """An open stream of events."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()
        self.headers = response.headers
        self.last = ""

    def line(self) -> str:
        return next(self._lines)

    def next(self) -> tuple[str, Any]:
        """The next event: its name and data."""
        fields: dict[str, str] = {}
        while line := self.line():
            name, _, value = line.partition(": ")
            fields[name] = value
        if "event" not in fields:
            return self.next()
        self.last = fields["id"]
        return fields["event"], json.loads(fields["data"])

    def until(self, name: str) -> Any:
        """The data of the next event of this name."""
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
def page(http: httpx.Client, last: str = "") -> Generator[Page]:
    headers = {"Last-Event-ID": last} if last else {}
    with http.stream("GET", "/_emulator/events", headers=headers) as response:
        assert response.status_code == 200
        yield Page(response)


def test_a_page_is_greeted_and_told_what_happens(http: httpx.Client, emulator: Emulator) -> None:
    with page(http) as events:
        assert events.headers["Content-Type"].startswith("text/event-stream")
        assert events.next() == ("hello", http.get("/_emulator/state").json())
        answer = http.post(Kie.create_path, json=Kie.calling("http://receiver.example/"))
        task = events.next()
        assert task[0] == "task"
        assert (task[1]["id"], task[1]["state"]) == (Kie.id_in(answer), "accepted")
        name, exchange = events.next()
        assert (name, exchange["operation"], exchange["task_id"]) == ("request", "create", task[1]["id"])
        assert "request" not in exchange
        emulator.finish_task(task[1]["id"])
        assert [events.until("task")["state"] for _ in range(2)] == ["running", "succeeded"]
        delivery = events.until("delivery")
        assert (delivery["task_id"], delivery["status"]) == (task[1]["id"], 200)
        assert "body" not in delivery


def test_steering_is_told_to_all_pages(http: httpx.Client, emulator: Emulator) -> None:
    with page(http) as one, page(http) as other:

        def told(name: str) -> Any:  # data are made when they are read
            first, second = one.until(name), other.until(name)
            assert first == second
            return first

        http.post("/_emulator/clock/advance", json={"seconds": 5})
        assert told("clock") == {"now": 1_764_547_205.0}
        http.post("/_emulator/faults", json={"kind": "html", "times": 1})
        assert told("faults")["faults"][0]["struck"] == 0
        http.get(Kie.query_path, params={"taskId": "x"})
        assert told("request")["fault"] == "html"
        assert told("faults")["faults"][0]["struck"] == 1
        http.delete("/_emulator/faults")
        assert told("faults") == {"faults": []}
        http.post("/_emulator/reset")
        assert told("reset") == {}


def test_what_is_done_in_code_is_told_as_well(http: httpx.Client, emulator: Emulator) -> None:
    with page(http) as events:
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


def test_a_fault_that_strikes_a_callback_is_told_of(http: httpx.Client, emulator: Emulator) -> None:
    emulator.faults.add(Fault("callback-lost"))
    with page(http) as events:
        task_id = Kie.id_in(http.post(Kie.create_path, json=Kie.calling("http://receiver.example/")))
        emulator.finish_task(task_id)
        assert events.until("delivery")["fault"] == "callback-lost"
        assert events.until("faults")["faults"][0]["struck"] == 1


def test_a_page_that_comes_back_goes_on_from_where_it_was(http: httpx.Client, emulator: Emulator) -> None:
    with page(http) as events:
        http.post(Kie.create_path, json=Kie.body())
        events.until("request")
    emulator.finish_task(emulator.tasks[0].id)
    with page(http, events.last) as again:
        assert again.next()[1]["state"] == "running"
        assert again.next()[1]["state"] == "succeeded"


@pytest.mark.parametrize("last", ["x", "0-1", "{name}-9999", "{name}-x", "{name}-0", "{name}-" + "9" * 5000])
def test_a_page_that_was_away_for_too_long_begins_anew(http: httpx.Client, emulator: Emulator, last: str) -> None:
    for _ in range(_events.KEPT + 1):
        emulator._engine.broadcast.publish("clock", dict)
    with page(http, last.format(name=emulator._engine.broadcast.name)) as events:
        assert events.next()[0] == "hello"


def test_a_silent_stream_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> None:
    monkeypatch.setattr(_events, "BREATH", 0.01)
    with page(http) as events:
        events.next()
        assert [events.line() for _ in range(5)] == ["retry: 1000", "", "event: ping", "data: {}", ""]


def test_a_page_begins_with_how_soon_it_shall_come_back(http: httpx.Client) -> None:
    with page(http) as events:
        assert events.headers["Cache-Control"] == "no-store"
        assert events.next()[0] == "hello"
        assert events.line() == "retry: 1000"


def test_there_are_no_more_streams_than_a_machine_can_take(monkeypatch: pytest.MonkeyPatch, http: httpx.Client) -> None:
    monkeypatch.setattr(_events, "MOST", 2)
    with page(http) as one, page(http) as other:
        one.next(), other.next()
        answer = http.get("/_emulator/events")
        assert (answer.status_code, answer.json()) == (503, {"error": "2 pages listen already"})


def test_a_page_that_has_gone_is_told_nothing_more(http: httpx.Client, emulator: Emulator) -> None:
    broadcast = emulator._engine.broadcast
    with page(http) as events:
        events.next()
        assert len(broadcast._wakes) == 1
    left = threading.Event()
    for _ in range(1000):
        if not broadcast._wakes:
            left.set()
            break
        http.get("/_emulator/state")
    assert left.is_set()


def test_many_events_cost_no_more_than_some() -> None:
    broadcast = Broadcast()
    for number in range(_events.KEPT * 3):
        broadcast.publish("clock", lambda number=number: {"now": number})  # type: ignore[misc]  # mypy infers no defaults of lambdas
    assert broadcast.after(0) is None
    assert broadcast.after(broadcast.number + 1) is None
    assert [event.data() for event in broadcast.after(broadcast.number - 2) or []] == [{"now": 2998}, {"now": 2999}]
    assert broadcast.after(broadcast.number) == []
    assert len(broadcast.after(broadcast.number - _events.KEPT) or []) == _events.KEPT


def test_a_listener_whose_loop_is_closed_holds_nobody_up(emulator: Emulator) -> None:
    woken: list[int] = []
    broadcast = Broadcast()
    broadcast.listen(1, lambda: woken.append(1))
    broadcast.publish("reset", dict)
    broadcast.leave(1)
    broadcast.leave(1)
    broadcast.publish("reset", dict)
    assert woken == [1]


def test_native_tasks_are_told_of_too(http: httpx.Client) -> None:
    with page(http) as events:
        http.post(Native.create_path, json=Native.body(prompt="<script>alert(1)</script>"))
        assert events.until("task")["prompt"] == "<script>alert(1)</script>"


def test_a_head_of_the_stream_is_refused_and_ends() -> None:
    with Emulator().serve() as url:
        assert httpx.head(f"{url}/_emulator/events", timeout=10, trust_env=False).status_code == 405
