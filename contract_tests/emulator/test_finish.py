"""Policies for when tasks move on and end."""

import pytest

from contract_tests.emulator.kit import (
    Kind,
    every_api,
)
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Finish, VirtualClock

START = 1_764_547_200_000  # milliseconds, where a virtual clock starts


@every_api
@pytest.mark.parametrize(
    ("finish", "states"),
    [
        (None, "s"),
        (AtOnce(), "s"),
        (AfterQueries(0), "s"),
        (AfterQueries(1), "ss"),
        (AfterQueries(2), "rss"),
        (AfterQueries(3), "arss"),
        (AfterQueries(5), "aarrss"),
        (AfterSeconds(0), "s"),
        (AfterSeconds(1), "aa"),
    ],
)
def test_queries_see_the_states_of_the_policy(kind: Kind, finish: Finish | None, states: str) -> None:
    api = kind.on(finish)
    task_id = api.make()
    words = [kind.vendor_states[{"a": "accepted", "r": "running", "s": "succeeded"}[state]] for state in states]
    assert [api.record(task_id)[kind.state] for _ in words] == words


@every_api
def test_queries_of_one_task_do_not_move_another(kind: Kind) -> None:
    api = kind.on(AfterQueries(2))
    one, other = api.make(), api.make()
    words = [kind.vendor_states[state] for state in ("running", "running", "succeeded")]
    assert [api.record(task_id)[kind.state] for task_id in (one, other, one)] == words


@every_api
def test_each_task_has_its_own_timing(kind: Kind) -> None:
    api = kind.on(AfterSeconds(10))
    early = api.make()
    api.emulator.clock.advance(4)
    late = api.make()

    def words() -> list[str]:
        return [api.record(task_id)[kind.state] for task_id in (early, late)]

    assert words() == [kind.vendor_states["accepted"]] * 2
    api.emulator.clock.advance(1)
    assert words() == [kind.vendor_states["running"], kind.vendor_states["accepted"]]
    api.emulator.clock.advance(5)
    assert words() == [kind.vendor_states["succeeded"], kind.vendor_states["running"]]
    api.emulator.clock.advance(4)
    ended = api.record(late).get("updated_at") or api.record(late)["completeTime"]
    assert ended == START + 14_000


@every_api
def test_a_query_does_not_depend_on_timers(kind: Kind) -> None:
    class Stuck(VirtualClock):
        def _move(self, seconds: float) -> None:
            self._now += seconds

    api = kind.on(AfterSeconds(10), Stuck())
    task_id = api.make()
    api.emulator.clock.advance(5)
    assert api.record(task_id)[kind.state] == kind.vendor_states["running"]
    api.emulator.clock.advance(5)
    assert api.states(task_id) == ["succeeded"]


def test_a_count_of_queries_is_not_negative() -> None:
    with pytest.raises(ValueError, match="can't end after -1 queries"):
        AfterQueries(-1)
