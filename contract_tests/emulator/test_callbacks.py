"""Tests of callbacks: which are sent, when, in which order, and with which faults.

kie.ai sends one callback, when the task has ended; the others send one at every change of its state.
"""

import json
import threading
from collections.abc import Generator
from typing import Any

import httpx
import pytest

from contract_tests.emulator.callback_receiver import SIGNING, URL, RecordingPost, advance, created_task
from contract_tests.emulator.kit import (
    ApiClass,
    CallbackServer,
    Kie,
    Native,
    Relay,
    callback_server,
    every_api,
    native_and_relay,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, Fault, SystemClock, VirtualClock


@pytest.fixture
def receiver() -> Generator[CallbackServer]:
    with callback_server() as server:
        yield server


@pytest.mark.parametrize("model", Kie.models)
def test_kie_sends_the_response_to_a_query_once_the_task_has_ended(receiver: CallbackServer, model: str) -> None:
    api = Kie.on_emulator(AfterSeconds(30))
    task_id = api.create_task(Kie.body_with_callback(receiver.url, model))
    api.emulator.clock.advance(29)
    api.emulator.wait_idle()
    assert receiver.calls.empty()
    api.emulator.clock.advance(1)
    call = receiver.next()
    assert (call.path, call.headers["Content-Type"]) == ("/done", "application/json")
    assert call.body == api.query(task_id).json()
    assert call.body["data"]["state"] == "success"


@native_and_relay
def test_kling_sends_the_data_of_a_query_at_every_change(receiver: CallbackServer, api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(30))
    task_id = api.create_task(api_class.body_with_callback(receiver.url))
    api.emulator.clock.advance(14)
    api.emulator.wait_idle()
    assert receiver.calls.empty()  # the response has already reported that it was accepted
    for seconds, state in ((1, "running"), (15, "succeeded")):
        api.emulator.clock.advance(seconds)
        call = receiver.next()
        assert (call.path, call.headers["Content-Type"]) == ("/done", "application/json")
        assert call.body == api.record(task_id)
        assert call.body["task_status"] == api_class.vendor_states[state]


def received_states(api_class: ApiClass, receiver: CallbackServer) -> list[str]:
    """Return the vendor's states in the received callbacks, in their order."""
    bodies = [receiver.calls.get_nowait().body for _ in range(receiver.calls.qsize())]
    return [(body["data"] if api_class is Kie else body)[api_class.state] for body in bodies]


def expected_states(api_class: ApiClass, end: str) -> list[str]:
    """Return the vendor's states that the callbacks of a task must report."""
    return [api_class.vendor_states[state] for state in ([end] if api_class is Kie else ["running", end])]


@every_api
@pytest.mark.parametrize("finish", [None, AfterQueries(1), AfterQueries(2), AfterSeconds(0)])
def test_each_change_is_sent_once_and_in_order(receiver: CallbackServer, api_class: ApiClass, finish: Any) -> None:
    api = api_class.on_emulator(finish)
    task_id = api.create_task(api_class.body_with_callback(receiver.url))
    for _ in range(4):
        api.record(task_id)
    api.emulator.clock.advance(100)
    api.emulator.wait_idle()
    expected = expected_states(api_class, "succeeded")
    assert received_states(api_class, receiver) == expected
    deliveries = [(delivery.task_id, delivery.url, delivery.status) for delivery in api.emulator.deliveries]
    assert deliveries == [(task_id, receiver.url, 200)] * len(expected)


@every_api
def test_a_failure_is_sent_too(receiver: CallbackServer, api_class: ApiClass) -> None:
    """A task that fails before it runs is reported as running first."""
    api = api_class.on_emulator(AfterQueries(9))
    task_id = api.create_task(api_class.body_with_callback(receiver.url))
    api.emulator.fail_task(task_id, message="no cats, please")
    api.emulator.wait_idle()
    assert "no cats, please" in str(receiver.calls.queue[-1].body)
    assert received_states(api_class, receiver) == expected_states(api_class, "failed")


@every_api
def test_the_system_clock_sends_callbacks_without_queries(receiver: CallbackServer, api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(0.05), SystemClock())
    task_id = api.create_task(api_class.body_with_callback(receiver.url))
    for _ in expected_states(api_class, "succeeded"):
        assert task_id in str(receiver.next().body)


@every_api
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_callbacks_are_sent_with_any_event_loop(receiver: CallbackServer, api_class: ApiClass, backend: str) -> None:
    api = api_class()
    response = api.request(
        "POST", api_class.create_path, json=api_class.body_with_callback(receiver.url), backend=backend
    )
    assert api_class.id_in(response) in str(receiver.next().body)


@every_api
def test_without_a_url_none_is_sent(api_class: ApiClass) -> None:
    api = api_class()
    api.create_task()
    if api_class is not Kie:  # an empty URL means no callback
        api.create_task(api_class.body_with_callback(""))
    api.emulator.wait_idle()
    assert api.emulator.deliveries == ()


def test_an_error_of_the_receiver_is_recorded(receiver: CallbackServer) -> None:
    receiver.status = 500
    api = Kie(Emulator())
    task_id = api.create_task(Kie.body_with_callback(receiver.url))
    api.emulator.wait_idle()
    assert [(delivery.task_id, delivery.status) for delivery in api.emulator.deliveries] == [(task_id, 500)]
    assert api.record(task_id)["state"] == "success"


def test_a_redirect_is_not_followed(receiver: CallbackServer) -> None:
    receiver.status, receiver.location = 307, "/elsewhere"
    api = Kie(Emulator())
    api.create_task(Kie.body_with_callback(receiver.url))
    api.emulator.wait_idle()
    assert [delivery.status for delivery in api.emulator.deliveries] == [307]
    assert receiver.calls.qsize() == 1


@pytest.mark.parametrize("url", ["http://192.0.2.1/done", "https://[2001:db8::1]/done", "http://10.0.0.1:8080/"])
def test_a_foreign_address_is_not_called_and_that_is_recorded(url: str) -> None:
    api = Kie(Emulator())
    task_id = api.create_task(Kie.body_with_callback(url))
    api.emulator.wait_idle()
    (deliveries,) = api.emulator.deliveries
    assert (deliveries.url, deliveries.status, deliveries.reason) == (url, None, "not a loopback host")
    assert api.record(task_id)["state"] == "success"


def test_idle_means_that_everything_is_delivered(receiver: CallbackServer) -> None:
    receiver.may_respond.clear()
    api = Kie(Emulator())
    task_ids = [api.create_task(Kie.body_with_callback(receiver.url)) for _ in range(20)]
    with pytest.raises(TimeoutError, match="under way"):
        api.emulator.wait_idle(0.05)
    receiver.may_respond.set()
    api.emulator.wait_idle()
    assert sorted(task_ids) == sorted(delivery.task_id for delivery in api.emulator.deliveries)
    assert not any(thread.name == "emulator-callback" and thread.is_alive() for thread in threads_after_exit())


def threads_after_exit() -> list[threading.Thread]:
    """Return the running threads, after the threads that deliver callbacks have ended."""
    threads = threading.enumerate()
    for thread in threads:
        if thread.name == "emulator-callback":
            thread.join(10)
    return threads


@every_api
def test_a_post_function_replaces_http(api_class: ApiClass) -> None:
    sent: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> int:
        sent.append((url, body))
        return 418

    api = api_class(Emulator(clock=VirtualClock(), finish=AfterQueries(1), post=post))
    task_id = api.create_task(api_class.body_with_callback("urn:anything"))
    query_response = api.query(task_id).json()
    api.emulator.wait_idle()
    assert [url for url, _ in sent] == ["urn:anything"] * len(api.emulator.deliveries)
    assert json.loads(sent[-1][1]) == (query_response if api_class is not Relay else query_response["data"])
    assert {(delivery.task_id, delivery.status) for delivery in api.emulator.deliveries} == {(task_id, 418)}


@every_api
def test_a_late_callback_is_sent_when_it_is_due(api_class: ApiClass) -> None:
    api, _ = created_task(api_class, Fault("callback-late", seconds=100), post=(post := RecordingPost()))
    advance(api, 60 + 69)
    assert post.states(api_class) == []
    advance(api, 100)
    assert post.states(api_class)[-1] == api_class.vendor_states["succeeded"]
    assert {delivery.fault for delivery in api.emulator.deliveries} == {"callback-late"}


def test_a_late_callback_is_five_seconds_late_by_default() -> None:
    api, _ = created_task(Kie, Fault("callback-late"), post=(post := RecordingPost()))
    advance(api, 60)
    assert not post.bodies
    advance(api, 5)
    assert post.bodies


def test_a_callback_late_by_zero_seconds_is_sent_at_once() -> None:
    api, _ = created_task(Native, Fault("callback-late", seconds=0), post=(post := RecordingPost()))
    advance(api, 60)
    assert len(post.bodies) == 2


@every_api
def test_a_repeated_callback_is_identical(api_class: ApiClass) -> None:
    api, _ = created_task(api_class, Fault("callback-twice", times=1), post=(post := RecordingPost()), signing=SIGNING)
    advance(api, 60)
    assert post.bodies[0] == post.bodies[1]
    first, second, *rest = api.emulator.deliveries
    assert (first.attempt, second.attempt, len(rest)) == (1, 2, 0 if api_class is Kie else 1)
    assert first.headers == second.headers


@pytest.mark.parametrize("api_class", [Native, Relay], ids=["native", "relay"])
def test_a_reordered_callback_is_sent_after_the_next_one(api_class: ApiClass) -> None:
    api, _ = created_task(api_class, Fault("callback-reordered"), post=(post := RecordingPost()))
    advance(api, 60)
    assert post.states(api_class) == [api_class.vendor_states["succeeded"], api_class.vendor_states["running"]]
    assert [delivery.fault for delivery in api.emulator.deliveries] == [None, "callback-reordered"]


def test_the_only_callback_of_kie_is_not_reordered() -> None:
    api, _ = created_task(Kie, Fault("callback-reordered"), post=(post := RecordingPost()))
    advance(api, 60)
    assert post.states(Kie) == ["success"]


def test_a_late_callback_releases_the_held_one_only_when_it_is_sent() -> None:
    faults = Fault("callback-reordered", times=1), Fault("callback-late", times=1, seconds=60)
    api, _ = created_task(Native, *faults, post=(post := RecordingPost()))
    advance(api, 60)
    assert post.states(Native) == []
    advance(api, 60)
    assert post.states(Native) == [Native.vendor_states["succeeded"], Native.vendor_states["running"]]


def test_a_held_callback_is_sent_when_its_task_is_dropped() -> None:
    api, task_id = created_task(Native, Fault("callback-reordered", times=1), post=(post := RecordingPost()), kept=1)
    advance(api, 30)
    assert post.bodies == []
    api.create_task()
    api.emulator.wait_idle()
    assert [body["task_id"] for body in post.bodies] == [task_id]


def test_a_held_callback_is_sent_if_the_next_one_is_not_accepted() -> None:
    api, _ = created_task(Native, Fault("callback-reordered", times=1), post=(post := RecordingPost()), kept=1)
    advance(api, 60)
    assert post.states(Native) == [Native.vendor_states["running"]]
    assert [delivery.reason for delivery in api.emulator.deliveries] == [""], "only the newest delivery is kept"


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no route"), AssertionError("not this"), pytest.fail.Exception("no")]
)
def test_a_post_function_that_raises_is_recorded_and_the_next_is_sent(error: BaseException) -> None:
    def post(url: str, body: bytes) -> int:
        raise error

    api = Kie.on_emulator(post=post)
    for _ in range(10):  # more than there are workers
        api.create_task(Kie.body_with_callback(URL))
    api.emulator.wait_idle()
    assert [delivery.status for delivery in api.emulator.deliveries] == [None] * 10
    assert api.emulator.deliveries[0].reason == f"{type(error).__name__}: {error}"


def test_nothing_is_sent_after_close() -> None:
    clock, post = SystemClock(), RecordingPost()
    emulator = Emulator(clock=clock, finish=AfterSeconds(3600), post=post)
    task_id = Native(emulator).create_task(Native.body_with_callback(URL))
    emulator.close()
    emulator.close()
    clock.advance(3600)
    emulator.finish_task(task_id)
    emulator.wait_idle()
    assert (post.bodies, clock._plan, clock._watchers) == ([], [], [])
    emulator.reset()
    Native(emulator).create_task(Native.body_with_callback(URL))
    emulator.finish_task(emulator.tasks[0].id)
    emulator.wait_idle()
    assert post.bodies == []


def test_callbacks_beyond_the_limit_are_recorded_and_not_sent() -> None:
    may_respond = threading.Event()

    def post(url: str, body: bytes) -> int:
        may_respond.wait(10)
        return 200

    api = Kie.on_emulator(post=post, kept=10)
    for _ in range(12):
        api.create_task(Kie.body_with_callback(URL))
    deliveries = [(delivery.status, delivery.reason) for delivery in api.emulator.deliveries]
    may_respond.set()
    api.emulator.wait_idle()
    assert deliveries == [(None, "not sent: 10 are pending")] * 2


def test_a_callback_fault_matches_api_and_prompt() -> None:
    post = RecordingPost()
    emulator = Emulator(
        clock=VirtualClock(),
        post=post,
        faults=[Fault("callback-lost", api="kie", prompt="lose m", operation="callback")],
    )
    Kie(emulator).create_task(Kie.body_with_callback(URL))
    Kie(emulator).create_task({**Kie.body_with_callback(URL), "input": {"prompt": "lose me"}})
    Native(emulator).create_task(Native.body_with_callback(URL))
    emulator.wait_idle()
    assert [(delivery.api, delivery.status) for delivery in emulator.deliveries if delivery.fault] == [("kie", None)]
    assert len(post.bodies) == 3


def test_after_a_reset_no_earlier_callback_is_sent() -> None:
    """Neither a late nor a held callback is sent, although the new tasks have the same ids."""
    post = RecordingPost()
    api, first = created_task(Native, Fault("callback-late", times=1), Fault("callback-reordered", times=1), post=post)
    advance(api, 30)
    api.create_task(Native.body_with_callback(URL))
    advance(api, 0)
    api.emulator.reset()
    api.emulator.faults.clear()
    assert api.create_task(Native.body_with_callback(URL)) == first
    advance(api, 100)
    assert post.states(Native) == ["processing", "completed"]
    assert [delivery.id for delivery in api.emulator.deliveries] == [1, 2]


def test_a_timer_that_fires_during_a_reset_sends_nothing() -> None:
    actions: list[Any] = []

    class RecordingClock(VirtualClock):
        """Records the timers of late callbacks, so that the test can run them later."""

        def at(self, due_at: float, action: Any) -> int:
            if due_at == self.now() + 7:
                actions.append(action)
            return super().at(due_at, action)

    api = Kie.on_emulator(
        clock=RecordingClock(), post=(post := RecordingPost()), faults=[Fault("callback-late", seconds=7)]
    )
    api.create_task(Kie.body_with_callback(URL))
    api.emulator.reset()
    for action in actions:
        action()
    api.emulator.wait_idle()
    assert (len(actions), post.bodies) == (1, [])


def test_a_callback_prepared_before_a_reset_is_not_sent() -> None:
    api, task_id = created_task(Kie, post=(post := RecordingPost()))
    advance(api, 60)
    post.bodies.clear()
    callbacks, task = api.emulator._engine.callbacks, api.emulator._engine.get_task(task_id)
    ready = callbacks.prepare(task, lambda _: {"state": "any"})
    callbacks.reset()
    callbacks.send(ready)
    api.emulator.wait_idle()
    assert (len(ready), post.bodies) == (1, [])
