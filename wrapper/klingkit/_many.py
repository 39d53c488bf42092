"""Wait for many tasks: each is a row in a heap, and each of its queries a short flow."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, contextmanager
from math import inf
from sys import intern
from typing import Generic, TypeVar

from attrs import define

from klingkit._arguments import check_polling, check_timeout
from klingkit._base import KlingkitError, TaskRef
from klingkit._events import Events
from klingkit._flow import Flow, now
from klingkit._fork import PerProcess
from klingkit._learned import LearningWait, pause_by
from klingkit._limiter import Limits
from klingkit._models import TaskResult
from klingkit._polling import Polling
from klingkit._query import QUERY_TIMEOUT, get
from klingkit._tasks import MIN_PAUSE, is_final, next_pause, timeout_error, with_video
from klingkit.providers import Provider

__all__ = ["Agenda", "Row"]

T = TypeVar("T")


@define(eq=False)
class Row:
    """One wait: its task, when it is due, what was seen of it."""

    ref: TaskRef
    due: float
    polling: Polling
    queried: float = -inf
    state: str | None = None
    problem: KlingkitError | None = None
    woken: bool = False
    """Whether an event has come since it was taken."""
    routine: bool = True
    """Whether no event had come before it was taken."""


class Agenda(Generic[T]):
    """The waits that are under way, those due first at the top.

    A driver takes rows that are due, and runs `query` for each, several at once.

    Args:
        api: The adapter.
        refs: The tasks; one that is named twice is waited for once.
        timeout: Seconds that each wait may take.
        polling: The policy of the pauses.
        began: The driver's time.
        limits: Those of the account.

    Raises:
        InvalidRequest: A task belongs to another API or account, or an argument is invalid.
    """

    def __init__(
        self,
        api: Provider[T],
        refs: Iterable[TaskRef],
        *,
        timeout: float,
        polling: Polling,
        began: float,
        limits: PerProcess[Limits | None] | None = None,
    ) -> None:
        self._api = api
        self._limits = limits
        self._timeout = check_timeout(timeout)
        check_polling(polling)
        self._began = began
        self._lock = threading.Lock()
        rows = [Row(ref, began, pause_by(polling)) for ref in dict.fromkeys(refs)]
        for row in rows:
            api.query(row.ref)  # refuses it, or not
        self._heap = [(began, number, row) for number, row in enumerate(rows)]
        self._numbers = len(rows)
        self.left = len(rows)
        """Waits that have not ended."""

    def take(self, time: float) -> Row | None:
        """Take the row that is due first, if it is due."""
        with self._lock:
            while self._heap and self._heap[0][0] <= time:
                due, _, row = heapq.heappop(self._heap)
                if due == row.due:  # else an event has moved it
                    row.due, row.queried, row.routine, row.woken = inf, time, not row.woken, False
                    return row
        return None

    def pause(self, time: float) -> float:
        """Return the seconds until a row is due; infinite if none is."""
        with self._lock:
            return max(self._heap[0][0] - time, 0.0) if self._heap else inf

    def query(self, row: Row) -> Flow[TaskResult | None]:
        """Query a task that was taken; return the end of its wait, or None, and then it is due again later."""
        elapsed = (yield from now()) - self._began
        result = yield from self._query(row, elapsed)
        if result is not None:
            with self._lock:
                self.left -= 1
            return result
        time = yield from now()
        pause = next_pause(row.polling, time - self._began, self._timeout, row.problem)
        with self._lock:
            self._put(row, max(time, row.queried + MIN_PAUSE) if row.woken else time + pause)
        return None

    def _query(self, row: Row, elapsed: float) -> Flow[TaskResult | None]:
        left = self._timeout - elapsed
        if left <= 0:
            return TaskResult(row.ref, None, timeout_error(self._api, row.ref, self._timeout, row.state, row.problem))
        limit = min(QUERY_TIMEOUT, left)
        try:
            task = yield from get(
                self._api,
                row.ref,
                timeout=limit,
                queue_time=left - limit,
                limits=self._limits,
                routine=row.routine,
            )
        except KlingkitError as error:
            row.problem = error.with_traceback(None)  # which would keep the frames of the query
            return TaskResult(row.ref, None, error) if is_final(error, elapsed, seen=row.state is not None) else None
        row.state, row.problem = intern(task.vendor_status), None
        if isinstance(row.polling, LearningWait):
            row.polling.note(task, elapsed, self._api)
        if not task.done:
            return None
        try:
            return TaskResult(row.ref, with_video(row.ref, task))
        except KlingkitError as error:
            return TaskResult(row.ref, task, error.with_traceback(None))

    def _put(self, row: Row, due: float) -> None:
        row.due = due
        self._numbers += 1
        heapq.heappush(self._heap, (due, self._numbers, row))

    @contextmanager
    def listening(
        self, events: Events | None, clock: Callable[[], float], changed: Callable[[], object]
    ) -> Generator[None]:
        """Have an event make its task due, while the block lasts; `changed` is called then, in any thread."""
        with ExitStack() as slots:
            for _, _, row in tuple(self._heap) if events is not None else ():
                assert events is not None
                slot = slots.enter_context(events.slot(row.ref))
                slots.enter_context(slot.notifying(lambda row=row: self._wake(row, clock(), changed)))  # type: ignore[misc]
            yield

    def _wake(self, row: Row, time: float, changed: Callable[[], object]) -> None:
        with self._lock:
            row.woken = True
            if row.due != inf:  # else it is being queried just now
                self._put(row, max(time, row.queried + MIN_PAUSE))
        changed()
