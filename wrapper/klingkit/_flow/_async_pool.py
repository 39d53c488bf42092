"""klingkit's own async client, and its connections."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any, cast

import anyio
import httpcore
import httpx

from klingkit._flow._async_network import Backend, install_backend
from klingkit._flow._idle import KEPT, MAX_IDLE, Idle, Origin, httpcore_origin, origin_of
from klingkit._flow._network import NoCookies, environment_errors, is_as_shipped, ssl_context
from klingkit._flow._uncancelled import current_loop, is_over

__all__ = ["AsyncPool", "OwnAsyncClient"]


class OwnAsyncClient(httpx.AsyncClient):
    """A client that hands each request to a transport as it is, as `OwnClient`."""

    def __init__(self, kept: float = KEPT) -> None:
        limits = httpx.Limits(max_keepalive_connections=MAX_IDLE if kept else 0)  # of the environment's proxies
        with environment_errors():
            super().__init__(verify=ssl_context(), cookies=NoCookies(), limits=limits)
        self.headers.clear()
        install_backend(self)
        self._transport = AsyncPool(ssl_context(), kept=kept)  # a public transport would stop the environment's proxies

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; the response is not read yet."""
        if not is_as_shipped(httpx.AsyncClient, "send", "_send_single_request"):
            return await super().send(request, **options)
        try:
            response = await self._transport_for_url(request.url).handle_async_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response


class AsyncPool(httpx.AsyncBaseTransport):
    """Sends each request on a connection of its own, as `Pool`; each event loop has its own connections."""

    def __init__(self, ssl_context: ssl.SSLContext, *, kept: float = KEPT) -> None:
        self._ssl_context = ssl_context
        self._kept = kept
        self._idle: dict[object, Idle[_Transport]] = {}
        """Event loop -> its transports, until another loop begins after its end."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its connection is free again once the response is closed."""
        idle, origin = self._idle_of_this_loop(), origin_of(request.url)
        transport = await _take(idle, origin)
        if transport is None:
            transport = _Transport(self._ssl_context, request.url)
        else:
            request.extensions.pop("trace", None)  # which is to see whether a connection was made
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await _close([transport])
            raise
        stream = _Stream(response.stream, origin, transport, idle)
        if response.is_closed:  # it was read whole, by what stands in the place of the transport
            await stream.aclose()
        else:
            response.stream = stream
        return response

    async def aclose(self) -> None:
        """Close the idle connections of this event loop; all others are closed after their use."""
        self._kept = 0
        here = self._idle_of_this_loop()
        for idle in tuple(self._idle.values()):
            if idle is not here:
                idle.close()
        await _close(here.close())

    def _idle_of_this_loop(self) -> Idle[_Transport]:
        loop = current_loop()
        if loop not in self._idle:
            for other in filter(is_over, tuple(self._idle)):
                self._idle.pop(other, None)
            self._idle[loop] = Idle(self._kept)
        return self._idle[loop]


class _Transport(httpx.AsyncHTTPTransport):
    """A transport with one connection in the place of a pool."""

    connection: httpcore.AsyncHTTPConnection | None = None

    def __init__(self, ssl_context: ssl.SSLContext, url: httpx.URL) -> None:
        backend = Backend(cast("Any", httpcore.AnyIOBackend()))  # whose type depends on whether anyio is there
        if is_as_shipped(httpcore.AsyncConnectionPool, "handle_async_request"):
            self.connection = httpcore.AsyncHTTPConnection(httpcore_origin(url), ssl_context, network_backend=backend)
            self._pool = self.connection  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue] - all that httpx asks of a pool
        else:  # what has replaced it is to see the request
            self._pool = httpcore.AsyncConnectionPool(ssl_context, network_backend=backend)

    def is_idle(self) -> bool:
        """Return whether another request may follow on the connection."""
        return self.connection is not None and self.connection.is_idle()


class _Stream(httpx.AsyncByteStream):
    """The body of a response; when it is closed, its transport is idle."""

    def __init__(
        self,
        body: httpx.SyncByteStream | httpx.AsyncByteStream,
        origin: Origin,
        transport: _Transport,
        idle: Idle[_Transport],
    ) -> None:
        assert isinstance(body, httpx.AsyncByteStream)
        self._body = body
        self._origin = origin
        self._transport = transport
        self._idle = idle

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        except BaseException:
            await _close([self._transport])
            raise
        if self._transport.is_idle():
            self._idle.put(self._origin, self._transport)
        else:
            await _close([self._transport])
        await _close(self._idle.surplus())


async def _take(idle: Idle[_Transport], origin: Origin) -> _Transport | None:
    """Return an idle transport whose connection the server has not closed; None if there is none."""
    while (transport := idle.take(origin)) is not None:
        if transport.connection is not None and not transport.connection.has_expired():
            return transport
        await _close([transport])
    return None


async def _close(transports: Iterable[httpx.AsyncHTTPTransport]) -> None:
    for transport in transports:
        with anyio.CancelScope(shield=True), suppress(Exception):  # it is to be closed, and is no other request's error
            await transport.aclose()
