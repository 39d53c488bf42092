"""Server-sent events about changes, for any number of pages."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from starlette.responses import JSONResponse

from klingkit.emulator import _json
from klingkit.emulator._history import BoundedHistory
from klingkit.emulator.http._asgi import Receive, Scope, Send

KEPT = 1_000  # events that a page may lag behind by; one that lags further starts over
MAX_DIGITS = 18  # of an event's number; Python limits the digits that it converts
PING_SECONDS = 10.0  # of silence until a ping; the page gives up after 25
MAX_STREAMS = 100  # at a time
MAX_SENT = 65_536  # characters that are sent at once
RETRY = 1_000  # milliseconds after which a browser reconnects

_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8")]
_PING = "event: ping\ndata: {}\n\n"  # without an id: it does not change which events a page has seen


class Event(NamedTuple):
    """An event; its data are made when a page reads them."""

    number: int
    name: str
    data: Callable[[], object]
    size: int = 0  # about how many bytes it holds


class Broadcast:
    """The latest events, for all listeners. Every method may be called from any thread.

    All listeners share one short list of events; each knows which it has seen. So a page that reads slowly costs
    no memory: if it has missed some events, it starts over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent = BoundedHistory[int, Event](KEPT, lambda event: event.size, share=0.25)
        self._number = 0
        self._listeners: dict[object, Callable[[], object]] = {}
        self.name = secrets.token_hex(
            4
        )  # distinguishes these events from those of another process, which counts from 1, too

    @property
    def number(self) -> int:
        """The number of the latest event."""
        return self._number

    @property
    def listeners(self) -> int:
        """The number of listeners."""
        return len(self._listeners)

    def publish(self, name: str, data: Callable[[], object], size: int = 0) -> None:
        """Publish an event; `size` is about how many bytes `data` refers to."""
        with self._lock:
            self._number += 1
            self._recent.put(self._number, Event(self._number, name, data, size))
            listeners = list(self._listeners.values())
        for wake in listeners:
            wake()

    def after(self, number: int) -> list[Event] | None:
        """Return the events after this one; None: some of them are no longer kept."""
        with self._lock:
            missed = self._number - number
            if not 0 <= missed <= len(self._recent):
                return None
            return self._recent.items()[len(self._recent) - missed :]

    def listen(self, listener: object, wake: Callable[[], object]) -> None:
        """Call `wake`, in any thread, at each event."""
        with self._lock:
            self._listeners[listener] = wake

    def leave(self, listener: object) -> None:
        """Call it no longer."""
        with self._lock:
            self._listeners.pop(listener, None)


class EventStream:
    """ASGI application that sends the events.

    Args:
        broadcast: the source of the events.
        hello: makes the data of the event with which a page starts, and starts over.
    """

    def __init__(self, broadcast: Broadcast, hello: Callable[[], object]) -> None:
        self._broadcast = broadcast
        self._hello = hello

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the page disconnects, or the server stops."""
        if self._broadcast.listeners >= MAX_STREAMS:
            await JSONResponse({"error": f"{MAX_STREAMS} pages are connected already"}, 503)(scope, receive, send)
            return
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(news.set)

        gone = asyncio.ensure_future(_wait_for_disconnect(receive))
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
            text, seen = self._text(seen)
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            with suppress(TimeoutError):  # without news, a ping follows
                async with asyncio.timeout(PING_SECONDS):
                    while seen == self._broadcast.number and not gone.done():
                        await news.wait()
                        news.clear()

    def _text(self, seen: int) -> tuple[str, int]:
        """Return the text for a page that has seen so many events, and how many it will have seen then."""
        events = self._broadcast.after(seen)
        if events is None:
            number = self._broadcast.number
            return f"{self._write(Event(number, 'hello', self._hello))}retry: {RETRY}\n\n", number
        text = ""
        for event in events:  # a page that reads slowly gets no more at once than it can take
            text, seen = text + self._write(event), event.number
            if len(text) > MAX_SENT:
                break
        return text or _PING, seen

    def _write(self, event: Event) -> str:
        data = _json.write(event.data())
        return f"id: {self._broadcast.name}-{event.number}\nevent: {event.name}\ndata: {data}\n\n"

    def _seen(self, scope: Scope) -> int:
        """Return the number of the last event that the page has seen; -1 if it has seen none of these."""
        last = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
        name, _, number = last.partition("-")
        ours = name == self._broadcast.name and number.isdecimal() and len(number) <= MAX_DIGITS
        return int(number) if ours else -1


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
