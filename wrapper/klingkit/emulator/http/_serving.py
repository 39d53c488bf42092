"""An ASGI application on a port, in a thread of its own."""

import asyncio
import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Thread
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from klingkit.emulator.http._tls import Tls, context
from klingkit.emulator.journal._journal import App, Receive, Scope, Send

FLUSH = 0.05  # seconds that what is already written may take to leave

_ERRORS = logging.getLogger("uvicorn.error.klingkit")
_ERRORS.setLevel(logging.ERROR)


class _Door:
    """The layer between the server and the application, through which both can break off.

    Each scope gets the extension "klingkit.abort": call it, and the connection is closed once what was sent has left.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._running: set[asyncio.Task[object]] = set()
        self._closing = False
        self.state: ServerState | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the request answered, or broken off without a word in the log."""
        broken: list[object] = []

        def abort() -> None:
            broken.append(scope)
            self._close(scope["client"])

        scope["extensions"] = {**scope.get("extensions", {}), "klingkit.abort": abort}
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._closing:
                raise
        finally:
            self._running.discard(task)
        if broken or self._closing:  # the server minds an answer that is not complete while the client is there
            while (await receive())["type"] != "http.disconnect":
                pass

    async def close(self) -> None:
        """End all requests and all connections at once."""
        assert self.state is not None
        self._closing = True
        for connection in list(self.state.connections):
            connection.transport.close()
        for task in list(self._running):
            task.cancel()
        await asyncio.sleep(FLUSH)
        for connection in list(self.state.connections):  # to those who don't read
            connection.transport.abort()

    def _close(self, client: object) -> None:
        assert self.state is not None
        for connection in list(self.state.connections):
            if getattr(connection, "client", None) == client:
                connection.transport.close()


class _Http(H11Protocol):
    """HTTP alone: who speaks something else is told so, and the log is not."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = _ERRORS


class _Server(uvicorn.Server):
    """A server that waits for nobody once it is to stop."""

    def __init__(self, config: uvicorn.Config, door: _Door) -> None:
        super().__init__(config)
        self._door = door
        door.state = self.server_state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Whoever has connected and has not begun to talk TLS would be waited for.
        servers, self.servers = self.servers, []
        for server in servers:
            server.close()
        # A connection in the midst of a request would hold the end up, and end in a traceback.
        await self._door.close()
        await super().shutdown(sockets)


@contextmanager
def serve(app: App, host: str, port: int, tls: Tls | None = None) -> Generator[str]:
    """Serve the application while the context lasts; entering it gives the base URL.

    Where it is served on every address of this machine, the base URL is the loopback one.

    Raises:
        ValueError: `host` is no IP address, or `tls` no certificate and its key.
        OSError: the port is taken, or this machine has no such address.
    """
    door = _Door(app)
    config = uvicorn.Config(
        door,
        loop="asyncio",
        http=_Http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a header of the caller's does not change where the films are
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = context(tls) if tls else None
    with _listen(host, port) as listener:
        server = _Server(config, door)
        thread = Thread(target=server.run, args=([listener],), name="emulator", daemon=True)
        # The socket listens already: who comes before the thread is ready waits in its backlog.
        try:
            thread.start()
            yield f"{'https' if tls else 'http'}://{_reached_at(host)}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _reached_at(host: str) -> str:
    """The address in a URL, by which this machine reaches it."""
    address = ip_address(host)
    if address.is_unspecified:
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return str(address) if address.version == 4 else f"[{address}]"


def _listen(host: str, port: int) -> socket.socket:
    try:
        address = ip_address(host)
    except ValueError:
        raise ValueError(f"host must be an IP address of this machine, is {host!r}") from None
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # asyncio sends without delay (40 ms an answer) only on sockets that say that they are TCP.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())
