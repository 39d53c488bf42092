"""The effects a flow may yield, their outcomes, and the helpers that narrow one to the other."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import httpx
from anyio.abc import ObjectReceiveStream
from attrs import field, frozen

from klingkit._events import Letterbox

T = TypeVar("T")
R = TypeVar("R")


Reply: TypeAlias = httpx.Response | httpx.RequestError
"""What comes of an exchange: an answer, or what went wrong on the way."""


@frozen
class Send:
    """Perform one exchange with the API, authenticated, its answer read whole and bounded.

    `paid` marks the call that costs money: it goes out on a connection of its own, and an interruption waits for its
    end. `timeout` bounds the whole exchange in seconds, however slowly it drips. `settle` is told the outcome as soon
    as there is one, by whoever performs the exchange, even if nobody waits for it any longer.
    """

    request: httpx.Request
    paid: bool = False
    timeout: float = 60.0
    settle: Callable[[Reply], None] | None = None


class Sink(Protocol):
    """Where a download goes, and who decides whether it goes there."""

    def begin(self, status: int, headers: httpx.Headers, /) -> bool:
        """Look at an answer; return whether its body is wanted."""
        ...

    def write(self, data: bytes, /) -> object:
        """Append; return what to emit."""
        ...


@frozen
class Fetch:
    """Download into a sink, unauthenticated, emitting what the sink says of each piece.

    `home` is the API's own host: private addresses are connected to only if it is at one itself.
    """

    request: httpx.Request
    sink: Sink
    home: str = ""
    timeout: float = 600.0


Inbox: TypeAlias = Letterbox | queue.Queue[Any] | ObjectReceiveStream[Any]
"""What may end a sleep: a letterbox anywhere, a queue for blocking clients, any anyio receive stream for async ones."""


@frozen
class Sleep:
    """Pause; an event arriving in the inbox ends it early."""

    seconds: float
    inbox: Inbox | None = None


@frozen
class Now:
    """Read the monotonic clock; its outcome is seconds."""


@frozen
class Emit(Generic[T]):
    """Hand a value to whoever is watching."""

    value: T


@frozen
class Fetched:
    """The answer to a `Fetch`: status 0 if there was none."""

    status: int
    headers: httpx.Headers = field(factory=httpx.Headers)
    error: httpx.RequestError | None = None
    """What broke the exchange off, before or within the body."""


@frozen
class Woken:
    """The event that ended a sleep."""

    event: object


@frozen
class Interrupted:
    """A paid exchange that was waited out, and settled, although `error` (Ctrl-C, cancellation) came meanwhile."""

    error: BaseException


Effect: TypeAlias = Send | Fetch | Sleep | Now
Outcome: TypeAlias = Reply | Fetched | Interrupted | Woken | float | None
Flow: TypeAlias = Generator[Effect, Outcome, R]
Stream: TypeAlias = Generator[Effect | Emit[T], Outcome, R]


def send(request: httpx.Request, *, timeout: float) -> Flow[httpx.Response]:
    """Ask something that costs nothing."""
    outcome = yield Send(request, timeout=timeout)
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


def fetched(response: httpx.Response | None, error: httpx.RequestError | None) -> Fetched:
    """Describe a download that is over, with or without an answer."""
    if response is None:
        return Fetched(0, error=error)
    return Fetched(response.status_code, response.headers, error)
