"""Carries callbacks to their receivers: those of one task one after the other, those of several side by side."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager

from klingkit.emulator.webhooks._pending import Parcel
from klingkit.emulator.webhooks._post import Send

WORKERS = 8  # threads at most, so many slow receivers at a time
LOG = logging.getLogger("klingkit.emulator")
LINGER = 0.05  # seconds that a thread, with its open connections, waits for more work before it goes


class Courier:
    """Delivers in threads of its own, so that it serves any event loop, or none.

    The threads come with the work and go with it.

    Args:
        opening: opens connections for one thread; leaving it closes them.
        deliver: sends a parcel by such connections and takes down what became of it.
    """

    def __init__(
        self, opening: Callable[[], AbstractContextManager[Send]], deliver: Callable[[Parcel, Send], None]
    ) -> None:
        self._opening = opening
        self._deliver = deliver
        lock = threading.Lock()
        self._idle = threading.Condition(lock)  # nothing is under way
        self._work_came = threading.Condition(lock)
        self._lines: dict[str, deque[Parcel]] = {}  # a line a task; its first may be on its way
        self._ready: deque[deque[Parcel]] = deque()  # lines whose first is not
        self._workers = 0
        self._free = 0  # of them, those that wait for work

    def send(self, *parcels: Parcel) -> None:
        """Have them delivered soon, after those of the same task that came before."""
        with self._idle:
            for parcel in parcels:
                line = self._lines.setdefault(parcel.task_id, deque())
                line.append(parcel)
                if len(line) == 1:
                    self._ready.append(line)
                    self._call()

    def wait_idle(self, timeout: float) -> None:
        """Return when nothing is under way.

        Raises:
            TimeoutError: after `timeout` seconds something still was.
        """
        with self._idle:
            if not self._idle.wait_for(lambda: not self._lines, timeout):
                raise TimeoutError(f"callbacks are still under way after {timeout} seconds")

    def clear(self) -> None:
        """Deliver nothing of what is not on its way yet, and wait no longer for what is."""
        with self._idle:
            for line in self._lines.values():
                while len(line) > 1:
                    line.pop()
            self._lines.clear()
            self._ready.clear()
            self._idle.notify_all()

    def _call(self) -> None:
        """Have somebody take on what has come."""
        self._work_came.notify()
        if self._free < len(self._ready) and self._workers < WORKERS:
            self._workers += 1
            threading.Thread(target=self._work, name="emulator-callback", daemon=True).start()

    def _work(self) -> None:
        with self._opening() as send:
            while line := self._next():
                try:
                    self._deliver(line[0], send)
                except BaseException:  # a thread that ended here would be missed for ever
                    LOG.exception("what became of a callback of %s could not be taken down", line[0].task_id)
                self._move_up(line)

    def _next(self) -> deque[Parcel] | None:
        """A line whose first is to be delivered; None: the thread may go."""
        with self._idle:
            self._free += 1
            self._work_came.wait_for(lambda: self._ready, LINGER)
            self._free -= 1
            if self._ready:
                return self._ready.popleft()
            self._workers -= 1
            return None

    def _move_up(self, line: deque[Parcel]) -> None:
        with self._idle:
            done = line.popleft()
            if self._lines.get(done.task_id) is not line:
                return  # all began anew meanwhile
            if line:
                self._ready.append(line)
            else:
                del self._lines[done.task_id]
                self._idle.notify_all()
