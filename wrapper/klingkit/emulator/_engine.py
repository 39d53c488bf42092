"""The state behind the paths: tasks, callbacks, logs and faults on one clock."""

from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext, suppress
from functools import partial

from klingkit.emulator._store import Store
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._rules import FaultRules
from klingkit.emulator.journal._events import Broadcast
from klingkit.emulator.journal._exchanges import Exchange, Exchanges
from klingkit.emulator.journal._views import delivery_json, exchange_json, rule_json, task_json
from klingkit.emulator.tasks._clock import Clock, VirtualClock
from klingkit.emulator.tasks._finish import Finish
from klingkit.emulator.tasks._table import Tasks
from klingkit.emulator.tasks._task import Failure, NotKept, Task
from klingkit.emulator.webhooks._callbacks import Callbacks, Post
from klingkit.emulator.webhooks._deliveries import Deliveries, Delivery
from klingkit.emulator.webhooks._pending import PendingCallback
from klingkit.emulator.webhooks._post import Network


class Engine:
    """Tasks, callbacks, logs and faults. Every method may be called from any thread.

    Args:
        seed: task ids are drawn from it.
        finish: when a task ends by itself.
        clock: shows the time.
        slots: how many tasks of a key may be unfinished at once.
        rate: how many tasks a key may make in 10 seconds.
        faults: those that are there from the beginning.
        signing: the key that an API's callbacks are signed with.
        networks: networks that callbacks may go to, beside this machine.
        post: a function that sends callbacks instead.
        store: keeps tasks and deliveries beyond a restart.
        kept: how many tasks and deliveries there are at most, and a tenth as many exchanges.
    """

    def __init__(  # noqa: PLR0913  (the emulator's options, each by name)
        self,
        *,
        seed: int,
        finish: Finish,
        clock: Clock,
        slots: int | None,
        rate: int | None,
        faults: Collection[Fault],
        signing: Mapping[str, str],
        networks: tuple[Network, ...],
        post: Post | None,
        store: Store | None,
        kept: int,
    ) -> None:
        self.clock = clock
        self.finish = finish
        self.faults = FaultRules(seed, faults, on_change=self._publish_faults)
        self.signing = tuple(signing)
        self.broadcast = Broadcast()
        self.exchanges = Exchanges(kept=max(kept // 10, 1), on_exchange=self._on_exchange)
        self.deliveries = Deliveries(kept=kept, on_delivery=self._on_delivery, store=store)
        self.callbacks = Callbacks(
            clock=clock,
            rules=self.faults,
            signing=signing,
            allowed=networks,
            post=post,
            log=self.deliveries,
            outbox=store,
            max_pending=kept,
        )
        self.tasks = Tasks(
            clock=clock,
            finish=finish,
            seed=seed,
            observer=self,
            kept=kept,
            slots=slots,
            rate=rate,
        )
        self.callback_body: Callable[[Task], object] = lambda _: None
        self._store = store
        clock.watch(self._on_advance)

    def get_task(self, task_id: str) -> Task:
        """Return a task.

        Raises:
            LookupError: there is none, or no longer.
        """
        task = self.tasks.get(task_id)
        if task is None:
            raise LookupError(f"no task {task_id!r}")
        return task

    def end(self, task_id: str, failure: Failure | None = None) -> None:
        """End a task by hand.

        Raises:
            LookupError: there is no such task, or no longer.
            ValueError: it has ended already.
        """
        self.tasks.end(task_id, failure)

    def reset(self) -> None:
        """Restore the initial state, but for the time."""
        self.tasks.reset()
        self.faults.restart()
        self.exchanges.clear()
        self.broadcast.publish("reset", dict)

    def faults_json(self) -> dict[str, object]:
        """Return the configured faults."""
        return {"faults": list(map(rule_json, self.faults.rules))}

    @property
    def virtual(self) -> bool:
        """Whether the clock stands still until it is put forward."""
        return isinstance(self.clock, VirtualClock)

    def restore(self) -> None:
        """Restore what the store has, once `callback_body` is set.

        Raises:
            ValueError: the store is damaged.
        """
        if self._store is None:
            return
        tasks, deliveries, pending = self._store.tasks(), self._store.deliveries(), self._store.pending()
        latest = max([self._store.clock(), *(task.updated for task in tasks)])
        # A clock that had been put forward is now behind; time must not go back.
        self.clock.advance(max(0.0, latest - self.clock.now()))
        self.deliveries.restore(deliveries)
        self.callbacks.restore(pending)
        self.tasks.restore(tasks)

    # What follows, up to `clear`, is called by `tasks`, whose observer this is.

    def before_change(self, task: Task, *, state_changed: bool) -> Callable[[], object]:
        """Store a value of a task, with the callbacks for its state if this has changed; return what sends them.

        Raises:
            NotKept: its new state can't be stored.
        """
        callbacks = self.callbacks.prepare(task, self.callback_body) if state_changed else ()
        if self._store:
            with nullcontext() if state_changed else suppress(NotKept):  # queries go on, uncounted after a restart
                self._store.write(task, callbacks)
        return partial(self._publish_task, task, callbacks) if state_changed else lambda: None

    def forget(self, task: Task) -> None:
        """Drop a task."""
        if self._store:
            with suppress(NotKept):  # it is there again after a restart
                self._store.forget(task)
        self.callbacks.send_held(task.id)

    def clear(self) -> None:
        """Drop all tasks' callbacks."""
        self.callbacks.reset()

    def close(self) -> None:
        """Stop; callbacks that were not sent are left to the store."""
        self.clock.unwatch(self._on_advance)
        self.callbacks.stop(for_good=True)
        self.tasks.stop()
        if self._store:
            self._store.close()

    def _publish_task(self, task: Task, callbacks: tuple[PendingCallback, ...]) -> None:
        self.broadcast.publish("task", partial(task_json, task), task.size)
        self.callbacks.send(callbacks)

    def _publish_faults(self) -> None:
        self.broadcast.publish("faults", self.faults_json)

    def _on_advance(self) -> None:
        if self._store:
            with suppress(NotKept):
                self._store.write_clock(self.clock.now())
        self.broadcast.publish("clock", lambda: {"now": self.clock.now()})

    def _on_exchange(self, exchange: Exchange) -> None:
        self.broadcast.publish("request", partial(exchange_json, exchange), exchange.size)
        if exchange.fault:
            self._publish_faults()

    def _on_delivery(self, delivery: Delivery) -> None:
        self.broadcast.publish("delivery", partial(delivery_json, delivery), delivery.size)
        if delivery.fault:
            self._publish_faults()
