"""Errors for wrong paths and methods, with directions."""

import httpx
import pytest

from contract_tests.emulator.kit import APIS, Kie, Kind, Native, Relay, every_api

OPERATIONS = {
    Kie: "it has POST /api/v1/jobs/createTask, GET /api/v1/jobs/recordInfo, POST /api/v1/common/download-url, "
    "GET /api/v1/chat/credit, POST /api/file-stream-upload, POST /api/file-base64-upload, POST /api/file-url-upload",
    Native: "it has POST /v1/videos/text2video, GET /v1/videos/text2video/{task_id}",
    Relay: "it has POST /kling/v1/videos/text2video, GET /kling/v1/videos/text2video/{task_id}",
}


PATHS = [
    *((Kie, path) for path in ("/api/", "/api/v1", "/api/v1/jobs", "/api/v2/jobs/x")),
    *((Native, path) for path in ("/v1/", "/v1/videos", "/v1/videos/text2video/a/b", "/v1/videos/image2video")),
    *((Native, path) for path in ("/v1/videos/text2video/a%2Fb/c", "/v1/%00")),
    *((Relay, path) for path in ("/kling/", "/kling/v1/videos/image2video")),
]


SURPLUS = [  # the path, what is too much, the path without it
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


@pytest.mark.parametrize(("kind", "path"), PATHS)
def test_a_wrong_path_is_reported_by_its_api_with_the_right_ones(kind: Kind, path: str) -> None:
    api = kind()
    message = api.message(api.ask("GET", path), "path")
    assert message == f"the emulator has no GET {path}; {OPERATIONS[kind]}"


@pytest.mark.parametrize(("kind", "path", "surplus", "path_without"), SURPLUS)
def test_a_surplus_in_the_base_url_is_named(kind: Kind, path: str, surplus: str, path_without: str) -> None:
    api = kind()
    message = api.message(api.ask("GET", path), "path")
    assert message.startswith(f"the emulator has no GET {path}: {surplus} is too much")
    assert message.endswith(f"the base URL is http://emulator, the path {path_without}")


def test_a_long_path_is_shortened() -> None:
    api = Native()
    assert len(api.message(api.ask("GET", f"/v1/{'x/' * 5000}"), "path")) < 400


@pytest.mark.parametrize("path", ["/x", "/api", "/v1", "/kling", "//", "/%00", "/media/", "/KLING/x"])
def test_a_path_of_no_api_is_reported_as_plain_text(path: str) -> None:
    response = Kie().ask("GET", path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.startswith(f"the emulator has no GET {path}; it has POST {Kie.create_path}, ")
    assert all(f"POST {kind.create_path}, GET" in response.text for kind in APIS)


def test_a_missing_video_is_no_wrong_path() -> None:
    response = Kie().ask("GET", "/media/x.mp4")
    assert (response.status_code, response.text) == (404, "there is no such file")


@every_api
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_a_wrong_method_is_reported_with_the_right_ones(kind: Kind, method: str) -> None:
    api = kind()
    for path, allowed in ((kind.create_path, {"POST"}), (kind.query_path, {"GET"})):
        response = api.ask(method, path)
        if method in allowed:
            assert response.status_code != 405
            continue
        assert response.status_code == 405
        message = f"the emulator has no {method} {httpx.URL(path).path}; {OPERATIONS[kind]}"
        assert method == "HEAD" or api.message(response, "method") == message
        assert set(response.headers["Allow"].split(", ")) == allowed


def test_a_video_can_only_be_fetched() -> None:
    response = Kie().ask("POST", "/media/x.mp4")
    assert (response.status_code, response.text) == (405, "Method Not Allowed")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD"}
