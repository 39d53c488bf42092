"""One table of words for the state of a task, for all APIs."""

from typing import Any

import pytest

from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.kie import task_response
from klingkit import Task

WORDS = {
    "queued": ["submitted", "waiting", "Pending", "IN_QUEUE", "NOT_START"],
    "running": ["processing", "generating", "IN_PROGRESS", "in progress", "running"],
    "succeeded": ["success", "Succeed", "succeeded", "COMPLETED", "done", "finished"],
    "failed": [
        *("fail", "Failed", "FAILURE", "error", "expired", "EXPIRED", "cancelled", "canceled", "rejected"),
        *("timeout", "timed-out", "aborted", "Time Out"),
    ],
}


def read(api_case: ApiCase, word: str, **fields: Any) -> Task:
    response = task_response(word, **fields) if api_case is KIE else api_case.record(word)
    if api_case is not KIE:
        body = response.json()
        (body.get("data") or body).update(fields)
        response = type(response)(200, json=body)
    task: Task = api_case.api.read_task(api_case.ref, response)
    return task


@pytest.mark.parametrize(("status", "word"), [(status, word) for status, words in WORDS.items() for word in words])
def test_a_word_means_the_same_at_every_api(api_case: ApiCase, status: str, word: str):
    task = read(api_case, word)
    assert (task.status, task.vendor_status) == (status, word)


@pytest.mark.parametrize(
    "fields", [{"error": {"code": "x", "message": "no cats"}}, {"error": "no cats"}, {"failMsg": "no cats"}]
)
def test_an_unknown_word_beside_a_reason_is_a_failure(api_case: ApiCase, fields: dict[str, Any]):
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
def test_an_unknown_word_without_a_reason_goes_on(api_case: ApiCase, fields: dict[str, Any]):
    """A task that is taken for failed may be paid for twice."""
    assert read(api_case, "pondering", **fields).status == "running"
