"""A second, independent reader of responses, with its own tables of codes and words: the client must agree with it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeGuard

import httpx
from attrs import frozen

from klingkit import InvalidRequest, TaskRef
from scripts.checks import golden_kie, golden_official

Body: TypeAlias = Mapping[str, Any]

UNKNOWN = frozenset({"改编", "正在处理", "success!"})
"""Words of the golden responses that no service is known to use."""

STATES: dict[str, str] = {
    **{
        word.lower(): status
        for word, status in {**golden_official.STATES, **golden_kie.STATES}.items()
        if word not in UNKNOWN
    },
    **{word.lower(): "succeeded" for word in (*golden_official.SUCCESS, "success", "successful", "complete")},
    **{word.lower(): "failed" for word in (*golden_official.FAILURE, "fail", "error", "errored")},
    **dict.fromkeys(("done", "finish", "finished"), "succeeded"),
    **dict.fromkeys(("expired", "timeout", "timed_out", "time_out", "timedout", "rejected", "refused"), "failed"),
    **dict.fromkeys(("cancel", "canceled", "cancelled", "aborted", "terminated", "killed", "blocked"), "failed"),
    **dict.fromkeys(("waiting", "queueing", "in_queue", "pending", "not_started", "created", "accepted"), "queued"),
    **dict.fromkeys(("scheduled",), "queued"),
}
"""Word -> status, of all APIs: a relay passes on the words of any service behind it, in any case."""
NOTHING = ("", "0", "200", "success", "succeed", "ok", "none", "null")
"""Codes and texts that are no reason for a failure."""
OFFICIAL = {code: error for code, (_, error) in {**golden_official.REJECTED, **golden_official.UNSURE}.items()}
OF_HTTP = {code: error for code, (_, error) in golden_official.OF_HTTP.items()}
OF_GATEWAYS = {402: "InsufficientCredit", 403: "PermissionDenied", 422: "InvalidRequest"}
"""HTTP's own, which gateways send before any of the documented hosts."""


@frozen(kw_only=True)
class Meanings:
    """What codes mean at one API."""

    route: str
    creating: Mapping[Any, str]
    """Code, or HTTP status where the code is unknown -> the name of the error of a creation."""
    no_such_task: tuple[int, ...]
    """Codes for a wrong parameter, of which a query has one: the id of its task."""
    success: frozenset[int]
    nothing_created: frozenset[int]
    failed: frozenset[int] = frozenset()
    """Codes, and statuses of HTTP, under which a task has failed."""

    @property
    def querying(self) -> Mapping[Any, str]:
        """The same as `creating`, of a query."""
        return {**self.creating, **dict.fromkeys(self.no_such_task, "NotFound")}


KLING = Meanings(
    route="text2video",
    creating={**OFFICIAL, **OF_HTTP, **OF_GATEWAYS},
    no_such_task=(400, 422, 1200, 1201),
    success=frozenset({0, 200}),
    nothing_created=frozenset({*golden_official.REJECTED, *OF_GATEWAYS, *(code for code in OF_HTTP if code < 500)}),
)
MEANINGS = {
    "kie": Meanings(
        route="jobs",
        creating={**golden_kie.REJECTED, **golden_kie.UNSURE, 403: "PermissionDenied"},
        no_such_task=(422,),
        success=frozenset({200}),
        nothing_created=frozenset(golden_kie.REJECTED),
        failed=frozenset({501}),
    ),
    "native": KLING,
    "relay": KLING,
}
LOST = {408, 409, 499}
"""4xx which leave open what became of the request."""


def code_of(status: int, body: Body) -> Any:
    """The vendor's code, as a number where it is one; HTTP's where there is none."""
    code = body.get("code")
    if isinstance(code, float) and code.is_integer():
        return int(code)
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    return 200 if status < 300 else status


def message_of(body: Body) -> str | None:
    """The vendor's message."""
    return body.get("msg") or body.get("message") or None


def error_of(errors: Mapping[Any, str], status: int, code: object) -> str:
    """The name of the error for a code or a status."""
    return errors.get(code) or errors.get(status) or "ServerError"


def record_of(api: str, body: Body) -> Body:
    """The object that describes the task: the response itself where it names one, else its `data`."""
    inside = body.get("data") if isinstance(body.get("data"), dict) else {}
    return body if api != "kie" and id_in(api, body) is not None else inside or {}


def id_in(api: str, record: Body) -> Any:
    """The task's id; kie.ai's callbacks spell its name in two ways, a newer official generation calls it `id`."""
    names = ["taskId", "task_id"] if api == "kie" else ["task_id", *(["id"] if "status" in record else [])]
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def reference(api: str, task_id: object) -> TaskRef | None:
    """The reference of a task, if its id can be one."""
    try:
        return None if task_id is None else TaskRef(api, MEANINGS[api].route, task_id)  # type: ignore[arg-type]  # a name from the table
    except InvalidRequest:
        return None


def named(api: str, body: Body) -> TaskRef | None:
    """The reference of the task that a response names, if it names one."""
    return reference(api, id_in(api, record_of(api, body)))


def creation(api: str, status: int, body: Body) -> tuple[str, TaskRef | None]:
    """Read a spec-valid response to a paid request: "created" or the name of an error, and the task it names."""
    code, task_id = code_of(status, body), id_in(api, record_of(api, body))
    ref = reference(api, task_id)
    if (task_id is not None and ref is None) or (code in MEANINGS[api].success and ref is None):
        return "UnreadableSubmission", None
    if code in MEANINGS[api].success and status < 400:
        return "created", ref
    if ref is None and nothing_created(api, status, code):
        return error_of(MEANINGS[api].creating, status, code), None
    return "SubmissionUncertain", ref


def nothing_created(api: str, status: int, code: object) -> bool:
    """Whether code and status together prove that nothing was created."""
    if status < 300:
        return code in MEANINGS[api].nothing_created
    if status >= 500 or status in LOST:
        return code == status and code in MEANINGS[api].nothing_created
    return status >= 400 and (code == status or code in MEANINGS[api].nothing_created)


def query_error(api: str, status: int, body: Body) -> str | None:
    """The name of the error that a spec-valid response to a query stands for; None if it is none."""
    code, failed = code_of(status, body), MEANINGS[api].failed
    if (status >= 400 and status not in failed) or code not in MEANINGS[api].success | failed:
        return error_of(MEANINGS[api].querying, status, code)
    return "ServerError" if code in failed and not word_of(api, status, body) else None


def word_of(api: str, status: int, body: Body) -> str | None:
    """The vendor's word for the task's state; at kie.ai, code 501 alone means that a task has failed."""
    record = record_of(api, body)
    if api == "kie":
        word: str | None = record.get("state")
        return word or ("fail" if code_of(status, body) == 501 and id_in(api, record) else None)
    return (record.get("task_status") or record.get("status")) if id_in(api, record) is not None else None


def status_of(api: str, word: str, record: Body | None = None, *, failed: bool = False) -> str:
    """Our status for a word; an unknown one means that the task goes on, unless there is a reason for a failure."""
    given = [(record or {}).get(name) for name in ("failMsg", "failCode")]
    reason = failed or any(value is not None and str(value).strip().lower() not in NOTHING for value in given)
    return STATES.get(word.strip().lower(), "failed" if reason else "running")


def is_address(value: object) -> TypeGuard[str]:
    """Whether a value is the address of something on the web, with blanks around it or not."""
    if not isinstance(value, str) or not re.match(r"https?://[^/?#]", value.strip()):
        return False
    try:
        return bool(httpx.URL(value.strip()).host)
    except httpx.InvalidURL:
        return False


def videos(record: Body) -> tuple[str, ...]:
    """The addresses of the videos: a relay may wrap the official record into its own, or have one address alone."""
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


def moment(stamp: float | None) -> datetime | None:
    """A time in milliseconds."""
    return None if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC)
