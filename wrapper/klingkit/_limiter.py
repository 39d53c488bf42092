"""The queue of those that wait until the limits of an account let them send: first come, first served, by rank."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

from attrs import define, field, frozen

from klingkit._base import KlingkitError, TaskRef
from klingkit._errors import AuthenticationError, NetworkError, RateLimited, SlotsFull
from klingkit._events import EventSlot
from klingkit._limits import Slots, Window
from klingkit._pacing import Pacing

__all__ = ["Limiter", "Limits", "Turn"]

SHORTEST_PAUSE: Final = 0.001

MAX_QUERY_PAUSE: Final = 60.0
"""Seconds of a Retry-After that all queries heed at most; a wait heeds no more of its own."""

OVERTIME: Final = 30.0
"""Seconds after its time limit by which a turn is given up that nobody ended: Ctrl-C may hit the code that ends it."""


OVERDUE: Final = 1.0
"""Seconds after its chance by which a turn is passed over that was not taken: its event loop may be blocked."""

LOOK_AGAIN: Final = 10.0
"""Seconds after which those behind look again, where nobody knows when the first will have its chance."""

LOOKS_PER_SECOND: Final = 1000
"""How many of those behind look again in a second: with more of them, each looks less often."""


@define(eq=False)
class Turn:
    """The place of one request in the queue of a limiter, and then its count while it is under way."""

    limiter: Limiter
    rank: int
    """0: before all routine requests; 1: a routine one."""
    number: int
    deadline: float
    """The time of the limiter until which it may wait."""
    slot: EventSlot = field(factory=EventSlot)
    """Ends the pause of the one who waits."""
    queued: bool = False
    before: int | None = None
    """How many were in the queue when it came."""
    chance: float = inf
    """When it was to try, as the first in the queue; infinite: nobody knows, or it is just trying."""
    sent: float = -inf

    def pause(self) -> float:
        """Take the turn, and return 0; or return the seconds after which to try again, or when `slot` has an event."""
        return self.limiter.pause(self)

    def end(self, ref: TaskRef | None, error: KlingkitError | None) -> None:
        """Report the outcome of the exchange, in any thread."""
        self.limiter.end(self, ref, error)

    def leave(self) -> None:
        """Give the turn up, or count an exchange whose outcome is not known; nothing if it has ended."""
        self.limiter.leave(self)


class Limiter:
    """Gives turns by rank, then in the order in which they were asked for. Threads and event loops may share it.

    The first in the queue pauses until the time at which it may send, as far as that is known. It is woken when that
    time comes sooner, the next one when it is the first. One that does not use its chance is passed over, and keeps its
    place: so the others look again a little later.

    Args:
        window: Limits what is sent in a time.
        slots: Limits the tasks that are running; None: the requests are queries, which are counted when they are sent.
        clock: Returns the time in seconds.
    """

    def __init__(self, window: Window, slots: Slots | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.window = window
        self.slots = slots
        self._clock = clock
        # Reentrant: a signal handler may close the client here, or a generator that holds a turn be finalized.
        self._lock = threading.RLock()
        self._queue: list[tuple[int, int, Turn]] = []
        """A heap by rank and number, with turns that have left it."""
        self._waiting = [0, 0]
        """How many are in the queue, by rank."""
        self._under_way: dict[Turn, None] = {}
        self._last_number = 0

    def join(self, seconds: float, *, routine: bool = False) -> Turn:
        """Return a turn that may wait so long; a routine one comes after all others."""
        with self._lock:
            self._last_number += 1
            return Turn(self, int(routine), self._last_number, self._clock() + seconds)

    def take_now(self) -> float | None:
        """Count a query, and return the time; None: there is a limit, or a queue, so it must join that."""
        with self._lock:
            now = self._clock()
            if self._first(now) or self._ready(now) > now:
                return None
            self.window.count(now)
            return now

    def pause(self, turn: Turn) -> float:
        """See `Turn.pause`; a turn that was refused comes back to its old place."""
        with self._lock:
            now = self._clock()
            turn.chance = inf
            if not turn.queued:
                self._enter(turn)
            first = self._first(now)
            if first is not None and first is not turn:
                self._wake_sooner(now)
                return max(min(first.deadline - now, self._patience(first, now)), SHORTEST_PAUSE)
            ready = self._ready(now)
            if ready > now:
                turn.chance = ready
                return max(min([ready, *(each.deadline + OVERTIME for each in self._under_way)]) - now, SHORTEST_PAUSE)
            self._quit(turn)
            turn.sent = now
            if self.slots is None:
                self.window.count(now)
            else:
                self._under_way[turn] = None
            self._wake_first(now)
            return 0.0

    def end(self, turn: Turn, ref: TaskRef | None, error: KlingkitError | None) -> None:
        """See `Turn.end`."""
        with self._lock:
            if turn not in self._under_way or self.slots is None:
                return
            del self._under_way[turn]
            now = self._clock()
            if isinstance(error, RateLimited):
                self.window.refuse(now, turn.sent, len(self._under_way), error.retry_after)
            elif isinstance(error, SlotsFull):
                self.slots.refuse(now, turn.sent, len(self._under_way))
                self.window.close(now, error.retry_after or 0.0)
            elif not isinstance(error, NetworkError | AuthenticationError):  # else there was no creation to count
                self.window.count(now)
            if ref:
                self.slots.create(ref, now)
            self._wake_sooner(now)

    def leave(self, turn: Turn) -> None:
        """See `Turn.leave`."""
        with self._lock:
            now = self._clock()
            if turn.queued:
                self._quit(turn)
                self._wake_first(now)
            elif turn in self._under_way:
                del self._under_way[turn]
                self.window.count(now)
                self._wake_sooner(now)

    def refuse(self, error: RateLimited, sent: float) -> None:
        """Report the refusal of a query that was sent at this time."""
        with self._lock:
            self.window.discount(sent)
            self.window.refuse(self._clock(), sent, 0, error.retry_after)

    def see(self, ref: TaskRef, *, done: bool) -> None:
        """Take note of the state of a task; one that has ended leaves its slot to the next."""
        if self.slots is None or not self.slots.knows(ref):
            return
        with self._lock:
            now = self._clock()
            self.slots.see(ref, now, done=done)
            if done:
                self._wake_sooner(now)

    def wake(self) -> None:
        """Wake all in the queue: the client was closed, perhaps by a signal handler that interrupts this queue."""
        for *_, turn in tuple(self._queue):
            turn.slot.put(True)

    def closed(self) -> float:
        """Return the seconds of the pause that the service asked for, or that follows a refusal."""
        return max(self.window.closed_until - self._clock(), 0.0)

    def limit(self) -> tuple[type[RateLimited | SlotsFull], str]:
        """Return the limit that keeps the first in the queue from sending: the kind of its error, and a clause."""
        with self._lock:
            if self.slots and self.slots.ready(len(self._under_way)) > self._clock():
                known = f"the limit of tasks at once is {self.slots.limit:g}"
                return SlotsFull, known if self.slots.limit else "no slot is free at the service"
            if closed := self.closed():
                return RateLimited, f"the pause after a refusal lasts {closed:.1f} s more"
            kind = "creations" if self.slots else "queries"
            return RateLimited, f"the limit of {kind} in {self.window.per:g} s is {self.window.limit:g}"

    def _ready(self, now: float) -> float:
        """Return when the next one may send; infinite if that depends on those under way."""
        ready = max(self.window.ready(now, len(self._under_way)), self._slots_ready())
        if ready <= now or not self._under_way:
            return ready
        lost = [turn for turn in self._under_way if turn.deadline + OVERTIME <= now]
        for turn in lost:
            del self._under_way[turn]
            self.window.count(now)
        return self._ready(now) if lost else ready

    def _slots_ready(self) -> float:
        return -inf if self.slots is None else self.slots.ready(len(self._under_way))

    def _enter(self, turn: Turn) -> None:
        turn.queued = True
        turn.before = sum(self._waiting[: turn.rank + 1]) if turn.before is None else turn.before
        self._waiting[turn.rank] += 1
        heappush(self._queue, (turn.rank, turn.number, turn))

    def _quit(self, turn: Turn) -> None:
        """Take a turn out of the queue; the heap is made anew when more than half of it has left."""
        if turn.queued:
            turn.queued = False
            self._waiting[turn.rank] -= 1
        if len(self._queue) > 2 * sum(self._waiting):
            self._queue = [entry for entry in self._queue if entry[-1].queued]
            heapify(self._queue)

    def _first(self, now: float) -> Turn | None:
        """Return the first in the queue that did not let its chance pass; if all did, the first of them."""
        first = self._head(now)
        if first is None or now < first.chance + OVERDUE:
            return first
        others = [
            each for each in self._queue if each[-1].queued and now < min(each[-1].chance + OVERDUE, each[-1].deadline)
        ]
        return min(others)[-1] if others else first

    def _head(self, now: float) -> Turn | None:
        """Return the first in the queue; those that left it, or whose time is up, are dropped."""
        while self._queue:
            turn = self._queue[0][-1]
            if turn.queued and now < turn.deadline:
                return turn
            heappop(self._queue)
            self._quit(turn)
        return None

    def _patience(self, first: Turn, now: float) -> float:
        """Return the seconds after which one behind looks whether the first one has used its chance."""
        if first.chance == inf:
            return LOOK_AGAIN
        return max(first.chance - now, 0.0) + max(OVERDUE, sum(self._waiting) / LOOKS_PER_SECOND)

    def _wake_first(self, now: float) -> None:
        if first := self._first(now):
            first.chance = now
            first.slot.put(True)

    def _wake_sooner(self, now: float) -> None:
        """Wake the first in the queue if it may send sooner than it expects."""
        first = self._first(now)
        if first and self._ready(now) < first.chance:
            self._wake_first(now)


@frozen
class Limits:
    """The limits of an account, as all calls of a client share them."""

    creations: Limiter
    queries: Limiter

    def wake(self) -> None:
        """End all waits for turns, which find the client closed."""
        self.creations.wake()
        self.queries.wake()

    @classmethod
    def of(cls, pacing: Pacing, clock: Callable[[], float] = time.monotonic) -> Limits:
        """Return limits of which nothing is used yet."""
        rate = pacing.queries_per_second
        at_once = None if rate is None else max(1, int(rate))
        per = 1.0 if rate is None or at_once is None else at_once / rate
        queries = Window(at_once, per, longest=MAX_QUERY_PAUSE)
        creations = Limiter(Window(pacing.creations, pacing.per), Slots(pacing.slots), clock)
        return cls(creations, Limiter(queries, None, clock))
