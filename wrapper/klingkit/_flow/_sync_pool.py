"""The connections of a blocking client."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from math import inf
from typing import Any, cast

import httpx

from klingkit._flow._idle import KEPT, ONE, Idle, Origin, origin_of
from klingkit._flow._sync_network import guard

__all__ = ["Pool", "direct_pool"]


class Pool(httpx.BaseTransport):
    """Sends each request through a transport of its own, which serves another one once the response is closed.

    These transports are httpx's own: what instruments or replaces those, does so here. How many are in use at once is
    for the caller to limit.

    Args:
        ssl_context: For https.
        kept: Seconds that an idle connection is kept; 0: each request has a new one.
    """

    def __init__(self, ssl_context: ssl.SSLContext, *, kept: float = KEPT) -> None:
        self._ssl_context = ssl_context
        self._idle: Idle[httpx.HTTPTransport] = Idle(kept)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its connection is free again once the response is closed."""
        origin = origin_of(request.url)
        transport = self._idle.take(origin) or self._new()
        try:
            response = transport.handle_request(request)
        except BaseException:
            transport.close()
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Stream(response.stream, origin, transport, self._idle)
        return response

    def close(self) -> None:
        """Close the idle connections."""
        _close(self._idle.expired(inf))

    def _new(self) -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(self._ssl_context, limits=ONE)
        guard(transport)
        return transport


def direct_pool(client: httpx.Client) -> Pool | None:
    """Return the pool that takes all requests of a client; None for a user's own, and where proxies are set.

    What `httpx.Client.send` does beyond it (redirects, cookies, hooks) is not needed, and a third of the time.
    """
    transport = cast("Any", client)._transport  # noqa: SLF001 - httpx has no public place for it
    return transport if isinstance(transport, Pool) and not cast("Any", client)._mounts else None  # noqa: SLF001


class _Stream(httpx.SyncByteStream):
    """The body of a response; when it is closed, its transport is idle."""

    def __init__(
        self,
        body: httpx.SyncByteStream,
        origin: Origin,
        transport: httpx.HTTPTransport,
        idle: Idle[httpx.HTTPTransport],
    ) -> None:
        self._body = body
        self._origin = origin
        self._transport = transport
        self._idle = idle

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            self._body.close()
        except BaseException:
            self._transport.close()
            raise
        self._idle.put(self._origin, self._transport)
        _close(self._idle.expired())


def _close(transports: Iterable[httpx.HTTPTransport]) -> None:
    for transport in transports:
        transport.close()
