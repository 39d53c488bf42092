"""Tests of the requests of native and relay, in the dialect of the documents and in the official one."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE, RELAY, ApiCase
from contract_tests.support.kie import API_KEY
from contract_tests.support.limits import max_length
from klingkit import (
    ConfigurationError,
    InvalidRequest,
    Task,
    TaskRef,
    native,
    relay,
)
from klingkit.native import Native

EACH_API = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])

CAMERA_AXES = {"horizontal": 0, "vertical": 0, "pan": 3, "tilt": 0, "roll": 0, "zoom": 0}


def sent_body(api: Any, request: Any, **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(api.submit(request, **options).content)
    return body


def read(api_case: ApiCase, body: object, status: int = 200) -> Task:
    task: Task = api_case.api.read_task(api_case.ref, httpx.Response(status, json=body))
    return task


# Requests


def test_native_sends_the_form_of_001_with_defaults():
    request = native.Text2Video(
        model_name="kling-v1-6",
        mode="pro",
        prompt="一只猫追蝴蝶",
        duration=10,
        camera_control=native.Camera(type="zoom", config=native.CameraConfig(value=-5)),
    )
    assert sent_body(NATIVE.api, request) == {
        "model_name": "kling-v1-6",
        "mode": "pro",
        "prompt": "一只猫追蝴蝶",
        "duration": 10,
        "aspect_ratio": "16:9",
        "cfg_scale": 0.5,
        "camera_control": {"type": "zoom", "config": {"value": -5}},
    }


def test_relay_sends_the_form_of_004():
    request = relay.Text2Video(
        model_name="kling-v1",
        prompt="a cat",
        camera_control=relay.Camera(type="simple", config=relay.CameraConfig(**CAMERA_AXES)),
    )
    assert sent_body(RELAY.api, request) == {
        "model_name": "kling-v1",
        "prompt": "a cat",
        "camera_control": {"type": "simple", "config": CAMERA_AXES},
    }


@EACH_API
def test_urls_are_those_of_the_document(api_case: ApiCase):
    request = api_case.api.submit(
        api_case.request, callback_url="https://studio.example/done", external_task_id="mine-7"
    )
    assert (request.method, str(request.url)) == ("POST", api_case.create)
    body = json.loads(request.content)
    assert (body["callback_url"], body["external_task_id"]) == ("https://studio.example/done", "mine-7")
    query = api_case.api.query(api_case.ref)
    assert (query.method, str(query.url)) == ("GET", api_case.query)


@EACH_API
@pytest.mark.parametrize("task_id", ["a/../b", "a?b#c", "ü%2F", "a&b=c"])
def test_an_id_cannot_change_the_url(api_case: ApiCase, task_id: str):
    query = api_case.api.query(TaskRef(api_case.name, "text2video", task_id))
    assert query.url.raw_path.count(b"/") == api_case.create_path.count("/") + 1
    assert query.url.path == f"{api_case.create_path}/{task_id}"
    assert not query.url.query


@EACH_API
@pytest.mark.parametrize("task_id", ["", ".", "..", "a b", 7])
def test_an_invalid_external_id_is_refused(api_case: ApiCase, task_id: Any):
    with pytest.raises(InvalidRequest, match="external_task_id"):
        api_case.api.submit(api_case.request, external_task_id=task_id)


@EACH_API
def test_a_job_is_sent_unchanged(api_case: ApiCase):
    """Jobs allow values beyond documented limits, and models and fields of the official API."""
    long = "x" * (max_length("kling-v1") + 1)
    job = relay.Job("kling-v2-6", {"prompt": long, "sound": "on", "duration": "5"})
    assert sent_body(api_case.api, job) == {"model_name": "kling-v2-6", "prompt": long, "sound": "on", "duration": "5"}


@EACH_API
@pytest.mark.parametrize("extra", [{"model_name": "x"}, {"prompt": "y"}, {"callback_url": "z"}])
def test_extra_fields_replace_nothing(api_case: ApiCase, extra: dict[str, Any]):
    with pytest.raises(InvalidRequest, match="extra"):
        api_case.api.submit(api_case.request, callback_url="https://studio.example", extra=extra)


def test_each_api_takes_its_own_requests():
    for api_case, request in [(NATIVE, RELAY.request), (RELAY, NATIVE.request), (NATIVE, {"prompt": "x"})]:
        with pytest.raises(InvalidRequest, match=rf"a type of klingkit\.{api_case.name}"):
            api_case.api.submit(request)


def native_request_with(**invalid_fields: Any) -> native.Text2Video:
    return native.Text2Video(**{"model_name": "kling-v1-6", "mode": "pro", "prompt": "x", **invalid_fields})


def relay_request_with(**invalid_fields: Any) -> relay.Text2Video:
    return relay.Text2Video(**{"model_name": "kling-v1", "prompt": "x", **invalid_fields})


NATIVE_MAX_PROMPT, RELAY_MAX_PROMPT = max_length("kling-v2-1"), max_length("kling-v1")
INVALID_REQUESTS = [
    (lambda: native_request_with(prompt="x" * (NATIVE_MAX_PROMPT + 1)), "prompt", f"{NATIVE_MAX_PROMPT}"),
    (lambda: native_request_with(camera_control={"type": "zoom"}), "camera_control", "zoom"),
    (lambda: relay_request_with(prompt="x" * (RELAY_MAX_PROMPT + 1)), "prompt", f"{RELAY_MAX_PROMPT}"),
    (lambda: relay.CameraConfig(**{**CAMERA_AXES, "zoom": 1.5}), "zoom", "1.5"),  # type: ignore[arg-type]  # invalid on purpose
]


@pytest.mark.parametrize(("make", "field", "limit_or_value"), INVALID_REQUESTS)
def test_an_error_of_invalid_input_names_field_and_limit_or_value(make, field: str, limit_or_value: str):
    with pytest.raises(ValueError, match=field) as caught:
        make()
    assert limit_or_value in str(caught.value)


# The official dialect


def official_adapter(api_case: ApiCase) -> Any:
    return api_case.make(API_KEY, f"http://{api_case.name}.test", dialect="official")


def test_the_official_wire_format_has_durations_as_strings():
    request = native.Text2Video(model_name="kling-v1-6", mode="std", prompt="x", duration=10, cfg_scale=0.7)
    body = sent_body(official_adapter(NATIVE), request)
    assert (body["duration"], body["cfg_scale"]) == ("10", 0.7)
    assert "duration" not in sent_body(official_adapter(RELAY), RELAY.request)


def test_the_official_wire_format_omits_cfg_scale_for_v2():
    """Document 001 has a default of cfg_scale, which is sent; the official host refuses the field for v2 models."""
    assert "cfg_scale" not in sent_body(
        official_adapter(NATIVE), native.Text2Video(model_name="kling-v2-1", mode="std", prompt="x")
    )
    assert sent_body(official_adapter(NATIVE), NATIVE.request)["cfg_scale"] == 0.5


@pytest.mark.parametrize(
    "camera_type", ["simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward"]
)
def test_the_official_wire_format_has_a_camera_config_only_with_simple(camera_type: str):
    camera = relay.Camera(type=camera_type, config=relay.CameraConfig(**CAMERA_AXES))
    request = relay.Text2Video(model_name="kling-v1", prompt="x", camera_control=camera)
    expected = {"type": "simple", "config": CAMERA_AXES} if camera_type == "simple" else {"type": camera_type}
    assert sent_body(official_adapter(RELAY), request)["camera_control"] == expected


def test_the_official_wire_format_refuses_unknown_cameras():
    camera = native.Camera(type="zoom", config=native.CameraConfig(value=-5))
    request = native.Text2Video(model_name="kling-v1-6", mode="pro", prompt="x", camera_control=camera)
    with pytest.raises(InvalidRequest, match=r"camera_control\.type.*simple.*'zoom'"):
        official_adapter(NATIVE).submit(request)
    assert sent_body(NATIVE.api, request)["camera_control"]["type"] == "zoom"


def test_an_unknown_wire_format_is_refused():
    with pytest.raises(ConfigurationError, match="dialect: 'document' or 'official', not 'offical'"):
        Native(API_KEY, "http://native.test", dialect="offical")  # type: ignore[arg-type]  # invalid on purpose


@pytest.mark.parametrize(
    ("host", "options", "dialect"),
    [
        ("https://api-singapore.klingai.com", {}, "official"),
        ("https://api.klingai.com/", {}, "official"),
        ("https://klingai.com.gateway.example", {}, "document"),
        ("https://notklingai.com", {}, "document"),
        ("https://api-beijing.klingai.com", {"dialect": "document"}, "document"),
        ("https://gateway.example", {"dialect": "official"}, "official"),
    ],
)
def test_the_host_decides_on_the_dialect_unless_it_is_given(host: str, options: Any, dialect: str):
    api = Native(API_KEY, host, **options)
    assert api.dialect == dialect
    body = json.loads(api.submit(NATIVE.request).content)
    assert isinstance(body["duration"], str) is (dialect == "official")
