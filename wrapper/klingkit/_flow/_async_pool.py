"""The connections of an async client."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from math import inf
from typing import Any, cast

import anyio
import httpx

from klingkit._flow._async_network import guard
from klingkit._flow._idle import KEPT, ONE, Idle, Origin, origin_of
from klingkit._flow._uncancelled import current_loop, is_over

__all__ = ["AsyncPool", "direct_pool"]


class AsyncPool(httpx.AsyncBaseTransport):
    """Sends each request through a transport of its own, as `Pool`; each event loop has its own connections."""

    def __init__(self, ssl_context: ssl.SSLContext, *, kept: float = KEPT) -> None:
        self._ssl_context = ssl_context
        self._kept = kept
        self._idle: dict[object, Idle[httpx.AsyncHTTPTransport]] = {}
        """Event loop -> transports, which live no longer than it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its connection is free again once the response is closed."""
        idle, origin = self._idle_of_this_loop(), origin_of(request.url)
        transport = idle.take(origin) or self._new()
        try:
            response = await transport.handle_async_request(request)
        except BaseException:
            await _close([transport])
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Stream(response.stream, origin, transport, idle)
        return response

    async def aclose(self) -> None:
        """Close the idle connections of this event loop."""
        await _close(self._idle_of_this_loop().expired(inf))

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


def direct_pool(client: httpx.AsyncClient) -> AsyncPool | None:
    """Return the pool that takes all requests of a client; None for a user's own, and where proxies are set.

    What `httpx.AsyncClient.send` does beyond it (redirects, cookies, hooks) is not needed, and a third of the time.
    """
    transport = cast("Any", client)._transport  # noqa: SLF001 - httpx has no public place for it
    return transport if isinstance(transport, AsyncPool) and not cast("Any", client)._mounts else None  # noqa: SLF001


class _Stream(httpx.AsyncByteStream):
    """The body of a response; when it is closed, its transport is idle."""

    def __init__(
        self,
        body: httpx.AsyncByteStream,
        origin: Origin,
        transport: httpx.AsyncHTTPTransport,
        idle: Idle[httpx.AsyncHTTPTransport],
    ) -> None:
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
        await _close(self._idle.expired())


async def _close(transports: Iterable[httpx.AsyncHTTPTransport]) -> None:
    for transport in transports:
        with anyio.CancelScope(shield=True):  # else the connection would stay open for ever
            await transport.aclose()
