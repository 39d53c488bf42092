"""Perform effects, awaiting: under asyncio and trio alike."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, assert_never

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
from anyio.abc import ObjectReceiveStream
from attrs import field, frozen

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError
from klingkit._events import Letterbox
from klingkit._flow._apart import calls_into_this_loop, outlast
from klingkit._flow._drive import arun, astream, tell
from klingkit._flow._effects import (
    Effect,
    Fetch,
    Fetched,
    Interrupted,
    Now,
    Outcome,
    Reply,
    Send,
    Sink,
    Sleep,
    Stream,
    Woken,
    fetched,
)
from klingkit._flow._failures import Progress, failing, is_about
from klingkit._flow._guard import guard, guarded, named, permitted
from klingkit._flow._telemetry import traced
from klingkit._flow._wire import (
    FRESH,
    Body,
    Secrets,
    authorize,
    configuring,
    extra_headers,
    forget,
    patience,
    shared_ssl,
)

T = TypeVar("T")
R = TypeVar("R")


@frozen
class AsyncIO:
    """Performs effects in the calling task.

    `http` asks and downloads; `paid` pays, on fresh connections. A user's own client does both.
    """

    auth: Auth
    http: httpx.AsyncClient
    paid: httpx.AsyncClient
    sleep: Callable[[float], Awaitable[object]] = anyio.sleep
    clock: Callable[[], float] = anyio.current_time  # the loop's own: the one that sleep obeys
    under_way: dict[anyio.Event, float] = field(factory=dict[anyio.Event, float])
    """One for each paid exchange that has not ended, and when it ends at the latest."""
    closing: threading.Event = field(factory=threading.Event)
    headers: httpx.Headers = field(factory=httpx.Headers)
    """What goes to the API beside our own headers."""

    @classmethod
    def open(cls, auth: Auth, http: object = None, headers: Mapping[str, str] | None = None) -> AsyncIO:
        """Make what performs effects; `http` is a client of the user's own, `headers` go beside ours.

        Raises:
            ConfigurationError: It is another kind of client, or the environment's proxies or certificates are no good.
        """
        if http is not None and not isinstance(http, httpx.AsyncClient):
            raise ConfigurationError(f"http: an httpx.AsyncClient, not {type(http).__name__}")
        extra = extra_headers(headers)
        with configuring():
            asks = http or httpx.AsyncClient(verify=shared_ssl())
            pays = http or httpx.AsyncClient(verify=shared_ssl(), limits=FRESH)
        guard(asks)
        return cls(auth, asks, pays, headers=extra)

    async def settle(self) -> None:
        """Let nothing more begin, and wait for what is being paid for, a little past its time limits at most."""
        self.closing.set()
        for over, end in tuple(self.under_way.items()):
            with anyio.move_on_after(max(0.0, end + 1.0 - self.clock()), shield=True), suppress(RuntimeError):
                await over.wait()  # a RuntimeError: it belongs to another event loop

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()
        await self.paid.aclose()

    async def run(self, flow: Stream[T, R], emit: Callable[[T], object] | None = None) -> R:
        """Drive a flow to its end and return its result; `emit`, plain or a coroutine, takes what it emits."""
        return await arun(flow, partial(self.perform, emit=emit), emit)

    def iterate(self, flow: Stream[T, object]) -> AsyncGenerator[T, None]:
        """Drive a flow, yielding what it emits."""
        return astream(flow, self.perform)

    async def perform(self, effect: Effect, emit: Callable[[Any], object] | None = None) -> Outcome:
        """Perform one effect and return its outcome; `emit` takes what a download emits."""
        if self.closing.is_set() or self.http.is_closed:
            raise ConfigurationError("this client is closed")
        match effect:
            case Send():
                return await self._send(effect)
            case Fetch():
                return await self._fetch(effect, emit)
            case Sleep():
                return await self._rest(effect)
            case Now():
                return self.clock()
            case _:
                assert_never(effect)

    async def _send(self, effect: Send) -> Reply | Interrupted:
        """Authorize here, before anything begins: an error of it is the caller's, and settles nothing."""
        http = self.paid if effect.paid else self.http
        try:
            secrets = authorize(effect.request, self.auth, self.headers, http.headers)
            call = partial(self._exchange, http, effect, secrets)
            return await (self._pay(effect, call) if effect.paid else call())
        finally:
            forget(effect.request)

    async def _exchange(self, http: httpx.AsyncClient, effect: Send, secrets: Secrets) -> Reply:
        with traced(effect.request, paid=effect.paid) as told:
            reply = await self._converse(http, effect, secrets)
            told(reply)
        if effect.settle is not None:
            with suppress(Exception):  # it has kept what it knows
                effect.settle(reply)
        return reply

    async def _converse(self, http: httpx.AsyncClient, effect: Send, secrets: Secrets) -> Reply:
        request = effect.request
        progress = Progress(hooked=bool(http.event_hooks["response"]))
        response: httpx.Response | None = None
        body: Body | None = None
        try:
            with anyio.fail_after(effect.timeout):
                response = await _start(http, request, effect.timeout, progress)
                body = Body(response, secrets)
                await _fill(body, response)
        except Exception as error:  # noqa: BLE001 - see `Progress.broken`
            if body is None or not body.complete():
                return progress.late(request) if isinstance(error, TimeoutError) else progress.broken(error, request)
        finally:
            if response is not None:
                with suppress(Exception):  # a broken farewell changes nothing
                    await response.aclose()
            forget(request)
        return body.response()

    async def _pay(self, effect: Send, call: Callable[[], Awaitable[Reply]]) -> Reply | Interrupted:
        """Pay in a task that nothing cancels, and wait for its end whatever happens here."""
        over = anyio.Event()
        self.under_way[over] = self.clock() + effect.timeout
        try:
            await anyio.lowlevel.checkpoint()  # whoever is cancelled already pays for nothing
            effect.request.headers["Connection"] = "close"
            reply, interruption = await outlast(call, effect.timeout, over)
        finally:
            self.under_way.pop(over)
        interruption = interruption or await _cancellation()
        if interruption is not None:
            return Interrupted(interruption)
        return httpx.ReadError("the exchange was cut off", request=effect.request) if reply is None else reply

    async def _fetch(self, effect: Fetch, emit: Callable[[Any], object] | None) -> Fetched:
        request = effect.request
        response: httpx.Response | None = None
        broken: httpx.RequestError | None = None
        progress = Progress()
        try:
            with anyio.move_on_after(effect.timeout) as limit, traced(request, secret=True) as outcome:
                with failing(request), guarded(effect):
                    await permitted(named(request.url))
                    response = await _start(self.http, request, effect.timeout, progress)
                outcome(response)
                await _pour(response, effect.sink, emit)
            if limit.cancelled_caught:
                broken = progress.late(request)
        except httpx.RequestError as error:
            if not is_about(error, request):  # it is of whoever watches
                raise
            broken = error
        finally:
            if response is not None:
                with suppress(Exception):  # a broken farewell changes nothing
                    await response.aclose()
        return fetched(response, broken)

    async def _rest(self, effect: Sleep) -> Woken | None:
        if effect.inbox is None:
            await self.sleep(effect.seconds)
            return None
        if isinstance(effect.inbox, Letterbox):
            return await _listen(effect.inbox, effect.seconds)
        if not isinstance(effect.inbox, ObjectReceiveStream):
            raise TypeError(f"an async client takes a receive stream for its events, not {effect.inbox!r}")
        with anyio.move_on_after(effect.seconds):
            try:
                return Woken(await effect.inbox.receive())
            except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
                # nothing will come any more: the rest of the time is plain sleep
                await anyio.sleep_forever()
        return None


async def _listen(box: Letterbox, seconds: float) -> Woken | None:
    bell = anyio.Event()
    call = calls_into_this_loop()
    with anyio.move_on_after(seconds), box.ringing(lambda: call(bell.set)):
        await bell.wait()
        return Woken(box.take())
    return None


async def _start(http: httpx.AsyncClient, request: httpx.Request, timeout: float, progress: Progress) -> httpx.Response:
    async def trace(event: str, about: Mapping[str, object]) -> None:
        progress(event, about)

    request.extensions = {**request.extensions, "timeout": patience(timeout), "trace": trace}
    response = await http.send(request, auth=None, follow_redirects=False, stream=True)
    response.next_request = None  # nobody follows it, and it carries the key
    return response


async def _fill(body: Body, response: httpx.Response) -> None:
    with anyio.CancelScope() as enough:  # cancelling unwinds httpx's nested generators; leaving the loop would not
        async for chunk in _chunks(response):
            if not body.feed(chunk):
                enough.cancel()


async def _pour(response: httpx.Response, sink: Sink, emit: Callable[[Any], object] | None) -> None:
    if not await anyio.to_thread.run_sync(sink.begin, response.status_code, response.headers):
        return
    trouble: Exception | None = None
    with anyio.CancelScope() as enough:  # as in `_fill`
        async for chunk in _chunks(response):
            if trouble is not None:  # what had been read already
                continue
            try:
                await tell(emit, await anyio.to_thread.run_sync(sink.write, chunk))
            except Exception as error:  # noqa: BLE001 - of the disk, or of whoever watches
                trouble = error
                enough.cancel()
    if trouble is not None:
        raise trouble


async def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Read a body as it arrives; a mock's has arrived already."""
    with failing(response.request):
        if response.is_stream_consumed:
            yield response.content
        else:
            async for chunk in response.aiter_raw():
                yield chunk


async def _cancellation() -> BaseException | None:
    """Return the cancellation that came while the shield was up, if any."""
    try:
        await anyio.lowlevel.checkpoint_if_cancelled()
    except anyio.get_cancelled_exc_class() as error:
        return error
    return None
