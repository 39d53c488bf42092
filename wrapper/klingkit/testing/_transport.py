"""The emulator without a socket, for blocking and asynchronous clients alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterable
from typing import Any, cast

import anyio
import httpx
from anyio.lowlevel import current_token

from klingkit.emulator import Emulator
from klingkit.testing._lifespan import Lifespan

__all__ = ["InProcess", "transport"]


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to an ASGI application and reads its answers to their end.

    A blocking client's requests run in an event loop of the transport's own, in a thread that starts with the first and
    ends with `close`; several may be under way at a time. An answer that pauses for longer than the read timeout is an
    `httpx.ReadTimeout`, one that is shorter than it says an `httpx.RemoteProtocolError`, as on a socket.

    The application is started before its first request, and shut down when the client is closed: once for all blocking
    clients, and once in each event loop of asynchronous ones.

    Args:
        app: The application.
        lifespan: Whether it is told of its start and end.
    """

    def __init__(self, app: Any, *, lifespan: bool = True) -> None:
        self._app = app
        self._lifespan = lifespan
        self._lives: dict[object, Lifespan] = {}
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the request of an `httpx.AsyncClient`, under asyncio or trio."""
        patience: float | None = request.extensions.get("timeout", {}).get("read")
        state = await self._begun()
        try:
            with anyio.fail_after(patience) as limit:
                app = _told(self._app, state, limit, patience)
                answer = await httpx.ASGITransport(app).handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"nothing came for {patience} s", request=request) from error
        content = b"".join([part async for part in cast("AsyncIterable[bytes]", answer.stream)])
        _check_length(request, answer, len(content))
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the request of an `httpx.Client`, in any thread."""
        request.read()  # from now on its body may be read by either kind of client
        return asyncio.run_coroutine_threadsafe(self.handle_async_request(request), self._running()).result()

    def close(self) -> None:
        """Shut the application down and end the thread; the next request starts both anew."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop is not None:
            try:
                asyncio.run_coroutine_threadsafe(self.aclose(), loop).result()
            finally:
                loop.call_soon_threadsafe(loop.stop)

    async def aclose(self) -> None:
        """Shut the application down, as far as it was started in this event loop."""
        if life := self._lives.pop(current_token(), None):
            await life.end()

    async def _begun(self) -> dict[str, Any]:
        """Start the application in this event loop, unless it is; what that has left for its requests."""
        if not self._lifespan:
            return {}
        token = current_token()
        if token not in self._lives:
            self._lives[token] = Lifespan(self._app)
        life = self._lives[token]
        await life.begin()
        return life.state

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="klingkit-in-process", daemon=True).start()
            return self._loop


def transport(emulator: Emulator) -> InProcess:
    """Make a transport of an emulator: `httpx.Client(transport=transport(emulator))`, or `httpx.AsyncClient`."""
    return InProcess(emulator.app, lifespan=False)


def _told(app: Any, state: dict[str, Any], limit: anyio.CancelScope, patience: float | None) -> Any:
    """The application, told of its state; each part of its answer puts the limit off."""

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if patience is not None:
                limit.deadline = anyio.current_time() + patience
            await send(message)

        await app({**scope, "state": dict(state)}, receive, sending)

    return telling


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _check_length(request: httpx.Request, answer: httpx.Response, length: int) -> None:
    stated = answer.headers.get("Content-Length")
    if stated is not None and request.method != "HEAD" and answer.status_code != 304 and length != int(stated):
        raise httpx.RemoteProtocolError(f"the answer ended after {length} bytes of {stated}", request=request)
