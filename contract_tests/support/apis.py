"""The APIs as data, so that one test body serves all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from attrs import frozen

from contract_tests.support import kie
from klingkit import (
    AuthenticationError,
    ContentRefused,
    FeatureDisabled,
    InsufficientCredit,
    InvalidRequest,
    Maintenance,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SlotsFull,
    TaskRef,
)
from klingkit.kie import Kie
from klingkit.native import Native
from klingkit.native import Text2Video as NativeText2Video
from klingkit.relay import Relay
from klingkit.relay import Text2Video as RelayText2Video

Code = tuple[int, type[Exception], bool, str]
"""HTTP status, the error, whether it proves that nothing was created, and what may be done."""

VIDEO_URL = "http://media.test/cat.mp4"


@frozen
class ApiCase:
    """One API: its URLs, a request, and its responses."""

    name: str
    make: Callable[..., Any]
    request: Any
    ref: TaskRef
    create_path: str
    words: dict[str, str]
    """Our status: the vendor's word."""
    created: Callable[..., httpx.Response]
    record: Callable[..., httpx.Response]
    """A task in the state of this word; `urls` and `reason` as they apply."""
    callback_field: str
    refused: Callable[[int], httpx.Response]
    """An error response: 401 key, 404 task, 429 rate limit, 500 server."""

    codes: dict[int, Code]
    unknown_task: frozenset[int]
    """Codes for a wrong parameter: a query has none but the id of its task."""
    reason: str = "message"
    """The field of an error that says why."""

    def __str__(self) -> str:
        return self.name

    @property
    def api(self) -> Any:
        """The adapter, for a host that exists in mocks alone."""
        return self.make(kie.KEY, f"http://{self.name}.test")

    @property
    def create(self) -> str:
        return f"http://{self.name}.test{self.create_path}"

    @property
    def query(self) -> str:
        return f"{kie.QUERY}?taskId={self.ref.id}" if self.name == "kie" else f"{self.create}/{self.ref.id}"

    def waiting(self) -> httpx.Response:
        return self.record(self.words["queued"])

    def running(self) -> httpx.Response:
        return self.record(self.words["running"])

    def finished(self, *urls: str) -> httpx.Response:
        return self.record(self.words["succeeded"], urls=urls or (VIDEO_URL,))

    def failed(self, reason: str | None = None) -> httpx.Response:
        return self.record(self.words["failed"], reason=reason)


def kie_record(word: str, *, urls: tuple[str, ...] = (), reason: str | None = None) -> httpx.Response:
    return kie.record(word, resultJson=json.dumps({"resultUrls": urls}), failMsg=reason)


def native_task(word: str, *, urls: tuple[str, ...] = (), reason: str | None = None) -> dict[str, Any]:
    return {
        "task_id": "CmYgjmbyMToAAAAAAF6svw",
        "task_status": word,
        "task_status_msg": reason,
        "created_at": 1727338013674,
        "updated_at": 1727338113674,
        "task_result": {"videos": [{"id": "video_001", "url": url, "duration": 10} for url in urls]},
    }


def relay_response(data: Any, code: object = 0, message: str = "SUCCEED", status: int = 200) -> httpx.Response:
    envelope = {"code": code, "message": message, "request_id": "r-0001", "data": data}
    return httpx.Response(status, json=envelope)


def relay_task(word: str, **fields: Any) -> dict[str, Any]:
    return {**native_task(word, **fields), "task_id": "912345678901234567", "task_info": {}}


KIE_ROWS: dict[int, Code] = {
    400: (400, InvalidRequest, True, "never"),
    401: (401, AuthenticationError, True, "never"),
    402: (402, InsufficientCredit, True, "never"),
    404: (404, NotFound, True, "never"),
    422: (422, InvalidRequest, True, "never"),
    429: (429, RateLimited, True, "pay"),
    433: (433, InsufficientCredit, True, "never"),
    455: (455, Maintenance, True, "pay"),
    500: (500, ServerError, False, "ask"),
    501: (501, ServerError, False, "ask"),
    505: (505, FeatureDisabled, True, "never"),
}
HTTP_ROWS: dict[int, Code] = {
    400: (400, InvalidRequest, True, "never"),
    401: (401, AuthenticationError, True, "never"),
    403: (403, PermissionDenied, True, "never"),
    404: (404, NotFound, True, "never"),
    429: (429, RateLimited, True, "pay"),
    500: (500, ServerError, False, "ask"),
}
OFFICIAL_ROWS: dict[int, Code] = {
    1000: (401, AuthenticationError, True, "never"),
    1001: (401, AuthenticationError, True, "never"),
    1002: (401, AuthenticationError, True, "never"),
    1003: (401, AuthenticationError, True, "never"),
    1004: (401, AuthenticationError, True, "never"),
    1100: (429, PermissionDenied, True, "never"),
    1101: (429, InsufficientCredit, True, "never"),
    1102: (429, InsufficientCredit, True, "never"),
    1103: (403, PermissionDenied, True, "never"),
    1200: (400, InvalidRequest, True, "never"),
    1201: (400, InvalidRequest, True, "never"),
    1202: (404, NotFound, True, "never"),
    1203: (404, NotFound, True, "never"),
    1300: (400, InvalidRequest, True, "never"),
    1301: (400, ContentRefused, True, "never"),
    1302: (429, RateLimited, True, "pay"),
    1303: (429, SlotsFull, True, "pay"),
    1304: (429, PermissionDenied, True, "never"),
    5000: (500, ServerError, False, "ask"),
    5001: (503, ServerError, False, "ask"),
    5002: (504, ServerError, False, "ask"),
}
OFFICIAL_CODES = {401: 1002, 404: 1203, 429: 1302, 500: 5000}

KIE = ApiCase(
    name="kie",
    make=Kie,
    request=kie.CAT,
    ref=kie.REF,
    create_path="/api/v1/jobs/createTask",
    words={"queued": "waiting", "running": "generating", "succeeded": "success", "failed": "fail"},
    created=kie.created,
    record=kie_record,
    callback_field="callBackUrl",
    refused=lambda code: kie.refused(code, code),
    codes=KIE_ROWS,
    unknown_task=frozenset({422}),
    reason="msg",
)
NATIVE = ApiCase(
    name="native",
    make=Native,
    request=NativeText2Video(model_name="kling-v1-6", mode="pro", prompt="a cat in the rain"),
    ref=TaskRef("native", "text2video", "CmYgjmbyMToAAAAAAF6svw"),
    create_path="/v1/videos/text2video",
    words={"queued": "submitted", "running": "processing", "succeeded": "completed", "failed": "failed"},
    created=lambda task_id="CmYgjmbyMToAAAAAAF6svw": httpx.Response(
        200, json={**native_task("submitted"), "task_id": task_id}
    ),
    record=lambda word, **fields: httpx.Response(200, json=native_task(word, **fields)),
    callback_field="callback_url",
    refused=lambda code: httpx.Response(code, json={"code": code, "message": "no", "request_id": "r-1"}),
    codes={**HTTP_ROWS, **OFFICIAL_ROWS},
    unknown_task=frozenset({400, 1200, 1201}),
)
RELAY = ApiCase(
    name="relay",
    make=Relay,
    request=RelayText2Video(model_name="kling-v2-5-turbo", prompt="在海边度假的猫"),
    ref=TaskRef("relay", "text2video", "912345678901234567"),
    create_path="/kling/v1/videos/text2video",
    words={"queued": "submitted", "running": "processing", "succeeded": "succeed", "failed": "failed"},
    created=lambda task_id="912345678901234567": relay_response({**relay_task("submitted"), "task_id": task_id}),
    record=lambda word, **fields: relay_response(relay_task(word, **fields)),
    callback_field="callback_url",
    refused=lambda code: relay_response(None, OFFICIAL_CODES[code], "no", code),
    codes=OFFICIAL_ROWS,
    unknown_task=frozenset({1200, 1201}),
)

ALL = [KIE, NATIVE, RELAY]
