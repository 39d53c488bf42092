"""Rejections in words: the codes of relays and of the services behind them, alike for all APIs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
)
from klingkit.providers._codes import Meaning, refused
from klingkit.providers._failures import refuses_content
from klingkit.providers._layers import Layer, opened, walk

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
        "rate_limit_exceeded": refused(RateLimited, again="pay"),
        "content_policy_violation": refused(ContentRefused),
        "content_filter": refused(ContentRefused),
        "moderation_blocked": refused(ContentRefused),
    },
    "Anthropic and relays of its form": {
        "authentication_error": refused(AuthenticationError),
        "permission_error": refused(PermissionDenied),
        "rate_limit_error": refused(RateLimited, again="pay"),
    },
    "several relays": {
        "insufficient_balance": refused(InsufficientCredit),
        "insufficient_credits": refused(InsufficientCredit),
        "arrearage": refused(InsufficientCredit),
        "quota_exceeded": refused(InsufficientCredit),
        "too_many_requests": refused(RateLimited, again="pay"),
    },
}
"""Who uses a word -> the word -> its meaning; nothing has been created then (observed.md: relay-rejections)."""

WORDS: Final[Mapping[str, Meaning]] = {word: meaning for words in SOURCES.values() for word, meaning in words.items()}

SENTENCES: Final[Mapping[str, str]] = {
    "用户额度不足": "insufficient_user_quota",
    "额度已用尽": "insufficient_user_quota",
    "quota is not enough": "insufficient_user_quota",
    "预扣费额度失败": "pre_consume_token_quota_failed",
    "no available channel": "model_not_found",
    "无可用渠道": "model_not_found",
}
"""What new-api says, in lower case, where an older version of it states no code."""

EARLY: Final = frozenset({*SOURCES["new-api, before it calls any service"], "insufficient_quota"})
"""Words that prove a rejection under 500 to 503, too; under 504 a service was called, and none does."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def word_meaning(envelope: Mapping[str, Any], status: int) -> Meaning | None:
    """Return the meaning of the word that rejects a request; None: there is none, or its status lets it be doubted."""
    word = next((word for layer in walk(envelope) for word in _words(layer) if word in WORDS), None)
    return WORDS[word] if word and (status < 500 or (word in EARLY and status < 504)) else None


def _words(layer: Layer) -> Iterator[str]:
    """Yield what may be the word of a rejection: a layer's own code, and those of its error, and a known sentence."""
    error = layer.get("error")
    inside = opened(error)
    stated = [layer.get("code"), inside.get("code"), inside.get("type"), opened(inside.get("error")).get("code")]
    yield from (_spelled(each) for each in (*stated, layer.get("type"), error) if isinstance(each, str))
    messages = (holder.get(name) for holder in (layer, inside) for name in ("message", "msg"))
    yield from (text for text in messages if isinstance(text, str) and "_" in text)  # a word of the table alone
    texts = " ".join(str(each.get(name)) for each in (layer, inside) for name in ("message", "msg") if each.get(name))
    yield from (word for sentence, word in SENTENCES.items() if sentence in texts.lower())


def content_meaning(meaning: Meaning, code: object, message: str | None, *, proven: bool) -> Meaning | None:
    """Return the meaning of a paid request's invalid parameters whose message says that content was refused."""
    if meaning.error is InvalidRequest and refuses_content(code, message):
        return evolve(meaning, error=ContentRefused, nothing_created=proven)
    return None


def _spelled(word: str) -> str:
    """Return a word as the table spells it: `ModelNotFound` and `model-not-found` as `model_not_found`."""
    return _HUMP.sub("_", word.strip()).lower().replace("-", "_").replace(" ", "_")
