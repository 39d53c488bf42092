"""Golden responses of the native API and the relay, and of the official hosts that both are written after."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from scripts.checks.golden import (
    BEGAN,
    ENDED,
    NEWER,
    NO_DATA,
    NUMBER,
    VIDEO_URL,
    Golden,
    GoldenResponse,
    Reading,
    Shape,
    nonsense,
    unreadable,
)

ID = "CmYgjmbyMToAAAAAAF6svw"
REJECTED: Mapping[int, tuple[int, str]] = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004), (401, "AuthenticationError")),
    1100: (429, "PermissionDenied"),
    1101: (429, "InsufficientCredit"),
    1102: (429, "InsufficientCredit"),
    1103: (403, "PermissionDenied"),
    1200: (400, "InvalidRequest"),
    1201: (400, "InvalidRequest"),
    1202: (404, "NotFound"),
    1203: (404, "NotFound"),
    1300: (400, "InvalidRequest"),
    1301: (400, "ContentRefused"),
    1302: (429, "RateLimited"),
    1303: (429, "SlotsFull"),
    1304: (429, "PermissionDenied"),
}
"""Codes which prove that nothing was created, and their HTTP status."""
UNSURE: Mapping[int, tuple[int, str]] = {
    5000: (500, "ServerError"),
    5001: (503, "ServerError"),
    5002: (504, "ServerError"),
    99999: (500, "ServerError"),
}
"""Codes which leave that open."""
OF_HTTP: Mapping[int, tuple[int, str]] = {
    400: (400, "InvalidRequest"),
    401: (401, "AuthenticationError"),
    403: (403, "PermissionDenied"),
    404: (404, "NotFound"),
    429: (429, "RateLimited"),
    500: (500, "ServerError"),
}
"""The native document's own codes, which repeat the HTTP status; 404 is observed on the running service."""
UNKNOWN_TASK = (400, 1200, 1201)
"""Codes for a wrong parameter: a query has none but the id of its task."""
STATES = {
    **dict.fromkeys(("submitted", "SUBMITTED", "queued", "NOT_START"), "queued"),
    **dict.fromkeys(("processing", "in_progress", "正在处理", "success!"), "running"),
}
"""Words for a task that goes on."""
CREATORS_OWN: tuple[Mapping[str, Any], ...] = (
    {},
    {"task_info": {}},
    {"task_info": {"external_task_id": "order-1042", **NEWER}, **NEWER},
)
SUCCESS = ("completed", "succeed", "succeeded", "SUCCESS", "Completed")
FAILURE = ("failed", "FAILURE")


OBSERVED_STATES: Mapping[str, tuple[str, ...]] = {
    "native": ("succeed", "succeeded"),
    "relay": ("succeeded", "completed"),
}
"""Words of the running services that no document has."""
MEANINGS: Mapping[str, str] = {
    "400": "InvalidRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "429": "TooManyRequests",
    "500": "ServerError",
    "503": "Unavailable",
    "504": "Timeout",
}
"""HTTP status -> the name of the response that a spec must have for it."""


def responses(api: str) -> list[GoldenResponse]:
    """Return all golden responses; native ones may come without an envelope, a relay's always have one."""
    return [
        *_created(api),
        *_rejected(api),
        *_tasks(api),
        *_empty(api),
        *_odd(),
        *nonsense(STATUSES, {**STATUSES, 400: "NotFound"}),
    ]


def _enveloped(data: object) -> dict[str, Any]:
    return {"code": 0, "message": "SUCCEED", "request_id": "r-0001", "data": data}


def _forms(api: str, task: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield a task in an envelope, without one, and with a code beside it; and whether the API allows that."""
    if api == "native":
        yield {**task}, True
        yield {**task, "code": 0, "message": "SUCCEED", "request_id": "r-0001"}, True
    yield _enveloped(task), True
    if api == "relay":
        yield {**task}, False


def _created(api: str) -> Iterator[GoldenResponse]:
    for made in (ID, NUMBER, "0042", "814237883686625347"):
        task = {"task_id": made, "task_status": "submitted", "created_at": BEGAN, "updated_at": BEGAN}
        for more in CREATORS_OWN:
            for body, allowed in _forms(api, {**task, **more}):
                yield GoldenResponse("create", body, {"id": made}, allowed=allowed)
    yield GoldenResponse("create", {"code": 0, "data": {"task_id": ID}}, {"id": ID})
    yield GoldenResponse("create", {"code": "0", "data": {"task_id": ID}}, {"id": ID}, allowed=False)
    yield GoldenResponse("create", {"data": {"task_id": ID}}, {"id": ID}, allowed=False)
    yield GoldenResponse("create", {"code": 0, "data": {"task_id": 42}}, {"id": "42"}, allowed=False)
    for data in (*NO_DATA, {"data": {"task_id": None}}, {"data": {"task_id": ""}}):
        yield from unreadable({"code": 0, "message": "SUCCEED", **data}, "create")
    for odd in ([ID], {"id": ID}, True, 4.2):
        yield from unreadable({"code": 0, "data": {"task_id": odd}}, "create", allowed=False)


def _rejected(api: str) -> Iterator[GoldenResponse]:
    """Yield every error code, inside HTTP 200 and under its own status."""
    beside_a_task = {"message": "没有", "request_id": "r-0002", "data": {"task_id": ID}}
    codes = {**REJECTED, **UNSURE, **(OF_HTTP if api == "native" else {})}
    for code, (status, error) in codes.items():
        facts: Reading = {"code": code, "message": "没有", "request_id": "r-0002"}
        querying = {**facts, "error": "NotFound" if code in UNKNOWN_TASK else error}
        creating = {**facts, "error": error if status < 500 else "SubmissionUncertain"}
        for data in NO_DATA:
            body = {"code": code, "message": "没有", "request_id": "r-0002", **data}
            for http in (200, status):
                yield from (
                    GoldenResponse("create", body, creating, http),
                    GoldenResponse("query", body, querying, http),
                )
        beside: Reading = {**facts, "error": "SubmissionUncertain", "ref": ID}
        yield GoldenResponse("create", {**beside_a_task, "code": code}, beside)
        yield GoldenResponse("query", {"code": code}, {**querying, "message": None, "request_id": None}, status)
        yield GoldenResponse("create", {"code": str(code)}, {"error": creating["error"]}, allowed=False)


def _tasks(api: str) -> Iterator[GoldenResponse]:
    times: Reading = {"created": BEGAN, "updated": ENDED}
    for word, status in STATES.items():
        reads: Reading = {**times, "status": status, "word": word, "urls": (), "failure": None}
        yield from _everywhere(api, _task(word, task_result={"videos": [{"id": "v1", "url": VIDEO_URL}]}), reads)
    for word in SUCCESS:
        yield from _succeeded(api, word, {**times, "status": "succeeded", "word": word, "failure": None})
    for word in FAILURE:
        reads = {**times, "status": "failed", "word": word, "urls": (), "completed": ENDED}
        yield from _everywhere(api, _task(word, task_status_msg="违规"), {**reads, "failure": (None, "违规")})
        ill = _task(word, task_status_msg="", task_result=None)
        yield from _everywhere(api, ill, {**reads, "failure": (None, None)})


def _succeeded(api: str, word: str, reads: Reading) -> Iterator[GoldenResponse]:
    """The lengths of videos come as numbers and as strings."""
    for length, seconds in ((10, 10.0), ("5.042", 5.042), (5.1, 5.1), (None, None)):
        video = {"id": "v1", "url": VIDEO_URL, "duration": length, "watermark_url": None, **NEWER}
        well = _task(word, task_result={"videos": [video], **NEWER}, task_status_msg="", final_unit_deduction="3.5")
        yield from _everywhere(api, well, {**reads, "urls": (VIDEO_URL,), "seconds": (seconds,), "completed": ENDED})
    results: tuple[Any, ...] = ({"videos": []}, {"videos": None}, {}, None, {"videos": [{"id": "v1", "url": None}]})
    for result in results:
        yield from _everywhere(api, _task(word, task_result=result), {**reads, "urls": ()})


def _empty(api: str) -> Iterator[GoldenResponse]:
    """A task without a status is none; a status without an id is of the task that was queried."""
    for task in ({"task_id": ID}, {"task_id": ID, "task_status": None}, {"task_id": ID, "task_status": ""}):
        yield from unreadable({"code": 0, "data": task}, "query")
        yield from unreadable(task, "callback")
        yield from unreadable(task, "query", allowed=api == "native")
    for data in NO_DATA:
        yield from unreadable({"code": 0, "message": "SUCCEED", **data}, "query")
    nameless = {"code": 0, "message": "SUCCEED", "data": {"task_status": "failed", "task_status_msg": "违规"}}
    yield GoldenResponse("query", nameless, {"status": "failed", "failure": (None, "违规")})


def _odd() -> Iterator[GoldenResponse]:
    """Yield what some relays were observed to send, and no spec declares."""
    flat = {"task_id": ID, "status": "completed", "url": VIDEO_URL, "format": "mp4"}
    yield GoldenResponse(
        "query", {"code": "success", "data": flat}, {"status": "succeeded", "urls": (VIDEO_URL,)}, allowed=False
    )
    ill = {"task_id": ID, "status": "FAILURE", "data": _enveloped({"task_id": ID, "task_status": "failed"})}
    silent: Reading = {"status": "failed", "failure": (None, None), "urls": ()}
    yield GoldenResponse("query", {"code": "success", "message": "", "data": ill}, silent, allowed=False)
    for word in ("task_not_exist", "task_not_found", "invalid_request", "fail_to_get_task"):
        gone = {"code": word, "message": "none", "data": None}
        yield GoldenResponse("query", gone, {"error": "NotFound", "code": word}, 400, allowed=False)
    shown: Reading = {"error": "AuthenticationError", "code": "invalid_token", "message": "无效的令牌"}
    wrong = {"error": {"message": "无效的令牌", "code": "invalid_token", "type": "new_api_error"}}
    yield from (GoldenResponse(place, wrong, shown, 401, allowed=False) for place in ("create", "query"))


def _everywhere(api: str, task: Mapping[str, Any], reads: Reading) -> Iterator[GoldenResponse]:
    """Yield a task as a query's response and as a callback."""
    yield from (GoldenResponse("query", body, reads, allowed=allowed) for body, allowed in _forms(api, task))
    yield GoldenResponse("callback", task, reads)


def _task(word: str, **fields: Any) -> dict[str, Any]:
    return {"task_id": ID, "task_status": word, "created_at": BEGAN, "updated_at": ENDED, **fields}


def shapes(api: str) -> tuple[Shape, ...]:
    """Return the fields of responses; times are integers in the relay's document, numbers in the native one."""
    task = {name: "integer" if kind == "number" and api == "relay" else kind for name, kind in TASK.items()}
    inside = {f"data.{name}": kind for name, kind in {**task, "task_id": "text"}.items()}
    enveloped = Shape((("create", 200), ("query", 200)), {**ENVELOPE, "data": "object", **inside}, (_enveloped(FULL),))
    flat = Shape((("create", 200), ("query", 200)), task, (FULL,))
    return (
        *([flat, enveloped] if api == "native" else [enveloped]),
        Shape((("callback", 200),), task, (FULL,)),
        Shape(tuple(_each(STATUSES)), {**ENVELOPE, "data": "anything"}, ({**_enveloped(None), "code": 1302},)),
    )


def _each(statuses: Iterable[int]) -> Iterator[Any]:
    return ((place, status) for place in ("create", "query") for status in statuses)


STATUSES = {**dict(OF_HTTP.values()), 503: "ServerError", 504: "ServerError"}
ENVELOPE = {"code": "code", "message": "text", "request_id": "text"}
TASK = {
    "task_id": "id",
    "task_status": "text",
    "task_status_msg": "text",
    "task_info": "object",
    "task_info.external_task_id": "text",
    "task_result": "object",
    "task_result.videos": "objects",
    "task_result.videos[]": "an object",
    **dict.fromkeys((f"task_result.videos[].{name}" for name in ("id", "url", "watermark_url")), "text"),
    "task_result.videos[].duration": "number or text",
    "created_at": "number",
    "updated_at": "number",
    "final_unit_deduction": "text",
}
FULL = {
    **_task("succeed", task_status_msg="", task_info={"external_task_id": "order-1042"}),
    "task_result": {"videos": [{"id": "v1", "url": VIDEO_URL, "watermark_url": VIDEO_URL, "duration": "5.1"}]},
    "final_unit_deduction": "3.5",
}


def golden(api: str) -> Golden:
    """Return what is known of the responses of an API."""
    return Golden(partial(responses, api), shapes(api), MEANINGS, OBSERVED_STATES[api])
