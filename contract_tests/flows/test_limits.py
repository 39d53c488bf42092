"""Windows and slots, driven by hand: no clock but the given time."""

from math import inf

import pytest

from klingkit import TaskRef
from klingkit._limits import FIRST_PAUSE, MAX_CLOSED, MAX_TASKS, QUIET, SLOT_PAUSES, SPREAD, Slots, Window


def window(limit: int | None, per: float = 10.0) -> Window:
    return Window(limit, per, spread=lambda: 0.0)


def ref(number: int) -> TaskRef:
    return TaskRef("kie", "jobs", f"t{number}")


# Windows


def test_what_is_under_way_is_counted_and_then_for_a_window_after_its_end():
    """The service counted it at some time before its response."""
    it = window(2)
    assert it.ready(0.0, 1) <= 0.0
    assert it.ready(0.0, 2) == inf
    it.count(3.0)
    it.count(4.0)
    assert it.ready(5.0, 0) == 13.0
    assert it.ready(5.0, 1) == 14.0
    assert it.ready(12.9, 0) > 12.9
    assert it.ready(13.0, 0) <= 13.0


def test_an_unknown_limit_keeps_nothing_back():
    it = window(None)
    for _ in range(1000):
        it.count(0.0)
    assert it.ready(0.0, 1000) <= 0.0


def test_a_limit_is_learned_from_a_burst_of_which_a_part_was_refused():
    """Responses come in any order."""
    it = window(None)
    under_way = 8
    for refused in (True, False, True, False, False, True, False, True):
        under_way -= 1
        if refused:
            it.refuse(1.0, 0.5, under_way, None)
        else:
            it.count(1.0)
    assert it.limit == 4
    assert it.ready(1.0, 0) == 11.0


@pytest.mark.parametrize(("retry_after", "pause"), [(7.0, 7.0), (None, 10.0 * FIRST_PAUSE), (1e9, MAX_CLOSED)])
def test_a_refusal_closes_the_window_for_all(retry_after: float | None, pause: float):
    it = window(20)
    it.refuse(2.0, 1.0, 0, retry_after)
    assert it.closed_until == pytest.approx(2.0 + pause)
    assert it.ready(2.0, 0) == it.closed_until
    it.close(3.0, 1.0)
    assert it.closed_until == pytest.approx(2.0 + pause), "the longer pause counts"


def test_pauses_grow_while_nothing_but_refusals_come_and_are_spread():
    it, pauses, time = Window(20, 9.0, spread=lambda: 1.0), list[float](), 0.0
    for _ in range(4):
        it.refuse(time, time, 0, None)  # one that was sent before the last refusal was known tells nothing new
        it.refuse(time, time - 0.5, 0, None)
        pauses.append((it.closed_until - time) / (1 + SPREAD))
        time = it.closed_until + 1
    assert pauses == pytest.approx([3.0, 6.0, 9.0, 9.0])
    it.count(time)
    it.refuse(time + 1, time + 1, 0, None)
    assert (it.closed_until - time - 1) / (1 + SPREAD) == pytest.approx(3.0)


def test_a_limit_that_shrank_recovers_slowly_and_no_further_than_the_known_one():
    it = window(20)
    it.refuse(100.0, 99.0, 1, None)
    changes, last = list[tuple[int, float]](), it.limit
    assert last == 1
    for time in range(100, 300):
        it.ready(float(time), 0)
        if it.limit != last:
            last = it.limit
            changes.append((time, last))
    assert changes == [(120, 2), (130, 3), (140, 4), (150, 6), (160, 9), (170, 13), (180, 19), (190, 20)]


def test_growing_that_led_to_a_refusal_is_tried_later():
    it, time, waits = window(None), 0.0, list[float]()
    for _ in range(5):
        it.refuse(time, time, 4, None)  # the service takes five
        began, limit = time, it.limit
        while it.limit == limit:
            time += 1.0
            it.ready(time, 0)
        waits.append(time - began)
    assert waits == [20.0, 40.0, 80.0, 160.0, 160.0]


def test_a_learned_limit_is_forgotten_in_the_end():
    it = window(None)
    it.refuse(0.0, 0.0, 4, None)
    it.ready(1000.0, 0)
    assert it.limit == inf


def test_a_query_that_was_refused_is_not_counted():
    it = window(1)
    it.count(1.0)
    it.discount(1.0)
    it.discount(2.0)
    assert it.ready(1.0, 0) <= 1.0


def test_a_retry_after_that_is_too_short_is_believed_once():
    it, time, pauses = window(20, 9.0), 1.0, list[float]()
    for _ in range(5):
        it.refuse(time, time, 0, 0.0)
        pauses.append(it.closed_until - time)
        time = it.closed_until + 1
    assert pauses == pytest.approx([0.0, 3.0, 6.0, 9.0, 9.0])


def test_one_refusal_of_one_alone_shrinks_nothing_and_a_second_does():
    it = window(20)
    it.refuse(1.0, 0.5, 0, None)
    assert it.limit == 20
    it.refuse(9.0, 8.5, 0, None)
    assert it.limit == 1


# Slots


def test_known_slots_are_kept_to():
    it = Slots(2)
    assert it.ready(1) == -inf
    assert it.ready(2) == inf
    it.create(ref(1), 0.0)
    it.create(ref(2), 1.0)
    it.see(ref(1), 50.0, done=False)
    assert it.ready(0) == 1.0 + QUIET, "a task of which nothing was heard for so long may have ended"
    it.see(ref(2), 51.0, done=True)
    assert it.ready(0) == -inf
    assert (it.knows(ref(1)), it.knows(ref(2))) == (True, False)


def test_a_task_that_ended_unseen_leaves_its_place_to_the_one_that_was_tried():
    it = Slots(1)
    it.create(ref(1), 0.0)
    it.create(ref(2), 100.0)
    assert (it.limit, it.knows(ref(1))) == (1, False)
    assert it.ready(0) == 100.0 + QUIET


def test_slots_are_learned_from_refusals_and_ends():
    it = Slots(None)
    for number in range(3):
        it.create(ref(number), 1.0)
    it.refuse(2.0, 0.5, 1)
    it.create(ref(3), 2.0)
    it.refuse(2.0, 0.5, 0)
    assert it.limit == 4
    assert it.ready(0) == 2.0 + SLOT_PAUSES[0]
    it.see(ref(0), 3.0, done=True)
    assert it.ready(0) == -inf
    assert it.ready(1) == inf


def test_trying_is_rarer_after_each_refusal_and_goes_on_at_once_after_a_success():
    it, time, pauses = Slots(None), 1.0, list[float]()
    for _ in range(5):
        it.refuse(time, time, 0)
        it.refuse(time, time - 0.5, 0)  # of the same burst
        pauses.append(it.ready(0) - time)
        time = it.ready(0) + 1
    assert pauses == [5.0, 10.0, 20.0, 30.0, 30.0]
    it.create(ref(1), time)
    assert (it.limit, it.ready(0)) == (1, time)


@pytest.mark.parametrize("learned", [False, True])
def test_a_client_that_never_queries_remembers_few_tasks(learned: bool):
    it = Slots(None)
    if learned:
        it.refuse(0.0, 0.0, 0)
    for number in range(MAX_TASKS + 5):
        it.create(ref(number), float(number))
    assert [number for number in range(MAX_TASKS + 5) if it.knows(ref(number))] == list(range(5, MAX_TASKS + 5))
