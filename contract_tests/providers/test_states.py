"""Tests that all APIs use one table of the states of a task."""

from typing import Any

import pytest

from contract_tests.support.apis import KIE, RELAY, ApiCase
from contract_tests.support.kie import task_response
from klingkit import Task

STATES_BY_STATUS = {
    "queued": ["submitted", "waiting", "Pending", "IN_QUEUE", "NOT_START"],
    "running": ["processing", "generating", "IN_PROGRESS", "in progress", "running"],
    "succeeded": ["success", "Succeed", "succeeded", "COMPLETED", "done", "finished", "生成成功", "已完成"],
    "failed": [
        *("fail", "Failed", "FAILURE", "error", "expired", "EXPIRED", "cancelled", "canceled", "rejected"),
        *("timeout", "timed-out", "aborted", "Time Out", "canceled_by_user", "user-cancelled", "NSFW"),
        *("content_filtered", "rejected_by_policy", "已取消", "已过期", "超时", "生成失败", "任务失败"),
    ],
}


def read(api_case: ApiCase, state: str, **fields: Any) -> Task:
    response = task_response(state, **fields) if api_case is KIE else api_case.record(state)
    if api_case is not KIE:
        body = response.json()
        (body.get("data") or body).update(fields)
        response = type(response)(200, json=body)
    task: Task = api_case.api.read_task(api_case.ref, response)
    return task


@pytest.mark.parametrize(
    ("status", "state"), [(status, state) for status, states in STATES_BY_STATUS.items() for state in states]
)
def test_a_state_means_the_same_at_every_api(api_case: ApiCase, status: str, state: str):
    task = read(api_case, state)
    assert (task.status, task.vendor_status) == (status, state)


@pytest.mark.parametrize(
    "state",
    [
        *(
            "pending_cancel",
            "no_error",
            "failed_retrying",
            "not_rejected",
            "fail_safe",
            "will_be_cancelled",
            "no_failure",
        ),
        *(
            "nsfw_checking",
            "nsfw_check_passed",
            "filtered_ok",
            "error_recovery",
            "recovering_from_error",
            "queue_blocked",
        ),
        *("interrupted_resuming", "video_expired", "timeout_soon"),
        *("未完成", "提交成功", "待完成", "不成功", "没有完成", "无异常", "未超时", "正在取消"),
    ],
)
def test_a_word_that_only_contains_one_for_an_end_is_unknown(api_case: ApiCase, state: str):
    assert read(api_case, state).status == "running"


def test_an_incomplete_response_with_its_reason_is_a_failure():
    task = read(RELAY, "incomplete", incomplete_details={"reason": "content_filter"})
    assert task.failure is not None
    assert (task.failure.message, task.failure.content_refused) == ("content_filter", True)
    assert read(RELAY, "incomplete").status == "running"


@pytest.mark.parametrize("state", ["ok", "ready", "Partial-Success"])
def test_a_word_that_something_is_there_is_a_success_beside_a_video(state: str):
    assert read(RELAY, state, video_url="https://c.example/a.mp4").status == "succeeded"
    assert read(RELAY, state).status == "running"


@pytest.mark.parametrize(
    "fields", [{"error": {"code": "x", "message": "no cats"}}, {"error": "no cats"}, {"failMsg": "no cats"}]
)
def test_an_unknown_state_beside_a_reason_is_a_failure(api_case: ApiCase, fields: dict[str, Any]):
    task = read(api_case, "zapped", **fields)
    assert task.status == "failed"
    assert task.failure is not None
    assert task.failure.message == "no cats"
    assert read(api_case, "generating", **fields).status == "running"


@pytest.mark.parametrize(
    "fields",
    [
        *({"error": None}, {"error": {}}, {"error": {"code": 0, "message": "success"}}, {"error": "none"}),
        *(
            {"failMsg": ""},
            {"failCode": "200"},
            {"fail_reason": "https://c.example/a.mp4"},
            {"message": "third in line"},
        ),
        {"task_status_msg": "third in line"},
    ],
)
def test_an_unknown_state_without_a_reason_is_running(api_case: ApiCase, fields: dict[str, Any]):
    """A task that is wrongly taken for failed may be paid for twice."""
    assert read(api_case, "pondering", **fields).status == "running"
