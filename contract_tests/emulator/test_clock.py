"""The clocks: time goes forward, by itself or when it is told to."""

import math
import threading

import pytest

from contract_tests.emulator.kit import (
    Api,
    Kie,
)
from klingkit.emulator import AfterSeconds, SystemClock, VirtualClock

Kind = type[Api]


@pytest.mark.parametrize("wrong", [-1, -0.1, math.nan])
def test_time_goes_forward_only(wrong: float) -> None:
    with pytest.raises(ValueError, match="can't end after"):
        AfterSeconds(wrong)
    for clock in (SystemClock(), VirtualClock()):
        with pytest.raises(ValueError, match="goes forward only"):
            clock.advance(wrong)


@pytest.mark.parametrize("wrong", [math.inf, 1e12])
def test_time_ends_with_the_year_9999(wrong: float) -> None:
    """A date beyond it could not be answered."""
    for clock in (SystemClock(), VirtualClock()):
        with pytest.raises(ValueError, match="9999"):
            clock.advance(wrong)
    for start in (wrong, math.nan, -1.0):
        with pytest.raises(ValueError, match="9999"):
            VirtualClock(start)


def test_the_system_clock_ends_tasks_by_itself_and_its_thread_goes_home() -> None:
    clock = SystemClock()
    done: list[str] = []
    threads: list[threading.Thread] = []
    over = threading.Event()

    def last() -> None:
        done.append("second")
        threads.append(threading.current_thread())
        over.set()

    clock.at(clock.now() + 0.04, last)
    clock.at(clock.now() + 0.01, lambda: done.append("first"))
    assert over.wait(10)
    assert done == ["first", "second"]
    threads[0].join(10)
    assert not threads[0].is_alive()
    over.clear()
    clock.at(clock.now() - 1, over.set)
    assert over.wait(10)


def test_the_system_clock_can_be_put_forward() -> None:
    api = Kie.on(AfterSeconds(3600), SystemClock())
    task_id = api.make()
    assert api.record(task_id)["state"] == "waiting"
    api.emulator.clock.advance(3600)
    record = api.record(task_id)
    assert record["state"] == "success"
    assert 3_600_000 <= record["costTime"] < 3_660_000
