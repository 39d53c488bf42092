"""Server-sent events: what happens, as it happens, to any number of pages."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from starlette.responses import JSONResponse

from klingkit.emulator import _json
from klingkit.emulator._history import Newest
from klingkit.emulator.journal._journal import Receive, Scope, Send

KEPT = 1_000  # events that a page may lag behind by; one that lags further begins anew
DIGITS = 18  # of an event's number, at most; Python reads no number of thousands
BREATH = 10.0  # seconds after which a silent stream shows that it is alive; the page gives up after 25
MOST = 100  # streams at a time
RETRY = 1_000  # milliseconds after which a browser asks again for a stream that has ended

_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8")]
_PING = "event: ping\ndata: {}\n\n"  # without an id: it moves no page on


class Event(NamedTuple):
    """Something that happened; its data are made when somebody is there to read them."""

    number: int
    name: str
    data: Callable[[], object]
    size: int = 0  # about how many bytes it holds


class Broadcast:
    """What has happened, for whoever listens. Every method may be called from any thread.

    All listeners share one short list of events; each knows which it has seen. So a page that reads slowly costs
    no memory: what it missed it is not told, but that it must begin anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent = Newest[int, Event](KEPT, lambda event: event.size)
        self._number = 0
        self._wakes: dict[object, Callable[[], object]] = {}
        self.name = secrets.token_hex(4)  # whose events these are: another process counts from 1, too

    @property
    def number(self) -> int:
        """The number of the latest event."""
        return self._number

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._wakes)

    def publish(self, name: str, data: Callable[[], object], size: int = 0) -> None:
        """Tell everybody; `size` is about how many bytes `data` holds on to."""
        with self._lock:
            self._number += 1
            self._recent.put(self._number, Event(self._number, name, data, size))
            wakes = list(self._wakes.values())
        for wake in wakes:
            wake()

    def after(self, number: int) -> list[Event] | None:
        """The events after this one; None: some of them are forgotten."""
        with self._lock:
            missed = self._number - number
            if not 0 <= missed <= len(self._recent):
                return None
            return self._recent.items()[len(self._recent) - missed :]

    def listen(self, listener: object, wake: Callable[[], object]) -> None:
        """Have `wake` called, in any thread, whenever something has happened."""
        with self._lock:
            self._wakes[listener] = wake

    def leave(self, listener: object) -> None:
        """Call it no more."""
        with self._lock:
            self._wakes.pop(listener, None)


class EventStream:
    """The ASGI application that sends them.

    Args:
        broadcast: where they come from.
        hello: the data of the event that a page begins, or begins anew, with.
    """

    def __init__(self, broadcast: Broadcast, hello: Callable[[], object]) -> None:
        self._broadcast = broadcast
        self._hello = hello

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the page goes, or the server."""
        if self._broadcast.listeners >= MOST:
            await JSONResponse({"error": f"{MOST} pages listen already"}, 503)(scope, receive, send)
            return
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(news.set)

        gone = asyncio.ensure_future(_gone(receive))
        gone.add_done_callback(lambda _: news.set())
        self._broadcast.listen(gone, wake)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._stream(self._seen(scope), news, gone, send)
        finally:
            self._broadcast.leave(gone)
            gone.cancel()

    async def _stream(self, seen: int, news: asyncio.Event, gone: asyncio.Future[None], send: Send) -> None:
        while not gone.done():
            news.clear()
            text, seen = self._text(seen)
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), BREATH)

    def _text(self, seen: int) -> tuple[str, int]:
        """What a page that has seen so much is to be told, and how much it has seen then."""
        events = self._broadcast.after(seen)
        if events is None:
            number = self._broadcast.number
            return f"{self._write(Event(number, 'hello', self._hello))}retry: {RETRY}\n\n", number
        text = "".join(map(self._write, events))
        return text or _PING, events[-1].number if events else seen

    def _write(self, event: Event) -> str:
        data = _json.write(event.data())
        return f"id: {self._broadcast.name}-{event.number}\nevent: {event.name}\ndata: {data}\n\n"

    def _seen(self, scope: Scope) -> int:
        """The last event that the page says it has seen; -1 if it has seen none of these."""
        last = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
        name, _, number = last.partition("-")
        ours = name == self._broadcast.name and number.isdecimal() and len(number) <= DIGITS
        return int(number) if ours else -1


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
