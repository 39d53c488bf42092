"""A second, independent reader of responses, with its own tables of codes and states; the client must agree with it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeGuard

import httpx

from klingkit import InvalidRequest, TaskRef
from scripts.checks import golden_kie, golden_official

Body: TypeAlias = Mapping[str, Any]

ROUTES = {"kie": "jobs", "native": "text2video", "relay": "text2video"}
UNKNOWN_STATES = frozenset({"改编", "正在处理", "success!"})
"""States in the golden responses that no service is known to use."""

STATUS_BY_STATE: dict[str, str] = {
    **{
        vendor_state.lower(): status
        for vendor_state, status in {**golden_official.STATES, **golden_kie.STATES}.items()
        if vendor_state not in UNKNOWN_STATES
    },
    **{
        vendor_state.lower(): "succeeded"
        for vendor_state in (*golden_official.SUCCESS, "success", "successful", "complete")
    },
    **{vendor_state.lower(): "failed" for vendor_state in (*golden_official.FAILURE, "fail", "error", "errored")},
    **dict.fromkeys(("done", "finish", "finished"), "succeeded"),
    **dict.fromkeys(("expired", "timeout", "timed_out", "time_out", "timedout", "rejected", "refused"), "failed"),
    **dict.fromkeys(("cancel", "canceled", "cancelled", "aborted", "terminated", "killed", "blocked"), "failed"),
    **dict.fromkeys(("waiting", "queueing", "in_queue", "pending", "not_started", "created", "accepted"), "queued"),
    **dict.fromkeys(("scheduled",), "queued"),
}
STATUS_BY_API_AND_STATE: dict[str, dict[str, str]] = dict.fromkeys(("kie", "native", "relay"), STATUS_BY_STATE)
"""API -> vendor's state in lower case -> klingkit's status; the same for all, because relays pass on any state."""
NO_REASONS = ("", "0", "200", "success", "succeed", "ok", "none", "null")
"""Codes and messages that give no reason for a failure."""
OFFICIAL_ERRORS = {code: error for code, (_, error) in {**golden_official.REJECTED, **golden_official.UNSURE}.items()}
HTTP_ERRORS = {code: error for code, (_, error) in golden_official.OF_HTTP.items()}
GATEWAY_ERRORS = {402: "InsufficientCredit", 403: "PermissionDenied", 422: "InvalidRequest"}
"""Errors for HTTP statuses that a gateway before the documented hosts may send."""
SUBMISSION_ERRORS: dict[str, dict[Any, str]] = {
    "kie": {**golden_kie.REJECTED, **golden_kie.UNSURE, 403: "PermissionDenied"},
    "native": {**OFFICIAL_ERRORS, **HTTP_ERRORS, **GATEWAY_ERRORS},
}
SUBMISSION_ERRORS["relay"] = SUBMISSION_ERRORS["native"]
UNKNOWN_TASK_CODES = {"kie": (422,), "native": (400, 422, 1200, 1201)}
UNKNOWN_TASK_CODES["relay"] = UNKNOWN_TASK_CODES["native"]
"""Codes for a wrong parameter. The only parameter of a query is the task id, so they mean that the task is unknown."""
QUERY_ERRORS = {
    api: {**errors, **dict.fromkeys(UNKNOWN_TASK_CODES[api], "NotFound")} for api, errors in SUBMISSION_ERRORS.items()
}
"""API -> code, or HTTP status if the code is unknown -> the name of the error."""
SUCCESS_CODES = {"kie": {200}, "native": {0, 200}, "relay": {0, 200}}
FAILED_BY_CODE = {"kie": {501}, "native": set[int](), "relay": set[int]()}
"""API -> codes, and HTTP statuses, that mean that the task has failed."""
NOTHING_CREATED = {
    "kie": set(golden_kie.REJECTED),
    "native": {*golden_official.REJECTED, *GATEWAY_ERRORS, *(code for code in HTTP_ERRORS if code < 500)},
}
NOTHING_CREATED["relay"] = NOTHING_CREATED["native"]
OPEN_4XX = {408, 409, 499}
"""4xx statuses that leave open what became of the request."""


def code_of(status: int, body: Body) -> Any:
    """Return the vendor's code, as a number if it is one; the HTTP status if there is no code."""
    code = body.get("code")
    if isinstance(code, float) and code.is_integer():
        return int(code)
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    return 200 if status < 300 else status


def message_of(body: Body) -> str | None:
    """Return the vendor's message."""
    return body.get("msg") or body.get("message") or None


def error_of(errors: Mapping[Any, str], status: int, code: object) -> str:
    """Return the name of the error for a code or a status."""
    return errors.get(code) or errors.get(status) or "ServerError"


def record_of(api: str, body: Body) -> Body:
    """Return the object that describes the task: the response itself if it names one, else its `data`."""
    data = body.get("data") if isinstance(body.get("data"), dict) else {}
    return body if api != "kie" and id_in(api, body) is not None else data or {}


def id_in(api: str, record: Body) -> Any:
    """Return the task's id: `taskId` or `task_id` at kie.ai; `task_id`, or `id` in a newer official generation."""
    names = ["taskId", "task_id"] if api == "kie" else ["task_id", *(["id"] if "status" in record else [])]
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def names_another_task(api: str, record: Body, ref: TaskRef) -> bool:
    """Return whether a record has an id, or without one an external id, that is not the reference's."""
    info = record.get("task_info") if api != "kie" else None
    external_id = info.get("external_task_id") if isinstance(info, dict) else None
    task_id = id_in(api, record)
    return (external_id if task_id is None else task_id) not in (None, "", ref.id)


def reference(api: str, task_id: object) -> TaskRef | None:
    """Return the reference of a task, if its id is valid."""
    try:
        return None if task_id is None else TaskRef(api, ROUTES[api], task_id)  # type: ignore[arg-type]  # a name from the table
    except InvalidRequest:
        return None


def named_ref(api: str, body: Body) -> TaskRef | None:
    """Return the reference of the task that a response names, if it names one."""
    return reference(api, id_in(api, record_of(api, body)))


def creation(api: str, status: int, body: Body) -> tuple[str, TaskRef | None]:
    """Read a spec-valid response to a paid request: "created" or the name of an error, and the task it names."""
    code, task_id = code_of(status, body), id_in(api, record_of(api, body))
    ref = reference(api, task_id)
    if (task_id is not None and ref is None) or (code in SUCCESS_CODES[api] and ref is None):
        return "UnreadableSubmission", None
    if code in SUCCESS_CODES[api] and status < 400:
        return "created", ref
    if ref is None and nothing_created(api, status, code):
        return error_of(SUBMISSION_ERRORS[api], status, code), None
    return "SubmissionUncertain", ref


def nothing_created(api: str, status: int, code: object) -> bool:
    """Return whether code and status together prove that nothing was created."""
    if status < 300:
        return code in NOTHING_CREATED[api]
    if status >= 500 or status in OPEN_4XX:
        return code == status and code in NOTHING_CREATED[api]
    return status >= 400 and (code == status or code in NOTHING_CREATED[api])


def query_error(api: str, status: int, body: Body) -> str | None:
    """Return the name of the error that a spec-valid response to a query means; None if it means a task."""
    code, failed = code_of(status, body), FAILED_BY_CODE[api]
    if (status >= 400 and status not in failed) or code not in SUCCESS_CODES[api] | failed:
        return error_of(QUERY_ERRORS[api], status, code)
    return "ServerError" if code in failed and not vendor_state_of(api, status, body) else None


def vendor_state_of(api: str, status: int, body: Body) -> str | None:
    """Return the task's state as the vendor names it; at kie.ai, code 501 without a state means "fail".

    A record within an envelope needs no id: it is the response to the query of one task.
    """
    record = record_of(api, body)
    if api == "kie":
        vendor_state: str | None = record.get("state")
        return vendor_state or ("fail" if code_of(status, body) == 501 and id_in(api, record) else None)
    return record.get("task_status") or record.get("status")


def status_of(api: str, vendor_state: str, record: Body | None = None, *, failed: bool = False) -> str:
    """Return the status for a vendor's state; an unknown one is "failed" if there is a reason, or "running"."""
    reasons = [(record or {}).get(name) for name in ("failMsg", "failCode")]
    reason = failed or any(value is not None and str(value).strip().lower() not in NO_REASONS for value in reasons)
    return STATUS_BY_API_AND_STATE[api].get(vendor_state.strip().lower(), "failed" if reason else "running")


def is_address(value: object) -> TypeGuard[str]:
    """Return whether a value is a URL of the web, with or without blanks around it."""
    if not isinstance(value, str) or not re.match(r"https?://[^/?#]", value.strip()):
        return False
    try:
        return bool(httpx.URL(value.strip()).host)
    except httpx.InvalidURL:
        return False


def videos(record: Body) -> tuple[str, ...]:
    """Return the URLs of the videos: a relay may wrap the official record into its own, or have a single URL."""
    wrapped: Any = record
    layers: list[Body] = []
    while isinstance(wrapped, dict) and wrapped and len(layers) < 3:
        layers.append(wrapped)
        wrapped = wrapped.get("data", {})
    for layer in layers:
        result = layer.get("task_result")
        videos = result.get("videos") if isinstance(result, dict) else None
        listed = [video.get("url") for video in videos if isinstance(video, dict)] if isinstance(videos, list) else []
        if urls := tuple(url.strip() for url in listed if is_address(url)):
            return urls
    return next(((layer["url"].strip(),) for layer in layers if is_address(layer.get("url"))), ())


def utc_time(stamp: float | None) -> datetime | None:
    """Return the time of a stamp in milliseconds."""
    return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)
