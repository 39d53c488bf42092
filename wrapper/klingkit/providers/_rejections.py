"""Rejections in words: the codes of relays and of the services behind them, alike for all APIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from klingkit._errors import (
    AuthenticationError,
    ContentRefused,
    InsufficientCredit,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
)
from klingkit.providers import _common as common
from klingkit.providers._codes import Meaning, refused
from klingkit.providers._failures import proves_refusal, refuses_content

__all__ = ["SOURCES", "WORDS", "content_meaning", "word_meaning"]

SOURCES: Final[Mapping[str, Mapping[str, Meaning]]] = {
    "new-api, before it calls any service": {
        "model_not_found": refused(NotFound),
        "insufficient_user_quota": refused(InsufficientCredit),
        "pre_consume_token_quota_failed": refused(InsufficientCredit),
        "quota_not_enough": refused(InsufficientCredit),
        "sensitive_words_detected": refused(ContentRefused),
        "access_denied": refused(PermissionDenied),
        "invalid_token": refused(AuthenticationError),
    },
    "OpenAI, whose codes relays copy": {
        "insufficient_quota": refused(InsufficientCredit),
        "billing_hard_limit_reached": refused(InsufficientCredit),
        "invalid_api_key": refused(AuthenticationError),
        "account_deactivated": refused(AuthenticationError),
        "rate_limit_exceeded": refused(RateLimited, "pay"),
        "content_policy_violation": refused(ContentRefused),
        "content_filter": refused(ContentRefused),
        "moderation_blocked": refused(ContentRefused),
    },
    "Anthropic and relays of its form": {
        "authentication_error": refused(AuthenticationError),
        "permission_error": refused(PermissionDenied),
        "rate_limit_error": refused(RateLimited, "pay"),
    },
    "several relays": {
        "insufficient_balance": refused(InsufficientCredit),
        "insufficient_credits": refused(InsufficientCredit),
        "quota_exceeded": refused(InsufficientCredit),
        "too_many_requests": refused(RateLimited, "pay"),
    },
}
"""Who uses a word -> the word -> its meaning (field: relay-rejections): only words said before anything is created."""

WORDS: Final[Mapping[str, Meaning]] = {word: meaning for words in SOURCES.values() for word, meaning in words.items()}

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def word_meaning(envelope: Mapping[str, Any], status: int) -> Meaning | None:
    """Return the meaning of the word that rejects a request; None if there is none, or its status lets it be doubted.

    A word after which the request may be sent again proves nothing under a status of 500 or more.
    """
    error = envelope.get("error")
    inside = common.as_object(error)
    for stated in (envelope.get("code"), inside.get("code"), inside.get("type"), envelope.get("type"), error):
        meaning = WORDS.get(_spelled(stated)) if isinstance(stated, str) else None
        if meaning is not None:
            return None if status >= 500 and meaning.again == "pay" else meaning
    return None


def content_meaning(meaning: Meaning, code: object, message: str | None, *, proven: bool) -> Meaning | None:
    """Return the meaning of words that refuse the content of a paid request, where code and status allow them.

    Words outrank a code that says only that something went wrong, if they are a verdict.
    """
    if meaning.error is InvalidRequest and refuses_content(code, message):
        return evolve(meaning, error=ContentRefused, nothing_created=proven)
    return refused(ContentRefused) if meaning.error is ServerError and proves_refusal(code, message) else None


def _spelled(word: str) -> str:
    """Return a word as the table spells it: `ModelNotFound` and `model-not-found` as `model_not_found`."""
    return _HUMP.sub("_", word.strip()).lower().replace("-", "_").replace(" ", "_")
