"""Clocks and timers of the emulator: the system's time, or a virtual one that moves only on command."""

import heapq
import itertools
import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

Action = Callable[[], object]
LOG = logging.getLogger("klingkit.emulator")


def milliseconds(seconds: float) -> int:
    """Return a time in the unit that all the APIs use."""
    return round(seconds * 1000)


class Clock(ABC):
    """Shows the time, and runs actions when they are due.

    Times are Unix seconds. Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = threading.RLock()  # held while actions run, so that others can wait
        self._numbers = itertools.count()  # actions due at one moment run in the order in which they were added
        self._plan: list[tuple[float, int, Action]] = []
        self._cancelled: set[int] = set()
        self._watchers: list[Action] = []

    @abstractmethod
    def now(self) -> float:
        """Return the time; it never goes back."""

    def advance(self, seconds: float) -> None:
        """Put the clock forward, and run all actions that fall due before returning.

        Raises:
            ValueError: `seconds` is negative or no number, or leads beyond the year 9999.
        """
        _check(self.now(), seconds)
        self._move(seconds)
        for action in list(self._watchers):
            self._run(action)

    def watch(self, action: Action) -> None:
        """Call `action` whenever the clock has been put forward."""
        self._watchers.append(action)

    def unwatch(self, action: Action) -> None:
        """Call it no longer."""
        if action in self._watchers:
            self._watchers.remove(action)

    @abstractmethod
    def _move(self, seconds: float) -> None:
        """Put it forward and run what is due."""

    def at(self, due: float, action: Action) -> int:
        """Run `action` once the time is `due`; return a number by which that can be cancelled."""
        with self._changed:
            number = next(self._numbers)
            heapq.heappush(self._plan, (due, number, action))
            self._changed.notify_all()
        return number

    def cancel(self, *numbers: int) -> None:
        """Cancel actions that have not run yet."""
        with self._changed:
            self._cancelled.update(numbers)
            if len(self._cancelled) > len(self._plan) / 2:
                self._plan = [entry for entry in self._plan if entry[1] not in self._cancelled]
                heapq.heapify(self._plan)
                self._cancelled.clear()

    def _run(self, action: Action) -> None:
        try:
            action()
        except Exception:
            LOG.exception("an action that was due has failed")

    def _next_due(self) -> float | None:
        return self._plan[0][0] if self._plan else None

    def _take(self, until: float) -> tuple[float, Action] | None:
        """Take the next action due at `until` or before off the plan, so that it runs once, in whichever thread."""
        with self._changed:
            while self._plan and self._plan[0][0] <= until:
                due, number, action = heapq.heappop(self._plan)
                if number not in self._cancelled:
                    return due, action
                self._cancelled.discard(number)
            return None


class SystemClock(Clock):
    """The system's time. `advance` makes it run ahead."""

    def __init__(self) -> None:
        super().__init__()
        # Counted from a monotonic clock: setting the system's time moves no task back.
        self._offset = time.time() - time.monotonic()
        self._watching = False

    def now(self) -> float:
        """Return the time, in Unix seconds."""
        return time.monotonic() + self._offset

    def _move(self, seconds: float) -> None:
        with self._running:
            end = self.now() + seconds
            while taken := self._take(end):  # each action at its own time, in order
                due, action = taken
                self._put_to(due)
                self._run(action)
            self._put_to(end)

    def _put_to(self, moment: float) -> None:
        with self._changed:
            self._offset += max(0.0, moment - self.now())
            self._changed.notify_all()

    def at(self, due: float, action: Action) -> int:
        """Run `action` in a thread of the clock's own once the time is `due`."""
        number = super().at(due, action)
        with self._changed:
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="emulator-clock", daemon=True).start()
        return number

    def _watch(self) -> None:
        # The thread ends with the plan, so that an emulator out of use has none.
        while self._wait():
            self._run_what_is_due()

    def _wait(self) -> bool:
        with self._changed:
            due = self._next_due()
            self._watching = due is not None
            if due is not None and (wait := due - self.now()) > 0:
                self._changed.wait(min(wait, threading.TIMEOUT_MAX))
            return self._watching

    def _run_what_is_due(self) -> None:
        with self._running:
            while taken := self._take(self.now()):
                self._run(taken[1])


class VirtualClock(Clock):
    """A clock that stands still until `advance` is called: hours of waiting take no time.

    Args:
        start: the first time it shows, Unix seconds. Fixed, so that whole responses are
            reproducible.

    Raises:
        ValueError: `start` is no time from 1970 to 9999.
    """

    def __init__(self, start: float = 1_764_547_200.0) -> None:
        super().__init__()
        _check(start, 0.0)
        self._now = start

    def now(self) -> float:
        """Return the time it was last put to, in Unix seconds."""
        return self._now

    def _move(self, seconds: float) -> None:
        # Each action that falls due runs at its own time, in order.
        with self._running:
            end = self._now + seconds
            while taken := self._take(end):
                due, action = taken
                self._now = max(self._now, due)
                self._run(action)
            self._now = max(self._now, end)  # an action may have put it forward, too


LAST = 253_402_300_799.0  # the last second of the year 9999; no date comes after it


def _check(now: float, seconds: float) -> None:
    if not seconds >= 0:  # so written, NaN is rejected, too
        raise ValueError(f"a clock goes forward only, not by {seconds!r} seconds")
    if not 0 <= now + seconds <= LAST:
        raise ValueError(f"a clock shows the years 1970 to 9999, not {now + seconds!r} seconds")
