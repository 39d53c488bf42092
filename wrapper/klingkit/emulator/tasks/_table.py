"""The table of tasks, whichever API they were asked for by: how they come to be, move on, and are forgotten."""

import math
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache, partial
from hashlib import sha256
from itertools import islice
from random import Random
from typing import Protocol

from klingkit.emulator._history import Newest
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._finish import Finish
from klingkit.emulator.tasks._quotas import NoSlot, Quotas, TooFast
from klingkit.emulator.tasks._task import Failure, Order, State, Task

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

AGAIN = 5.0  # seconds until a step is tried again that could not be taken down
KEPT = 10_000  # tasks, unless another number is asked for; the oldest is forgotten first

concerned: ContextVar[list[str] | None] = ContextVar("concerned", default=None)
"""Where the table leaves the ids of the tasks that a request is about, for whoever keeps a record of the request."""

bound: ContextVar[Fault | None] = ContextVar("bound", default=None)
"""The fault that a creation has brought for its task, for the table to find."""


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

    def clear(self) -> None:
        """Keep nothing of any task: the table is about to forget them all."""
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
        self._tasks = Newest[str, Task](KEPT if kept is None else kept, lambda task: task.size)
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
            self._witness.clear()
            for task in self._tasks.clear():
                self._forget(task)
            self._quotas.clear()
            self._random.seed(self._seed)

    def rest(self) -> None:
        """Let no task move on by itself."""
        with self._lock:
            for numbers in self._plans.values():
                self._clock.cancel(*numbers)
            self._plans.clear()

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
            self._settle(task)
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
                self._clock.at(task.created + delay / 2, partial(self._persist, begin)),
                self._clock.at(task.created + delay, partial(self._persist, end)),
            )

    def _persist(self, step: Callable[[], object]) -> None:
        """Take a step, and once more if it can't be taken down."""
        try:
            step()
        except Exception:
            self._clock.at(self._clock.now() + AGAIN, partial(self._persist, step))
            raise

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


def note(task: Task) -> None:
    """Leave word that the request is about this task."""
    if (found := concerned.get()) is not None:
        found.append(task.id)
