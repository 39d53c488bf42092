"""Perform effects, awaiting: under asyncio and trio alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar, assert_never

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
from anyio.abc import ObjectReceiveStream
from attrs import frozen

from klingkit._auth import Auth
from klingkit._flow._drive import arun, astream
from klingkit._flow._effects import (
    Effect,
    Fetch,
    Fetched,
    Interrupted,
    Now,
    Outcome,
    Send,
    Sink,
    Sleep,
    Stream,
    Woken,
    fetched,
)
from klingkit._flow._wire import FRESH, Body, authorize, forget, patience, shared_ssl

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

    @classmethod
    def open(cls, auth: Auth, http: httpx.AsyncClient | None = None) -> AsyncIO:
        """Make what performs effects; `http` is a client of the user's own."""
        asks = http or httpx.AsyncClient(verify=shared_ssl())
        pays = http or httpx.AsyncClient(verify=shared_ssl(), limits=FRESH)
        return cls(auth, asks, pays)

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()
        await self.paid.aclose()

    async def run(self, flow: Stream[T, R], emit: Callable[[T], object] | None = None) -> R:
        """Drive a flow to its end and return its result; `emit`, plain or a coroutine, takes what it emits."""
        return await arun(flow, self.perform, emit)

    def iterate(self, flow: Stream[T, object]) -> AsyncGenerator[T, None]:
        """Drive a flow, yielding what it emits."""
        return astream(flow, self.perform)

    async def perform(self, effect: Effect) -> Outcome:
        """Perform one effect and return its outcome."""
        match effect:
            case Send(paid=True):
                return await self._pay(effect)
            case Send():
                return await self._exchange(self.http, effect)
            case Fetch():
                return await self._fetch(effect)
            case Sleep():
                return await self._rest(effect)
            case Now():
                return self.clock()
            case _:
                assert_never(effect)

    async def _exchange(self, http: httpx.AsyncClient, effect: Send) -> httpx.Response | httpx.RequestError:
        request = effect.request
        token = authorize(request, self.auth, http.headers)
        try:
            with anyio.fail_after(effect.timeout):
                response = await self._start(http, request, effect.timeout)
                try:
                    return await _read(response, token)
                finally:
                    await response.aclose()
        except httpx.RequestError as error:
            return error
        except TimeoutError:
            return httpx.ReadTimeout("the exchange took too long", request=request)
        finally:
            forget(request)

    async def _start(self, http: httpx.AsyncClient, request: httpx.Request, timeout: float) -> httpx.Response:
        request.extensions = {**request.extensions, "timeout": patience(timeout)}
        return await http.send(request, auth=None, follow_redirects=False, stream=True)

    async def _pay(self, effect: Send) -> httpx.Response | httpx.RequestError | Interrupted:
        """Pay under a shield: whoever cancels learns of it when it is known what was paid for."""
        outcome, interruption = await _finish(self._exchange(self.paid, effect))
        interruption = interruption or await _cancellation()
        return outcome if interruption is None else Interrupted(outcome, interruption)

    async def _fetch(self, effect: Fetch) -> Fetched:
        response: httpx.Response | None = None
        error: httpx.RequestError | None = None
        try:
            with anyio.fail_after(effect.timeout):
                response = await self._start(self.http, effect.request, effect.timeout)
                await _pour(response, effect.sink)
        except httpx.RequestError as broken:
            error = broken
        except TimeoutError:
            error = httpx.ReadTimeout("the download took too long", request=effect.request)
        finally:
            if response is not None:
                await response.aclose()
        return fetched(response, error)

    async def _rest(self, effect: Sleep) -> Woken | None:
        if effect.inbox is None:
            await self.sleep(effect.seconds)
            return None
        if not isinstance(effect.inbox, ObjectReceiveStream):
            raise TypeError(f"an async client takes a receive stream for its events, not {effect.inbox!r}")
        with anyio.move_on_after(effect.seconds):
            try:
                return Woken(await effect.inbox.receive())
            except anyio.EndOfStream:  # nobody will write any more: the rest of the time is plain sleep
                await anyio.sleep_forever()
        return None


async def _read(response: httpx.Response, token: str) -> httpx.Response:
    body = Body(response, token)
    with anyio.CancelScope() as enough:  # cancelling unwinds httpx's nested generators; leaving the loop would not
        async for chunk in _chunks(response):
            if not body.feed(chunk):
                enough.cancel()
    return body.response()


async def _pour(response: httpx.Response, sink: Sink) -> None:
    if response.status_code == 200:
        sink.restart()
    if response.status_code in {200, 206}:
        async for chunk in _chunks(response):
            await anyio.to_thread.run_sync(sink.write, chunk)


async def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Read a body as it arrives; a mock's has arrived already."""
    if response.is_stream_consumed:
        yield response.content
    else:
        async for chunk in response.aiter_raw():
            yield chunk


async def _finish(call: Coroutine[Any, Any, T]) -> tuple[T, BaseException | None]:
    """Finish a call whoever cancels; return the cancellation that no shield stops, if one came."""
    ended: list[tuple[T, BaseException | None]] = []
    with anyio.CancelScope(shield=True):
        ended.append(await _outlast(call))
    return ended.pop()


async def _outlast(call: Coroutine[Any, Any, T]) -> tuple[T, BaseException | None]:
    """Outlast asyncio's own `Task.cancel`, which does not know of shields."""
    try:
        task = asyncio.get_running_loop().create_task(call)
    except RuntimeError:  # trio has no other way to cancel
        return await call, None
    interruption: BaseException | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            interruption = error
    return task.result(), interruption


async def _cancellation() -> BaseException | None:
    """Return the cancellation that came while the shield was up, if any."""
    try:
        await anyio.lowlevel.checkpoint_if_cancelled()
    except anyio.get_cancelled_exc_class() as error:
        return error
    return None
