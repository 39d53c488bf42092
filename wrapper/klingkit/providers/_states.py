"""The words for the state of a task, one table for all APIs: a relay may pass on the word of any service behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from klingkit._models import Status

__all__ = ["ENDED", "STATES", "is_ready", "status_of"]

STATES: Final[Mapping[str, Status]] = {
    **dict.fromkeys(("submitted", "waiting", "queuing", "queueing", "queued", "in_queue", "pending"), "queued"),
    **dict.fromkeys(("not_start", "not_started", "created", "accepted", "scheduled"), "queued"),
    **dict.fromkeys(("processing", "generating", "in_progress", "running", "started", "rendering"), "running"),
    **dict.fromkeys(("success", "succeed", "succeeded", "successful", "complete", "completed"), "succeeded"),
    **dict.fromkeys(("done", "finish", "finished", "成功", "已完成"), "succeeded"),
    **dict.fromkeys(("fail", "failed", "failure", "error", "errored", "rejected", "refused", "blocked"), "failed"),
    **dict.fromkeys(("filtered", "nsfw", "crashed", "exception", "dead"), "failed"),
    **dict.fromkeys(("cancel", "canceled", "cancelled", "aborted", "terminated", "killed"), "failed"),
    **dict.fromkeys(
        ("stopped", "interrupted", "deleted", "banned", "moderated", "invalid", "unsuccessful", "失败"), "failed"
    ),
    **dict.fromkeys(("expired", "timeout", "timed_out", "time_out", "timedout"), "failed"),
}
"""Every known word, in lower case; an unknown one: the task goes on (observed.md: kie-states, relay-states)."""

ENDED: Final[frozenset[Status]] = frozenset({"succeeded", "failed"})

PREFIX: Final = re.compile("^(?:task|job)_(?:status|state)_")


ENDINGS: Final[Mapping[re.Pattern[str], Status]] = {
    re.compile("(?:失败|取消|过期|超时|终止|异常)$"): "failed",
    re.compile("(?<!未)(?:成功|完成)$"): "succeeded",
}
"""How words of several characters end in Chinese."""

NO_PARTS: Final = frozenset({"cancel", "fail"})
"""Words of a failure that part of another word may be, as in `pending_cancel`."""

GOES_ON: Final = frozenset({"no", "not", "non", "without", "pending", "retry", "retrying", "will", "if"})
"""Parts of a word that say the opposite of a failure, or that it is none yet."""

READY: Final = frozenset({"ok", "ready", "available", "partial_success", "partially_succeeded"})
"""Words of a success if a video is there; others have them for a response, or a step."""


def status_of(word: str) -> Status | None:
    """Return what a word for a state means, in any case and spelling; None: unknown."""
    spelled = _spelled(word)
    if spelled in STATES:
        return STATES[spelled]
    parts = {*spelled.split("_")}
    if not parts & GOES_ON and any(STATES.get(part) == "failed" for part in parts - NO_PARTS):
        return "failed"
    return next((status for ending, status in ENDINGS.items() if ending.search(spelled)), None)


def is_ready(word: str) -> bool:
    """Return whether a word, which `status_of` does not know, means a success if a video is there."""
    return _spelled(word) in READY


def _spelled(word: str) -> str:
    return PREFIX.sub("", word.strip().lower().replace("-", "_").replace(" ", "_"))
