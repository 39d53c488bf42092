"""What became of the callbacks: a log that forgets its oldest entries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from sys import getsizeof
from typing import Protocol

from klingkit.emulator._log import Log


@dataclass(frozen=True)
class Delivery:
    """What became of one callback, one time that it was sent.

    `status` is the receiver's HTTP status; None says that it was not reached, and `reason` why.
    """

    task_id: str
    url: str
    status: int | None = None
    reason: str = ""
    id: int = 0  # counts up
    at: float = 0.0  # when it was sent, by the emulator's clock, Unix seconds
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # that vouch for it
    body: str = ""  # JSON, as it was sent
    genuine: str = field(default="", repr=False)  # as it was before a fault altered it; empty: the same
    attempt: int = 1  # how often it has been sent, with this time
    fault: str | None = None  # the kind of the fault that concerned it
    api: str = ""  # the one that the task was asked for by
    message_id: str = ""  # the same each time that this callback is sent

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 2_000 + getsizeof(self.body) + getsizeof(self.genuine) + len(self.url)


class Record(Protocol):
    """Where deliveries outlive the log."""

    def write_delivery(self, delivery: Delivery, parcel: int) -> None:
        """Keep it; the parcel of this number is on its way no more."""
        ...

    def forget_deliveries(self, before: int | None = None) -> None:
        """Keep those before this one no longer; None: none at all."""
        ...


class Deliveries(Log[Delivery]):
    """What became of the callbacks.

    Args:
        kept: how many there are at most.
        on_delivery: told of each, in their order.
        record: is given each, before anybody is told of it.
    """

    def __init__(self, *, kept: int, on_delivery: Callable[[Delivery], None], record: Record | None = None) -> None:
        super().__init__(kept, "delivery")
        self._kept = kept
        self._attempts: dict[str, int] = {}  # at each message
        self._on_delivery = on_delivery
        self._record = record

    def note(self, delivery: Delivery, parcel: int) -> None:
        """Take down what became of a parcel; the id and the number of the attempt are given here."""
        with self._lock:
            self._number += 1
            attempt = self._attempts.get(delivery.message_id, 0) + 1
            noted = replace(delivery, id=self._number, attempt=attempt)
            if self._record:
                self._record.write_delivery(noted, parcel)
            self._keep(noted)
            self._on_delivery(noted)

    def restore(self, deliveries: Iterable[Delivery]) -> None:
        """Take up what another log left, the oldest first."""
        with self._lock:
            for delivery in deliveries:
                self._number = delivery.id
                self._keep(delivery)

    def clear(self) -> None:
        """Forget all; ids go on."""
        with self._lock:
            self._entries.clear()
            self._attempts.clear()
            if self._record:
                self._record.forget_deliveries()

    def _keep(self, delivery: Delivery) -> None:
        gone = self._entries.put(delivery.id, delivery)
        self._attempts.pop(delivery.message_id, None)  # so that the newest stand last
        self._attempts[delivery.message_id] = delivery.attempt
        if gone and self._record:
            self._record.forget_deliveries(gone[-1].id + 1)
        if len(self._attempts) > self._kept:
            del self._attempts[next(iter(self._attempts))]
