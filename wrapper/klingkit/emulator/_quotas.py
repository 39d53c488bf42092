"""How many tasks an account may make in a time, and have under way at once."""

from collections import defaultdict, deque
from typing import TypeAlias

WINDOW = 10.0  # seconds that `rate` is counted over

Account: TypeAlias = tuple[str, str]
"""An API, and the owner of tasks there."""


class TooFast(Exception):
    """The account has made as many tasks as it may in this time."""


class NoSlot(Exception):
    """The account has as many unfinished tasks as it may."""


class Quotas:
    """Counts; whoever uses it sees to it that no two threads do so at once.

    Args:
        slots: how many tasks of one account may be unfinished at once; None: any number, and nothing is counted.
        rate: how many one account may make in any `WINDOW`; None: any number.
    """

    def __init__(self, *, slots: int | None, rate: int | None) -> None:
        self._slots = slots
        self._rate = rate
        self._made: defaultdict[Account, deque[float]] = defaultdict(deque)
        self._unfinished: defaultdict[Account, dict[str, None]] = defaultdict(dict)

    def check(self, account: Account, now: float) -> None:
        """See whether the account may make another task.

        Raises:
            TooFast: not yet.
            NoSlot: not before another one of its tasks has ended.
        """
        made = self._made[account]
        while made and made[0] <= now - WINDOW:
            made.popleft()
        if self._rate is not None and len(made) >= self._rate:
            raise TooFast
        if self._slots is not None and len(self._unfinished[account]) >= self._slots:
            raise NoSlot

    def take(self, account: Account, task_id: str, created: float, *, unfinished: bool) -> None:
        """Count a task that was made."""
        if self._rate is not None:
            self._made[account].append(created)
        if self._slots is not None and unfinished:
            self._unfinished[account][task_id] = None

    def free(self, account: Account, task_id: str) -> None:
        """The task holds no slot any more."""
        if self._slots is not None:
            self._unfinished[account].pop(task_id, None)

    def holders(self, account: Account) -> tuple[str, ...]:
        """The account's unfinished tasks, the oldest first, if they are limited."""
        return tuple(self._unfinished[account]) if self._slots is not None else ()

    def clear(self) -> None:
        """Forget everything."""
        self._made.clear()
        self._unfinished.clear()
