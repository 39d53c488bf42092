"""The connections that a pool keeps open between requests, each in a transport of its own.

httpx's pool looks through all its connections, and all requests that wait for one, whenever a request begins or ends:
with a thousand at once it does little else. Here a request takes the connection that became idle last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import Final, Generic, TypeAlias, TypeVar

import httpx

__all__ = ["KEPT", "ONE", "Idle", "Origin", "origin_of"]

T = TypeVar("T", httpx.HTTPTransport, httpx.AsyncHTTPTransport)

Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""

KEPT: Final = 4.0
"""Seconds that an idle connection is kept: servers drop theirs after 5 s or more, and a request must not meet that."""

ONE: Final = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)
"""The limits of a transport that holds a connection; `Idle` decides how long."""


def origin_of(url: httpx.URL) -> Origin:
    """Return what a request for a URL connects to."""
    return url.scheme, url.host, url.port


class Idle(Generic[T]):
    """Idle transports. Threads may share them; no lock guards them, for the steps of a list are atomic.

    Args:
        kept: Seconds that a transport is kept; 0: none is.
    """

    def __init__(self, kept: float) -> None:
        self._kept = kept
        self._idle: dict[Origin, list[tuple[float, T]]] = {}
        """Origin -> transports with the time until which they are kept, that which became idle last at the end."""
        self._old: list[T] = []

    def take(self, origin: Origin) -> T | None:
        """Return the transport to an origin that became idle last; None if none is kept."""
        transports, now = self._idle.get(origin), monotonic()
        with suppress(IndexError):  # another thread was faster
            while transports:
                until, transport = transports.pop()
                if now < until:
                    return transport
                self._old.append(transport)
        return None

    def put(self, origin: Origin, transport: T) -> None:
        """Keep a transport for the next request to its origin."""
        self._idle.setdefault(origin, []).append((monotonic() + self._kept, transport))

    def expired(self, at: float | None = None) -> Iterator[T]:
        """Remove and yield the transports that are kept no longer, now or `at` a later time."""
        now = monotonic() if at is None else at
        with suppress(IndexError):  # another thread was faster
            for transports in tuple(self._idle.values()):
                while transports and transports[0][0] <= now:
                    self._old.append(transports.pop(0)[1])
            while self._old:
                yield self._old.pop()
