"""Tests whether a failed task may be retried: known codes and whole phrases decide, else it is unknown."""

from typing import Any

import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase, relay_response
from contract_tests.support.kie import task_response
from klingkit import Failure

RETRYABLE_BY_CODE = {
    "kie": {"400": False, 422: False, "500": True, "501": None, 999: None, "": None},
    "official": {
        **dict.fromkeys([400, "422", 1200, 1201, 1300, "1301"], False),
        **dict.fromkeys([500, 5000, "5001", 5002], True),
        **dict.fromkeys([1302, 7777, "odd", 501], None),
        "content_policy_violation": False,
        "internal_error": True,
    },
}
RETRYABLE_BY_REASON = {
    "Failure to pass the risk control system": False,
    "Your prompt was flagged as violating content policies.": False,
    "the prompt has SENSITIVE WORDS": False,
    "it violates our rules": False,
    "Invalid parameter: duration": False,
    "提示词包含敏感内容": False,
    "内容违规": False,
    "审核不通过": False,
    "Internal Error, Please try again later.": True,
    "generation timed out": True,
    "The system is busy": True,
    "任务超时": True,
    "系统繁忙，请稍后再试": True,
    "任务失败，请检查参数或重试": None,
    "check the parameters or try again": None,
    "content moderation timed out": None,
    "审核超时": None,
    "case-sensitive file name": None,
    "no retry policy": None,
    "timeouts": None,
    "": None,
}


def read_failure(api_case: ApiCase, code: object, reason: str | None) -> Failure:
    if api_case is KIE:
        response = task_response("fail", failCode=code, failMsg=reason)
    else:
        error: dict[str, Any] = {"code": code, "message": reason}
        response = relay_response({"task_id": api_case.ref.id, "task_status": "failed", "error": error})
    failure: Failure | None = api_case.api.read_task(api_case.ref, response).failure
    assert failure is not None
    return failure


@pytest.mark.parametrize("code", RETRYABLE_BY_CODE["kie"])
def test_a_kie_code_decides_retryable(code: object):
    assert read_failure(KIE, code, "odd").retryable is RETRYABLE_BY_CODE["kie"][code]  # type: ignore[index]  # any of the codes


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
@pytest.mark.parametrize("code", RETRYABLE_BY_CODE["official"])
def test_an_official_code_decides_retryable(api_case: ApiCase, code: object):
    assert read_failure(api_case, code, "odd").retryable is RETRYABLE_BY_CODE["official"][code]  # type: ignore[index]  # any of the codes


@pytest.mark.parametrize("reason", RETRYABLE_BY_REASON)
def test_known_phrases_decide_retryable(api_case: ApiCase, reason: str):
    assert read_failure(api_case, None, reason).retryable is RETRYABLE_BY_REASON[reason]


@pytest.mark.parametrize(("code", "reason"), [(400, "timed out"), (500, "invalid parameter")])
def test_contradicting_code_and_phrase_leave_retryable_unknown(api_case: ApiCase, code: int, reason: str):
    assert read_failure(api_case, code, reason).retryable is None


@pytest.mark.parametrize(
    ("reason", "content_refused"),
    [
        ("Content was flagged by the safety system. Try different prompts or inputs.", True),
        ("Your input was rejected. Please try again or with a different input.", True),
        ("Failure to pass the risk control system", True),
        ("NSFW", True),
        ("内容违规", True),
        ("We currently do not support uploads of images containing photorealistic people.", True),
        ("This goes against our guidelines", True),
        ("The prompt may contain hate speech", True),
        ("It depicts self-harm", True),
        ("Input image failed content check", True),
        ("disallowed material", True),
        ("trademarked character", True),
        ("Generation blocked", True),
        ("declined because the subject is a real person", True),
        ("内容不符合社区规范", True),
        ("包含不当内容", True),
        ("触发平台安全策略", True),
        ("内容安全检测失败，请稍后重试", False),
        ("callBackUrl rejected by policy: not https", False),
        ("prompt is too long; input rejected", False),
        ("image is unsafe to resize: max 10MB", False),
        ("Invalid parameter: duration", False),
        ("connection rejected by upstream", False),
        ("content moderation timed out", False),
        ("Internal Error, Please try again later.", False),
    ],
)
def test_a_reason_about_content_outranks_code_500(api_case: ApiCase, reason: str, content_refused: bool):
    failure = read_failure(api_case, 500, reason)
    assert failure.content_refused is content_refused
    assert not content_refused or failure.retryable is False


def test_code_501_leaves_retryable_to_the_phrases():
    assert read_failure(KIE, "501", "risk control").retryable is False


# The original records


def test_a_failure_carries_its_record(api_case: ApiCase):
    failure = read_failure(api_case, 500, "too dark")
    assert failure.raw["failMsg" if api_case is KIE else "error"]
    assert "too dark" not in repr(failure).replace("message='too dark'", "")


def test_a_video_of_kie_carries_the_result():
    response = task_response("success", resultJson='{"resultUrls": ["https://media.test/1.mp4"], "cover": "x"}')
    (video,) = KIE.api.read_task(KIE.ref, response).videos
    assert video.raw == {"resultUrls": ["https://media.test/1.mp4"], "cover": "x"}


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
def test_a_video_carries_its_own_object(api_case: ApiCase):
    video_object = {"id": "v1", "url": "https://media.test/1.mp4", "cover": "x"}
    result = {"task_id": api_case.ref.id, "task_status": "succeed", "task_result": {"videos": [video_object]}}
    (video,) = api_case.api.read_task(api_case.ref, relay_response(result)).videos
    assert video.raw == video_object
    flat = {"task_id": api_case.ref.id, "status": "completed", "url": "https://media.test/1.mp4", "cover": "y"}
    (video,) = api_case.api.read_task(api_case.ref, relay_response(flat)).videos
    assert video.raw["cover"] == "y"


def test_a_long_reason_is_kept_whole_and_shown_short(api_case: ApiCase):
    failure = read_failure(api_case, 500, "x" * 5000)
    assert failure.message == "x" * 5000
    assert len(repr(failure)) < 400
