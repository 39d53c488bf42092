"""Values that belong to one process: after a fork, a child makes its own.

A child inherits the sockets of its parent, and the locks that other threads held at that moment, for ever locked: those
of modules that were just being imported, too. So all that a call needs is imported before it, when a client is made.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["Flag", "PerProcess"]

T = TypeVar("T")

_FORKS: Final = [0]
"""How many forks lie between the first process and this one: process ids are used again, this number is not."""


def _count() -> None:
    _FORKS[0] += 1


if sys.platform != "win32":  # pragma: no branch - no Windows among the machines that test this
    os.register_at_fork(after_in_child=_count)


class PerProcess(Generic[T]):
    """A value that each process makes for itself when it first uses it; no lock guards it, for a lock may be inherited.

    The process id is compared as well: servers that fork by themselves, such as uWSGI, may not tell Python. Inherited
    values are kept and never used: to close or finalize a connection would reach into the event loop of the parent.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: dict[tuple[int, int], T] = {}

    def get(self) -> T:
        """Return the value of this process."""
        process = (os.getpid(), _FORKS[0])
        try:
            return self._values[process]
        except KeyError:
            return self._values.setdefault(process, self._make())  # atomic: threads agree on one value


class Flag:
    """A `threading.Event` without waiting, and without a lock."""

    def __init__(self) -> None:
        self._set = False

    def set(self) -> None:
        """Raise the flag."""
        self._set = True

    def is_set(self) -> bool:
        """Return whether it was raised, in this process or before a fork."""
        return self._set
