"""Perform effects for blocking clients."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent import futures
from contextlib import suppress
from functools import partial
from typing import Any, TypeAlias, TypeVar, assert_never, cast

import httpx
from attrs import evolve, field, frozen

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError
from klingkit._events import EventSlot
from klingkit._flow._body import ResponseBody
from klingkit._flow._deadline import check_deadline, deadline
from klingkit._flow._drive import run, stream
from klingkit._flow._effects import (
    Effect,
    Fetch,
    Fetched,
    Interrupted,
    Now,
    Outcome,
    Reply,
    Send,
    Sleep,
    Stream,
    Woken,
    fetch_outcome,
)
from klingkit._flow._foreign import IgnoredErrors
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
from klingkit._flow._sync_network import check_addresses, install_backend
from klingkit._flow._sync_pool import OwnClient
from klingkit._flow._telemetry import traced
from klingkit._flow._transport_errors import ClientClosed, ExchangeProgress, TransportErrors, is_about
from klingkit._flow._uncancelled import log_interruption
from klingkit._fork import Flag, PerProcess
from klingkit._models import UnclaimedTask

T = TypeVar("T")
R = TypeVar("R")


@frozen
class SyncIO:
    """Performs effects in the calling thread; a paid exchange has a thread of its own, which nothing interrupts.

    `http` sends queries and downloads, `paid` the paid requests, each on a fresh connection; a user's own client sends
    both. After a fork, the child has connections, exchanges and references of its own.
    """

    auth: Auth
    connections: PerProcess[tuple[httpx.Client, httpx.Client]]
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    closing: Flag = field(factory=Flag)
    headers: httpx.Headers = field(factory=httpx.Headers)
    """Extra headers for the API."""
    _in_flight: PerProcess[dict[futures.Future[Reply], float]] = field(
        factory=lambda: PerProcess(dict[futures.Future[Reply], float]), init=False
    )
    _unclaimed: PerProcess[list[UnclaimedTask]] = field(factory=lambda: PerProcess(list[UnclaimedTask]), init=False)
    _permits: PerProcess[Permits] = field(factory=lambda: PerProcess(_permits), init=False)
    _download_permits: PerProcess[Permits] = field(factory=lambda: PerProcess(_permits), init=False)

    @classmethod
    def open(cls, auth: Auth, http: object = None, headers: Mapping[str, str] | None = None) -> SyncIO:
        """Open the connections; `http` is a client of the user's own, `headers` are extra headers for the API.

        Raises:
            ConfigurationError: `http` is another kind of client, a header cannot be sent, or httpx refuses the
                environment's proxies or certificates.
        """
        if http is not None and not isinstance(http, httpx.Client):
            raise ConfigurationError(wrong_client(httpx.Client, http))
        extra = extra_headers(headers)
        io = cls(auth, PerProcess(_open_clients if http is None else _own_client(http)), headers=extra)
        io.connections.get()  # now, so that what is wrong is raised here
        return io

    @property
    def http(self) -> httpx.Client:
        """The client for queries and downloads."""
        return self.connections.get()[0]

    @property
    def paid(self) -> httpx.Client:
        """The client for paid requests."""
        return self.connections.get()[1]

    @property
    def in_flight(self) -> dict[futures.Future[Reply], float]:
        """Paid exchanges of this process that have not ended, and the clock's time by which each ends."""
        return self._in_flight.get()

    @property
    def unclaimed(self) -> list[UnclaimedTask]:
        """The tasks that were paid for in this process by calls that were interrupted."""
        return self._unclaimed.get()

    def drain(self) -> None:
        """Let no effect begin, and wait for the paid exchanges in flight, a little past their time limits at most."""
        self.closing.set()
        end = max(self.in_flight.values(), default=0.0) + 1.0
        while self.in_flight and (left := end - time.monotonic()) > 0:
            futures.wait(tuple(self.in_flight), left)

    def close(self) -> None:
        """Close all connections."""
        self.http.close()
        self.paid.close()

    def run(self, flow: Stream[T, R], emit: Callable[[T], object] | None = None) -> R:
        """Drive a flow to its end and return its result; `emit` is called with each value that it emits."""
        return run(flow, partial(self.perform, emit=emit), emit)

    def iterate(self, flow: Stream[T, object]) -> Generator[T, None, None]:
        """Drive a flow, yielding what it emits."""
        return stream(flow, self.perform)

    def perform(self, effect: Effect, emit: Callable[[Any], object] | None = None) -> Outcome:
        """Perform one effect and return its outcome; `emit` is called with what a download emits."""
        if self.closing.is_set() or self.http.is_closed:
            raise ConfigurationError("this client is closed")
        match effect:
            case Send():
                return self._send(effect)
            case Fetch():
                return self._fetch_with_permit(effect, emit)
            case Sleep():
                return self._sleep(effect)
            case Now():
                return self.clock()
            case _:
                assert_never(effect)

    def _send(self, effect: Send) -> Reply | Interrupted:
        """Authorize before the exchange begins: an error of that is raised to the caller, and is no outcome."""
        try:
            if not effect.paid:
                return self._send_with_permit(effect)
            secrets = authorize(effect.request, self.auth, self.headers, self.paid.headers)
            return self._pay(effect, partial(self._exchange, self.paid, effect, secrets, effect.timeout))
        finally:
            drop_key(effect.request)

    def _send_with_permit(self, effect: Send) -> Reply:
        """Wait until few enough other requests are under way, then send; a wait too long is a `PoolTimeout`."""
        began, permits, http = self.clock(), self._permits.get(), self.http
        if not _taken(permits, effect.timeout + effect.queue_time):
            return queue_timeout(effect.request)
        try:
            left = effect.timeout + min(0.0, effect.queue_time - (self.clock() - began))
            secrets = authorize(effect.request, self.auth, self.headers, http.headers)
            return self._exchange(http, effect, secrets, max(left, MIN_TIMEOUT))
        finally:
            permits.put(None)

    def _exchange(self, http: httpx.Client, effect: Send, secrets: Secrets, timeout: float) -> Reply:
        with traced(effect.request, paid=effect.paid) as report, redacting_logs(secrets):
            reply = self._send_and_read(http, effect, secrets, timeout)
            report(reply)
        if effect.on_outcome is not None:
            with suppress(Exception):  # it has recorded what it knows
                effect.on_outcome(reply)
        return reply

    def _send_and_read(self, http: httpx.Client, effect: Send, secrets: Secrets, timeout: float) -> Reply:
        request = effect.request
        progress = ExchangeProgress(secrets, hooked=bool(http.event_hooks["response"]))
        response: httpx.Response | None = None
        body: ResponseBody | None = None
        foreign: BaseException | None = None
        try:
            with deadline(timeout):
                if self.closing.is_set() or http.is_closed:  # while a token was made
                    raise ClientClosed("the client was closed", request=request)
                response = _open_response(http, request, timeout, progress)
                body = ResponseBody(response, secrets)
                _read_body(body, response)
        except Exception as error:  # noqa: BLE001 - see `ExchangeProgress.error`
            foreign = None if effect.paid else progress.foreign(error)
            if foreign is None and (body is None or not body.complete()):
                return progress.error(error, request)
        finally:
            if response is not None:
                with IgnoredErrors(all_of_them=effect.paid):  # an error of closing changes nothing
                    response.close()
            if effect.paid:  # else it is done at once
                drop_key(request)
        if foreign is not None:
            raise foreign
        return cast("ResponseBody", body).response()

    def _pay(self, effect: Send, call: Callable[[], Reply]) -> Reply | Interrupted:
        """Send a paid request in a thread that nothing interrupts, and wait for its end in any case."""
        exchange: futures.Future[Reply] = futures.Future()
        context = contextvars.copy_context()

        def pay() -> None:
            exchange.set_result(context.run(call))

        effect.request.headers["Connection"] = "close"  # threads share the client: no other request may follow on it
        self.in_flight[exchange] = time.monotonic() + effect.timeout
        exchange.add_done_callback(self.in_flight.pop)
        thread = threading.Thread(target=pay, name="klingkit-pay", daemon=True)
        interruption = _start_thread(thread, exchange, effect)
        interruption = _wait_for_end(exchange, effect.timeout) or interruption
        if interruption is not None:
            return Interrupted(interruption)
        late = httpx.ReadTimeout("the exchange took too long", request=effect.request)
        return exchange.result() if exchange.done() else late

    def _fetch_with_permit(self, effect: Fetch, emit: Callable[[Any], object] | None) -> Fetched:
        began, permits = self.clock(), self._download_permits.get()
        if not _taken(permits, effect.timeout):
            return fetch_outcome(None, queue_timeout(effect.request))
        try:
            left = effect.timeout - (self.clock() - began)
            return self._fetch(evolve(effect, timeout=max(left, MIN_TIMEOUT)), emit)
        finally:
            permits.put(None)

    def _fetch(self, effect: Fetch, emit: Callable[[Any], object] | None) -> Fetched:
        request = effect.request
        response: httpx.Response | None = None
        broken: httpx.RequestError | None = None
        try:
            with deadline(effect.timeout), traced(request, secret=True) as report:
                with TransportErrors(request), guarded(effect):
                    check_addresses(effect, literal_addresses(request.url.raw_host.decode()))
                    response = _open_response(self.http, request, effect.timeout, ExchangeProgress())
                report(response)
                if effect.sink.begin(response.status_code, response.headers):
                    for chunk in _chunks(response):
                        progress = effect.sink.write(chunk)
                        if emit is not None:
                            emit(progress)
        except httpx.RequestError as error:
            if not is_about(error, request):  # raised by `emit`
                raise
            broken = error
        finally:
            if response is not None:
                with IgnoredErrors(all_of_them=False):  # an error of closing changes nothing
                    response.close()
        return fetch_outcome(response, broken)

    def _sleep(self, effect: Sleep) -> Woken | None:
        if effect.inbox is None:
            self.sleep(effect.seconds)
            return None
        if isinstance(effect.inbox, EventSlot):
            return _listen(effect.inbox, effect.seconds)
        if not isinstance(effect.inbox, queue.Queue):
            raise TypeError(f"a blocking client takes a queue.Queue for its events, not {effect.inbox!r}")
        try:
            return Woken(effect.inbox.get(timeout=effect.seconds))
        except queue.Empty:
            return None


Permits: TypeAlias = "queue.SimpleQueue[None]"
"""An item for each request that may begin. No semaphore: Ctrl-C may leave the lock of one of those locked."""


def _permits() -> Permits:
    permits: Permits = queue.SimpleQueue()
    for _ in range(CONCURRENCY):
        permits.put(None)
    return permits


def _taken(permits: Permits, seconds: float) -> bool:
    """Wait for a permit; return whether it came in time, and is to be given back."""
    try:
        permits.get(timeout=seconds)
    except queue.Empty:
        return False
    return True


def _open_clients() -> tuple[httpx.Client, httpx.Client]:
    return OwnClient(), OwnClient(kept=0)


def _own_client(http: httpx.Client) -> Callable[[], tuple[httpx.Client, httpx.Client]]:
    install_backend(http)
    return first_process_only((http, http))


def _listen(slot: EventSlot, seconds: float) -> Woken | None:
    arrived: queue.SimpleQueue[None] = queue.SimpleQueue()  # reentrant, for signal handlers: an Event's lock is not
    with suppress(queue.Empty), slot.notifying(partial(arrived.put, None)):
        arrived.get(timeout=seconds)
        return Woken(slot.take())
    return None


def _open_response(
    http: httpx.Client, request: httpx.Request, timeout: float, progress: ExchangeProgress
) -> httpx.Response:
    request.extensions = {
        **request.extensions,
        "timeout": httpx_timeouts(timeout) | request.extensions.get(STALL_LIMITS, {}),
        "trace": progress,
        PROXY: proxy_of(http, request.url),
    }
    response = http.send(request, auth=None, follow_redirects=False, stream=True)
    response.next_request = None  # it is not followed, and it carries the key
    return response


def _read_body(body: ResponseBody, response: httpx.Response) -> None:
    pieces = _pieces(response)
    for chunk in _in_time(pieces, response.request):
        if not body.feed(chunk):
            break
    if body.whole:  # the end of the response may have arrived, too: then the connection can serve another request
        with deadline(0), suppress(httpx.RequestError):
            next(pieces, None)


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    """Read a body as it arrives, while there is time."""
    return _in_time(_pieces(response), response.request)


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    """Return the pieces of a body; that of a mock has arrived already."""
    return iter([response.content] if response.is_stream_consumed else cast("httpx.SyncByteStream", response.stream))


def _in_time(pieces: Iterator[bytes], request: httpx.Request) -> Iterator[bytes]:
    with TransportErrors(request, all_are_about_it=True):
        for piece in pieces:
            yield piece
            check_deadline(request)


def _start_thread(thread: threading.Thread, exchange: futures.Future[Reply], effect: Send) -> BaseException | None:
    """Start the thread of a paid exchange; return what interrupted the start, if the thread began all the same."""
    try:
        thread.start()
    except RuntimeError as error:
        exchange.set_result(httpx.ConnectError(f"no thread to pay in: {error}", request=effect.request))
    except BaseException as error:
        if thread.ident is None:
            exchange.cancel()
            raise
        return log_interruption(error, effect.timeout)
    return None


def _wait_for_end(exchange: futures.Future[T], timeout: float) -> BaseException | None:
    """Wait until the exchange has ended, or a little past its limit; return what interrupted the wait."""
    interruption: BaseException | None = None
    end = time.monotonic() + timeout + 1.0  # the exchange ends by itself: this is for transports that do not
    while not exchange.done() and (left := end - time.monotonic()) > 0:
        try:
            futures.wait([exchange], left)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C waits until the outcome is known
            interruption = interruption or log_interruption(error, left)
    return interruption
