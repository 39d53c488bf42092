"""What may be sent when, by limits that are known, or learned from refusals. Pure: every method is given the time."""

from __future__ import annotations

import random
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Final

from klingkit._base import TaskRef

__all__ = ["Slots", "Window"]

MAX_CLOSED: Final = 300.0
"""Seconds of a Retry-After that are heeded by default: one gateway's header shall not silence a client for a day."""

FIRST_PAUSE: Final = 1 / 3
"""The share of a window that a pause after a refusal takes, without a Retry-After; each further one doubles it."""

SPREAD: Final = 1 / 4
"""The share by which a pause is lengthened at most, so that several processes do not come back together."""

MAX_CAUTION: Final = 5
"""A limit that shrank grows after 1, 2, 4, 8 or 16 windows: the later, the more often growing led to a refusal."""

UNBOUNDED: Final = 10_000
"""A learned limit that has grown to this is none."""

SLOT_PAUSES: Final = (5.0, 30.0)
"""Seconds, at first and at most, before a submission is tried although no task was seen to end."""

QUIET: Final = 60.0
"""Seconds without news of a task after which it may have ended unseen."""

MAX_TASKS: Final = 1000
"""Tasks that are remembered as running: some clients never query those that they create."""


class Window:
    """Counts what is sent in a sliding window.

    What is under way is counted as well, and what has ended for `per` seconds after its end: the service counted it at
    some time in between. So the service never sees more than `limit` in any window.

    Args:
        limit: How many may be sent in `per` seconds; None: unknown.
        per: The length of the window.
        longest: Seconds of a Retry-After that are heeded at most.
        spread: Returns a number from 0 to 1, by which pauses are lengthened.
    """

    def __init__(
        self,
        limit: int | None,
        per: float,
        *,
        longest: float = MAX_CLOSED,
        spread: Callable[[], float] = random.random,
    ) -> None:
        self.per = per
        self.most: float = inf if limit is None else limit
        self.limit = self.most
        self.closed_until = -inf
        """The end of the last pause after a refusal."""
        self._longest = longest
        self._counted: deque[float] = deque()
        self._spread = spread
        self._refused = -inf
        self._in_a_row = 0
        self._caution = 0
        self._changed = -inf

    def ready(self, time: float, under_way: int) -> float:
        """Return when one more may be sent; infinite as long as that depends on those under way."""
        while self._counted and self._counted[0] <= time - self.per:
            self._counted.popleft()
        if self.limit < self.most:
            self._recover(time)
        if (excess := len(self._counted) + under_way - self.limit) < 0:
            return self.closed_until
        first_to_expire = int(excess)
        if first_to_expire >= len(self._counted):
            return inf
        return max(self.closed_until, self._counted[first_to_expire] + self.per)

    def count(self, time: float) -> None:
        """Count one that has ended, or is to be counted from when it was sent."""
        self._counted.append(time)
        self._in_a_row = 0

    def discount(self, time: float) -> None:
        """Forget one that was counted at this time, if it still is."""
        with suppress(ValueError):
            self._counted.remove(time)

    def refuse(self, time: float, sent: float, under_way: int, retry_after: float | None) -> None:
        """Shrink to what was not refused, and pause; `under_way` is the number of the others."""
        if sent > self._refused:  # else it was sent before an earlier refusal was known
            self._in_a_row += 1
            self._caution = min(self._caution + 2, MAX_CAUTION)
        self._refused = self._changed = time
        others = len(self._counted) + under_way
        if others or self._in_a_row > 1:  # one alone, once, tells nothing of how many would have been taken
            self.limit = min(self.limit, max(1, others))
        if retry_after is None:
            self.close(time, self._pause(self._in_a_row))
        else:  # once it may be 0, or too short
            self.close(time, max(retry_after, self._pause(self._in_a_row - 1) if self._in_a_row > 1 else 0.0))

    def close(self, time: float, seconds: float) -> None:
        """Pause for so many seconds."""
        self.closed_until = max(self.closed_until, time + min(seconds, self._longest))

    def _pause(self, in_a_row: int) -> float:
        share = min(FIRST_PAUSE * 2.0 ** max(in_a_row - 1, 0), 1.0)
        return self.per * share * (1 + SPREAD * self._spread())

    def _recover(self, time: float) -> None:
        while self.limit < self.most:
            due = self._changed + self.per * 2.0 ** max(self._caution - 1, 0)
            if due > time:
                return
            self._changed = due
            self._caution = max(self._caution - 1, 0)
            grown = self.limit + max(1, self.limit // 2)
            self.limit = self.most if grown >= min(self.most, UNBOUNDED) else grown


class Slots:
    """Knows which tasks are running, as far as this client has created them and has not seen them end.

    Where it seems that as many run as may, one more is tried now and then, for a task may have ended unseen.

    Args:
        slots: How many may run at once; None: unknown.
    """

    def __init__(self, slots: int | None) -> None:
        self.most: float = inf if slots is None else slots
        self.limit = self.most
        self._running: OrderedDict[TaskRef, float] = OrderedDict()
        """Task -> the time of the last news of it; the oldest news first."""
        self._refused = -inf
        self._pause = 0.0
        self._probe = -inf

    def ready(self, under_way: int) -> float:
        """Return when one more may be tried; infinite as long as that depends on those under way."""
        if len(self._running) + under_way < self.limit:
            return -inf
        if under_way:
            return inf
        if self.limit < self.most:
            return self._probe
        oldest_news = next(iter(self._running.values()))
        return max(self._probe, oldest_news + QUIET)

    def create(self, ref: TaskRef, time: float) -> None:
        """Take note of a new task."""
        self._running[ref] = time
        if len(self._running) <= (MAX_TASKS if self.limit == inf else self.limit):
            return
        if self.limit < self.most:  # it was tried, and there was a slot: the next may be tried at once
            self._probe, self._pause = time, 0.0
        if self.limit < min(self.most, MAX_TASKS):
            self.limit += 1
        else:
            self._running.popitem(last=False)

    def knows(self, ref: TaskRef) -> bool:
        """Return whether a task is one that is running, as far as was seen."""
        return ref in self._running

    def see(self, ref: TaskRef, time: float, *, done: bool) -> None:
        """Take note of the state of a task that is known."""
        self._running.pop(ref, None)
        if not done:
            self._running[ref] = time

    def refuse(self, time: float, sent: float, under_way: int) -> None:
        """Learn that no more may run than do now; `under_way` is the number of the others that were sent."""
        if sent > self._refused:  # else it was sent before an earlier refusal was known
            self._pause = min(max(self._pause * 2, SLOT_PAUSES[0]), SLOT_PAUSES[1])
        self._refused = time
        self._probe = time + self._pause
        self.limit = min(self.limit, len(self._running) + under_way)
