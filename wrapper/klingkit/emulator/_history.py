"""Bounded histories: the newest items, limited in number and in memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from typing import Generic, Protocol, TypeVar

MAX_BYTES = 24 * 1024 * 1024  # that one history may take

Key = TypeVar("Key")
Item = TypeVar("Item")


class BoundedHistory(Generic[Key, Item]):
    """Items by their keys, in the order in which the keys came. Not thread-safe.

    Args:
        max_items: how many there are at most.
        size: about how many bytes an item takes, if that is to be bounded; the newest is kept, however large it is.
        share: of MAX_BYTES, that all may take.
    """

    def __init__(self, max_items: int, size: Callable[[Item], int] = lambda _: 0, *, share: float = 1.0) -> None:
        self._max_items = max_items
        self._size = size
        self._share = share
        self._items: OrderedDict[Key, Item] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: Key) -> bool:
        return key in self._items

    def get(self, key: Key) -> Item | None:
        """Return the item of this key; None if there is none, or no longer."""
        return self._items.get(key)

    def items(self) -> list[Item]:
        """Return all items, the oldest first."""
        return list(self._items.values())

    def put(self, key: Key, item: Item) -> list[Item]:
        """Keep the item, in the place of the one that its key had; return the items that were dropped for it."""
        replaced = self._items.get(key)
        self._bytes += self._size(item) - (0 if replaced is None else self._size(replaced))
        self._items[key] = item
        dropped: list[Item] = []
        while len(self._items) > self._max_items or (self._bytes > MAX_BYTES * self._share and len(self._items) > 1):
            dropped.append(self._pop())
        return dropped

    def clear(self) -> list[Item]:
        """Drop all items, and return them."""
        return [self._pop() for _ in range(len(self._items))]

    def _pop(self) -> Item:
        _, oldest = self._items.popitem(last=False)
        self._bytes -= self._size(oldest)
        return oldest


class LogEntry(Protocol):
    """An entry of a log."""

    @property
    def id(self) -> int:
        """Counts up."""
        ...

    @property
    def task_id(self) -> str | None:
        """The task that it belongs to."""
        ...

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        ...


Entry = TypeVar("Entry", bound=LogEntry)


class Log(Generic[Entry]):
    """The newest entries. Every method may be called from any thread.

    Args:
        max_items: how many there are at most.
        name: what one is called in errors.
        share: of MAX_BYTES, that all may take.
    """

    def __init__(self, max_items: int, name: str, *, share: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._entries = BoundedHistory[int, Entry](max_items, lambda entry: entry.size, share=share)
        self._name = name
        self._number = 0

    def all(self) -> tuple[Entry, ...]:
        """Return the entries, the oldest first."""
        with self._lock:
            return tuple(self._entries.items())

    def newest(self, limit: int | None = None, *, before: int | None = None, task_id: str | None = None) -> list[Entry]:
        """Return at most `limit` entries, the newest first: those of this task, and before the one with this id."""
        found = (
            entry
            for entry in reversed(self.all())
            if task_id in {None, entry.task_id} and (before is None or entry.id < before)
        )
        return list(islice(found, limit))

    def get(self, entry_id: int) -> Entry:
        """Return the entry with this id.

        Raises:
            LookupError: there is none, or no longer.
        """
        with self._lock:
            entry = self._entries.get(entry_id)
        if entry is None:
            raise LookupError(f"no {self._name} {entry_id}")
        return entry
