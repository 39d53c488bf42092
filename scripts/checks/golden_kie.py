"""Golden responses of kie.ai: those of its documents, and what the running service adds."""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.checks.golden import (
    BEGAN,
    CHANGED,
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

ID = "task_kling_1765187774173"
REJECTED: Mapping[int, str] = {
    400: "InvalidRequest",
    401: "AuthenticationError",
    402: "InsufficientCredit",
    404: "NotFound",
    422: "InvalidRequest",
    429: "RateLimited",
    433: "InsufficientCredit",
    455: "Maintenance",
    505: "FeatureDisabled",
}
"""Codes which prove that nothing was created."""
UNSURE: Mapping[int, str] = {500: "ServerError", 501: "ServerError"}
"""Codes which leave that open."""
STATES = {"waiting": "queued", "queuing": "queued", "generating": "running", "改编": "running", "success!": "running"}
"""Words for a task that goes on; kie.ai writes its words small."""


OBSERVED_STATES = ("queuing", "generating")
"""Words of the running service that no document has."""
MEANINGS: Mapping[str, str] = {
    "400": "InvalidRequest",
    "401": "Unauthorized",
    "402": "InsufficientBalance",
    "404": "NotFound",
    "422": "InvalidParameters",
    "429": "TooManyRequests",
    "433": "KeyOverLimit",
    "455": "Maintenance",
    "500": "ServerError",
    "501": "GenerationFailed",
    "505": "FeatureDisabled",
}
"""HTTP status -> the name of the response that a spec must have for it."""


def responses() -> list[GoldenResponse]:
    """Return all golden responses."""
    return [
        *_created(),
        *_rejected(),
        *_going_on(),
        *_succeeded(),
        *_failed(),
        *_empty(),
        *nonsense({**REJECTED, **UNSURE}, {**REJECTED, **UNSURE, 422: "NotFound"}),
    ]


def _created() -> Iterator[GoldenResponse]:
    for made in (ID, NUMBER, "281e5b0"):
        yield GoldenResponse("create", {"code": 200, "msg": "success", "data": {"taskId": made}}, {"id": made})
    yield GoldenResponse("create", {"code": 200, "message": "ok", **NEWER, "data": {"taskId": ID, **NEWER}}, {"id": ID})
    for data in (*NO_DATA, {"data": {"taskId": None}}, {"data": {"taskId": ""}}):
        yield from unreadable({"code": 200, "msg": "success", **data}, "create")
    yield GoldenResponse("create", {"msg": "success", "data": {"taskId": ID}}, {"id": ID}, allowed=False)
    yield GoldenResponse("create", {"code": "200", "data": {"taskId": ID}}, {"id": ID}, allowed=False)
    yield GoldenResponse("create", {"code": 200, "data": {"taskId": 42}}, {"id": "42"}, allowed=False)
    for odd in ([ID], {"id": ID}, True, 4.2):
        yield from unreadable({"code": 200, "data": {"taskId": odd}}, "create", allowed=False)


def _rejected() -> Iterator[GoldenResponse]:
    """Yield every error code, inside HTTP 200 and under a status of its own."""
    for code, error in {**REJECTED, **UNSURE, 777: "ServerError"}.items():
        facts: Reading = {"code": code, "message": "没有"}
        querying = {**facts, "error": "NotFound" if code == 422 else error}
        inside = {**facts, "error": error if code in REJECTED else "SubmissionUncertain"}
        under = {**facts, "error": error if code in REJECTED else "SubmissionUncertain"}
        for data in NO_DATA:
            body = {"code": code, "msg": "没有", **data}
            yield from (GoldenResponse("create", body, inside), GoldenResponse("query", body, querying))
            if code != 777:
                yield from (GoldenResponse("create", body, under, code), GoldenResponse("query", body, querying, code))
        yield GoldenResponse("create", {"code": code, "message": "没有"}, inside)
        beside: Reading = {**facts, "error": "SubmissionUncertain", "ref": ID}
        yield GoldenResponse("create", {"code": code, "msg": "没有", "data": {"taskId": ID}}, beside)
        yield GoldenResponse("create", {"code": str(code), "msg": "没有"}, inside, allowed=False)
    yield GoldenResponse(
        "query", {"code": 422, "msg": None, "data": None}, {"error": "NotFound", "code": 422, "message": None}
    )


def _going_on() -> Iterator[GoldenResponse]:
    """Yield records of unfinished tasks; a result may be there before the success."""
    for word, status in STATES.items():
        reads: Reading = {"status": status, "word": word, "urls": (), "created": BEGAN, "failure": None}
        yield from _everywhere(_record(word, resultJson=f'{{"resultUrls":["{VIDEO_URL}"]}}'), reads)
        yield from _everywhere({"taskId": ID, "state": word, "createTime": BEGAN}, reads)


def _succeeded() -> Iterator[GoldenResponse]:
    reads: Reading = {
        "status": "succeeded",
        "urls": (VIDEO_URL,),
        "created": BEGAN,
        "completed": ENDED,
        "failure": None,
    }
    well = _record("success", resultJson=f'{{"resultUrls":["{VIDEO_URL}"]}}', completeTime=ENDED, costTime=100000)
    param = '{"model":"kling-2.6/text-to-video","input":{"prompt":"夜里的港口"},"callBackUrl":null}'
    yield from _everywhere(well, reads)
    yield from _everywhere({**well, "failCode": "", "failMsg": "", "param": param, **NEWER}, reads)
    yield from _everywhere(
        {**well, "progress": 100, "creditsConsumed": 55.5}, {**reads, "progress": 1.0, "cost": "55.5 credits"}
    )
    yield from _everywhere({**well, "updateTime": CHANGED, "progress": 12.5}, {**reads, "updated": CHANGED})
    for other in ('{"resultUrls":[]}', '{"resultUrls":null}', '{"resultObject":{"text":"hi"}}', "", None):
        yield from _everywhere({**well, "resultJson": other}, {**reads, "urls": ()})
    yield from unreadable({"code": 200, "data": {**well, "resultJson": "{resultUrls"}}, "query", "callback")


def _failed() -> Iterator[GoldenResponse]:
    for code in ("501", 501):
        reads: Reading = {"status": "failed", "word": "fail", "urls": (), "failure": ("501", "图片无法读取")}
        ill = _record("fail", failCode=code, failMsg="图片无法读取", resultJson="")
        yield from _everywhere(ill, reads)
        for place in ("query", "callback"):
            yield GoldenResponse(place, {"code": 501, "msg": "failed", "data": ill}, reads)
    yield from _everywhere(_record("fail"), {"status": "failed", "failure": (None, None)})
    silent = {"code": 501, "message": "no video", "data": {"taskId": ID}}
    yield GoldenResponse("callback", silent, {"status": "failed", "failure": (501, "no video"), "urls": ()})


def _empty() -> Iterator[GoldenResponse]:
    for data in (*NO_DATA, {"data": {"taskId": ID}}, {"data": {"taskId": ID, "state": None}}):
        yield from unreadable({"code": 200, "msg": "success", **data}, "query", "callback")


def _everywhere(data: Mapping[str, Any], reads: Reading) -> Iterator[GoldenResponse]:
    """Yield a record in a query's response and in a callback, which have one form."""
    yield GoldenResponse("query", {"code": 200, "msg": "success", "data": data}, reads)
    yield GoldenResponse("callback", {"code": 200, "msg": "success", "data": data}, reads)


def _record(state: str, **fields: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("resultJson", "failCode", "failMsg", "costTime", "completeTime"))
    return {"taskId": ID, "model": "kling-2.6/text-to-video", "state": state, **nothing, "createTime": BEGAN, **fields}


ENVELOPE = {"code": "code", "msg": "text", "message": "text"}
RECORD = {
    **dict.fromkeys(("taskId", "model", "state", "param", "resultJson", "failMsg"), "text"),
    **dict.fromkeys(("costTime", "completeTime", "createTime", "updateTime"), "integer"),
    **dict.fromkeys(("progress", "creditsConsumed"), "number"),
    "failCode": "integer or text",
    "param{}": "an object",
    "param{}.model": "text",
    "param{}.input": "object",
    "param{}.callBackUrl": "text",
    "resultJson{}": "an object",
    "resultJson{}.resultUrls": "texts",
    "resultJson{}.resultUrls[]": "a text",
    "resultJson{}.resultObject": "object",
}
FULL = {
    **_record("success", resultJson='{"resultUrls":["a"],"resultObject":{}}', failCode="", failMsg=""),
    "param": '{"model":"kling/v2-1-pro","input":{},"callBackUrl":"https://studio.example"}',
    "costTime": 1,
    "completeTime": ENDED,
    "updateTime": ENDED,
    "progress": 1,
    "creditsConsumed": 1,
}
SHAPES = (
    Shape(
        places=(("create", 200),),
        fields={**ENVELOPE, "data": "object", "data.taskId": "text"},
        bodies=({"code": 200, "msg": "success", "message": "", "data": {"taskId": ID}},),
    ),
    Shape(
        places=(("query", 200), ("callback", 200)),
        fields={**ENVELOPE, "data": "object", **{f"data.{name}": kind for name, kind in RECORD.items()}},
        bodies=({"code": 200, "msg": "success", "message": "", "data": FULL},),
    ),
    Shape(
        places=tuple((place, status) for place in ("create", "query") for status in (*REJECTED, *UNSURE)),
        fields={**ENVELOPE, "data": "anything"},
        bodies=({"code": 402, "msg": "no", "message": "no", "data": None},),
    ),
)
GOLDEN = Golden(responses, SHAPES, MEANINGS, OBSERVED_STATES)
