"""ASGI middleware that records every request to the APIs and the videos, with its response."""

import time
from collections.abc import Callable

from klingkit.emulator.faults._middleware import INJECTED
from klingkit.emulator.http._asgi import App, Receive, Scope, Send
from klingkit.emulator.http._asgi import Message as AsgiMessage
from klingkit.emulator.http._classification import SLASH, request_info
from klingkit.emulator.journal._exchanges import (
    MAX_BODY,
    Exchange,
    Exchanges,
    Headers,
    Message,
    headers_without_keys,
    query_without_keys,
)
from klingkit.emulator.tasks._clock import Clock


class _Body:
    """The first bytes of a body that passes by: references to its parts, no copies."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._room = MAX_BODY
        self.headers: Headers = ()
        self.size = 0

    def add(self, part: bytes, *, keep: bool = True) -> None:
        """Record a part."""
        self.size += len(part)
        if part and keep and self._room:
            kept = part if len(part) <= self._room else part[: self._room]
            self._parts.append(kept)
            self._room -= len(kept)

    def message(self) -> Message:
        """Return what has been recorded."""
        return Message(self.headers, b"".join(self._parts), self.size)


class _Recording:
    """One exchange while it happens.

    Args:
        scope: the request's.
        receive: the request's.
        send: the request's.
        on_end: called once, before the last of the response leaves, so that its client finds it recorded.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, on_end: Callable[["_Recording"], object]) -> None:
        self._receive = receive
        self._send = send
        self._on_end = on_end
        self._is_open = True
        self.request, self.response = _Body(), _Body()
        self.request.headers = headers_without_keys(scope["headers"])
        self.status: int | None = None
        self._is_video = False

    async def receive(self) -> AsgiMessage:
        """Record a part of the request."""
        message = await self._receive()
        self.request.add(message.get("body", b""))
        return message

    async def send(self, message: AsgiMessage) -> None:
        """Record a part of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.response.headers = tuple(message.get("headers", ()))
            self._is_video = (b"content-type", b"video/mp4") in self.response.headers
        else:
            self.response.add(message.get("body", b""), keep=not self._is_video)
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def end(self) -> None:
        """End the recording, unless it has ended."""
        if self._is_open:
            self._is_open = False
            self._on_end(self)


class Journal:
    """ASGI middleware that records the exchanges of an application.

    Args:
        app: the application.
        clock: stamps the exchanges.
        exchanges: the log.
    """

    def __init__(self, app: App, *, clock: Clock, exchanges: Exchanges) -> None:
        self._app = app
        self._clock = clock
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and record it however it ends."""
        generation, at, start = self._exchanges.generation, self._clock.now(), time.perf_counter()

        def add(recording: _Recording) -> None:
            self._exchanges.add(_exchange(scope, recording, at, time.perf_counter() - start), generation)

        recording = _Recording(scope, receive, send, add)
        try:
            await self._app(scope, recording.receive, recording.send)
        finally:
            recording.end()


def _exchange(scope: Scope, recording: _Recording, at: float, seconds: float) -> Exchange:
    info = request_info(scope)
    return Exchange(
        id=0,
        at=at,
        api=info.api,
        operation=info.operation,
        method=scope["method"],
        path=info.path.replace(SLASH, "%2F"),
        query=query_without_keys(info.query),
        status=recording.status,
        task_id=info.task_id,
        fault=scope.get(INJECTED),
        seconds=seconds,
        request=recording.request.message(),
        response=recording.response.message(),
    )
