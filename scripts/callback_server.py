"""An HTTP server on loopback that keeps the callbacks it receives."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import field, frozen

__all__ = ["Callback", "CallbackServer", "callback_server"]


@frozen
class Callback:
    """A POST request, as it arrived."""

    body: bytes
    headers: dict[str, str]


@frozen
class CallbackServer:
    """The URL of the server, and the callbacks that have arrived, oldest first."""

    url: str
    callbacks: queue.Queue[Callback] = field(factory=queue.Queue[Callback])


@contextmanager
def callback_server() -> Generator[CallbackServer]:
    """Receive on a free loopback port while the block lasts."""
    arrived: queue.Queue[Callback] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(Callback(self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it has there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield CallbackServer(f"http://127.0.0.1:{server.server_port}/done", arrived)
        finally:
            server.shutdown()
            thread.join()
