"""Golden answers of kie.ai: documents 000, 002 and 003, and what the field adds."""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.checks.golden import (
    BEGAN,
    CHANGED,
    ENDED,
    FILM,
    NEWER,
    NO_DATA,
    NUMBER,
    Answer,
    Reading,
    Shape,
    nonsense,
    unreadable,
)

ID = "task_kling_1765187774173"
REFUSED: Mapping[int, str] = {
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
"""Codes which say that nothing was created."""
UNSURE: Mapping[int, str] = {500: "ServerError", 501: "ServerError"}
"""Codes which leave that open."""
STATES = {"waiting": "queued", "queuing": "queued", "generating": "running", "改编": "running", "SUCCESS": "running"}
"""Words for a task that goes on; kie.ai writes its words small."""


def answers() -> list[Answer]:
    """All of them."""
    return [
        *_created(),
        *_refused(),
        *_going_on(),
        *_succeeded(),
        *_failed(),
        *_empty(),
        *nonsense({**REFUSED, **UNSURE}, {**REFUSED, **UNSURE, 422: "NotFound"}),
    ]


def _created() -> Iterator[Answer]:
    for made in (ID, NUMBER, "281e5b0"):
        yield Answer("create", {"code": 200, "msg": "success", "data": {"taskId": made}}, {"id": made})
    yield Answer("create", {"code": 200, "message": "ok", **NEWER, "data": {"taskId": ID, **NEWER}}, {"id": ID})
    for data in (*NO_DATA, {"data": {"taskId": None}}, {"data": {"taskId": ""}}):
        yield from unreadable({"code": 200, "msg": "success", **data}, "create")
    yield Answer("create", {"msg": "success", "data": {"taskId": ID}}, {"id": ID}, allowed=False)
    yield Answer("create", {"code": "200", "data": {"taskId": ID}}, {"id": ID}, allowed=False)
    yield Answer("create", {"code": 200, "data": {"taskId": 42}}, {"id": "42"}, allowed=False)
    for odd in ([ID], {"id": ID}, True, 4.2):
        yield from unreadable({"code": 200, "data": {"taskId": odd}}, "create", allowed=False)


def _refused() -> Iterator[Answer]:
    """Every code, inside HTTP 200 and under a status of its own."""
    for code, error in {**REFUSED, **UNSURE, 777: "ServerError"}.items():
        told: Reading = {"code": code, "message": "没有"}
        asking = {**told, "error": "NotFound" if code == 422 else error}
        inside = {**told, "error": error if code in REFUSED else "SubmissionUncertain"}
        under = {**told, "error": error if code in REFUSED and code < 500 else "SubmissionUncertain"}
        for data in NO_DATA:
            body = {"code": code, "msg": "没有", **data}
            yield from (Answer("create", body, inside), Answer("ask", body, asking))
            if code != 777:
                yield from (Answer("create", body, under, code), Answer("ask", body, asking, code))
        yield Answer("create", {"code": code, "message": "没有"}, inside)
        beside: Reading = {**told, "error": "SubmissionUncertain", "ref": ID}
        yield Answer("create", {"code": code, "msg": "没有", "data": {"taskId": ID}}, beside)
        yield Answer("create", {"code": str(code), "msg": "没有"}, inside, allowed=False)
    yield Answer("ask", {"code": 422, "msg": None, "data": None}, {"error": "NotFound", "code": 422, "message": None})


def _going_on() -> Iterator[Answer]:
    """A result may be there before the success."""
    for word, status in STATES.items():
        reads: Reading = {"status": status, "word": word, "urls": (), "created": BEGAN, "failure": None}
        yield from _everywhere(_record(word, resultJson=f'{{"resultUrls":["{FILM}"]}}'), reads)
        yield from _everywhere({"taskId": ID, "state": word, "createTime": BEGAN}, reads)


def _succeeded() -> Iterator[Answer]:
    reads: Reading = {"status": "succeeded", "urls": (FILM,), "created": BEGAN, "completed": ENDED, "failure": None}
    well = _record("success", resultJson=f'{{"resultUrls":["{FILM}"]}}', completeTime=ENDED, costTime=100000)
    param = '{"model":"kling-2.6/text-to-video","input":{"prompt":"夜里的港口"},"callBackUrl":null}'
    yield from _everywhere(well, reads)
    yield from _everywhere({**well, "failCode": "", "failMsg": "", "param": param, **NEWER}, reads)
    yield from _everywhere({**well, "progress": 100, "creditsConsumed": 55.5}, {**reads, "progress": 1.0})
    yield from _everywhere({**well, "updateTime": CHANGED, "progress": 12.5}, {**reads, "updated": CHANGED})
    for other in ('{"resultUrls":[]}', '{"resultUrls":null}', '{"resultObject":{"text":"hi"}}', "", None):
        yield from _everywhere({**well, "resultJson": other}, {**reads, "urls": ()})
    yield from unreadable({"code": 200, "data": {**well, "resultJson": "{resultUrls"}}, "ask", "callback")


def _failed() -> Iterator[Answer]:
    for code in ("501", 501):
        reads: Reading = {"status": "failed", "word": "fail", "urls": (), "failure": ("501", "图片无法读取")}
        ill = _record("fail", failCode=code, failMsg="图片无法读取", resultJson="")
        yield from _everywhere(ill, reads)
        for place in ("ask", "callback"):
            yield Answer(place, {"code": 501, "msg": "failed", "data": ill}, reads)
    yield from _everywhere(_record("fail"), {"status": "failed", "failure": (None, None)})
    silent = {"code": 501, "message": "no film", "data": {"taskId": ID}}
    yield Answer("callback", silent, {"status": "failed", "failure": (501, "no film"), "urls": ()})


def _empty() -> Iterator[Answer]:
    for data in (*NO_DATA, {"data": {"taskId": ID}}, {"data": {"taskId": ID, "state": None}}):
        yield from unreadable({"code": 200, "msg": "success", **data}, "ask", "callback")


def _everywhere(data: Mapping[str, Any], reads: Reading) -> Iterator[Answer]:
    """A record in a query's answer and in a callback: one form."""
    yield Answer("ask", {"code": 200, "msg": "success", "data": data}, reads)
    yield Answer("callback", {"code": 200, "msg": "success", "data": data}, reads)


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
        places=(("ask", 200), ("callback", 200)),
        fields={**ENVELOPE, "data": "object", **{f"data.{name}": kind for name, kind in RECORD.items()}},
        bodies=({"code": 200, "msg": "success", "message": "", "data": FULL},),
    ),
    Shape(
        places=tuple((place, status) for place in ("create", "ask") for status in (*REFUSED, *UNSURE)),
        fields={**ENVELOPE, "data": "anything"},
        bodies=({"code": 402, "msg": "no", "message": "no", "data": None},),
    ),
)
