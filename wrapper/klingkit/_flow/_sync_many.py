"""Perform many short flows at once for blocking clients, in threads."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from klingkit._events import EventSlot
from klingkit._flow._drive import run
from klingkit._flow._effects import Effect, Outcome, Sleep
from klingkit._flow._many import WORKERS, Jobs
from klingkit._flow._sync import SyncIO

__all__ = ["results_of"]

R = TypeVar("R")


@contextmanager
def results_of(io: SyncIO, jobs: Jobs[R], changed: threading.Event) -> Generator[Iterator[R]]:
    """Do all jobs while the block lasts; give their results in the order in which they come.

    `changed` is to be set when a job has become due earlier than before. What a flow raises is raised by the iterator.
    """
    workers, expected = _Workers(io, jobs, changed), jobs.left
    for _ in range(min(WORKERS, expected)):
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(workers.work,), name="klingkit-wait", daemon=True).start()
    try:
        yield workers.results(expected)
    finally:
        workers.stop()


class _BlockLeft(Exception):
    """Ends the jobs of a block that was left."""


class _Workers(Generic[R]):
    def __init__(self, io: SyncIO, jobs: Jobs[R], changed: threading.Event) -> None:
        self._io = io
        self._jobs = jobs
        self._changed = changed
        self._stopped = False
        self._leading = threading.Lock()
        self._found: queue.SimpleQueue[R | Exception] = queue.SimpleQueue()
        self._slots: set[EventSlot] = set()
        """What ends the pauses of jobs that wait for their turn."""

    def work(self) -> None:
        """Do jobs until none is left."""
        try:
            while (job := self._take()) is not None:
                result = run(self._jobs.query(job), self._perform)
                self._changed.set()
                if result is not None:
                    self._found.put(result)
        except Exception as error:  # noqa: BLE001 - raised by the iterator
            self._found.put(error)

    def _take(self) -> Any:
        """Return a job that is due; None at the end. One worker waits for it, the others for their turn to do so."""
        with self._leading:
            while self._jobs.left and not self._stopped:
                self._changed.clear()
                if (job := self._jobs.take(self._io.clock())) is not None:
                    return job
                self._changed.wait(min(self._jobs.pause(self._io.clock()), threading.TIMEOUT_MAX))
        return None

    def _perform(self, effect: Effect) -> Outcome:
        """Perform an effect of a job; raise once the block was left."""
        if not isinstance(effect, Sleep) or not isinstance(effect.inbox, EventSlot):
            self._go_on()
            return self._io.perform(effect)
        self._slots.add(effect.inbox)
        try:
            self._go_on()  # after it was added, so that `stop` ends the pause if this comes too early
            return self._io.perform(effect)
        finally:
            self._slots.discard(effect.inbox)

    def _go_on(self) -> None:
        if self._stopped:
            raise _BlockLeft

    def stop(self) -> None:
        """Let no job begin, and those that wait for their turn give it up."""
        self._stopped = True
        self._changed.set()
        for slot in tuple(self._slots):
            slot.put(True)

    def results(self, expected: int) -> Iterator[R]:
        """Yield so many results."""
        for _ in range(expected):
            item = self._found.get()
            if isinstance(item, Exception):
                raise item
            yield item
