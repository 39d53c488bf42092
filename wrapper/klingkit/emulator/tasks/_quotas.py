"""Rate limits and concurrency limits of accounts."""

from collections import OrderedDict, deque
from typing import TypeAlias

WINDOW = 10.0  # seconds that `rate` is counted over

Account: TypeAlias = tuple[str, str]
"""An API, and the owner of tasks there."""


class TooFast(Exception):
    """The account has made as many tasks as it may in this time."""


class NoSlot(Exception):
    """The account has as many unfinished tasks as it may."""


class Quotas:
    """Counts the tasks of accounts. Not thread-safe.

    Args:
        slots: how many tasks of one account may be unfinished at once; None: any number.
        rate: how many one account may make in any `WINDOW`; None: any number.
    """

    def __init__(self, *, slots: int | None, rate: int | None) -> None:
        self._slots = slots
        self._rate = rate
        self._made: OrderedDict[Account, deque[float]] = OrderedDict()  # the account that was last busy comes last
        self._unfinished: dict[Account, dict[str, None]] = {}

    def check(self, account: Account, now: float) -> None:
        """Check that the account may make another task.

        Raises:
            TooFast: it has made too many in this time.
            NoSlot: too many of its tasks are unfinished.
        """
        made = self._made.get(account, ())
        if self._rate is not None and sum(one > now - WINDOW for one in made) >= self._rate:
            raise TooFast
        if self._slots is not None and len(self._unfinished.get(account, ())) >= self._slots:
            raise NoSlot

    def take(self, account: Account, task_id: str, created: float, *, unfinished: bool) -> None:
        """Count a new task."""
        if self._rate is not None:
            self._count(account, created, self._rate)
        if self._slots is not None and unfinished:
            self._unfinished.setdefault(account, {})[task_id] = None

    def free(self, account: Account, task_id: str) -> None:
        """Free the slot of a task."""
        held = self._unfinished.get(account, {})
        held.pop(task_id, None)
        if not held:
            self._unfinished.pop(account, None)

    def holders(self, account: Account) -> tuple[str, ...]:
        """Return the account's unfinished tasks, the oldest first, if they are limited."""
        return tuple(self._unfinished.get(account, ()))

    def clear(self) -> None:
        """Forget all tasks."""
        self._made.clear()
        self._unfinished.clear()

    def _count(self, account: Account, created: float, rate: int) -> None:
        made = self._made.setdefault(account, deque(maxlen=rate))
        made.append(created)
        self._made.move_to_end(account)
        while (oldest := next(iter(self._made.values())))[-1] <= created - WINDOW and oldest is not made:
            self._made.popitem(last=False)
