"""The emulator without a socket, for blocking and asynchronous clients alike."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import httpx
from anyio.lowlevel import current_token

from klingkit.emulator import Emulator
from klingkit.testing._call import Call, scope_of
from klingkit.testing._lifespan import Lifespan
from klingkit.testing._loop import Loop, Stopped

__all__ = ["InProcess", "transport"]

Result = TypeVar("Result")


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Hands requests to an ASGI application and reads its answers to their end.

    A blocking client's requests run in an event loop of the transport's own, in a thread that starts with the first and
    ends with `close`; several may be under way at a time. An answer that pauses for longer than the read timeout is an
    `httpx.ReadTimeout`, one that is shorter than it says an `httpx.RemoteProtocolError`, as on a socket. As there, the
    application goes on by itself: after its answer, and when nobody waits for it any more.

    The application is started before its first request, and shut down when the client is closed: once for all blocking
    clients, and once in each event loop of asynchronous ones. What is at work then is cancelled. What it
    raises is raised where the request was sent, also if it has answered with a 500; or by `close`, if nobody waits.

    Args:
        app: The application.
        lifespan: Whether it is told of its start and end.
    """

    def __init__(self, app: Any, *, lifespan: bool = True) -> None:
        self._app = app
        self._lifespan = lifespan
        self._lives: dict[object, Lifespan] = {}
        self._starting = threading.Lock()
        self._loop: Loop | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the request of an `httpx.AsyncClient`, under asyncio or trio."""
        content = await request.aread()
        life = self._life()
        await _in_time(request, life.up.wait)
        call = life.call(scope_of(request), content)
        try:
            return await _read(request, call)
        finally:
            call.leave()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer the request of an `httpx.Client`, in any thread."""
        request.read()  # from now on its body may be read by either kind of client
        try:
            return self._running().ask(self.handle_async_request(request))
        except Stopped as error:
            raise httpx.ReadError(f"the application is no longer there: {error}", request=request) from error

    def close(self) -> None:
        """Shut the application down and end the thread; the next request starts both anew."""
        with self._starting:
            loop, self._loop = self._loop, None
        if loop is not None:
            try:
                with suppress(Stopped):
                    loop.ask(self.aclose())
            finally:
                loop.close()

    async def aclose(self) -> None:
        """Shut the application down, as far as it was started in this event loop."""
        if life := self._lives.pop(current_token(), None):
            await life.end()

    def _life(self) -> Lifespan:
        """The application's life in this event loop; it begins here."""
        token = current_token()
        if token not in self._lives:
            self._lives[token] = Lifespan(self._app, told=self._lifespan)
        return self._lives[token]

    def _running(self) -> Loop:
        with self._starting:
            if self._loop is None:
                self._loop = Loop()
            return self._loop


def transport(emulator: Emulator) -> InProcess:
    """Make a transport of an emulator: `httpx.Client(transport=transport(emulator))`, or `httpx.AsyncClient`."""
    return InProcess(emulator.app, lifespan=False)


async def _read(request: httpx.Request, call: Call) -> httpx.Response:
    """Read an answer to its end, or to an error that comes with it."""
    status, headers, parts, more = 0, httpx.Headers(), list[bytes](), True
    while more:
        message = await _in_time(request, call.next)
        if isinstance(message, BaseException):
            raise message
        if message is None:
            raise httpx.RemoteProtocolError("the application has ended before its answer", request=request)
        if message["type"] == "http.response.start":
            status, headers = message["status"], httpx.Headers(message.get("headers", ()))
        else:
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
    if error := call.error():
        raise error
    content = b"" if request.method == "HEAD" else b"".join(parts)
    _check_length(request, status, headers, len(content))
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))


async def _in_time(request: httpx.Request, wait: Callable[[], Awaitable[Result]]) -> Result:
    """Wait as long as the request's client does; what is waited for raises no TimeoutError, and is not cancelled."""
    patience: float | None = request.extensions.get("timeout", {}).get("read")
    try:
        with anyio.fail_after(patience):
            return await wait()
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"nothing came for {patience} s", request=request) from error


def _check_length(request: httpx.Request, status: int, headers: httpx.Headers, length: int) -> None:
    stated = headers.get("Content-Length")
    if stated is not None and request.method != "HEAD" and status != 304 and length != int(stated):
        raise httpx.RemoteProtocolError(f"the answer ended after {length} bytes of {stated}", request=request)
