"""Callbacks that are not delivered yet, as values."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class PendingCallback:
    """A callback to send."""

    task_id: str
    api: str
    url: str
    body: str  # JSON, before any fault
    message_id: str  # the same each time that this callback is sent
    number: int = 0  # counts up
    fault: str | None = None  # the kind of the fault to inject
    due: float | None = None  # when to send it, by the emulator's clock; None: at once
    held: bool = False  # to be sent after the next one of its task
    age: float = 0.0  # seconds by which its signature is backdated
    generation: int = 0  # the number of resets before it was made


class Outbox(Protocol):
    """Storage that keeps callbacks until they are delivered, also if the process ends."""

    def write_pending(self, callbacks: tuple[PendingCallback, ...]) -> None:
        """Keep them."""
        ...
