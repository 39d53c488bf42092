"""Generated response models: a readable response becomes a model, any other raises ResponseParseError."""

import asyncio
import inspect
import pickle

import httpx
import pytest
import respx

from contract_tests.generated.clients import QUERY, CLIENTS, DONE, RECORD, Generated
from klingkit_api.errors import InvalidValue, ResponseParseError
from klingkit_api.kie import models as kie
from klingkit_api.kie.models import CreateTaskResponse
from klingkit_api.kie.types import UNSET
from klingkit_api.native import models as native
from klingkit_api.relay import models as relay

HOST = "https://service.example"
SOME = [201, 204, 302, 402, 403, 418, 502, 503, 599]
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
    b'{"code": 200, "message": 5}',
    b'{"code": ' + b"9" * 5000 + b"}",
    b"\xff\xfe\x00",
    b"[" * 100_000,
]


def label(value):
    """The name of what has a short one."""
    return str(value) if isinstance(value, Generated | str) else getattr(value, "__name__", "").rpartition(".")[2]


everyone = pytest.mark.parametrize("it", CLIENTS, ids=label)
every_endpoint = pytest.mark.parametrize(
    ("it", "endpoint"), [(it, endpoint) for it in CLIENTS for endpoint in (it.create, it.query)], ids=label
)
every_response = pytest.mark.parametrize(
    ("it", "name", "source"), [(it, *response) for it in CLIENTS for response in it.responses], ids=label
)


def client(it):
    return it.package.AuthenticatedClient(base_url=HOST, token="key-of-nobody")


def parsed(it, endpoint, status, **content):
    return endpoint._parse_response(client=client(it), response=httpx.Response(status, **content))


@every_endpoint
@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: repr(content[:24]))
def test_unreadable_response_raises_response_parse_error(it, endpoint, content):
    for status in [200, *it.errors, *SOME]:
        with pytest.raises(ResponseParseError) as caught:
            parsed(it, endpoint, status, content=content)

        error = caught.value
        assert error.status_code == status
        assert error.reason
        assert error.excerpt == content[:200].decode(errors="replace")
        again = pickle.loads(pickle.dumps(error))
        assert (again.status_code, again.reason, again.excerpt) == (status, error.reason, error.excerpt)


@every_endpoint
def test_undeclared_status_is_unreadable_with_any_body(it, endpoint):
    undeclared = set(SOME) - it.errors
    for status in undeclared:
        with pytest.raises(ResponseParseError, match="undeclared status"):
            parsed(it, endpoint, status, json=it.responses[0][1])


@every_endpoint
@pytest.mark.parametrize("wrong", [[], "", 0, "wrong id"])
def test_data_of_another_shape_is_never_passed_on_as_a_task(it, endpoint, wrong):
    data = {it.key: 5} if wrong == "wrong id" else wrong
    with pytest.raises(ResponseParseError, match="data"):
        parsed(it, endpoint, 200, json={"code": 0, "data": data})


@every_endpoint
@pytest.mark.parametrize("data", [{"data": None}, {}, {"data": {}}, {"data": []}])
def test_an_error_is_read_with_any_data_or_none(it, endpoint, data):
    for status in it.errors:
        response = parsed(it, endpoint, status, json={"code": status, "message": "no", **data})
        assert type(response) is it.models.ErrorResponse
        assert (response.code, response.message) == (status, "no")


@every_response
def test_a_response_becomes_its_model_and_keeps_what_it_does_not_know(it, name, source):
    response = parsed(it, it.query, 200, json=source)
    assert type(response) is getattr(it.models, name)
    assert response.to_dict() == source


@everyone
@respx.mock(assert_all_called=False)
def test_creating_a_task_over_http(respx_mock, it):
    route = respx_mock.post(HOST + it.path)
    for status in (200, *it.errors):
        route.respond(status, json={"code": 402, "message": "no credit"})
        for response in (
            it.create.sync_detailed(client=client(it), body=it.body),
            asyncio.run(it.create.asyncio_detailed(client=client(it), body=it.body)),
        ):
            assert response.status_code == status
            assert (response.parsed.code, response.parsed.message) == (402, "no credit")
    for call in route.calls:
        assert call.request.headers["Authorization"] == "Bearer key-of-nobody"
        assert call.request.read() == httpx.Request("POST", HOST, json=it.body.to_dict()).read()


@everyone
@respx.mock(assert_all_called=False)
def test_querying_a_task_over_http(respx_mock, it):
    name, source = it.responses[0]
    route = respx_mock.get(url__startswith=HOST).respond(200, json=source)

    blocking = it.query.sync(client=client(it), **QUERY)
    awaited = asyncio.run(it.query.asyncio(client=client(it), **QUERY))

    assert blocking == awaited == getattr(it.models, name).from_dict(source)
    assert [call.request.url.raw_path.decode() for call in route.calls] == [it.query_url] * 2


def test_null_and_absent_are_both_read():
    assert CreateTaskResponse.from_dict({"code": 200, "data": None}).data is None
    assert CreateTaskResponse.from_dict({"code": 200}).data is UNSET


def test_unknown_fields_can_be_read_at_every_depth():
    response = native.TaskEnvelope.from_dict({"code": 0, "trace": "x", "data": DONE})
    assert response["trace"] == "x"
    assert isinstance(response.data, native.TaskData)
    assert response.data["newer"] == [1]
    assert isinstance(response.data.task_result, native.TaskResult)
    (video,) = response.data.task_result.videos or []
    assert video["newer"] == 1


@every_endpoint
def test_a_truncated_surrogate_pair_in_a_response_is_no_reason_to_lose_it(it, endpoint):
    assert parsed(it, endpoint, 200, content=b'{"code": 422, "message": "bad \\ud83d"}').code == 422


@pytest.mark.parametrize(
    ("model", "source", "field"),
    [
        (kie.RecordInfoResponse, {"code": 200, "data": {**RECORD, "taskId": 5}}, "data.taskId"),
        (kie.TaskCallback, {"code": 200, "data": {"createTime": "soon"}}, "data.createTime"),
        (kie.TaskResult, {"resultUrls": "https://media.example"}, "resultUrls"),
        (kie.TaskResult, {"resultUrls": [None]}, "resultUrls[0]"),
        (kie.RecordInfoResponse, {"code": 200, "data": []}, "data"),
        (native.TaskResponse, {"task_status": "submitted"}, "task_id"),
        (native.TaskCallback, {**DONE, "task_id": None}, "task_id"),
        (native.TaskResponse, {**DONE, "task_result": {"videos": [{}, {"url": 5}]}}, "task_result.videos[1].url"),
        (relay.Text2VideoResponse, {"code": 0, "data": {**DONE, "created_at": "soon"}}, "data.created_at"),
        (relay.TaskCallback, {**DONE, "task_status": 5}, "task_status"),
    ],
)
def test_what_is_wrong_in_a_response_is_named(model, source, field):
    with pytest.raises(InvalidValue) as caught:
        model.from_dict(source)
    assert caught.value.field == field


@everyone
def test_the_key_is_in_no_repr(it):
    ours = it.package.AuthenticatedClient(
        base_url=HOST,
        token="SECRET1",
        headers={"Authorization": "SECRET2"},
        cookies={"session": "SECRET3"},
        httpx_args={"auth": ("SECRET4", "SECRET5")},
    )
    ours.get_httpx_client()
    plain = it.package.Client(base_url=HOST, headers={"X-Key": "SECRET6"})
    assert "SECRET" not in repr(ours) + repr(plain)


@everyone
def test_private_functions_that_adapters_use_exist(it):
    """Their names are private to the generator: a new version of it may change them."""
    for endpoint in (it.create, it.query):
        assert list(inspect.signature(endpoint._parse_response).parameters) == ["client", "response"]
    assert it.create._get_kwargs(body=it.body) == {
        "method": "post",
        "url": it.path,
        "json": it.body.to_dict(),
        "headers": {"Content-Type": "application/json"},
    }
    request = it.query._get_kwargs(**QUERY)
    assert request["method"] == "get"
    assert httpx.Request("GET", HOST + request["url"], params=request.get("params")).url.raw_path.decode() == it.query_url
