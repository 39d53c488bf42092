"""The connections of an async client."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

import anyio
import httpx

from klingkit._flow._async_network import guard
from klingkit._flow._idle import KEPT, ONE, Idle, Origin, origin_of
from klingkit._flow._uncancelled import current_loop, is_over

__all__ = ["AsyncPool"]


class AsyncPool(httpx.AsyncBaseTransport):
    """Sends each request through a transport of its own, as `Pool`; each event loop has its own connections."""

    def __init__(self, ssl_context: ssl.SSLContext, *, kept: float = KEPT) -> None:
        self._ssl_context = ssl_context
        self._kept = kept
        self._idle: dict[object, Idle[httpx.AsyncHTTPTransport]] = {}
        """Event loop -> its transports, until another loop begins after its end."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its connection is free again once the response is closed."""
        idle, origin = self._idle_of_this_loop(), origin_of(request.url)
        transport = idle.take(origin) or self._new()
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

    def _idle_of_this_loop(self) -> Idle[httpx.AsyncHTTPTransport]:
        loop = current_loop()
        if loop not in self._idle:
            for other in filter(is_over, tuple(self._idle)):
                self._idle.pop(other, None)
            self._idle[loop] = Idle(self._kept)
        return self._idle[loop]

    def _new(self) -> httpx.AsyncHTTPTransport:
        transport = httpx.AsyncHTTPTransport(self._ssl_context, limits=ONE)
        guard(transport)
        return transport


class _Stream(httpx.AsyncByteStream):
    """The body of a response; when it is closed, its transport is idle."""

    def __init__(
        self,
        body: httpx.SyncByteStream | httpx.AsyncByteStream,
        origin: Origin,
        transport: httpx.AsyncHTTPTransport,
        idle: Idle[httpx.AsyncHTTPTransport],
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
        self._idle.put(self._origin, self._transport)
        await _close(self._idle.surplus())


async def _close(transports: Iterable[httpx.AsyncHTTPTransport]) -> None:
    for transport in transports:
        with anyio.CancelScope(shield=True), suppress(Exception):  # it is to be closed, and is no other request's error
            await transport.aclose()
