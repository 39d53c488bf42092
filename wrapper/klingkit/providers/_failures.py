"""Whether a failed task may succeed when paid for again: by its code, and by known phrases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from klingkit.providers import _common as common
from klingkit.providers._codes import Code

__all__ = ["KIE", "OFFICIAL", "PHRASES", "retryable"]

Verdict: TypeAlias = bool | None
"""Whether the same request may succeed when paid for again; None: unknown."""

KIE: Final[Mapping[Code, Verdict]] = {
    **dict.fromkeys((400, 422), False),
    500: True,
    501: None,  # means that it failed, not why
}
"""What `failCode` means (field: kie-fail-code)."""

OFFICIAL: Final[Mapping[Code, Verdict]] = {
    **dict.fromkeys((400, 422, 1200, 1201, 1300, 1301), False),
    **dict.fromkeys((500, 502, 503, 504, 5000, 5001, 5002), True),
}
"""The same for the official codes, and for HTTP's own, which relays use."""

PHRASES: Final[Mapping[str, bool]] = {
    **dict.fromkeys(
        (
            "risk control",
            "content policy",
            "content policies",
            "policy violation",
            "violates our",
            "violate our",
            "violating content",
            "violation of our",
            "content violation",
            "sensitive content",
            "sensitive information",
            "sensitive word",
            "sensitive words",
            "content moderation",
            "prohibited content",
            "invalid parameter",
            "invalid parameters",
            "敏感",
            "违规",
            "审核",
        ),
        False,
    ),
    **dict.fromkeys(
        (
            "internal error",
            "internal server error",
            "server error",
            "timeout",
            "timed out",
            "time out",
            "overloaded",
            "system busy",
            "system is busy",
            "server busy",
            "server is busy",
            "service unavailable",
            "超时",
            "系统繁忙",
        ),
        True,
    ),
}
"""Whole phrases only: "sensitive" may be about a file name, "policy" about retries."""


def _pattern(verdict: bool) -> re.Pattern[str]:  # noqa: FBT001 - one of two patterns
    phrases = [re.escape(phrase) for phrase, value in PHRASES.items() if value is verdict]
    words = [rf"\b{phrase}\b" if phrase.isascii() else phrase for phrase in phrases]
    return re.compile("|".join(words), re.IGNORECASE)


_PATTERNS: Final = {verdict: _pattern(verdict) for verdict in (False, True)}


def retryable(codes: Mapping[Code, Verdict], code: object, message: str | None) -> Verdict:
    """Return whether paying again may help; None if code and message give no verdict, or contradict each other."""
    words = f"{code if isinstance(code, str) else ''} {message or ''}".replace("_", " ")
    verdicts: set[Verdict] = {verdict for verdict, pattern in _PATTERNS.items() if pattern.search(words)}
    number = common.integer(code)
    verdicts.add(codes.get(number) if number is not None else None)
    verdicts.discard(None)
    return verdicts.pop() if len(verdicts) == 1 else None
