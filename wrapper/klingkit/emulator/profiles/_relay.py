"""Kling's own text-to-video API as relays pass it on (document 004)."""

from collections.abc import Mapping
from typing import Final

from klingkit.emulator.profiles._codes import GATEWAYS, OFFICIAL, KnownCode
from klingkit.emulator.profiles._profile import Profile
from klingkit.emulator.profiles._text2video import classify_below, prompt

PATH = "/kling/v1/videos/text2video"

RELAYED: Final[Mapping[int | str, KnownCode]] = {  # codes of relays, observed.md: relay-codes
    "invalid_api_key": KnownCode(401, "There is no such key."),
    "invalid_request": KnownCode(400, "A parameter is wrong."),
    "insufficient_quota": KnownCode(403, "The quota is used up."),
    "model_not_found": KnownCode(400, "There is no such model."),
    "task_not_exist": KnownCode(400, "There is no such task."),
    "not_found": KnownCode(404, "There is no such path."),
    "method_not_allowed": KnownCode(405, "There is no such method."),
    "rate_limit_exceeded": KnownCode(429, "Too many requests."),
    "too_many_tasks": KnownCode(429, "Too many tasks at once."),
    "server_error": KnownCode(500, "Something went wrong inside."),
}

REJECTIONS: Final[Mapping[int | str, KnownCode]] = {  # of relays and what is behind them, observed.md: relay-rejections
    "insufficient_user_quota": KnownCode(403, "The user's quota is used up."),
    "pre_consume_token_quota_failed": KnownCode(403, "The key's quota is used up."),
    "quota_not_enough": KnownCode(403, "The quota is used up."),
    "sensitive_words_detected": KnownCode(400, "The content is not allowed."),
    "access_denied": KnownCode(403, "This is not allowed."),
    "invalid_token": KnownCode(401, "There is no such key."),
    "billing_hard_limit_reached": KnownCode(400, "The budget is used up."),
    "account_deactivated": KnownCode(401, "The account is closed."),
    "content_policy_violation": KnownCode(400, "The content is not allowed."),
    "content_filter": KnownCode(400, "The content is not allowed."),
    "moderation_blocked": KnownCode(400, "The content is not allowed."),
    "authentication_error": KnownCode(401, "There is no such key."),
    "permission_error": KnownCode(403, "This is not allowed."),
    "rate_limit_error": KnownCode(429, "Too many requests."),
    "arrearage": KnownCode(400, "The account is overdue."),
    "insufficient_balance": KnownCode(402, "The balance is used up."),
    "insufficient_credits": KnownCode(402, "The credits are used up."),
    "quota_exceeded": KnownCode(429, "The quota is used up."),
    "too_many_requests": KnownCode(429, "Too many requests."),
}

RELAY: Final = Profile(
    variable="KLING_RELAY",
    roots=("/kling/",),
    classify=classify_below(PATH),
    prompt=prompt,
    codes={**OFFICIAL, **RELAYED, **GATEWAYS, **REJECTIONS},
)
