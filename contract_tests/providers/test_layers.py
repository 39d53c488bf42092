"""Responses within responses, and the places where relays put the URL of a video."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE, RELAY, ApiCase
from contract_tests.support.kie import API, REF, record
from klingkit import Client, Fixed, MalformedResponse, Task, TaskFailed, TaskRef
from klingkit.providers._layers import MAX_LAYERS, MAX_VALUES, has_reason, walk

EACH_API = pytest.mark.parametrize("case", [NATIVE, RELAY], ids=["native", "relay"])
URL = "https://c.example/a.mp4"
VIDEOS = {"videos": [{"id": "v1", "url": "https://media.test/1.mp4", "duration": "5.1"}]}
OFFICIAL: dict[str, Any] = {"task_id": "v-9", "task_status": "succeed", "task_result": VIDEOS}


def read(case: ApiCase, body: object, task_id: str = "t-1") -> Task:
    task: Task = case.api.read_task(TaskRef(case.name, "text2video", task_id), httpx.Response(200, json=body))
    return task


def wrapped(record: object, times: int, **fields: Any) -> dict[str, Any]:
    """Wrap a record as that many relays would, one behind the other."""
    body: Any = {"code": 0, "data": record}
    for number in range(times, 0, -1):
        body = {"code": "success", "data": {"task_id": f"t-{number}", "status": "SUCCESS", "data": body, **fields}}
    return dict(body)


@EACH_API
@pytest.mark.parametrize("times", [1, 2, 3, 7])
def test_a_record_is_read_through_any_number_of_relays(case: ApiCase, times: int):
    task = read(case, wrapped(OFFICIAL, times, result_url=URL))
    assert [(video.url, video.id, video.duration) for video in task.videos] == [("https://media.test/1.mp4", "v1", 5.1)]
    bare = {**OFFICIAL, "task_result": None}
    assert [video.url for video in read(case, wrapped(bare, times, result_url=URL)).videos] == [URL]
    submitted = case.api.read_submission(httpx.Response(200, json=wrapped(bare, times)))
    assert submitted.id == "t-1"


def test_layers_are_bounded():
    body: dict[str, Any] = {}
    for _ in range(10 * MAX_LAYERS):
        body = {"data": body, "result": {"x": 1}}
    assert len(walk(body)) == MAX_LAYERS


PLACES: dict[str, dict[str, Any]] = {
    "a field of its own": {"result_url": URL},
    "another field": {"video_url": URL},
    "a plain url": {"url": URL},
    "a list": {"video_urls": ["", URL]},
    "OpenAI's metadata": {"object": "video", "completed_at": 1727338113, "metadata": {"url": URL, "video_url": URL}},
    "the field for the reason of a failure": {"fail_reason": URL},
    "a text": {"output": URL},
    "an object": {"output": {"video_url": URL}},
    "assets": {"assets": {"cover": "https://c.example/a.png", "video": URL}},
    "files": {"files": [{"type": "image", "url": "https://c.example/a"}, {"type": "video", "url": URL}]},
    "videos in artifacts": {"artifacts": {"videos": [{"url": URL}]}},
    "texts": {"output": ["no url", [URL], URL]},
    "the second generation": {"outputs": [{"type": "audio", "url": f"{URL}3"}, {"type": "video", "url": URL}]},
    "an object of a service behind": {"content": {"video_url": URL}},
    "a list of texts": {"videos": [URL]},
    "a result": {"result": {"video": {"url": URL}}},
    "JSON as text": {"data": json.dumps({"result_url": URL})},
    "a list of one record": {"data": [{"url": URL}]},
    "the official result, abridged": {"task_result": {"video_url": URL}},
    "the official result as texts": {"task_result": {"videos": [URL]}},
    "the official result as JSON text": {"task_result": json.dumps({"videos": {"url": f" {URL}\n"}})},
    "a download": {"download_url": URL},
    "works": {"works": [{"url": URL}]},
    "a payload": {"payload": {"video_url": URL}},
    "beside the address of the record": {"url": "https://relay.example/v1/tasks/t-1", "result": {"video_url": URL}},
}


@EACH_API
@pytest.mark.parametrize("place", PLACES)
def test_the_url_is_found_in_every_place(case: ApiCase, place: str):
    flat = {"id": "t-1", "status": "completed", **PLACES[place]}
    for body in (flat, {"code": "success", "data": flat}, {"code": "success", "data": [flat]}):
        task = read(case, body)
        assert [video.url for video in task.videos] == [URL]
        assert task.status == "succeeded"
    if "completed_at" in flat:
        assert read(case, flat).completed is not None
    assert read(case, {**flat, "status": "in_progress"}).videos == ()


@EACH_API
@pytest.mark.parametrize("data", ["{", "[]", "text", {"url": "no url"}, [{"url": URL}, {"url": URL}], 7])
def test_what_is_no_video_is_left_out(case: ApiCase, data: object):
    assert read(case, {"task_id": "t-1", "status": "SUCCESS", "data": data}).videos == ()


@EACH_API
@pytest.mark.parametrize(
    "place",
    [
        {"works": [{"resource": {"resource": URL}}]},
        {"result": {"video": {"uri": URL}}},
        {"choices": [{"message": {"play": URL}}]},
        {"assets": {"hd": f" {URL}"}, "copies": [{"hd": URL}]},
        {"mp4_url": f"{URL}?signature=x"},
    ],
)
def test_a_video_file_in_an_unknown_place_is_found_once(case: ApiCase, place: dict[str, Any]):
    task = read(case, {"task_id": "t-1", "task_status": "succeed", **place})
    assert [video.url.partition("?")[0] for video in task.videos] == [URL]


@EACH_API
@pytest.mark.parametrize(
    "place",
    [
        {"input": {"source": URL}},
        {"request_params": {"source": URL}},
        {"cover": "https://c.example/a.jpg"},
        {"watermark": URL},
        {"history": [{"file": URL}, {"file": URL}]},
        {**{str(number): number for number in range(MAX_VALUES)}, "last": {"file": URL}},
    ],
)
def test_a_file_of_the_request_is_no_video_of_the_task(case: ApiCase, place: dict[str, Any]):
    assert read(case, {"task_id": "t-1", "task_status": "succeed", **place}).videos == ()


NAMELESS = [
    {"data": {"status": "FAILURE", "task_status_msg": "ImageDownloadError"}},
    {"task_status": "failed", "task_status_msg": "ImageDownloadError"},
    {"status": "error", "fail_reason": "ImageDownloadError"},
    {"status": "success", "data": {"state": "failed", "failMsg": "ImageDownloadError"}},
    {"code": 0, "data": {"data": {"status": "expired", "error": {"message": "ImageDownloadError"}}}},
]


@EACH_API
@pytest.mark.parametrize("body", NAMELESS)
def test_a_record_without_an_id_is_of_the_task_that_was_queried(case: ApiCase, body: dict[str, Any]):
    task = read(case, body)
    assert task.status == "failed"
    assert task.failure is not None
    assert task.failure.message == "ImageDownloadError"


@EACH_API
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"status": "failed"}, None),
        ({"state": "FAILURE"}, None),
        ({"code": 0, "status": "cancelled", "request_id": "r-1"}, None),
        ({"status": "fail"}, None),
        ({"status": "failed", "message": "ImageDownloadError"}, "ImageDownloadError"),
        ({"status": "failed", "error": {"message": "bad picture"}}, "bad picture"),
    ],
)
def test_a_bare_failure_ends_the_wait(case: ApiCase, body: dict[str, Any], reason: str | None):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    client = Client(case.make("key", f"https://{case.name}.test"), http=httpx.Client(transport=transport))
    with client, pytest.raises(TaskFailed) as caught:
        client.wait(case.ref, timeout=5.0)
    assert caught.value.failure is not None
    assert caught.value.failure.message == reason


@EACH_API
@pytest.mark.parametrize(
    "body",
    [
        {"status": "error", "message": "x"},
        {"status": "error"},
        {"status": "fail", "msg": "x"},
        {"status": "failed", "data": None},
        {"status": "failed", "success": False},
        {"status": "failed", "message": "Too many requests"},
        {"status": "failed", "error": {"message": "Invalid API key"}},
        {"status": "failed", "error": "upstream is gone"},
        {"status": "failed", "detail": "请求频繁"},
        {"status": "succeeded"},
        {"status": "running"},
    ],
)
def test_a_bare_word_that_may_be_of_the_exchange_ends_nothing(case: ApiCase, body: dict[str, Any]):
    replies = iter([body, {"task_id": case.ref.id, "task_status": "failed"}])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=next(replies)))
    client = Client(case.make("key", f"https://{case.name}.test"), http=httpx.Client(transport=transport))
    with client, pytest.raises(TaskFailed):
        client.wait(case.ref, timeout=5.0, polling=Fixed(0.01))
    assert list(replies) == []


@EACH_API
def test_the_word_beside_the_queried_id_counts(case: ApiCase):
    """An envelope may have an id and a status of the exchange, the record of a relay one of the service behind it."""
    envelope = {"id": "req-1", "status": "ok", "data": {"task_id": "t-1", "task_status": "processing"}}
    assert read(case, envelope).status == "running"
    assert read(case, {**envelope, "status": "success"}).status == "running"
    relayed = {"task_id": "t-1", "status": "IN_PROGRESS", "data": OFFICIAL}
    assert read(case, relayed).status == "running"
    assert read(case, relayed, "v-9").status == "succeeded"
    with pytest.raises(MalformedResponse, match="another task, 't-1'"):
        read(case, relayed, "t-3")


@EACH_API
@pytest.mark.parametrize(("inner", "status"), [("processing", "running"), ("failed", "failed"), ("queued", "queued")])
def test_a_success_without_a_video_is_that_of_the_exchange(case: ApiCase, inner: str, status: str):
    for body in ({"task_id": "t-1", "task_status": inner}, {"data": {"task_status": inner}}):
        assert read(case, {"status": "success", "task_id": "t-1", "data": body}).status == status


# kie


def test_a_record_of_kie_may_be_flat_and_without_an_id():
    flat = {"taskId": REF.id, "state": "success", "resultJson": json.dumps({"resultUrls": [URL]})}
    for body in (flat, {"code": 200, "data": {**flat, "taskId": None}}):
        assert [video.url for video in API.read_task(REF, httpx.Response(200, json=body)).videos] == [URL]
    assert API.read_submission(httpx.Response(200, json={"taskId": "x"})).id == "x"
    with pytest.raises(MalformedResponse, match="another task, 'b'"):
        API.read_task(REF, httpx.Response(200, json={"task_id": "b", "state": "waiting"}))


@pytest.mark.parametrize(
    "fields",
    [
        {"resultJson": json.dumps({"resultUrls": URL})},
        {"resultJson": json.dumps({"resultUrls": [], "videoUrl": URL})},
        {"resultJson": "{}", "response": {"resultUrls": [URL]}},
        {"resultJson": json.dumps([URL])},
        {"resultJson": f" {URL}"},
        {"resultJson": json.dumps({"data": {"resultUrls": [URL]}})},
    ],
)
def test_a_url_of_kie_may_lie_elsewhere(fields: dict[str, Any]):
    assert [video.url for video in API.read_task(REF, record("success", **fields)).videos] == [URL]


@pytest.mark.parametrize(
    ("errors", "failed"), [(["no cats"], True), ([{"message": "no cats"}], True), ([], False), ([""], False)]
)
def test_a_list_of_errors_is_a_reason_if_one_of_them_says_something(errors: list[Any], failed: bool):
    assert has_reason([{"errors": errors}]) is failed
