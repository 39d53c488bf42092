"""What is kept of the past: the newest of it, bounded in number and in memory."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

ROOM = 128 * 1024 * 1024  # bytes that what is kept may take, of each kind

Key = TypeVar("Key")
Item = TypeVar("Item")


class Newest(Generic[Key, Item]):
    """Items by their keys, in the order in which the keys came; whoever uses it sees to it that one thread changes it.

    Args:
        most: how many there are at most.
        size: about how many bytes an item takes, if that is to be bounded; the newest is kept, however large it is.
    """

    def __init__(self, most: int, size: Callable[[Item], int] = lambda _: 0) -> None:
        self._most = most
        self._size = size
        self._items: OrderedDict[Key, Item] = OrderedDict()
        self._taken = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: Key) -> bool:
        return key in self._items

    def get(self, key: Key) -> Item | None:
        """The item of this key; None: there is none, or no more."""
        return self._items.get(key)

    def items(self) -> list[Item]:
        """All of them, the oldest first."""
        return list(self._items.values())

    def put(self, key: Key, item: Item) -> list[Item]:
        """Keep the item, in the place of the one that its key had; those that are forgotten for it."""
        replaced = self._items.get(key)
        self._taken += self._size(item) - (0 if replaced is None else self._size(replaced))
        self._items[key] = item
        gone: list[Item] = []
        while len(self._items) > self._most or (self._taken > ROOM and len(self._items) > 1):
            gone.append(self._pop())
        return gone

    def clear(self) -> list[Item]:
        """Forget all; what there was."""
        return [self._pop() for _ in range(len(self._items))]

    def _pop(self) -> Item:
        _, oldest = self._items.popitem(last=False)
        self._taken -= self._size(oldest)
        return oldest
