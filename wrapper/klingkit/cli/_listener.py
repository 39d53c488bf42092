"""A small HTTP server that shows each POST, forwards it, and replies with what the other service replied."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
from attrs import frozen

__all__ = ["Delivery", "forever", "serve"]

MAX_BODY: Final = 262_144
"""Bytes that a delivery may have."""

FORWARD_TIMEOUT: Final = 30.0

BAD_GATEWAY: Final = 502

OWN: Final = frozenset({"host", "connection", "content-length", "transfer-encoding", "expect"})
"""Headers that belong to one connection."""


forever: Final = threading.Event().wait
"""Waits for Ctrl-C."""


@frozen
class Delivery:
    """A delivery as it arrived, and the status that it was forwarded with."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    status: int


@contextmanager
def serve(host: str, port: int, forward_to: str, show: Callable[[Delivery], object]) -> Generator[str]:
    """Receive deliveries while the block lasts; give the URL.

    Raises:
        OSError: The address cannot be listened on.
    """
    # No proxy of the environment: the service may be on this machine.
    with httpx.Client(timeout=FORWARD_TIMEOUT, follow_redirects=False, trust_env=False) as client:
        handler = type("Handler", (_Handler,), {"client": client, "target": forward_to, "show": staticmethod(show)})
        with ThreadingHTTPServer((host, port), handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield f"http://{host}:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


class _Handler(BaseHTTPRequestHandler):
    client: httpx.Client
    target: str
    show: Callable[[Delivery], object]
    timeout = FORWARD_TIMEOUT

    def do_POST(self) -> None:
        """Forward a delivery, show it, and reply with the same status."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._reply(411)
        elif len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            self._reply(413)
        elif len(body := self.rfile.read(int(length))) < int(length):  # the sender has gone
            self._reply(400)
        else:
            self._deliver(body, tuple(self.headers.items()))

    def _deliver(self, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
        status = self._forward(body, headers)
        with suppress(OSError):  # without a reply, the sender would deliver it again
            self.show(Delivery(body, headers, status))
        self._reply(status)

    def _forward(self, body: bytes, headers: tuple[tuple[str, str], ...]) -> int:
        encoded = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers if name.lower() not in OWN
        ]
        try:
            return self.client.post(self._target(), content=body, headers=encoded).status_code
        except httpx.HTTPError:
            return BAD_GATEWAY

    def _target(self) -> httpx.URL:
        """Return where this delivery goes: the service's URL, with the query of the delivery."""
        query = self.path.partition("?")[2].encode("latin-1")
        url = httpx.URL(self.target)
        return url.copy_with(query=b"&".join(filter(None, (url.query, query))) or None)

    def _reply(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Write nothing: each delivery is shown already."""
