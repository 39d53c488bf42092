"""JSON payloads of the APIs, made from plain arguments: task records, responses and API errors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from klingkit import Status
from klingkit.contract import Api, Contract
from klingkit.emulator.faults._error_codes import CODES
from klingkit.providers._states import STATES as KNOWN

__all__ = [
    "STATES",
    "WORDS",
    "Urls",
    "check_options",
    "error_body",
    "http_status",
    "status_of",
    "task_record",
    "task_response",
    "upload_response",
]

Urls: TypeAlias = str | Sequence[str]

CREATED_AT: Final = 1_764_547_200_000
"""When every task was created, in milliseconds since 1970: fixed, so that payloads are reproducible."""

WORDS: Final[Mapping[Api, Mapping[Status, str]]] = {
    "kie": {"queued": "waiting", "succeeded": "success", "failed": "fail"},
    "native": {"queued": "submitted", "succeeded": "completed", "failed": "failed"},
    "relay": {"queued": "submitted", "succeeded": "succeed", "failed": "failed"},
}
"""API -> status -> the documented word for it."""

KIE_WORDS: Final = ("waiting", "queuing", "generating", "success", "fail")
OFFICIAL_WORDS: Final = (
    *("submitted", "queued", "not_start", "processing", "in_progress"),
    *("completed", "succeed", "succeeded", "success", "failed", "failure", "fail"),
)

STATES: Final[Mapping[Api, Mapping[str, Status]]] = {
    "kie": {word: KNOWN[word] for word in KIE_WORDS},
    "native": {word: KNOWN[word] for word in OFFICIAL_WORDS},
    "relay": {word: KNOWN[word] for word in OFFICIAL_WORDS},
}
"""API -> every word that it is known to send for a state -> its status; native and relay ignore case."""


OFFICIAL_INSTEAD: Final = {
    402: 1102,
    405: 1202,
    422: 1201,
    433: 1102,
    455: 5001,
    501: 5000,
    502: 5001,
    505: 1103,
}
INSTEAD: Final[Mapping[Api, Mapping[int, int]]] = {
    "kie": {
        **dict.fromkeys((403, 1000, 1001, 1002, 1003, 1004, 1100, 1103, 1304), 401),
        **dict.fromkeys((1101, 1102), 402),
        **dict.fromkeys((405, 1202, 1203), 404),
        **dict.fromkeys((1200, 1201, 1300, 1301), 422),
        **dict.fromkeys((1302, 1303), 429),
        **dict.fromkeys((503, 5001), 455),
        **dict.fromkeys((502, 504, 5000, 5002), 500),
    },
    **dict.fromkeys(("native", "relay"), OFFICIAL_INSTEAD),
}
"""API -> a code of another one -> the code that means the same here."""


def check_options(
    api: Api, states: Sequence[object], *, video: Urls = (), reason: str | None = None, unlisted: bool
) -> None:
    """Check that states are known, and that a video or a reason goes with one of them.

    Raises:
        ValueError: A state is unknown, and `unlisted` is False; or no state comes with a video or a reason.
    """
    unknown = [] if unlisted else [state for state in states if status_of(api, state) is None]
    if unknown:
        raise ValueError(
            f"state: one of {', '.join(STATES[api])}, not {unknown[0]!r}; `unlisted=True` allows any other"
        )
    for name, given, end in (("video", video, "succeeded"), ("reason", reason, "failed")):
        if given and not any(status_of(api, state) in {end, None} for state in states):
            words = " or ".join(word for word, status in STATES[api].items() if status == end)
            raise ValueError(f"{name}: comes with {words} only, not with {' or '.join(map(str, states))}: {given!r}")


def status_of(api: Api, state: object) -> Status | None:
    """Return the status that a state of an API means; None if the service is not known to send the word."""
    if not isinstance(state, str):
        return None
    return STATES[api].get(state if api == "kie" else state.lower())


def task_record(api: Api, state: Any, task_id: Any, *, video: Urls = (), reason: str | None = None) -> dict[str, Any]:
    """Make the record of a task; video and reason are left out where the state does not come with them."""
    status = status_of(api, state)
    urls = [] if status not in {"succeeded", None} else [video] if isinstance(video, str) else list(video)
    message = reason if reason and status in {"failed", None} else ""
    if api == "kie":
        return {
            "taskId": task_id,
            "state": state,
            "resultJson": json.dumps({"resultUrls": urls}) if urls else "",
            "failCode": "501" if status == "failed" else "",
            "failMsg": message,
            "createTime": CREATED_AT,
        }
    return {
        "task_id": task_id,
        "task_status": state,
        "task_status_msg": message,
        "task_result": {"videos": [{"id": f"v{at}", "url": url, "duration": "5.0"} for at, url in enumerate(urls)]},
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
    }


def task_response(api: Api, task: dict[str, Any]) -> dict[str, Any]:
    """Make the body of a successful response: a task, in the API's envelope if it has one."""
    if api == "kie":
        return {"code": 200, "msg": "success", "data": task}
    if api == "relay":
        return {"code": 0, "message": "SUCCEED", "request_id": "klingkit-testing", "data": task}
    return task


def upload_response(url: str) -> dict[str, Any]:
    """Make the body of the response to an upload."""
    return {"success": True, "code": 200, "msg": "success", "data": {"fileUrl": url}}


def error_body(api: Api, code: int, message: str) -> dict[str, Any]:
    """Make the body of an API error."""
    if api == "kie":
        return {"code": code, "msg": message, "data": None}
    return {"code": code, "message": message, "request_id": "klingkit-testing"}


def http_status(api: Api, code: int, operation: Literal["create", "query", "upload"]) -> int:
    """Return the HTTP status that goes with a code, as the services pair them; an unknown code is a status itself.

    Raises:
        ValueError: The spec declares no such status: the code is another API's, or one that no document names.
    """
    meaning = CODES[api].get(code)
    status = meaning.status if meaning else code
    if operation == "upload":
        if meaning:
            return status
    elif status in Contract(api).statuses(operation):
        return status
    other = INSTEAD[api].get(code)
    known = ", ".join(map(str, dict.fromkeys(INSTEAD[api].values())))
    hint = f"use {other} ({CODES[api][other].message})" if other else f"use one like {known}, or name a status"
    raise ValueError(f"code: {api} has no {code}; {hint}")
