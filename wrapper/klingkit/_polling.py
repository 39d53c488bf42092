"""How often to ask: policies as values."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen, validators

__all__ = ["Fixed", "Polling", "VendorAdvice"]


class Polling(Protocol):
    """Decides how long to pause between two queries."""

    def pause(self, elapsed: float) -> float:
        """Return the seconds to pause, `elapsed` seconds after waiting began."""
        ...


@frozen
class Fixed:
    """The same pause each time, in seconds."""

    seconds: float = field(validator=validators.gt(0))

    def pause(self, elapsed: float) -> float:  # noqa: ARG002 - part of the protocol
        """Return the fixed pause."""
        return self.seconds


@frozen
class VendorAdvice:
    """What the vendors advise: quick at first, then slower (kie's page on the query; 001: 5-10 s)."""

    def pause(self, elapsed: float) -> float:
        """Return 2.5 s for the first half minute, 7.5 s up to two minutes, 20 s after that."""
        if elapsed < 30:
            return 2.5
        return 7.5 if elapsed < 120 else 20.0
