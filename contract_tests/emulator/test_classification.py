"""What a request is about, as its method and path tell it."""

from typing import Any

import pytest

from klingkit.emulator.http._classification import SLASH, Concern, concern, path_in

CONCERNS = [
    ("POST", "/api/v1/jobs/createTask", "", Concern("kie", "create")),
    ("GET", "/api/v1/jobs/recordInfo", "taskId=a%2Fb&taskId=c", Concern("kie", "query", "a/b")),
    ("GET", "/api/v1/jobs/recordInfo", "", Concern("kie", "query")),
    ("GET", "/api/v1/jobs/createTask", "", Concern("kie", "other")),
    ("POST", "/api/v1/common/download-url", "", Concern("kie", "other")),
    ("GET", "/api/v1/chat/credit", "", Concern("kie", "other")),
    ("GET", "//api/v1/jobs/recordInfo", "taskId=x", Concern("kie", "other")),
    ("POST", "/v1/videos/text2video", "", Concern("native", "create")),
    ("GET", "/v1/videos/text2video", "pageNum=1", Concern("native", "list")),
    ("PUT", "/v1/videos/text2video", "", Concern("native", "other")),
    ("GET", "/v1/videos/text2video/x", "", Concern("native", "query", "x")),
    ("GET", "/v1/videos/text2video/", "", Concern("native", "other")),
    ("GET", "/v1/videos/text2video/x/y", "", Concern("native", "other")),
    ("GET", f"/v1/videos/text2video/x{SLASH}y", "", Concern("native", "query", "x/y")),
    ("DELETE", "/v1/videos/text2video/x", "", Concern("native", "other")),
    ("POST", "//v1/videos/text2video", "", Concern("native", "other")),
    ("GET", "/v1/x", "", Concern("native", "other")),
    ("GET", "/account/costs", "", Concern("native", "other")),
    ("POST", "/kling/v1/videos/text2video", "", Concern("relay", "create")),
    ("GET", "/kling/v1/videos/text2video/x", "", Concern("relay", "query", "x")),
    ("GET", "/kling/account/costs", "", Concern("relay", "other")),
    ("GET", "/media/x.mp4", "", Concern(None, "media", "x")),
    ("HEAD", "/media/x.mp4", "", Concern(None, "media", "x")),
    ("POST", "/media/x.mp4", "", Concern(None, "other", "x")),
    ("GET", "/media/x/y.mp4", "", Concern(None, "other")),
    ("GET", f"/media/x{SLASH}y.mp4", "", Concern(None, "other")),
    ("GET", "/", "", Concern(None, "other")),
]


@pytest.mark.parametrize(("method", "path", "query", "about"), CONCERNS)
def test_a_request_tells_what_it_is_about(method: str, path: str, query: str, about: Concern) -> None:
    assert concern(method, path, query) == about


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/a/b c", "raw_path": b"/a%2fb%20c"}, f"/a{SLASH}b c"),
        ({"path": "/a/%2F", "raw_path": b"/a/%252F"}, "/a/%2F"),
        ({"path": "/雨/a", "raw_path": b"/%E9%9B%A8%2Fa"}, f"/雨{SLASH}a"),
        ({"path": "/a b"}, "/a b"),
    ],
)
def test_an_escaped_slash_is_told_from_one_that_parts(scope: dict[str, Any], path: str) -> None:
    assert path_in(scope) == path
