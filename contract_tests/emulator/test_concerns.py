"""What a request is about, as its method and path tell it."""

import pytest

from klingkit.emulator._concerns import Concern, concern

CONCERNS = [
    ("POST", "/api/v1/jobs/createTask", "", Concern("kie", "create")),
    ("GET", "/api/v1/jobs/recordInfo", "taskId=a%2Fb&taskId=c", Concern("kie", "query", "a/b")),
    ("GET", "/api/v1/jobs/recordInfo", "", Concern("kie", "query")),
    ("GET", "/api/v1/jobs/createTask", "", Concern("kie", "other")),
    ("POST", "/v1/videos/text2video", "", Concern("native", "create")),
    ("GET", "/v1/videos/text2video", "pageNum=1", Concern("native", "list")),
    ("PUT", "/v1/videos/text2video", "", Concern("native", "other")),
    ("GET", "/v1/videos/text2video/x", "", Concern("native", "query", "x")),
    ("GET", "/v1/videos/text2video/", "", Concern("native", "other")),
    ("GET", "/v1/videos/text2video/x/y", "", Concern("native", "other")),
    ("DELETE", "/v1/videos/text2video/x", "", Concern("native", "other")),
    ("GET", "/v1/x", "", Concern("native", "other")),
    ("GET", "/account/costs", "", Concern("native", "other")),
    ("POST", "/kling/v1/videos/text2video", "", Concern("relay", "create")),
    ("GET", "/kling/v1/videos/text2video/x", "", Concern("relay", "query", "x")),
    ("GET", "/kling/account/costs", "", Concern("relay", "other")),
    ("GET", "/media/x.mp4", "", Concern(None, "media", "x")),
    ("HEAD", "/media/x.mp4", "", Concern(None, "media", "x")),
    ("POST", "/media/x.mp4", "", Concern(None, "other", "x")),
    ("GET", "/media/x/y.mp4", "", Concern(None, "other")),
    ("GET", "/", "", Concern(None, "other")),
]


@pytest.mark.parametrize(("method", "path", "query", "about"), CONCERNS)
def test_a_request_tells_what_it_is_about(method: str, path: str, query: str, about: Concern) -> None:
    assert concern(method, path, query) == about
