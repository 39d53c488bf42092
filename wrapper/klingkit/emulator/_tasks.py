"""Tasks, whichever API they were asked for by: what was ordered, and how far it is."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from random import Random

from klingkit.emulator._clock import Clock
from klingkit.emulator._films import Film
from klingkit.emulator._finish import Finish

KEPT = 10_000  # tasks; the oldest is forgotten first


class State(Enum):
    """How far a task is. Each API has its own words for these."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Failure:
    """Why a task failed. What is None, the API fills in with its own words."""

    code: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Order:
    """A request that was accepted."""

    service: str  # the API it came by
    owner: str  # the API key it came with; no other key sees the task
    model: str
    prompt: str
    film: Film
    request: str  # the whole request body, as JSON text
    origin: str  # scheme, host and port the request was sent to
    callback_url: str | None


@dataclass(frozen=True)
class Task:
    """An order and what became of it: a value. A change is another value in the table."""

    id: str
    order: Order
    created: float  # Unix seconds
    ended: float | None = None
    failure: Failure | None = None
    queries: int = 0

    @property
    def state(self) -> State:
        """How far it is."""
        if self.ended is None:
            return State.PENDING
        return State.FAILED if self.failure else State.SUCCEEDED


class Tasks:
    """The table of tasks. Every method may be called from any thread.

    Args:
        clock: stamps the tasks and ends those that end by time.
        finish: when a task ends by itself.
        seed: ids are drawn from it; the same seed and sequence of orders give the same ids.
        on_end: told of each task that ended, once, in the thread that ended it.
    """

    def __init__(self, *, clock: Clock, finish: Finish, seed: int, on_end: Callable[[Task], None]) -> None:
        self._clock = clock
        self._finish = finish
        self._random = Random(seed)  # noqa: S311  (ids are to be reproducible, not secret)
        self._on_end = on_end
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}

    def create(self, order: Order, draw_id: Callable[[Random], str]) -> Task:
        """Take the order; `draw_id` makes an id of the API's kind."""
        with self._lock:
            while (task_id := draw_id(self._random)) in self._tasks:
                pass
            task = self._tasks[task_id] = Task(task_id, order, created=self._clock.now())
            if len(self._tasks) > KEPT:
                del self._tasks[next(iter(self._tasks))]
        self._settle(task)
        if math.isfinite(self._finish.delay):
            self._clock.at(task.created + self._finish.delay, partial(self._end, task_id))
        return task

    def query(self, task_id: str, *, service: str, owner: str) -> Task | None:
        """The task as its owner is to see it now; None if this key has no such task here."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None or (task.order.service, task.order.owner) != (service, owner):
                return None
            task = self._tasks[task_id] = replace(task, queries=task.queries + 1)
        self._settle(task)
        return self._tasks.get(task_id, task)

    def get(self, task_id: str) -> Task | None:
        """The task, without counting a query."""
        return self._tasks.get(task_id)

    def end(self, task_id: str, failure: Failure | None = None) -> None:
        """End a task by hand.

        Raises:
            LookupError: there is no such task, or no more.
            ValueError: it has ended already.
        """
        if task_id not in self._tasks:
            raise LookupError(f"no task {task_id!r}")
        if not self._end(task_id, failure):
            raise ValueError(f"task {task_id!r} has ended already")

    def _settle(self, task: Task) -> None:
        if self._finish.over(queries=task.queries, age=self._clock.now() - task.created):
            self._end(task.id)

    def _end(self, task_id: str, failure: Failure | None = None) -> bool:
        """Whether this call is the one that ended the task."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None or task.ended is not None:
                return False
            task = self._tasks[task_id] = replace(task, ended=self._clock.now(), failure=failure)
        self._on_end(task)
        return True
