"""Tests of responses within responses, and of the places where relays put the URL of a video."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.kie import KIE_API, TASK_REF, task_response
from klingkit import (
    Client,
    Fixed,
    InvalidRequest,
    MalformedResponse,
    Task,
    TaskFailed,
    TaskRef,
    UnreadableSubmission,
)
from klingkit.providers._layers import MAX_LAYERS, MAX_VALUES, has_reason, walk

EACH_API = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
VIDEO_URL = "https://c.example/a.mp4"
OFFICIAL_RESULT = {"videos": [{"id": "v1", "url": "https://media.test/1.mp4", "duration": "5.1"}]}
OFFICIAL_RECORD: dict[str, Any] = {"task_id": "v-9", "task_status": "succeed", "task_result": OFFICIAL_RESULT}


def read(api_case: ApiCase, body: object, task_id: str = "t-1") -> Task:
    task: Task = api_case.api.read_task(TaskRef(api_case.name, "text2video", task_id), httpx.Response(200, json=body))
    return task


def wrapped_record(record: object, depth: int, **fields: Any) -> dict[str, Any]:
    """Wrap a record as `depth` relays would, one behind the other."""
    body: Any = {"code": 0, "data": record}
    for number in range(depth, 0, -1):
        body = {"code": "success", "data": {"task_id": f"t-{number}", "status": "SUCCESS", "data": body, **fields}}
    return dict(body)


@EACH_API
@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_a_record_is_read_through_any_number_of_relays(api_case: ApiCase, depth: int):
    task = read(api_case, wrapped_record(OFFICIAL_RECORD, depth, result_url=VIDEO_URL))
    assert [(video.url, video.id, video.duration) for video in task.videos] == [("https://media.test/1.mp4", "v1", 5.1)]
    record_without_videos = {**OFFICIAL_RECORD, "task_result": None}
    assert [
        video.url for video in read(api_case, wrapped_record(record_without_videos, depth, result_url=VIDEO_URL)).videos
    ] == [VIDEO_URL]
    submitted = api_case.api.read_submission(httpx.Response(200, json=wrapped_record(record_without_videos, depth)))
    assert submitted.id == "t-1"


def test_layers_are_bounded():
    body: dict[str, Any] = {}
    for _ in range(10 * MAX_LAYERS):
        body = {"data": body, "result": {"x": 1}}
    assert len(walk(body)) == MAX_LAYERS


FIELDS_BY_PLACE: dict[str, dict[str, Any]] = {
    "a field of its own": {"result_url": VIDEO_URL},
    "another field": {"video_url": VIDEO_URL},
    "a plain url": {"url": VIDEO_URL},
    "a list": {"video_urls": ["", VIDEO_URL]},
    "OpenAI's metadata": {
        "object": "video",
        "completed_at": 1727338113,
        "metadata": {"url": VIDEO_URL, "video_url": VIDEO_URL},
    },
    "the field for the reason of a failure": {"fail_reason": VIDEO_URL},
    "a text": {"output": VIDEO_URL},
    "an object": {"output": {"video_url": VIDEO_URL}},
    "assets": {"assets": {"cover": "https://c.example/a.png", "video": VIDEO_URL}},
    "files beside a result": {"files": [{"url": "https://c.example/in.png"}], "output": VIDEO_URL},
    "files beside another field": {"files": [{"url": "https://c.example/in.png"}], "clip": VIDEO_URL},
    "media beside a result": {"media": "https://c.example/poster.jpg", "result": VIDEO_URL},
    "files": {"files": [{"type": "image", "url": "https://c.example/a"}, {"type": "video", "url": VIDEO_URL}]},
    "videos in artifacts": {"artifacts": {"videos": [{"url": VIDEO_URL}]}},
    "texts": {"output": ["no url", [VIDEO_URL], VIDEO_URL]},
    "the second generation": {
        "outputs": [{"type": "audio", "url": f"{VIDEO_URL}3"}, {"type": "video", "url": VIDEO_URL}]
    },
    "an object of a service behind": {"content": {"video_url": VIDEO_URL}},
    "a list of texts": {"videos": [VIDEO_URL]},
    "a result": {"result": {"video": {"url": VIDEO_URL}}},
    "JSON as text": {"data": json.dumps({"result_url": VIDEO_URL})},
    "a list of one record": {"data": [{"url": VIDEO_URL}]},
    "the official result, abridged": {"task_result": {"video_url": VIDEO_URL}},
    "the official result as texts": {"task_result": {"videos": [VIDEO_URL]}},
    "the official result as JSON text": {"task_result": json.dumps({"videos": {"url": f" {VIDEO_URL}\n"}})},
    "a download": {"download_url": VIDEO_URL},
    "works": {"works": [{"url": VIDEO_URL}]},
    "a payload": {"payload": {"video_url": VIDEO_URL}},
    "beside the address of the record": {
        "url": "https://relay.example/v1/tasks/t-1",
        "result": {"video_url": VIDEO_URL},
    },
}


@EACH_API
@pytest.mark.parametrize("place", FIELDS_BY_PLACE)
def test_the_url_is_found_in_every_place(api_case: ApiCase, place: str):
    flat = {"id": "t-1", "status": "completed", **FIELDS_BY_PLACE[place]}
    for body in (flat, {"code": "success", "data": flat}, {"code": "success", "data": [flat]}):
        task = read(api_case, body)
        assert [video.url for video in task.videos] == [VIDEO_URL]
        assert task.status == "succeeded"
    if "completed_at" in flat:
        assert read(api_case, flat).completed is not None
    assert read(api_case, {**flat, "status": "in_progress"}).videos == ()


@EACH_API
@pytest.mark.parametrize(
    "fields",
    [
        {"assets": {"image": "https://c.example/i", "video": "https://c.example/v"}},
        {"files": [{"type": "image", "url": "https://c.example/i"}, {"type": "video", "url": "https://c.example/v"}]},
        {"artifacts": {"videos": [{"url": "https://c.example/v"}]}},
        {"media": ["https://c.example/in.webp", "https://c.example/v"]},
        {"task_result": {"videos": [{"resource": {"resource": "https://c.example/v"}}]}},
        {"taskResult": {"videos": [{"url": "https://c.example/v"}]}},
        {"resultUrls": '["https://c.example/v"]'},
        {"resultUrls": "[https://c.example/no-json]", "url": "https://c.example/v"},
    ],
)
def test_a_video_without_the_name_of_a_file_is_found_among_all_files(api_case: ApiCase, fields: dict[str, Any]):
    task = read(api_case, {"task_id": "t-1", "status": "SUCCESS", **fields})
    assert [video.url for video in task.videos] == ["https://c.example/v"]


@EACH_API
@pytest.mark.parametrize("data", ["{", "[]", "text", {"url": "no url"}, [{"url": VIDEO_URL}, {"url": VIDEO_URL}], 7])
def test_data_that_is_not_a_video_is_left_out(api_case: ApiCase, data: object):
    assert read(api_case, {"task_id": "t-1", "status": "SUCCESS", "data": data}).videos == ()


@EACH_API
@pytest.mark.parametrize(
    "fields",
    [
        {"works": [{"resource": {"resource": VIDEO_URL}}]},
        {"task_result": {"videos": [{"resource": {"resource": VIDEO_URL}}]}},
        {"result": {"video": {"uri": VIDEO_URL}}},
        {"choices": [{"message": {"play": VIDEO_URL}}]},
        {"assets": {"hd": f" {VIDEO_URL}"}, "copies": [{"hd": VIDEO_URL}]},
        {"mp4_url": f"{VIDEO_URL}?signature=x"},
    ],
)
def test_a_video_file_in_an_unknown_place_is_found_once(api_case: ApiCase, fields: dict[str, Any]):
    task = read(api_case, {"task_id": "t-1", "task_status": "succeed", **fields})
    assert [video.url.partition("?")[0] for video in task.videos] == [VIDEO_URL]


@EACH_API
@pytest.mark.parametrize(
    "fields",
    [
        {"input": {"source": VIDEO_URL}},
        {"request_params": {"source": VIDEO_URL}},
        {"cover": "https://c.example/a.jpg"},
        {"files": [{"url": "https://c.example/in.png"}, {"url": "https://c.example/log.txt"}]},
        {"assets": {"image": "https://c.example/a"}},
        {"watermark": VIDEO_URL},
        {"history": [{"file": VIDEO_URL}, {"file": VIDEO_URL}]},
        {**{str(number): number for number in range(MAX_VALUES)}, "last": {"file": VIDEO_URL}},
    ],
)
def test_a_file_of_the_request_is_not_a_video_of_the_task(api_case: ApiCase, fields: dict[str, Any]):
    assert read(api_case, {"task_id": "t-1", "task_status": "succeed", **fields}).videos == ()


FAILURES_WITHOUT_ID = [
    {"data": {"status": "FAILURE", "task_status_msg": "ImageDownloadError"}},
    {"task_status": "failed", "task_status_msg": "ImageDownloadError"},
    {"status": "error", "fail_reason": "ImageDownloadError"},
    {"status": "success", "data": {"state": "failed", "failMsg": "ImageDownloadError"}},
    {"code": 0, "data": {"data": {"status": "expired", "error": {"message": "ImageDownloadError"}}}},
]


@EACH_API
@pytest.mark.parametrize("body", FAILURES_WITHOUT_ID)
def test_a_record_without_an_id_is_of_the_task_that_was_queried(api_case: ApiCase, body: dict[str, Any]):
    task = read(api_case, body)
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
def test_a_bare_failure_ends_the_wait(api_case: ApiCase, body: dict[str, Any], reason: str | None):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    client = Client(api_case.make("key", f"https://{api_case.name}.test"), http=httpx.Client(transport=transport))
    with client, pytest.raises(TaskFailed) as caught:
        client.wait(api_case.ref, timeout=5.0)
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
def test_a_bare_state_that_may_describe_the_exchange_does_not_end_the_wait(api_case: ApiCase, body: dict[str, Any]):
    replies = iter([body, {"task_id": api_case.ref.id, "task_status": "failed"}])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=next(replies)))
    client = Client(api_case.make("key", f"https://{api_case.name}.test"), http=httpx.Client(transport=transport))
    with client, pytest.raises(TaskFailed):
        client.wait(api_case.ref, timeout=5.0, polling=Fixed(0.01))
    assert list(replies) == []


@EACH_API
def test_the_state_beside_the_queried_id_counts(api_case: ApiCase):
    """An envelope may have an id and a status of the exchange; a relay's record may wrap another one."""
    envelope = {"id": "req-1", "status": "ok", "data": {"task_id": "t-1", "task_status": "processing"}}
    assert read(api_case, envelope).status == "running"
    assert read(api_case, {**envelope, "status": "success"}).status == "running"
    relayed = {"task_id": "t-1", "status": "IN_PROGRESS", "data": OFFICIAL_RECORD}
    assert read(api_case, relayed).status == "running"
    assert read(api_case, relayed, "v-9").status == "succeeded"
    with pytest.raises(MalformedResponse, match="another task, 't-1'"):
        read(api_case, relayed, "t-3")


@EACH_API
@pytest.mark.parametrize(("inner", "status"), [("processing", "running"), ("failed", "failed"), ("queued", "queued")])
def test_a_success_without_a_video_describes_the_exchange(api_case: ApiCase, inner: str, status: str):
    for body in ({"task_id": "t-1", "task_status": inner}, {"data": {"task_status": inner}}):
        assert read(api_case, {"status": "success", "task_id": "t-1", "data": body}).status == status


# kie


def test_a_record_of_kie_may_be_flat_and_without_an_id():
    flat = {"taskId": TASK_REF.id, "state": "success", "resultJson": json.dumps({"resultUrls": [VIDEO_URL]})}
    for body in (flat, {"code": 200, "data": {**flat, "taskId": None}}):
        assert [video.url for video in KIE_API.read_task(TASK_REF, httpx.Response(200, json=body)).videos] == [
            VIDEO_URL
        ]
    assert KIE_API.read_submission(httpx.Response(200, json={"taskId": "x"})).id == "x"
    with pytest.raises(MalformedResponse, match="another task, 'b'"):
        KIE_API.read_task(TASK_REF, httpx.Response(200, json={"task_id": "b", "state": "waiting"}))


@pytest.mark.parametrize(
    "fields",
    [
        {"resultJson": json.dumps({"resultUrls": VIDEO_URL})},
        {"resultJson": json.dumps({"resultUrls": [], "videoUrl": VIDEO_URL})},
        {"resultJson": "{}", "response": {"resultUrls": [VIDEO_URL]}},
        {"resultJson": json.dumps([VIDEO_URL])},
        {"resultJson": f" {VIDEO_URL}"},
        {"resultJson": json.dumps({"data": {"resultUrls": [VIDEO_URL]}})},
    ],
)
def test_a_url_of_kie_may_be_in_another_field(fields: dict[str, Any]):
    assert [video.url for video in KIE_API.read_task(TASK_REF, task_response("success", **fields)).videos] == [
        VIDEO_URL
    ]


@pytest.mark.parametrize(
    ("errors", "failed"), [(["no cats"], True), ([{"message": "no cats"}], True), ([], False), ([""], False)]
)
def test_a_list_of_errors_is_a_reason_if_one_of_them_has_a_text(errors: list[Any], failed: bool):
    assert has_reason([{"errors": errors}]) is failed


FOREIGN_RECORDS: list[dict[str, Any]] = [
    {"taskId": "t-2", "task_status": "succeed"},
    {"id": "t-2", "task_status": "succeed"},
    {"id": "t-2", "state": "success"},
    {"job_id": "t-2", "status": "SUCCESS"},
    {"jobId": "t-2", "status": "SUCCESS"},
]


@pytest.mark.parametrize("api_case", [KIE, NATIVE, RELAY], ids=str)
@pytest.mark.parametrize("record", FOREIGN_RECORDS)
def test_the_record_of_another_task_is_refused_however_its_id_is_called(api_case: ApiCase, record: dict[str, Any]):
    success = {"code": 200, "data": {**record, "video_url": VIDEO_URL}}
    ref = TaskRef(api_case.name, api_case.ref.route, "t-1")
    with pytest.raises(MalformedResponse, match=r"the record of another task, 't-2'|no record of the task"):
        api_case.api.read_task(ref, httpx.Response(200, json=success))


@EACH_API
def test_a_record_in_camel_case_is_read(api_case: ApiCase):
    record = {"taskId": "t-1", "taskStatus": "failed", "taskStatusMsg": "too dark", "createdAt": 1727338013}
    task = read(api_case, {"code": 0, "data": {**record, "updatedAt": 1727338014}})
    assert task.failure is not None
    assert task.failure.message == "too dark"
    assert None not in (task.created, task.updated, task.completed)


@EACH_API
@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": {"taskId": "t-5"}},
        {"code": "success", "data": {"id": "t-5"}},
        {"id": "t-5", "object": "video"},
        {"code": 0, "data": {"task": {"id": "t-5", "status": "queued"}}},
    ],
)
def test_the_id_of_a_new_task_is_found_however_it_is_called(api_case: ApiCase, body: Any):
    assert api_case.api.read_submission(httpx.Response(200, json=body)).id == "t-5"


@EACH_API
@pytest.mark.parametrize("task_id", ["876543210", "task-5", "0b1d2f3a-4c5e-6f70-8192-a3b4c5d6e7f8"])
def test_data_that_can_only_be_an_id_is_taken_for_one(api_case: ApiCase, task_id: str):
    body = {"code": "success", "data": task_id}
    assert api_case.api.read_submission(httpx.Response(200, json=body)).id == task_id


@EACH_API
@pytest.mark.parametrize(
    "body",
    [
        *({"code": 0, "data": text} for text in ("success", "200", "err_500", "insufficient_quota_1", "2026-11-30")),
        *({"id": "r-1", "code": 0}, {"code": 0, "data": {}}, {"id": "x1", "object": "error", "message": "no"}),
        {"data": {"detail": {"id": "user-4"}, "task_ids": ["t-1"]}},
        {"data": {"body": {"id": 7}}},
    ],
)
def test_what_may_be_no_id_of_a_task_is_not_taken_for_one(api_case: ApiCase, body: Any):
    with pytest.raises(UnreadableSubmission):
        api_case.api.read_submission(httpx.Response(200, json=body))


@EACH_API
def test_an_id_in_a_rejection_names_no_task(api_case: ApiCase):
    with pytest.raises(InvalidRequest):
        api_case.api.read_submission(httpx.Response(400, json={"code": 1201, "data": {"id": "r-1"}}))


def test_a_result_that_is_encoded_twice_is_read():
    result = json.dumps(json.dumps({"resultUrls": [VIDEO_URL]}))
    task = KIE.api.read_task(KIE.ref, task_response("success", resultJson=result))
    assert [video.url for video in task.videos] == [VIDEO_URL]
    with pytest.raises(MalformedResponse):
        KIE.api.read_task(KIE.ref, task_response("success", resultJson='"'))


@EACH_API
@pytest.mark.parametrize(
    "envelope", [{"state": "ok", "id": "req-1"}, {"jobId": "req-1"}, {"job_id": 7}, {"request_id": "req-1", "id": "r"}]
)
def test_the_id_of_an_exchange_is_not_taken_for_that_of_its_task(api_case: ApiCase, envelope: dict[str, Any]):
    body = {"code": 0, **envelope, "data": {"task_id": "t-1"}}
    assert api_case.api.read_submission(httpx.Response(200, json=body)).id == "t-1"


@EACH_API
@pytest.mark.parametrize(
    "body",
    [
        {"data": {"id": 55, "task_status": "succeed", "video_url": VIDEO_URL}},
        {"data": {"id": 55, "state": "succeed", "video_url": VIDEO_URL}},
        {"id": "req-1", "state": "ok", "data": {"task_status": "succeed", "video_url": VIDEO_URL}},
        {"data": {"task_id": "t-1", "job_id": "cron-7", "task_status": "succeed", "video_url": VIDEO_URL}},
    ],
)
def test_the_id_of_a_row_or_an_exchange_names_no_other_task(api_case: ApiCase, body: Any):
    assert read(api_case, body).status == "succeeded"


def test_a_row_of_kie_names_no_other_task():
    body = {"code": 200, "data": {"id": 55, "state": "success", "resultJson": json.dumps({"resultUrls": [VIDEO_URL]})}}
    assert KIE.api.read_task(KIE.ref, httpx.Response(200, json=body)).videos


@EACH_API
def test_a_record_that_names_another_task_is_refused_whatever_else_it_names(api_case: ApiCase):
    record = {"task_id": "other", "job_id": "t-1", "task_status": "succeed", "video_url": VIDEO_URL}
    with pytest.raises(MalformedResponse, match="the record of another task"):
        read(api_case, {"data": record})
