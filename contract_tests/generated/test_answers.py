"""Answers: every readable one becomes a model, every other one the one typed error."""

import asyncio
import inspect
import pickle

import httpx
import pytest
import respx

from klingkit_api.kie import AuthenticatedClient, Client
from klingkit_api.kie.api.jobs import create_task, get_record_info
from klingkit_api.kie.errors import InvalidValue, ResponseParseError
from klingkit_api.kie.models import (
    CreateKling26TextToVideo,
    CreateTaskResponse,
    ErrorResponse,
    Kling26TextToVideo,
    RecordInfo,
    RecordInfoResponse,
    TaskCallback,
    TaskResult,
)
from klingkit_api.kie.types import UNSET

HOST = "https://kie.example"
CREATE = f"{HOST}/api/v1/jobs/createTask"
QUERY = f"{HOST}/api/v1/jobs/recordInfo"
ERRORS = [400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505]
UNDECLARED = [201, 204, 302, 403, 418, 502, 503, 599]
UNREADABLE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"12",
    b"<html><title>502 Bad Gateway</title></html>",
    b'{"code": 200',
    b'{"code": "200"}',
    b'{"code": null}',
    b'{"code": true}',
    b'{"code": 200.5}',
    b'{"code": 200, "msg": 5}',
    b'{"code": ' + b"9" * 5000 + b"}",
    b"\xff\xfe\x00",
    b"[" * 100_000,
]
RECORD = {
    "taskId": "t1",
    "model": "kling-2.6/text-to-video",
    "state": "success",
    "param": "{}",
    "resultJson": '{"resultUrls":["https://media.example/cat.mp4"]}',
    "failCode": "",
    "failMsg": "",
    "costTime": 61000,
    "completeTime": 1700000061000,
    "createTime": 1700000000000,
}


def client():
    return AuthenticatedClient(base_url=HOST, token="key-of-nobody")


def body():
    return CreateKling26TextToVideo(Kling26TextToVideo(prompt="a cat"))


@pytest.mark.parametrize("endpoint", [create_task, get_record_info])
@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: repr(content[:24]))
@pytest.mark.parametrize("status", [200, *ERRORS, *UNDECLARED])
def test_an_unreadable_answer_is_the_one_error(endpoint, content, status):
    with pytest.raises(ResponseParseError) as caught:
        endpoint._parse_response(client=client(), response=httpx.Response(status, content=content))

    error = caught.value
    assert error.status_code == status
    assert error.reason
    assert error.excerpt == content[:200].decode(errors="replace")
    again = pickle.loads(pickle.dumps(error))
    assert (again.status_code, again.reason, again.excerpt) == (status, error.reason, error.excerpt)


@pytest.mark.parametrize("status", UNDECLARED)
def test_an_undeclared_status_is_unreadable_whatever_it_says(status):
    answer = httpx.Response(status, json={"code": 200, "data": {"taskId": "t1"}})
    with pytest.raises(ResponseParseError, match="undeclared status"):
        create_task._parse_response(client=client(), response=answer)


@pytest.mark.parametrize("data", [[], "", 0, {"taskId": 5}])
def test_data_of_another_shape_is_never_passed_on_as_a_task(data):
    answer = httpx.Response(200, json={"code": 200, "data": data})
    with pytest.raises(ResponseParseError, match="data"):
        create_task._parse_response(client=client(), response=answer)


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("data", [{"data": None}, {}, {"data": {}}, {"data": []}])
def test_an_error_is_read_with_any_data_or_none(status, data):
    answer = httpx.Response(status, json={"code": status, "msg": "no", **data})
    parsed = create_task._parse_response(client=client(), response=answer)
    assert isinstance(parsed, ErrorResponse)
    assert (parsed.code, parsed.msg) == (status, "no")


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, CreateTaskResponse.from_dict({"code": 200, "msg": "success", "data": {"taskId": "t1"}})),
        (200, CreateTaskResponse(code=402, msg="no credit", data=None)),
        (200, CreateTaskResponse(code=402, message="no credit")),
        (455, ErrorResponse(code=455, msg="maintenance", data=None)),
    ],
)
@respx.mock(assert_all_called=False)
def test_creating_a_task_over_http(respx_mock, status, answer):
    route = respx_mock.post(CREATE).respond(status, json=answer.to_dict())

    blocking = create_task.sync_detailed(client=client(), body=body())
    awaited = asyncio.run(create_task.asyncio_detailed(client=client(), body=body()))

    for response in (blocking, awaited):
        assert response.status_code == status
        assert response.parsed == answer
    for call in route.calls:
        assert call.request.headers["Authorization"] == "Bearer key-of-nobody"
        assert call.request.read() == httpx.Request("POST", CREATE, json=body().to_dict()).read()


@pytest.mark.parametrize(
    "answer",
    [
        RecordInfoResponse(code=200, data=RecordInfo.from_dict(RECORD)),
        RecordInfoResponse(code=200, data=RecordInfo(task_id="t1", state="generating")),
        RecordInfoResponse(code=200, data=RecordInfo(state="fail", fail_code="501", fail_msg="no")),
        RecordInfoResponse(code=200, data=RecordInfo.from_dict(dict.fromkeys(RECORD))),
        RecordInfoResponse(code=422, msg="no such record", data=None),
        RecordInfoResponse(code=422),
    ],
    ids=["success", "unknown state", "fail", "nulls", "null data", "no data"],
)
@respx.mock(assert_all_called=False)
def test_asking_for_a_record_over_http(respx_mock, answer):
    respx_mock.get(QUERY, params={"taskId": "t/1 &"}).respond(200, json=answer.to_dict())

    assert get_record_info.sync(client=client(), task_id="t/1 &") == answer
    assert asyncio.run(get_record_info.asyncio(client=client(), task_id="t/1 &")) == answer


def test_null_and_absent_are_both_read():
    assert CreateTaskResponse.from_dict({"code": 200, "data": None}).data is None
    assert CreateTaskResponse.from_dict({"code": 200}).data is UNSET


def test_unknown_fields_are_kept_at_every_depth():
    source = {"code": 200, "trace": "x", "data": {**RECORD, "newer": [1]}}
    answer = RecordInfoResponse.from_dict(source)
    assert isinstance(answer.data, RecordInfo)
    assert answer["trace"] == "x"
    assert answer.data["newer"] == [1]
    assert answer.to_dict() == source


def test_a_truncated_surrogate_pair_in_an_answer_is_no_reason_to_lose_it():
    answer = httpx.Response(200, content=b'{"code": 422, "msg": "bad \\ud83d"}')
    assert get_record_info._parse_response(client=client(), response=answer).code == 422


@pytest.mark.parametrize(
    ("model", "source", "field"),
    [
        (RecordInfoResponse, {"code": 200, "data": {"taskId": 5}}, "data.taskId"),
        (TaskCallback, {"code": 200, "data": {"createTime": "soon"}}, "data.createTime"),
        (TaskResult, {"resultUrls": "https://media.example"}, "resultUrls"),
        (TaskResult, {"resultUrls": [None]}, "resultUrls"),
        (RecordInfoResponse, {"code": 200, "data": []}, "data"),
    ],
)
def test_what_is_wrong_in_an_answer_is_named(model, source, field):
    with pytest.raises(InvalidValue) as caught:
        model.from_dict(source)
    assert caught.value.field == field


def test_the_key_is_in_no_repr():
    ours = AuthenticatedClient(
        base_url=HOST,
        token="SECRET1",
        headers={"Authorization": "SECRET2"},
        cookies={"session": "SECRET3"},
        httpx_args={"auth": ("SECRET4", "SECRET5")},
    )
    ours.get_httpx_client()
    plain = Client(base_url=HOST, headers={"X-Key": "SECRET6"})
    assert "SECRET" not in repr(ours) + repr(plain)


def test_the_private_ends_that_adapters_use():
    """Their names are private to the generator: a new version of it may change them."""
    ends = {
        endpoint._get_kwargs: list(inspect.signature(endpoint._get_kwargs).parameters)
        for endpoint in (create_task, get_record_info)
    }
    assert list(ends.values()) == [["body"], ["task_id"]]
    for endpoint in (create_task, get_record_info):
        parameters = inspect.signature(endpoint._parse_response).parameters
        assert list(parameters) == ["client", "response"]
    assert create_task._get_kwargs(body=body()) == {
        "method": "post",
        "url": "/api/v1/jobs/createTask",
        "json": body().to_dict(),
        "headers": {"Content-Type": "application/json"},
    }
    assert get_record_info._get_kwargs(task_id="t1") == {
        "method": "get",
        "url": "/api/v1/jobs/recordInfo",
        "params": {"taskId": "t1"},
    }
