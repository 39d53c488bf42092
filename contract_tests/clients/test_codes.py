"""Tests of every documented error code, through respx: how often the request is sent, and which error is raised."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from contract_tests.support.apis import ALL_APIS, ApiCase
from klingkit import (
    Client,
    Fixed,
    NotFound,
    RateLimited,
    SubmissionUncertain,
    _submit,
)
from scripts.errors import PAGE, page

CASES = [(api_case, code, *row) for api_case in ALL_APIS for code, row in api_case.codes.items()]


def label(part: Any) -> str:
    """Name a part of a case, errors by their class."""
    return part.__name__ if isinstance(part, type) else str(part)


VENDOR_MESSAGE = "余额不足，请充值"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """Shorten the pauses before a paid request is sent again; flows/test_submit.py tests their length."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.001, 0.002))


def error_response(api_case: ApiCase, code: int, status: int) -> httpx.Response:
    body: dict[str, Any] = {"code": code, api_case.reason: VENDOR_MESSAGE, "request_id": "r-7", "data": None}
    return httpx.Response(status, json=body, headers={"Retry-After": "0"})


@pytest.mark.parametrize("real_status", [True, False], ids=["real status", "under 200"])
@pytest.mark.parametrize(("api_case", "code", "status", "error", "proves_nothing_created", "again"), CASES, ids=label)
@respx.mock
def test_a_code_decides_error_and_number_of_paid_requests(
    api_case: ApiCase,
    code: int,
    status: int,
    error: type[Exception],
    proves_nothing_created: bool,
    again: str,
    real_status: bool,
):
    paid = respx.post(api_case.create).mock(return_value=error_response(api_case, code, status if real_status else 200))
    with (
        Client(api_case.api, pacing=None) as client,
        pytest.raises(error if proves_nothing_created else SubmissionUncertain) as caught,
    ):
        client.submit(api_case.request)
    assert paid.call_count == (3 if error is RateLimited else 1)
    raised: Any = caught.value
    assert (raised.code, raised.vendor_message, raised.request_id, raised.api) == (
        code,
        VENDOR_MESSAGE,
        "r-7",
        api_case.name,
    )
    assert raised.http_status == (status if real_status else 200)
    assert raised.request is api_case.request
    assert raised.again == (again if proves_nothing_created else "never")


@pytest.mark.parametrize(("api_case", "code", "status", "error", "proves_nothing_created", "again"), CASES, ids=label)
@respx.mock
def test_a_code_decides_the_error_of_a_query(
    api_case: ApiCase, code: int, status: int, error: type[Exception], proves_nothing_created: bool, again: str
):
    error_of_query = NotFound if code in api_case.unknown_task else error
    respx.get(api_case.query).mock(return_value=error_response(api_case, code, status))
    with Client(api_case.api) as client, pytest.raises(error_of_query) as caught:
        client.get(api_case.ref)
    raised: Any = caught.value
    expected_again = "ask" if again == "pay" else again  # a query pays for nothing
    assert (type(raised), raised.ref, raised.again) == (error_of_query, api_case.ref, expected_again)


UNKNOWN_TASK_RESPONSES = {
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


@pytest.mark.parametrize("api_case", ALL_APIS[1:], ids=str)
@pytest.mark.parametrize("situation", UNKNOWN_TASK_RESPONSES)
@respx.mock
def test_a_wait_for_a_new_task_continues_through_unknown_task_responses(api_case: ApiCase, situation: str):
    respx.get(api_case.query).mock(side_effect=[UNKNOWN_TASK_RESPONSES[situation], api_case.finished()])
    with Client(api_case.api) as client:
        assert client.wait(api_case.ref, timeout=30.0, polling=Fixed(0.001)).status == "succeeded"


def test_the_docs_page_is_generated_from_the_tables():
    """`make docs` writes it."""
    assert PAGE.read_text("utf-8") == page()
