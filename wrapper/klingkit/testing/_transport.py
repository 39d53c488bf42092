"""The emulator without a socket, for blocking and asynchronous clients."""

from __future__ import annotations

import anyio
import httpx
from anyio.from_thread import BlockingPortalProvider

from klingkit.emulator import Emulator

__all__ = ["EmulatorTransport"]


class EmulatorTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """httpx transport that hands requests to an emulator in this process: `httpx.Client(transport=...)`.

    It also serves `httpx.AsyncClient`, under asyncio and trio, and may be shared by threads. A response is read to its
    end before the client gets it, so the client's read timeout bounds the whole exchange. There is nothing to close.

    Args:
        emulator: Responds to the requests.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._asgi = httpx.ASGITransport(emulator.app)
        self._portals = BlockingPortalProvider()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Respond to a request of an `httpx.AsyncClient`.

        Raises:
            httpx.TransportError: The read timeout is over, or a fault of the emulator breaks the connection.
        """
        timeout: float | None = request.extensions.get("timeout", {}).get("read")
        try:
            with anyio.fail_after(timeout):
                response = await self._asgi.handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"no response within {timeout} s", request=request) from error
        content = b"".join([part async for part in response.aiter_raw()])
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(content))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Respond to a request of an `httpx.Client`; raises what `handle_async_request` does."""
        request.read()  # an asynchronous transport cannot read a blocking stream
        with self._portals as portal:
            return portal.call(self.handle_async_request, request)
