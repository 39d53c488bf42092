"""The queue of callbacks: those of one task are sent in their order, those of several tasks in parallel."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager

from klingkit.emulator.webhooks._pending import PendingCallback
from klingkit.emulator.webhooks._post import Send

WORKERS = 8  # threads at most, so many slow receivers at a time
LINGER = 0.05  # seconds that a thread, with its open connections, waits for more work before it ends
LOG = logging.getLogger("klingkit.emulator")


class DeliveryQueue:
    """Delivers in threads of its own, so that it works with any event loop, or none.

    Threads start when there is work, and end without.

    Args:
        open_connections: opens connections for one thread; leaving it closes them.
        deliver: sends a callback by such connections and records the result.
    """

    def __init__(
        self,
        open_connections: Callable[[], AbstractContextManager[Send]],
        deliver: Callable[[PendingCallback, Send], None],
    ) -> None:
        self._open_connections = open_connections
        self._deliver = deliver
        lock = threading.Lock()
        self._idle = threading.Condition(lock)  # no task has a queue
        self._work_came = threading.Condition(lock)
        self._queues: dict[str, deque[PendingCallback]] = {}  # one a task; its first may be on its way
        self._ready: deque[deque[PendingCallback]] = deque()  # queues whose first is not
        self._workers = 0
        self._free_workers = 0

    def put(self, *callbacks: PendingCallback) -> None:
        """Deliver them soon, after those of the same task that came before."""
        with self._idle:
            for callback in callbacks:
                queue = self._queues.setdefault(callback.task_id, deque())
                queue.append(callback)
                if len(queue) == 1:
                    self._ready.append(queue)
                    self._wake_worker()

    def wait_idle(self, timeout: float) -> None:
        """Return when all callbacks are delivered.

        Raises:
            TimeoutError: some were not after `timeout` seconds.
        """
        with self._idle:
            if not self._idle.wait_for(lambda: not self._queues, timeout):
                raise TimeoutError(f"callbacks are still under way after {timeout} seconds")

    def clear(self) -> None:
        """Drop what is not on its way yet, and wait no longer for what is."""
        with self._idle:
            for queue in self._queues.values():
                while len(queue) > 1:
                    queue.pop()
            self._queues.clear()
            self._ready.clear()
            self._idle.notify_all()

    def _wake_worker(self) -> None:
        self._work_came.notify()
        if self._free_workers < len(self._ready) and self._workers < WORKERS:
            self._workers += 1
            threading.Thread(target=self._work, name="emulator-callback", daemon=True).start()

    def _work(self) -> None:
        with self._open_connections() as send:
            while queue := self._next():
                try:
                    self._deliver(queue[0], send)
                except BaseException:  # without this, the thread would end and never be replaced
                    LOG.exception("the delivery of a callback of %s could not be recorded", queue[0].task_id)
                self._finish_first(queue)

    def _next(self) -> deque[PendingCallback] | None:
        """Wait for a queue whose first callback is to be delivered; None: the thread may end."""
        with self._idle:
            self._free_workers += 1
            self._work_came.wait_for(lambda: self._ready, LINGER)
            self._free_workers -= 1
            if self._ready:
                return self._ready.popleft()
            self._workers -= 1
            return None

    def _finish_first(self, queue: deque[PendingCallback]) -> None:
        with self._idle:
            done = queue.popleft()
            if self._queues.get(done.task_id) is not queue:
                return  # cleared meanwhile
            if queue:
                self._ready.append(queue)
            else:
                del self._queues[done.task_id]
                self._idle.notify_all()
