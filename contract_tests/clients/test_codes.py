"""Every code over the wire: how often the request is paid for, and which error is raised."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from contract_tests.support.apis import ALL, ApiCase
from klingkit import (
    Client,
    Fixed,
    NotFound,
    RateLimited,
    SubmissionUncertain,
    _submit,
)
from scripts.errors import PAGE, page

CASES = [(case, code, *row) for case in ALL for code, row in case.codes.items()]


def label(part: Any) -> str:
    """Name a part of a case, errors by their class."""
    return part.__name__ if isinstance(part, type) else str(part)


WORDS = "余额不足，请充值"


@pytest.fixture(autouse=True)
def briefly(monkeypatch):
    """Try again soon: how long the pauses are is tested by hand, on a clock of its own."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.001, 0.002))


def error_response(case: ApiCase, code: int, status: int) -> httpx.Response:
    body: dict[str, Any] = {"code": code, case.reason: WORDS, "request_id": "r-7", "data": None}
    return httpx.Response(status, json=body, headers={"Retry-After": "0"})


@pytest.mark.parametrize("real", [True, False], ids=["real status", "under 200"])
@pytest.mark.parametrize(("case", "code", "status", "error", "refused", "again"), CASES, ids=label)
@respx.mock
def test_a_code_decides_error_and_number_of_paid_requests(
    case: ApiCase, code: int, status: int, error: type[Exception], refused: bool, again: str, real: bool
):
    sure = refused
    paid = respx.post(case.create).mock(return_value=error_response(case, code, status if real else 200))
    sure_or_not = error if sure else SubmissionUncertain
    with Client(case.api, pacing=None) as client, pytest.raises(sure_or_not) as caught:
        client.submit(case.request)
    assert paid.call_count == (3 if error is RateLimited else 1)
    found: Any = caught.value
    assert (found.code, found.vendor_message, found.request_id, found.api) == (code, WORDS, "r-7", case.name)
    assert found.http_status == (status if real else 200)
    assert found.request is case.request
    assert found.again == (again if sure else "never")


@pytest.mark.parametrize(("case", "code", "status", "error", "refused", "again"), CASES, ids=label)
@respx.mock
def test_a_code_decides_the_error_of_a_query(
    case: ApiCase, code: int, status: int, error: type[Exception], refused: bool, again: str
):
    error_of_query = NotFound if code in case.unknown_task else error
    respx.get(case.query).mock(return_value=error_response(case, code, status))
    with Client(case.api) as client, pytest.raises(error_of_query) as caught:
        client.get(case.ref)
    found: Any = caught.value
    meaning = "ask" if again == "pay" else again  # a query pays for nothing
    assert (type(found), found.ref, found.again) == (error_of_query, case.ref, meaning)


PASSING = {
    "the bot protection of a gateway": httpx.Response(403, text="error code: 1010"),
    "a gateway that is too busy": httpx.Response(503, text="<html>busy"),
    "a gateway of another version": httpx.Response(505, text="<html>"),
    "a path not there yet": httpx.Response(404, text=""),
    "no such task": httpx.Response(400, json={"code": "task_not_found"}),
    "no such parameter": httpx.Response(400, json={"code": "invalid_request", "message": "task not exist"}),
    "no task to get": httpx.Response(400, json={"code": "fail_to_get_task"}),
    "a wrong id": httpx.Response(400, json={"code": 1201, "message": "Task not found"}),
}
"""Responses to a query of a task that the API does not know yet."""


@pytest.mark.parametrize("case", ALL[1:], ids=str)
@pytest.mark.parametrize("passing", PASSING)
@respx.mock
def test_a_wait_for_a_new_task_continues_through(case: ApiCase, passing: str):
    respx.get(case.query).mock(side_effect=[PASSING[passing], case.finished()])
    with Client(case.api) as client:
        assert client.wait(case.ref, timeout=30.0, polling=Fixed(0.001)).status == "succeeded"


def test_the_docs_page_is_generated_from_the_tables():
    """`make docs` writes it."""
    assert PAGE.read_text("utf-8") == page()
