"""What the words of a service say of a failure: whether its content was refused, and whether paying again may help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from attrs import frozen

from klingkit._models import Failure
from klingkit.providers import _common as common
from klingkit.providers._codes import Code

__all__ = ["CONTENT", "KIE", "OFFICIAL", "PHRASES", "Phrase", "failure", "refuses_content"]

Verdict: TypeAlias = bool | None
"""Whether the same request may succeed when paid for again; None: unknown."""

KIE: Final[Mapping[Code, Verdict]] = {
    **dict.fromkeys((400, 422), False),
    500: True,
    501: None,  # means that it failed, not why
}
"""What `failCode` means (observed.md: kie-fail-code)."""

OFFICIAL: Final[Mapping[Code, Verdict]] = {
    **dict.fromkeys((400, 422, 1200, 1201, 1300, 1301), False),
    **dict.fromkeys((500, 502, 503, 504, 5000, 5001, 5002), True),
}
"""The same for the official codes, and for HTTP's own, which relays use."""

CONTENT_CODE: Final = 1301
"""The official code of refused content."""

PHRASES: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("invalid parameter", "invalid parameters"), False),
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
            "unavailable",
            "try again later",
            "超时",
            "系统繁忙",
            "稍后",
        ),
        True,
    ),
}
"""Phrases about anything but content; whole ones only."""

POLICY: Final = r"(?:polic(?:y|ies)|guidelines?|rules|terms|standards?|regulations?|law)"
SUBJECT: Final = r"(?:content|prompt|input|output|image|video)"
OTHER_POLICIES: Final = "".join(rf"(?<!{word} )" for word in ("retry", "cache", "queue", "access", "rate", "storage"))
REFUSED: Final = r"(?:rejected|flagged|blocked|refused|filtered|not allowed)"
WAS: Final = r"(?:(?:was|were|is|are|has been|have been) )?"
REVIEW: Final = r"(?:safety|sensitive|moderat\w+|polic(?:y|ies)|nsfw|content|unsafe|risk|review)"


@frozen
class Phrase:
    """Words about content: as they are shown, as they are found, and whether they count beside words of a fault."""

    words: str
    pattern: str
    verdict: bool = True


CONTENT: Final = (
    Phrase("rejected, flagged, blocked, and nothing else", rf"^\W*(?:generation |request )?{WAS}{REFUSED}\W*$"),
    Phrase("content, prompt, input, output, image, video rejected", rf"\b{SUBJECT}s? (?:or \w+ )?{WAS}{REFUSED}\b"),
    Phrase("rejected by, as, for a review", rf"\b{REFUSED} (?:by|as|for|due to) (?:\w+ ){{0,3}}{REVIEW}\b"),
    Phrase("did not pass a review", rf"\bnot pass(?:ed)? (?:\w+ ){{0,3}}{REVIEW}\b"),
    Phrase("nsfw", r"\bnsfw\b"),
    Phrase("risk control", r"\brisk[- ]control\b"),
    Phrase("sensitive (but not case-sensitive)", r"(?<!-)(?<!case )\bsensitive\b"),
    Phrase("violates, violation of a policy, of guidelines, of rules", rf"\bviolat\w+ (?:\w+ ){{0,4}}{POLICY}\b"),
    Phrase("policy violation", rf"\b{POLICY} violations?\b"),
    Phrase("content violation, violating content", r"\bcontent violations?\b|\bviolating content\b|\bviolates? our\b"),
    Phrase("inappropriate, unsafe, prohibited", r"\b(?:inappropriate|unsafe|prohibited)\b"),
    Phrase("sexual, pornographic, nudity", r"\b(?:sexual|pornograph\w+|nudity)\b"),
    Phrase("explicit, adult content; data inspection failed", r"\b(?:explicit|adult) content\b|\bdata inspection\b"),
    Phrase(
        "forbidden, banned, illegal words or content", r"\b(?:forbidden|banned|illegal) (?:words?|terms?|content)\b"
    ),
    Phrase("harmful, violence, violent", r"\b(?:harmful|violence|violent)\b"),
    Phrase("hate speech, self-harm", r"\bhate speech\b|\bself[- ]harm\b"),
    Phrase("celebrity, public figure", r"\b(?:celebrit(?:y|ies)|public figures?)\b"),
    Phrase("photorealistic, real people", r"\bphotorealistic\b|\breal (?:persons?|people|humans?)\b"),
    Phrase(
        "failed a review, a content check",
        r"\bfail(?:ed|s) (?:\w+ ){0,3}(?:review|moderation|inspection|content check)\b",
    ),
    Phrase("copyright, trademark", r"\b(?:copyright|trademark)(?:ed)?\b"),
    Phrase("against a policy, guidelines, rules", rf"\bagainst (?:\w+ ){{0,3}}{POLICY}\b"),
    Phrase("disallowed content", r"\bdisallowed (?:content|material|words?|image|prompt)\b"),
    Phrase("policy (but no retry policy)", rf"{OTHER_POLICIES}\bpolic(?:y|ies)\b", verdict=False),
    Phrase("moderation", r"\bmoderat(?:ion|ed)\b", verdict=False),
    Phrase("safety", r"\bsafety\b", verdict=False),
    Phrase("content filter", r"\bcontent filter\w*", verdict=False),
    Phrase("community guidelines", r"\bcommunity guidelines\b", verdict=False),
    Phrase("敏感", "敏感"),
    Phrase("违规, 违反, 违法", "违规|违反|违法"),
    Phrase("不合规, 不符合规范", "不合规|不符合.{0,8}(?:规范|政策|规定|准则)"),
    Phrase("不当内容, 安全策略", "不当内容|安全策略"),
    Phrase("色情, 涉黄, 涉政, 血腥, 暴力, 侵权, 违禁", "色情|涉黄|涉政|血腥|暴力|侵权|违禁"),
    Phrase("不通过, 未通过, 拒绝", "(?:审核|审查|检测|风控|安全).*(?:不通过|未通过|没有通过|拒绝|失败)"),
    Phrase("审核, 审查", "审核|审查", verdict=False),
    Phrase("风控", "风控", verdict=False),
    Phrase("内容安全", "内容安全", verdict=False),
)
"""Words that reject content; without `verdict`, perhaps of the review itself (observed.md: refused-content)."""

MAX_WORDS: Final = 2000
"""Characters of a reason that are searched."""

FORM: Final = re.compile(
    r"\btoo (?:long|short|large|big|small)\b|\bnot https\b|\bresiz|\bcallback|\bmust be\b|\bexceed", re.IGNORECASE
)
"""Words about the form of a request, beside which it was not its content that was rejected."""

DOUBT: Final = re.compile(
    r"error|internal|upstream|\bserver\b|\blater\b|not available|crash|unhealthy|offline|异常|失败|稍后|错误",
    re.IGNORECASE,
)
"""Words of a fault, beside which a word that is no verdict is about the review itself."""

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _whole(phrase: str) -> str:
    return rf"\b{re.escape(phrase)}\b" if phrase.isascii() else phrase


_TEMPORARY: Final = "|".join(_whole(phrase) for phrase, again in PHRASES.items() if again)
_PARAMETERS: Final = "|".join(_whole(phrase) for phrase, again in PHRASES.items() if not again)
_CONTENT: Final = "|".join(each.pattern for each in CONTENT)
_VERDICTS: Final = "|".join(each.pattern for each in CONTENT if each.verdict)


def _are_found(pattern: str, words: str) -> bool:
    """Search for a pattern, which `re` compiles when it is first used: that takes as long as importing the rest."""
    return re.search(pattern, words, re.IGNORECASE) is not None


def _words(code: object, message: str | None) -> str:
    """Return code and message as one text to search in, spelled with spaces and on one line."""
    spelled = f"{_HUMP.sub(' ', code)} " if isinstance(code, str) and common.integer(code) is None else ""
    return " ".join(f"{spelled}{message or ''}"[:MAX_WORDS].replace("_", " ").split())


def refuses_content(code: object, message: str | None) -> bool:
    """Return whether code and message say that content was refused; a review that did not end rejects nothing."""
    words = _words(code, message)
    if _are_found(_TEMPORARY, words) or FORM.search(words):
        return False
    is_hint = _are_found(_CONTENT, words) and not DOUBT.search(words)
    return bool(common.integer(code) == CONTENT_CODE or _are_found(_VERDICTS, words) or is_hint)


def failure(
    codes: Mapping[Code, Verdict], code: int | str | None, message: str | None, raw: Mapping[str, Any]
) -> Failure:
    """Return why a task failed; words about its content outrank the code."""
    refused = refuses_content(code, message)
    again = False if refused else _retryable(codes, code, message)
    return Failure(code, message, retryable=again, raw=raw, content_refused=refused)


def _retryable(codes: Mapping[Code, Verdict], code: object, message: str | None) -> Verdict:
    """Return whether paying again may help; None if code and message give no verdict, or contradict each other."""
    words, number = _words(code, message), common.integer(code)
    verdicts: set[Verdict] = {
        True if _are_found(_TEMPORARY, words) else None,
        False if _are_found(_PARAMETERS, words) or _are_found(_CONTENT, words) else None,
        codes.get(number) if number is not None else None,
    }
    verdicts.discard(None)
    return verdicts.pop() if len(verdicts) == 1 else None
