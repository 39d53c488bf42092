"""The words for the state of a task, one table for all APIs: a relay may pass on the word of any service behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from klingkit._models import Status

__all__ = ["ENDED", "STATES", "status_of"]

STATES: Final[Mapping[str, Status]] = {
    **dict.fromkeys(("submitted", "waiting", "queuing", "queueing", "queued", "in_queue", "pending"), "queued"),
    **dict.fromkeys(("not_start", "not_started", "created", "accepted", "scheduled"), "queued"),
    **dict.fromkeys(("processing", "generating", "in_progress", "running", "started", "rendering"), "running"),
    **dict.fromkeys(("success", "succeed", "succeeded", "successful", "complete", "completed"), "succeeded"),
    **dict.fromkeys(("done", "finish", "finished", "成功", "已完成"), "succeeded"),
    **dict.fromkeys(("fail", "failed", "failure", "error", "errored", "rejected", "refused", "blocked"), "failed"),
    **dict.fromkeys(("cancel", "canceled", "cancelled", "aborted", "terminated", "killed"), "failed"),
    **dict.fromkeys(
        ("stopped", "interrupted", "deleted", "banned", "moderated", "invalid", "unsuccessful", "失败"), "failed"
    ),
    **dict.fromkeys(("expired", "timeout", "timed_out", "time_out", "timedout"), "failed"),
}
"""Every known word, in lower case; an unknown one: the task goes on (observed.md: kie-states, relay-states)."""

ENDED: Final[frozenset[Status]] = frozenset({"succeeded", "failed"})

PREFIX: Final = re.compile("^(?:task|job)_(?:status|state)_")


def status_of(word: str) -> Status | None:
    """Return what a word for a state means, in any case and spelling; None: unknown."""
    spelled = PREFIX.sub("", word.strip().lower().replace("-", "_").replace(" ", "_"))
    return STATES.get(spelled) or ("failed" if spelled.endswith(("_failed", "_failure")) else None)
