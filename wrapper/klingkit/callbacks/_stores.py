"""What was handled already."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from attrs import define, field

from klingkit._events import at_least_one

__all__ = ["AsyncStore", "MemoryStore", "Store"]


class Store(Protocol):
    """Remembers which deliveries were handled. Share it between processes, in a database say, if there are several."""

    def seen(self, key: str) -> bool:
        """Tell whether this was recorded."""
        ...

    def record(self, key: str) -> None:
        """Remember it: its handler has succeeded."""
        ...


class AsyncStore(Protocol):
    """`Store` with coroutines, for `AsyncReceiver`."""

    async def seen(self, key: str) -> bool:
        """Tell whether this was recorded."""
        ...

    async def record(self, key: str) -> None:
        """Remember it: its handler has succeeded."""
        ...


@define(eq=False)
class MemoryStore:
    """Remembers the last `kept` deliveries, in this process alone; threads may share it."""

    kept: int = field(default=10_000, validator=at_least_one)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _keys: OrderedDict[str, None] = field(factory=OrderedDict[str, None], init=False, repr=False)

    def seen(self, key: str) -> bool:
        """Tell whether this was recorded."""
        with self._lock:
            return key in self._keys

    def record(self, key: str) -> None:
        """Remember it, and forget the oldest."""
        with self._lock:
            self._keys[key] = None
            while len(self._keys) > self.kept:
                self._keys.popitem(last=False)
