"""A total time limit for blocking exchanges.

httpx limits each read, not their sum: a server that sends a byte a second holds a call for ever. The blocking network
backend asks here how much time is left before each operation. httpcore passes it no request, so the limit stands in a
context variable.
"""

from __future__ import annotations

from contextvars import ContextVar
from time import monotonic as _clock

import httpcore
import httpx

from klingkit._flow._bound import Bound

__all__ = ["check_deadline", "deadline", "has_deadline", "time_left"]

_DEADLINE: ContextVar[float | None] = ContextVar("klingkit_deadline", default=None)


def deadline(seconds: float) -> Bound[float | None]:
    """Bound all exchanges in a block together; only connections through `_sync_network.Backend` obey it."""
    return Bound(_DEADLINE, _clock() + seconds)


def has_deadline() -> bool:
    """Return whether a total limit applies here."""
    return _DEADLINE.get() is not None


def time_left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    """Return the seconds left of the deadline, or `timeout` if that is less; None: neither is set.

    Raises:
        httpcore.TimeoutException: `error`, if nothing is left.
    """
    end = _DEADLINE.get()
    if end is None:
        return timeout
    left = end - _clock()
    if left <= 0:
        raise error("the exchange took too long")
    return left if timeout is None else min(timeout, left)


def check_deadline(request: httpx.Request) -> None:
    """Raise once the deadline has passed: called after each chunk of a body, for transports that do not check it.

    Raises:
        httpx.ReadTimeout: Nothing is left.
    """
    try:
        time_left(None, httpcore.ReadTimeout)
    except httpcore.ReadTimeout as error:
        raise httpx.ReadTimeout(str(error), request=request) from error
