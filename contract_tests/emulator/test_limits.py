"""The emulator takes what the documents allow, and rejects everything else with the API's code and a reason."""

import json
from collections.abc import Iterable
from itertools import cycle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.emulator.kit import APIS, Api, Kie, Native, Relay, both_dialects, every_api
from klingkit.emulator import Emulator, VirtualClock
from scripts.checks.boundaries import objects, ordinary
from scripts.checks.exchanges import Exchange, calling
from scripts.checks.oracle import DocumentedRequest, apis, documented
from scripts.specs.spec import validator

Kind = type[Api]
KINDS: dict[str, Kind] = {kind.name: kind for kind in APIS}
REQUESTS = [it for api in apis() for it in documented(api)]
MODELS = [(KINDS[it.api], model) for it in REQUESTS for model in it.models]
URI_CALLBACKS = [it for it in REQUESTS if it.body["properties"].get(it.callback, {}).get("format") == "uri"]
"""Those whose document wants a URI to call back."""
FREE = [it for it in REQUESTS if it not in URI_CALLBACKS]
AXES = dict.fromkeys(("horizontal", "vertical", "pan", "tilt", "roll", "zoom"), 0)
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")
HEADERS = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}

each_request = pytest.mark.parametrize("it", REQUESTS, ids=lambda it: it.document)


def assert_rejected(api: Api, body: object, *, naming: str, problem: str = "value") -> None:
    assert naming in api.message(api.create(body), problem)


def is_observed(it: DocumentedRequest, path: str, body: Any) -> bool:
    """Whether the running services take this, and no document says so: durations in strings."""
    return not it.is_wrapped and path == "duration" and body.get("duration") in ("5", "10")


@each_request
def test_the_limits_are_those_of_the_document(it: DocumentedRequest) -> None:
    """Every field at its limits, beyond them, missing, of other kinds, and those that no document has."""
    judge, compared = validator({}, it.body), {True: 0, False: 0}
    bodies = {json.dumps(body): (path, body) for path, body in objects({}, it.body)}
    exchanges = created(KINDS[it.api].create_path, map(str.encode, bodies))
    for (path, body), exchange in zip(bodies.values(), exchanges, strict=True):
        allowed = judge.is_valid(body) or is_observed(it, path, body)
        compared[allowed] += 1
        assert (exchange.status == 200) is allowed, f"{path}: {exchange}"
        if not allowed and "." in path:
            assert path.rpartition(".")[0] in exchange.response_content.decode()
    assert min(compared.values()) >= 9 * len(it.typed["properties"])


def created(path: str, contents: Iterable[bytes]) -> list[Exchange]:
    """Call an emulator's application without a client, which would take most of the time of thousands of requests."""
    with calling(Emulator(clock=VirtualClock()).app) as (call, exchanges):
        for content in contents:
            call("POST", path, content=content, headers=HEADERS)
        return exchanges


@pytest.mark.parametrize(("kind", "model"), MODELS)
def test_the_smallest_request_is_taken_for_every_model(kind: Kind, model: str) -> None:
    assert kind().make(kind.body(model))


@each_request
def test_a_missing_field_is_named(it: DocumentedRequest) -> None:
    """Even if it has a default."""
    least = ordinary({}, it.typed)
    for name in it.typed["required"]:
        fields = {key: value for key, value in least.items() if key != name}
        body = {**ordinary({}, it.body), "input": fields} if it.is_wrapped else fields
        assert_rejected(KINDS[it.api](), body, naming=f"{name} is missing")


@each_request
def test_a_text_that_is_too_long_is_counted(it: DocumentedRequest) -> None:
    api = KINDS[it.api]()
    for name, field in it.typed["properties"].items():
        if most := field.get("maxLength"):
            body = api.body(it.models[0], **{name: "\N{CAT FACE}" * (most + 1)})
            assert_rejected(api, body, naming=f"{name} has {most + 1} characters")


@pytest.mark.parametrize("value", [1e400, 1e-300, 0.30000000000000004, 0.25])
def test_a_scale_may_have_any_step_but_at_kie(value: float) -> None:
    for it in REQUESTS:
        if "cfg_scale" in it.typed["properties"]:
            taken = value <= 1 and "multipleOf" not in it.typed["properties"]["cfg_scale"]
            api = KINDS[it.api]()
            assert (api.create(api.body(it.models[0], cfg_scale=value)).status_code == 200) is taken


@both_dialects
def test_delivery_fields_are_any_text(kind: Kind) -> None:
    for name in ("callback_url", "external_task_id"):
        for value in ("", "no url", "订单 7"):
            assert kind().make(kind.body(**{name: value}))
        for wrong in (None, 1, True, ["a"], {"a": 1}):
            assert_rejected(kind(), kind.body(**{name: wrong}), naming=name)


@pytest.mark.parametrize("move", MOVES)
def test_to_the_relay_an_official_movement_may_go_without_a_config(move: str) -> None:
    for camera in ({"type": move}, {"type": move, "more": 1}, {"type": move, "config": AXES}):
        assert Relay().make(Relay.body(camera_control=camera))
    for config in (None, {"zoom": 1}):
        assert_rejected(Relay(), Relay.body(camera_control={"type": move, "config": config}), naming="camera_control")
    assert_rejected(Relay(), Relay.body(camera_control={"type": [move]}), naming="camera_control")


@both_dialects
@pytest.mark.parametrize("name", ["sound", "image", "element_list", "model", "x"])
def test_the_others_take_fields_that_they_do_not_know(kind: Kind, name: str) -> None:
    """The official parameters exist beside those of the documents."""
    for value in ("x", None, {"a": [1]}):
        assert kind().make(kind.body(**{name: value}))


@every_api
@pytest.mark.parametrize("model", ["kling-v9", "", "KLING-V1-6"])
def test_an_unknown_model_is_refused_and_the_known_ones_are_named(kind: Kind, model: str) -> None:
    body = {**kind.body(), kind.model_field: model}
    for known in kind.models:
        assert_rejected(kind(), body, naming=known, problem="model")


def test_each_dialect_knows_its_own_models_only() -> None:
    for kind, other in ((Native, Relay), (Relay, Native)):
        for model in set(other.models) - set(kind.models):
            assert_rejected(kind(), kind.body(model), naming=model, problem="model")


@every_api
@pytest.mark.parametrize("model", [None, 26, ["kling-v1"], {}])
def test_a_model_is_a_string(kind: Kind, model: object) -> None:
    assert_rejected(kind(), {**kind.body(), kind.model_field: model}, naming=f"{kind.model_field} must be")


def test_kie_refuses_a_field_beside_the_input_that_is_not_documented() -> None:
    assert_rejected(Kie(), Kie.body() | {"callbackUrl": "http://127.0.0.1/"}, naming="'callbackUrl' is unknown")


NO_URIS = [
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


@pytest.mark.parametrize(("value", "it"), [*zip(NO_URIS, cycle(URI_CALLBACKS))])
def test_a_callback_url_is_a_uri_where_the_document_says_so(value: str, it: DocumentedRequest) -> None:
    assert_rejected(KINDS[it.api](), calling_back(it, value), naming=f"{it.callback} must be a URI")
    for other in FREE:
        assert KINDS[other.api]().make(calling_back(other, value))


def calling_back(it: DocumentedRequest, url: str) -> dict[str, Any]:
    kind = KINDS[it.api]
    return kind.body(it.models[0]) | {it.callback or kind.callback: url}


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


@pytest.mark.parametrize(("value", "it"), [*zip(URIS, cycle(URI_CALLBACKS))])
def test_a_uri_is_taken_whatever_its_scheme(value: str, it: DocumentedRequest) -> None:
    assert KINDS[it.api]().make(calling_back(it, value))


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
def test_a_body_that_is_no_json_object_is_an_invalid_request(kind: Kind, content: bytes) -> None:
    api = kind()
    assert api.message(api.send(content), "unreadable").startswith("the body is no JSON object: ")


def test_the_sample_in_004_is_no_json() -> None:
    """It has a comment and a comma too many: a copy of it is rejected."""
    sample = '{\n "model_name":"kling-v2-5-turbo",\n "prompt": "雨",\n "duration":5,\n //"mode":"pro"\n}'
    api = Relay()
    assert "the body is no JSON object" in api.message(api.send(sample.encode()), "unreadable")


def padded(size: int) -> bytes:
    content = b'{"model":"kling/v2-5-turbo-text-to-video-pro","input":{"prompt":"a"}}'
    return content + b" " * (size - len(content))


def test_a_body_may_have_one_mebibyte() -> None:
    api = Kie()
    assert api.send(padded(1024 * 1024)).status_code == 200
    assert api.send(padded(1024 * 1024 + 1)).json()["code"] == 400


def test_a_body_that_is_too_large_is_read_to_its_end_so_that_the_response_arrives() -> None:
    headers = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}
    content = padded(20 * 1024 * 1024)
    with Emulator().serve() as url:
        response = httpx.post(url + Kie.create_path, content=content, headers=headers, trust_env=False)
    assert response.json()["code"] == 400


@every_api
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_another_content_type_is_an_invalid_request(kind: Kind, media_type: str) -> None:
    api = kind()
    assert "application/json" in api.message(api.send(b'{"model": "a"}', media_type), "unreadable")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_content_type_may_have_parameters_and_capitals(media_type: str) -> None:
    assert Kie().send(padded(100), media_type).status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["model_name", "prompt", "sound", "duration", "cfg_scale", "camera_control", "external_task_id", "x"]


@given(st.sampled_from(MODELS), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_input_brings_the_server_down(of: tuple[Kind, str], changes: dict[str, Any]) -> None:
    kind, model = of
    content = json.dumps(kind.body(model, **changes)).replace("Infinity", "1e400").encode()
    (exchange,) = created(kind.create_path, [content])
    assert exchange.status in {200, 400, 404, 422}
