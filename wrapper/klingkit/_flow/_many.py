"""What the drivers share that perform many short flows at once."""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeVar

from klingkit._flow._effects import Flow

__all__ = ["WORKERS", "Jobs"]

R_co = TypeVar("R_co", covariant=True)

WORKERS: Final = 32
"""Flows at once: enough for thousands of short ones, and few enough for one host."""


class Jobs(Protocol[R_co]):
    """Jobs that come back until they have a result; `time` is the driver's."""

    left: int
    """Jobs without a result."""

    def take(self, time: float) -> Any:
        """Take a job that is due; None if none is."""
        ...

    def pause(self, time: float) -> float:
        """Return the seconds until one is due; infinite if all are taken."""
        ...

    def query(self, job: Any, /) -> Flow[R_co | None]:
        """Return the flow that does the job once, and the result of that, if any."""
        ...
