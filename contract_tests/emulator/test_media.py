"""Tests of downloads of videos: access, headers, and ranges."""

import httpx
import pytest

from contract_tests.emulator.kit import Api, ApiClass, Kie, every_api
from klingkit.emulator import AfterQueries


@every_api
def test_a_video_exists_after_success_and_needs_no_key(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterQueries(9))
    waiting, failed, done = api.create_task(), api.create_task(), api.create_task()
    api.emulator.fail_task(failed)
    api.emulator.finish_task(done)
    path = "/media/{}.mp4".format
    responses = [api.request("GET", path(task_id)) for task_id in (waiting, failed, done, "x")]
    assert [response.status_code for response in responses] == [404, 404, 200, 404]
    assert api.request("GET", path(done), headers={"Authorization": ""}).status_code == 200


@pytest.fixture
def api() -> Api:
    return Kie()


@pytest.fixture
def video(api: Api) -> httpx.Response:
    return api.video(api.create_task())


def test_the_headers_of_a_download(api: Api, video: httpx.Response) -> None:
    assert video.headers["Content-Type"] == "video/mp4"
    assert video.headers["Content-Length"] == str(len(video.content))
    assert video.headers["Accept-Ranges"] == "bytes"
    assert video.headers["ETag"].strip('"')
    assert video.headers["Last-Modified"] == "Mon, 01 Dec 2025 00:00:00 GMT"
    assert api.video(api.create_task()).headers["ETag"] != video.headers["ETag"]
    head = api.request("HEAD", video.url.path, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(video.headers)


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("Bytes=10-19", 10, 20),
        ("bytes=10-", 10, None),
        ("bytes=10-999999999", 10, None),
        ("bytes=-10", -10, None),
        ("bytes=-999999999", 0, None),
        ("bytes=0-", 0, None),
    ],
)
def test_a_range_is_a_part_of_the_video(
    api: Api, video: httpx.Response, header: str, start: int, stop: int | None
) -> None:
    size = len(video.content)
    first, end, _ = slice(start, stop).indices(size)
    part = api.request("GET", video.url.path, headers={"Range": header})
    assert (part.status_code, part.content) == (206, video.content[start:stop])
    assert part.headers["Content-Range"] == f"bytes {first}-{end - 1}/{size}"
    assert part.headers["Content-Length"] == str(end - first)
    assert part.headers["ETag"] == video.headers["ETag"]


@pytest.mark.parametrize("header", ["bytes=-0", "bytes={size}-", "bytes=999999999-", "bytes=999999999-9999999999"])
def test_a_range_past_the_end_is_rejected(api: Api, video: httpx.Response, header: str) -> None:
    size = len(video.content)
    response = api.request("GET", video.url.path, headers={"Range": header.format(size=size)})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "items=0-1",
        "bytes=0-1,5-6",
        "bytes=0-1x",
        "bytes=" + "1" * 5000 + "-",
    ],
)
def test_invalid_and_multiple_ranges_are_ignored(api: Api, video: httpx.Response, header: str) -> None:
    response = api.request("GET", video.url.path, headers={"Range": header})
    assert (response.status_code, response.content) == (200, video.content)


def test_if_range_is_respected(api: Api, video: httpx.Response) -> None:
    def request_range(if_range: str) -> httpx.Response:
        return api.request("GET", video.url.path, headers={"Range": "bytes=0-1", "If-Range": if_range})

    assert (
        request_range(video.headers["ETag"]).status_code
        == request_range(video.headers["Last-Modified"]).status_code
        == 206
    )
    for other in ('"another"', f"W/{video.headers['ETag']}", "Sun, 30 Nov 2025 00:00:00 GMT", ""):
        assert (request_range(other).status_code, request_range(other).content) == (200, video.content)


@every_api
def test_a_url_has_the_host_of_the_request(api_class: ApiClass) -> None:
    api = api_class()
    task_id = api.create_task()
    response = api.request("GET", api_class.path_of(task_id), headers={"Host": "localhost:8900"})
    assert api_class.url(api_class.data(response)) == f"http://localhost:8900/media/{task_id}.mp4"
