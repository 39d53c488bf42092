"""Tests of the contract's verdicts on requests, responses and callbacks: they name the field, limit and value."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema_rs
import pytest

from contract_tests.support.limits import max_length
from klingkit._base import APIS
from klingkit.contract import Contract, Violation
from klingkit.contract._contract import load
from klingkit.contract._violations import PROBLEMS

AUTHORIZATION = {"Authorization": "Bearer key-of-nobody"}

PATHS = {
    "kie": ("/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo?taskId=t-1"),
    "native": ("/v1/videos/text2video", "/v1/videos/text2video/t-1"),
    "relay": ("/kling/v1/videos/text2video", "/kling/v1/videos/text2video/t-1"),
}

TURBO_BODY = {"model": "kling/v2-5-turbo-text-to-video-pro", "input": {"prompt": "a cat"}}
DOCUMENTED_MAX_LENGTH = max_length("kling/v2-5-turbo-text-to-video-pro")
IMAGE_BODY = {"model": "kling/v2-1-pro", "input": {"prompt": "a cat", "image_url": "https://studio.test/cat.png"}}
SOUND_BODY = {
    "model": "kling-2.6/text-to-video",
    "input": {"prompt": "a cat", "sound": True, "aspect_ratio": "1:1", "duration": "5"},
}
NATIVE_BODY = {"model_name": "kling-v1-6", "mode": "std", "prompt": "a cat"}
RELAY_BODY = {"model_name": "kling-v1-6", "prompt": "a cat"}
VALID_BODIES: dict[str, dict[str, Any]] = {"kie": TURBO_BODY, "native": NATIVE_BODY, "relay": RELAY_BODY}


def with_input(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**body, "input": {**body["input"], **fields}}


def create_request(api: str, body: object = None, **options: Any) -> httpx.Request:
    options = {"json": VALID_BODIES[api] if body is None else body, "headers": AUTHORIZATION, **options}
    return httpx.Request("POST", f"https://host.test{PATHS[api][0]}", **options)


def query_request(api: str) -> httpx.Request:
    return httpx.Request("GET", f"https://host.test{PATHS[api][1]}", headers=AUTHORIZATION)


def violations(contract: Contract, request: httpx.Request) -> list[str]:
    return [str(violation) for violation in contract.request(request)]


KIE_CONTRACT = Contract("kie")
AXES = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": -5}


@pytest.mark.parametrize("api", APIS)
def test_valid_requests_have_no_violations(api):
    contract = Contract(api)
    assert contract.request(create_request(api)) == []
    assert contract.request(query_request(api)) == []


@pytest.mark.parametrize("body", [SOUND_BODY, IMAGE_BODY, TURBO_BODY], ids=["sound", "image", "turbo"])
def test_every_kind_of_kie_model_is_valid(body):
    assert violations(KIE_CONTRACT, create_request("kie", body)) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        *(
            (
                with_input(TURBO_BODY, prompt=letter * (DOCUMENTED_MAX_LENGTH + 1)),
                [f"input.prompt: has {DOCUMENTED_MAX_LENGTH + 1} characters, may have {DOCUMENTED_MAX_LENGTH}"],
            )
            for letter in ("x", "😀")
        ),
        (with_input(TURBO_BODY, cfg_scale=1.1), ["input.cfg_scale: is 1.1, may be at most 1"]),
        (with_input(TURBO_BODY, cfg_scale=-0.1), ["input.cfg_scale: is -0.1, must be at least 0"]),
        (with_input(TURBO_BODY, cfg_scale=0.35), ["input.cfg_scale: is 0.35, must be a multiple of 0.1"]),
        (with_input(TURBO_BODY, duration=5), ['input.duration: is 5, must be one of "5", "10"']),
        (with_input(TURBO_BODY, sound=True), ["input.sound: is an unknown field"]),
        (with_input(SOUND_BODY, sound="yes"), ['input.sound: is "yes", must be true or false']),
        (with_input(TURBO_BODY, prompt=None), ["input.prompt: is null, must be a string"]),
        ({"model": IMAGE_BODY["model"], "input": {"prompt": "a"}}, ["input.image_url: is missing"]),
        ({**TURBO_BODY, "callBackUrl": "cat"}, ['callBackUrl: is "cat", must be a URI']),
        ({**TURBO_BODY, "input": "a cat"}, ['input: is "a cat", must be an object']),
        ({"input": SOUND_BODY["input"]}, ["model: is missing"]),
        ([1], ["body: is [1], must be an object"]),
        (
            with_input(IMAGE_BODY, prompt=7, zoom=1, duration="7"),
            [
                "input.prompt: is 7, must be a string",
                'input.duration: is "7", must be one of "5", "10"',
                "input.zoom: is an unknown field",
            ],
        ),
    ],
)
def test_the_named_model_decides_what_a_body_violates(body, expected):
    assert violations(KIE_CONTRACT, create_request("kie", body)) == expected


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
def test_the_alternative_with_the_fewest_violations_is_reported(api, change, expected):
    assert violations(Contract(api), create_request(api, {**VALID_BODIES[api], **change})) == expected


def test_an_unknown_model_is_reported_with_the_known_ones():
    (violation,) = violations(KIE_CONTRACT, create_request("kie", {**TURBO_BODY, "model": "sora"}))
    assert violation.startswith('model: is "sora", must be one of "')
    assert f'"{TURBO_BODY["model"]}"' in violation


def test_lengths_count_characters():
    assert violations(KIE_CONTRACT, create_request("kie", with_input(TURBO_BODY, prompt="😀猫" * 1250))) == []


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
def test_the_key_is_checked_but_never_in_a_message(headers, expected):
    assert violations(KIE_CONTRACT, create_request("kie", headers=headers)) == expected
    assert not any("secret" in line for line in expected)


@pytest.mark.parametrize(
    ("query_string", "expected"),
    [
        ("", ["query.taskId: is missing"]),
        ("?taskId=a&taskId=b", ["query.taskId: is given 2 times, may be given once"]),
        ("?taskId=a&apiKey=secret", ["query.apiKey: is an unknown parameter"]),
        ("?task_id=a", ["query.taskId: is missing", "query.task_id: is an unknown parameter"]),
    ],
)
def test_query_parameters(query_string, expected):
    request = httpx.Request("GET", f"https://host.test/api/v1/jobs/recordInfo{query_string}", headers=AUTHORIZATION)
    assert violations(KIE_CONTRACT, request) == expected


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        (b"", "application/json", "body: is missing"),
        (b'{"model"', "application/json", "body: is not JSON: Expecting ':' delimiter: line 1 column 9 (char 8)"),
        (b'{"model": NaN}', "application/json", "body: is not JSON: NaN is not a number"),
        (b'{"model": "a", "model": "b"}', "application/json", "body: is not JSON: 'model' is given twice"),
        (b'{"model": "\\ud83d"}', "application/json", "body: has half a character: a surrogate without its other half"),
        (b"[" * 500 + b"]" * 500, "application/json", "body: is nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", "body: is nested too deeply"),
        (b"{}", "text/plain", "headers.content-type: is text/plain, must be application/json"),
        (b"{}", None, "headers.content-type: is missing, must be application/json"),
    ],
    ids=["empty", "cut", "nan", "twice", "surrogate", "deep", "deeper", "text", "untyped"],
)
def test_an_unreadable_body(content, media_type, expected):
    headers = AUTHORIZATION if media_type is None else {**AUTHORIZATION, "Content-Type": media_type}
    assert violations(KIE_CONTRACT, create_request("kie", json=None, content=content, headers=headers)) == [expected]


def test_utf_8_is_the_only_encoding():
    headers = {**AUTHORIZATION, "Content-Type": "application/json; charset=utf-8"}
    utf_8, utf_16 = (json.dumps(TURBO_BODY).encode(encoding) for encoding in ("utf-8", "utf-16"))
    assert violations(KIE_CONTRACT, create_request("kie", json=None, content=utf_8, headers=headers)) == []
    (line,) = violations(KIE_CONTRACT, create_request("kie", json=None, content=utf_16, headers=headers))
    assert line.startswith("body: is not JSON: 'utf-8' codec can't decode")


def test_a_query_has_no_body():
    request = httpx.Request("GET", f"https://host.test{PATHS['native'][1]}", headers=AUTHORIZATION, content=b"{}")
    assert violations(Contract("native"), request) == ["body: has 2 bytes, may have none"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        (
            "POST",
            "/api/v1/jobs/create",
            "path: is /api/v1/jobs/create; the API has /api/v1/jobs/createTask and /api/v1/jobs/recordInfo",
        ),
        ("PUT", "/api/v1/jobs/createTask", "method: is PUT, must be POST at this path"),
        (
            "GET",
            "/v1/videos/text2video/t-1",
            "path: is /v1/videos/text2video/t-1; the API has /api/v1/jobs/createTask and /api/v1/jobs/recordInfo",
        ),
    ],
)
def test_an_unknown_path_or_method(method, path, expected):
    assert violations(KIE_CONTRACT, httpx.Request(method, f"https://host.test{path}", headers=AUTHORIZATION)) == [
        expected
    ]


def test_operations_are_found_by_method_and_path():
    native = Contract("native")
    assert native.operation("post", "/v1/videos/text2video") == "create"
    assert native.operation("GET", "/v1/videos/text2video/a%2Fb?x=1") == "query"
    assert native.operation("GET", "/v1/videos/text2video/") is None
    assert native.operation("GET", "/v1/videos/text2video/a/b") is None
    assert native.operation("GET", "/v1/videos/text2video") is None
    assert repr(native) == "Contract('native')"


def test_a_gateway_may_serve_an_api_below_a_prefix():
    contract = Contract("relay", prefix="/ai/")
    assert contract.operation("POST", "/ai/kling/v1/videos/text2video") == "create"
    assert contract.operation("POST", "/kling/v1/videos/text2video") is None


def test_an_unknown_api_is_an_error():
    with pytest.raises(ValueError, match=r"api: one of kie, native, .*, not 'sora'"):
        Contract("sora")  # type: ignore[arg-type]  # invalid on purpose


def test_long_values_are_cut():
    (violation,) = KIE_CONTRACT.request(create_request("kie", {**TURBO_BODY, "model": "x" * 1000}))
    assert violation == Violation("model", violation.problem)
    assert violation.problem.startswith(f'is "{"x" * 59}…, must be one of ')


@pytest.mark.parametrize("api", APIS)
def test_every_keyword_of_the_specs_has_a_message(api):
    with_message = {*PROBLEMS, "anyOf", "oneOf", "allOf"}
    without_message = {
        "$ref",
        "properties",
        "items",
        "description",
        "default",
        "examples",
        "contentMediaType",
        "contentSchema",
    }

    def keywords(node):
        if isinstance(node, list):
            return {keyword for item in node for keyword in keywords(item)}
        if not isinstance(node, dict):
            return set()
        own_keywords = {keyword for keyword in node if not keyword.startswith("x-")}
        inner = [node.get("items"), node.get("contentSchema"), *node.get("anyOf", []), *node.get("oneOf", [])]
        inner += [rule.get(part) for rule in node.get("allOf", []) for part in ("then", "else")]
        return own_keywords | keywords([*inner, *node.get("properties", {}).values()])

    assert keywords(list(load(api)["components"]["schemas"].values())) - with_message - without_message == set()


@pytest.mark.parametrize(
    ("rule", "value", "problem"),
    [
        ({"minItems": 1}, [], "has 0 items, must have 1"),
        ({"maxItems": 1}, ["a", "b"], "has 2 items, may have 1"),
        ({"uniqueItems": True}, ["a", "a"], "has an item twice"),
    ],
)
def test_the_limits_of_a_list_are_named(rule, value, problem):
    (failure,) = jsonschema_rs.Draft202012Validator(rule).iter_errors(value)
    ((keyword, limit),) = rule.items()
    assert PROBLEMS[keyword](limit, failure.instance) == problem


def test_each_api_has_its_own_required_fields():
    assert violations(Contract("native"), create_request("native", RELAY_BODY)) == ["mode: is missing"]
    assert violations(Contract("relay"), create_request("relay", NATIVE_BODY)) == []


def response_violations(api: str, response: httpx.Response, request: httpx.Request | None = None) -> list[str]:
    return [str(violation) for violation in Contract(api).response(request or query_request(api), response)]  # type: ignore[arg-type]  # a name from the table


def record_response(**data) -> httpx.Response:
    return httpx.Response(200, json={"code": 200, "data": data})


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (record_response(taskId="t", state="success", resultJson='{"resultUrls": ["https://m.test/a.mp4"]}'), []),
        (record_response(taskId="t", state="a new word", resultJson="", more={"any": 1}), []),
        (record_response(state=None, failCode=501), []),
        (record_response(state=5), ["data.state: is 5, must be a string or null"]),
        (record_response(failCode=[]), ["data.failCode: is [], must be an integer or a string or null"]),
        (
            record_response(resultJson='{"resultUrls": "x"}'),
            ['data.resultJson.resultUrls: is "x", must be a list or null'],
        ),
        (record_response(resultJson='{"resultUrls": [1]}'), ["data.resultJson.resultUrls.0: is 1, must be a string"]),
        (
            record_response(param="{"),
            ["data.param: is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"],
        ),
        (
            record_response(resultJson='"\\ud83d"'),
            ["data.resultJson: has half a character: a surrogate without its other half"],
        ),
        (httpx.Response(200, json={"code": 499, "msg": None, "data": None}), []),
        (
            httpx.Response(200, json={"code": "200", "data": 1}),
            ['code: is "200", must be an integer', "data: is 1, must be an object or null"],
        ),
        (httpx.Response(422, json={"code": 422, "data": []}), []),
        (httpx.Response(422, json={"msg": "no"}), ["code: is missing"]),
        (
            httpx.Response(200, html="<h1>Bad gateway</h1>"),
            ["headers.content-type: is text/html; charset=utf-8, must be application/json"],
        ),
        (
            httpx.Response(302, headers={"Location": "/"}),
            ["status: is 302; 200, 400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505 are declared"],
        ),
    ],
)
def test_responses_of_kie(response, expected):
    assert response_violations("kie", response) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"task_id": "a", "task_status": "completed"}, []),
        ({"code": 1102, "message": "no", "data": None}, []),
        ({"code": 0, "data": {"task_id": 5}}, ["data.task_id: is 5, must be a string or null"]),
        ({"task_id": 5}, ["task_id: is 5, must be a string"]),
        (
            {"task_id": "a", "task_result": {"videos": [{"duration": []}]}},
            ["task_result.videos.0.duration: is [], must be a number or a string or null"],
        ),
        ([], ["body: is [], must be an object"]),
    ],
)
def test_responses_of_the_native_api_come_in_two_forms(body, expected):
    response = httpx.Response(200, json=body)
    assert response_violations("native", response) == expected
    assert response_violations("native", response, create_request("native")) == expected


def test_a_response_to_an_unknown_operation_has_no_violations():
    unexpected = httpx.Response(500, text="boom")
    assert response_violations("kie", unexpected, httpx.Request("GET", "https://host.test/")) == []
    assert (
        response_violations("kie", unexpected, httpx.Request("PUT", "https://host.test/api/v1/jobs/createTask")) == []
    )


@pytest.mark.parametrize(
    ("api", "body", "expected"),
    [
        ("kie", {"code": 200, "data": {"taskId": "t", "state": "success"}}, []),
        ("kie", {"data": {}}, ["code: is missing"]),
        ("kie", {"code": 200, "data": {"resultJson": "[]"}}, ["data.resultJson: is [], must be an object"]),
        ("native", {"task_id": "t", "task_status": "a new word"}, []),
        ("native", {"task_status": "failed"}, ["task_id: is missing"]),
        ("relay", {"task_id": None}, ["task_id: is null, must be a string"]),
    ],
)
def test_bodies_of_callbacks(api, body, expected):
    assert [str(item) for item in Contract(api).callback(json.dumps(body).encode())] == expected
