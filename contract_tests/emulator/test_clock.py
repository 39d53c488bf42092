"""Tests of the clocks: time and timers."""

import math
import threading
from functools import partial

import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator import AfterSeconds, Clock, SystemClock, VirtualClock


@pytest.mark.parametrize("seconds", [-1, -0.1, math.nan])
def test_time_only_goes_forward(seconds: float) -> None:
    with pytest.raises(ValueError, match="can't end after"):
        AfterSeconds(seconds)
    for clock in (SystemClock(), VirtualClock()):
        with pytest.raises(ValueError, match="goes forward only"):
            clock.advance(seconds)


@pytest.mark.parametrize("seconds", [math.inf, 1e12])
def test_time_ends_with_the_year_9999(seconds: float) -> None:
    """A later date cannot be written in a response."""
    for clock in (SystemClock(), VirtualClock()):
        with pytest.raises(ValueError, match="9999"):
            clock.advance(seconds)
    for start in (seconds, math.nan, -1.0):
        with pytest.raises(ValueError, match="9999"):
            VirtualClock(start)


def test_the_system_clock_runs_actions_and_ends_its_thread() -> None:
    clock = SystemClock()
    done: list[str] = []
    threads: list[threading.Thread] = []
    fired = threading.Event()

    def run_last() -> None:
        done.append("second")
        threads.append(threading.current_thread())
        fired.set()

    due = clock.now() + 0.5  # planned in the reverse order: time for both, also on a busy machine
    clock.at(due + 0.03, run_last)
    clock.at(due, lambda: done.append("first"))
    assert fired.wait(10)
    assert done == ["first", "second"]
    threads[0].join(10)
    assert not threads[0].is_alive()
    fired.clear()
    clock.at(clock.now() - 1, fired.set)
    assert fired.wait(10)


def test_the_system_clock_can_be_put_forward() -> None:
    api = Kie.on_emulator(AfterSeconds(3600), SystemClock())
    task_id = api.create_task()
    assert api.record(task_id)["state"] == "waiting"
    api.emulator.clock.advance(3600)
    record = api.record(task_id)
    assert record["state"] == "success"
    assert 3_600_000 <= record["costTime"] < 3_660_000


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock()], ids=["system", "virtual"])
def test_each_action_runs_at_its_own_time(clock: Clock) -> None:
    began = clock.now()
    api = Kie.on_emulator(AfterSeconds(10), clock)
    task_id = api.create_task()
    clock.advance(3600)
    assert [round(time - began) for _, time in api.emulator.task(task_id).history] == [0, 5, 10]
    assert clock.now() >= began + 3600


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock()], ids=["system", "virtual"])
def test_time_never_goes_back_if_an_action_advances_it(clock: Clock) -> None:
    began = clock.now()
    times: list[float] = []
    clock.at(began + 1, lambda: clock.advance(100))
    clock.at(began + 2, lambda: times.append(clock.now()))
    clock.advance(3)
    assert [time >= began + 2 for time in times] == [True]
    assert clock.now() >= began + 101


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock()], ids=["system", "virtual"])
def test_a_failing_action_is_logged_and_the_next_runs(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail() -> None:
        raise OSError("the disk is full")

    clock.at(clock.now() + 60, fail)
    clock.at(clock.now() + 60, lambda: done.append("next"))
    clock.advance(61)
    assert done == ["next"]
    assert "the disk is full" in caplog.text


def test_a_cancelled_action_does_not_run_and_takes_no_memory() -> None:
    clock = VirtualClock()
    done: list[int] = []
    numbers = [clock.at(clock.now() + 10, partial(done.append, number)) for number in range(10)]
    clock.cancel(*numbers[:3])
    clock.cancel(*numbers[3:8])
    assert len(clock._plan) == 2
    clock.cancel(numbers[9])
    clock.advance(10)
    assert done == [8]
    clock.cancel(numbers[8])


def test_dropped_tasks_leave_no_timers() -> None:
    api = Kie.on_emulator(AfterSeconds(3600), kept=5)
    for _ in range(50):
        api.create_task()
    assert len(api.emulator.clock._plan) < 25
    api.emulator.reset()
    assert len(api.emulator.clock._plan) == 0
