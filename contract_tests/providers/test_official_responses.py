"""Tests of the responses of native and relay in every shape in use."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE, RELAY, ApiCase, relay_response
from klingkit import (
    AuthenticationError,
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
)

EACH_API = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])


def read(api_case: ApiCase, body: object, status: int = 200) -> Task:
    """Read the task of a response body."""
    task_id = api_case.api.task_id(body) or "a"
    task: Task = api_case.api.read_task(
        TaskRef(api_case.name, "text2video", task_id), httpx.Response(status, json=body)
    )
    return task


OFFICIAL_RESULT = {
    "videos": [{"id": "v1", "url": "https://media.test/1.mp4", "duration": "5.042", "watermark_url": ""}]
}
OFFICIAL_RECORD = {
    "task_id": "a",
    "task_status": "succeed",
    "task_result": OFFICIAL_RESULT,
    "created_at": 1727338013,
    "updated_at": 1,
}
BODY_BY_SHAPE: dict[str, object] = {
    "flat": OFFICIAL_RECORD,
    "enveloped": {"code": 0, "message": "SUCCEED", "request_id": "r", "data": OFFICIAL_RECORD},
    "code as a string": {"code": "0", "data": OFFICIAL_RECORD},
    "code as a word": {"code": "success", "data": OFFICIAL_RECORD},
    "a gateway's flat object": {
        "task_id": "a",
        "status": "completed",
        "url": "https://media.test/1.mp4",
        "format": "mp4",
    },
    "a relay's own wrapping": {
        "code": "success",
        "data": {"task_id": "a", "status": "SUCCESS", "progress": "100%", "data": OFFICIAL_RECORD},
    },
    "the official envelope within a relay's": {
        "code": "success",
        "data": {"task_id": "a", "status": "SUCCESS", "data": {"code": 0, "data": OFFICIAL_RECORD}},
    },
}


@EACH_API
@pytest.mark.parametrize("shape", BODY_BY_SHAPE)
def test_every_shape_gives_the_same_task(api_case: ApiCase, shape: str):
    task = read(api_case, BODY_BY_SHAPE[shape])
    assert task.status == "succeeded"
    assert [video.url for video in task.videos] == ["https://media.test/1.mp4"]
    assert task.raw == BODY_BY_SHAPE[shape]
    assert api_case.api.read_submission(httpx.Response(200, json=BODY_BY_SHAPE[shape])).id == "a"


@EACH_API
@pytest.mark.parametrize("state", ["success", "completed", "succeed", "succeeded", "SUCCESS", "Completed"])
def test_several_states_mean_success(api_case: ApiCase, state: str):
    assert read(api_case, {**OFFICIAL_RECORD, "task_status": state}).videos


@EACH_API
@pytest.mark.parametrize(
    ("state", "status"),
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
def test_no_video_before_success(api_case: ApiCase, state: str, status: str):
    task = read(api_case, {**OFFICIAL_RECORD, "task_status": state})
    assert (task.status, task.vendor_status, task.videos) == (status, state, ())


@EACH_API
def test_numbers_may_be_strings_and_times_milliseconds(api_case: ApiCase):
    created = datetime(2024, 9, 26, 8, 6, 53, tzinfo=UTC)
    for timestamp in (1727338013, 1727338013000, "1727338013", "1727338013000"):
        assert read(api_case, {**OFFICIAL_RECORD, "created_at": timestamp}).created == created
    assert read(api_case, OFFICIAL_RECORD).videos == (Video("https://media.test/1.mp4", "v1", 5.042),)
    assert read(api_case, {"task_id": "a", "status": "IN_PROGRESS", "progress": "50%"}).progress == 0.5


@EACH_API
def test_an_ended_task_was_completed_when_it_last_changed(api_case: ApiCase):
    assert read(api_case, {**OFFICIAL_RECORD, "updated_at": 1727338113674}).completed is not None
    assert read(api_case, {**OFFICIAL_RECORD, "task_status": "processing"}).completed is None


REASON_FIELDS = [
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


@EACH_API
@pytest.mark.parametrize("reason", REASON_FIELDS)
def test_the_reason_of_a_failure_is_read_from_all_places(api_case: ApiCase, reason: dict[str, Any]):
    for body in (
        {"task_id": "a", "status": "FAILURE", **reason},
        {"code": 0, "data": {"task_id": "a", "status": "failed", **reason}},
    ):
        assert read(api_case, body).failure == Failure(None, "no cats")


@EACH_API
def test_a_failure_may_have_a_code_or_nothing(api_case: ApiCase):
    body = {"task_id": "a", "status": "failed", "error": {"code": 1301, "message": "policy"}}
    assert read(api_case, body).failure == Failure(1301, "policy", retryable=False, content_refused=True)
    assert read(api_case, {"task_id": "a", "status": "failed", "error": {"code": [1]}}).failure is not None
    assert read(api_case, {"task_id": "a", "status": "failed"}).failure == Failure()


@EACH_API
def test_the_envelope_of_a_callback_may_have_the_reason(api_case: ApiCase):
    body = {"code": 1301, "message": "risk", "data": {"task_id": "a", "task_status": "failed"}}
    ref = TaskRef(api_case.name, "text2video", "a")
    assert api_case.api.task(ref, body).failure == Failure(1301, "risk", retryable=False, content_refused=True)


@EACH_API
def test_a_task_in_an_error_response_is_not_believed(api_case: ApiCase):
    """An error of a gateway is not a failure of the task, and must not lead to another payment."""
    for status, body in [
        (503, {"code": 5001, "task_id": "a", "status": "failed"}),
        (500, {"code": 0, "data": {"task_id": "a", "task_status": "failed"}}),
        (200, {"code": 5000, "data": {"task_id": "a", "task_status": "failed"}}),
    ]:
        with pytest.raises(ServerError):
            read(api_case, body, status)
    with pytest.raises(NotFound):
        read(api_case, {"code": "task_not_exist", "task_id": "a", "status": "error"}, 404)


@EACH_API
@pytest.mark.parametrize("task_id", [True, False, ["x"], {"x": 1}, 1.5, 8.142378836866254e17, "a b", ".."])
@pytest.mark.parametrize("status", [200, 400])
def test_an_unusable_id_is_uncertain(api_case: ApiCase, task_id: object, status: int):
    with pytest.raises(UnreadableSubmission):
        api_case.api.read_submission(relay_response({"task_id": task_id, "task_status": "submitted"}, status=status))


@EACH_API
def test_the_second_official_generation_is_read(api_case: ApiCase):
    body = {"code": 0, "data": {"id": "x", "status": "submitted", "create_time": 1781080778802}}
    assert api_case.api.read_submission(httpx.Response(200, json=body)).id == "x"
    assert read(api_case, body).status == "queued"
    assert read(api_case, {"id": "x", "status": "failed", "message": "too dark"}).failure == Failure(None, "too dark")


@EACH_API
def test_an_ended_task_states_its_cost(api_case: ApiCase):
    assert str(read(api_case, {"data": OFFICIAL_RECORD | {"final_unit_deduction": "3.50"}}).cost) == "3.50 units"
    assert read(api_case, {"data": OFFICIAL_RECORD}).cost is None
    running = {"task_id": "a", "task_status": "processing", "final_unit_deduction": "3.5"}
    assert read(api_case, {"data": running}).cost is None


@EACH_API
def test_odd_states_and_zero_progress_are_read(api_case: ApiCase):
    assert read(api_case, {"task_id": "a", "status": 99, "progress": 0}).status == "running"
    assert read(api_case, {"task_id": "a", "status": "x", "progress": 0}).progress == 0.0


@EACH_API
@pytest.mark.parametrize("result", [None, [], "x", {"videos": None}, {"videos": [None, {}, {"url": ""}, {"url": [1]}]}])
def test_a_success_without_a_video_has_none(api_case: ApiCase, result: object):
    assert read(api_case, {**OFFICIAL_RECORD, "task_result": result}).videos == ()


@EACH_API
@pytest.mark.parametrize(
    "body",
    [
        *({}, {"code": 0, "data": None}, {"task_id": "a"}, {"status": "success", "data": None}),
        *({"status": "error", "message": "bad gateway"}, {"data": {"status": True}}, {"status": [1], "task_id": "a"}),
    ],
)
def test_success_without_a_record_is_malformed(api_case: ApiCase, body: object):
    with pytest.raises(MalformedResponse, match="no record"):
        read(api_case, body)


@EACH_API
@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"<html>", b"\xff"])
@pytest.mark.parametrize(
    ("status", "error"),
    [
        *[(200, MalformedResponse), (455, MalformedResponse), (400, NotFound), (422, NotFound)],
        *[(401, AuthenticationError), (402, InsufficientCredit), (429, RateLimited), (502, ServerError)],
    ],
)
def test_an_unreadable_response_is_the_error_of_its_status(
    api_case: ApiCase, body: bytes, status: int, error: type[Exception]
):
    with pytest.raises(KlingkitError) as caught:
        api_case.api.read_task(api_case.ref, httpx.Response(status, content=body))
    assert type(caught.value) is error


OTHER_TASKS: dict[str, tuple[object, str]] = {
    "flat": ({**OFFICIAL_RECORD, "task_id": "b"}, "b"),
    "enveloped": ({"code": 0, "data": {**OFFICIAL_RECORD, "task_id": "b", "task_info": {}}}, "b"),
    "with somebody's own id": ({**OFFICIAL_RECORD, "task_id": "b", "task_info": {"external_task_id": "order/8"}}, "b"),
    "the second generation": ({"id": "b", "status": "succeeded", "url": "https://media.test/1.mp4"}, "b"),
    "wrapped": (
        {"data": {"task_id": "task_b", "status": "SUCCESS", "data": {**OFFICIAL_RECORD, "task_id": "b"}}},
        "task_b",
    ),
}
"""Records of a task that was not queried, and the id that the error names."""


@EACH_API
@pytest.mark.parametrize("place", OTHER_TASKS)
def test_the_record_of_another_task_is_malformed(api_case: ApiCase, place: str):
    body, name = OTHER_TASKS[place]
    ref = TaskRef(api_case.name, "text2video", "a")
    with pytest.raises(MalformedResponse, match=f"another task, '{name}'") as caught:
        api_case.api.read_task(ref, httpx.Response(200, json=body))
    assert caught.value.ref == ref


SAME_TASK: dict[str, object] = {
    "the id": {**OFFICIAL_RECORD, "task_id": "order/7"},
    "the id as a number": {**OFFICIAL_RECORD, "task_id": 7},
    "our own id": {**OFFICIAL_RECORD, "task_info": {"external_task_id": "order/7"}},
    "our own id, flat": {**OFFICIAL_RECORD, "external_task_id": "order/7"},
    "the vendor's within a relay's": {
        "data": {"task_id": "task_b", "status": "SUCCESS", "data": {**OFFICIAL_RECORD, "task_id": "order/7"}}
    },
    "the second generation's": {"id": "order/7", "status": "failed"},
    "our own within a relay's": {
        "data": {"task_id": "task_b", "status": "x", "data": {"data": {"task_info": {"external_task_id": "order/7"}}}}
    },
}


@EACH_API
@pytest.mark.parametrize("place", SAME_TASK)
def test_a_task_matches_by_any_of_its_ids(api_case: ApiCase, place: str):
    """Relays add their ids to the vendor's, and a query may use an external id."""
    ref = TaskRef(api_case.name, "text2video", "7" if "number" in place else "order/7")
    assert api_case.api.read_task(ref, httpx.Response(200, json=SAME_TASK[place])).ref == ref


ERROR_BODIES: dict[str, tuple[dict[str, Any], int | str, str | None]] = {
    "an error object": ({"error": {"message": "无效的令牌", "code": "invalid_token"}}, "invalid_token", "无效的令牌"),
    "its other name": ({"error": {"msg": "no", "code": ""}}, 401, "no"),
    "a number in it": ({"error": {"message": "old", "code": "1004"}}, 1004, "old"),
    "an error text": ({"error": "no such key"}, 401, "no such key"),
    "a detail": ({"detail": "Unauthorized"}, 401, "Unauthorized"),
    "details": ({"detail": [{"msg": "bad"}]}, 401, '[{"msg": "bad"}]'),
    "the envelope first": ({"code": 1000, "message": "no", "error": {"message": "x", "code": "y"}}, 1000, "no"),
    "nothing": ({"error": {"code": [1]}, "detail": None}, 401, None),
    "no text": ({"error": True}, 401, None),
}


@EACH_API
@pytest.mark.parametrize("place", ERROR_BODIES)
def test_code_and_message_are_read_from_all_places(api_case: ApiCase, place: str):
    body, code, message = ERROR_BODIES[place]
    response = httpx.Response(401, json=body)
    for read_response in (
        api_case.api.read_submission,
        lambda response: api_case.api.read_task(api_case.ref, response),
    ):
        with pytest.raises(AuthenticationError) as caught:
            read_response(response)
        assert (caught.value.code, caught.value.vendor_message) == (code, message)
        assert f"code {code}: {message or 'without a reason'}" in str(caught.value)


@EACH_API
def test_a_nested_code_decides_the_error_and_the_status_whether_it_is_certain(api_case: ApiCase):
    def error_of(status: int, code: int) -> type[Exception]:
        with pytest.raises(KlingkitError) as caught:
            api_case.api.read_submission(httpx.Response(status, json={"error": {"code": code}}))
        return type(caught.value)

    assert error_of(429, 1102) is InsufficientCredit
    assert error_of(429, 777) is RateLimited
    assert error_of(503, 1102) is error_of(408, 1102) is SubmissionUncertain
    assert error_of(200, 1102) is UnreadableSubmission
    with pytest.raises(ServerError):
        api_case.api.read_task(api_case.ref, httpx.Response(503, json={"error": {"code": 401}}))


ERROR_BY_STATUS_AND_CODE: dict[tuple[int, int | str], type[KlingkitError]] = {
    (400, 1201): NotFound,
    (422, 422): NotFound,
    (400, "task_not_found"): NotFound,
    (400, "invalid_request"): NotFound,
    (400, "fail_to_get_task"): NotFound,
    (400, 1301): InvalidRequest,
    (429, 1101): InsufficientCredit,
    (429, 1303): SlotsFull,
    (503, 5001): ServerError,
    (404, "task_not_exist"): NotFound,
    (400, "task_not_exist"): NotFound,
    (403, "something_else"): PermissionDenied,
}
"""(HTTP status, code) -> error: 429 has several meanings, and an invalid parameter of a query means an unknown task."""


@EACH_API
@pytest.mark.parametrize(("status", "code"), ERROR_BY_STATUS_AND_CODE)
def test_status_and_code_decide_the_error(api_case: ApiCase, status: int, code: int | str):
    with pytest.raises(ERROR_BY_STATUS_AND_CODE[status, code]) as caught:
        api_case.api.read_task(api_case.ref, relay_response(None, code, "不行", status))
    error = caught.value
    assert (error.code, error.vendor_message, error.http_status, error.request_id) == (code, "不行", status, "r-0001")


@EACH_API
@pytest.mark.parametrize(
    ("status", "code"),
    [
        *[(504, 5002), (200, 5000), (200, 777), (200, "odd"), (429, 5000), (408, 1200), (502, 0)],
        *[(400, "upstream_timeout"), (403, "InternalError")],
    ],
)
def test_other_codes_are_uncertain(api_case: ApiCase, status: int, code: int | str):
    with pytest.raises(SubmissionUncertain):
        api_case.api.read_submission(relay_response(None, code, "?", status))


@EACH_API
def test_ids_stay_strings(api_case: ApiCase):
    assert api_case.api.read_submission(
        relay_response({"task_id": 912345678901234567, "task_status": "submitted"})
    ).id == ("912345678901234567")
