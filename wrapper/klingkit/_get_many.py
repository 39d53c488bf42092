"""Query many tasks once each: the jobs of the drivers that perform many short flows at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from math import inf
from threading import Lock
from typing import Generic, TypeVar

from klingkit._arguments import check_timeout
from klingkit._base import KlingkitError, TaskRef
from klingkit._errors import NetworkError
from klingkit._flow import Flow, now
from klingkit._fork import PerProcess
from klingkit._limiter import Limits
from klingkit._models import TaskResult
from klingkit._query import QUERY_TIMEOUT, get
from klingkit.providers import Provider

__all__ = ["Queries"]

T = TypeVar("T")


class Queries(Generic[T]):
    """The tasks that are still to be queried, each once.

    Args:
        api: The adapter.
        refs: The tasks; one that is named twice is queried once.
        timeout: Seconds for all together.
        began: The driver's time.
        limits: Those of the account.

    Raises:
        InvalidRequest: A task belongs to another API or account, or the time is invalid.
    """

    def __init__(
        self,
        api: Provider[T],
        refs: Iterable[TaskRef],
        *,
        timeout: float,
        began: float,
        limits: PerProcess[Limits | None] | None = None,
    ) -> None:
        self._api = api
        self._timeout = check_timeout(timeout)
        self._began = began
        self._limits = limits
        self._waiting = deque(dict.fromkeys(refs))
        self._lock = Lock()
        for ref in self._waiting:
            api.query(ref)  # refuses it, or not
        self.left = len(self._waiting)

    def take(self, time: float) -> TaskRef | None:  # noqa: ARG002 - all are due at once
        """Take the next task; None once all are taken."""
        return self._waiting.popleft() if self._waiting else None

    def pause(self, time: float) -> float:  # noqa: ARG002 - all are due at once
        """Return the seconds until a task is due: none, or infinite once all are taken."""
        return 0.0 if self._waiting else inf

    def query(self, ref: TaskRef) -> Flow[TaskResult]:
        """Query a task, if there is time left."""
        try:
            return (yield from self._query(ref))
        finally:
            with self._lock:
                self.left -= 1

    def _query(self, ref: TaskRef) -> Flow[TaskResult]:
        left = self._timeout - ((yield from now()) - self._began)
        if left <= 0:
            late = NetworkError(f"task {ref} was not queried within {self._timeout:g} s", api=self._api.name, ref=ref)
            return TaskResult(ref, error=late)
        limit = min(QUERY_TIMEOUT, left)
        try:
            task = yield from get(self._api, ref, timeout=limit, queue_time=left - limit, limits=self._limits)
        except KlingkitError as error:
            return TaskResult(ref, error=error.with_traceback(None))  # which would keep the frames of the query
        return TaskResult(ref, task)
