"""The native and relay adapters: requests as the documents have them, answers in every shape that is in use."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE, OFFICIAL_CODES, RELAY, Speech, relay_answer
from contract_tests.support.kie import KEY
from klingkit import (
    AuthenticationError,
    ConfigurationError,
    Failure,
    InsufficientCredit,
    InvalidRequest,
    KlingkitError,
    MalformedResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SlotsFull,
    SubmissionUncertain,
    Task,
    TaskRef,
    UnreadableSubmission,
    Video,
    native,
    relay,
)
from klingkit.native import Native
from klingkit.relay import Relay

BOTH = pytest.mark.parametrize("speech", [NATIVE, RELAY], ids=["native", "relay"])

AXES = {"horizontal": 0, "vertical": 0, "pan": 3, "tilt": 0, "roll": 0, "zoom": 0}


def sent(api: Any, request: Any, **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(api.submit(request, **options).content)
    return body


def read(speech: Speech, body: object, status: int = 200) -> Task:
    task: Task = speech.api.read(speech.ref, httpx.Response(status, json=body))
    return task


# Requests


def test_native_sends_what_001_says_defaults_included():
    request = native.Text2Video(
        model_name="kling-v1-6",
        mode="pro",
        prompt="一只猫追蝴蝶",
        duration=10,
        camera_control=native.Camera(type="zoom", config=native.CameraConfig(value=-5)),
    )
    assert sent(NATIVE.api, request) == {
        "model_name": "kling-v1-6",
        "mode": "pro",
        "prompt": "一只猫追蝴蝶",
        "duration": 10,
        "aspect_ratio": "16:9",
        "cfg_scale": 0.5,
        "camera_control": {"type": "zoom", "config": {"value": -5}},
    }


def test_relay_sends_what_004_says_and_no_more():
    request = relay.Text2Video(
        model_name="kling-v1",
        prompt="a cat",
        camera_control=relay.Camera(type="simple", config=relay.CameraConfig(**AXES)),
    )
    assert sent(RELAY.api, request) == {
        "model_name": "kling-v1",
        "prompt": "a cat",
        "camera_control": {"type": "simple", "config": AXES},
    }


@BOTH
def test_asks_where_the_document_says(speech: Speech):
    request = speech.api.submit(speech.request, callback_url="https://studio.example/done", external_task_id="mine-7")
    assert (request.method, str(request.url)) == ("POST", speech.create)
    body = json.loads(request.content)
    assert (body["callback_url"], body["external_task_id"]) == ("https://studio.example/done", "mine-7")
    query = speech.api.query(speech.ref)
    assert (query.method, str(query.url)) == ("GET", speech.query)


@BOTH
@pytest.mark.parametrize("task_id", ["a/../b", "a?b#c", "ü%2F", "a&b=c"])
def test_an_id_cannot_change_the_address(speech: Speech, task_id: str):
    query = speech.api.query(TaskRef(speech.name, "text2video", task_id))
    assert query.url.raw_path.count(b"/") == speech.create_path.count("/") + 1
    assert query.url.path == f"{speech.create_path}/{task_id}"
    assert not query.url.query


@BOTH
@pytest.mark.parametrize("task_id", ["", ".", "..", "a b", 7])
def test_an_external_id_is_one_that_can_be_asked_for(speech: Speech, task_id: Any):
    with pytest.raises(InvalidRequest, match="external_task_id"):
        speech.api.submit(speech.request, external_task_id=task_id)


@BOTH
def test_a_job_is_sent_as_it_is(speech: Speech):
    """It is the way past the relay's 500 characters, and to models and fields of the official API."""
    job = relay.Job("kling-v2-6", {"prompt": "x" * 2500, "sound": "on", "duration": "5"})
    assert sent(speech.api, job) == {"model_name": "kling-v2-6", "prompt": "x" * 2500, "sound": "on", "duration": "5"}


@BOTH
@pytest.mark.parametrize("extra", [{"model_name": "x"}, {"prompt": "y"}, {"callback_url": "z"}])
def test_extra_fields_replace_nothing(speech: Speech, extra: dict[str, Any]):
    with pytest.raises(InvalidRequest, match="extra"):
        speech.api.submit(speech.request, callback_url="https://studio.example", extra=extra)


def test_each_api_takes_its_own_requests():
    for speech, request in [(NATIVE, RELAY.request), (RELAY, NATIVE.request), (NATIVE, {"prompt": "x"})]:
        with pytest.raises(InvalidRequest, match=rf"one that klingkit\.{speech.name} offers"):
            speech.api.submit(request)


def native_with(**wrong: Any) -> native.Text2Video:
    return native.Text2Video(**{"model_name": "kling-v1-6", "mode": "pro", "prompt": "x", **wrong})


def relay_with(**wrong: Any) -> relay.Text2Video:
    return relay.Text2Video(**{"model_name": "kling-v1", "prompt": "x", **wrong})


BAD = [
    (lambda: native_with(prompt="x" * 2501), "prompt", "2500"),
    (lambda: native_with(prompt=None), "prompt", "None"),
    (lambda: native_with(duration=7), "duration", "7"),
    (lambda: native_with(cfg_scale=1.5), "cfg_scale", "1.5"),
    (lambda: native_with(aspect_ratio="21:9"), "aspect_ratio", "21:9"),
    (lambda: native_with(model_name="kling-v9"), "model_name", "kling-v9"),
    (lambda: native_with(mode="fast"), "mode", "fast"),
    (lambda: native_with(camera_control={"type": "zoom"}), "camera_control", "zoom"),
    (lambda: relay_with(prompt="x" * 501), "prompt", "500"),
    (lambda: relay_with(negative_prompt="x" * 201), "negative_prompt", "200"),
    (lambda: relay_with(aspect_ratio="4:3"), "aspect_ratio", "4:3"),
    (lambda: relay.CameraConfig(**{**AXES, "zoom": 1.5}), "zoom", "1.5"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "field", "named"), BAD)
def test_bad_input_names_field_and_limit_or_value(make, field: str, named: str):
    with pytest.raises(ValueError, match=field) as caught:
        make()
    assert named in str(caught.value)


# The official wire


def official(speech: Speech) -> Any:
    return speech.make(KEY, f"http://{speech.name}.test", wire="official")


def test_the_official_wire_has_durations_as_strings():
    request = native.Text2Video(model_name="kling-v1-6", mode="std", prompt="x", duration=10, cfg_scale=0.7)
    body = sent(official(NATIVE), request)
    assert (body["duration"], body["cfg_scale"]) == ("10", 0.7)
    assert "duration" not in sent(official(RELAY), RELAY.request)


def test_the_official_wire_leaves_out_what_v2_does_not_know():
    """001's default of cfg_scale is sent by the document; the official host refuses it from v2 models."""
    assert "cfg_scale" not in sent(official(NATIVE), native.Text2Video(model_name="kling-v2-1", mode="std", prompt="x"))
    assert sent(official(NATIVE), NATIVE.request)["cfg_scale"] == 0.5


@pytest.mark.parametrize("move", ["simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward"])
def test_the_official_wire_has_a_config_with_simple_alone(move: str):
    camera = relay.Camera(type=move, config=relay.CameraConfig(**AXES))
    request = relay.Text2Video(model_name="kling-v1", prompt="x", camera_control=camera)
    expected = {"type": "simple", "config": AXES} if move == "simple" else {"type": move}
    assert sent(official(RELAY), request)["camera_control"] == expected


def test_the_official_wire_refuses_a_camera_whose_meaning_would_be_lost():
    camera = native.Camera(type="zoom", config=native.CameraConfig(value=-5))
    request = native.Text2Video(model_name="kling-v1-6", mode="pro", prompt="x", camera_control=camera)
    with pytest.raises(InvalidRequest, match=r"camera_control\.type.*simple.*'zoom'"):
        official(NATIVE).submit(request)
    assert sent(NATIVE.api, request)["camera_control"]["type"] == "zoom"


def test_there_are_two_wires():
    with pytest.raises(ConfigurationError, match="wire: 'document' or 'official', not 'offical'"):
        Native(KEY, "http://native.test", wire="offical")  # type: ignore[arg-type]


# Answers, in every shape of the field

RESULT = {"videos": [{"id": "v1", "url": "https://media.test/1.mp4", "duration": "5.042", "watermark_url": ""}]}
OFFICIAL = {"task_id": "a", "task_status": "succeed", "task_result": RESULT, "created_at": 1727338013, "updated_at": 1}
SHAPES: dict[str, object] = {
    "flat": OFFICIAL,
    "enveloped": {"code": 0, "message": "SUCCEED", "request_id": "r", "data": OFFICIAL},
    "code as a string": {"code": "0", "data": OFFICIAL},
    "code as a word": {"code": "success", "data": OFFICIAL},
    "a gateway's flat object": {
        "task_id": "a",
        "status": "completed",
        "url": "https://media.test/1.mp4",
        "format": "mp4",
    },
    "a relay's own wrapping": {
        "code": "success",
        "data": {"task_id": "a", "status": "SUCCESS", "progress": "100%", "data": OFFICIAL},
    },
    "the official envelope within a relay's": {
        "code": "success",
        "data": {"task_id": "a", "status": "SUCCESS", "data": {"code": 0, "data": OFFICIAL}},
    },
}


@BOTH
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_task(speech: Speech, shape: str):
    task = read(speech, SHAPES[shape])
    assert task.status == "succeeded"
    assert [video.url for video in task.videos] == ["https://media.test/1.mp4"]
    assert task.raw == SHAPES[shape]
    assert speech.api.submitted(httpx.Response(200, json=SHAPES[shape])).id == "a"


@BOTH
@pytest.mark.parametrize("word", ["success", "completed", "succeed", "succeeded", "SUCCESS", "Completed"])
def test_success_is_said_in_five_words(speech: Speech, word: str):
    assert read(speech, {**OFFICIAL, "task_status": word}).videos


@BOTH
@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("submitted", "queued"),
        ("NOT_START", "queued"),
        ("QUEUED", "queued"),
        ("processing", "running"),
        ("IN_PROGRESS", "running"),
        ("pondering", "running"),
        ("FAILURE", "failed"),
    ],
)
def test_no_video_before_success(speech: Speech, word: str, status: str):
    task = read(speech, {**OFFICIAL, "task_status": word})
    assert (task.status, task.vendor_status, task.videos) == (status, word, ())


@BOTH
def test_numbers_may_be_strings_and_seconds_milliseconds(speech: Speech):
    created = datetime(2024, 9, 26, 8, 6, 53, tzinfo=UTC)
    for stamp in (1727338013, 1727338013000, "1727338013", "1727338013000"):
        assert read(speech, {**OFFICIAL, "created_at": stamp}).created == created
    assert read(speech, OFFICIAL).videos == (Video("https://media.test/1.mp4", "v1", 5.042),)
    assert read(speech, {"task_id": "a", "status": "IN_PROGRESS", "progress": "50%"}).progress == 0.5


@BOTH
def test_an_ended_task_was_completed_when_it_last_changed(speech: Speech):
    assert read(speech, {**OFFICIAL, "updated_at": 1727338113674}).completed is not None
    assert read(speech, {**OFFICIAL, "task_status": "processing"}).completed is None


REASONS = [
    {"task_status_msg": "no cats"},
    {"fail_reason": "no cats"},
    {"error": "no cats"},
    {"error": {"message": "no cats"}},
    {"data": {"task_status_msg": "no cats"}},
    {"data": {"data": {"task_status_msg": "no cats"}}},
    {"error": {"msg": "no cats"}},
    {"message": "no cats"},
    {"msg": "no cats"},
]


@BOTH
@pytest.mark.parametrize("reason", REASONS)
def test_the_reason_of_a_failure_is_found_wherever_it_is(speech: Speech, reason: dict[str, Any]):
    for body in (
        {"task_id": "a", "status": "FAILURE", **reason},
        {"code": 0, "data": {"task_id": "a", "status": "failed", **reason}},
    ):
        assert read(speech, body).failure == Failure(None, "no cats")


@BOTH
def test_a_failure_may_have_a_code_or_nothing(speech: Speech):
    body = {"task_id": "a", "status": "failed", "error": {"code": 1301, "message": "policy"}}
    assert read(speech, body).failure == Failure(1301, "policy")
    assert read(speech, {"task_id": "a", "status": "failed", "error": {"code": [1]}}).failure is not None
    assert read(speech, {"task_id": "a", "status": "failed"}).failure == Failure()


@BOTH
def test_the_envelope_of_a_callback_may_tell_the_reason(speech: Speech):
    body = {"code": 1301, "message": "risk", "data": {"task_id": "a", "task_status": "failed"}}
    assert speech.api.task(speech.ref, body).failure == Failure(1301, "risk")


@BOTH
def test_what_an_error_says_of_a_task_is_not_believed(speech: Speech):
    """A gateway's trouble is no failure of the task: whoever believed it would pay again."""
    for status, body in [
        (503, {"code": 5001, "task_id": "a", "status": "failed"}),
        (500, {"code": 0, "data": {"task_id": "a", "task_status": "failed"}}),
        (200, {"code": 5000, "data": {"task_id": "a", "task_status": "failed"}}),
    ]:
        with pytest.raises(ServerError):
            read(speech, body, status)
    with pytest.raises(NotFound):
        read(speech, {"code": "task_not_exist", "task_id": "a", "status": "error"}, 404)


@BOTH
@pytest.mark.parametrize("task_id", [True, False, ["x"], {"x": 1}, 1.5, 8.142378836866254e17, "a b", ".."])
@pytest.mark.parametrize("status", [200, 400])
def test_an_id_that_cannot_be_used_is_uncertain(speech: Speech, task_id: object, status: int):
    with pytest.raises(UnreadableSubmission):
        speech.api.submitted(relay_answer({"task_id": task_id, "task_status": "submitted"}, status=status))


@BOTH
def test_the_newer_official_generation_is_read(speech: Speech):
    body = {"code": 0, "data": {"id": "x", "status": "submitted", "create_time": 1781080778802}}
    assert speech.api.submitted(httpx.Response(200, json=body)).id == "x"
    assert read(speech, body).status == "queued"
    assert read(speech, {"id": "x", "status": "failed", "message": "too dark"}).failure == Failure(None, "too dark")


@BOTH
def test_odd_states_and_zeros_are_read(speech: Speech):
    assert read(speech, {"task_id": "a", "status": 99, "progress": 0}).status == "running"
    assert read(speech, {"task_id": "a", "status": "x", "progress": 0}).progress == 0.0


@BOTH
@pytest.mark.parametrize("result", [None, [], "x", {"videos": None}, {"videos": [None, {}, {"url": ""}, {"url": [1]}]}])
def test_a_success_without_a_video_has_none(speech: Speech, result: object):
    assert read(speech, {**OFFICIAL, "task_result": result}).videos == ()


@BOTH
@pytest.mark.parametrize(
    "body", [{}, {"code": 0, "data": None}, {"task_id": "a"}, {"code": 0, "data": {"status": "failed"}}]
)
def test_success_without_a_record_is_malformed(speech: Speech, body: object):
    with pytest.raises(MalformedResponse, match="no record"):
        read(speech, body)


@BOTH
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b"\xff"])
@pytest.mark.parametrize("status", [200, 401, 404, 502])
def test_what_cannot_be_read_is_malformed(speech: Speech, body: bytes, status: int):
    with pytest.raises(MalformedResponse):
        speech.api.read(speech.ref, httpx.Response(status, content=body))


MEANINGS = {
    (400, 1200): InvalidRequest,
    (400, 1301): InvalidRequest,
    (401, 1000): AuthenticationError,
    (401, 1004): AuthenticationError,
    (403, 1103): PermissionDenied,
    (404, 1203): NotFound,
    (429, 1100): PermissionDenied,
    (429, 1101): InsufficientCredit,
    (429, 1102): InsufficientCredit,
    (429, 1302): RateLimited,
    (429, 1303): SlotsFull,
    (429, 1304): PermissionDenied,
    (500, 5000): ServerError,
    (503, 5001): ServerError,
    (404, "task_not_exist"): NotFound,
    (400, "task_not_exist"): NotFound,
    (403, "something_else"): PermissionDenied,
}
"""HTTP status and code: 429 alone says little."""


@BOTH
@pytest.mark.parametrize(("status", "code"), MEANINGS)
def test_the_code_says_what_a_refusal_means(speech: Speech, status: int, code: int | str):
    with pytest.raises(MEANINGS[status, code]) as caught:
        speech.api.read(speech.ref, relay_answer(None, code, "不行", status))
    error = caught.value
    assert (error.code, error.vendor_message, error.http_status, error.request_id) == (code, "不行", status, "r-0001")


@BOTH
@pytest.mark.parametrize("code", [1000, 1101, 1102, 1201, 1203, 1301, 1302, 1303, 1304])
@pytest.mark.parametrize("in_body", [True, False])
def test_an_official_refusal_proves_that_nothing_was_created(speech: Speech, code: int, in_body: bool):
    """A code other than zero may come with HTTP 200."""
    with pytest.raises(KlingkitError) as caught:
        speech.api.submitted(relay_answer(None, code, "no", 200 if in_body else 429))
    assert not isinstance(caught.value, SubmissionUncertain)


@BOTH
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, 5000),
        (503, 5001),
        (504, 5002),
        (200, 5000),
        (200, 777),
        (200, "odd"),
        (429, 5000),
        (408, 1200),
        (502, 0),
        (400, "upstream_timeout"),
        (403, "InternalError"),
    ],
)
def test_anything_else_proves_nothing(speech: Speech, status: int, code: int | str):
    with pytest.raises(SubmissionUncertain):
        speech.api.submitted(relay_answer(None, code, "?", status))


@BOTH
def test_ids_stay_strings(speech: Speech):
    assert speech.api.submitted(relay_answer({"task_id": 912345678901234567, "task_status": "submitted"})).id == (
        "912345678901234567"
    )


def test_the_codes_of_the_data_are_the_official_ones():
    assert set(OFFICIAL_CODES.values()) <= {code for _, code in MEANINGS} | {1002}


# Configuration


@pytest.mark.parametrize(("kind", "prefix"), [(Native, "KLING"), (Relay, "KLING_RELAY")])
def test_the_environment_says_who_and_where(monkeypatch, kind: Any, prefix: str):
    monkeypatch.setenv(f"{prefix}_API_KEY", "from-the-environment")
    monkeypatch.setenv(f"{prefix}_BASE_URL", "https://host.test/")
    assert kind().auth.token() == "from-the-environment"
    assert kind().base_url == "https://host.test"
    monkeypatch.delenv(f"{prefix}_BASE_URL")
    with pytest.raises(ConfigurationError, match=f"{prefix}_BASE_URL"):
        kind()
    monkeypatch.delenv(f"{prefix}_API_KEY")
    with pytest.raises(ConfigurationError, match=f"{prefix}_API_KEY"):
        kind()


def test_a_missing_host_names_both_official_ones(monkeypatch):
    monkeypatch.delenv("KLING_BASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match=r"api-singapore\.klingai\.com.*api-beijing\.klingai\.com"):
        Native(KEY)
