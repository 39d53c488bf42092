"""What the contract says of requests: which field, which limit, which value."""

from __future__ import annotations

import json

import httpx
import pytest

from contract_tests.contract.bodies import (
    GOOD,
    IMAGE,
    KEY,
    NATIVE,
    PATHS,
    RELAY,
    SOUND,
    TURBO,
    creation,
    query,
    told,
    with_input,
)
from klingkit.contract import Contract, Violation
from klingkit.contract._contract import load
from klingkit.contract._violations import WORDS

APIS = ["kie", "native", "relay"]
KIE = Contract("kie")
AXES = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": -5}


@pytest.mark.parametrize("api", APIS)
def test_good_requests_are_good(api):
    contract = Contract(api)
    assert contract.request(creation(api)) == []
    assert contract.request(query(api)) == []


@pytest.mark.parametrize("body", [SOUND, IMAGE, TURBO], ids=["sound", "image", "turbo"])
def test_every_model_of_kie_is_known(body):
    assert told(KIE, creation("kie", body)) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (with_input(TURBO, prompt="x" * 2501), ["input.prompt: has 2501 characters, may have 2500"]),
        (with_input(TURBO, prompt="😀" * 2501), ["input.prompt: has 2501 characters, may have 2500"]),
        (with_input(TURBO, cfg_scale=1.1), ["input.cfg_scale: is 1.1, may be at most 1"]),
        (with_input(TURBO, cfg_scale=-0.1), ["input.cfg_scale: is -0.1, must be at least 0"]),
        (with_input(TURBO, cfg_scale=0.35), ["input.cfg_scale: is 0.35, must be a multiple of 0.1"]),
        (with_input(TURBO, duration=5), ['input.duration: is 5, must be one of "5", "10"']),
        (with_input(TURBO, sound=True), ["input.sound: is no field that is known here"]),
        (with_input(SOUND, sound="yes"), ['input.sound: is "yes", must be true or false']),
        (with_input(TURBO, prompt=None), ["input.prompt: is null, must be a string"]),
        ({"model": IMAGE["model"], "input": {"prompt": "a"}}, ["input.image_url: is missing"]),
        ({**TURBO, "callBackUrl": "cat"}, ['callBackUrl: is "cat", must be a URI']),
        ({**TURBO, "input": "a cat"}, ['input: is "a cat", must be an object']),
        ({"input": SOUND["input"]}, ["model: is missing"]),
        ([1], ["body: is [1], must be an object"]),
        (
            {**TURBO, "model": "sora"},
            [
                (
                    'model: is "sora", must be one of "kling-2.6/text-to-video", "kling/v2-1-pro", '
                    '"kling/v2-5-turbo-text-to-video-pro"'
                )
            ],
        ),
        (
            with_input(IMAGE, prompt=7, zoom=1, duration="7"),
            [
                "input.prompt: is 7, must be a string",
                'input.duration: is "7", must be one of "5", "10"',
                "input.zoom: is no field that is known here",
            ],
        ),
    ],
)
def test_the_model_that_was_meant_says_what_is_wrong(body, expected):
    assert told(KIE, creation("kie", body)) == expected


@pytest.mark.parametrize(
    ("api", "change", "expected"),
    [
        ("native", {"duration": "7"}, ['duration: is "7", must be one of 5, 10, "5", "10"']),
        ("native", {"camera_control": {"type": 5}}, ["camera_control.type: is 5, must be a string"]),
        (
            "native",
            {"aspect_ratio": "21:9"},
            ['aspect_ratio: is "21:9", must be one of "16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3"'],
        ),
        ("relay", {"camera_control": {"type": "simple"}}, ["camera_control.config: is missing"]),
        ("relay", {"camera_control": {"type": "down_back"}}, []),
        ("relay", {"camera_control": {"type": "simple", "config": AXES}}, []),
        (
            "relay",
            {"camera_control": {"type": "simple", "config": {**AXES, "pan": 0.5}}},
            ["camera_control.config.pan: is 0.5, must be an integer"],
        ),
        ("relay", {"camera_control": 7}, ["camera_control: is 7, must be an object"]),
        ("relay", {"external_task_id": 7}, ["external_task_id: is 7, must be a string"]),
        ("relay", {"n": 1}, []),
        ("native", {"n": 1}, []),
    ],
)
def test_the_nearest_alternative_says_what_is_wrong(api, change, expected):
    assert told(Contract(api), creation(api, {**GOOD[api], **change})) == expected


def test_a_length_is_counted_in_characters():
    assert told(KIE, creation("kie", with_input(TURBO, prompt="😀猫" * 1250))) == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, ["headers.authorization: is missing, must be `Bearer` and the key"]),
        ({"Authorization": "Basic c2VjcmV0"}, ["headers.authorization: must be `Bearer` and the key"]),
        ({"Authorization": "Bearer "}, ["headers.authorization: must have one key after `Bearer`"]),
        ({"Authorization": "Bearer secret two"}, ["headers.authorization: must have one key after `Bearer`"]),
        ({"Authorization": "bearer secret"}, []),
        (
            [("Authorization", "Bearer secret"), ("Authorization", "Bearer other")],
            ["headers.authorization: is given 2 times, may be given once"],
        ),
    ],
)
def test_the_key_is_looked_at_but_never_shown(headers, expected):
    assert told(KIE, creation("kie", headers=headers)) == expected
    assert not any("secret" in line for line in expected)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", ["query.taskId: is missing"]),
        ("?taskId=a&taskId=b", ["query.taskId: is given 2 times, may be given once"]),
        ("?taskId=a&apiKey=secret", ["query.apiKey: is no parameter that is known here"]),
        ("?task_id=a", ["query.taskId: is missing", "query.task_id: is no parameter that is known here"]),
    ],
)
def test_the_parameters_of_a_query(search, expected):
    request = httpx.Request("GET", f"https://host.test/api/v1/jobs/recordInfo{search}", headers=KEY)
    assert told(KIE, request) == expected


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (b"", "application/json", "body: is missing"),
        (b'{"model"', "application/json", "body: is no JSON: Expecting ':' delimiter: line 1 column 9 (char 8)"),
        (b'{"model": NaN}', "application/json", "body: is no JSON: NaN is no number"),
        (b'{"model": "a", "model": "b"}', "application/json", "body: is no JSON: 'model' is given twice"),
        (b'{"model": "\\ud83d"}', "application/json", "body: has half a character: a surrogate without its other half"),
        (b"[" * 500 + b"]" * 500, "application/json", "body: is nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", "body: is nested too deeply"),
        (b"{}", "text/plain", "headers.content-type: is text/plain, must be application/json"),
        (b"{}", None, "headers.content-type: is missing, must be application/json"),
    ],
    ids=["empty", "broken", "nan", "twice", "half", "deep", "deeper", "text", "untyped"],
)
def test_a_body_that_cannot_be_read(content, media_type, expected):
    headers = KEY if media_type is None else {**KEY, "Content-Type": media_type}
    assert told(KIE, creation("kie", json=None, content=content, headers=headers)) == [expected]


def test_utf_8_is_the_only_encoding():
    headers = {**KEY, "Content-Type": "application/json; charset=utf-8"}
    good, bad = (json.dumps(TURBO).encode(encoding) for encoding in ("utf-8", "utf-16"))
    assert told(KIE, creation("kie", json=None, content=good, headers=headers)) == []
    (line,) = told(KIE, creation("kie", json=None, content=bad, headers=headers))
    assert line.startswith("body: is no JSON: 'utf-8' codec can't decode")


def test_a_query_has_no_body():
    request = httpx.Request("GET", f"https://host.test{PATHS['native'][1]}", headers=KEY, content=b"{}")
    assert told(Contract("native"), request) == ["body: has 2 bytes, may have none"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        (
            "POST",
            "/api/v1/jobs/create",
            "path: is /api/v1/jobs/create; there are /api/v1/jobs/createTask and /api/v1/jobs/recordInfo",
        ),
        ("PUT", "/api/v1/jobs/createTask", "method: is PUT, must be POST at this path"),
        (
            "GET",
            "/v1/videos/text2video/t-1",
            "path: is /v1/videos/text2video/t-1; there are /api/v1/jobs/createTask and /api/v1/jobs/recordInfo",
        ),
    ],
)
def test_what_is_no_operation(method, path, expected):
    assert told(KIE, httpx.Request(method, f"https://host.test{path}", headers=KEY)) == [expected]


def test_operations_have_names():
    native = Contract("native")
    assert native.operation("post", "/v1/videos/text2video") == "create"
    assert native.operation("GET", "/v1/videos/text2video/a%2Fb?x=1") == "query"
    assert native.operation("GET", "/v1/videos/text2video/") is None
    assert native.operation("GET", "/v1/videos/text2video/a/b") is None
    assert native.operation("GET", "/v1/videos/text2video") is None
    assert repr(native) == "Contract('native')"


def test_a_gateway_may_serve_an_api_below_a_path():
    contract = Contract("relay", prefix="/ai/")
    assert contract.operation("POST", "/ai/kling/v1/videos/text2video") == "create"
    assert contract.operation("POST", "/kling/v1/videos/text2video") is None


def test_there_is_no_fourth_api():
    with pytest.raises(ValueError, match="api: one of kie, native, relay, not 'sora'"):
        Contract("sora")  # type: ignore[arg-type]  # a wrong one, on purpose


def test_long_values_are_cut():
    (violation,) = KIE.request(creation("kie", {**TURBO, "model": "x" * 1000}))
    assert violation == Violation("model", violation.what)
    assert len(violation.what) < 200


@pytest.mark.parametrize("api", APIS)
def test_there_are_words_for_every_keyword_that_the_specs_use(api):
    known = {*WORDS, "anyOf", "oneOf"}
    meant = {"$ref", "properties", "items", "description", "default", "examples", "contentMediaType", "contentSchema"}

    def keywords(node):
        if isinstance(node, list):
            return {word for one in node for word in keywords(one)}
        if not isinstance(node, dict):
            return set()
        own = {word for word in node if not word.startswith("x-")}
        inner = [node.get("items"), node.get("contentSchema"), *node.get("anyOf", []), *node.get("oneOf", [])]
        return own | keywords([*inner, *node.get("properties", {}).values()])

    assert keywords(list(load(api)["components"]["schemas"].values())) - known - meant == set()


def test_the_bodies_of_these_tests_differ_from_api_to_api():
    assert told(Contract("native"), creation("native", RELAY)) == ["mode: is missing"]
    assert told(Contract("relay"), creation("relay", NATIVE)) == []
