"""Every documented limit: what is at it is taken, what is past it is refused with the API's code."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.emulator.kit import (
    APIS,
    KLING_21,
    KLING_25,
    KLING_26,
    Api,
    Kie,
    Native,
    Relay,
    both_dialects,
    every_api,
)
from klingkit.emulator import Emulator

EMOJI = "\N{CAT FACE}"  # one code point, two UTF-16 units, four bytes

Kind = type[Api]

TEXTS: list[tuple[Kind, str, str, int]] = [  # API, model, field, most characters
    (Kie, KLING_26, "prompt", 1000),
    (Kie, KLING_21, "prompt", 5000),
    (Kie, KLING_21, "negative_prompt", 500),
    (Kie, KLING_25, "prompt", 2500),
    (Kie, KLING_25, "negative_prompt", 2500),
    *((Native, model, name, 2500) for model in Native.models for name in ("prompt", "negative_prompt")),
    *((Relay, model, "prompt", 500) for model in Relay.models),
    *((Relay, model, "negative_prompt", 200) for model in Relay.models),
]

NO_TEXT = [None, 1, True, ["a"], {"a": 1}]
NO_SCALE = [1.1, 1.5, -0.1, 2, -1, 1e400, "0.5", "", None, True, False, [0.5]]
THREE, SEVEN = ["1:1", "16:9", "9:16"], ["16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3"]
NO_RATIO = ["21:9", "", "16:9 ", "16x9", 1, None, ["16:9"], {}]
AXES = dict.fromkeys(("horizontal", "vertical", "pan", "tilt", "roll", "zoom"), 0)
SIMPLE = {"type": "simple", "config": AXES}

Row = tuple[Kind, str | None, str, Sequence[object], Sequence[object]]
CHOICES: list[Row] = [  # API, model, field, taken, refused
    (Kie, KLING_26, "sound", [True, False], ["false", "true", 0, 1, None, [], {}]),
    (Kie, KLING_26, "aspect_ratio", THREE, [*NO_RATIO, "4:3"]),
    (Kie, KLING_25, "aspect_ratio", THREE, [*NO_RATIO, "3:2"]),
    *(
        (Kie, model, "duration", ["5", "10"], ["7", "05", "5.0", "", 5, 10, 5.0, None, True, ["5"]])
        for model in Kie.models
    ),
    *(
        (
            Kie,
            model,
            "cfg_scale",
            [0, 1, 0.0, 1.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
            [*NO_SCALE, 0.05, 0.25, 0.30000000000000004, 1e-300],
        )
        for model in (KLING_21, KLING_25)
    ),
    (Kie, KLING_21, "image_url", ["https://example.com/a.png", "no url", ""], NO_TEXT),
    (Kie, KLING_21, "tail_image_url", ["https://example.com/a.png", ""], NO_TEXT),
    *((Kie, model, "prompt", ["", " ", EMOJI, "雨"], NO_TEXT) for model in Kie.models),
    *((Kie, model, "negative_prompt", ["", "雨"], NO_TEXT) for model in (KLING_21, KLING_25)),
    (Native, None, "aspect_ratio", SEVEN, NO_RATIO),
    (Relay, None, "aspect_ratio", THREE, [*NO_RATIO, *SEVEN[3:]]),
    (
        Native,
        None,
        "camera_control",
        [
            {"type": "zoom", "config": {"value": -5}},
            {"type": "a word to come", "config": {"value": 0.25, "speed": "high"}},
            {"config": {"value": 1e9}},
            {"type": ""},
            {"config": {}, "more": None},
            {},
            SIMPLE,
        ],
        [
            None,
            "zoom",
            [],
            {"type": None},
            {"type": 1},
            {"config": None},
            {"config": 5},
            {"config": {"value": "-5"}},
            {"config": {"value": None}},
            {"config": {"value": True}},
        ],
    ),
    (
        Relay,
        None,
        "camera_control",
        [
            SIMPLE,
            {"type": "zoom", "config": AXES | {"zoom": -5, "pan": 10.0, "more": None}},
            {"type": "", "config": AXES, "more": 1},
            {"type": "down_back"},
            {"type": "forward_up"},
            {"type": "right_turn_forward", "more": 1},
            {"type": "left_turn_forward", "config": AXES},
        ],
        [
            None,
            "simple",
            [],
            {},
            {"type": "simple"},
            {"type": "zoom"},
            {"type": ["down_back"]},
            {"config": AXES},
            {"type": None, "config": AXES},
            {"type": "simple", "config": None},
            {"type": "simple", "config": {}},
            {"type": "simple", "config": {"value": -5}},
            {"type": "down_back", "config": None},
            {"type": "down_back", "config": {"zoom": 1}},
            *({"type": "simple", "config": AXES | {axis: "1"}} for axis in AXES),
            *({"type": "simple", "config": AXES | {"tilt": wrong}} for wrong in (0.5, True, None, 1e400)),
            *({"type": "simple", "config": {name: 0 for name in AXES if name != axis}} for axis in AXES),
        ],
    ),
    *(
        row
        for kind in (Native, Relay)
        for row in (
            (kind, None, "prompt", ["", " ", EMOJI, "雨"], NO_TEXT),
            (kind, None, "negative_prompt", ["", "雨"], NO_TEXT),
            (kind, None, "mode", ["std", "pro"], ["", "Std", "4k", None, 1, ["std"]]),
            (kind, None, "duration", [5, 10, 5.0, "5", "10"], ["7", "05", "5.0", "", 7, 0, 5.5, -5, None, True, [5]]),
            (kind, None, "cfg_scale", [0, 1, 0.0, 1.0, 0.25, 0.7, 0.30000000000000004, 1e-300], NO_SCALE),
            (kind, None, "callback_url", ["", "no url"], NO_TEXT),
            (kind, None, "external_task_id", ["", "订单 7"], NO_TEXT),
        )
    ),
]
TAKEN = [(kind, model, name, value) for kind, model, name, taken, _ in CHOICES for value in taken]
REFUSED = [(kind, model, name, value) for kind, model, name, _, refused in CHOICES for value in refused]

REQUIRED: list[tuple[Kind, str | None, str]] = [
    *((Kie, KLING_26, name) for name in ("prompt", "sound", "aspect_ratio", "duration")),
    *((Kie, KLING_21, name) for name in ("prompt", "image_url")),
    (Kie, KLING_25, "prompt"),
    *((Native, None, name) for name in ("model_name", "mode", "prompt")),
    *((Relay, None, name) for name in ("model_name", "prompt")),
]
FOREIGN = [  # fields that another model's document has
    *((KLING_26, name) for name in ("negative_prompt", "cfg_scale", "image_url", "tail_image_url")),
    *((KLING_21, name) for name in ("sound", "aspect_ratio")),
    *((KLING_25, name) for name in ("sound", "image_url", "tail_image_url")),
    *((model, "mode") for model in Kie.models),
]
MODELS = [(kind, model) for kind in APIS for model in kind.models]


def within(kind: Kind, name: str) -> str:
    """A field as messages name it: kie's are inside the input."""
    return f"input.{name}" if kind is Kie else name


def assert_refused(api: Api, body: object, *, naming: str, problem: str = "value") -> None:
    assert naming in api.message(api.create(body), problem)


@pytest.mark.parametrize(("kind", "model"), MODELS)
def test_the_smallest_request_is_taken_for_every_model(kind: Kind, model: str) -> None:
    assert kind().make(kind.body(model))


@pytest.mark.parametrize("character", ["a", "雨", EMOJI])
@pytest.mark.parametrize(("kind", "model", "name", "most"), TEXTS)
def test_characters_are_code_points(kind: Kind, model: str, name: str, most: int, character: str) -> None:
    api = kind()
    assert api.make(kind.body(model, **{name: character * most}))
    naming = f"{within(kind, name)} has {most + 1} characters"
    assert_refused(api, kind.body(model, **{name: character * (most + 1)}), naming=naming)


@pytest.mark.parametrize(("kind", "model", "name", "value"), TAKEN)
def test_what_the_document_allows_is_taken(kind: Kind, model: str | None, name: str, value: object) -> None:
    assert kind().make(kind.body(model, **{name: value}))


@pytest.mark.parametrize(("kind", "model", "name", "value"), REFUSED)
def test_what_the_document_does_not_allow_is_refused(kind: Kind, model: str | None, name: str, value: object) -> None:
    assert_refused(kind(), kind.body(model, **{name: value}), naming=within(kind, name))


@pytest.mark.parametrize(("kind", "model", "name"), REQUIRED)
def test_a_required_field_may_not_be_missing_even_if_it_has_a_default(kind: Kind, model: str | None, name: str) -> None:
    body = kind.body(model)
    del body.get("input", body)[name]
    assert_refused(kind(), body, naming=f"{within(kind, name)} is missing")


@pytest.mark.parametrize(("model", "name"), FOREIGN)
def test_kie_refuses_an_unknown_field(model: str, name: str) -> None:
    assert_refused(Kie(), Kie.body(model, **{name: "x"}), naming=f"input.'{name}' is unknown")


@both_dialects
@pytest.mark.parametrize("name", ["sound", "image", "element_list", "model", "x"])
def test_the_others_take_fields_that_they_do_not_know(kind: Kind, name: str) -> None:
    """004: the official parameters exist beside its own."""
    for value in ("x", None, {"a": [1]}):
        assert kind().make(kind.body(**{name: value}))


@pytest.mark.parametrize("value", [None, [], "prompt", 1, True])
@pytest.mark.parametrize("model", Kie.models)
def test_kies_input_is_an_object(model: str, value: object) -> None:
    assert_refused(Kie(), {"model": model, "input": value}, naming="input must be an object")


@pytest.mark.parametrize("name", ["model", "input"])
def test_kies_model_and_input_are_required(name: str) -> None:
    body = Kie.body()
    del body[name]
    assert_refused(Kie(), body, naming=f"{name} is missing")


@every_api
@pytest.mark.parametrize("model", ["kling-2.6/image-to-video", "kling-v9", "", "KLING-V1-6"])
def test_an_unknown_model_is_refused_and_the_known_ones_are_named(kind: Kind, model: str) -> None:
    body = {**kind.body(), "model" if kind is Kie else "model_name": model}
    for known in kind.models:
        assert_refused(kind(), body, naming=known, problem="model")


def test_each_dialect_knows_its_own_models_only() -> None:
    for kind, other in ((Native, Relay), (Relay, Native)):
        for model in set(other.models) - set(kind.models):
            assert_refused(kind(), kind.body(model), naming=model, problem="model")


@every_api
@pytest.mark.parametrize("model", [None, 26, [KLING_26], {}])
def test_a_model_is_a_string(kind: Kind, model: object) -> None:
    name = "model" if kind is Kie else "model_name"
    assert_refused(kind(), {**kind.body(), name: model}, naming=f"{name} must be")


def test_kie_refuses_a_field_beside_the_input_that_is_not_documented() -> None:
    assert_refused(Kie(), Kie.body() | {"callbackUrl": "http://127.0.0.1/"}, naming="'callbackUrl' is unknown")


@pytest.mark.parametrize("value", [None, 1, True, ["http://127.0.0.1/"], {}])
@pytest.mark.parametrize("model", Kie.models)
def test_kies_callback_url_is_a_string(model: str, value: object) -> None:
    assert_refused(Kie(), Kie.body(model) | {"callBackUrl": value}, naming="callBackUrl must be a")


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


@pytest.mark.parametrize("value", NO_URIS)
def test_two_of_kies_models_want_a_uri_to_call_back_and_the_third_any_string(value: str) -> None:
    for model in (KLING_21, KLING_25):
        assert_refused(Kie(), Kie.calling(value, model), naming="callBackUrl must be a URI")
    assert Kie().make(Kie.calling(value, KLING_26))


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


@pytest.mark.parametrize("value", URIS)
def test_a_uri_is_taken_whatever_its_scheme(value: str) -> None:
    assert Kie().make(Kie.calling(value, KLING_25))


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
    """It has a comment and a comma too many: whoever copies it is told."""
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


def test_a_body_that_is_too_large_is_read_to_its_end_so_that_the_answer_arrives() -> None:
    headers = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}
    content = padded(20 * 1024 * 1024)
    with Emulator().serve() as url:
        answer = httpx.post(url + Kie.create_path, content=content, headers=headers, trust_env=False)
    assert answer.json()["code"] == 400


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
    assert kind().create(kind.body(model, **changes)).status_code in {200, 400, 404, 422}
