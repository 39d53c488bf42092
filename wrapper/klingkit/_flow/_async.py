"""Perform effects for async clients, under asyncio and trio."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias, TypeVar, assert_never, cast
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx
from anyio.abc import ObjectReceiveStream
from attrs import evolve, field, frozen

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError
from klingkit._events import EventSlot
from klingkit._flow._async_network import check_addresses, install_backend
from klingkit._flow._async_pool import OwnAsyncClient
from klingkit._flow._body import ResponseBody
from klingkit._flow._drive import arun, astream, deliver
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
    fetch_outcome,
)
from klingkit._flow._foreign import IgnoredErrors, is_foreign
from klingkit._flow._guard import literal_addresses
from klingkit._flow._network import (
    CONCURRENCY,
    MIN_TIMEOUT,
    PROXY,
    first_process_only,
    guarded,
    proxy_of,
    queue_timeout,
    wrong_client,
)
from klingkit._flow._redaction import Secrets, redacting_logs
from klingkit._flow._requests import STALL_LIMITS, authorize, drop_key, extra_headers, httpx_timeouts
from klingkit._flow._telemetry import traced
from klingkit._flow._transport_errors import INTERRUPTION, ClientClosed, ExchangeProgress, TransportErrors, is_about
from klingkit._flow._uncancelled import current_loop, load_backends, loop_caller, run_uncancelled
from klingkit._fork import Flag, PerProcess
from klingkit._models import UnclaimedTask

T = TypeVar("T")
R = TypeVar("R")


Permits: TypeAlias = WeakKeyDictionary[object, anyio.Semaphore]
"""Event loop -> the semaphore of the requests that may begin."""


@frozen
class AsyncIO:
    """Performs effects in the calling task.

    `http` sends queries and downloads, `paid` the paid requests, each on a fresh connection; a user's own client sends
    both. After a fork, the child has connections, exchanges and references of its own.
    """

    auth: Auth
    connections: PerProcess[tuple[httpx.AsyncClient, httpx.AsyncClient]]
    sleep: Callable[[float], Awaitable[object]] = anyio.sleep
    clock: Callable[[], float] = anyio.current_time  # the loop's own: the one that sleep obeys
    closing: Flag = field(factory=Flag)
    headers: httpx.Headers = field(factory=httpx.Headers)
    """Extra headers for the API."""
    _in_flight: PerProcess[dict[anyio.Event, float]] = field(
        factory=lambda: PerProcess(dict[anyio.Event, float]), init=False
    )
    _unclaimed: PerProcess[list[UnclaimedTask]] = field(factory=lambda: PerProcess(list[UnclaimedTask]), init=False)
    _permits: Permits = field(factory=Permits, init=False)
    _download_permits: Permits = field(factory=Permits, init=False)

    @classmethod
    def open(cls, auth: Auth, http: object = None, headers: Mapping[str, str] | None = None) -> AsyncIO:
        """Open the connections; `http` is a client of the user's own, `headers` are extra headers for the API.

        Raises:
            ConfigurationError: `http` is another kind of client, a header cannot be sent, or httpx refuses the
                environment's proxies or certificates.
        """
        if http is not None and not isinstance(http, httpx.AsyncClient):
            raise ConfigurationError(wrong_client(httpx.AsyncClient, http))
        extra = extra_headers(headers)
        load_backends()
        io = cls(auth, PerProcess(_open_clients if http is None else _own_client(http)), headers=extra)
        io.connections.get()  # now, so that what is wrong is raised here
        return io

    @property
    def http(self) -> httpx.AsyncClient:
        """The client for queries and downloads."""
        return self.connections.get()[0]

    @property
    def paid(self) -> httpx.AsyncClient:
        """The client for paid requests."""
        return self.connections.get()[1]

    @property
    def in_flight(self) -> dict[anyio.Event, float]:
        """An event for each paid exchange of this process that has not ended, and the clock's time by which it ends."""
        return self._in_flight.get()

    @property
    def unclaimed(self) -> list[UnclaimedTask]:
        """The tasks that were paid for in this process by calls that were interrupted."""
        return self._unclaimed.get()

    async def drain(self) -> None:
        """Let no effect begin, and wait for the paid exchanges in flight, a little past their time limits at most."""
        self.closing.set()
        for over, end in tuple(self.in_flight.items()):
            with anyio.move_on_after(max(0.0, end + 1.0 - self.clock()), shield=True), suppress(RuntimeError):
                await over.wait()  # a RuntimeError: it belongs to another event loop

    async def close(self) -> None:
        """Close all connections."""
        await self.http.aclose()
        await self.paid.aclose()

    async def run(self, flow: Stream[T, R], emit: Callable[[T], object] | None = None) -> R:
        """Drive a flow to its end and return its result; `emit`, plain or a coroutine function, gets what it emits."""
        return await arun(flow, partial(self.perform, emit=emit), emit)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Do work on the disk, in a worker thread."""
        return await anyio.to_thread.run_sync(work)

    def iterate(self, flow: Stream[T, object]) -> AsyncGenerator[T, None]:
        """Drive a flow, yielding what it emits."""
        return astream(flow, self.perform)

    async def perform(self, effect: Effect, emit: Callable[[Any], object] | None = None) -> Outcome:
        """Perform one effect and return its outcome; `emit` is called with what a download emits."""
        if self.closing.is_set() or self.http.is_closed:
            raise ConfigurationError("this client is closed")
        match effect:
            case Send():
                return await self._send(effect)
            case Fetch():
                return await self._fetch_with_permit(effect, emit)
            case Sleep():
                return await self._sleep(effect)
            case Now():
                return self.clock()
            case _:
                assert_never(effect)

    async def _send(self, effect: Send) -> Reply | Interrupted:
        """Authorize before the exchange begins: an error of that is raised to the caller, and is no outcome."""
        try:
            if not effect.paid:
                return await self._send_with_permit(effect)
            secrets = authorize(effect.request, self.auth, self.headers, self.paid.headers)
            return await self._pay(effect, partial(self._exchange, self.paid, effect, secrets, effect.timeout))
        finally:
            drop_key(effect.request)

    async def _send_with_permit(self, effect: Send) -> Reply:
        """Wait until few enough other requests are under way, then send; a wait too long is a `PoolTimeout`."""
        began, http = self.clock(), self.http
        permit = await _permit(self._permits, effect.timeout + effect.queue_time)
        if permit is None:
            return queue_timeout(effect.request)
        try:
            left = effect.timeout + min(0.0, effect.queue_time - (self.clock() - began))
            secrets = authorize(effect.request, self.auth, self.headers, http.headers)
            return await self._exchange(http, effect, secrets, max(left, MIN_TIMEOUT))
        finally:
            permit.release()

    async def _exchange(self, http: httpx.AsyncClient, effect: Send, secrets: Secrets, timeout: float) -> Reply:
        with traced(effect.request, paid=effect.paid) as report, redacting_logs(secrets):
            reply = await self._send_and_read(http, effect, secrets, timeout)
            report(reply)
        if effect.on_outcome is not None:
            with suppress(Exception):  # it has recorded what it knows
                effect.on_outcome(reply)
        return reply

    async def _send_and_read(self, http: httpx.AsyncClient, effect: Send, secrets: Secrets, timeout: float) -> Reply:
        request = effect.request
        progress = ExchangeProgress(secrets, hooked=bool(http.event_hooks["response"]))
        response: httpx.Response | None = None
        body: ResponseBody | None = None
        foreign: BaseException | None = None
        try:
            with anyio.fail_after(timeout):
                if self.closing.is_set() or http.is_closed:  # while a token was made
                    raise ClientClosed("the client was closed", request=request)
                response = await _open_response(http, request, timeout, progress)
                body = ResponseBody(response, secrets)
                await _read_body(body, response)
        except Exception as error:  # noqa: BLE001 - see `ExchangeProgress.error`
            foreign = None if effect.paid else progress.foreign(error)
            late = isinstance(error, TimeoutError) and not is_foreign(error)
            if foreign is None and (body is None or not body.complete()):
                return progress.timeout_error(request) if late else progress.error(error, request)
        finally:
            if response is not None:
                with IgnoredErrors(all_of_them=effect.paid):  # an error of closing changes nothing
                    await response.aclose()
            if effect.paid:  # else it is done at once
                drop_key(request)
        if foreign is not None:
            raise foreign
        return cast("ResponseBody", body).response()

    async def _pay(self, effect: Send, call: Callable[[], Awaitable[Reply]]) -> Reply | Interrupted:
        """Send a paid request in a task that nothing cancels, and wait for its end in any case."""
        over = anyio.Event()
        self.in_flight[over] = self.clock() + effect.timeout
        try:
            await anyio.lowlevel.checkpoint()  # a caller that is cancelled already pays for nothing
            effect.request.headers["Connection"] = "close"
            reply, interruption = await run_uncancelled(call, effect.timeout, over)
        finally:
            self.in_flight.pop(over)
        interruption = interruption or await _pending_cancellation() or effect.request.extensions.get(INTERRUPTION)
        if interruption is not None:
            return Interrupted(interruption)
        return httpx.ReadError("the exchange was cut off", request=effect.request) if reply is None else reply

    async def _fetch_with_permit(self, effect: Fetch, emit: Callable[[Any], object] | None) -> Fetched:
        began = self.clock()
        permit = await _permit(self._download_permits, effect.timeout)
        if permit is None:
            return fetch_outcome(None, queue_timeout(effect.request))
        try:
            left = effect.timeout - (self.clock() - began)
            return await self._fetch(evolve(effect, timeout=max(left, MIN_TIMEOUT)), emit)
        finally:
            permit.release()

    async def _fetch(self, effect: Fetch, emit: Callable[[Any], object] | None) -> Fetched:
        request = effect.request
        response: httpx.Response | None = None
        broken: httpx.RequestError | None = None
        progress = ExchangeProgress()
        try:
            with anyio.move_on_after(effect.timeout) as limit, traced(request, secret=True) as report:
                with TransportErrors(request), guarded(effect):
                    await check_addresses(effect, literal_addresses(request.url.raw_host.decode()))
                    response = await _open_response(self.http, request, effect.timeout, progress)
                report(response)
                await _write_body(response, effect.sink, emit)
            if limit.cancelled_caught:
                broken = progress.timeout_error(request)
        except httpx.RequestError as error:
            if not is_about(error, request):  # raised by `emit`
                raise
            broken = error
        finally:
            if response is not None:
                with IgnoredErrors(all_of_them=False):  # an error of closing changes nothing
                    await response.aclose()
        return fetch_outcome(response, broken)

    async def _sleep(self, effect: Sleep) -> Woken | None:
        if effect.inbox is None:
            await self.sleep(effect.seconds)
            return None
        if isinstance(effect.inbox, EventSlot):
            return await _listen(effect.inbox, effect.seconds)
        if not isinstance(effect.inbox, ObjectReceiveStream):
            raise TypeError(f"an async client takes a receive stream for its events, not {effect.inbox!r}")
        with anyio.move_on_after(effect.seconds):
            try:
                return Woken(await effect.inbox.receive())
            except (anyio.EndOfStream, anyio.ClosedResourceError, anyio.BrokenResourceError):
                # no event can come any more: sleep for the rest of the time
                await anyio.sleep_forever()
        return None


async def _permit(permits: Permits, seconds: float) -> anyio.Semaphore | None:
    """Wait for a permit in this event loop, and return what to release; None: it did not come in time."""
    loop = current_loop()
    semaphore = permits[loop] if loop in permits else permits.setdefault(loop, anyio.Semaphore(CONCURRENCY))
    try:
        semaphore.acquire_nowait()
    except anyio.WouldBlock:
        with anyio.move_on_after(seconds) as limit:
            await semaphore.acquire()
        if limit.cancelled_caught:
            return None
    return semaphore


def _open_clients() -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    return OwnAsyncClient(), OwnAsyncClient(kept=0)


def _own_client(http: httpx.AsyncClient) -> Callable[[], tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    install_backend(http)
    return first_process_only((http, http))


async def _listen(slot: EventSlot, seconds: float) -> Woken | None:
    arrived = anyio.Event()
    call_in_loop = loop_caller()
    with anyio.move_on_after(seconds), slot.notifying(lambda: call_in_loop(arrived.set)):
        await arrived.wait()
        return Woken(slot.take())
    return None


async def _open_response(
    http: httpx.AsyncClient, request: httpx.Request, timeout: float, progress: ExchangeProgress
) -> httpx.Response:
    async def trace(event: str, info: Mapping[str, object]) -> None:
        progress(event, info)

    request.extensions = {
        **request.extensions,
        "timeout": httpx_timeouts(timeout) | request.extensions.get(STALL_LIMITS, {}),
        "trace": trace,
        PROXY: proxy_of(http, request.url),
    }
    response = await http.send(request, auth=None, follow_redirects=False, stream=True)
    response.next_request = None  # it is not followed, and it carries the key
    return response


async def _read_body(body: ResponseBody, response: httpx.Response) -> None:
    with anyio.CancelScope() as reading:  # cancelling unwinds httpx's nested generators; leaving the loop would not
        async for chunk in _chunks(response):
            if not body.feed(chunk):
                reading.cancel()


async def _write_body(response: httpx.Response, sink: Sink, emit: Callable[[Any], object] | None) -> None:
    if not await anyio.to_thread.run_sync(sink.begin, response.status_code, response.headers):
        return
    failure: Exception | None = None
    with anyio.CancelScope() as reading:  # as in `_read_body`
        async for chunk in _chunks(response):
            if failure is not None:  # what had been read already
                continue
            try:
                await deliver(emit, await anyio.to_thread.run_sync(sink.write, chunk))
            except Exception as error:  # noqa: BLE001 - of the disk, or of `emit`
                failure = error
                reading.cancel()
    if failure is not None:
        raise failure


async def _chunks(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Read a body as it arrives; that of a mock has arrived already."""
    with TransportErrors(response.request, all_are_about_it=True):
        if response.is_stream_consumed:
            yield response.content
        else:
            async for chunk in cast("httpx.AsyncByteStream", response.stream):
                yield chunk


async def _pending_cancellation() -> BaseException | None:
    """Return the cancellation that came while the shield was up, if any."""
    try:
        await anyio.lowlevel.checkpoint_if_cancelled()
    except anyio.get_cancelled_exc_class() as error:
        return error
    return None
