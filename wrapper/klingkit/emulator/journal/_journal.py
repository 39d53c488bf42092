"""Keeps a record of every request to the APIs and the films, and of its answer, as they pass."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from klingkit.emulator.http._classification import SLASH, concern, path_in
from klingkit.emulator.journal._exchanges import (
    MOST,
    Exchange,
    Exchanges,
    Headers,
    Message,
    query_without_keys,
    without_keys,
)
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._table import concerned

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


class Tap:
    """The first bytes of a body that passes by: references to it, no copies."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._room = MOST
        self.headers: Headers = ()
        self.size = 0

    def add(self, part: bytes, *, keep: bool = True) -> None:
        """Note a part of it."""
        self.size += len(part)
        if part and keep and self._room:
            kept = part if len(part) <= self._room else part[: self._room]
            self._parts.append(kept)
            self._room -= len(kept)

    def message(self) -> Message:
        """What has passed."""
        return Message(self.headers, b"".join(self._parts), self.size)


class Recording:
    """One exchange while it happens.

    Args:
        scope: the request's.
        receive: where its body comes from.
        send: where its answer goes to.
        ended: called once, before the last of the answer leaves: who has an answer finds it taken down.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, ended: Callable[["Recording"], object]) -> None:
        self._receive = receive
        self._send = send
        self._ended = ended
        self._open = True
        self.sent, self.answered = Tap(), Tap()
        self.sent.headers = without_keys(scope["headers"])
        self.status: int | None = None
        self._film = False

    async def receive(self) -> MutableMapping[str, Any]:
        """Pass on what the client sends."""
        message = await self._receive()
        self.sent.add(message.get("body", b""))
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass on what it is answered."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.answered.headers = tuple(message.get("headers", ()))
            self._film = (b"content-type", b"video/mp4") in self.answered.headers
        else:
            self.answered.add(message.get("body", b""), keep=not self._film)
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def end(self) -> None:
        """Nothing more is to come."""
        if self._open:
            self._open = False
            self._ended(self)


class Journal:
    """The layer around an ASGI application that takes down what passes.

    Args:
        app: the application.
        clock: stamps the exchanges.
        exchanges: where they are taken down.
    """

    def __init__(self, app: App, *, clock: Clock, exchanges: Exchanges) -> None:
        self._app = app
        self._clock = clock
        self._exchanges = exchanges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass, and take it down whatever becomes of it."""
        tasks: list[str] = []
        era, at, began = self._exchanges.era, self._clock.now(), time.perf_counter()

        def note(ended: Recording) -> None:
            exchange = _exchange(scope, ended, tasks, at, time.perf_counter() - began)
            self._exchanges.note(exchange, era)

        recording = Recording(scope, receive, send, note)
        token = concerned.set(tasks)
        try:
            await self._app(scope, recording.receive, recording.send)
        finally:
            concerned.reset(token)
            recording.end()


def _exchange(scope: Scope, recording: Recording, tasks: list[str], at: float, seconds: float) -> Exchange:
    query = scope["query_string"].decode("latin-1")
    path = path_in(scope)
    about = concern(scope["method"], path, query)
    return Exchange(
        id=0,
        at=at,
        api=about.api,
        operation=about.operation,
        method=scope["method"],
        path=path.replace(SLASH, "%2F"),
        query=query_without_keys(query),
        status=recording.status,
        task_id=tasks[0] if tasks else about.task_id,
        fault=scope.get("klingkit.fault"),
        seconds=seconds,
        request=recording.sent.message(),
        answer=recording.answered.message(),
    )
