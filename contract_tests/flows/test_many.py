"""Waits for many tasks, driven by hand: when each is due, what ends it, and that no wait's error ends another."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import API, created, record, refused
from contract_tests.support.script import Script
from klingkit import (
    CallbackEvent,
    Events,
    Fixed,
    InvalidRequest,
    LearnedPolling,
    NotFound,
    NoVideo,
    Task,
    TaskFailed,
    TaskRef,
    WaitResult,
    WaitTimeout,
)
from klingkit._flow._effects import Send
from klingkit._many import Agenda, Row
from klingkit._query import QUERY_TIMEOUT
from klingkit._tasks import GRACE, MIN_PAUSE

A, B, C = (TaskRef("kie", "jobs", name) for name in "abc")


def agenda(*refs: TaskRef, timeout: float = 100.0, pause: float = 5.0) -> Agenda[Any]:
    return Agenda(API, refs, timeout=timeout, polling=Fixed(pause), began=0.0)


def state(ref: TaskRef, word: str, **fields: Any) -> httpx.Response:
    return record(word, **{"taskId": ref.id, **fields})


def done(ref: TaskRef, **fields: Any) -> httpx.Response:
    return state(ref, "success", resultJson=json.dumps({"resultUrls": ["http://media.test/cat.mp4"]}), **fields)


class Clock(Script):
    """A driver with one worker, which waits until the next row is due."""

    def results(self, agenda: Agenda[Any]) -> list[WaitResult]:
        found: list[WaitResult] = []
        while agenda.left:
            row = agenda.take(self.clock)
            if row is None:
                self.clock += agenda.pause(self.clock)
                continue
            result = self.run(agenda.query(row))
            found += [result] if result else []
        return found

    @property
    def queried(self) -> list[str]:
        return [effect.request.url.params["taskId"] for effect in self.effects if isinstance(effect, Send)]


def test_many_waits_learn_how_long_their_tasks_took():
    policy = LearnedPolling(Fixed(5.0))
    clock = Clock(state(A, "waiting"), done(B, completeTime=1757584264490), done(A, completeTime=1757584224490))
    agenda = Agenda(API, [A, B], timeout=100.0, polling=policy, began=0.0)
    assert [result.ref for result in clock.results(agenda)] == [B, A]
    assert policy.durations() == {"kie": (100.0, 60.0)}
    assert clock.clock == 5.0


def test_each_task_is_queried_until_it_has_ended():
    clock = Clock(state(A, "waiting"), state(B, "waiting"), state(A, "waiting"), done(B), done(A))
    results = clock.results(agenda(A, B))
    assert clock.queried == ["a", "b", "a", "b", "a"]
    assert [(it.ref, it.result().status, it.error) for it in results] == [
        (B, "succeeded", None),
        (A, "succeeded", None),
    ]
    assert clock.clock == 10.0


def test_the_end_of_one_wait_leaves_the_others():
    """It failed, has no video, is unknown for too long, or its time is up."""
    clock = Clock(
        state(A, "fail", failMsg="no cats"),
        state(B, "success", resultJson="{}"),
        httpx.ConnectError("down"),
        *[refused(422)] * 3,
    )
    failed, empty, unknown = clock.results(agenda(A, B, C, pause=GRACE / 2 + 1))
    assert isinstance(failed.error, TaskFailed)
    assert failed.task is not None
    assert isinstance(empty.error, NoVideo)
    assert isinstance(unknown.error, NotFound)
    assert unknown.task is None
    with pytest.raises(TaskFailed, match="no cats"):
        failed.result()


def test_a_wait_whose_time_is_up_names_the_last_state():
    clock = Clock(state(A, "generating"), httpx.ConnectError("down"), *[httpx.ConnectError("down")] * 9)
    (late,) = clock.results(agenda(A, timeout=20.0, pause=15.0))
    assert isinstance(late.error, WaitTimeout)
    assert "task kie:jobs:a at kie.test: state 'generating' after 20 s; it goes on" in str(late.error)
    assert "the last query failed" in str(late.error)
    assert clock.clock == 20.0


def test_a_query_has_the_time_of_its_wait_at_most():
    clock = Clock(*[state(A, "waiting")] * 3)
    clock.results(agenda(A, timeout=40.0, pause=30.0))
    sent = [effect for effect in clock.effects if isinstance(effect, Send)]
    assert [(it.timeout, it.queue_time) for it in sent] == [(QUERY_TIMEOUT, 10.0), (10.0, 0.0), (1.0, 0.0)]


def test_a_retry_after_is_heeded():
    clock = Clock(httpx.Response(429, json={"code": 429}, headers={"Retry-After": "20"}), done(A))
    (result,) = clock.results(agenda(A))
    assert (result.error, clock.clock) == (None, 20.0)


def test_a_task_that_is_named_twice_is_waited_for_once():
    assert agenda(A, B, A).left == 2


@pytest.mark.parametrize(
    ("refs", "options"),
    [([A, TaskRef("native", "text2video", "x")], {}), ([A, "kie:jobs:a"], {}), ([A], {"timeout": 0})],
)
def test_what_cannot_be_waited_for_is_refused_at_once(refs: list[Any], options: dict[str, Any]):
    with pytest.raises(InvalidRequest):
        agenda(*refs, **options)


def take(agenda: Agenda[Any], time: float) -> Row:
    row = agenda.take(time)
    assert row is not None
    return row


def waiting_since(clock: Clock, agenda: Agenda[Any]) -> None:
    """Query all tasks once."""
    while row := agenda.take(clock.clock):
        assert clock.run(agenda.query(row)) is None


def test_an_event_makes_its_task_due():
    clock, waits, events, woken = (
        Clock(*map(state, (A, B), ("waiting", "waiting"))),
        agenda(A, B),
        Events(),
        list[int](),
    )
    with waits.listening(events, lambda: clock.clock, lambda: woken.append(1)):
        waiting_since(clock, waits)
        clock.clock = 2.0
        assert waits.take(clock.clock) is None
        events.put(CallbackEvent(Task(B, "succeeded")))
        assert woken == [1]
        assert take(waits, clock.clock).ref == B
        assert waits.pause(clock.clock) == 3.0
    events.put(CallbackEvent(Task(A, "succeeded")))
    assert woken == [1]


def test_events_bring_at_most_one_query_a_second():
    clock, waits, events = Clock(state(A, "waiting")), agenda(A), Events()
    with waits.listening(events, lambda: clock.clock, list):
        waiting_since(clock, waits)
        events.put(CallbackEvent(Task(A, "running")))
        assert waits.take(clock.clock) is None
        assert waits.pause(clock.clock) == MIN_PAUSE


def test_an_event_that_comes_during_a_query_brings_another():
    """The response may have been made before what the event is about."""
    events, waits = Events(), agenda(A)

    def put(_: object) -> httpx.Response:
        events.put(CallbackEvent(Task(A, "succeeded")))
        return state(A, "waiting")

    clock = Clock(put, done(A))
    with waits.listening(events, lambda: clock.clock, list):
        (result,) = clock.results(waits)
    assert (result.error, clock.clock) == (None, MIN_PAUSE)


def test_an_event_that_came_before_is_heeded():
    clock, waits, events = Clock(done(A)), agenda(A), Events()
    events.put(CallbackEvent(Task(A, "succeeded")))
    with waits.listening(events, lambda: clock.clock, list):
        (result,) = clock.results(waits)
    assert (result.error, len(clock.queried), clock.clock) == (None, 1, 0.0)


def test_without_events_nothing_listens():
    waits = agenda(A)
    with waits.listening(None, lambda: 0.0, list):
        assert take(waits, 0.0).ref == A


def test_a_policy_that_gives_no_number_ends_all():
    class Broken:
        def pause(self, _: float) -> Any:
            return "soon"

    waits = Agenda(API, [A], timeout=10.0, polling=Broken(), began=0.0)
    with pytest.raises(InvalidRequest, match="no number of seconds"):
        Clock(state(A, "waiting")).results(waits)


def test_a_submission_is_no_record():
    """The response to another request does not end a wait."""
    clock = Clock(created(A.id), done(A))
    (result,) = clock.results(agenda(A))
    assert result.error is None
