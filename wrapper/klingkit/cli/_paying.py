"""The paid request: whatever interrupts it, the reference of its task is written, and no other attempt begins."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from klingkit._base import TaskRef
from klingkit._client import Client
from klingkit._errors import SubmissionUncertain
from klingkit.cli._output import Output

__all__ = ["pay"]

LOG: Final = logging.getLogger("klingkit")
DOUBTS: Final = {"SubmissionUncertain", "UnreadableSubmission"}


class Outcome(logging.Handler):
    """Reads from the client's log what became of the paid request: an interruption may come before the return."""

    def __init__(self, note: Callable[[str], object]) -> None:
        super().__init__()
        self.note = note
        self.ref: str | None = None
        self.doubt = False
        self.external_id: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Read one event: what `submitted` states about the error is repeated by `interrupted`."""
        facts: dict[str, Any] = getattr(record, "klingkit", {})
        if not facts and record.levelno >= logging.WARNING:  # that it waits for the response
            self.note(record.getMessage())
        if facts.get("event") not in {"submitted", "interrupted"}:
            return
        self.ref = facts.get("ref", self.ref)
        self.external_id = facts.get("external_task_id", self.external_id)
        self.doubt = self.ref is None and facts.get("error", {"kind": "SubmissionUncertain"})["kind"] in DOUBTS


def pay(client: Client[Any], output: Output, request: Any, callback_url: str | None) -> TaskRef:
    """Make the paid request, and write the reference of its task at once.

    An interruption is raised when the client has the response to a request under way.

    Raises:
        SubmissionUncertain: A task may exist, also where the call was interrupted.
    """
    outcome, level = Outcome(output.note), LOG.level
    LOG.addHandler(outcome)
    LOG.setLevel(min(logging.INFO, LOG.getEffectiveLevel()))
    try:
        ref = client.submit(request, callback_url=callback_url)
        output.paid(ref)
    except KeyboardInterrupt as interruption:
        _interrupted(client, output, outcome, interruption)
        raise
    finally:
        LOG.removeHandler(outcome)
        LOG.setLevel(level)
    return ref


def _interrupted(client: Client[Any], output: Output, outcome: Outcome, interruption: KeyboardInterrupt) -> None:
    kept = [str(task.ref) for task in client.unclaimed]
    for ref in kept or filter(None, [outcome.ref]):
        output.paid(ref)
    if outcome.doubt and not kept:
        text = "interrupted during the paid request: a task may exist; it is not sent again"
        raise SubmissionUncertain(text, external_task_id=outcome.external_id, api=client.api.name) from interruption
