"""Tests of rejections whose code is a word, and of what they prove about a paid request."""

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from klingkit import (
    AuthenticationError,
    ContentRefused,
    FeatureDisabled,
    InsufficientCredit,
    InvalidRequest,
    KlingkitError,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SubmissionUncertain,
    UnreadableSubmission,
)
from klingkit.providers._rejections import WORDS


def rejection_error(api_case: ApiCase, status: int, body: object) -> KlingkitError:
    with pytest.raises(KlingkitError) as caught:
        api_case.api.read_submission(httpx.Response(status, json=body))
    return caught.value


REJECTIONS: list[tuple[int, object, type[Exception]]] = [
    (503, {"error": {"code": "model_not_found", "message": "no channel"}}, NotFound),
    (403, {"error": {"code": "insufficient_user_quota"}}, InsufficientCredit),
    (200, {"code": "insufficient_user_quota", "message": "no", "data": None}, InsufficientCredit),
    (200, {"error": {"code": "model_not_found"}}, NotFound),
    (500, {"error": {"type": "insufficient_quota", "code": None}}, InsufficientCredit),
    (429, {"error": {"type": "insufficient_quota", "code": "insufficient_quota"}}, InsufficientCredit),
    (401, {"error": {"code": "invalid_api_key"}}, AuthenticationError),
    (400, {"code": "InvalidApiKey"}, AuthenticationError),
    (429, {"error": {"code": "rate_limit_exceeded"}}, RateLimited),
    (400, {"type": "error", "error": {"type": "rate_limit_error"}}, RateLimited),
    (503, {"error": "model-not-found"}, NotFound),
    (400, {"code": "sensitive_words_detected"}, ContentRefused),
    (400, {"error": {"code": "content_policy_violation", "type": "invalid_request_error"}}, ContentRefused),
    (403, {"code": "access_denied"}, PermissionDenied),
    (408, {"code": "pre_consume_token_quota_failed"}, InsufficientCredit),
    (503, {"data": {"error": {"code": "model_not_found"}}}, NotFound),
    (503, {"error": {"error": {"code": "model_not_found"}}}, NotFound),
    (503, {"error": '{"code": "model_not_found"}'}, NotFound),
    (503, {"error": {"message": "No available channel for model kling-v9 under group default"}}, NotFound),
    (403, {"error": {"message": "用户额度不足, 剩余额度: 0"}}, InsufficientCredit),
    (401, {"error": {"message": "该令牌额度已用尽"}}, InsufficientCredit),
    (403, {"error": {"message": "token quota is not enough", "code": ""}}, InsufficientCredit),
    (503, {"error": {"message": "当前分组 default 下对于模型 kling-v1 无可用渠道"}}, NotFound),
    (503, {"message": "model_not_found"}, NotFound),
]


@pytest.mark.parametrize(("status", "body", "error_class"), REJECTIONS)
def test_a_word_proves_that_nothing_was_created(
    api_case: ApiCase, status: int, body: object, error_class: type[Exception]
):
    error = rejection_error(api_case, status, body)
    assert type(error) is error_class
    assert error.again == ("pay" if error_class is RateLimited else "never")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, {"error": {"code": "rate_limit_exceeded"}}),
        (408, {"error": {"code": "rate_limit_exceeded"}}),
        (409, {"error": {"code": "too_many_requests"}}),
        (499, {"code": "rate_limit_error"}),
        (200, {"code": 200, "msg": "success", "error": "too_many_requests"}),
        (200, {"code": "success", "type": "rate_limit_error"}),
        (200, {"code": "success", "error": "model_not_found"}),
        (502, {"error": {"code": "content_filter"}}),
        (504, {"error": {"code": "content_filter"}}),
        (504, {"error": {"code": "model_not_found"}}),
        (500, {"error": {"code": "get_channel_failed"}}),
        (500, {"code": "do_request_failed"}),
        (503, {"code": "model_not_found", "data": {"taskId": "a", "task_id": "a"}}),
    ],
)
def test_other_words_prove_nothing(api_case: ApiCase, status: int, body: object):
    """A request that the client repeats must not have been passed on by a relay before."""
    assert isinstance(rejection_error(api_case, status, body), SubmissionUncertain)


def test_in_a_query_a_word_counts_only_under_4xx(api_case: ApiCase):
    """A relay without a channel for a while must not end the wait for a task that was paid for."""
    with pytest.raises(ServerError):
        api_case.api.read_task(api_case.ref, httpx.Response(503, json={"error": {"code": "model_not_found"}}))
    with pytest.raises(InsufficientCredit):
        api_case.api.read_task(api_case.ref, httpx.Response(403, json={"error": {"code": "insufficient_user_quota"}}))


def test_no_word_is_a_code_of_a_success():
    assert all(meaning.nothing_created for meaning in WORDS.values())


# Body and status


def test_a_code_that_repeats_its_status_proves_what_it_says():
    assert type(rejection_error(KIE, 505, {"code": 505, "msg": "off"})) is FeatureDisabled
    assert type(rejection_error(KIE, 505, {"error": {"code": "505"}})) is FeatureDisabled
    assert type(rejection_error(KIE, 200, {"code": 505, "msg": "off"})) is FeatureDisabled
    for status, body in [(505, {"msg": "off"}), (500, {"code": 505}), (505, {"code": 422}), (500, {"code": 500})]:
        assert type(rejection_error(KIE, status, body)) is SubmissionUncertain
    assert type(rejection_error(KIE, 505, [])) is UnreadableSubmission


# Content

REFUSED_CONTENT_MESSAGES = [
    "Content was flagged by the safety system.",
    "The input or output was flagged as sensitive.",
    "Your input was rejected. Please try again or with a different input.",
    "All images contained NSFW content",
    "Failure to pass the risk control system",
    "The prompt violates our content policy",
    "rejected",
    "提示词包含敏感内容",
    "内容违规",
    "审核不通过",
    "Your prompt has been blocked",
    "Output image blocked",
    "content not allowed",
    "explicit content",
    "The image did not pass the content review",
    "copyright restrictions",
    "Prompt contains banned words",
    "Harmful content detected",
    "Celebrity likeness",
    "The video failed the safety review",
    "提示词涉政",
]
"""Messages that the services were seen to use, and shorter ones."""


@pytest.mark.parametrize("message", REFUSED_CONTENT_MESSAGES)
def test_invalid_parameters_may_be_refused_content(api_case: ApiCase, message: str):
    message_field = "msg" if api_case is KIE else "message"
    for status, code in [(200, 422), (422, 422), (400, 400)]:
        error = rejection_error(api_case, status, {"code": code, message_field: message, "data": None})
        assert type(error) is ContentRefused
        assert "dialect" not in str(error)
        assert (error.again, error.code, error.vendor_message) == ("never", code, message)


@pytest.mark.parametrize("message", REFUSED_CONTENT_MESSAGES)
def test_messages_prove_nothing_beside_a_code_that_proves_nothing(api_case: ApiCase, message: str):
    """A task may have been created before its output was refused."""
    message_field, server_error = ("msg", 500) if api_case is KIE else ("message", 5000)
    for status in (200, 500):
        assert isinstance(
            rejection_error(api_case, status, {"code": server_error, message_field: message}), SubmissionUncertain
        )


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
@pytest.mark.parametrize("status", [200, 400])
def test_the_official_code_of_refused_content(api_case: ApiCase, status: int):
    assert type(rejection_error(api_case, status, {"code": 1301, "message": "no"})) is ContentRefused
    assert type(rejection_error(api_case, status, {"code": 1300, "message": "risk control"})) is ContentRefused
    assert type(rejection_error(api_case, status, {"code": 1300, "message": "no"})) is InvalidRequest


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (422, "prompt is required", InvalidRequest),
        (422, "the file name is case-sensitive", InvalidRequest),
        (422, "parameter rejected: duration", InvalidRequest),
        (422, "content moderation timed out", InvalidRequest),
        (422, "content policy", ContentRefused),
        (422, "safety system is not available", InvalidRequest),
        (422, "The image url was rejected: 404", InvalidRequest),
        (422, "Duplicate request rejected", InvalidRequest),
        (422, "callback URL rejected", InvalidRequest),
        (422, "worker flagged unhealthy", InvalidRequest),
        (422, "policy engine crashed", InvalidRequest),
        (401, "flagged", AuthenticationError),
    ],
)
def test_messages_that_only_mention_a_review_are_not_a_refusal(code: int, message: str, error: type[Exception]):
    assert type(rejection_error(KIE, 200, {"code": code, "msg": message})) is error


def test_content_under_a_status_that_proves_nothing_stays_uncertain():
    assert type(rejection_error(NATIVE, 408, {"code": 1200, "message": "nsfw"})) is SubmissionUncertain
    assert type(rejection_error(KIE, 200, {"code": 422, "msg": "nsfw", "data": {"taskId": "a"}})) is SubmissionUncertain
