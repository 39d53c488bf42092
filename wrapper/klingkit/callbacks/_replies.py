"""The replies to the vendor, and the log events of failures."""

from __future__ import annotations

from logging import ERROR, WARNING
from typing import Final

from attrs import frozen

from klingkit._errors import CallbackRejected, InvalidRequest, KlingkitError
from klingkit._log import log_event
from klingkit._models import CallbackEvent

__all__ = [
    "BUSY",
    "HANDLED",
    "REPEATED",
    "TOO_LONG",
    "UNCONFIRMED",
    "Reply",
    "handler_failed",
    "rejection",
    "store_failed",
]


@frozen
class Reply:
    """A reply to the vendor: an HTTP status, and a short text for logs."""

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


def rejection(error: KlingkitError, event: CallbackEvent | None) -> Reply:
    """Log why an event did not reach the handler, and return the reply, which gives no reason away.

    A proven sender may report a task that the API does not know yet: it shall deliver again.
    """
    log_event(WARNING, "callback-refused", "callback not handled: %s", error, error=error, ref=error.ref)
    proven = event is not None and (event.verified or event.name is not None)
    return REJECTED if isinstance(error, CallbackRejected | InvalidRequest) and not proven else UNCONFIRMED


def handler_failed(event: CallbackEvent, error: Exception) -> Reply:
    """Log that the handler failed; the reply asks the vendor to deliver again."""
    log_event(ERROR, "handler-failed", "the callback handler failed, task %s", event.ref, cause=error, ref=event.ref)
    return FAILED


def store_failed(event: CallbackEvent, error: Exception) -> Reply:
    """Log that the store failed, so that the delivery may count as unhandled; the reply asks to deliver again."""
    log_event(ERROR, "store-failed", "the store of callbacks failed, task %s", event.ref, cause=error, ref=event.ref)
    return UNSTORED
