"""The table of tasks of all APIs: their creation, their progress, and which are kept."""

import math
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import islice
from random import Random
from typing import Protocol

from klingkit.emulator._history import BoundedHistory
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._finish import Finish
from klingkit.emulator.tasks._quotas import Quotas
from klingkit.emulator.tasks._task import Failure, NotKept, State, Task, TaskRequest

RETRY_SECONDS = 5.0  # until a step that failed is tried again
KEPT = 10_000  # tasks by default; the oldest is forgotten first


class ExternalIdTaken(Exception):
    """The owner has given this external id to another task."""


class TaskObserver(Protocol):
    """Is called on all changes of tasks, in their order, in the thread that caused them.

    It must not change the table.
    """

    def before_change(self, task: Task, *, state_changed: bool) -> Callable[[], object]:
        """Record a value of a task before the table has it; return a function to call once the table has it.

        Args:
            task: the value.
            state_changed: whether its state is another than before, as a new task's is.
        """
        ...

    def forget(self, task: Task) -> None:
        """Drop the records of a task that the table has dropped."""
        ...

    def clear(self) -> None:
        """Drop the records of all tasks; the table is about to do so."""
        ...


class Tasks:
    """The table of tasks. Every method may be called from any thread.

    Args:
        clock: stamps the tasks and moves those that move by time.
        finish: when a task moves by itself.
        seed: ids are drawn from it; the same seed and sequence of requests give the same ids.
        observer: is called on all changes.
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
        observer: TaskObserver,
        kept: int | None = None,
        slots: int | None = None,
        rate: int | None = None,
    ) -> None:
        self._clock = clock
        self._finish = finish
        self._seed = seed
        self._random = Random(seed)  # noqa: S311  (ids are to be reproducible, not secret)
        self._observer = observer
        self._lock = threading.Lock()
        self._tasks = BoundedHistory[str, Task](KEPT if kept is None else kept, lambda task: task.size)
        self._timers: dict[str, tuple[int, ...]] = {}  # what the clock is to do about each task
        self._external_ids: dict[tuple[str, str, str | None], str] = {}
        self._quotas = Quotas(slots=slots, rate=rate)
        self._number = 0

    def create(self, request: TaskRequest, draw_id: Callable[[Random], str]) -> Task:
        """Create a task; `draw_id` makes an id of the API's kind.

        Returns:
            The task as it was accepted, though it may have moved on since.

        Raises:
            ExternalIdTaken: its owner has a task of this external id, or id.
            TooFast: its owner has made `rate` tasks in the last 10 seconds.
            NoSlot: `slots` tasks of its owner are unfinished.
            NotKept: it can't be kept beyond the process.
        """
        request = replace(request, owner=digest(request.owner))
        self._settle_account(request.account)
        with self._lock:
            if request.external_id is not None and self._find(request.external_id, request.account):
                raise ExternalIdTaken
            self._quotas.check(request.account, self._clock.now())
            while (task_id := draw_id(self._random)) in self._tasks:
                pass
            self._number += 1
            task = Task(task_id, request, created=self._clock.now(), number=self._number)
            after_change = self._observer.before_change(task, state_changed=True)
            self._put(task)
            after_change()
        if not self._settle(task):
            self._retry(partial(self._settle, task, fails=True))
        self._schedule(task)
        return task

    def query(self, task_id: str, *, api: str, owner: str) -> Task | None:
        """Count a query of the task of this id or external id, and return it; None if this key has none."""
        with self._lock:
            task = self._find(task_id, (api, digest(owner)))
            if task is None:
                return None
            task = replace(task, queries=task.queries + 1)
            self._change(task, state_changed=False)
        self._settle(task)
        return self._tasks.get(task.id) or task

    def find(self, task_id: str, *, api: str, owner: str) -> Task | None:
        """Return the task of this id or external id, without counting a query; None if this key has none."""
        return self._find(task_id, (api, digest(owner)))

    def get(self, task_id: str) -> Task | None:
        """Return the task, without counting a query."""
        return self._tasks.get(task_id)

    def progress(self, task: Task) -> float:
        """Return how far it is, from 0 to 1, unless it was ended by hand."""
        return self._finish.progress(queries=task.queries, age=self._clock.now() - task.created)

    def __len__(self) -> int:
        return len(self._tasks)

    def newest(
        self,
        limit: int | None = None,
        *,
        before: int | None = None,
        api: str | None = None,
        owner: str | None = None,
        state: State | None = None,
    ) -> list[Task]:
        """Return at most `limit` tasks, the newest first; None limits nothing.

        Args:
            limit: how many.
            before: only those that were made before the task of this number: the last one of a page leads to the
                next page, whatever has been made or forgotten meanwhile.
            api: only those of this API.
            owner: only those of this key.
            state: only those in this state.
        """
        with self._lock:
            tasks = self._tasks.items()[::-1]
        if before is not None:
            tasks = [task for task in tasks if task.number < before]
        owner = owner and digest(owner)
        found = (task for task in tasks if api in {None, task.request.api} and owner in {None, task.request.owner})
        return list(islice((task for task in found if state in {None, task.state}), limit))

    def end(self, task_id: str, failure: Failure | None = None) -> None:
        """End a task by hand.

        Raises:
            LookupError: there is no such task, or no longer.
            ValueError: it has ended already.
        """
        task = self._tasks.get(task_id)
        if task is None:
            raise LookupError(f"no task {task_id!r}")
        if not self._end(task_id, task.number, failure):
            raise ValueError(f"task {task_id!r} has ended already")

    def renew_url(self, task_id: str, renewals: int) -> None:
        """Let the URL of its video be another one: the one that so many have expired before."""
        with self._lock:
            task = self._tasks.get(task_id)
            if task is not None and renewals > task.renewals:
                self._change(replace(task, renewals=renewals), state_changed=False)

    def reset(self) -> None:
        """Forget all tasks; the seed restarts."""
        with self._lock:
            self._observer.clear()
            for task in self._tasks.clear():
                self._forget(task)
            self._quotas.clear()
            self._random.seed(self._seed)

    def stop(self) -> None:
        """Let no task move on by itself any longer."""
        with self._lock:
            for numbers in self._timers.values():
                self._clock.cancel(*numbers)
            self._timers.clear()

    def restore(self, tasks: Iterable[Task]) -> None:
        """Restore the tasks of another table, the oldest first, without calling the observer."""
        with self._lock:
            for task in tasks:
                self._put(task)
                self._number = task.number
            if self._number:  # the seed's first ids have been used
                self._random.seed(f"{self._seed} {self._number}")
            unfinished = [task for task in self._tasks.items() if task.ended is None]
        for task in unfinished:
            self._settle(task)
            self._schedule(task)

    def _put(self, task: Task) -> None:
        dropped = self._tasks.put(task.id, task)
        self._quotas.take(task.request.account, task.id, task.created, unfinished=task.ended is None)
        if task.request.external_id is not None:
            self._external_ids[task.request.external_key] = task.id
        for forgotten in dropped:
            self._forget(forgotten)

    def _forget(self, task: Task) -> None:
        self._clock.cancel(*self._timers.pop(task.id, ()))
        self._external_ids.pop(task.request.external_key, None)
        self._quotas.free(task.request.account, task.id)
        self._observer.forget(task)

    def _find(self, task_id: str, account: tuple[str, str]) -> Task | None:
        task = self._tasks.get(task_id)
        if task and task.request.account == account:
            return task
        return self._tasks.get(self._external_ids.get((*account, task_id), ""))

    def _schedule(self, task: Task) -> None:
        if math.isfinite(delay := self._finish.delay):
            start = partial(self._start, task.id, task.number)
            end = partial(self._end, task.id, task.number, task.request.failure)
            self._timers[task.id] = (
                self._clock.at(task.created + delay / 2, partial(self._retrying, start)),
                self._clock.at(task.created + delay, partial(self._retrying, end)),
            )

    def _retrying(self, step: Callable[[], object]) -> None:
        """Take a step; if it can't be recorded, try again later."""
        try:
            step()
        except NotKept:  # which the store has logged
            self._retry(step)

    def _retry(self, step: Callable[[], object]) -> None:
        self._clock.at(self._clock.now() + RETRY_SECONDS, partial(self._retrying, step))

    def _settle_account(self, account: tuple[str, str]) -> None:
        """End the account's unfinished tasks whose time is up, even if the clock has not come round to them."""
        for task in filter(None, map(self._tasks.get, self._quotas.holders(account))):
            self._settle(task)

    def _settle(self, task: Task, *, fails: bool = False) -> bool:
        """Put the task into the state that its progress demands; False: that can't be kept, so it stays as it is."""
        progress = self.progress(task)
        try:
            if progress >= 1:
                self._end(task.id, task.number, task.request.failure)
            elif progress >= 0.5:
                self._start(task.id, task.number)
        except NotKept:
            if fails:
                raise
            return False
        return True

    def _current(self, task_id: str, number: int) -> Task | None:
        """Return the task if it is still the same one: after a reset, another may have its id."""
        task = self._tasks.get(task_id)
        return task if task is not None and task.number == number else None

    def _start(self, task_id: str, number: int) -> None:
        with self._lock:
            task = self._current(task_id, number)
            if task is not None and task.started is None:
                self._change(replace(task, started=self._clock.now()))

    def _end(self, task_id: str, number: int, failure: Failure | None = None) -> bool:
        """End a task; return whether it was this call that ended it."""
        self._start(task_id, number)
        with self._lock:
            task = self._current(task_id, number)
            if task is None or task.ended is not None:
                return False
            self._change(replace(task, ended=self._clock.now(), failure=failure))
            self._quotas.free(task.request.account, task.id)
        return True

    def _change(self, task: Task, *, state_changed: bool = True) -> None:
        # The observer is called with the lock held, so that it sees all changes in their order.
        after_change = self._observer.before_change(task, state_changed=state_changed)
        self._tasks.put(task.id, task)
        after_change()


def digest(key: str) -> str:
    """Return what stands for an API key: the same for the same key, and irreversible."""
    return sha256(key.encode()).hexdigest()
