"""klingkit's own blocking client, and its connections."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import httpcore
import httpx

from klingkit._flow._idle import KEPT, MAX_IDLE, Idle, Origin, httpcore_origin, origin_of
from klingkit._flow._network import NoCookies, environment_errors, is_as_shipped, ssl_context
from klingkit._flow._sync_network import Backend, install_backend

__all__ = ["OwnClient", "Pool"]


class OwnClient(httpx.Client):
    """A client that hands each request to a transport as it is: our requests have all of their headers.

    What `httpx.Client.send` adds (cookies, redirects, authentication, hooks) costs as much as the rest, unused. Where
    something has replaced it, to record requests or to keep them from being sent, it is called.

    Args:
        kept: Seconds that an idle connection is kept; 0: each request has a new one, for a paid one could be lost on a
            connection that the server is about to close.
    """

    def __init__(self, kept: float = KEPT) -> None:
        limits = httpx.Limits(max_keepalive_connections=MAX_IDLE if kept else 0)  # of the environment's proxies
        with environment_errors():
            super().__init__(verify=ssl_context(), cookies=NoCookies(), limits=limits)
        self.headers.clear()
        install_backend(self)
        self._transport = Pool(ssl_context(), kept=kept)  # a public transport would stop the environment's proxies

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; the response is not read yet."""
        if not is_as_shipped(httpx.Client, "send", "_send_single_request"):
            return super().send(request, **options)
        try:
            response = self._transport_for_url(request.url).handle_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response


class Pool(httpx.BaseTransport):
    """Sends each request on a connection of its own, which serves another one once the response is closed.

    The transports are httpx's own: what instruments or replaces those, does so here. How many are in use at once is
    for the caller to limit.

    Args:
        ssl_context: For https.
        kept: Seconds that an idle connection is kept; 0: each request has a new one.
    """

    def __init__(self, ssl_context: ssl.SSLContext, *, kept: float = KEPT) -> None:
        self._ssl_context = ssl_context
        self._idle: Idle[_Transport] = Idle(kept)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its connection is free again once the response is closed."""
        origin = origin_of(request.url)
        transport = self._take(origin)
        if transport is None:
            transport = _Transport(self._ssl_context, request.url)
        else:
            request.extensions.pop("trace", None)  # which is to see whether a connection was made
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

    def _take(self, origin: Origin) -> _Transport | None:
        """Return an idle transport whose connection the server has not closed; None if there is none."""
        while (transport := self._idle.take(origin)) is not None:
            if transport.connection is not None and not transport.connection.has_expired():
                return transport
            _close([transport])
        return None


class _Transport(httpx.HTTPTransport):
    """A transport with one connection in the place of a pool."""

    connection: httpcore.HTTPConnection | None = None

    def __init__(self, ssl_context: ssl.SSLContext, url: httpx.URL) -> None:
        backend = Backend(httpcore.SyncBackend())
        if is_as_shipped(httpcore.ConnectionPool, "handle_request"):
            self.connection = httpcore.HTTPConnection(httpcore_origin(url), ssl_context, network_backend=backend)
            self._pool = self.connection  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue] - all that httpx asks of a pool
        else:  # what has replaced it is to see the request
            self._pool = httpcore.ConnectionPool(ssl_context, network_backend=backend)

    def is_idle(self) -> bool:
        """Return whether another request may follow on the connection."""
        return self.connection is not None and self.connection.is_idle()


class _Stream(httpx.SyncByteStream):
    """The body of a response; when it is closed, its transport is idle."""

    def __init__(
        self,
        body: httpx.SyncByteStream | httpx.AsyncByteStream,
        origin: Origin,
        transport: _Transport,
        idle: Idle[_Transport],
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
        if self._transport.is_idle():
            self._idle.put(self._origin, self._transport)
        else:
            _close([self._transport])
        _close(self._idle.surplus())


def _close(transports: Iterable[httpx.HTTPTransport]) -> None:
    for transport in transports:
        with suppress(Exception):  # an error of closing one connection is no error of another's request
            transport.close()
