"""Recorded HTTP exchanges, and a client that calls an ASGI application in process."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Generator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote

from attrs import field, frozen

from scripts.specs.spec import is_list, is_object

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
"""An ASGI application."""
Call: TypeAlias = Callable[..., "Exchange"]
"""Send a request: method and path, then `json` or `content`, and `headers`."""

BASE: Final = "http://emulator"
WORD: Final = re.compile("[a-z]{3,10}")
LARGE: Final = 10_000
"""More than any code."""
NONE: Final[Mapping[str, str]] = MappingProxyType({})
UNREADABLE: Final = object()
"""Stands for the value of a body that is no JSON."""


@frozen(eq=False)
class Exchange:
    """One request and its response; names of headers are in small letters."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    content: bytes
    status: int
    response_headers: Mapping[str, str]
    response_content: bytes
    body: Any = field(repr=False)
    """The JSON value of the request's content, or `UNREADABLE`."""
    response: Any = field(repr=False)
    """The JSON value of the response's content, or `UNREADABLE`."""

    @property
    def key(self) -> str | None:
        """The bearer token of the request."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    @property
    def response_type(self) -> str:
        """The media type of the response."""
        return self.response_headers.get("content-type", "").partition(";")[0].strip()

    def __str__(self) -> str:
        query = "?" + "&".join("=".join(pair) for pair in self.query) if self.query else ""
        body = f" {_short(self.content)}" if self.content else ""
        return f"{self.method} {self.path}{query}{body} -> {self.status} {_short(self.response_content)}"


@frozen
class Recorder:
    """An ASGI application that records all exchanges with another one, in order."""

    app: App
    exchanges: list[Exchange] = field(factory=list[Exchange])

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand a request on, and note it with its response."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        content, again = await read_request(receive)
        sent: list[Message] = []

        async def noted(message: Message) -> None:
            sent.append(message)
            await send(message)

        await self.app(scope, again, noted)
        self.exchanges.append(_exchange(scope, content, sent))
        return None


async def read_request(receive: Receive) -> tuple[bytes, Receive]:
    """Read a request's content to its end; return it with a `receive` that delivers it once more."""
    content, more = b"", True
    while more:
        message = await receive()
        content += message.get("body", b"")
        more = message.get("more_body", False)

    async def again() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return content, again


@contextmanager
def calling(app: App) -> Generator[tuple[Call, list[Exchange]]]:
    """Open a client that calls an application in process; also yield the list of its exchanges.

    It speaks ASGI itself, in this thread: thousands of requests take a fraction of the time that HTTP clients need.
    """
    recorder = Recorder(app)
    with closing(asyncio.new_event_loop()) as loop:

        def call(method: str, path: str, **more: Any) -> Exchange:
            loop.run_until_complete(_request(recorder, method, path, **more))
            return recorder.exchanges[-1]

        yield call, recorder.exchanges
        loop.run_until_complete(loop.shutdown_default_executor())


async def _request(
    app: App, method: str, target: str, *, json: Any = None, content: bytes = b"", headers: Mapping[str, str] = NONE
) -> None:
    if json is not None:
        content, headers = _written(json), {"Content-Type": "application/json", **headers}
    path, _, query = target.partition("?")
    headers = {"Host": BASE.partition("//")[2], "Content-Length": str(len(content)), **headers}
    scope: Message = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 9),
        "server": ("emulator", None),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    await app(scope, receive, _drop)


async def _drop(message: Message) -> None:
    """Do nothing with what the application sends: it is recorded."""


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read(content: bytes) -> Any:
    """Parse JSON, strictly; return `UNREADABLE` if it is none."""
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return UNREADABLE


def shape(exchange: Exchange) -> str:
    """Return a key that is equal for exchanges that differ only by their tasks."""
    return f"{exchange.method} {exchange.status} {exchange.response_type} {kinds(exchange.response)}"


def kinds(value: Any) -> Any:
    """Return a value without what differs from task to task; words and codes stay."""
    if is_object(value):
        return {name: kinds(held) for name, held in value.items()}
    if is_list(value):
        return [kinds(held) for held in value]
    if isinstance(value, str) and not WORD.fullmatch(value):
        held = read(value.encode()) if value.startswith("{") else UNREADABLE
        return str if held is UNREADABLE else {"JSON": kinds(held)}
    return int if type(value) is int and value > LARGE else value


def _no_number(constant: str) -> Any:
    raise ValueError(constant)


def _exchange(scope: Message, content: bytes, sent: list[Message]) -> Exchange:
    start = next(message for message in sent if message["type"] == "http.response.start")
    response = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Exchange(
        method=scope["method"],
        path=scope["path"],
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=_headers(scope["headers"]),
        content=content,
        status=start["status"],
        response_headers=_headers(start.get("headers", ())),
        response_content=response,
        body=read(content),
        response=read(response),
    )


def _headers(pairs: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs}


def _short(content: bytes) -> str:
    text = content.decode(errors="replace")
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"
