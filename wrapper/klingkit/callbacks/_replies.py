"""What the vendor is answered."""

from __future__ import annotations

from logging import ERROR, WARNING
from typing import Final

from attrs import frozen

from klingkit._errors import CallbackRejected, InvalidRequest, KlingkitError
from klingkit._log import log_event
from klingkit._models import CallbackEvent

__all__ = ["BUSY", "HANDLED", "REPEATED", "TOO_LONG", "UNCONFIRMED", "Reply", "broken", "refusal", "unstored"]


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
UNSTORED: Final = Reply(503, "not recorded; deliver again")
UNCONFIRMED: Final = Reply(503, "not confirmed; deliver again")


def refusal(error: KlingkitError, event: CallbackEvent | None) -> Reply:
    """Say why an event did not reach its handler; a forger learns nothing.

    A sender who is known may tell of a task that the API itself does not know yet: it is to deliver again.
    """
    log_event(WARNING, "callback-refused", "callback not handled: %s", error, error=error, ref=error.ref)
    early = event is not None and (event.verified or event.name is not None)
    return REJECTED if isinstance(error, CallbackRejected | InvalidRequest) and not early else UNCONFIRMED


def broken(event: CallbackEvent, error: Exception) -> Reply:
    """Say that the handler failed; the vendor may deliver again."""
    log_event(ERROR, "handler-failed", "the callback handler failed, task %s", event.ref, cause=error, ref=event.ref)
    return FAILED


def unstored(event: CallbackEvent, error: Exception) -> Reply:
    """Say that the store failed: whether this was handled is not known, or not remembered."""
    log_event(ERROR, "store-failed", "the store of callbacks failed, task %s", event.ref, cause=error, ref=event.ref)
    return UNSTORED
