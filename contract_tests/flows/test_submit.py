"""Tests of submissions on a scripted driver: when a paid request is resent, and what an interruption leaves."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import CAT_REQUEST, KIE_API, TASK_REF, created_response, error_response
from contract_tests.support.script import Script, interrupted
from klingkit import (
    AuthenticationError,
    InsufficientCredit,
    InvalidRequest,
    KlingkitError,
    Maintenance,
    MalformedResponse,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    SlotsFull,
    SubmissionUncertain,
    TaskRef,
    UnclaimedTask,
    UnreadableSubmission,
)
from klingkit._flow import Interrupted, Send
from klingkit._submit import submit

OVERSIZED_RESPONSE = httpx.Response(200, extensions={"klingkit.unreadable": "more than 8388608 bytes"})


def run_submission(script: Script, unclaimed: list[UnclaimedTask] | None = None, timeout: float = 60.0) -> TaskRef:
    return script.run(submit(KIE_API, CAT_REQUEST, timeout=timeout, unclaimed=[] if unclaimed is None else unclaimed))


def test_submit_returns_the_reference_and_marks_the_request_as_paid():
    script = Script(created_response())
    assert run_submission(script) == TASK_REF
    sends = [effect for effect in script.effects if isinstance(effect, Send)]
    assert [(send.paid, send.timeout) for send in sends] == [(True, 60.0)]


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full"), httpx.ProxyError("407")],
)
def test_a_paid_request_is_resent_if_nothing_was_sent(error: httpx.RequestError):
    script = Script(error, error, created_response())
    assert run_submission(script) == TASK_REF
    assert script.paid == 3
    assert script.slept == [0.5, 1.0]


def test_a_paid_request_is_sent_at_most_three_times_under_a_rate_limit():
    script = Script(*[error_response(429, 429)] * 9)
    with pytest.raises(RateLimited) as caught:
        run_submission(script)
    assert script.paid == 3
    assert caught.value.request is CAT_REQUEST


def test_a_paid_request_is_not_resent_after_the_time_limit():
    script = Script(httpx.ConnectError("refused"))
    with pytest.raises(NetworkError, match="nothing was sent: ConnectError: refused"):
        run_submission(script, timeout=0.4)
    assert script.paid == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.CloseError("odd"),
        httpx.RemoteProtocolError("Server disconnected without sending a response."),
        httpx.LocalProtocolError("odd"),
        httpx.DecodingError("odd"),
    ],
)
def test_a_paid_request_is_sent_once_if_it_may_have_arrived(error: httpx.RequestError):
    script = Script(error, created_response())
    with pytest.raises(SubmissionUncertain, match="a task may exist") as caught:
        run_submission(script)
    assert script.paid == 1
    assert caught.value.request is CAT_REQUEST
    assert caught.value.api == "kie"


UNCERTAIN_RESPONSES = [
    *[error_response(code) for code in (500, 501, 999, 0, 408, 409, 403)],
    *[error_response(code, 500) for code in (200, 401, 422, 429, 500)],
    *[
        error_response(code, status)
        for code, status in [(500, 400), (501, 422), (422, 408), (422, 409), (500, 500), (501, 501)]
    ],
    *[error_response(code, 429) for code in (503, 504, 9999, 5003)],
    error_response(401, 302),
    httpx.Response(502, json={"error": "bad gateway"}),
    httpx.Response(500, json={"code": 200, "data": {"taskId": TASK_REF.id}}),
    httpx.Response(422, json={"code": 422, "data": {"taskId": TASK_REF.id}}),
]


@pytest.mark.parametrize(
    "response", UNCERTAIN_RESPONSES, ids=lambda response: f"{response.status_code} {response.text[:40]}"
)
def test_a_response_that_proves_nothing_is_uncertain(response: httpx.Response):
    script = Script(response, created_response())
    with pytest.raises(SubmissionUncertain):
        run_submission(script)
    assert script.paid == 1


@pytest.mark.parametrize("status", [500, 422, 200])
def test_a_task_id_in_an_error_response_is_kept(status: int):
    code = 500 if status == 200 else 200
    script = Script(httpx.Response(status, json={"code": code, "data": {"taskId": TASK_REF.id}}))
    with pytest.raises(SubmissionUncertain) as caught:
        run_submission(script)
    assert caught.value.ref == TASK_REF


@pytest.mark.parametrize("status", [200, 201, 204, 302, 408, 409, 500, 502, 503])
@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"<html>", b'"x"', b"1", b"\xff", b"{", b"[" * 100_000, b'{"code": 200}']
)
def test_unreadable_responses_are_uncertain(status: int, body: bytes):
    script = Script(httpx.Response(status, content=body))
    with pytest.raises(SubmissionUncertain) as caught:
        run_submission(script)
    assert isinstance(caught.value, MalformedResponse) or body == b'{"code": 200}'
    assert caught.value.http_status == status
    assert script.paid == 1


def test_an_oversized_response_is_unreadable():
    with pytest.raises(UnreadableSubmission, match="more than 8388608 bytes"):
        run_submission(Script(OVERSIZED_RESPONSE))


ERROR_BY_STATUS: dict[int, tuple[type[KlingkitError], str]] = {
    400: (InvalidRequest, "never"),
    401: (AuthenticationError, "never"),
    402: (InsufficientCredit, "never"),
    403: (PermissionDenied, "never"),
    404: (NotFound, "never"),
    413: (MalformedResponse, "never"),
    422: (InvalidRequest, "never"),
    433: (InsufficientCredit, "never"),
    451: (MalformedResponse, "never"),
    455: (Maintenance, "pay"),
}


@pytest.mark.parametrize("status", ERROR_BY_STATUS)
@pytest.mark.parametrize("body", [b"error code: 1010", b"", b"[]"])
def test_an_unreadable_4xx_is_the_error_of_its_status(status: int, body: bytes):
    """A plain-text 403 of a gateway proves that nothing was created."""
    script = Script(httpx.Response(status, content=body))
    with pytest.raises(KlingkitError, match=f"HTTP {status} with an unreadable response") as caught:
        run_submission(script)
    assert (type(caught.value), caught.value.again) == ERROR_BY_STATUS[status]
    malformed = caught.value if isinstance(caught.value, MalformedResponse) else caught.value.__cause__
    assert isinstance(malformed, MalformedResponse)
    assert malformed.excerpt == body.decode()
    assert script.paid == 1


@pytest.mark.parametrize("body", [b"", b"<html>slow down", b"[]"])
def test_an_unreadable_429_is_retried_after_its_pause(body: bytes):
    throttled = httpx.Response(429, content=body, headers={"Retry-After": "7"})
    script = Script(throttled, created_response())
    assert run_submission(script) == TASK_REF
    assert script.slept == [7.0]


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [(503, b"<html>", None), (200, b'{"code": 200, "data": {}}', 200)],
    ids=["unreadable", "a success without a task"],
)
def test_an_unreadable_submission_keeps_the_details_of_the_exchange(status: int, content: bytes, code: int | None):
    headers = {"Retry-After": "9", "X-Request-Id": "r-8"}
    with pytest.raises(UnreadableSubmission) as caught:
        run_submission(Script(httpx.Response(status, content=content, headers=headers)))
    error = caught.value
    assert (error.request_id, error.retry_after, error.code, error.again) == ("r-8", 9.0, code, "never")


@pytest.mark.parametrize("status", [200, 402])
def test_a_rejection_keeps_the_vendors_message(status: int):
    script = Script(error_response(402, status, "余额不够了", **{"Retry-After": "7"}))
    with pytest.raises(InsufficientCredit) as caught:
        run_submission(script)
    error = caught.value
    assert (error.code, error.vendor_message, error.http_status) == (402, "余额不够了", status)
    assert (error.retry_after, error.request, error.ref) == (7.0, CAT_REQUEST, None)
    assert script.paid == 1


def test_maintenance_is_not_retried():
    script = Script(error_response(455, 455), created_response())
    with pytest.raises(Maintenance):
        run_submission(script)
    assert script.paid == 1


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e12, "60", None, True])
def test_an_invalid_timeout_is_refused(timeout: Any):
    script = Script()
    with pytest.raises(InvalidRequest, match="timeout"):
        run_submission(script, timeout=timeout)
    assert script.paid == 0


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), asyncio.CancelledError(), SystemExit(1)])
@pytest.mark.parametrize(
    "reply", [created_response(), httpx.Response(500, json={"code": 500, "data": {"taskId": TASK_REF.id}})]
)
def test_an_interruption_leaves_the_reference_in_unclaimed(interruption: BaseException, reply, caplog):
    """This holds also where the response is an error that names a task."""
    unclaimed: list[UnclaimedTask] = []
    with caplog.at_level(logging.WARNING, "klingkit"), pytest.raises(type(interruption)) as caught:
        run_submission(Script(interrupted(reply, interruption)), unclaimed)
    assert caught.value is interruption
    assert [task.ref for task in unclaimed] == [TASK_REF]
    assert str(TASK_REF) in caplog.text
    assert str(TASK_REF) in interruption.__notes__[-1]


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("of another client"),
        RateLimited("of another client"),
        SlotsFull("of another client"),
        AuthenticationError("of another client", code=1004),
        SubmissionUncertain("of another client", external_task_id="order-9"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_that_a_signal_handler_met_elsewhere_proves_nothing_of_a_paid_request(error: KlingkitError):
    """The handler used another client; taken for the outcome of this request, it would be sent once more."""
    unclaimed: list[UnclaimedTask] = []
    script = Script(interrupted(created_response(), error))
    with pytest.raises(type(error)) as caught:
        run_submission(script, unclaimed)
    assert caught.value is error
    assert script.paid == 1
    assert [task.ref for task in unclaimed] == [TASK_REF]


@pytest.mark.parametrize("reply", [httpx.ReadTimeout("slow"), error_response(500, 500), error_response(401, 401)])
def test_an_interruption_without_a_task_is_noted(reply, caplog):
    interruption = KeyboardInterrupt()
    unclaimed: list[UnclaimedTask] = []
    with caplog.at_level(logging.WARNING, "klingkit"), pytest.raises(KeyboardInterrupt):
        run_submission(Script(interrupted(reply, interruption)), unclaimed)
    assert unclaimed == []
    assert "while submitting" in interruption.__notes__[0]
    assert "interrupted while submitting" in caplog.text


def test_an_interruption_before_the_end_notes_that_the_outcome_is_unknown():
    interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        run_submission(Script(lambda _: Interrupted(interruption)))
    assert "not known" in interruption.__notes__[0]


@pytest.mark.parametrize("outcome_comes_first", [True, False])
def test_an_interruption_at_any_instant_loses_no_task(outcome_comes_first: bool):
    """Ctrl-C may come at any instant; the exchange goes on, and its outcome is recorded before or after."""
    unclaimed: list[UnclaimedTask] = []
    settle_functions: list[Callable[[httpx.Response], None]] = []

    def interrupt(effect: Send) -> None:
        assert effect.on_outcome is not None
        settle_functions.append(effect.on_outcome)
        if outcome_comes_first:
            effect.on_outcome(created_response())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_submission(Script(interrupt), unclaimed)
    if not outcome_comes_first:
        settle_functions[0](created_response())
    assert [task.ref for task in unclaimed] == [TASK_REF]


def test_a_failing_log_filter_loses_no_task(caplog):
    unclaimed: list[UnclaimedTask] = []

    def refuse(record: logging.LogRecord) -> bool:
        raise LookupError("a bug in a filter")

    def settle(effect: Send) -> httpx.Response:
        assert effect.on_outcome is not None
        with pytest.raises(LookupError):
            effect.on_outcome(created_response())
        return created_response()

    log = logging.getLogger("klingkit")
    log.addFilter(refuse)
    try:
        with caplog.at_level(logging.INFO, "klingkit"):
            assert run_submission(Script(settle), unclaimed) == TASK_REF
    finally:
        log.removeFilter(refuse)


def test_a_late_response_is_kept_after_an_uncertain_error():
    unclaimed: list[UnclaimedTask] = []
    settle_functions: list[Callable[[httpx.Response], None]] = []

    def time_out(effect: Send) -> httpx.ReadTimeout:
        assert effect.on_outcome is not None
        settle_functions.append(effect.on_outcome)
        return httpx.ReadTimeout("too long")

    with pytest.raises(SubmissionUncertain):
        run_submission(Script(time_out), unclaimed)
    settle_functions[0](created_response())
    assert [task.ref for task in unclaimed] == [TASK_REF]


def test_retry_after_is_obeyed_within_the_time_limit():
    script = Script(error_response(429, 429, **{"Retry-After": "7"}), created_response())
    assert run_submission(script) == TASK_REF
    assert script.slept == [7.0]
    with pytest.raises(RateLimited):
        run_submission(Script(error_response(429, 429, **{"Retry-After": "70"})))


def test_an_interruption_between_attempts_sends_nothing_more():
    class InterruptedAfterPayment(Script):
        def perform(self, effect):
            if self.paid:
                raise KeyboardInterrupt
            return super().perform(effect)

    script = InterruptedAfterPayment(httpx.ConnectError("refused"))
    with pytest.raises(KeyboardInterrupt):
        run_submission(script)
    assert script.paid == 1


def test_an_id_that_would_change_the_path_is_uncertain():
    with pytest.raises(SubmissionUncertain, match="task id"):
        run_submission(Script(created_response("..")))
