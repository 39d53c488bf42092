"""POSTs of what becomes of a task: to this machine, to nobody else, in order, and never to the task's harm.

kie's come once, when the task has ended (000, 002, 003); the others' with every change of its state.
"""

import json
import threading
from collections.abc import Generator
from typing import Any

import pytest

from contract_tests.emulator.kit import Api, Kie, Native, Receiver, Relay, both_dialects, every_api, receiving
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, SystemClock, VirtualClock

Kind = type[Api]


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as server:
        yield server


@pytest.mark.parametrize("model", Kie.models)
def test_kies_callback_is_the_answer_to_a_query_once_the_task_has_ended(receiver: Receiver, model: str) -> None:
    api = Kie.on(AfterSeconds(30))
    task_id = api.make(Kie.calling(receiver.url, model))
    api.emulator.clock.advance(29)
    api.emulator.wait_idle()
    assert receiver.calls.empty()
    api.emulator.clock.advance(1)
    call = receiver.next()
    assert (call.path, call.headers["Content-Type"]) == ("/done", "application/json")
    assert call.body == api.query(task_id).json()
    assert call.body["data"]["state"] == "success"


@both_dialects
def test_the_others_tell_every_change_as_a_query_would_without_an_envelope(receiver: Receiver, kind: Kind) -> None:
    api = kind.on(AfterSeconds(30))
    task_id = api.make(kind.calling(receiver.url))
    api.emulator.clock.advance(14)
    api.emulator.wait_idle()
    assert receiver.calls.empty()  # that it was accepted, the answer has told
    for seconds, state in ((1, "running"), (15, "succeeded")):
        api.emulator.clock.advance(seconds)
        call = receiver.next()
        assert (call.path, call.headers["Content-Type"]) == ("/done", "application/json")
        assert call.body == api.record(task_id)
        assert call.body["task_status"] == kind.words[state]


def told(kind: Kind, receiver: Receiver) -> list[str]:
    """The words for the states of a task, as they came."""
    bodies = [receiver.calls.get_nowait().body for _ in range(receiver.calls.qsize())]
    return [(body["data"] if kind is Kie else body)[kind.state] for body in bodies]


def words(kind: Kind, end: str) -> list[str]:
    """The words that a callback is to tell."""
    return [kind.words[state] for state in ([end] if kind is Kie else ["running", end])]


@every_api
@pytest.mark.parametrize("finish", [None, AfterQueries(1), AfterQueries(2), AfterSeconds(0)])
def test_each_change_is_told_once_and_in_order(receiver: Receiver, kind: Kind, finish: Any) -> None:
    api = kind.on(finish)
    task_id = api.make(kind.calling(receiver.url))
    for _ in range(4):
        api.record(task_id)
    api.emulator.clock.advance(100)
    api.emulator.wait_idle()
    expected = words(kind, "succeeded")
    assert told(kind, receiver) == expected
    noted = [(one.task_id, one.url, one.status) for one in api.emulator.deliveries]
    assert noted == [(task_id, receiver.url, 200)] * len(expected)


@every_api
def test_a_failure_is_told_too(receiver: Receiver, kind: Kind) -> None:
    """Failed by hand before it was under way, a task was so for a moment."""
    api = kind.on(AfterQueries(9))
    task_id = api.make(kind.calling(receiver.url))
    api.emulator.fail_task(task_id, message="no cats, please")
    api.emulator.wait_idle()
    assert "no cats, please" in str(receiver.calls.queue[-1].body)
    assert told(kind, receiver) == words(kind, "failed")


@every_api
def test_the_system_clock_sends_it_though_nobody_asks(receiver: Receiver, kind: Kind) -> None:
    api = kind.on(AfterSeconds(0.05), SystemClock())
    task_id = api.make(kind.calling(receiver.url))
    for _ in words(kind, "succeeded"):
        assert task_id in str(receiver.next().body)


@every_api
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_comes_whichever_event_loop_the_emulator_runs_in(receiver: Receiver, kind: Kind, backend: str) -> None:
    api = kind()
    answer = api.ask("POST", kind.create_path, json=kind.calling(receiver.url), backend=backend)
    assert kind.id_in(answer) in str(receiver.next().body)


@every_api
def test_without_a_url_there_is_none(kind: Kind) -> None:
    api = kind()
    api.make()
    api.emulator.wait_idle()
    assert api.emulator.deliveries == ()


@both_dialects
def test_to_the_others_an_empty_url_is_none(kind: Kind) -> None:
    api = kind()
    api.make(kind.calling(""))
    api.emulator.wait_idle()
    assert api.emulator.deliveries == ()


def test_a_slow_receiver_holds_up_its_own_task_only() -> None:
    """The second callback of a task waits for the answer to the first; other tasks' do not wait."""
    with receiving() as slow, receiving() as quick:
        slow.free.clear()
        api = Native.on()
        waiting = api.make(Native.calling(slow.url))
        assert slow.next().body["task_status"] == "processing"
        api.make(Native.calling(quick.url))
        assert [quick.next().body["task_status"] for _ in range(2)] == ["processing", "completed"]
        assert slow.calls.empty()
        slow.free.set()
        assert slow.next().body["task_status"] == "completed"
        api.emulator.wait_idle()
        assert [delivery.status for delivery in api.emulator.deliveries if delivery.task_id == waiting] == [200, 200]


def test_a_receivers_complaint_is_noted_and_no_more(receiver: Receiver) -> None:
    receiver.status = 500
    api = Kie(Emulator())
    task_id = api.make(Kie.calling(receiver.url))
    api.emulator.wait_idle()
    assert [(one.task_id, one.status) for one in api.emulator.deliveries] == [(task_id, 500)]
    assert api.record(task_id)["state"] == "success"


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.location = 307, "/elsewhere"
    api = Kie(Emulator())
    api.make(Kie.calling(receiver.url))
    api.emulator.wait_idle()
    assert [delivery.status for delivery in api.emulator.deliveries] == [307]
    assert receiver.calls.qsize() == 1


def test_a_port_that_does_not_exist_is_not_another_one() -> None:
    api = Kie(Emulator())
    api.make(Kie.calling("http://127.0.0.1:65616/"))
    api.emulator.wait_idle()
    assert [delivery.reason for delivery in api.emulator.deliveries] == ["no such port"]


@pytest.mark.parametrize("url", ["http://192.0.2.1/done", "https://[2001:db8::1]/done", "http://10.0.0.1:8080/"])
def test_a_foreign_address_is_not_called_and_that_is_noted(url: str) -> None:
    api = Kie(Emulator())
    task_id = api.make(Kie.calling(url))
    api.emulator.wait_idle()
    (noted,) = api.emulator.deliveries
    assert (noted.url, noted.status, noted.reason) == (url, None, "not a loopback host")
    assert api.record(task_id)["state"] == "success"


def test_idle_means_that_everything_is_delivered(receiver: Receiver) -> None:
    receiver.free.clear()
    api = Kie(Emulator())
    made = [api.make(Kie.calling(receiver.url)) for _ in range(20)]
    with pytest.raises(TimeoutError, match="under way"):
        api.emulator.wait_idle(0.05)
    receiver.free.set()
    api.emulator.wait_idle()
    assert sorted(made) == sorted(delivery.task_id for delivery in api.emulator.deliveries)
    assert not any(thread.name == "emulator-callback" and thread.is_alive() for thread in settled())


def settled() -> list[threading.Thread]:
    """The threads there are, after those that only have to return have done so."""
    threads = threading.enumerate()
    for thread in threads:
        if thread.name == "emulator-callback":
            thread.join(10)
    return threads


@every_api
def test_callbacks_may_be_sent_by_other_means_than_http(kind: Kind) -> None:
    sent: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> int:
        sent.append((url, body))
        return 418

    api = kind(Emulator(clock=VirtualClock(), finish=AfterQueries(1), post=post))
    task_id = api.make(kind.calling("urn:anything"))
    whole = api.query(task_id).json()
    api.emulator.wait_idle()
    assert [url for url, _ in sent] == ["urn:anything"] * len(api.emulator.deliveries)
    assert json.loads(sent[-1][1]) == (whole if kind is not Relay else whole["data"])
    assert {(delivery.task_id, delivery.status) for delivery in api.emulator.deliveries} == {(task_id, 418)}
