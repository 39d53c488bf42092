"""Wait for a turn among the requests that the limits of an account keep back."""

from __future__ import annotations

from collections.abc import Callable
from logging import INFO
from typing import Any, Final

from attrs import define

from klingkit._base import KlingkitError
from klingkit._errors import AuthenticationError, RateLimited, SlotsFull
from klingkit._flow import Flow, now, sleep
from klingkit._limiter import Limiter, Turn
from klingkit._log import log_event

__all__ = ["Queue", "wait_for_query"]

SEND_TIME: Final = 15.0
"""Seconds of a submission's time limit that are kept for the exchange itself: no turn that comes later is taken."""

SEND_SHARE: Final = 0.25
"""The share of a short time limit that is kept for the exchange."""

REFUSAL: Final = ("code", "vendor_message", "http_status", "request_id")
"""What the error of a turn that did not come takes over from the refusal before it."""


@define
class Queue:
    """The wait of one submission, which may be refused and come back."""

    turn: Turn
    end: float
    """The time of the flow after which a turn is not taken."""
    began: float
    refusal: RateLimited | SlotsFull | None = None
    stale_token: AuthenticationError | None = None
    """The response to a token that has been renewed since."""
    logged: bool = False

    @classmethod
    def join(cls, limiter: Limiter, began: float, deadline: float) -> Queue:
        """Join the queue; a part of the time until the deadline is kept for the exchange."""
        seconds = (deadline - began) - min(SEND_TIME, SEND_SHARE * (deadline - began))
        return cls(limiter.join(seconds), began + seconds, began)

    def takes_back(self, error: KlingkitError) -> bool:
        """Return whether a refusal only says that a limit is reached: then another turn may be waited for."""
        if not isinstance(error, RateLimited | SlotsFull) or error.again != "pay":
            return False
        self.refusal = error
        log_event(INFO, "paying-again", "nothing was created (%s); once more in turn", error, error=error)
        return True

    def wait(self) -> Flow[None]:
        """Wait for the turn.

        Raises:
            RateLimited, SlotsFull: It does not come in time; nothing was created.
        """
        at_once = self.refusal is None
        if not (yield from _take(self.turn, self.end, self._log, at_once=at_once)):
            raise self._too_late((yield from now()) - self.began) from self.refusal or self.stale_token

    def _log(self, seconds: float) -> None:
        """Log once that the submission waits."""
        if not self.logged and self.refusal is None:
            self.logged, (_, limit), before = True, self.turn.limiter.limit(), self.turn.before or 0
            text = "a submission waits for its turn, %.0f s at most: %s, and %d were before it"
            log_event(INFO, "queued", text, seconds, limit, before, seconds=seconds, limit=limit, before=before)

    def _too_late(self, waited: float) -> RateLimited | SlotsFull:
        """Return the error of a submission whose turn did not come."""
        limiter, refusal = self.turn.limiter, self.refusal
        kind, limit = limiter.limit()
        text = _no_turn(self.turn, waited, limit)
        own = (refusal and refusal.retry_after) or 0.0
        known: dict[str, Any] = {"retry_after": max(own, limiter.closed()) or None}
        if refusal is None and self.stale_token is not None:
            text = f"nothing was created: {self.stale_token}; then {text}"
        elif refusal is None:
            text = f"nothing was sent: {text}"
        else:
            kind, text = type(refusal), f"nothing was created: {refusal}; then {text}"
            known |= {name: getattr(refusal, name) for name in REFUSAL}
        error = kind(text, **known)
        error.again = "pay"
        return error


def wait_for_query(limiter: Limiter, seconds: float, *, routine: bool) -> Flow[tuple[float, float]]:
    """Wait until a query may be sent, a routine one after all others.

    Return the time of the limiter then, and the seconds that it took.

    Raises:
        RateLimited: That was not within so many seconds; nothing was sent.
    """
    if (sent := limiter.take_now()) is not None:
        return sent, 0.0
    began, turn = (yield from now()), limiter.join(seconds, routine=routine)
    taken = yield from _take(turn, began + seconds)
    waited = (yield from now()) - began
    if not taken:
        text = f"nothing was sent: {_no_turn(turn, waited, limiter.limit()[1])}"
        error = RateLimited(text, retry_after=limiter.closed() or None)
        error.again = "ask"
        raise error
    return turn.sent, waited


def _take(
    turn: Turn, end: float, on_wait: Callable[[float], object] | None = None, *, at_once: bool = False
) -> Flow[bool]:
    """Wait for a turn until `end`; return whether it came. `on_wait` is called with the seconds that are left.

    `at_once`: it may be taken before the clock is read.
    """
    try:
        if at_once and not turn.pause():
            return True
        while (left := end - (yield from now())) > turn.limiter.closed():
            if not (pause := turn.pause()):
                return True
            if on_wait:
                on_wait(left)
            yield from sleep(min(pause, left), turn.slot)
    except BaseException:
        turn.leave()
        raise
    turn.leave()
    return False


def _no_turn(turn: Turn, waited: float, limit: str) -> str:
    return f"no turn in {waited:.1f} s; {limit}, and {turn.before or 0} were before it in the queue"
