"""Stores of the deliveries that were handled."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from attrs import define, field

from klingkit._events import at_least_one
from klingkit._fork import PerProcess

__all__ = ["AsyncStore", "MemoryStore", "Store"]


class Store(Protocol):
    """Remembers which deliveries were handled; several processes need one that they share, such as a database."""

    def seen(self, key: str) -> bool:
        """Return whether this key was recorded."""
        ...

    def record(self, key: str) -> None:
        """Record a key after its handler has returned."""
        ...


class AsyncStore(Protocol):
    """`Store` with coroutines, for `AsyncReceiver`."""

    async def seen(self, key: str) -> bool:
        """Return whether this key was recorded."""
        ...

    async def record(self, key: str) -> None:
        """Record a key after its handler has returned."""
        ...


@define(eq=False)
class MemoryStore:
    """Remembers the last `kept` keys, in this process alone; threads may share it."""

    kept: int = field(default=10_000, validator=at_least_one)
    _lock: PerProcess[threading.Lock] = field(factory=lambda: PerProcess(threading.Lock), init=False, repr=False)
    _keys: OrderedDict[str, None] = field(factory=OrderedDict[str, None], init=False, repr=False)

    def seen(self, key: str) -> bool:
        """Return whether this key was recorded."""
        with self._lock.get():
            return key in self._keys

    def record(self, key: str) -> None:
        """Record a key, and drop the oldest."""
        with self._lock.get():
            self._keys[key] = None
            while len(self._keys) > self.kept:
                self._keys.popitem(last=False)
