"""The log of requests and their responses, of which the newest are kept."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from sys import getsizeof
from typing import TypeAlias
from urllib.parse import unquote

from klingkit.emulator._history import Log
from klingkit.emulator.http._access import MAX_HEADERS

MAX_BODY = 65_536  # bytes of a body that are kept
MAX_TEXT = 4_096  # characters of a path, and of a query, that are kept
HEADER_COST = 180  # bytes that a header takes beside its name and value: two objects, and the pair of them

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

_TEXT = ("application/json", "text/")
_SECRET = re.compile("auth|cookie|key|password|secret|signature|token", re.IGNORECASE)
"""Names of secrets: keys come in other headers, too, and by mistake in queries."""


@dataclass(frozen=True)
class Message:
    """Headers and body of a request or a response; `content` is at most the first MAX_BODY bytes of `size`."""

    raw: Headers = ()
    content: bytes = b""
    size: int = 0

    @property
    def headers(self) -> dict[str, str]:
        """Headers by their names in lower case; repeated ones are joined by commas."""
        found: dict[str, str] = {}
        for name, value in self.raw:
            key, text = name.decode("latin-1").lower(), value.decode("utf-8", "replace")
            found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    @property
    def body(self) -> str:
        """The body as text, or a note in parentheses if it is no text or was not read."""
        if self.unread:
            return "(not read)"
        kind = self.headers.get("content-type", "")
        if self.size and not kind.startswith(_TEXT) and not (self.content and _is_text(self.content)):
            return f"({kind or 'no content type'}, {self.size} bytes)"
        rest = f"… ({self.size} bytes)" if self.cut else ""
        return self.content.decode("utf-8", "replace") + rest

    @property
    def unread(self) -> bool:
        """Whether there was a body that was not read: a request may be rejected before."""
        return not self.size and self.headers.get("content-length", "0") != "0"

    @property
    def cut(self) -> bool:
        """Whether there was more of the body than is kept."""
        return self.size > len(self.content)


@dataclass(frozen=True)
class Exchange:
    """A request and its response. Keys are masked in its headers and its query."""

    id: int  # counts up
    at: float  # when the request came, by the emulator's clock, Unix seconds
    api: str | None
    operation: str  # create, query, list, upload, media, or other
    method: str
    path: str
    query: str
    status: int | None  # None: the connection was closed without a response
    task_id: str | None
    fault: str | None  # the kind of the fault that was injected
    seconds: float  # how long it took
    request: Message = field(repr=False)
    response: Message = field(repr=False)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        both = self.request, self.response
        headers = sum(HEADER_COST + len(name) + len(value) for message in both for name, value in message.raw)
        texts = sum(map(getsizeof, (self.method, self.path, self.query, self.task_id)))
        return 2_000 + texts + headers + sum(len(message.content) for message in both)

    @property
    def shortened(self) -> bool:
        """Whether the path or the query was longer than what is kept of it."""
        return max(len(self.path), len(self.query)) > MAX_TEXT


class Exchanges(Log[Exchange]):
    """The newest exchanges.

    Args:
        kept: how many there are at most.
        on_exchange: called with each, in their order.
    """

    def __init__(self, *, kept: int, on_exchange: Callable[[Exchange], None]) -> None:
        super().__init__(kept, "request", share=0.25)
        self._on_exchange = on_exchange
        self.generation = 0  # the number of resets

    def add(self, exchange: Exchange, generation: int, known_as: int | None = None) -> int | None:
        """Add an exchange, or record how far it has come, unless it began before a reset.

        Args:
            exchange: the exchange; its id is assigned here.
            generation: the number of resets when it began.
            known_as: the id that it has got before.

        Returns:
            Its id; None: it began before a reset.
        """
        with self._lock:
            if generation != self.generation:
                return None
            if known_as is None:
                self._number += 1
            elif known_as not in self._entries:
                return known_as
            entry = replace(exchange, id=known_as or self._number)
            self._entries.put(entry.id, entry)
            self._on_exchange(entry)
            return entry.id

    def clear(self) -> None:
        """Forget all; ids go on."""
        with self._lock:
            self.generation += 1
            self._entries.clear()


def headers_without_keys(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return headers with secrets masked; of a bearer key that is long enough, the last four characters remain.

    More headers than may be served are not kept.
    """
    kept = islice(headers, MAX_HEADERS)
    return tuple((name, _mask(value) if _SECRET.search(name.decode("latin-1")) else value) for name, value in kept)


def shorten(text: str) -> str:
    """Return a text, or as much of it as is kept."""
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def query_without_keys(query: str) -> str:
    """Return a query with secrets masked."""
    return "&".join(map(_without_key, query.split("&")))


def _without_key(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}{equals}…" if equals and _SECRET.search(unquote(name)) else parameter


def _mask(value: bytes) -> bytes:
    scheme, _, key = value.partition(b" ")
    if scheme.lower() != b"bearer":
        return "…".encode()
    return "Bearer …".encode() + (key[-4:] if len(key) >= 16 else b"")


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content
