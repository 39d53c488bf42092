"""Which of the lists in a sentence are the values of its field."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from scripts.documents.fields.choices import EXTENSION, MEDIA, Choices, called, choices
from scripts.documents.fields.limits import NamedValue
from scripts.documents.markdown.blocks import CODE, CODE_END
from scripts.documents.markdown.vocabulary import NUMBER, attribute, scalar

_ANNOUNCED = re.compile(
    r"(?:可选(?:值|项|范围|参数值)|可选(?=\s*:)|可选择?(?=\s*[\ue000\w])|支持的?(?:值|取值|选项|枚举值)|取值(?!范围)"
    r"|可取(?:值)?|取(?=\s*\d)|可能的?(?:取?值|状态)|枚举值?|有效值|允许的?(?:取?值|值)|可用(?:的?值|选项)|选项"
    r"|[仅只]支持|(?<![不非原])(?<!不再)支持(?=\s*[\ue000\d])|分为|(?:只能|必须|可以|可)(?:是|为|取)(?:以下|下列)?(?:值|之一)?"
    r"|\b(?:one|any) of\b|\beither\b"
    r"|\b(?:allowed|possible|accepted|valid|available|supported) (?:values?|options?|choices?)"
    r"|\boptions?\b|\bchoices?\b|\bvalues?(?=\s*:)|\bonly\b|\bmust be\b|\bcan be\b|\benum\b(?: values?)?)"
    r"(?:\s*(?:包括|包含|分别|有|为|是|如下|如|例如|之一|以下|下列|include[sd]?|are|is|one of|either|the following"
    r"|such as|:))*\s*",
    re.ASCII | re.IGNORECASE,
)
_ALIKE = re.compile(r"(?:如|例如|such as)\s*:?\s*$", re.ASCII | re.IGNORECASE)
_START = re.compile(r"(?:^|[,;。\n(]|(?<!\d):|:(?!\d)|为|是|包括|分别|有)\s*")
_END = re.compile(r"\s*(?:[二两三四几任]\s*(?:种|档|选一|者|个)\S{0,4})?\s*(?:[,;。\n)]|\.(?:\s|$)|$)")
_SUPPORTED = re.compile(
    r"(?<![不非原])(?<!不再)支持|(?<!not )(?<!n't )(?<!longer )\bsupports?\b", re.ASCII | re.IGNORECASE
)
_SECOND = re.compile(r"\d\s*(?:秒|s\b|seconds?\b)", re.ASCII)
_CONDITION = re.compile(r"(?:\d{3,4}p|\b\dk)\b|当|如果|若|\bif\b|\bwhen\b", re.ASCII | re.IGNORECASE)
"""Before what a clause allows: it does so in this case alone."""
_CLAUSE = re.compile(r"[,;。\n]|\.(?=\s)")
_BOUND = re.compile(r"最[长多大高]|up to|at most|max|以[上内下]|之内|or (?:more|less)", re.ASCII | re.IGNORECASE)
_INCOMPLETE = re.compile(r"不限于|不仅限于|不止|not limited to|among others", re.ASCII | re.IGNORECASE)
_ENDS = re.compile(rf"{CODE_END}\s*(?:[-–—~]|到|至|to)\s*{CODE}")
_ITEM = re.compile(
    rf"\s*(?:[-*•]\s+)?{CODE}?(\d+:\d+|\d+|[a-z][a-z0-9_-]{{0,23}}){CODE_END}?\s*(?:\([^()]*\)\s*)?"
    r"(?::\s*(?!//)\S|[-–—]\s+\S)",
    re.ASCII,
)
_PLAIN = re.compile(rf"{NUMBER}|\d+:\d+|true|false", re.ASCII | re.IGNORECASE)
_NO_VALUE = re.compile(r"URLs?|URI|Base64|JSON|https?|IDs?|APIs?|null|true|false", re.ASCII | re.IGNORECASE)
_OBJECT = re.compile(r"[{\[]")


def listed(text: str, kind: str | None, names: frozenset[str] = frozenset()) -> Iterator[NamedValue]:
    """The values that a text allows; `names` are those of fields, which are values only where they are announced."""
    sure = (one for one in _announced(text) if _are_values(one.values))
    guesses = chain(_alone(text), _in_a_row(text), _explained(text, kind), _called(text), _itemised(text, kind))
    unsure = (one for one in guesses if _are_values(one.values) and not set(one.values) & names)
    found = next(sure, None) or next(unsure, None)
    if found is not None:
        yield "enum", distinct_values(found.values, kind)
        if found.open or incomplete(text):
            yield "open", True


def durations(text: str, kind: str | None) -> Iterator[NamedValue]:
    """The numbers of seconds that a sentence calls supported."""
    for found in _SUPPORTED.finditer(text):
        if _CONDITION.search(_CLAUSE.split(text[: found.start()])[-1]):
            continue
        given = choices(text, found.end())
        timed = _SECOND.search(text, found.end(), given.end)
        several = len(given.values) > 1 or not _BOUND.search(text[: given.end + 3])
        if timed and several and all(map(is_plain, given.values)):
            yield "enum", distinct_values(given.values, kind)


def incomplete(text: str) -> bool:
    """Whether a text calls its list incomplete."""
    return _INCOMPLETE.search(text) is not None


def is_plain(value: str) -> bool:
    """Whether a word can be nothing but a value."""
    return _PLAIN.fullmatch(value) is not None


def distinct_values(values: tuple[str, ...], kind: str | None) -> list[Any]:
    """Values converted to their field's type, in the order of the page, without repetition."""
    return list(dict.fromkeys(scalar(value, kind) for value in values))


def _announced(text: str) -> Iterator[Choices]:
    """Lists after words that announce them."""
    for found in _ANNOUNCED.finditer(text):
        given = choices(text, found.end())
        if "支持" in found[0] and _CONDITION.search(_CLAUSE.split(text[: found.start()])[-1]):
            continue
        single = given.values and (given.marked or (is_plain(given.values[0]) and _END.match(text, given.end)))
        if len(given.values) > 1 or single:
            alike = _ALIKE.search(found[0]) is not None
            yield Choices(given.values, given.marked, given.open or alike, given.end)


def _alone(text: str) -> Iterator[Choices]:
    """Clauses that are lists of values and nothing else: `status: a, b`, `std (fast) or pro`."""
    for found in _START.finditer(text):
        given = choices(text, found.end())
        plain = given.marked or re.search(r"[\u4e00-\u9fff]", text) is not None or _bare(text, given)
        if len(given.values) > 1 and plain and (given.open or _END.match(text, given.end)):
            yield given


def _in_a_row(text: str) -> Iterator[Choices]:
    """Two or more values in a row that are marked as code."""
    for found in re.finditer(CODE, text):
        given = choices(text, found.start())
        if len(given.values) > 1 and given.marked:
            yield given


def _explained(text: str, kind: str | None) -> Iterator[Choices]:
    """Values that are marked as code, each with its explanation."""
    codes = tuple(dict.fromkeys(re.findall(rf"{CODE}([a-z0-9][\w.:-]*){CODE_END}", text)))
    if len(codes) > 1 and not _ENDS.search(text) and kind in {"string", "integer", "number"}:
        yield Choices(codes, marked=True, open=False, end=len(text))


def _called(text: str) -> Iterator[Choices]:
    """Values in brackets after what they are called: fast (`quick`), slow (`careful`)."""
    for found in re.finditer(r"(?<![\u4e00-\u9fff])(?=[\u4e00-\u9fff])", text):
        given = called(text, found.start())
        if len(given.values) > 1 and (given.open or _END.match(text, given.end)):
            yield given


def _itemised(text: str, kind: str | None) -> Iterator[Choices]:
    """Values that begin a line or sentence each, before a colon: `fast: in a hurry. slow: with care`."""
    found = [_ITEM.match(clause) for clause in re.split(r"[\n;。]|\.\s", text)]
    values = tuple(dict.fromkeys(one[1] for one in found if one and attribute(one[1]) is None))
    if len(values) > 1 and kind in {"string", "integer", "number"}:
        yield Choices(values, marked=True, open=False, end=len(text))


def _bare(text: str, given: Choices) -> bool:
    """Whether a text is nothing but a list of words with digits in them."""
    return given.end >= len(text.rstrip(" \n.")) and all(re.search(r"\d", value) for value in given.values)


def _are_values(values: tuple[str, ...]) -> bool:
    """Whether a list is one of values rather than of objects, media types or ways to send."""
    others = (MEDIA.fullmatch, EXTENSION.fullmatch, _OBJECT.match, _NO_VALUE.fullmatch)
    return not any(other(value) for other in others for value in values)
