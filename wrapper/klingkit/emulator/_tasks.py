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
from klingkit.emulator._json import is_text

KEPT = 10_000  # tasks; the oldest is forgotten first


class State(Enum):
    """How far a task is. Each API has its own words for these."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Failure:
    """Why a task failed. What is None, the API fills in with its own words.

    Raises:
        ValueError: code or message is no text that an answer can carry.
    """

    code: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        for text in (self.code, self.message):
            if text is not None and not is_text(text):
                raise ValueError(f"a failure is told in text, not in {text!r}")


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
    name: str | None = None  # the owner's own id for the task, as good as ours

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Where its name holds: a name is given once by one owner to one API."""
        return self.service, self.owner, self.name


@dataclass(frozen=True)
class Task:
    """An order and what became of it: a value. A change is another value in the table."""

    id: str
    order: Order
    created: float  # Unix seconds
    started: float | None = None
    ended: float | None = None
    failure: Failure | None = None
    queries: int = 0

    @property
    def state(self) -> State:
        """How far it is."""
        if self.ended is not None:
            return State.FAILED if self.failure else State.SUCCEEDED
        return State.ACCEPTED if self.started is None else State.RUNNING

    @property
    def updated(self) -> float:
        """When it came to be in this state, Unix seconds."""
        return self.ended or self.started or self.created


class NameTaken(Exception):
    """The owner has given this name to another task."""


class Tasks:
    """The table of tasks. Every method may be called from any thread.

    Args:
        clock: stamps the tasks and moves those that move by time.
        finish: when a task moves by itself.
        seed: ids are drawn from it; the same seed and sequence of orders give the same ids.
        on_change: told of each state that a task came to after it was accepted, once, in their
            order, in the thread that caused it. It may read the table, and must not change it.
    """

    def __init__(self, *, clock: Clock, finish: Finish, seed: int, on_change: Callable[[Task], None]) -> None:
        self._clock = clock
        self._finish = finish
        self._random = Random(seed)  # noqa: S311  (ids are to be reproducible, not secret)
        self._on_change = on_change
        self._lock = threading.Lock()
        self._tasks: dict[str, Task] = {}
        self._named: dict[tuple[str, str, str | None], str] = {}

    def create(self, order: Order, draw_id: Callable[[Random], str]) -> Task:
        """Take the order; `draw_id` makes an id of the API's kind.

        Returns:
            The task as it was accepted, though it may have moved on since.

        Raises:
            NameTaken: its owner has a task of this name.
        """
        with self._lock:
            if order.name is not None and order.key in self._named:
                raise NameTaken
            while (task_id := draw_id(self._random)) in self._tasks:
                pass
            task = Task(task_id, order, created=self._clock.now())
            self._keep(task)
        self._settle(task)
        self._plan(task)
        return task

    def query(self, task_id: str, *, service: str, owner: str) -> Task | None:
        """The task of this id or name as its owner is to see it now; None: this key has none."""
        with self._lock:
            task = self._find(task_id, service, owner)
            if task is None:
                return None
            task = self._tasks[task.id] = replace(task, queries=task.queries + 1)
        self._settle(task)
        return self._tasks.get(task.id, task)

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

    def _keep(self, task: Task) -> None:
        self._tasks[task.id] = task
        if task.order.name is not None:
            self._named[task.order.key] = task.id
        if len(self._tasks) > KEPT:
            oldest = self._tasks.pop(next(iter(self._tasks)))
            self._named.pop(oldest.order.key, None)

    def _find(self, task_id: str, service: str, owner: str) -> Task | None:
        task = self._tasks.get(task_id)
        if task and (task.order.service, task.order.owner) == (service, owner):
            return task
        return self._tasks.get(self._named.get((service, owner, task_id), ""))

    def _plan(self, task: Task) -> None:
        if math.isfinite(delay := self._finish.delay):
            self._clock.at(task.created + delay / 2, partial(self._start, task.id))
            self._clock.at(task.created + delay, partial(self._end, task.id))

    def _settle(self, task: Task) -> None:
        progress = self._finish.progress(queries=task.queries, age=self._clock.now() - task.created)
        if progress >= 1:
            self._end(task.id)
        elif progress >= 0.5:
            self._start(task.id)

    def _start(self, task_id: str) -> None:
        with self._lock:
            task = self._tasks.get(task_id)
            if task is not None and task.started is None:
                self._change(replace(task, started=self._clock.now()))

    def _end(self, task_id: str, failure: Failure | None = None) -> bool:
        """Whether this call is the one that ended the task."""
        self._start(task_id)
        with self._lock:
            task = self._tasks.get(task_id)
            if task is None or task.ended is not None:
                return False
            self._change(replace(task, ended=self._clock.now(), failure=failure))
        return True

    def _change(self, task: Task) -> None:
        # Told while the lock is held: whoever comes next can't be told of first.
        self._tasks[task.id] = task
        self._on_change(task)
