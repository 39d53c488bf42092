"""Tests of waits for many tasks on a scripted driver: when each is due, what ends it, and that errors end no other."""

import json
from math import inf
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import KIE_API, created_response, error_response, task_response
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
    TaskResult,
    WaitTimeout,
)
from klingkit._flow._effects import Send
from klingkit._get_many import Queries
from klingkit._many import Agenda, Row
from klingkit._query import QUERY_TIMEOUT
from klingkit._tasks import GRACE, MIN_PAUSE

TASK_A, TASK_B, TASK_C = (TaskRef("kie", "jobs", name) for name in "abc")


def agenda(*refs: TaskRef, timeout: float = 100.0, pause: float = 5.0) -> Agenda[Any]:
    return Agenda(KIE_API, refs, timeout=timeout, polling=Fixed(pause), began=0.0)


def state_response(ref: TaskRef, state: str, **fields: Any) -> httpx.Response:
    return task_response(state, **{"taskId": ref.id, **fields})


def done_response(ref: TaskRef, **fields: Any) -> httpx.Response:
    return state_response(
        ref, "success", resultJson=json.dumps({"resultUrls": ["http://media.test/cat.mp4"]}), **fields
    )


class OneWorker(Script):
    """A driver with one worker, which waits until the next row is due."""

    def results(self, agenda: Agenda[Any]) -> list[TaskResult]:
        results: list[TaskResult] = []
        while agenda.left:
            row = agenda.take(self.clock)
            if row is None:
                self.clock += agenda.pause(self.clock)
                continue
            result = self.run(agenda.query(row))
            results += [result] if result else []
        return results

    @property
    def queried(self) -> list[str]:
        return [effect.request.url.params["taskId"] for effect in self.effects if isinstance(effect, Send)]


def test_many_waits_learn_how_long_their_tasks_took():
    policy = LearnedPolling(Fixed(5.0))
    clock = OneWorker(
        state_response(TASK_A, "waiting"),
        done_response(TASK_B, completeTime=1757584264490),
        done_response(TASK_A, completeTime=1757584224490),
    )
    agenda = Agenda(KIE_API, [TASK_A, TASK_B], timeout=100.0, polling=policy, began=0.0)
    assert [result.ref for result in clock.results(agenda)] == [TASK_B, TASK_A]
    assert policy.durations() == {"kie": (100.0, 60.0)}
    assert clock.clock == 5.0


def test_each_task_is_queried_until_it_has_ended():
    clock = OneWorker(
        state_response(TASK_A, "waiting"),
        state_response(TASK_B, "waiting"),
        state_response(TASK_A, "waiting"),
        done_response(TASK_B),
        done_response(TASK_A),
    )
    results = clock.results(agenda(TASK_A, TASK_B))
    assert clock.queried == ["a", "b", "a", "b", "a"]
    assert [(result.ref, result.result().status, result.error) for result in results] == [
        (TASK_B, "succeeded", None),
        (TASK_A, "succeeded", None),
    ]
    assert clock.clock == 10.0


def test_the_end_of_one_wait_leaves_the_others():
    """One task failed, one has no video, one is unknown for too long."""
    clock = OneWorker(
        state_response(TASK_A, "fail", failMsg="no cats"),
        state_response(TASK_B, "success", resultJson="{}"),
        httpx.ConnectError("down"),
        *[error_response(422)] * 3,
    )
    failed, empty, unknown = clock.results(agenda(TASK_A, TASK_B, TASK_C, pause=GRACE / 2 + 1))
    assert isinstance(failed.error, TaskFailed)
    assert failed.task is not None
    assert isinstance(empty.error, NoVideo)
    assert isinstance(unknown.error, NotFound)
    assert unknown.task is None
    with pytest.raises(TaskFailed, match="no cats"):
        failed.result()


def test_a_wait_whose_time_is_up_names_the_last_state():
    clock = OneWorker(
        state_response(TASK_A, "generating"), httpx.ConnectError("down"), *[httpx.ConnectError("down")] * 9
    )
    (timed_out,) = clock.results(agenda(TASK_A, timeout=20.0, pause=15.0))
    assert isinstance(timed_out.error, WaitTimeout)
    assert "task kie:jobs:a at kie.test: state 'generating' after 20 s; it goes on" in str(timed_out.error)
    assert "the last query failed" in str(timed_out.error)
    assert clock.clock == 20.0


def test_a_query_has_the_time_of_its_wait_at_most():
    """What its exchange may not need is for its turn; a last query at the end of a wait has a second."""
    clock = OneWorker(*[state_response(TASK_A, "waiting")] * 3)
    clock.results(agenda(TASK_A, timeout=40.0, pause=30.0))
    sent = [effect for effect in clock.effects if isinstance(effect, Send)]
    assert [(send.timeout, send.queue_time) for send in sent] == [(QUERY_TIMEOUT, 10.0), (10.0, 0.0), (1.0, 0.0)]


def test_retry_after_is_obeyed():
    clock = OneWorker(httpx.Response(429, json={"code": 429}, headers={"Retry-After": "20"}), done_response(TASK_A))
    (result,) = clock.results(agenda(TASK_A))
    assert (result.error, clock.clock) == (None, 20.0)


def test_a_task_that_is_named_twice_is_waited_for_once():
    assert agenda(TASK_A, TASK_B, TASK_A).left == 2


@pytest.mark.parametrize(
    ("refs", "options"),
    [([TASK_A, TaskRef("native", "text2video", "x")], {}), ([TASK_A, "kie:jobs:a"], {}), ([TASK_A], {"timeout": 0})],
)
def test_invalid_references_and_limits_are_refused_before_any_query(refs: list[Any], options: dict[str, Any]):
    with pytest.raises(InvalidRequest):
        agenda(*refs, **options)


def take_due_row(agenda: Agenda[Any], time: float) -> Row:
    row = agenda.take(time)
    assert row is not None
    return row


def query_all_once(clock: OneWorker, agenda: Agenda[Any]) -> None:
    """Query all tasks once."""
    while row := agenda.take(clock.clock):
        assert clock.run(agenda.query(row)) is None


def test_an_event_makes_its_task_due():
    clock, due, events, woken = (
        OneWorker(*map(state_response, (TASK_A, TASK_B), ("waiting", "waiting"))),
        agenda(TASK_A, TASK_B),
        Events(),
        list[int](),
    )
    with due.listening(events, lambda: clock.clock, lambda: woken.append(1)):
        query_all_once(clock, due)
        clock.clock = 2.0
        assert due.take(clock.clock) is None
        events.put(CallbackEvent(Task(TASK_B, "succeeded")))
        assert woken == [1]
        assert take_due_row(due, clock.clock).ref == TASK_B
        assert due.pause(clock.clock) == 3.0
    events.put(CallbackEvent(Task(TASK_A, "succeeded")))
    assert woken == [1]


def test_events_cause_at_most_one_query_a_second():
    clock, waits, events = OneWorker(state_response(TASK_A, "waiting")), agenda(TASK_A), Events()
    with waits.listening(events, lambda: clock.clock, list):
        query_all_once(clock, waits)
        events.put(CallbackEvent(Task(TASK_A, "running")))
        assert waits.take(clock.clock) is None
        assert waits.pause(clock.clock) == MIN_PAUSE


def test_an_event_during_a_query_causes_another_query():
    """The response may be older than the change that the event reports."""
    events, waits = Events(), agenda(TASK_A)

    def put(_: object) -> httpx.Response:
        events.put(CallbackEvent(Task(TASK_A, "succeeded")))
        return state_response(TASK_A, "waiting")

    clock = OneWorker(put, done_response(TASK_A))
    with waits.listening(events, lambda: clock.clock, list):
        (result,) = clock.results(waits)
    assert (result.error, clock.clock) == (None, MIN_PAUSE)


def test_an_event_that_came_before_the_wait_counts():
    clock, waits, events = OneWorker(done_response(TASK_A)), agenda(TASK_A), Events()
    events.put(CallbackEvent(Task(TASK_A, "succeeded")))
    with waits.listening(events, lambda: clock.clock, list):
        (result,) = clock.results(waits)
    assert (result.error, len(clock.queried), clock.clock) == (None, 1, 0.0)


def test_without_events_nothing_listens():
    waits = agenda(TASK_A)
    with waits.listening(None, lambda: 0.0, list):
        assert take_due_row(waits, 0.0).ref == TASK_A


def test_a_policy_that_returns_no_number_ends_all_waits():
    class Broken:
        def pause(self, _: float) -> Any:
            return "soon"

    waits = Agenda(KIE_API, [TASK_A], timeout=10.0, polling=Broken(), began=0.0)
    with pytest.raises(InvalidRequest, match="no number of seconds"):
        OneWorker(state_response(TASK_A, "waiting")).results(waits)


def test_the_response_to_a_submission_is_not_a_record():
    """The response to another request does not end a wait."""
    clock = OneWorker(created_response(TASK_A.id), done_response(TASK_A))
    (result,) = clock.results(agenda(TASK_A))
    assert result.error is None


def test_what_is_left_of_the_time_is_the_limit_of_a_single_query():
    """Thirty seconds at most; a task whose turn comes too late is not queried."""
    queries = Queries(KIE_API, [TASK_A, TASK_B, TASK_C], timeout=60.0, began=0.0)
    script = Script(state_response(TASK_A, "waiting"), state_response(TASK_B, "waiting"))
    found = []
    for started in (0.0, 50.0, 60.0):
        script.clock = started
        ref = queries.take(started)
        assert ref is not None
        found.append(script.run(queries.query(ref)))
    sent = [effect for effect in script.effects if isinstance(effect, Send)]
    assert [effect.timeout for effect in sent] == [QUERY_TIMEOUT, 10.0]
    assert [result.task is None for result in found] == [False, False, True]
    assert "c was not queried within 60 s" in str(found[2].error)
    assert (queries.left, queries.take(60.0), queries.pause(60.0)) == (0, None, inf)
