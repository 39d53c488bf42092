"""Limits in sentences: of lengths, file sizes, numbers of items, and numbers."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from scripts.documents.markdown.vocabulary import NUMBER, figure

NamedValue: TypeAlias = tuple[str, Any]
"""The name of a fact and its value."""

_N = rf"({NUMBER})"
_MARKS = "\ue000\ue001"
_WORDS = r"[\s-]*(?:个)?(?:单词|词(?!语)|words?\b)"
_CHARS = r"[\s-]*(?:个|位)?(?:(?:中|英|中英)文)?(?:字符|字(?![段节体母面])|char(?:acter)?s?\b|letters?\b)"
_IMAGES = (
    r"\s*(?:张|幅|个(?!字)|条|项|份|组|段|分镜|images?\b|files?\b|items?\b|urls?\b|pictures?\b|elements?\b|videos?\b"
    r"|shots?\b|clips?\b|segments?\b|entries\b)"
)
_SIZE = r"\s*(bytes?\b|字节|[KMG]i?B?\b|兆(?:字节)?)"
_FACTORS = {"k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30, "兆": 10**6}
_NO_UNIT = rf"(?!\d|[.,]\d|{_CHARS}|{_WORDS}|{_SIZE}|{_IMAGES})"
_MOST = (
    r"(?:≤|<=|⩽|≦|不(?:能|可|得|应|要|允许)?(?:超过|超出|多于|大于|长于|高于)|小于(?:或)?等于"
    r"|最多|最大|最长|至多|最高|上限|限制|限(?=\s*\d)|up to|at most|no (?:more|longer|larger|greater) than"
    r"|(?:not|n't|n’t) (?:exceed|be (?:longer|larger|greater) than)|max(?:imum)?\b|limit(?:ed)? (?:to|of|is)|within)"
)
_UNDER = r"(?:<(?!=)|(?<!不)小于(?!等于|或等于)|(?<!不)少于|less than|fewer than|shorter than|under\b|below\b)"
_LEAST = (
    r"(?:≥|>=|⩾|≧|不(?:能|可|得|应)?(?:少于|小于|低于|短于)|大于(?:或)?等于|至少|最少|最小|最短|最低|下限"
    r"|at least|no (?:less|fewer|shorter) than|min(?:imum)?\b)"
)
_OVER = r"(?:>(?!=)|(?<!不)(?<!不得)(?<!不能)大于(?!等于|或等于)|(?<!no )(?:greater|larger|more) than|exceeds?\b)"
_FILL = rf"[^\d。;,、\n{_MARKS}]{{0,14}}?"
_INSIDE = r"\s*(?:以内|之内|以下|内|为限|为上限|max\b|maximum|or (?:less|fewer)|limit|上限)"
_TO = r"\s*(?:-|–|—|~|〜|到|至|\bto\b|\.\.+)\s*"
_AND = rf"(?:{_TO}|\s*(?:和|与|\band\b)\s*)"
_LENGTH = (
    r"(?:最大(?:数组|列表)?长度|最长|长度上限|字数上限|长度限制|max(?:imum)? (?:array |list )?length|length limit)"
)
_TIME = r"\s*(?:秒钟?(?!级)|s\b|secs?\b|seconds?\b)(?:\s*\(含\))?"
_SPAN = (
    r"(?:(?:取值)?范围|取值?|(?:支持|可选|允许|可用|有效)的?值|区间|从|\branges?\b|\bfrom\b|\bvalues?\b)"
    r"[^\d\n。-]{0,8}?"
)
_COMPARED = re.compile(rf"{_N}\s*(<=|<|≤)\s*[\w\u4e00-\u9fff]{{1,20}}\s*(<=|<|≤)\s*{_N}")
_BRACKETS = re.compile(r"([\[(])\s*(-?[\d.]+)\s*[,;]\s*(-?[\d.]+)\s*([\])])")
_FROM_TO = re.compile(
    rf"{_SPAN}{_N}(?:{_TIME})?{_TO}{_N}|{_N}(?:{_TIME})?{_AND}{_N}(?:{_TIME})?\s*之间"
    rf"|(?:介于|在|\bbetween\b)\s*{_N}(?:{_TIME})?{_AND}{_N}|(?:^|[,;。(])\s*{_N}{_TO}{_N}\s*(?=$|[,;。)])",
    re.ASCII | re.IGNORECASE,
)
_TIMES = re.compile(rf"{_N}(?:{_TIME})?{_AND}{_N}{_TIME}", re.ASCII | re.IGNORECASE)
_OTHER_FIELD = re.compile(
    rf"[{_MARKS}]?([A-Za-z]\w*_\w+)[{_MARKS}]?\s*(?:[-–−]|减去?|\bminus\b)\s*[{_MARKS}]?([A-Za-z]\w*_\w+)", re.ASCII
)
_EACH = re.compile(r"每|\beach\b|\bper\b|\bevery\b", re.ASCII | re.IGNORECASE)
_PIXELS = r"\s*(?:px\b|pixels?\b|像素)"
_RATIO = r"(\d+(?:\.\d+)?\s*:\s*\d+(?:\.\d+)?)"
_RATIOS = re.compile(rf"{_RATIO}\s*(?:-|–|—|~|到|至|和|与|\bto\b|\band\b)\s*{_RATIO}", re.ASCII | re.IGNORECASE)
_STEP = re.compile(rf"(?:步长|步进|\bstep(?: size)?|increments? of|multiple of){_FILL}{_N}", re.ASCII | re.IGNORECASE)
_OF_FILES = re.compile(rf"{_SIZE}|{_PIXELS}", re.ASCII | re.IGNORECASE)
_MINUTES = r"\s*(?:分钟|minutes?\b|小时|hours?\b)"
_OTHER_UNIT = re.compile(
    r"\s*(?:credits?|coins?|points|dollars?|cents?|USD|RMB|CNY|ideas?|words?|sentences?|paragraphs?"
    r"|days?|weeks?|months?|years?)\b|\s*(?:积分|点数|美元|美分|元|天|周|个?月|年|个?单词|句)",
    re.ASCII | re.IGNORECASE,
)
"""A unit that no value of a field has: of prices, of how long something is kept, of advice on what to write."""
_LIMITS = (
    rf"(?:{_MOST}|{_UNDER}|{_LEAST}|{_OVER}){_FILL}{_N}(?!{_MINUTES}|\d)",
    rf"(?<![\w.:/-]){_N}{_TO}{_N}(?![\w:/-]|\.\d|\s*:)",
    rf"{_N}(?:{_CHARS}|{_WORDS}|{_SIZE}|{_IMAGES})?{_INSIDE}",
)


def figures(text: str, *, of_files: bool = True) -> Iterator[float]:
    """Every number that a text calls a limit, whatever of; perhaps without those of the size and the sides of files."""
    for pattern in _LIMITS:
        for found in re.finditer(pattern, text, re.ASCII | re.IGNORECASE):
            if _OTHER_UNIT.match(text, found.end()):
                continue
            if of_files or not _OF_FILES.match(text, found.end()):
                yield from (figure(one) for one in found.groups() if one and re.match(r"-?\d", one))


def lengths(text: str, kind: str | None = None) -> Iterator[NamedValue]:
    """Limits of a length in characters, or in words; without a unit, that of a list is how many items it has."""
    if both := re.search(rf"(?<![\d,.]){_N}{_AND}{_N}{_CHARS}", text, re.ASCII | re.IGNORECASE):
        yield "min_length", figure(both[1])
        yield "max_length", figure(both[2])
        return
    yield from _all("max_length", text, rf"{_MOST}{_FILL}{_N}{_CHARS}|{_N}{_CHARS}{_INSIDE}")
    yield from _all("max_length", text, rf"{_UNDER}{_FILL}{_N}{_CHARS}", -1)
    if kind != "array" or _EACH.search(text):
        yield from _bare_lengths("max_length", text)
    yield from _all("max_length", text, rf"最[大多](?:字符|字)数?\s*[:为是]?\s*{_N}")
    yield from _all("min_length", text, rf"{_LEAST}{_FILL}{_N}{_CHARS}")
    yield from _all("max_words", text, rf"{_MOST}{_FILL}{_N}{_WORDS}|{_N}{_WORDS}{_INSIDE}")


def _bare_lengths(name: str, text: str) -> Iterator[NamedValue]:
    yield from _all(name, text, rf"{_LENGTH}{_FILL}{_N}{_NO_UNIT}")
    yield from _all(name, text, rf"(?:长度|length|字符数?|字数){_FILL}{_MOST}{_FILL}{_N}{_NO_UNIT}")


def in_words(text: str) -> bool:
    """Whether a length is counted in words rather than characters."""
    return re.search(rf"\d{_WORDS}", text, re.ASCII | re.IGNORECASE) is not None


def sizes(text: str) -> Iterator[NamedValue]:
    """Limits of the size of a file."""
    if least := re.search(rf"{_LEAST}{_FILL}{_N}{_SIZE}", text, re.ASCII | re.IGNORECASE):
        yield "min_bytes", _octets(least[1], least[2])
        return
    found = re.search(
        rf"(?:{_MOST}|{_UNDER}|大小|size){_FILL}{_N}{_SIZE}|{_N}{_SIZE}{_INSIDE}", text, re.ASCII | re.IGNORECASE
    )
    if found:
        amount, unit = found.group(1, 2) if found[1] else found.group(3, 4)
        yield "max_bytes", _octets(amount, unit)


def size(text: str) -> int | None:
    """The file size that a value names, in bytes."""
    found = re.search(rf"{_N}{_SIZE}", text, re.ASCII | re.IGNORECASE)
    return _octets(found[1], found[2]) if found else None


def sides(text: str) -> Iterator[NamedValue]:
    """Limits of the sides of an image in pixels, and of their ratio."""
    if both := re.search(rf"{_N}(?:{_PIXELS})?{_AND}{_N}{_PIXELS}", text, re.ASCII | re.IGNORECASE):
        yield "min_pixels", figure(both[1])
        yield "max_pixels", figure(both[2])
    yield from _all("min_pixels", text, rf"{_OVER}{_FILL}{_N}{_PIXELS}", 1)
    for name, words in (("min_pixels", _LEAST), ("max_pixels", rf"{_MOST}|{_UNDER}")):
        yield from _all(name, text, rf"(?:{words}){_FILL}{_N}{_PIXELS}")
    if both := _RATIOS.search(text):
        yield "min_ratio", re.sub(r"\s", "", both[1])
        yield "max_ratio", re.sub(r"\s", "", both[2])


def counts(text: str) -> Iterator[NamedValue]:
    """Limits of how many items a list may have."""
    if both := re.search(rf"{_N}{_TO}{_N}{_IMAGES}", text, re.ASCII | re.IGNORECASE):
        yield "min_items", figure(both[1])
        yield "max_items", figure(both[2])
        return
    if both := re.search(
        rf"(?:长度|length)[^\d。;,\n]{{0,24}}?{_N}{_AND}{_N}{_NO_UNIT}", text, re.ASCII | re.IGNORECASE
    ):
        yield "min_items", figure(both[1])
        yield "max_items", figure(both[2])
    elif not _EACH.search(text):
        yield from _bare_lengths("max_items", text)
    yield from _all("max_items", text, rf"{_MOST}{_FILL}{_N}{_IMAGES}|(?:only|仅支持)\s*{_N}{_IMAGES}")
    yield from _all("min_items", text, rf"{_LEAST}{_FILL}{_N}{_IMAGES}")


def times(text: str) -> Iterator[NamedValue]:
    """Limits of a time in seconds: both, the least, or the most."""
    if both := _TIMES.search(text):
        yield "minimum", figure(both[1])
        yield "maximum", figure(both[2])
        return
    yield from _all("minimum", text, rf"{_LEAST}{_FILL}{_N}{_TIME}")
    yield from _all("maximum", text, rf"{_MOST}{_FILL}{_N}{_TIME}|{_N}{_TIME}{_INSIDE}")


def between_fields(text: str) -> Iterator[NamedValue]:
    """Limits of the difference of two fields, which are those of neither."""
    if found := _OTHER_FIELD.search(text):
        limits = dict(spans(_OTHER_FIELD.sub("", text)))
        if limits:
            yield "difference", {"of": [found[1], found[2]], **limits}


def spans(text: str, *, sure: bool = True) -> Iterator[NamedValue]:
    """Limits of a number; `sure` if the text is about a number."""
    if step := _STEP.search(text):
        yield "step", figure(step[1])
    brackets = _BRACKETS.search(text)
    if found := _COMPARED.search(text):
        yield _bound("minimum", exclusive=found[2] == "<"), figure(found[1])
        yield _bound("maximum", exclusive=found[3] == "<"), figure(found[4])
    elif brackets and (sure or re.search(_SPAN, text[: brackets.start()], re.ASCII | re.IGNORECASE)):
        yield _bound("minimum", exclusive=brackets[1] == "("), figure(brackets[2])
        yield _bound("maximum", exclusive=brackets[4] == ")"), figure(brackets[3])
    elif found := _FROM_TO.search(text):
        low, high = (group for group in found.groups() if group)
        yield "minimum", figure(low)
        yield "maximum", figure(high)
    elif sure:
        yield from _all("minimum", text, rf"{_LEAST}(?:值)?{_FILL}{_N}{_NO_UNIT}")
        yield from _all("maximum", text, rf"{_MOST}(?:值)?{_FILL}{_N}{_NO_UNIT}")


def _octets(amount: str, unit: str) -> int:
    factor = _FACTORS.get(unit.lower().removesuffix("字节").removesuffix("b"), 1)
    return round(figure(amount) * factor)


def _bound(name: str, *, exclusive: bool) -> str:
    return f"exclusive_{name}" if exclusive else name


def _all(name: str, text: str, pattern: str, offset: int = 0) -> Iterator[NamedValue]:
    """The first number of every match."""
    for found in re.finditer(pattern, text, re.ASCII | re.IGNORECASE):
        yield name, figure(next(group for group in found.groups() if group)) + offset
