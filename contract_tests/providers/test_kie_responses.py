"""Responses of kie.ai as our values and errors."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from attrs import asdict

from contract_tests.support.kie import API, REF, finished, record, refused
from klingkit import (
    ApiError,
    AuthenticationError,
    Failure,
    FeatureDisabled,
    InsufficientCredit,
    InvalidRequest,
    KlingkitError,
    Maintenance,
    MalformedResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SubmissionUncertain,
    UnreadableSubmission,
    Video,
)
from klingkit.providers.kie import READERS
from klingkit_api.kie.models import RecordInfo


def test_a_finished_task_is_read():
    task = API.read_task(REF, finished("https://media.test/1.mp4", "https://media.test/2.mp4"))
    assert task.status == "succeeded"
    assert task.done
    assert task.videos == (Video("https://media.test/1.mp4"), Video("https://media.test/2.mp4"))
    assert task.created == datetime(2025, 9, 11, 9, 49, 24, 490000, UTC)
    assert task.completed == datetime(2025, 9, 11, 9, 51, 4, 490000, UTC)
    assert task.failure is None
    assert task.raw["data"]["taskId"] == REF.id


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("waiting", "queued"),
        ("queuing", "queued"),
        ("generating", "running"),
        ("pondering", "running"),
        ("fail", "failed"),
    ],
)
def test_states_are_mapped_and_videos_need_success(word: str, status: str):
    """000's sample shows a result on a waiting task: the state decides."""
    task = API.read_task(REF, record(word, resultJson='{"resultUrls": ["https://media.test/stale.mp4"]}'))
    assert (task.status, task.vendor_status, task.videos) == (status, word, ())


@pytest.mark.parametrize("code", ["501", 501])
def test_a_failure_is_read(code: object):
    task = API.read_task(REF, record("fail", failCode=code, failMsg="内容违规"))
    assert task.failure == Failure(str(code), "内容违规", retryable=False, content_refused=True)
    assert API.read_task(REF, record("fail", failCode="", failMsg=None)).failure == Failure()


def test_code_501_may_come_with_the_failed_record():
    response = httpx.Response(200, json={"code": 501, "msg": "failed", "data": {"taskId": REF.id, "state": "fail"}})
    assert API.read_task(REF, response).status == "failed"


@pytest.mark.parametrize(
    ("state", "consumed", "cost"),
    [
        ("success", 55.5, "55.5 credits"),
        ("success", " 1200 ", "1200 credits"),
        ("fail", 0, "0 credits"),
        *(("success", odd, "None") for odd in (None, "", "free", -1, "NaN", "Infinity", [5], {"credits": 5})),
        ("waiting", 55.5, "None"),
    ],
)
def test_an_ended_task_states_its_cost(state: str, consumed: object, cost: str):
    task = API.read_task(REF, record(state, creditsConsumed=consumed))
    assert str(task.cost) == cost


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"createTime": "1757584164490"}, {"created": datetime(2025, 9, 11, 9, 49, 24, 490000, UTC)}),
        ({"createTime": 1757584164}, {"created": datetime(2025, 9, 11, 9, 49, 24, tzinfo=UTC)}),
        ({"createTime": None}, {"created": None}),
        ({"createTime": "yesterday"}, {"created": None}),
        ({"createTime": 1e300}, {"created": None}),
        ({"createTime": True}, {"created": None}),
        ({"createTime": [1]}, {"created": None}),
        ({"updateTime": 1757584164490.0}, {"updated": datetime(2025, 9, 11, 9, 49, 24, 490000, UTC)}),
        ({"progress": 50}, {"progress": 0.5}),
        ({"progress": "50%"}, {"progress": 0.5}),
        ({"progress": 250}, {"progress": 1.0}),
        ({"progress": {"odd": 1}}, {"progress": None}),
        ({"progress": "NaN"}, {"progress": None}),
        ({"progress": 10**400}, {"progress": None}),
        ({"failMsg": {"reason": "odd"}}, {"status": "queued"}),
        ({"param": {"model": "m"}}, {"status": "queued"}),
        ({"brandNew": {"x": [1]}}, {"status": "queued"}),
        ({"taskId": None}, {"status": "queued"}),
    ],
)
def test_other_fields_are_read_leniently(fields: dict[str, Any], expected: dict[str, Any]):
    """Nothing beside state and result may cost the user a paid video."""
    task = asdict(API.read_task(REF, record("waiting", **fields)), recurse=False)
    assert {name: task[name] for name in expected} == expected
    if "brandNew" in fields:
        assert task["raw"]["data"]["brandNew"] == {"x": [1]}


@pytest.mark.parametrize(("status", "code"), [(500, 500), (200, 500), (503, 200), (404, 404)])
def test_a_task_in_an_error_response_is_not_believed(status: int, code: int):
    """An error of a gateway is no failure of the task, and must not lead to another payment."""
    body = {"code": code, "msg": "error", "data": {"taskId": REF.id, "state": "fail"}}
    with pytest.raises(ApiError):
        API.read_task(REF, httpx.Response(status, json=body))


@pytest.mark.parametrize("status", [200, 501])
def test_code_501_reports_a_failed_task(status: int):
    body = {"code": 501, "msg": "bad thing", "data": {"taskId": REF.id}}
    assert API.read_task(REF, httpx.Response(status, json=body)).failure == Failure(501, "bad thing")
    with pytest.raises(ServerError):
        API.read_task(REF, httpx.Response(status, json={"code": 501, "msg": "bad thing", "data": None}))


@pytest.mark.parametrize("task_id", [True, ["x"], 1.5])
def test_an_invalid_id_is_uncertain(task_id: object):
    with pytest.raises(UnreadableSubmission):
        API.read_submission(httpx.Response(200, json={"code": 200, "data": {"taskId": task_id}}))


@pytest.mark.parametrize("other", [None, ""])
def test_the_id_has_two_names(other: object):
    response = httpx.Response(200, json={"code": 200, "data": {"taskId": other, "task_id": "x"}})
    assert API.read_submission(response).id == "x"


def test_every_field_of_the_record_is_read_leniently():
    wire = {attribute.validator.name for attribute in RecordInfo.__attrs_attrs__ if attribute.validator}  # type: ignore[attr-defined]  # attrs' own attribute
    assert wire == set(READERS)


@pytest.mark.parametrize("result", ['{"resultObject": {"text": "hi"}}', "{}", "", None, '{"resultUrls": null}'])
def test_a_text_model_has_no_videos(result: str | None):
    task = API.read_task(REF, record("success", resultJson=result))
    assert (task.status, task.videos) == ("succeeded", ())


def test_a_result_may_be_an_object_and_invalid_urls_are_skipped():
    result = {"resultUrls": ["https://media.test/1.mp4", None, 3]}
    assert API.read_task(REF, record("success", resultJson=result)).videos == (Video("https://media.test/1.mp4"),)


@pytest.mark.parametrize("url", ["", "not a url", "file:///a.mp4"])
def test_what_is_no_address_is_no_video(url: str):
    assert API.read_task(REF, record("success", resultJson={"resultUrls": [url]})).videos == ()


@pytest.mark.parametrize(
    ("data", "message", "code"),
    [
        ({"state": "fail", "errorMessage": "x", "errorCode": 500}, "x", 500),
        ({"taskId": REF.id, "status": "failed", "failMsg": "x"}, "x", None),
        ({"state": "fail", "failMsg": "x", "failCode": "501"}, "x", "501"),
        ({"state": "fail", "failure_reason": "x", "error_code": "E1"}, "x", "E1"),
        ({"state": "zapped", "errorMessage": "x"}, "x", None),
        ({"state": "zapped", "failReason": "x", "errorCode": 9}, "x", 9),
    ],
)
def test_a_failure_keeps_its_reason_however_it_is_spelled(data: dict[str, Any], message: str, code: object):
    for body in (data, {"code": 200, "data": data}):
        task = API.read_task(REF, httpx.Response(200, json=body))
        assert (task.status, task.failure and task.failure.message) == ("failed", message)
        assert task.failure is not None
        assert str(task.failure.code) == str(code)


@pytest.mark.parametrize("result", ["{", "<html>", "[", "[" * 100_000])
def test_a_broken_result_is_malformed(result: str):
    with pytest.raises(MalformedResponse, match="resultJson"):
        API.read_task(REF, record("success", resultJson=result))


def test_a_record_of_another_task_is_malformed():
    with pytest.raises(MalformedResponse, match="another task, 'b'"):
        API.read_task(REF, record("waiting", taskId="b"))


BODIES = [b"", b"null", b"[]", b"<html>", b'"x"', b"1", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a": NaN', b"{}" * 2]


@pytest.mark.parametrize("status", [200, 204, 302, 410, 413, 451])
@pytest.mark.parametrize("body", BODIES)
def test_an_unreadable_response_is_malformed(status: int, body: bytes):
    with pytest.raises(MalformedResponse, match=f"HTTP {status} with an unreadable response") as caught:
        API.read_task(REF, httpx.Response(status, content=body))
    assert caught.value.http_status == status
    assert caught.value.reason
    assert caught.value.again == "ask"


MEANT: dict[int, tuple[type[Exception], str]] = {
    400: (InvalidRequest, "never"),
    401: (AuthenticationError, "never"),
    402: (InsufficientCredit, "never"),
    403: (PermissionDenied, "ask"),
    404: (NotFound, "never"),
    422: (NotFound, "never"),
    429: (RateLimited, "pay"),
    433: (InsufficientCredit, "never"),
    455: (Maintenance, "pay"),
    500: (ServerError, "ask"),
    502: (ServerError, "ask"),
    503: (ServerError, "ask"),
    505: (FeatureDisabled, "ask"),
    599: (ServerError, "ask"),
}
"""The error of an unreadable response to a query; those of gateways do not end a wait."""


@pytest.mark.parametrize("status", MEANT)
@pytest.mark.parametrize("body", BODIES)
def test_an_unreadable_response_is_the_error_of_its_status(status: int, body: bytes):
    error, again = MEANT[status]
    headers = {"X-Request-Id": "r-8", "Retry-After": "9"}
    with pytest.raises(KlingkitError) as caught:
        API.read_task(REF, httpx.Response(status, content=body, headers=headers))
    found = caught.value
    assert (type(found), found.again, found.code, found.http_status, found.ref) == (error, again, status, status, REF)
    assert (found.request_id, found.retry_after, found.vendor_message) == ("r-8", 9.0, None)
    assert isinstance(found.__cause__, MalformedResponse)
    assert found.__cause__.excerpt == body.decode("utf-8", "replace")[:200]
    assert repr(found.__cause__.excerpt) in str(found)


@pytest.mark.parametrize(
    ("status", "error"), [(401, AuthenticationError), (502, ServerError), (410, MalformedResponse)]
)
def test_a_link_request_fails_by_its_status(status: int, error: type[Exception]):
    with pytest.raises(error):
        API.read_link(httpx.Response(status, content=b"no"))


@pytest.mark.parametrize("data", [None, [], "x", {}, {"taskId": REF.id}, {"state": None}])
def test_success_without_a_record_is_malformed(data: object):
    with pytest.raises(MalformedResponse, match="no record"):
        API.read_task(REF, httpx.Response(200, json={"code": 200, "data": data}))


@pytest.mark.parametrize("response", [refused(422, 200, "recordInfo is null"), refused(404, 404), refused(404)])
def test_an_unknown_task_is_not_found(response: httpx.Response):
    with pytest.raises(NotFound) as caught:
        API.read_task(REF, response)
    assert caught.value.code in {404, 422}


def test_an_unknown_code_is_the_error_of_its_status():
    with pytest.raises(NotFound):
        API.read_task(REF, refused(1203, 404))
    with pytest.raises(ServerError):
        API.read_task(REF, httpx.Response(502, json={"error": "bad gateway"}))


def test_status_201_with_a_task_is_success():
    assert API.read_submission(httpx.Response(201, json={"data": {"taskId": "a"}})).id == "a"


def test_status_499_is_uncertain():
    with pytest.raises(SubmissionUncertain):
        API.read_submission(refused(499, 499))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "kie"),
        ({"model": "kling-3.0/video"}, "kie kling-3.0/video"),
        ({"model": "kling-3.0/video", "param": '{"input": {"duration": "10"}}'}, "kie kling-3.0/video 10 s"),
        ({"model": "kling-3.0/video", "param": {"input": '{"duration": 10}'}}, "kie kling-3.0/video 10 s"),
        ({"model": "kling-3.0/video", "param": "{cut"}, "kie kling-3.0/video"),
    ],
)
def test_tasks_of_one_model_and_duration_are_of_a_kind(fields: dict[str, Any], kind: str):
    assert API.kind_of(API.read_task(REF, record("generating", **fields))) == kind
