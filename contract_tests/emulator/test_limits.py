"""Tests that the emulator accepts what the documents allow, and rejects all else with the API's code and a reason."""

import json
from collections.abc import Iterable
from itertools import cycle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.emulator.kit import APIS, Api, Kie, Native, Relay, every_api, native_and_relay
from klingkit.emulator import Emulator, VirtualClock
from scripts.checks.boundaries import objects, ordinary
from scripts.checks.exchanges import Exchange, calling
from scripts.checks.oracle import DocumentedRequest, apis, documented
from scripts.specs.spec import validator

ApiClass = type[Api]
API_BY_NAME: dict[str, ApiClass] = {api_class.name: api_class for api_class in APIS}
REQUESTS = [documented_request for api in apis() for documented_request in documented(api)]
MODELS = [
    (API_BY_NAME[documented_request.api], model)
    for documented_request in REQUESTS
    for model in documented_request.models
]
URI_CALLBACKS = [
    documented_request
    for documented_request in REQUESTS
    if documented_request.body["properties"].get(documented_request.callback, {}).get("format") == "uri"
]
"""Requests whose document requires a URI as the callback URL."""
TEXT_CALLBACKS = [documented_request for documented_request in REQUESTS if documented_request not in URI_CALLBACKS]
AXES = dict.fromkeys(("horizontal", "vertical", "pan", "tilt", "roll", "zoom"), 0)
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
HEADERS = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}

each_request = pytest.mark.parametrize(
    "documented_request", REQUESTS, ids=lambda documented_request: documented_request.document
)


def assert_rejected(api: Api, body: object, *, naming: str, problem: str = "value") -> None:
    assert naming in api.message(api.create(body), problem)


def is_observed(documented_request: DocumentedRequest, path: str, body: Any) -> bool:
    """Return whether running services accept this although no document says so: durations as strings."""
    return not documented_request.is_wrapped and path == "duration" and body.get("duration") in ("5", "10")


@each_request
def test_the_limits_are_those_of_the_document(documented_request: DocumentedRequest) -> None:
    """Every field is tried at its limits, beyond them, missing, and of other types; so are undocumented fields."""
    schema_validator, compared = validator({}, documented_request.body), {True: 0, False: 0}
    bodies = {json.dumps(body): (path, body) for path, body in objects({}, documented_request.body)}
    exchanges = create_exchanges(API_BY_NAME[documented_request.api].create_path, map(str.encode, bodies))
    for (path, body), exchange in zip(bodies.values(), exchanges, strict=True):
        allowed = schema_validator.is_valid(body) or is_observed(documented_request, path, body)
        compared[allowed] += 1
        assert (exchange.status == 200) is allowed, f"{path}: {exchange}"
        if not allowed and "." in path:
            assert path.rpartition(".")[0] in exchange.response_content.decode()
    assert min(compared.values()) >= 9 * len(documented_request.typed["properties"])


def create_exchanges(path: str, contents: Iterable[bytes]) -> list[Exchange]:
    """Call an emulator's application without httpx, which takes too long for thousands of requests."""
    with calling(Emulator(clock=VirtualClock()).app) as (call, exchanges):
        for content in contents:
            call("POST", path, content=content, headers=HEADERS)
        return exchanges


@pytest.mark.parametrize(("api_class", "model"), MODELS)
def test_the_smallest_request_is_accepted_for_every_model(api_class: ApiClass, model: str) -> None:
    assert api_class().create_task(api_class.body(model))


@each_request
def test_a_missing_field_is_named(documented_request: DocumentedRequest) -> None:
    """It is reported as missing even if it has a default."""
    smallest = ordinary({}, documented_request.typed)
    for name in documented_request.typed["required"]:
        fields = {key: value for key, value in smallest.items() if key != name}
        body = {**ordinary({}, documented_request.body), "input": fields} if documented_request.is_wrapped else fields
        assert_rejected(API_BY_NAME[documented_request.api](), body, naming=f"{name} is missing")


@each_request
def test_a_text_that_is_too_long_is_counted(documented_request: DocumentedRequest) -> None:
    api = API_BY_NAME[documented_request.api]()
    for name, field in documented_request.typed["properties"].items():
        if max_length := field.get("maxLength"):
            body = api.body(documented_request.models[0], **{name: "\N{CAT FACE}" * (max_length + 1)})
            assert_rejected(api, body, naming=f"{name} has {max_length + 1} characters")


@pytest.mark.parametrize("value", [1e400, 1e-300, 0.30000000000000004, 0.25])
def test_a_scale_may_have_any_step_except_at_kie(value: float) -> None:
    for documented_request in REQUESTS:
        if "cfg_scale" in documented_request.typed["properties"]:
            is_accepted = value <= 1 and "multipleOf" not in documented_request.typed["properties"]["cfg_scale"]
            api = API_BY_NAME[documented_request.api]()
            assert (
                api.create(api.body(documented_request.models[0], cfg_scale=value)).status_code == 200
            ) is is_accepted


@native_and_relay
def test_delivery_fields_are_any_text(api_class: ApiClass) -> None:
    for name in ("callback_url", "external_task_id"):
        for value in ("", "no url", "订单 7"):
            assert api_class().create_task(api_class.body(**{name: value}))
        for invalid in (None, 1, True, ["a"], {"a": 1}):
            assert_rejected(api_class(), api_class.body(**{name: invalid}), naming=name)


@pytest.mark.parametrize("move", MOVES)
def test_the_relay_accepts_an_official_movement_without_a_config(move: str) -> None:
    for camera in ({"type": move}, {"type": move, "more": 1}, {"type": move, "config": AXES}):
        assert Relay().create_task(Relay.body(camera_control=camera))
    for config in (None, {"zoom": 1}):
        assert_rejected(Relay(), Relay.body(camera_control={"type": move, "config": config}), naming="camera_control")
    assert_rejected(Relay(), Relay.body(camera_control={"type": [move]}), naming="camera_control")


@native_and_relay
@pytest.mark.parametrize("name", ["sound", "image", "element_list", "model", "x"])
def test_native_and_relay_accept_unknown_fields(api_class: ApiClass, name: str) -> None:
    """The official API has more parameters than the documents of these APIs."""
    for value in ("x", None, {"a": [1]}):
        assert api_class().create_task(api_class.body(**{name: value}))


@every_api
@pytest.mark.parametrize("model", ["kling-v9", "", "KLING-V1-6"])
def test_an_unknown_model_is_refused_and_the_known_ones_are_named(api_class: ApiClass, model: str) -> None:
    body = {**api_class.body(), api_class.model_field: model}
    for known in api_class.models:
        assert_rejected(api_class(), body, naming=known, problem="model")


def test_each_dialect_knows_its_own_models_only() -> None:
    for api_class, other in ((Native, Relay), (Relay, Native)):
        for model in set(other.models) - set(api_class.models):
            assert_rejected(api_class(), api_class.body(model), naming=model, problem="model")


@every_api
@pytest.mark.parametrize("model", [None, 26, ["kling-v1"], {}])
def test_a_model_is_a_string(api_class: ApiClass, model: object) -> None:
    assert_rejected(
        api_class(), {**api_class.body(), api_class.model_field: model}, naming=f"{api_class.model_field} must be"
    )


def test_kie_refuses_a_field_beside_the_input_that_is_not_documented() -> None:
    assert_rejected(Kie(), Kie.body() | {"callbackUrl": "http://127.0.0.1/"}, naming="'callbackUrl' is unknown")


INVALID_URIS = [
    "",
    "example.com/done",
    "//example.com/done",
    "http://exa mple.com/",
    "http://example.com/雨",
    "http://example.com/%zz",
    "http://example.com:port/",
    "http://[::1/",
    "http://a#b#c",
    "1http://example.com/",
    "http://example.com/\n",
    "http://a@b@c/",
    "http://example.com/[",
    "http://[1.2.3.4]/",
    "http://[1::2::3]/",
    "http://[v1.]/",
    "http://[fe80::1%25eth0]/",
]


@pytest.mark.parametrize(("value", "documented_request"), [*zip(INVALID_URIS, cycle(URI_CALLBACKS))])
def test_a_callback_url_is_a_uri_where_the_document_says_so(value: str, documented_request: DocumentedRequest) -> None:
    assert_rejected(
        API_BY_NAME[documented_request.api](),
        body_with_callback(documented_request, value),
        naming=f"{documented_request.callback} must be a URI",
    )
    for other in TEXT_CALLBACKS:
        assert API_BY_NAME[other.api]().create_task(body_with_callback(other, value))


def body_with_callback(documented_request: DocumentedRequest, url: str) -> dict[str, Any]:
    api_class = API_BY_NAME[documented_request.api]
    return api_class.body(documented_request.models[0]) | {documented_request.callback or api_class.callback: url}


URIS = [
    "mailto:me@example.com",
    "urn:isbn:1",
    "x:",
    "x:/",
    "x:///path",
    "x://me:pw@[2001:db8::1]:8?a=b/?#c/?",
    "x://%41",
    "http://[v1.x:!]/",
]


@pytest.mark.parametrize(("value", "documented_request"), [*zip(URIS, cycle(URI_CALLBACKS))])
def test_a_uri_is_accepted_whatever_its_scheme(value: str, documented_request: DocumentedRequest) -> None:
    assert API_BY_NAME[documented_request.api]().create_task(body_with_callback(documented_request, value))


UNREADABLE = [
    b"",
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b"1",
    b"{'model': 1}",
    b'{"model": "a", "model": "a"}',
    b'{"model": "a", "input": {"prompt": "a", "prompt": "b"}}',
    b'{"input": NaN}',
    b'{"input": Infinity}',
    b'{"input": -Infinity}',
    b'{"model": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"model": "\xff"}',
    b'\xef\xbb\xbf{"model": "a"}',
    '{"model": "a"}'.encode("utf-16"),
    b"1" * 5000,
    b'{"input":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"input":' * 100_000 + b"1" + b"}" * 100_000,
]


@every_api
@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: repr(content[:30]))
def test_a_body_that_is_no_json_object_is_an_invalid_request(api_class: ApiClass, content: bytes) -> None:
    api = api_class()
    assert api.message(api.send_content(content), "unreadable").startswith("the body is no JSON object: ")


def test_the_sample_in_004_is_no_json() -> None:
    """The sample has a comment and a trailing comma, so a copy of it is rejected."""
    sample = '{\n "model_name":"kling-v2-5-turbo",\n "prompt": "雨",\n "duration":5,\n //"mode":"pro"\n}'
    api = Relay()
    assert "the body is no JSON object" in api.message(api.send_content(sample.encode()), "unreadable")


def padded(size: int) -> bytes:
    content = b'{"model":"kling/v2-5-turbo-text-to-video-pro","input":{"prompt":"a"}}'
    return content + b" " * (size - len(content))


def test_a_body_may_have_one_mebibyte() -> None:
    api = Kie()
    assert api.send_content(padded(1024 * 1024)).status_code == 200
    assert api.send_content(padded(1024 * 1024 + 1)).json()["code"] == 400


def test_a_body_that_is_too_large_is_read_to_its_end_so_that_the_response_arrives() -> None:
    headers = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}
    content = padded(20 * 1024 * 1024)
    with Emulator().serve() as url:
        response = httpx.post(url + Kie.create_path, content=content, headers=headers, trust_env=False)
    assert response.json()["code"] == 400


@every_api
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_another_content_type_is_an_invalid_request(api_class: ApiClass, media_type: str) -> None:
    api = api_class()
    assert "application/json" in api.message(api.send_content(b'{"model": "a"}', media_type), "unreadable")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_content_type_may_have_parameters_and_capitals(media_type: str) -> None:
    assert Kie().send_content(padded(100), media_type).status_code == 200


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["model_name", "prompt", "sound", "duration", "cfg_scale", "camera_control", "external_task_id", "x"]


@given(st.sampled_from(MODELS), st.dictionaries(st.sampled_from(NAMES), JSON_VALUES))
def test_no_input_causes_a_server_error(case: tuple[ApiClass, str], changes: dict[str, Any]) -> None:
    api_class, model = case
    content = json.dumps(api_class.body(model, **changes)).replace("Infinity", "1e400").encode()
    (exchange,) = create_exchanges(api_class.create_path, [content])
    assert exchange.status in {200, 400, 404, 422}
