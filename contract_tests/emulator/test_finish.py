"""Tests of the policies that decide when tasks run and end."""

import pytest

from contract_tests.emulator.kit import (
    ApiClass,
    every_api,
)
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Finish, VirtualClock

START = 1_764_547_200_000  # the start of the virtual clock, in milliseconds


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
def test_queries_see_the_states_of_the_policy(api_class: ApiClass, finish: Finish | None, states: str) -> None:
    api = api_class.on_emulator(finish)
    task_id = api.create_task()
    expected = [api_class.vendor_states[{"a": "accepted", "r": "running", "s": "succeeded"}[state]] for state in states]
    assert [api.record(task_id)[api_class.state] for _ in expected] == expected


@every_api
def test_queries_of_one_task_do_not_move_another(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterQueries(2))
    one, other = api.create_task(), api.create_task()
    expected = [api_class.vendor_states[state] for state in ("running", "running", "succeeded")]
    assert [api.record(task_id)[api_class.state] for task_id in (one, other, one)] == expected


@every_api
def test_each_task_has_its_own_timing(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(10))
    early = api.create_task()
    api.emulator.clock.advance(4)
    late = api.create_task()

    def current_states() -> list[str]:
        return [api.record(task_id)[api_class.state] for task_id in (early, late)]

    assert current_states() == [api_class.vendor_states["accepted"]] * 2
    api.emulator.clock.advance(1)
    assert current_states() == [api_class.vendor_states["running"], api_class.vendor_states["accepted"]]
    api.emulator.clock.advance(5)
    assert current_states() == [api_class.vendor_states["succeeded"], api_class.vendor_states["running"]]
    api.emulator.clock.advance(4)
    ended = api.record(late).get("updated_at") or api.record(late)["completeTime"]
    assert ended == START + 14_000


@every_api
def test_a_query_does_not_depend_on_timers(api_class: ApiClass) -> None:
    class ClockWithoutTimers(VirtualClock):
        def _move(self, seconds: float) -> None:
            self._now += seconds

    api = api_class.on_emulator(AfterSeconds(10), ClockWithoutTimers())
    task_id = api.create_task()
    api.emulator.clock.advance(5)
    assert api.record(task_id)[api_class.state] == api_class.vendor_states["running"]
    api.emulator.clock.advance(5)
    assert api.states(task_id) == ["succeeded"]


def test_a_count_of_queries_is_not_negative() -> None:
    with pytest.raises(ValueError, match="can't end after -1 queries"):
        AfterQueries(-1)
