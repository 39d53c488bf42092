"""Tasks as text and as JSON."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from klingkit import Task
from klingkit._text import printable

__all__ = ["number", "task_line", "task_record"]


MAX_SHOWN: Final = 2000
"""Characters of a URL or a reason on a line."""


def task_line(task: Task) -> str:
    """Return a task on one line: its reference, its status, and the URL, the reason or the progress."""
    details = [video.url for video in task.videos]
    if task.status == "failed":
        details = [(task.failure and task.failure.message) or "no reason given"]
    elif task.progress is not None and not task.done:
        details = [f"{task.progress:.0%}"]
    return "\t".join([str(task.ref), task.status, *(printable(detail, MAX_SHOWN) for detail in details)])


def task_record(task: Task) -> dict[str, Any]:
    """Return a task for JSON."""
    failure = task.failure
    return {
        "ref": str(task.ref),
        "status": task.status,
        "vendor_status": task.vendor_status,
        "progress": task.progress,
        "videos": [{"url": video.url, "duration": video.duration} for video in task.videos],
        "failure": failure
        and {
            "code": failure.code,
            "message": failure.message,
            "retryable": failure.retryable,
            "content_refused": failure.content_refused,
        },
        "cost": task.cost and {"amount": number(task.cost.amount), "unit": task.cost.unit},
        "created": _time(task.created),
        "completed": _time(task.completed),
    }


def number(value: Decimal) -> float:
    """Return an amount as a number of JSON."""
    return int(value) if value == value.to_integral_value() else float(value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
