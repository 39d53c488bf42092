"""The effects that a flow may yield, their outcomes, and typed helpers that yield one and return its outcome."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import httpx
from attrs import field, frozen

from klingkit._events import EventSlot

if TYPE_CHECKING:
    from anyio.abc import ObjectReceiveStream

T = TypeVar("T")
R = TypeVar("R")


Reply: TypeAlias = httpx.Response | httpx.RequestError
"""The outcome of an exchange: a response, or a transport error."""


@frozen
class Send:
    """Perform one authenticated exchange with the API; the response is read whole, within a size limit.

    `paid` marks the call that costs money: it goes out on a connection of its own, and an interruption waits for its
    end. `timeout` bounds the whole exchange in seconds, however slowly it drips. What is not paid waits for its turn
    among the requests of its client, which counts as part of `timeout`, but for the first `queue_time` seconds.
    `on_outcome` is called with the outcome in the thread or task of the exchange, even if the flow waits no longer.
    """

    request: httpx.Request
    paid: bool = False
    timeout: float = 60.0
    queue_time: float = 0.0
    on_outcome: Callable[[Reply], None] | None = None


class Sink(Protocol):
    """Receives a download, and decides which responses it takes."""

    def begin(self, status: int, headers: httpx.Headers, /) -> bool:
        """Look at the status and headers of a response; return whether to read its body."""
        ...

    def write(self, data: bytes, /) -> object:
        """Append a piece; return the value to emit."""
        ...


@frozen
class Fetch:
    """Download into a sink, unauthenticated, emitting what the sink returns for each piece.

    `home` is the API's own host: private addresses are connected to only if it is at one itself.
    """

    request: httpx.Request
    sink: Sink
    home: str = ""
    timeout: float = 600.0


Inbox: TypeAlias = "EventSlot | queue.Queue[Any] | ObjectReceiveStream[Any]"
"""What may end a sleep: a slot for any client, a queue for blocking ones, an anyio receive stream for async ones."""


@frozen
class Sleep:
    """Pause for `seconds`; an event in the inbox ends it early."""

    seconds: float
    inbox: Inbox | None = None


@frozen
class Now:
    """Read the monotonic clock; the outcome is seconds."""


@frozen
class Emit(Generic[T]):
    """Hand a value to the callback or the iteration of the caller."""

    value: T


@frozen
class Fetched:
    """The outcome of a `Fetch`; status 0: there was no response."""

    status: int
    headers: httpx.Headers = field(factory=httpx.Headers)
    error: httpx.RequestError | None = None
    """The error that ended the exchange, before or within the body."""


@frozen
class Woken:
    """The event that ended a sleep."""

    event: object


@frozen
class Interrupted:
    """A paid exchange that ended, its outcome reported, while `error` (Ctrl-C, cancellation) waited."""

    error: BaseException


Effect: TypeAlias = Send | Fetch | Sleep | Now
Outcome: TypeAlias = Reply | Fetched | Interrupted | Woken | float | None
Flow: TypeAlias = Generator[Effect, Outcome, R]
Stream: TypeAlias = Generator[Effect | Emit[T], Outcome, R]


def send(request: httpx.Request, *, timeout: float, queue_time: float = 0.0) -> Flow[httpx.Response]:
    """Send a request that costs nothing; raises the transport error, if any."""
    outcome = yield Send(request, timeout=timeout, queue_time=queue_time)
    if isinstance(outcome, httpx.RequestError):
        raise outcome
    assert isinstance(outcome, httpx.Response)
    return outcome


def fetch(request: httpx.Request, sink: Sink, *, home: str, timeout: float) -> Flow[Fetched]:
    """Download into a sink."""
    outcome = yield Fetch(request, sink, home, timeout)
    assert isinstance(outcome, Fetched)
    return outcome


def sleep(seconds: float, inbox: Inbox | None = None) -> Flow[object]:
    """Pause; return the event that ended the pause, or None."""
    outcome = yield Sleep(seconds, inbox)
    return outcome.event if isinstance(outcome, Woken) else None


def now() -> Flow[float]:
    """Read the monotonic clock."""
    outcome = yield Now()
    assert isinstance(outcome, float)
    return outcome


def fetch_outcome(response: httpx.Response | None, error: httpx.RequestError | None) -> Fetched:
    """Return the outcome of a download."""
    if response is None:
        return Fetched(0, error=error)
    return Fetched(response.status_code, response.headers, error)
