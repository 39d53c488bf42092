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
    **dict.fromkeys(("filtered", "content_filtered", "nsfw", "crashed", "exception", "dead"), "failed"),
    **dict.fromkeys(("生成成功", "任务成功", "执行成功", "处理成功", "已成功"), "succeeded"),
    **dict.fromkeys(("生成完成", "任务完成", "执行完成", "处理完成"), "succeeded"),
    **dict.fromkeys(("生成失败", "任务失败", "执行失败", "处理失败", "已失败"), "failed"),
    **dict.fromkeys(("已取消", "已过期", "超时", "已超时", "任务超时", "处理超时", "已终止"), "failed"),
    **dict.fromkeys(("cancel", "canceled", "cancelled", "aborted", "terminated", "killed"), "failed"),
    **dict.fromkeys(
        ("stopped", "interrupted", "deleted", "banned", "moderated", "invalid", "unsuccessful", "失败"), "failed"
    ),
    **dict.fromkeys(("expired", "timeout", "timed_out", "time_out", "timedout"), "failed"),
}
"""Every known word, in lower case; an unknown one: the task goes on (observed.md: kie-states, relay-states)."""

ENDED: Final[frozenset[Status]] = frozenset({"succeeded", "failed"})

PREFIX: Final = re.compile("^(?:task|job)_(?:status|state)_")


_PAST: Final = "failed|failure|cancell?ed|aborted|rejected|refused"
_FAILED: Final = re.compile(rf".*_(?:{_PAST})|(?:{_PAST})_(?:by|due|for|because)_.*")
"""Words of several parts for a failure: `user_cancelled`, `rejected_by_policy`."""

GOES_ON: Final = frozenset({"no", "not", "non", "pending", "retry", "retrying", "will", "if", "being"})
"""Parts of a word that say the opposite of a failure, or that it is none yet."""

READY: Final = frozenset({"ok", "ready", "available", "partial_success", "partially_succeeded"})
"""Words of a success if a video is there; others have them for a response, or a step."""


def status_of(word: str) -> Status | None:
    """Return what a word for a state means, in any case and spelling; None: unknown."""
    spelled = _spelled(word)
    if spelled in STATES:
        return STATES[spelled]
    failed = _FAILED.fullmatch(spelled) and GOES_ON.isdisjoint(spelled.split("_"))
    return "failed" if failed else None


def is_ready(word: str) -> bool:
    """Return whether a word, which `status_of` does not know, means a success if a video is there."""
    return _spelled(word) in READY


def _spelled(word: str) -> str:
    return PREFIX.sub("", word.strip().lower().replace("-", "_").replace(" ", "_"))
