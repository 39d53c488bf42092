"""What the APIs say, from plain arguments: answers and callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from klingkit import Status
from klingkit.contract import Api

__all__ = ["CREATED", "ENDED", "FAILED", "STATES", "Urls", "check", "error", "meant", "record", "status", "task_answer"]

Urls: TypeAlias = str | Sequence[str]

MADE: Final = 1_764_547_200_000
"""When all tasks were created, in milliseconds since 1970: fixed, so that answers are reproducible."""

CREATED: Final[dict[Api, str]] = {"kie": "waiting", "native": "submitted", "relay": "submitted"}
"""API -> its word for a task that was just made."""
ENDED: Final[dict[Api, str]] = {"kie": "success", "native": "completed", "relay": "succeed"}
"""API -> its word for a finished one."""
FAILED: Final[dict[Api, str]] = {"kie": "fail", "native": "failed", "relay": "failed"}

OFFICIAL: Final[dict[str, Status]] = {
    "submitted": "queued",
    "processing": "running",
    **dict.fromkeys(("completed", "succeed", "succeeded"), "succeeded"),
    "failed": "failed",
}
STATES: Final[Mapping[Api, Mapping[str, Status]]] = {
    "kie": {
        **dict.fromkeys(("waiting", "queuing"), "queued"),
        "generating": "running",
        "success": "succeeded",
        "fail": "failed",
    },
    "native": OFFICIAL,
    "relay": {
        **OFFICIAL,
        **dict.fromkeys(("queued", "NOT_START", "SUBMITTED", "QUEUED"), "queued"),
        **dict.fromkeys(("in_progress", "IN_PROGRESS"), "running"),
        "SUCCESS": "succeeded",
        "FAILURE": "failed",
    },
}
"""API -> every word for a state, documented or observed (field: kie-states, official-succeed) -> what it means."""

STATUSES: Final = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004), 401),
    **dict.fromkeys((1103,), 403),
    **dict.fromkeys((1200, 1201, 1300, 1301), 400),
    **dict.fromkeys((1202, 1203), 404),
    **dict.fromkeys((1100, 1101, 1102, 1302, 1303, 1304), 429),
    5000: 500,
    5001: 503,
    5002: 504,
}
"""An official code -> the HTTP status that it comes with; the other codes are HTTP statuses themselves."""


def check(api: Api, states: Sequence[object], *, video: Urls = (), reason: str | None = None, unlisted: bool) -> None:
    """Refuse words that nobody uses, and a video or a reason that is told with none of them.

    Raises:
        ValueError: There is one.
    """
    odd = [] if unlisted else [state for state in states if meant(api, state) is None]
    if odd:
        raise ValueError(f"state: one of {', '.join(STATES[api])}, not {odd[0]!r}; `unlisted=True` lets any pass")
    for name, given, end in (("video", video, "succeeded"), ("reason", reason, "failed")):
        if given and not any(meant(api, state) in {end, None} for state in states):
            words = " or ".join(word for word, meaning in STATES[api].items() if meaning == end)
            raise ValueError(f"{name}: told with {words} alone, not with {' or '.join(map(str, states))}: {given!r}")


def meant(api: Api, state: object) -> Status | None:
    """Tell what a word means; None: nobody uses it."""
    return STATES[api].get(state) if isinstance(state, str) else None


def record(api: Api, state: Any, task_id: Any, *, video: Urls = (), reason: str | None = None) -> dict[str, Any]:
    """What an API tells of a task: its record, or the task itself; video and reason with the states that have them."""
    meaning = meant(api, state)
    urls = [] if meaning not in {"succeeded", None} else [video] if isinstance(video, str) else list(video)
    why = reason if reason and meaning in {"failed", None} else ""
    if api == "kie":
        return {
            "taskId": task_id,
            "state": state,
            "resultJson": json.dumps({"resultUrls": urls}) if urls else "",
            "failCode": "501" if meaning == "failed" else "",
            "failMsg": why,
            "createTime": MADE,
        }
    return {
        "task_id": task_id,
        "task_status": state,
        "task_status_msg": why,
        "task_result": {"videos": [{"id": f"v{at}", "url": url, "duration": "5.0"} for at, url in enumerate(urls)]},
        "created_at": MADE,
        "updated_at": MADE,
    }


def task_answer(api: Api, task: dict[str, Any]) -> dict[str, Any]:
    """What a query is answered, or a creation: the task in its envelope, if the API has one."""
    if api == "kie":
        return {"code": 200, "msg": "success", "data": task}
    if api == "relay":
        return {"code": 0, "message": "SUCCEED", "request_id": "klingkit-testing", "data": task}
    return task


def error(api: Api, code: int, message: str) -> dict[str, Any]:
    """What a refused request is answered."""
    if api == "kie":
        return {"code": code, "msg": message, "data": None}
    return {"code": code, "message": message, "request_id": "klingkit-testing"}


def status(code: int) -> int:
    """The HTTP status that goes with a code, as the services themselves pair them."""
    return STATUSES.get(code, code)
