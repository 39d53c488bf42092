"""A media host: a behaviour of the scripted server that serves a file, or a range of it, and counts the bytes sent."""

from __future__ import annotations

import re
import threading
from typing import Any

from contract_tests.support.scripted_server import ServerExchange

_RANGE = re.compile(rb"\r\nRange: bytes=([0-9]+)-\r\n", re.IGNORECASE)
_IF_RANGE = re.compile(rb'\r\nIf-Range: "([^"]*)"\r\n', re.IGNORECASE)


class MediaHost:
    """Serves `content`; with `stop_at`, it stops after so many bytes and waits until the client disconnects."""

    def __init__(self, content: bytes, tag: str = "1", stop_at: int | None = None, **headers: Any) -> None:
        self.content = content
        self.tag = tag
        self.stop_at = stop_at
        self.headers = {"Content-Type": "video/mp4"} | {k.replace("_", "-"): v for k, v in headers.items()}
        self.sent = 0
        self.starts: list[int] = []
        """The first byte of each response."""
        self.stopped = threading.Event()

    def __call__(self, exchange: ServerExchange) -> None:
        range_header = _RANGE.search(exchange.request)
        if_range = _IF_RANGE.search(exchange.request)
        resumes = range_header is not None and if_range is not None and if_range[1].decode() == self.tag
        start = int(range_header[1]) if range_header and resumes else 0
        self.starts.append(start)
        exchange.send(self.head(start, partial=resumes))
        end = len(self.content) if self.stop_at is None else self.stop_at
        for offset in range(start, end, 65536):
            piece = self.content[offset : min(offset + 65536, end)]
            exchange.send(piece)
            self.sent += len(piece)
        if self.stop_at is not None:
            self.stopped.set()
            exchange.connection.settimeout(30)
            exchange.connection.recv(1)

    def head(self, start: int, *, partial: bool) -> bytes:
        size = len(self.content)
        lines = {"ETag": f'"{self.tag}"', "Content-Length": str(size - start)} | self.headers
        if partial:
            lines["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        return f"HTTP/1.1 {206 if partial else 200} OK\r\n{text}\r\n".encode()
