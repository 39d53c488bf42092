"""Tests of the errors for wrong paths and methods, which list the right ones."""

import httpx
import pytest

from contract_tests.emulator.kit import APIS, ApiClass, Kie, Native, Relay, every_api

LISTED_OPERATIONS = {
    Kie: "it has POST /api/v1/jobs/createTask, GET /api/v1/jobs/recordInfo, POST /api/v1/common/download-url, "
    "GET /api/v1/chat/credit, POST /api/file-stream-upload, POST /api/file-base64-upload, POST /api/file-url-upload",
    Native: "it has POST /v1/videos/text2video, GET /v1/videos/text2video/{task_id}",
    Relay: "it has POST /kling/v1/videos/text2video, GET /kling/v1/videos/text2video/{task_id}",
}


UNKNOWN_PATHS = [
    *((Kie, path) for path in ("/api/", "/api/v1", "/api/v1/jobs", "/api/v2/jobs/x")),
    *((Native, path) for path in ("/v1/", "/v1/videos", "/v1/videos/text2video/a/b", "/v1/videos/image2video")),
    *((Native, path) for path in ("/v1/videos/text2video/a%2Fb/c", "/v1/%00")),
    *((Relay, path) for path in ("/kling/", "/kling/v1/videos/image2video")),
]


PATHS_WITH_SURPLUS = [  # the API, the path, its superfluous part, the path without it
    (Kie, "/api/v1/jobs/recordInfo/", "a slash", "/api/v1/jobs/recordInfo"),
    (Kie, "//api/v1/jobs/recordInfo", "a slash", "/api/v1/jobs/recordInfo"),
    (Kie, "/api/v1/api/v1/jobs/recordInfo", "/api/v1", "/api/v1/jobs/recordInfo"),
    (Native, "//v1/videos/text2video", "a slash", "/v1/videos/text2video"),
    (Native, "/v1//videos/text2video", "a slash", "/v1/videos/text2video"),
    (Native, "/v1/v1/videos/text2video/x%2Fy", "/v1", "/v1/videos/text2video/x%2Fy"),
    (Native, "//v1//v1/videos/text2video", "/v1", "/v1/videos/text2video"),
    (Native, "/v1/kling/v1/videos/text2video", "/v1", "/kling/v1/videos/text2video"),
    (Relay, "/kling/kling/v1/videos/text2video", "/kling", "/kling/v1/videos/text2video"),
]


@pytest.mark.parametrize(("api_class", "path"), UNKNOWN_PATHS)
def test_a_wrong_path_is_reported_by_its_api_with_the_right_ones(api_class: ApiClass, path: str) -> None:
    api = api_class()
    message = api.message(api.request("GET", path), "path")
    assert message == f"the emulator has no GET {path}; {LISTED_OPERATIONS[api_class]}"


@pytest.mark.parametrize(("api_class", "path", "surplus", "path_without"), PATHS_WITH_SURPLUS)
def test_a_surplus_in_the_base_url_is_named(api_class: ApiClass, path: str, surplus: str, path_without: str) -> None:
    api = api_class()
    message = api.message(api.request("GET", path), "path")
    assert message.startswith(f"the emulator has no GET {path}: {surplus} is too much")
    assert message.endswith(f"the base URL is http://emulator, the path {path_without}")


def test_a_long_path_is_shortened() -> None:
    api = Native()
    assert len(api.message(api.request("GET", f"/v1/{'x/' * 5000}"), "path")) < 400


@pytest.mark.parametrize("path", ["/x", "/api", "/v1", "/kling", "//", "/%00", "/media/", "/KLING/x"])
def test_a_path_of_no_api_is_reported_as_plain_text(path: str) -> None:
    response = Kie().request("GET", path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.startswith(f"the emulator has no GET {path}; it has POST {Kie.create_path}, ")
    assert all(f"POST {api_class.create_path}, GET" in response.text for api_class in APIS)


def test_a_missing_video_is_no_wrong_path() -> None:
    response = Kie().request("GET", "/media/x.mp4")
    assert (response.status_code, response.text) == (404, "there is no such file")


@every_api
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_a_wrong_method_is_reported_with_the_right_ones(api_class: ApiClass, method: str) -> None:
    api = api_class()
    for path, allowed in ((api_class.create_path, {"POST"}), (api_class.query_path, {"GET"})):
        response = api.request(method, path)
        if method in allowed:
            assert response.status_code != 405
            continue
        assert response.status_code == 405
        message = f"the emulator has no {method} {httpx.URL(path).path}; {LISTED_OPERATIONS[api_class]}"
        assert method == "HEAD" or api.message(response, "method") == message
        assert set(response.headers["Allow"].split(", ")) == allowed


def test_a_video_can_only_be_fetched() -> None:
    response = Kie().request("POST", "/media/x.mp4")
    assert (response.status_code, response.text) == (405, "Method Not Allowed")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD"}
