"""Polling policies: how long to pause between two queries."""

from __future__ import annotations

from math import inf
from typing import Any, Protocol

from attrs import field, frozen

from klingkit._base import invalid

__all__ = ["Fixed", "Polling", "VendorAdvice"]


class Polling(Protocol):
    """Decides how long to pause between two queries."""

    def pause(self, elapsed: float) -> float:
        """Return the seconds to pause, `elapsed` seconds after waiting began."""
        ...


def _check_seconds(_: object, __: object, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise invalid("seconds", "a number more than 0", value)


@frozen
class Fixed:
    """The same pause each time, in seconds."""

    seconds: float = field(validator=_check_seconds)

    def pause(self, elapsed: float) -> float:  # noqa: ARG002 - part of the protocol
        """Return the fixed pause."""
        return self.seconds


@frozen
class VendorAdvice:
    """The pauses that the vendors advise: short at first, then longer (kie's page on the query; 001: 5-10 s)."""

    def pause(self, elapsed: float) -> float:
        """Return 2.5 s for the first half minute, 7.5 s up to two minutes, 20 s after that."""
        if elapsed < 30:
            return 2.5
        return 7.5 if elapsed < 120 else 20.0
