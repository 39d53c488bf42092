"""Classification of requests by method and path."""

from typing import Any

import pytest

from klingkit.emulator.http._classification import RequestInfo, classify, request_info
from klingkit.emulator.profiles._profile import SLASH

REQUESTS = [
    ("POST /api/v1/jobs/createTask", RequestInfo("kie", "create")),
    ("GET /api/v1/jobs/recordInfo?taskId=a%2Fb&taskId=c", RequestInfo("kie", "query", "a/b")),
    ("GET /api/v1/jobs/recordInfo", RequestInfo("kie", "query")),
    ("GET /api/v1/jobs/createTask", RequestInfo("kie", "other")),
    ("POST /api/v1/common/download-url", RequestInfo("kie", "other")),
    ("GET /api/v1/chat/credit", RequestInfo("kie", "other")),
    ("GET //api/v1/jobs/recordInfo?taskId=x", RequestInfo("kie", "other")),
    ("POST /v1/videos/text2video", RequestInfo("native", "create")),
    ("GET /v1/videos/text2video?pageNum=1", RequestInfo("native", "list")),
    ("PUT /v1/videos/text2video", RequestInfo("native", "other")),
    ("GET /v1/videos/text2video/x", RequestInfo("native", "query", "x")),
    ("GET /v1/videos/text2video/", RequestInfo("native", "other")),
    ("GET /v1/videos/text2video/x/y", RequestInfo("native", "other")),
    ("GET /v1/videos/text2video/x%2Fy", RequestInfo("native", "query", "x/y")),
    ("DELETE /v1/videos/text2video/x", RequestInfo("native", "other")),
    ("POST //v1/videos/text2video", RequestInfo("native", "other")),
    ("GET /v1/x", RequestInfo("native", "other")),
    ("GET /account/costs", RequestInfo("native", "other")),
    ("POST /kling/v1/videos/text2video", RequestInfo("relay", "create")),
    ("GET /kling/v1/videos/text2video/x", RequestInfo("relay", "query", "x")),
    ("GET /kling/account/costs", RequestInfo("relay", "other")),
    ("GET /media/x.mp4", RequestInfo(None, "media", "x")),
    ("HEAD /media/x.mp4", RequestInfo(None, "media", "x")),
    ("POST /media/x.mp4", RequestInfo(None, "other", "x")),
    ("GET /media/x/y.mp4", RequestInfo(None, "other")),
    ("GET /media/x%2Fy.mp4", RequestInfo(None, "other")),
    ("GET /", RequestInfo(None, "other")),
]


@pytest.mark.parametrize(("request_line", "expected"), REQUESTS)
def test_method_and_path_decide_on_api_operation_and_task(request_line: str, expected: RequestInfo) -> None:
    method, _, target = request_line.partition(" ")
    path, _, query = target.partition("?")
    decoded = path.replace("%2F", "/")
    scope: dict[str, Any] = {"method": method, "path": decoded, "raw_path": path.encode()}
    info = classify(scope | {"query_string": query.encode()})
    assert (info.api, info.operation, info.task_id) == (expected.api, expected.operation, expected.task_id)
    assert info.query == query


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/a/b c", "raw_path": b"/a%2fb%20c"}, f"/a{SLASH}b c"),
        ({"path": "/a/%2F", "raw_path": b"/a/%252F"}, "/a/%2F"),
        ({"path": "/雨/a", "raw_path": b"/%E9%9B%A8%2Fa"}, f"/雨{SLASH}a"),
        ({"path": "/a b"}, "/a b"),
    ],
)
def test_an_escaped_slash_differs_from_a_separator(scope: dict[str, Any], path: str) -> None:
    scope |= {"method": "GET", "query_string": b""}
    assert classify(scope).path == path
    assert request_info(scope).path == path
