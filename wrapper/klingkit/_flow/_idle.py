"""The connections that a pool keeps open between requests, each in a transport of its own.

httpx's pool looks through all its connections, and all requests that wait for one, whenever a request begins or ends:
with a thousand at once it does little else. Here a request takes the connection that became idle last.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from time import monotonic
from typing import Final, Generic, TypeAlias, TypeVar

import httpcore
import httpx

__all__ = ["KEPT", "MAX_IDLE", "Idle", "Origin", "httpcore_origin", "origin_of"]

T = TypeVar("T")

Origin: TypeAlias = tuple[str, str, int | None]
"""Scheme, host and port."""

KEPT: Final = 4.0
"""Seconds after which an idle connection serves no more: servers drop theirs after 5 s or more, and a request must not
meet that. The next request to any host closes it."""

MAX_IDLE: Final = 20
"""Idle connections that are kept, as many as httpx keeps."""


def origin_of(url: httpx.URL) -> Origin:
    """Return what a request for a URL connects to."""
    return url.scheme, url.host, url.port


def httpcore_origin(url: httpx.URL) -> httpcore.Origin:
    """Return the same for httpcore.

    Raises:
        httpx.UnsupportedProtocol: It is neither http nor https.
    """
    if url.scheme not in {"http", "https"}:
        raise httpx.UnsupportedProtocol(f"Request URL has an unsupported protocol '{url.scheme}://'.")
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/").origin


class Idle(Generic[T]):
    """Idle transports. Threads may share them; no lock guards them, for the steps of a list are atomic.

    Args:
        kept: Seconds that a transport is kept; 0: none is.
    """

    def __init__(self, kept: float) -> None:
        self._kept = kept
        self._idle: list[tuple[float, Origin, T]] = []
        """Until when each is kept, and for which origin; that which became idle last at the end."""
        self._surplus: list[T] = []

    def take(self, origin: Origin) -> T | None:
        """Return the transport to an origin that became idle last; None if none is kept."""
        now = monotonic()
        for entry in reversed(tuple(self._idle)):
            if entry[1] == origin and now < entry[0] and self._remove(entry):
                return entry[2]
        return None

    def put(self, origin: Origin, transport: T) -> None:
        """Keep a transport for the next request to its origin."""
        if self._kept:
            self._idle.append((monotonic() + self._kept, origin, transport))
        else:
            self._surplus.append(transport)

    def surplus(self) -> Iterator[T]:
        """Remove and yield the transports that are to be closed."""
        now, entries = monotonic() if self._kept else inf, tuple(self._idle)
        for number, entry in enumerate(entries):
            if (entry[0] <= now or number < len(entries) - MAX_IDLE) and self._remove(entry):
                yield entry[2]
        while self._surplus:
            try:
                yield self._surplus.pop()
            except IndexError:  # another thread was faster
                break

    def close(self) -> Iterator[T]:
        """Keep none from now on; remove and yield all."""
        self._kept = 0
        return self.surplus()

    def _remove(self, entry: tuple[float, Origin, T]) -> bool:
        """Remove an entry; return False if another thread was faster."""
        try:
            self._idle.remove(entry)
        except ValueError:
            return False
        return True
