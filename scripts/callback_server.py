"""A place on loopback where callbacks arrive."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attrs import field, frozen

__all__ = ["Letter", "Mailbox", "mailbox"]


@frozen
class Letter:
    """What was POSTed, as it arrived."""

    body: bytes
    headers: dict[str, str]


@frozen
class Mailbox:
    """Where it is, and what has arrived."""

    url: str
    letters: queue.Queue[Letter] = field(factory=queue.Queue[Letter])


@contextmanager
def mailbox() -> Generator[Mailbox]:
    """Receive on a free loopback port while the block lasts."""
    arrived: queue.Queue[Letter] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(Letter(self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Mailbox(f"http://127.0.0.1:{server.server_port}/done", arrived)
        finally:
            server.shutdown()
            thread.join()
