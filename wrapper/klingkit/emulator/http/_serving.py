"""Serving an ASGI application on a port, in a thread of its own."""

import asyncio
import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Thread
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from klingkit.emulator.http._access import MAX_HEADERS
from klingkit.emulator.http._asgi import App, Receive, Scope, Send
from klingkit.emulator.http._tls import Tls, server_context

STOP = 0.25  # seconds that the end may take, whatever a request does meanwhile
MAX_LINES = 10 * MAX_HEADERS  # of a head; up to here, the application rejects what is too much, and records it
TOO_MANY = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
LINGER = 0.2  # seconds that the rest of a rejected request may take
FLUSH = 0.05  # seconds that written bytes may take to leave before connections are aborted

_ERRORS = logging.getLogger("uvicorn.error.klingkit")
_ERRORS.setLevel(logging.ERROR)


class _Connections:
    """ASGI layer between server and application that can close connections.

    Each scope gets the extension "klingkit.abort": a function that closes the connection once what was sent has left.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._running: set[asyncio.Task[object]] = set()
        self._closing = False
        self.state: ServerState | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. An aborted one ends without an error in the log."""
        aborted: list[object] = []

        def abort() -> None:
            aborted.append(scope)
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
        if aborted or self._closing:  # the server logs an incomplete response while the client is there
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
        for connection in list(self.state.connections):  # whose clients don't read
            connection.transport.abort()

    def _close(self, client: object) -> None:
        assert self.state is not None
        for connection in list(self.state.connections):
            if getattr(connection, "client", None) == client:
                connection.transport.close()


class _Http(H11Protocol):
    """HTTP whose errors of clients, as invalid requests, are not logged, and whose heads have not too many lines."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = _ERRORS
        self._rejected = False

    def data_received(self, data: bytes) -> None:
        if self._rejected:
            return
        if self.conn.their_state is h11.IDLE:
            head = (self.conn.trailing_data[0] + data).partition(b"\r\n\r\n")[0]
            if head.count(b"\n") > MAX_LINES:  # of which each would cost much more than its bytes, once it is parsed
                self._rejected = True
                self.transport.write(TOO_MANY)
                # Not at once: what is still to come would reset the connection, and the response be lost.
                self.loop.call_later(LINGER, self.transport.close)
                return
        super().data_received(data)


class _Server(uvicorn.Server):
    """A server that stops without waiting for its clients."""

    def __init__(self, config: uvicorn.Config, connections: _Connections) -> None:
        super().__init__(config)
        self._connections = connections
        connections.state = self.server_state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Closed here, because uvicorn would wait for clients that are connected and have not begun TLS.
        servers, self.servers = self.servers, []
        for server in servers:
            server.close()
        # A connection in the middle of a request would delay the end, and log a traceback.
        await self._connections.close()
        await super().shutdown(sockets)


@contextmanager
def serve(app: App, host: str, port: int, tls: Tls | None = None) -> Generator[str]:
    """Serve the application while the context lasts; entering it returns the base URL.

    If it is served on every address of this machine, the base URL is the loopback one.

    Raises:
        ValueError: `host` is no IP address, or `tls` is no certificate with its key.
        OSError: the port is taken, or this machine has no such address.
    """
    connections = _Connections(app)
    config = uvicorn.Config(
        connections,
        loop="asyncio",
        http=_Http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a header of the client does not change the URLs of videos
        timeout_graceful_shutdown=1,
    )
    config.load()
    config.ssl = server_context(tls) if tls else None
    listener = _listen(host, port)
    url = f"{'https' if tls else 'http'}://{_url_host(host)}:{listener.getsockname()[1]}"
    server = _Server(config, connections)
    thread = Thread(target=_run, args=(server, listener), name="emulator", daemon=True)
    # The socket listens already: early clients wait in its backlog until the thread is ready.
    try:
        thread.start()
        yield url
    finally:
        server.should_exit = True
        thread.join(STOP)  # it is a daemon: a request that goes on does not keep the process alive


def _run(server: _Server, listener: socket.socket) -> None:
    with listener:  # closed by its own thread, which may be late: its event loop must not find it closed
        server.run([listener])


def _url_host(host: str) -> str:
    """Return the address, in the form of a URL, by which this machine reaches it."""
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
    # asyncio disables Nagle (40 ms a response) only on sockets whose protocol is given as TCP.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())
