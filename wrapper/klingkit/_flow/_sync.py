"""Perform effects, blocking."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent import futures
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, assert_never

import httpx
from attrs import field, frozen

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError
from klingkit._events import Letterbox
from klingkit._flow._deadline import deadline, in_time, obey_deadlines, permitted
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
    fetched,
)
from klingkit._flow._failures import Progress, failing, is_about
from klingkit._flow._guard import guarded, named
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
    waiting_on,
)

T = TypeVar("T")
R = TypeVar("R")


@frozen
class SyncIO:
    """Performs effects in the calling thread; only a paid exchange has one of its own, so that it ends.

    `http` asks and downloads; `paid` pays, on fresh connections. A user's own client does both.
    """

    auth: Auth
    http: httpx.Client
    paid: httpx.Client
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    under_way: dict[futures.Future[Reply], float] = field(factory=dict[futures.Future[Reply], float])
    """Paid exchanges that have not ended, and when each ends at the latest."""
    closing: threading.Event = field(factory=threading.Event)
    headers: httpx.Headers = field(factory=httpx.Headers)
    """What goes to the API beside our own headers."""

    @classmethod
    def open(cls, auth: Auth, http: object = None, headers: Mapping[str, str] | None = None) -> SyncIO:
        """Make what performs effects; `http` is a client of the user's own, `headers` go beside ours.

        Raises:
            ConfigurationError: It is another kind of client, or the environment's proxies or certificates are no good.
        """
        if http is not None and not isinstance(http, httpx.Client):
            raise ConfigurationError(f"http: an httpx.Client, not {type(http).__name__}")
        extra = extra_headers(headers)
        with configuring():
            asks = http or httpx.Client(verify=shared_ssl())
            pays = http or httpx.Client(verify=shared_ssl(), limits=FRESH)
        for client in (asks, pays):
            obey_deadlines(client)
        return cls(auth, asks, pays, headers=extra)

    def settle(self) -> None:
        """Let nothing more begin, and wait for what is being paid for, a little past its time limits at most."""
        self.closing.set()
        end = max(self.under_way.values(), default=0.0) + 1.0
        while self.under_way and (left := end - time.monotonic()) > 0:
            futures.wait(tuple(self.under_way), left)

    def close(self) -> None:
        """Close all connections."""
        self.http.close()
        self.paid.close()

    def run(self, flow: Stream[T, R], emit: Callable[[T], object] | None = None) -> R:
        """Drive a flow to its end and return its result; `emit` takes what it emits."""
        return run(flow, partial(self.perform, emit=emit), emit)

    def iterate(self, flow: Stream[T, object]) -> Generator[T, None, None]:
        """Drive a flow, yielding what it emits."""
        return stream(flow, self.perform)

    def perform(self, effect: Effect, emit: Callable[[Any], object] | None = None) -> Outcome:
        """Perform one effect and return its outcome; `emit` takes what a download emits."""
        if self.closing.is_set() or self.http.is_closed:
            raise ConfigurationError("this client is closed")
        match effect:
            case Send():
                return self._send(effect)
            case Fetch():
                return self._fetch(effect, emit)
            case Sleep():
                return self._rest(effect)
            case Now():
                return self.clock()
            case _:
                assert_never(effect)

    def _send(self, effect: Send) -> Reply | Interrupted:
        """Authorize here, before anything begins: an error of it is the caller's, and settles nothing."""
        http = self.paid if effect.paid else self.http
        try:
            secrets = authorize(effect.request, self.auth, self.headers, http.headers)
            call = partial(self._exchange, http, effect, secrets)
            return self._pay(effect, call) if effect.paid else call()
        finally:
            forget(effect.request)

    def _exchange(self, http: httpx.Client, effect: Send, secrets: Secrets) -> Reply:
        with traced(effect.request, paid=effect.paid) as told:
            reply = self._converse(http, effect, secrets)
            told(reply)
        if effect.settle is not None:
            with suppress(Exception):  # it has kept what it knows
                effect.settle(reply)
        return reply

    def _converse(self, http: httpx.Client, effect: Send, secrets: Secrets) -> Reply:
        request = effect.request
        progress = Progress(hooked=bool(http.event_hooks["response"]))
        response: httpx.Response | None = None
        body: Body | None = None
        try:
            with deadline(effect.timeout):
                response = _start(http, request, effect.timeout, progress)
                body = Body(response, secrets)
                for chunk in _chunks(response):
                    if not body.feed(chunk):
                        break
        except Exception as error:  # noqa: BLE001 - see `Progress.broken`
            if body is None or not body.complete():
                return progress.broken(error, request)
        finally:
            if response is not None:
                with suppress(Exception):  # a broken farewell changes nothing
                    response.close()
            forget(request)
        return body.response()

    def _pay(self, effect: Send, call: Callable[[], Reply]) -> Reply | Interrupted:
        """Pay in a thread that nothing interrupts, and wait for its end whatever happens here."""
        exchange: futures.Future[Reply] = futures.Future()
        context = contextvars.copy_context()

        def pay() -> None:
            exchange.set_result(context.run(call))

        effect.request.headers["Connection"] = "close"  # threads share the client: nobody may come after us
        self.under_way[exchange] = time.monotonic() + effect.timeout
        exchange.add_done_callback(self.under_way.pop)
        thread = threading.Thread(target=pay, name="klingkit-pay", daemon=True)
        interruption = _begin(thread, exchange, effect)
        interruption = _wait_out(exchange, effect.timeout) or interruption
        if interruption is not None:
            return Interrupted(interruption)
        late = httpx.ReadTimeout("the exchange took too long", request=effect.request)
        return exchange.result() if exchange.done() else late

    def _fetch(self, effect: Fetch, emit: Callable[[Any], object] | None) -> Fetched:
        request = effect.request
        response: httpx.Response | None = None
        broken: httpx.RequestError | None = None
        try:
            with deadline(effect.timeout), traced(request, secret=True) as outcome:
                with failing(request), guarded(effect):
                    permitted(named(request.url))
                    response = _start(self.http, request, effect.timeout, Progress())
                outcome(response)
                if effect.sink.begin(response.status_code, response.headers):
                    for chunk in _chunks(response):
                        told = effect.sink.write(chunk)
                        if emit is not None:
                            emit(told)
        except httpx.RequestError as error:
            if not is_about(error, request):  # it is of whoever watches
                raise
            broken = error
        finally:
            if response is not None:
                with suppress(Exception):  # a broken farewell changes nothing
                    response.close()
        return fetched(response, broken)

    def _rest(self, effect: Sleep) -> Woken | None:
        if effect.inbox is None:
            self.sleep(effect.seconds)
            return None
        if isinstance(effect.inbox, Letterbox):
            return _listen(effect.inbox, effect.seconds)
        if not isinstance(effect.inbox, queue.Queue):
            raise TypeError(f"a blocking client takes a queue.Queue for its events, not {effect.inbox!r}")
        try:
            return Woken(effect.inbox.get(timeout=effect.seconds))
        except queue.Empty:
            return None


def _listen(box: Letterbox, seconds: float) -> Woken | None:
    bell = threading.Event()
    with box.ringing(bell.set):
        return Woken(box.take()) if bell.wait(seconds) else None


def _start(http: httpx.Client, request: httpx.Request, timeout: float, progress: Progress) -> httpx.Response:
    request.extensions = {**request.extensions, "timeout": patience(timeout), "trace": progress}
    response = http.send(request, auth=None, follow_redirects=False, stream=True)
    response.next_request = None  # nobody follows it, and it carries the key
    return response


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    """Read a body as it arrives, while there is time; a mock's has arrived already."""
    with failing(response.request):
        for chunk in [response.content] if response.is_stream_consumed else response.iter_raw():
            yield chunk
            in_time(response.request)


def _begin(thread: threading.Thread, exchange: futures.Future[Reply], effect: Send) -> BaseException | None:
    """Start the thread that pays; return what interrupted the start, if it has begun all the same."""
    try:
        thread.start()
    except RuntimeError as error:
        exchange.set_result(httpx.ConnectError(f"no thread to pay in: {error}", request=effect.request))
    except BaseException as error:
        if thread.ident is None:
            exchange.cancel()
            raise
        return waiting_on(error, effect.timeout)
    return None


def _wait_out(exchange: futures.Future[T], timeout: float) -> BaseException | None:
    """Wait until the exchange is over, or a little past its limit; return what interrupted the wait."""
    interruption: BaseException | None = None
    end = time.monotonic() + timeout + 1.0  # the exchange ends by itself: this is for transports that do not
    while not exchange.done() and (left := end - time.monotonic()) > 0:
        try:
            futures.wait([exchange], left)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C waits until it is known what was paid for
            interruption = interruption or waiting_on(error, left)
    return interruption
