"""What the emulator keeps and does behind its paths: tasks, callbacks, records, faults, on one clock."""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from klingkit.emulator._store import Store
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._rules import Faults
from klingkit.emulator.journal._events import Broadcast
from klingkit.emulator.journal._exchanges import Exchange, Exchanges
from klingkit.emulator.journal._views import delivery_json, exchange_json, rule_json, task_json
from klingkit.emulator.tasks._clock import Clock, VirtualClock
from klingkit.emulator.tasks._finish import Finish
from klingkit.emulator.tasks._table import Failure, Task, Tasks
from klingkit.emulator.webhooks._callbacks import Callbacks, Post
from klingkit.emulator.webhooks._deliveries import Deliveries, Delivery
from klingkit.emulator.webhooks._pending import Parcel
from klingkit.emulator.webhooks._post import Network


class Engine:
    """Everything but the paths. Every method may be called from any thread.

    Args:
        seed: of the tasks' ids.
        finish: when a task ends by itself.
        clock: what the time is.
        slots: how many tasks of a key may be unfinished at once.
        rate: how many a key may make in 10 seconds.
        faults: what goes wrong from the beginning.
        signing: the key that an API's callbacks are signed with.
        networks: where callbacks may go to, beside this machine.
        post: sends callbacks by other means.
        store: where tasks and deliveries survive a restart.
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
        self.faults = Faults(seed, faults, on_change=self.tell_faults)
        self.signing = tuple(signing)
        self.broadcast = Broadcast()
        self.exchanges = Exchanges(kept=max(kept // 10, 1), on_exchange=self._on_exchange)
        self.deliveries = Deliveries(kept=kept, on_delivery=self._on_delivery, record=store)
        self.callbacks = Callbacks(
            clock=clock,
            faults=self.faults,
            signing=signing,
            allowed=networks,
            post=post,
            log=self.deliveries,
            outbox=store,
            waiting=kept,
        )
        self.tasks = Tasks(
            clock=clock,
            finish=finish,
            seed=seed,
            witness=self,
            kept=kept,
            slots=slots,
            rate=rate,
        )
        self.news: Callable[[Task], object] = lambda _: None
        self._store = store
        clock.watch(self._on_advance)

    def get_task(self, task_id: str) -> Task:
        """The task.

        Raises:
            LookupError: there is none, or no more.
        """
        task = self.tasks.get(task_id)
        if task is None:
            raise LookupError(f"no task {task_id!r}")
        return task

    def end(self, task_id: str, failure: Failure | None = None) -> None:
        """End a task by hand.

        Raises:
            LookupError: there is no such task, or no more.
            ValueError: it has ended already.
        """
        self.tasks.end(task_id, failure)

    def reset(self) -> None:
        """Forget what has happened; the seed starts anew, the clock goes on."""
        self.tasks.reset()
        self.faults.restart()
        self.exchanges.clear()
        self.broadcast.publish("reset", dict)

    def faults_json(self) -> dict[str, object]:
        """The faults that are set."""
        return {"faults": list(map(rule_json, self.faults.rules))}

    def tell_faults(self) -> None:
        """Let the pages know that the faults have changed, or struck."""
        self.broadcast.publish("faults", self.faults_json)

    @property
    def virtual(self) -> bool:
        """Whether the time stands still until it is put forward."""
        return isinstance(self.clock, VirtualClock)

    def restore(self) -> None:
        """Take up what the store has, once it is known what there is to tell of tasks.

        Raises:
            ValueError: the store is damaged.
        """
        if self._store is None:
            return
        tasks, deliveries, parcels = self._store.tasks(), self._store.deliveries(), self._store.parcels()
        latest = max([self._store.clock(), *(task.updated for task in tasks)])
        # A clock that is behind what has happened, as one that was put forward was, would let time go back.
        self.clock.advance(max(0.0, latest - self.clock.now()))
        self.deliveries.restore(deliveries)
        self.callbacks.restore(parcels)
        self.tasks.restore(tasks)

    def keep(self, task: Task, *, changed: bool) -> Callable[[], object]:
        """Take down another value of a task, with the callbacks that tell of it if it has `changed`."""
        parcels = self.callbacks.prepare(task, self.news) if changed else ()
        if self._store:
            self._store.write(task, parcels)
        return partial(self._tell, task, parcels) if changed else lambda: None

    def forget(self, task: Task) -> None:
        """Keep the task no longer."""
        if self._store:
            self._store.forget(task)
        self.callbacks.release(task.id)

    def clear(self) -> None:
        """Keep nothing of any task."""
        self.callbacks.reset()

    def close(self) -> None:
        """Do nothing more by itself; what was not sent is left to the store."""
        self.clock.unwatch(self._on_advance)
        self.callbacks.stop(for_good=True)
        self.tasks.rest()
        if self._store:
            self._store.close()

    def _tell(self, task: Task, parcels: tuple[Parcel, ...]) -> None:
        self.broadcast.publish("task", partial(task_json, task), task.size)
        self.callbacks.send(parcels)

    def _on_advance(self) -> None:
        if self._store:
            self._store.write_clock(self.clock.now())
        self.broadcast.publish("clock", lambda: {"now": self.clock.now()})

    def _on_exchange(self, exchange: Exchange) -> None:
        self.broadcast.publish("request", partial(exchange_json, exchange), exchange.size)
        if exchange.fault:
            self.tell_faults()

    def _on_delivery(self, delivery: Delivery) -> None:
        self.broadcast.publish("delivery", partial(delivery_json, delivery), delivery.size)
        if delivery.fault:
            self.tell_faults()
