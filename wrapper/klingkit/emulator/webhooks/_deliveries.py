"""The log of deliveries of callbacks, of which the newest are kept."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from sys import getsizeof
from typing import Protocol

from klingkit.emulator._history import Log
from klingkit.emulator.tasks._task import NotKept


@dataclass(frozen=True)
class Delivery:
    """The result of sending one callback once.

    `status` is the receiver's HTTP status; if it is None, the receiver was not reached, and `reason` says why.
    """

    task_id: str
    url: str
    status: int | None = None
    reason: str = ""
    id: int = 0  # counts up
    at: float = 0.0  # when it was sent, by the emulator's clock, Unix seconds
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # the signature's
    body: str = ""  # JSON, as it was sent
    genuine: str = field(default="", repr=False)  # the body before a fault altered it; empty: the same
    attempt: int = 1  # how often it has been sent, including this time
    fault: str | None = None  # the kind of the fault that was injected
    api: str = ""
    message_id: str = ""  # the same each time that this callback is sent

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 2_000 + sum(map(getsizeof, (self.body, self.genuine, self.url, self.reason)))


class DeliveryStore(Protocol):
    """Storage of deliveries beyond the process."""

    def write_delivery(self, delivery: Delivery, pending_number: int) -> None:
        """Keep it, and drop the pending callback with this number."""
        ...

    def forget_deliveries(self, before: int | None = None) -> None:
        """Drop those before this one; None: all."""
        ...


class Deliveries(Log[Delivery]):
    """The log of deliveries.

    Args:
        kept: how many there are at most.
        on_delivery: called with each, in their order.
        store: gets each before `on_delivery`.
    """

    def __init__(
        self, *, kept: int, on_delivery: Callable[[Delivery], None], store: DeliveryStore | None = None
    ) -> None:
        super().__init__(kept, "delivery")
        self._kept = kept
        self._attempts: dict[str, int] = {}  # by message
        self._on_delivery = on_delivery
        self._store = store

    def add(self, delivery: Delivery, pending_number: int) -> None:
        """Add the delivery of the pending callback with this number; id and attempt are assigned here."""
        with self._lock:
            self._number += 1
            attempt = self._attempts.get(delivery.message_id, 0) + 1
            entry = replace(delivery, id=self._number, attempt=attempt)
            if self._store:
                with suppress(NotKept):  # it is sent again after a restart
                    self._store.write_delivery(entry, pending_number)
            self._put(entry)
            self._on_delivery(entry)

    def restore(self, deliveries: Iterable[Delivery]) -> None:
        """Restore the entries that an earlier process kept, the oldest first."""
        with self._lock:
            for delivery in deliveries:
                self._number = delivery.id
                self._put(delivery)

    def clear(self) -> None:
        """Forget all; ids go on."""
        with self._lock:
            if self._store:
                self._store.forget_deliveries()
            self._entries.clear()
            self._attempts.clear()

    def _put(self, delivery: Delivery) -> None:
        dropped = self._entries.put(delivery.id, delivery)
        self._attempts.pop(delivery.message_id, None)  # so that the newest come last
        self._attempts[delivery.message_id] = delivery.attempt
        if dropped and self._store:
            with suppress(NotKept):
                self._store.forget_deliveries(dropped[-1].id + 1)
        if len(self._attempts) > self._kept:
            del self._attempts[next(iter(self._attempts))]
