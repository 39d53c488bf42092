"""A second, independent reader of responses, with its own tables of codes and states; the client must agree with it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeGuard

import httpx
from attrs import frozen

from klingkit import InvalidRequest, TaskRef
from scripts.checks import golden_kie, golden_official

Body: TypeAlias = Mapping[str, Any]

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
"""Vendor's state in lower case -> klingkit's status, for all APIs, because relays pass on the states of any service."""
NO_REASONS = ("", "0", "200", "success", "succeed", "ok", "none", "null")
"""Codes and messages that give no reason for a failure."""
OFFICIAL_ERRORS = {code: error for code, (_, error) in {**golden_official.REJECTED, **golden_official.UNSURE}.items()}
HTTP_ERRORS = {code: error for code, (_, error) in golden_official.OF_HTTP.items()}
GATEWAY_ERRORS = {402: "InsufficientCredit", 403: "PermissionDenied", 422: "InvalidRequest"}
"""Errors for HTTP statuses that a gateway before the documented hosts may send."""


@frozen(kw_only=True)
class Meanings:
    """What codes mean at one API."""

    route: str
    submission_errors: Mapping[Any, str]
    """Code, or HTTP status where the code is unknown -> the name of the error of a submission."""
    unknown_task_codes: tuple[int, ...]
    """Codes for a wrong parameter; the only one of a query is the task id, so they mean that the task is unknown."""
    success_codes: frozenset[int]
    nothing_created: frozenset[int]
    failed_codes: frozenset[int] = frozenset()
    """Codes, and HTTP statuses, that mean that the task has failed."""

    @property
    def query_errors(self) -> Mapping[Any, str]:
        """Code, or HTTP status where the code is unknown -> the name of the error of a query."""
        return {**self.submission_errors, **dict.fromkeys(self.unknown_task_codes, "NotFound")}


KLING = Meanings(
    route="text2video",
    submission_errors={**OFFICIAL_ERRORS, **HTTP_ERRORS, **GATEWAY_ERRORS},
    unknown_task_codes=(400, 422, 1200, 1201),
    success_codes=frozenset({0, 200}),
    nothing_created=frozenset(
        {*golden_official.REJECTED, *GATEWAY_ERRORS, *(code for code in HTTP_ERRORS if code < 500)}
    ),
)
MEANINGS = {
    "kie": Meanings(
        route="jobs",
        submission_errors={**golden_kie.REJECTED, **golden_kie.UNSURE, 403: "PermissionDenied"},
        unknown_task_codes=(422,),
        success_codes=frozenset({200}),
        nothing_created=frozenset(golden_kie.REJECTED),
        failed_codes=frozenset({501}),
    ),
    "native": KLING,
    "relay": KLING,
}
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
        return None if task_id is None else TaskRef(api, MEANINGS[api].route, task_id)  # type: ignore[arg-type]  # a name from the table
    except InvalidRequest:
        return None


def named_ref(api: str, body: Body) -> TaskRef | None:
    """Return the reference of the task that a response names, if it names one."""
    return reference(api, id_in(api, record_of(api, body)))


def creation(api: str, status: int, body: Body) -> tuple[str, TaskRef | None]:
    """Read a spec-valid response to a paid request: "created" or the name of an error, and the task it names."""
    code, task_id = code_of(status, body), id_in(api, record_of(api, body))
    ref = reference(api, task_id)
    if (task_id is not None and ref is None) or (code in MEANINGS[api].success_codes and ref is None):
        return "UnreadableSubmission", None
    if code in MEANINGS[api].success_codes and status < 400:
        return "created", ref
    if ref is None and nothing_created(api, status, code):
        return error_of(MEANINGS[api].submission_errors, status, code), None
    return "SubmissionUncertain", ref


def nothing_created(api: str, status: int, code: object) -> bool:
    """Return whether code and status together prove that nothing was created."""
    if status < 300:
        return code in MEANINGS[api].nothing_created
    if status >= 500 or status in OPEN_4XX:
        return code == status and code in MEANINGS[api].nothing_created
    return status >= 400 and (code == status or code in MEANINGS[api].nothing_created)


def query_error(api: str, status: int, body: Body) -> str | None:
    """Return the name of the error that a spec-valid response to a query means; None if it means a task."""
    code, failed = code_of(status, body), MEANINGS[api].failed_codes
    if (status >= 400 and status not in failed) or code not in MEANINGS[api].success_codes | failed:
        return error_of(MEANINGS[api].query_errors, status, code)
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
    return STATUS_BY_STATE.get(vendor_state.strip().lower(), "failed" if reason else "running")


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
