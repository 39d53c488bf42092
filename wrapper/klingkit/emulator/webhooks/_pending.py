"""Callbacks on their way, as values."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Parcel:
    """A callback that is to be sent."""

    task_id: str
    api: str  # the one that the task was asked for by
    url: str
    body: str  # JSON, as it is before a fault touches it
    message_id: str  # the same each time that this callback is sent
    number: int = 0  # counts up
    fault: str | None = None  # the kind of the fault that concerns it
    due: float | None = None  # when it goes, by the emulator's clock; None: at once
    held: bool = False  # waits for the next one of its task, and goes after it
    age: float = 0.0  # seconds that its signature is older than it is
    era: int = 0  # how often all was reset before it was made


class Outbox(Protocol):
    """Where parcels outlive the process: there from the change that they tell of until they are delivered."""

    def write_parcels(self, parcels: tuple[Parcel, ...]) -> None:
        """Keep them."""
        ...
