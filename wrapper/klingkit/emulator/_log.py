"""What has happened, one entry after the other, the newest of it."""

import threading
from itertools import islice
from typing import Generic, Protocol, TypeVar

from klingkit.emulator._history import Newest


class Logged(Protocol):
    """What an entry tells of itself."""

    @property
    def id(self) -> int:
        """Counts up."""
        ...

    @property
    def task_id(self) -> str | None:
        """The task that it is about."""
        ...

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        ...


Entry = TypeVar("Entry", bound=Logged)


class Log(Generic[Entry]):
    """The newest entries. Every method may be called from any thread.

    Args:
        kept: how many there are at most.
        name: what one is called where there is none.
    """

    def __init__(self, kept: int, name: str) -> None:
        self._lock = threading.Lock()
        self._entries = Newest[int, Entry](kept, lambda entry: entry.size)
        self._name = name
        self._number = 0

    def all(self) -> tuple[Entry, ...]:
        """The entries in the order of their ends."""
        with self._lock:
            return tuple(self._entries.items())

    def newest(self, limit: int | None = None, *, before: int | None = None, task_id: str | None = None) -> list[Entry]:
        """At most `limit` of them, the newest first: about this task, and before the one with this id."""
        found = (
            entry
            for entry in reversed(self.all())
            if task_id in {None, entry.task_id} and (before is None or entry.id < before)
        )
        return list(islice(found, limit))

    def get(self, entry_id: int) -> Entry:
        """The one with this id.

        Raises:
            LookupError: there is none, or no more.
        """
        with self._lock:
            entry = self._entries.get(entry_id)
        if entry is None:
            raise LookupError(f"no {self._name} {entry_id}")
        return entry
