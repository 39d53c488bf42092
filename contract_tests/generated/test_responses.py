"""Tests that a readable response becomes a generated model, and any other raises ResponseParseError."""

import asyncio
import inspect
import pickle

import httpx
import pytest
import respx

from contract_tests.generated.clients import CLIENTS, FINISHED_TASK, KIE_RECORD, QUERY_ARGUMENTS, GeneratedClient
from klingkit_api.errors import InvalidValue, ResponseParseError
from klingkit_api.kie import models as kie_models
from klingkit_api.kie.models import CreateTaskResponse
from klingkit_api.kie.types import UNSET
from klingkit_api.native import models as native_models
from klingkit_api.relay import models as relay_models

HOST = "https://service.example"
SOME_STATUSES = [201, 204, 302, 402, 403, 418, 502, 503, 599]
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


def short_name(value):
    """Return the short name of a client, class or endpoint, for the id of a test."""
    return str(value) if isinstance(value, GeneratedClient | str) else getattr(value, "__name__", "").rpartition(".")[2]


each_client = pytest.mark.parametrize("generated", CLIENTS, ids=short_name)
each_endpoint = pytest.mark.parametrize(
    ("generated", "endpoint"),
    [(generated, endpoint) for generated in CLIENTS for endpoint in (generated.create, generated.query)],
    ids=short_name,
)
each_response = pytest.mark.parametrize(
    ("generated", "name", "source"),
    [(generated, *response) for generated in CLIENTS for response in generated.responses],
    ids=short_name,
)


def authenticated_client(generated):
    return generated.package.AuthenticatedClient(base_url=HOST, token="key-of-nobody")


def parse(generated, endpoint, status, **content):
    return endpoint._parse_response(client=authenticated_client(generated), response=httpx.Response(status, **content))


@each_endpoint
@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: repr(content[:24]))
def test_an_unreadable_response_raises_response_parse_error(generated, endpoint, content):
    for status in [200, *generated.errors, *SOME_STATUSES]:
        with pytest.raises(ResponseParseError) as caught:
            parse(generated, endpoint, status, content=content)

        error = caught.value
        assert error.status_code == status
        assert error.reason
        assert error.excerpt == content[:200].decode(errors="replace")
        unpickled = pickle.loads(pickle.dumps(error))
        assert (unpickled.status_code, unpickled.reason, unpickled.excerpt) == (status, error.reason, error.excerpt)


@each_endpoint
def test_an_undeclared_status_is_unreadable_with_any_body(generated, endpoint):
    undeclared = set(SOME_STATUSES) - generated.errors
    for status in undeclared:
        with pytest.raises(ResponseParseError, match="undeclared status"):
            parse(generated, endpoint, status, json=generated.responses[0][1])


@each_endpoint
@pytest.mark.parametrize("other_data", [[], "", 0, "wrong id"])
def test_data_of_another_shape_is_never_passed_on_as_a_task(generated, endpoint, other_data):
    data = {generated.id_field: 5} if other_data == "wrong id" else other_data
    with pytest.raises(ResponseParseError, match="data"):
        parse(generated, endpoint, 200, json={"code": 0, "data": data})


@each_endpoint
@pytest.mark.parametrize("data", [{"data": None}, {}, {"data": {}}, {"data": []}])
def test_an_error_is_read_with_any_data_or_none(generated, endpoint, data):
    for status in generated.errors:
        response = parse(generated, endpoint, status, json={"code": status, "message": "no", **data})
        assert type(response) is generated.models.ErrorResponse
        assert (response.code, response.message) == (status, "no")


@each_response
def test_a_response_becomes_its_model_and_keeps_unknown_fields(generated, name, source):
    response = parse(generated, generated.query, 200, json=source)
    assert type(response) is getattr(generated.models, name)
    assert response.to_dict() == source


@each_client
@respx.mock(assert_all_called=False)
def test_creating_a_task_over_http(respx_mock, generated):
    route = respx_mock.post(HOST + generated.path)
    for status in (200, *generated.errors):
        route.respond(status, json={"code": 402, "message": "no credit"})
        for response in (
            generated.create.sync_detailed(client=authenticated_client(generated), body=generated.body),
            asyncio.run(generated.create.asyncio_detailed(client=authenticated_client(generated), body=generated.body)),
        ):
            assert response.status_code == status
            assert (response.parsed.code, response.parsed.message) == (402, "no credit")
    for call in route.calls:
        assert call.request.headers["Authorization"] == "Bearer key-of-nobody"
        assert call.request.read() == httpx.Request("POST", HOST, json=generated.body.to_dict()).read()


@each_client
@respx.mock(assert_all_called=False)
def test_querying_a_task_over_http(respx_mock, generated):
    name, source = generated.responses[0]
    route = respx_mock.get(url__startswith=HOST).respond(200, json=source)

    blocking = generated.query.sync(client=authenticated_client(generated), **QUERY_ARGUMENTS)
    awaited = asyncio.run(generated.query.asyncio(client=authenticated_client(generated), **QUERY_ARGUMENTS))

    assert blocking == awaited == getattr(generated.models, name).from_dict(source)
    assert [call.request.url.raw_path.decode() for call in route.calls] == [generated.query_url] * 2


def test_null_and_absent_are_both_read():
    assert CreateTaskResponse.from_dict({"code": 200, "data": None}).data is None
    assert CreateTaskResponse.from_dict({"code": 200}).data is UNSET


def test_unknown_fields_can_be_read_at_every_depth():
    response = native_models.TaskEnvelope.from_dict({"code": 0, "trace": "x", "data": FINISHED_TASK})
    assert response["trace"] == "x"
    assert isinstance(response.data, native_models.TaskData)
    assert response.data["newer"] == [1]
    assert isinstance(response.data.task_result, native_models.TaskResult)
    (video,) = response.data.task_result.videos or []
    assert video["newer"] == 1


@each_endpoint
def test_a_response_with_a_truncated_surrogate_pair_is_read(generated, endpoint):
    assert parse(generated, endpoint, 200, content=b'{"code": 422, "message": "bad \\ud83d"}').code == 422


@pytest.mark.parametrize(
    ("model", "source", "field"),
    [
        (kie_models.RecordInfoResponse, {"code": 200, "data": {**KIE_RECORD, "taskId": 5}}, "data.taskId"),
        (kie_models.TaskCallback, {"code": 200, "data": {"createTime": "soon"}}, "data.createTime"),
        (kie_models.TaskResult, {"resultUrls": "https://media.example"}, "resultUrls"),
        (kie_models.TaskResult, {"resultUrls": [None]}, "resultUrls[0]"),
        (kie_models.RecordInfoResponse, {"code": 200, "data": []}, "data"),
        (native_models.TaskResponse, {"task_status": "submitted"}, "task_id"),
        (native_models.TaskCallback, {**FINISHED_TASK, "task_id": None}, "task_id"),
        (
            native_models.TaskResponse,
            {**FINISHED_TASK, "task_result": {"videos": [{}, {"url": 5}]}},
            "task_result.videos[1].url",
        ),
        (
            relay_models.Text2VideoResponse,
            {"code": 0, "data": {**FINISHED_TASK, "created_at": "soon"}},
            "data.created_at",
        ),
        (relay_models.TaskCallback, {**FINISHED_TASK, "task_status": 5}, "task_status"),
    ],
)
def test_the_error_of_a_response_names_the_invalid_field(model, source, field):
    with pytest.raises(InvalidValue) as caught:
        model.from_dict(source)
    assert caught.value.field == field


@each_client
def test_no_repr_shows_the_key(generated):
    client = generated.package.AuthenticatedClient(
        base_url=HOST,
        token="SECRET1",
        headers={"Authorization": "SECRET2"},
        cookies={"session": "SECRET3"},
        httpx_args={"auth": ("SECRET4", "SECRET5")},
    )
    client.get_httpx_client()
    plain_client = generated.package.Client(base_url=HOST, headers={"X-Key": "SECRET6"})
    assert "SECRET" not in repr(client) + repr(plain_client)


@each_client
def test_private_functions_that_adapters_use_exist(generated):
    """Their names are private to the generator, and a new version of it may change them."""
    for endpoint in (generated.create, generated.query):
        assert list(inspect.signature(endpoint._parse_response).parameters) == ["client", "response"]
    assert generated.create._get_kwargs(body=generated.body) == {
        "method": "post",
        "url": generated.path,
        "json": generated.body.to_dict(),
        "headers": {"Content-Type": "application/json"},
    }
    request = generated.query._get_kwargs(**QUERY_ARGUMENTS)
    assert request["method"] == "get"
    assert (
        httpx.Request("GET", HOST + request["url"], params=request.get("params")).url.raw_path.decode()
        == generated.query_url
    )
