"""Tasks, whichever API they were asked for by: what was ordered, and how far it is."""

import math
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache, partial
from hashlib import sha256
from itertools import islice
from random import Random
from sys import getsizeof
from typing import Protocol

from klingkit.emulator._clock import Clock
from klingkit.emulator._faults import Fault
from klingkit.emulator._films import Film
from klingkit.emulator._finish import Finish
from klingkit.emulator._json import is_text
from klingkit.emulator._newest import Newest
from klingkit.emulator._quotas import NoSlot, Quotas, TooFast
from klingkit.emulator._strikes import Own

__all__ = [
    "KEPT",
    "Failure",
    "NameTaken",
    "NoSlot",
    "Order",
    "State",
    "Task",
    "Tasks",
    "TooFast",
    "Witness",
    "bound",
    "concerned",
]

KEPT = 10_000  # tasks, unless another number is asked for; the oldest is forgotten first

concerned: ContextVar[list[str] | None] = ContextVar("concerned", default=None)
"""Where the table leaves the ids of the tasks that a request is about, for whoever keeps a record of the request."""

bound: ContextVar[Fault | None] = ContextVar("bound", default=None)
"""The fault that a creation has brought for its task, for the table to find."""


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
    fault: Fault | None = None  # what goes wrong, once, with its callbacks or its film

    @property
    def account(self) -> tuple[str, str]:
        """Whose limits it counts towards: an owner's, at one API."""
        return self.service, self.owner

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Where its name holds: a name is given once by one owner to one API."""
        return self.service, self.owner, self.name


@dataclass(frozen=True)
class Task:
    """An order and what became of it: a value. A change is another value in the table."""

    id: str
    order: Order  # its owner is the key's digest: no table, file or page ever holds a key
    created: float  # Unix seconds
    started: float | None = None
    ended: float | None = None
    failure: Failure | None = None
    queries: int = 0
    number: int = 0  # counts the tasks that there ever were; none has another's, whatever is reset

    @property
    def state(self) -> State:
        """How far it is."""
        if self.ended is not None:
            return State.FAILED if self.failure else State.SUCCEEDED
        return State.ACCEPTED if self.started is None else State.RUNNING

    @property
    def own(self) -> Own | None:
        """The fault that it has brought."""
        return Own(self.id, self.order.fault) if self.order.fault else None

    @property
    def updated(self) -> float:
        """When it came to be in this state, Unix seconds."""
        return self.ended or self.started or self.created

    @property
    def history(self) -> tuple[tuple[State, float], ...]:
        """The states it has been in so far, and when it came to each, Unix seconds."""
        times = ((State.ACCEPTED, self.created), (State.RUNNING, self.started), (self.state, self.ended))
        return tuple((state, at) for state, at in times if at is not None)


class NameTaken(Exception):
    """The owner has given this name to another task."""


class Witness(Protocol):
    """Is told of all that happens to the tasks, in its order, in the thread that caused it.

    It must not change the table.
    """

    def keep(self, task: Task, *, changed: bool) -> Callable[[], object]:
        """Take down another value of a task, before the table has it.

        Args:
            task: the value.
            changed: whether it is in another state than before, as a new task is.

        Returns:
            What is to be done once the table has it.
        """
        ...

    def forget(self, task: Task) -> None:
        """Keep the task no longer: the table has forgotten it."""
        ...


class Tasks:
    """The table of tasks. Every method may be called from any thread.

    Args:
        clock: stamps the tasks and moves those that move by time.
        finish: when a task moves by itself.
        seed: ids are drawn from it; the same seed and sequence of orders give the same ids.
        witness: is told of all that happens.
        kept: how many tasks there are at most; the oldest is forgotten first, sooner if they are very large.
        slots: how many tasks of one owner at one API may be unfinished at once; None: any number.
        rate: how many one owner may make at one API in any 10 seconds of the clock; None: any number.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        finish: Finish,
        seed: int,
        witness: Witness,
        kept: int | None = None,
        slots: int | None = None,
        rate: int | None = None,
    ) -> None:
        self._clock = clock
        self._finish = finish
        self._seed = seed
        self._random = Random(seed)  # noqa: S311  (ids are to be reproducible, not secret)
        self._witness = witness
        self._lock = threading.Lock()
        self._tasks = Newest[str, Task](KEPT if kept is None else kept, _size)
        self._plans: dict[str, tuple[int, ...]] = {}  # what the clock is to do about each task
        self._named: dict[tuple[str, str, str | None], str] = {}
        self._quotas = Quotas(slots=slots, rate=rate)
        self._number = 0

    def create(self, order: Order, draw_id: Callable[[Random], str]) -> Task:
        """Take the order; `draw_id` makes an id of the API's kind.

        Returns:
            The task as it was accepted, though it may have moved on since.

        Raises:
            NameTaken: its owner has a task of this name, or of this id.
            TooFast: its owner has made `rate` tasks in the last 10 seconds.
            NoSlot: `slots` tasks of its owner are unfinished.
        """
        order = replace(order, owner=digest(order.owner), fault=bound.get())
        self._settle_all(order)
        with self._lock:
            if order.name is not None and self._find(order.name, order.account):
                raise NameTaken
            self._quotas.check(order.account, self._clock.now())
            while (task_id := draw_id(self._random)) in self._tasks:
                pass
            self._number += 1
            task = Task(task_id, order, created=self._clock.now(), number=self._number)
            tell = self._witness.keep(task, changed=True)
            self._keep(task)
            tell()
        note(task)
        self._settle(task)
        self._plan(task)
        return task

    def query(self, task_id: str, *, service: str, owner: str) -> Task | None:
        """The task of this id or name as its owner is to see it now; None: this key has none."""
        with self._lock:
            task = self._find(task_id, (service, digest(owner)))
            if task is None:
                return None
            task = replace(task, queries=task.queries + 1)
            self._change(task, changed=False)
        note(task)
        self._settle(task)
        return self._tasks.get(task.id) or task

    def find(self, task_id: str, *, service: str, owner: str) -> Task | None:
        """The task of this id or name, without counting a query; None: this key has none."""
        return self._find(task_id, (service, digest(owner)))

    def get(self, task_id: str) -> Task | None:
        """The task, without counting a query."""
        return self._tasks.get(task_id)

    def progress(self, task: Task) -> float:
        """How far it is, from 0 to 1, unless it was ended by hand."""
        return self._finish.progress(queries=task.queries, age=self._clock.now() - task.created)

    def __len__(self) -> int:
        return len(self._tasks)

    def newest(
        self,
        limit: int | None = None,
        *,
        before: int | None = None,
        service: str | None = None,
        owner: str | None = None,
        state: State | None = None,
    ) -> list[Task]:
        """At most `limit` tasks, the newest first; None limits nothing.

        Args:
            limit: how many.
            before: only those that were made before the task of this number: the last one of a page leads to the
                next page, whatever has been made or forgotten meanwhile.
            service: only those of this API.
            owner: only those of this key.
            state: only those in this state.
        """
        with self._lock:
            tasks = self._tasks.items()[::-1]
        if before is not None:
            tasks = [task for task in tasks if task.number < before]
        owner = owner and digest(owner)
        found = (task for task in tasks if service in {None, task.order.service} and owner in {None, task.order.owner})
        return list(islice((task for task in found if state in {None, task.state}), limit))

    def end(self, task_id: str, failure: Failure | None = None) -> None:
        """End a task by hand.

        Raises:
            LookupError: there is no such task, or no more.
            ValueError: it has ended already.
        """
        task = self._tasks.get(task_id)
        if task is None:
            raise LookupError(f"no task {task_id!r}")
        if not self._end(task_id, task.number, failure):
            raise ValueError(f"task {task_id!r} has ended already")

    def reset(self) -> None:
        """Forget all tasks; the seed starts anew."""
        with self._lock:
            for task in self._tasks.clear():
                self._forget(task)
            self._quotas.clear()
            self._random.seed(self._seed)

    def restore(self, tasks: Iterable[Task]) -> None:
        """Take up tasks as another table left them, the oldest first; nobody is told of them."""
        with self._lock:
            for task in tasks:
                self._keep(task)
                self._number = task.number
            if self._number:  # the seed's first ids have been given
                self._random.seed(f"{self._seed} {self._number}")
            unfinished = [task for task in self._tasks.items() if task.ended is None]
        for task in unfinished:
            self._plan(task)

    def _keep(self, task: Task) -> None:
        gone = self._tasks.put(task.id, task)
        self._quotas.take(task.order.account, task.id, task.created, unfinished=task.ended is None)
        if task.order.name is not None:
            self._named[task.order.key] = task.id
        for forgotten in gone:
            self._forget(forgotten)

    def _forget(self, task: Task) -> None:
        self._clock.cancel(*self._plans.pop(task.id, ()))
        self._named.pop(task.order.key, None)
        self._quotas.free(task.order.account, task.id)
        self._witness.forget(task)

    def _find(self, task_id: str, account: tuple[str, str]) -> Task | None:
        task = self._tasks.get(task_id)
        if task and task.order.account == account:
            return task
        return self._tasks.get(self._named.get((*account, task_id), ""))

    def _plan(self, task: Task) -> None:
        if math.isfinite(delay := self._finish.delay):
            begin, end = partial(self._start, task.id, task.number), partial(self._end, task.id, task.number)
            self._plans[task.id] = (
                self._clock.at(task.created + delay / 2, begin),
                self._clock.at(task.created + delay, end),
            )

    def _settle_all(self, order: Order) -> None:
        """Let those that hold a slot go on if their time is up, though the clock has not come round to them."""
        holders = self._quotas.holders(order.account)
        for task in filter(None, map(self._tasks.get, holders)):
            self._settle(task)

    def _settle(self, task: Task) -> None:
        progress = self.progress(task)
        if progress >= 1:
            self._end(task.id, task.number)
        elif progress >= 0.5:
            self._start(task.id, task.number)

    def _current(self, task_id: str, number: int) -> Task | None:
        """The task, if it is still the one that was meant: after a reset the same id may be another's."""
        task = self._tasks.get(task_id)
        return task if task is not None and task.number == number else None

    def _start(self, task_id: str, number: int) -> None:
        with self._lock:
            task = self._current(task_id, number)
            if task is not None and task.started is None:
                self._change(replace(task, started=self._clock.now()))

    def _end(self, task_id: str, number: int, failure: Failure | None = None) -> bool:
        """Whether this call is the one that ended the task."""
        self._start(task_id, number)
        with self._lock:
            task = self._current(task_id, number)
            if task is None or task.ended is not None:
                return False
            self._change(replace(task, ended=self._clock.now(), failure=failure))
            self._quotas.free(task.order.account, task.id)
        return True

    def _change(self, task: Task, *, changed: bool = True) -> None:
        # Told while the lock is held: whoever comes next can't be told of first.
        tell = self._witness.keep(task, changed=changed)
        self._tasks.put(task.id, task)
        tell()


@lru_cache(maxsize=1024)
def digest(key: str) -> str:
    """What stands for an API key: two are equal if the keys are, and none leads back to its key."""
    return sha256(key.encode()).hexdigest()


def _size(task: Task) -> int:
    return 2_000 + getsizeof(task.order.request) + getsizeof(task.order.prompt)


def note(task: Task) -> None:
    """Leave word that the request is about this task."""
    if (found := concerned.get()) is not None:
        found.append(task.id)
