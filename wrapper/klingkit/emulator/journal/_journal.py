"""ASGI middleware that records every request to the APIs and the videos, with its response."""

import time
from collections.abc import Callable

from klingkit.emulator.faults._middleware import INJECTED, SAVE
from klingkit.emulator.http._asgi import App, Receive, Scope, Send
from klingkit.emulator.http._asgi import Message as AsgiMessage
from klingkit.emulator.http._classification import carries_file, request_info
from klingkit.emulator.journal._exchanges import (
    MAX_BODY,
    Exchange,
    Exchanges,
    Headers,
    Message,
    headers_without_keys,
    query_without_keys,
    shorten,
)
from klingkit.emulator.profiles._profile import SLASH
from klingkit.emulator.tasks._clock import Clock


class _Body:
    """The first bytes of a body that passes by."""

    def __init__(self) -> None:
        self._content = bytearray()
        self.headers: Headers = ()
        self.size = 0

    def add(self, part: bytes, *, keep: bool = True) -> None:
        """Record a part."""
        self.size += len(part)
        if keep:
            self._content += part[: MAX_BODY - len(self._content)]

    def message(self) -> Message:
        """Return what has been recorded."""
        return Message(self.headers, bytes(self._content), self.size)


class _Recording:
    """One exchange while it happens.

    Args:
        scope: the request's.
        receive: the request's.
        send: the request's.
        add: adds it to the log, or records how far it has come; gets the id that it has there, and returns it.
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, add: Callable[["_Recording", int | None], int | None]
    ) -> None:
        self._receive = receive
        self._send = send
        self._add = add
        self._id: int | None = None
        self._is_open = True
        self.request, self.response = _Body(), _Body()
        self.request.headers = headers_without_keys(scope["headers"])
        self.status: int | None = None
        self._is_file = carries_file(request_info(scope).path)
        self._is_media = False

    async def receive(self) -> AsgiMessage:
        """Record a part of the request."""
        message = await self._receive()
        self.request.add(message.get("body", b""), keep=not self._is_file)
        return message

    async def send(self, message: AsgiMessage) -> None:
        """Record a part of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.response.headers = tuple(message.get("headers", ()))
            kind = dict(self.response.headers).get(b"content-type", b"")
            self._is_media = kind == b"video/mp4" or (self._is_file and not kind.startswith(b"application/json"))
            if self._id is not None:
                self.save()
        else:
            self.response.add(message.get("body", b""), keep=not self._is_media)
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def save(self) -> None:
        """Record how far it has come, before its client sees that: the rest may take long, or never come."""
        if self._is_open:
            self._id = self._add(self, self._id)

    def end(self) -> None:
        """Record the whole, before the last of the response leaves, unless it has been."""
        self.save()
        self._is_open = False


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

        def add(recording: _Recording, known_as: int | None) -> int | None:
            exchange = _exchange(scope, recording, at, time.perf_counter() - start)
            return self._exchanges.add(exchange, generation, known_as)

        recording = _Recording(scope, receive, send, add)
        scope[SAVE] = recording.save
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
        method=shorten(scope["method"]),
        path=shorten(info.path.replace(SLASH, "%2F")),
        query=shorten(query_without_keys(info.query)),
        status=recording.status,
        task_id=info.task_id and shorten(info.task_id),
        fault=scope.get(INJECTED),
        seconds=seconds,
        request=recording.request.message(),
        response=recording.response.message(),
    )
