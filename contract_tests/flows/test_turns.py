"""Who goes first: queries that somebody waits for before routine ones, and those that live before those that block."""

from typing import Any

import httpx
import pytest

from contract_tests.flows.test_limiter import shared, submission, submitted
from contract_tests.support.kie import KIE_API, task_response
from contract_tests.support.world import BEGIN, Run, Service, World
from klingkit import CallbackEvent, Events, Pacing, RateLimited, Task, TaskRef
from klingkit._limiter import LOOK_AGAIN, OVERDUE, Limits, Turn
from klingkit._many import Agenda
from klingkit._polling import Fixed
from klingkit._query import get
from klingkit._tasks import confirm, wait


def ref(name: str) -> TaskRef:
    return TaskRef("kie", "jobs", name)


def still_waiting(_: float, request: httpx.Request) -> httpx.Response:
    return task_response("waiting", taskId=request.url.params["taskId"])


def busy(waits: int = 100) -> tuple[World, Limits]:
    """Return a world in which so many waits query more often than the limit lets them."""
    world = World(still_waiting, lambda: 0.01)
    limits = Limits.of(Pacing(queries_per_second=10), world.clock)
    for number in range(waits):
        flow = wait(KIE_API, ref(f"t{number}"), timeout=60.0, polling=Fixed(1.0), limits=shared(limits))
        world.start(flow)
    return world, limits


EVENT = CallbackEvent(Task(ref("seen"), "succeeded"))


@pytest.mark.parametrize("call", ["get", "confirm", "wait"])
def test_a_query_that_is_no_routine_does_not_wait_for_those_that_are(call: str):
    world, limits = busy()
    events, asked = Events(), list[float]()

    def respond(time: float, request: httpx.Request) -> httpx.Response:
        asked.extend([time] if request.url.params["taskId"] == "seen" else [])
        return still_waiting(time, request)

    world._service = respond
    options: Any = {"timeout": 60.0, "limits": shared(limits)}
    if call in ("get", "confirm"):
        flow = get(KIE_API, ref("seen"), **options) if call == "get" else confirm(KIE_API, EVENT, **options)
        world.start(flow, 20.0)
    else:
        world.start(wait(KIE_API, ref("seen"), polling=Fixed(20.0), events=events, **options))
        world.at(BEGIN + 20.0, lambda: events.put(EVENT))
    world.run(BEGIN + 21.0)
    assert BEGIN + 20.0 <= asked[-1] < BEGIN + 20.5


def test_of_many_tasks_one_whose_event_came_is_no_routine():
    events, agenda = Events(), Agenda(KIE_API, [EVENT.ref, ref("b")], timeout=60.0, polling=Fixed(1.0), began=0.0)
    with agenda.listening(events, lambda: 1.0, lambda: None):
        events.put(EVENT)
        rows = [agenda.take(1.0), agenda.take(1.0)]
    assert {row.ref.id: row.routine for row in rows if row} == {"seen": False, "b": True}


def test_routine_queries_count_those_that_go_before_them():
    world, limits = busy(2)
    world.run()
    queries = limits.queries
    turns = [queries.join(60.0, routine=routine) for routine in (True, False, True, False)]
    queries.window.close(world.time, 50.0)
    for turn in turns:
        turn.pause()
    assert [turn.before for turn in turns] == [0, 0, 2, 1]


# One whose event loop is blocked


def blocked_first() -> tuple[World, Limits, Turn]:
    """Return a world with a full window, and a turn of someone who takes no notice."""
    world, limits, _ = submitted(Service(), Pacing(creations=1), 1)
    world.run()
    turn = limits.creations.join(600.0)
    assert turn.pause() > 0
    return world, limits, turn


def ended(run: Run) -> float:
    assert isinstance(run.result, TaskRef)
    assert run.ended is not None
    return run.ended


def test_a_turn_that_is_not_taken_lets_others_pass_and_keeps_its_place():
    world, limits, turn = blocked_first()
    chance = world.time + turn.pause()
    runs = [world.start(submission(limits)) for _ in range(3)]
    world.run(chance + OVERDUE + 1.0)
    assert chance + OVERDUE <= ended(runs[0]) <= chance + OVERDUE + 1.0
    again, taken = world.time + turn.pause() + 0.01, list[float]()
    world.at(again, lambda: taken.append(turn.pause()))
    world.at(again + 0.5, turn.leave)
    world.run()
    assert taken == [0.0]
    assert again < ended(runs[1]) < ended(runs[2])


def test_a_turn_that_is_not_taken_when_it_is_woken_lets_others_pass():
    world = World(Service(), lambda: 0.01)
    limits = Limits.of(Pacing(slots=1), world.clock)
    holder = limits.creations.join(600.0)
    assert holder.pause() == 0
    blocked = limits.creations.join(600.0)
    blocked.pause()
    run = world.start(submission(limits))
    world.at(BEGIN + 30.0, lambda: holder.end(None, RateLimited("no", retry_after=0.0)))
    world.run()
    assert ended(run) < BEGIN + 30.0 + LOOK_AGAIN + 2 * OVERDUE


def test_a_first_turn_that_never_tried_is_woken_by_those_behind():
    """It was behind one whose time came to an end, and its event loop is blocked since."""
    world, limits, turn = blocked_first()
    turn.deadline = world.time + 0.5
    limits.creations.join(600.0).pause()
    run = world.start(submission(limits))
    world.run()
    assert ended(run) < BEGIN + 10.0 + LOOK_AGAIN + 2 * OVERDUE


# Those that left


def test_those_that_left_the_queue_are_neither_kept_nor_counted():
    _, limits, turn = blocked_first()
    queue = limits.creations
    for _ in range(1000):
        other = queue.join(60.0)
        other.pause()
        assert other.before == 1
        other.leave()
    assert len(queue._queue) <= 3
    assert turn.queued
