"""What the vendor is answered."""

from __future__ import annotations

from logging import ERROR, WARNING
from typing import Final

from attrs import frozen

from klingkit._errors import CallbackRejected, InvalidRequest, KlingkitError
from klingkit._log import told
from klingkit._models import CallbackEvent

__all__ = ["BUSY", "HANDLED", "REPEATED", "TOO_LONG", "Reply", "broken", "refusal"]


@frozen
class Reply:
    """What to answer the vendor: an HTTP status, and a word for whoever reads logs."""

    status: int
    text: str


HANDLED: Final = Reply(200, "handled")
REPEATED: Final = Reply(200, "handled before")
BUSY: Final = Reply(409, "being handled")
REJECTED: Final = Reply(400, "rejected")
TOO_LONG: Final = Reply(413, "too long")
FAILED: Final = Reply(500, "failed; deliver again")
UNCONFIRMED: Final = Reply(503, "not confirmed; deliver again")


def refusal(error: KlingkitError) -> Reply:
    """Say why an event did not reach its handler; a forger learns nothing."""
    told(WARNING, "callback-refused", "callback not handled: %s", error, error=error, ref=error.ref)
    return REJECTED if isinstance(error, CallbackRejected | InvalidRequest) else UNCONFIRMED


def broken(event: CallbackEvent, error: Exception) -> Reply:
    """Say that the handler failed; the vendor may deliver again."""
    told(ERROR, "handler-failed", "the handler of callbacks failed, task %s", event.ref, cause=error, ref=event.ref)
    return FAILED
