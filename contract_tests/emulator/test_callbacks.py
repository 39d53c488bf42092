"""Callbacks: which are sent, when, in which order, and with which faults.

kie.ai sends one, when the task has ended (000); the others send one at every change of its state.
"""

import json
import threading
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from contract_tests.emulator.callback_receiver import SIGNING, URL, Post, advance, created
from contract_tests.emulator.kit import Kie, Kind, Native, Receiver, Relay, both_dialects, every_api, receiving
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, Fault, SystemClock, VirtualClock


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as server:
        yield server


@pytest.mark.parametrize("model", Kie.models)
def test_kie_sends_the_response_to_a_query_once_the_task_has_ended(receiver: Receiver, model: str) -> None:
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
def test_kling_sends_the_data_of_a_query_at_every_change(receiver: Receiver, kind: Kind) -> None:
    api = kind.on(AfterSeconds(30))
    task_id = api.make(kind.calling(receiver.url))
    api.emulator.clock.advance(14)
    api.emulator.wait_idle()
    assert receiver.calls.empty()  # that it was accepted, the response has received_states
    for seconds, state in ((1, "running"), (15, "succeeded")):
        api.emulator.clock.advance(seconds)
        call = receiver.next()
        assert (call.path, call.headers["Content-Type"]) == ("/done", "application/json")
        assert call.body == api.record(task_id)
        assert call.body["task_status"] == kind.vendor_states[state]


def received_states(kind: Kind, receiver: Receiver) -> list[str]:
    """The expected_states for the states of a task, as they came."""
    bodies = [receiver.calls.get_nowait().body for _ in range(receiver.calls.qsize())]
    return [(body["data"] if kind is Kie else body)[kind.state] for body in bodies]


def expected_states(kind: Kind, end: str) -> list[str]:
    """The expected_states that a callback is to tell."""
    return [kind.vendor_states[state] for state in ([end] if kind is Kie else ["running", end])]


@every_api
@pytest.mark.parametrize("finish", [None, AfterQueries(1), AfterQueries(2), AfterSeconds(0)])
def test_each_change_is_sent_once_and_in_order(receiver: Receiver, kind: Kind, finish: Any) -> None:
    api = kind.on(finish)
    task_id = api.make(kind.calling(receiver.url))
    for _ in range(4):
        api.record(task_id)
    api.emulator.clock.advance(100)
    api.emulator.wait_idle()
    expected = expected_states(kind, "succeeded")
    assert received_states(kind, receiver) == expected
    recorded = [(one.task_id, one.url, one.status) for one in api.emulator.deliveries]
    assert recorded == [(task_id, receiver.url, 200)] * len(expected)


@every_api
def test_a_failure_is_sent_too(receiver: Receiver, kind: Kind) -> None:
    """A task that fails before it runs has been running for a moment."""
    api = kind.on(AfterQueries(9))
    task_id = api.make(kind.calling(receiver.url))
    api.emulator.fail_task(task_id, message="no cats, please")
    api.emulator.wait_idle()
    assert "no cats, please" in str(receiver.calls.queue[-1].body)
    assert received_states(kind, receiver) == expected_states(kind, "failed")


@every_api
def test_the_system_clock_sends_callbacks_without_queries(receiver: Receiver, kind: Kind) -> None:
    api = kind.on(AfterSeconds(0.05), SystemClock())
    task_id = api.make(kind.calling(receiver.url))
    for _ in expected_states(kind, "succeeded"):
        assert task_id in str(receiver.next().body)


@every_api
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_callbacks_are_sent_with_any_event_loop(receiver: Receiver, kind: Kind, backend: str) -> None:
    api = kind()
    response = api.ask("POST", kind.create_path, json=kind.calling(receiver.url), backend=backend)
    assert kind.id_in(response) in str(receiver.next().body)


@every_api
def test_without_a_url_none_is_sent(kind: Kind) -> None:
    api = kind()
    api.make()
    if kind is not Kie:  # an empty one is none
        api.make(kind.calling(""))
    api.emulator.wait_idle()
    assert api.emulator.deliveries == ()


def test_an_error_of_the_receiver_is_recorded(receiver: Receiver) -> None:
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


@pytest.mark.parametrize("url", ["http://192.0.2.1/done", "https://[2001:db8::1]/done", "http://10.0.0.1:8080/"])
def test_a_foreign_address_is_not_called_and_that_is_recorded(url: str) -> None:
    api = Kie(Emulator())
    task_id = api.make(Kie.calling(url))
    api.emulator.wait_idle()
    (recorded,) = api.emulator.deliveries
    assert (recorded.url, recorded.status, recorded.reason) == (url, None, "not a loopback host")
    assert api.record(task_id)["state"] == "success"


def test_idle_means_that_everything_is_delivered(receiver: Receiver) -> None:
    receiver.free.clear()
    api = Kie(Emulator())
    created = [api.make(Kie.calling(receiver.url)) for _ in range(20)]
    with pytest.raises(TimeoutError, match="under way"):
        api.emulator.wait_idle(0.05)
    receiver.free.set()
    api.emulator.wait_idle()
    assert sorted(created) == sorted(delivery.task_id for delivery in api.emulator.deliveries)
    assert not any(thread.name == "emulator-callback" and thread.is_alive() for thread in threads_after_exit())


def threads_after_exit() -> list[threading.Thread]:
    """The threads there are, after those that only have to return have done so."""
    threads = threading.enumerate()
    for thread in threads:
        if thread.name == "emulator-callback":
            thread.join(10)
    return threads


@every_api
def test_a_post_function_replaces_http(kind: Kind) -> None:
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


@every_api
def test_a_late_callback_is_sent_when_it_is_due(kind: Kind) -> None:
    api, _ = created(kind, Fault("callback-late", seconds=100), post=(post := Post()))
    advance(api, 60 + 69)
    assert post.states(kind) == []
    advance(api, 100)
    assert post.states(kind)[-1] == kind.vendor_states["succeeded"]
    assert {one.fault for one in api.emulator.deliveries} == {"callback-late"}


def test_a_late_callback_is_five_seconds_late_by_default() -> None:
    api, _ = created(Kie, Fault("callback-late"), post=(post := Post()))
    advance(api, 60)
    assert not post.bodies
    advance(api, 5)
    assert post.bodies


def test_a_callback_late_by_zero_seconds_is_sent_at_once() -> None:
    api, _ = created(Native, Fault("callback-late", seconds=0), post=(post := Post()))
    advance(api, 60)
    assert len(post.bodies) == 2


@every_api
def test_a_repeated_callback_is_identical(kind: Kind) -> None:
    api, _ = created(kind, Fault("callback-twice", times=1), post=(post := Post()), signing=SIGNING)
    advance(api, 60)
    assert post.bodies[0] == post.bodies[1]
    first, second, *rest = api.emulator.deliveries
    assert (first.attempt, second.attempt, len(rest)) == (1, 2, 0 if kind is Kie else 1)
    assert first.headers == second.headers


@pytest.mark.parametrize("kind", [Native, Relay], ids=["native", "relay"])
def test_a_reordered_callback_is_sent_after_the_next_one(kind: Kind) -> None:
    api, _ = created(kind, Fault("callback-reordered"), post=(post := Post()))
    advance(api, 60)
    assert post.states(kind) == [kind.vendor_states["succeeded"], kind.vendor_states["running"]]
    assert [one.fault for one in api.emulator.deliveries] == [None, "callback-reordered"]


def test_the_only_callback_of_kie_is_not_held() -> None:
    api, _ = created(Kie, Fault("callback-reordered"), post=(post := Post()))
    advance(api, 60)
    assert post.states(Kie) == ["success"]


def test_a_late_callback_releases_the_held_one_only_when_it_is_sent() -> None:
    faults = Fault("callback-reordered", times=1), Fault("callback-late", times=1, seconds=60)
    api, _ = created(Native, *faults, post=(post := Post()))
    advance(api, 60)
    assert post.states(Native) == []
    advance(api, 60)
    assert post.states(Native) == [Native.vendor_states["succeeded"], Native.vendor_states["running"]]


def test_a_held_callback_is_sent_when_its_task_is_dropped() -> None:
    api, task_id = created(Native, Fault("callback-reordered", times=1), post=(post := Post()), kept=1)
    advance(api, 30)
    assert post.bodies == []
    api.make()
    api.emulator.wait_idle()
    assert [body["task_id"] for body in post.bodies] == [task_id]


def test_a_held_callback_is_sent_if_the_next_one_is_not_accepted() -> None:
    api, _ = created(Native, Fault("callback-reordered", times=1), post=(post := Post()), kept=1)
    advance(api, 60)
    assert post.states(Native) == [Native.vendor_states["running"]]
    assert [one.reason for one in api.emulator.deliveries] == [""], "the newest alone is kept"


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no route"), AssertionError("not this"), pytest.fail.Exception("no")]
)
def test_a_post_function_that_raises_is_recorded_and_the_next_is_sent(error: BaseException) -> None:
    def post(url: str, body: bytes) -> int:
        raise error

    api = Kie.on(post=post)
    for _ in range(10):  # more than there are workers
        api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    assert [one.status for one in api.emulator.deliveries] == [None] * 10
    assert api.emulator.deliveries[0].reason == f"{type(error).__name__}: {error}"


def test_nothing_is_sent_after_close() -> None:
    clock, post = SystemClock(), Post()
    emulator = Emulator(clock=clock, finish=AfterSeconds(3600), post=post)
    task_id = Native(emulator).make(Native.calling(URL))
    emulator.close()
    emulator.close()
    clock.advance(3600)
    emulator.finish_task(task_id)
    emulator.wait_idle()
    assert (post.bodies, clock._plan, clock._watchers) == ([], [], [])
    emulator.reset()
    Native(emulator).make(Native.calling(URL))
    emulator.finish_task(emulator.tasks[0].id)
    emulator.wait_idle()
    assert post.bodies == []


def test_callbacks_beyond_the_limit_are_recorded_and_not_sent() -> None:
    free = threading.Event()

    def post(url: str, body: bytes) -> int:
        free.wait(10)
        return 200

    api = Kie.on(post=post, kept=10)
    for _ in range(12):
        api.make(Kie.calling(URL))
    recorded = [(one.status, one.reason) for one in api.emulator.deliveries]
    free.set()
    api.emulator.wait_idle()
    assert recorded == [(None, "not sent: 10 are pending")] * 2


def test_a_callback_fault_matches_api_and_prompt() -> None:
    post = Post()
    emulator = Emulator(
        clock=VirtualClock(),
        post=post,
        faults=[Fault("callback-lost", api="kie", prompt="lose m", operation="callback")],
    )
    Kie(emulator).make(Kie.calling(URL))
    Kie(emulator).make({**Kie.calling(URL), "input": {"prompt": "lose me"}})
    Native(emulator).make(Native.calling(URL))
    emulator.wait_idle()
    assert [(one.api, one.status) for one in emulator.deliveries if one.fault] == [("kie", None)]
    assert len(post.bodies) == 3


def test_after_a_reset_no_earlier_callback_is_sent() -> None:
    """Neither a late nor a held one, though the same ids are used again."""
    post = Post()
    api, first = created(Native, Fault("callback-late", times=1), Fault("callback-reordered", times=1), post=post)
    advance(api, 30)
    api.make(Native.calling(URL))
    advance(api, 0)
    api.emulator.reset()
    api.emulator.faults.clear()
    assert api.make(Native.calling(URL)) == first
    advance(api, 100)
    assert post.states(Native) == ["processing", "completed"]
    assert [one.id for one in api.emulator.deliveries] == [1, 2]


def test_a_timer_that_fires_during_a_reset_sends_nothing() -> None:
    due: list[Any] = []

    class Slow(VirtualClock):
        """Accepts timers, and runs them later."""

        def at(self, due_at: float, action: Any) -> int:
            if due_at == self.now() + 7:
                due.append(action)
            return super().at(due_at, action)

    api = Kie.on(clock=Slow(), post=(post := Post()), faults=[Fault("callback-late", seconds=7)])
    api.make(Kie.calling(URL))
    api.emulator.reset()
    for action in due:
        action()
    api.emulator.wait_idle()
    assert (len(due), post.bodies) == (1, [])


def test_a_callback_prepared_before_a_reset_is_not_sent() -> None:
    api, task_id = created(Kie, post=(post := Post()))
    advance(api, 60)
    post.bodies.clear()
    callbacks, task = api.emulator._engine.callbacks, api.emulator._engine.get_task(task_id)
    ready = callbacks.prepare(task, lambda _: {"state": "any"})
    callbacks.reset()
    callbacks.send(ready)
    api.emulator.wait_idle()
    assert (len(ready), post.bodies) == (1, [])
