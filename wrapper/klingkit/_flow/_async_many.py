"""Perform many short flows at once for async clients, in tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from typing import Any, Generic, TypeVar

import anyio

from klingkit._flow._async import AsyncIO
from klingkit._flow._many import WORKERS, Jobs

__all__ = ["Changed", "results_of"]

R = TypeVar("R")


class Changed:
    """An event that can be cleared."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        """Wake the one that waits."""
        self._event.set()

    def clear(self) -> None:
        """Wait for the next time."""
        self._event = anyio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait until it is set, `seconds` at most."""
        with anyio.move_on_after(seconds):
            await self._event.wait()


@asynccontextmanager
async def results_of(io: AsyncIO, jobs: Jobs[R], changed: Changed) -> AsyncGenerator[AsyncIterator[R], None]:
    """Do all jobs while the block lasts; give their results in the order in which they come.

    `changed` is to be set, in this event loop, when a job has become due earlier than before. What a flow raises is
    raised by the iterator.
    """
    workers, expected = _Workers(io, jobs, changed), jobs.left
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        for _ in range(min(WORKERS, expected)):
            group.start_soon(workers.work)
        try:
            yield workers.results(expected)
        except Exception as error:  # noqa: BLE001 - raised below: the group would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


class _Workers(Generic[R]):
    def __init__(self, io: AsyncIO, jobs: Jobs[R], changed: Changed) -> None:
        self._io = io
        self._jobs = jobs
        self._changed = changed
        self._leading = anyio.Lock()
        self._found: deque[R | Exception] = deque()
        self._arrived = Changed()

    async def work(self) -> None:
        """Do jobs until none is left."""
        try:
            while (job := await self._take()) is not None:
                result = await self._io.run(self._jobs.query(job))
                self._changed.set()
                if result is not None:
                    self._put(result)
        except Exception as error:  # noqa: BLE001 - raised by the iterator
            self._put(error)

    def _put(self, item: R | Exception) -> None:
        self._found.append(item)
        self._arrived.set()

    async def _take(self) -> Any:
        """Return a job that is due; None at the end. One worker waits for it, the others for their turn to do so."""
        async with self._leading:
            while self._jobs.left:
                self._changed.clear()
                if (job := self._jobs.take(self._io.clock())) is not None:
                    return job
                await self._changed.wait(self._jobs.pause(self._io.clock()))
        return None

    async def results(self, expected: int) -> AsyncGenerator[R, None]:
        """Yield so many results."""
        for _ in range(expected):
            while not self._found:
                self._arrived.clear()
                await self._arrived.wait(inf)
            item = self._found.popleft()
            if isinstance(item, Exception):
                raise item
            yield item
