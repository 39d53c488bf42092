"""The connections of a blocking client."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress

import httpx

from klingkit._flow._idle import KEPT, ONE, Idle, Origin, origin_of
from klingkit._flow._sync_network import guard

__all__ = ["Pool"]


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
        except Exception:  # Ctrl-C may leave a lock of it locked
            _close([transport])
            raise
        stream = _Stream(response.stream, origin, transport, self._idle)
        if response.is_closed:  # it was read whole, by what stands in the place of the transport
            stream.close()
        else:
            response.stream = stream
        return response

    def close(self) -> None:
        """Close the idle connections; those in use are closed after it."""
        _close(self._idle.close())

    def _new(self) -> httpx.HTTPTransport:
        transport = httpx.HTTPTransport(self._ssl_context, limits=ONE)
        guard(transport)
        return transport


class _Stream(httpx.SyncByteStream):
    """The body of a response; when it is closed, its transport is idle."""

    def __init__(
        self,
        body: httpx.SyncByteStream | httpx.AsyncByteStream,
        origin: Origin,
        transport: httpx.HTTPTransport,
        idle: Idle[httpx.HTTPTransport],
    ) -> None:
        assert isinstance(body, httpx.SyncByteStream)
        self._body = body
        self._origin = origin
        self._transport = transport
        self._idle = idle

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            self._body.close()
        except Exception:
            _close([self._transport])
            raise
        self._idle.put(self._origin, self._transport)
        _close(self._idle.surplus())


def _close(transports: Iterable[httpx.HTTPTransport]) -> None:
    for transport in transports:
        with suppress(Exception):  # an error of closing one connection is no error of another's request
            transport.close()
