"""Every documented limit: what is at it is taken, what is past it is refused with the documented code."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.emulator.kit import CREATE, KLING_21, KLING_25, KLING_26, MODELS, Api, request_for
from klingkit.emulator import Emulator

EMOJI = "\N{CAT FACE}"  # one code point, two UTF-16 units, four bytes

TEXTS = [  # model, field, most characters
    (KLING_26, "prompt", 1000),
    (KLING_21, "prompt", 5000),
    (KLING_21, "negative_prompt", 500),
    (KLING_25, "prompt", 2500),
    (KLING_25, "negative_prompt", 2500),
]
CHOICES: list[tuple[str, str, Sequence[object], Sequence[object]]] = [  # model, field, taken, refused
    (KLING_26, "sound", [True, False], ["false", "true", 0, 1, None, [], {}]),
    (KLING_26, "aspect_ratio", ["1:1", "16:9", "9:16"], ["21:9", "4:3", "", "16:9 ", 1, None, ["16:9"]]),
    (KLING_25, "aspect_ratio", ["1:1", "16:9", "9:16"], ["21:9", "3:2", "", 1, None, {}]),
    *((model, "duration", ["5", "10"], ["7", "05", "5.0", "", 5, 10, 5.0, None, True, ["5"]]) for model in MODELS),
    *(
        (
            model,
            "cfg_scale",
            [0, 1, 0.0, 1.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
            [1.1, 1.5, -0.1, 2, -1, 0.05, 0.25, 0.30000000000000004, 1e-300, "0.5", "", None, True, False, [0.5]],
        )
        for model in (KLING_21, KLING_25)
    ),
    (KLING_21, "image_url", ["https://example.com/a.png", "no url", ""], [None, 1, {}]),
    (KLING_21, "tail_image_url", ["https://example.com/a.png", ""], [None, 1, {}]),
    *((model, "prompt", ["", " ", EMOJI, "雨"], [None, 1, True, ["a"], {"a": 1}]) for model in MODELS),
    *((model, "negative_prompt", ["", "雨"], [None, 1, ["a"]]) for model in (KLING_21, KLING_25)),
]
TAKEN = [(model, name, value) for model, name, taken, _ in CHOICES for value in taken]
REFUSED = [(model, name, value) for model, name, _, refused in CHOICES for value in refused]

REQUIRED = [
    *((KLING_26, name) for name in ("prompt", "sound", "aspect_ratio", "duration")),
    *((KLING_21, name) for name in ("prompt", "image_url")),
    (KLING_25, "prompt"),
]
FOREIGN = [  # fields that another model's document has
    *((KLING_26, name) for name in ("negative_prompt", "cfg_scale", "image_url", "tail_image_url")),
    *((KLING_21, name) for name in ("sound", "aspect_ratio")),
    *((KLING_25, name) for name in ("sound", "image_url", "tail_image_url")),
    *((model, "mode") for model in MODELS),
]


@pytest.fixture
def api() -> Api:
    return Api(Emulator())


def assert_refused(api: Api, body: object, *, naming: str) -> None:
    answer = api.create(body)
    assert answer.status_code == 422
    assert answer.json().keys() == {"code", "msg", "data"}
    assert (answer.json()["code"], answer.json()["data"]) == (422, None)
    assert naming in answer.json()["msg"]


@pytest.mark.parametrize("model", MODELS)
def test_the_smallest_request_is_taken(api: Api, model: str) -> None:
    assert api.create(request_for(model)).status_code == 200


@pytest.mark.parametrize("character", ["a", "雨", EMOJI])
@pytest.mark.parametrize(("model", "name", "most"), TEXTS)
def test_characters_are_code_points(api: Api, model: str, name: str, most: int, character: str) -> None:
    assert api.create(request_for(model, **{name: character * most})).status_code == 200
    assert_refused(api, request_for(model, **{name: character * (most + 1)}), naming=f"input.{name} has {most + 1}")


@pytest.mark.parametrize(("model", "name", "value"), TAKEN)
def test_what_the_document_allows_is_taken(api: Api, model: str, name: str, value: object) -> None:
    assert api.create(request_for(model, **{name: value})).status_code == 200


@pytest.mark.parametrize(("model", "name", "value"), REFUSED)
def test_what_the_document_does_not_allow_is_refused(api: Api, model: str, name: str, value: object) -> None:
    assert_refused(api, request_for(model, **{name: value}), naming=f"input.{name}")


@pytest.mark.parametrize(("model", "name"), REQUIRED)
def test_a_required_field_may_not_be_missing_even_if_it_has_a_default(api: Api, model: str, name: str) -> None:
    body = request_for(model)
    del body["input"][name]
    assert_refused(api, body, naming=f"input.{name} is missing")


@pytest.mark.parametrize(("model", "name"), FOREIGN)
def test_an_unknown_field_is_refused(api: Api, model: str, name: str) -> None:
    assert_refused(api, request_for(model, **{name: "x"}), naming=f"input.'{name}' is unknown")


@pytest.mark.parametrize("value", [None, [], "prompt", 1, True])
@pytest.mark.parametrize("model", MODELS)
def test_the_input_is_an_object(api: Api, model: str, value: object) -> None:
    assert_refused(api, {"model": model, "input": value}, naming="input.must be an object")


@pytest.mark.parametrize("name", ["model", "input"])
def test_model_and_input_are_required(api: Api, name: str) -> None:
    body = request_for(KLING_25)
    del body[name]
    assert_refused(api, body, naming=f"{name} is missing")


@pytest.mark.parametrize("model", ["kling-2.6/image-to-video", "kling-v1-6", "", None, 26, [KLING_26], {}])
def test_an_unknown_model_is_refused_and_the_known_ones_are_named(api: Api, model: object) -> None:
    assert_refused(api, {**request_for(KLING_26), "model": model}, naming=KLING_26)


def test_a_field_beside_the_input_is_refused_if_it_is_not_documented(api: Api) -> None:
    assert_refused(api, request_for(KLING_25) | {"callbackUrl": "http://127.0.0.1/"}, naming="'callbackUrl' is unknown")


@pytest.mark.parametrize("value", [None, 1, True, ["http://127.0.0.1/"], {}])
@pytest.mark.parametrize("model", MODELS)
def test_a_callback_url_is_a_string(api: Api, model: str, value: object) -> None:
    assert_refused(api, request_for(model) | {"callBackUrl": value}, naming="callBackUrl must be a")


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
]


@pytest.mark.parametrize("value", NO_URIS)
def test_two_models_want_a_uri_to_call_back_and_the_third_any_string(api: Api, value: str) -> None:
    assert_refused(api, request_for(KLING_21) | {"callBackUrl": value}, naming="callBackUrl must be a URI")
    assert_refused(api, request_for(KLING_25) | {"callBackUrl": value}, naming="callBackUrl must be a URI")
    assert api.create(request_for(KLING_26) | {"callBackUrl": value}).status_code == 200


URIS = [
    "mailto:me@example.com",
    "urn:isbn:1",
    "x:",
    "x:/",
    "x:///path",
    "x://me:pw@[2001:db8::1]:8?a=b/?#c/?",
    "x://%41",
]


@pytest.mark.parametrize("value", URIS)
def test_a_uri_is_taken_whatever_its_scheme(api: Api, value: str) -> None:
    assert api.create(request_for(KLING_25) | {"callBackUrl": value}).status_code == 200


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


@pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: repr(content[:30]))
def test_a_body_that_is_no_json_object_is_an_invalid_request(api: Api, content: bytes) -> None:
    answer = api.send(content)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (400, 400, None)
    assert answer.json()["msg"].startswith("the body is no JSON object: ")


def padded(size: int) -> bytes:
    content = b'{"model":"kling/v2-5-turbo-text-to-video-pro","input":{"prompt":"a"}}'
    return content + b" " * (size - len(content))


def test_a_body_may_have_one_mebibyte(api: Api) -> None:
    assert api.send(padded(1024 * 1024)).status_code == 200
    assert api.send(padded(1024 * 1024 + 1)).json()["code"] == 400


def test_a_body_that_is_too_large_is_read_to_its_end_so_that_the_answer_arrives() -> None:
    headers = {"Authorization": "Bearer a-key", "Content-Type": "application/json"}
    content = padded(20 * 1024 * 1024)
    with Emulator().serve() as url:
        assert httpx.post(url + CREATE, content=content, headers=headers, trust_env=False).json()["code"] == 400


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_another_content_type_is_an_invalid_request(api: Api, media_type: str) -> None:
    answer = api.send(b'{"model": "a"}', media_type)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert "application/json" in answer.json()["msg"]


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_content_type_may_have_parameters_and_capitals(api: Api, media_type: str) -> None:
    assert api.send(padded(100), media_type).status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.sampled_from(MODELS), st.dictionaries(st.sampled_from(["prompt", "sound", "duration", "cfg_scale", "x"]), JSON)
)
def test_no_input_brings_the_server_down(model: str, changes: dict[str, Any]) -> None:
    assert Api(Emulator()).create(request_for(model, **changes)).status_code in {200, 400, 422}
