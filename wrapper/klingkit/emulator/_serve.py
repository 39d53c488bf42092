"""An ASGI application on a loopback port, in a thread of its own."""

import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Thread

import uvicorn


class _Server(uvicorn.Server):
    """A server that waits for nobody once it is to stop."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A connection in the midst of a request would hold the end up, and end in a traceback.
        for connection in list(self.server_state.connections):
            connection.transport.close()
        await super().shutdown(sockets)


@contextmanager
def serve(app: Callable[..., object], host: str, port: int) -> Generator[str]:
    """Serve the application while the context lasts; entering it gives the base URL.

    Raises:
        ValueError: `host` is no loopback address.
        OSError: the port is taken.
    """
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a header of the caller's does not change where the films are
        timeout_graceful_shutdown=1,
    )
    with _listen(host, port) as listener:
        server = _Server(config)
        thread = Thread(target=server.run, args=([listener],), name="emulator", daemon=True)
        # The socket listens already: who comes before the thread is ready waits in its backlog.
        thread.start()
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _listen(host: str, port: int) -> socket.socket:
    if not ip_address(host).is_loopback:
        raise ValueError(f"{host} is no loopback address")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # asyncio sends without delay (40 ms an answer) only on sockets that say that they are TCP.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=listener.detach())
