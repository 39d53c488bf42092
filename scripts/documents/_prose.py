"""What sentences say about a field: limits, choices, defaults. Careful: what is not surely said is not told."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from scripts.documents._blocks import CODE, CODE_END
from scripts.documents._choices import EXTENSION, MEDIA, Choices, choices, media_types
from scripts.documents._words import NUMBER, figure, nothing, scalar

_N = rf"({NUMBER})"
_CHARS = r"[\s-]*(?:个|位)?(?:(?:中|英|中英)文)?(?:字符|字(?![段节体母面])|char(?:acter)?s?\b|letters?\b)"
_WORDS = r"[\s-]*(?:个)?(?:单词|词(?!语)|words?\b)"
_MOST = (
    r"(?:≤|<=|⩽|≦|不(?:能|可|得|应|要|允许)?(?:超过|超出|多于|大于|长于|高于)|小于(?:或)?等于|最多|最大|最长|至多|最高|上限|限制|限(?=\s*\d)"
    r"|up to|at most|no (?:more|longer|larger|greater) than|(?:not|n't|n’t) (?:exceed|be (?:longer|larger|greater) than)"
    r"|max(?:imum)?\b|limit(?:ed)? (?:to|of|is)|within)"
)
_UNDER = r"(?:<(?!=)|(?<!不)小于(?!等于|或等于)|(?<!不)少于|less than|fewer than|shorter than|under\b|below\b)"
_LEAST = (
    r"(?:≥|>=|⩾|≧|不(?:能|可|得|应)?(?:少于|小于|低于|短于)|大于(?:或)?等于|至少|最少|最小|最短|最低|下限|at least"
    r"|no (?:less|fewer|shorter) than|min(?:imum)?\b)"
)
_FILL = rf"[^\d。;,、\n{CODE}{CODE_END}]{{0,14}}?"
_INSIDE = r"\s*(?:以内|之内|以下|内|为限|为上限|max\b|maximum|or (?:less|fewer)|limit|上限)"
_TO = r"\s*(?:-|–|—|~|〜|到|至|\bto\b|\.\.+)\s*"
_AND = rf"(?:{_TO}|\s*(?:和|与|\band\b)\s*)"
_SPAN = r"(?:取值)?范围|取值?|(?:支持|可选|允许|可用|有效)的?值|区间|从|\branges?\b|\bfrom\b|\bvalues?\b"
_WITHIN = r"介于|在|\bbetween\b"
_SIZE = r"\s*(bytes?\b|字节|[KMG]i?B?\b|兆(?:字节)?)"
_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30, "兆": 10**6}
_IMAGES = r"\s*(?:张|幅|个(?!字)|条|项|份|images?\b|files?\b|items?\b|urls?\b|pictures?\b|elements?\b|videos?\b)"

_EXAMPLE = re.compile(
    r"\([^()]*?(?:示例|例如|比如|譬如|\be\.g\.|\bfor example|\bexample)[^()]*\)"
    r"|(?:示例|例子|例如|比如|譬如|\be\.g\.,?|\bfor example,?|\bsuch as|\bexamples?)\s*:?\s*"
    rf"(?:{CODE}[^{CODE_END}]*{CODE_END}|[^。;\n{CODE}])*",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"(?:可选(?:值|项|范围|参数值)|可选(?=\s*:)|支持的?(?:值|取值|选项|枚举值)|取值(?!范围)|可取(?:值)?|可能的?(?:取?值|状态)|枚举值?|有效值|允许的?(?:取?值|值)"
    r"|可用(?:的?值|选项)|选项|可选择?(?=\s*[\ue000\w])|[仅只]支持|支持(?=\s*[\ue000\d])|分为|取(?=\s*\d)|(?:只能|必须|可以|可)(?:是|为|取)(?:以下|下列)?(?:值|之一)?|\b(?:one|any) of\b|\beither\b"
    r"|\b(?:allowed|possible|accepted|valid|available|supported) (?:values?|options?|choices?)|\boptions?\b|\bchoices?\b|\bvalues?(?=\s*:)"
    r"|\bonly\b|\bmust be\b|\bcan be\b|\benum\b(?: values?)?)"
    r"(?:\s*(?:包括|包含|分别|有|为|是|如下|如|例如|之一|以下|下列|include[sd]?|are|is|one of|either|the following|such as|:))*\s*",
    re.IGNORECASE,
)
_ALIKE = re.compile(r"(?:如|例如|such as)\s*:?\s*$", re.IGNORECASE)
_SECONDS = re.compile(r"支持|supports?\b", re.IGNORECASE)
_SECOND = re.compile(r"\d\s*(?:秒|s\b|seconds?\b)")
_OPEN_ENDED = re.compile(r"最[长多大高]|up to|at most|max|以[上内下]|之内|or (?:more|less)", re.IGNORECASE)
_DEFAULT = re.compile(
    r"(?:默认值?|缺省值?)\s*(?:为|是|取|:|=)?\s*|\bdefault(?:s)?(?: value)?\s*(?:to|is|:|=)\s*|\bdefault\s+(?=[\ue000\"'\d])",
    re.IGNORECASE,
)
_OPTIONAL = re.compile(
    r"(?:可选|选填|非必[需填选]|可不填|可省略|可不传|optional|not required)(?:的|项|参数|字段|配置)?", re.IGNORECASE
)
_REQUIRED = re.compile(
    r"(?:必需|必填|必选|必传|required|mandatory)(?:的|项|参数|字段|配置)?(?: field| parameter)?", re.IGNORECASE
)
_UNIT = {
    "ms": re.compile(r"毫秒|millisecond|\bms\b", re.IGNORECASE),
    "s": re.compile(
        r"单位[^,。;]{0,4}秒|以秒|按秒|\(秒\)|秒为单位|秒数|秒级|\bin seconds\b|\(seconds?\)|(?<![\d毫每\s])秒(?![钟后内])",
        re.IGNORECASE,
    ),
}
_INCOMPLETE = re.compile(r"不限于|不仅限于|不止|not limited to|among others", re.IGNORECASE)
_END = re.compile(r"\s*(?:[二两三四几任]\s*(?:种|档|选一|者|个)\S{0,4})?\s*(?:[,;。\n)]|\.(?:\s|$)|$)")
_NO_VALUE = re.compile(r"URLs?|URI|Base64|JSON|https?|IDs?|APIs?|null|true|false", re.IGNORECASE)
_OBJECT = re.compile(r"[{\[]")
_CLAUSE = re.compile(r"[,，。;；()（）\n]|\.(?=\s|$)")

Telling = tuple[str, Any]


def told(prose: str, kind: str | None, names: frozenset[str] = frozenset()) -> Iterator[Telling]:
    """What the description of a field says about it; `names` are those of fields, which are no values."""
    text = plainly(prose)
    yield from lengths(text)
    yield from sizes(text)
    if kind in {"integer", "number", None}:
        yield from spans(text, sure=kind is not None)
    if kind == "array":
        yield from counts(text)
    if kind != "boolean":
        yield from listed(text, kind, names)
        yield from durations(text, kind)
    yield from defaults(text, kind)
    if kind in {"string", "array", None} and (kinds := media_types(text)) and _about_files(text, kinds):
        yield "media_types", kinds


def plainly(prose: str) -> str:
    """Without its examples."""
    return _EXAMPLE.sub(" ", prose)


def lengths(text: str) -> Iterator[Telling]:
    """Limits of a length in characters."""
    if both := re.search(rf"(?<![\d,.]){_N}(?:{_TO}|\s*(?:和|与|\band\b)\s*){_N}{_CHARS}", text, re.IGNORECASE):
        yield "min_length", figure(both[1])
        yield "max_length", figure(both[2])
        return
    yield from _limit("max_length", text, rf"{_MOST}{_FILL}{_N}{_CHARS}|{_N}{_CHARS}{_INSIDE}")
    yield from _limit("max_length", text, rf"{_UNDER}{_FILL}{_N}{_CHARS}", -1)
    yield from _limit(
        "max_length",
        text,
        rf"(?:最大长度|最长|长度上限|字数上限|长度限制|max(?:imum)? length|length limit){_FILL}{_N}(?!\d|\.\d|{_SIZE})",
    )
    yield from _limit("max_length", text, rf"(?:长度|length|字符数?|字数){_FILL}{_MOST}{_FILL}{_N}(?!\d|\.\d|{_SIZE})")
    yield from _limit("max_length", text, rf"最[大多](?:字符|字)数?\s*[:为是]?\s*{_N}")
    yield from _limit("min_length", text, rf"{_LEAST}{_FILL}{_N}{_CHARS}")
    yield from _limit("max_words", text, rf"{_MOST}{_FILL}{_N}{_WORDS}|{_N}{_WORDS}{_INSIDE}")


def sizes(text: str) -> Iterator[Telling]:
    """Limits of the size of a file."""
    if least := re.search(rf"{_LEAST}{_FILL}{_N}{_SIZE}", text, re.IGNORECASE):
        yield "min_bytes", octets(least[1], least[2])
        return
    found = re.search(rf"(?:{_MOST}|{_UNDER}|大小|size){_FILL}{_N}{_SIZE}|{_N}{_SIZE}{_INSIDE}", text, re.IGNORECASE)
    if found:
        amount, unit = found.group(1, 2) if found[1] else found.group(3, 4)
        yield "max_bytes", octets(amount, unit)


def octets(amount: str, unit: str) -> int:
    """A file size in bytes."""
    factor = _UNITS.get(unit.lower().removesuffix("字节").removesuffix("b"), 1)
    return round(figure(amount) * factor)


def in_words(text: str) -> bool:
    """Whether a length is counted in words rather than characters."""
    return re.search(rf"\d{_WORDS}", text, re.IGNORECASE) is not None


def size(text: str) -> int | None:
    """The file size that a value names."""
    found = re.search(rf"{_N}{_SIZE}", text, re.IGNORECASE)
    return octets(found[1], found[2]) if found else None


def counts(text: str) -> Iterator[Telling]:
    """Limits of how many items a list may have."""
    if both := re.search(rf"{_N}{_TO}{_N}{_IMAGES}", text, re.IGNORECASE):
        yield "min_items", figure(both[1])
        yield "max_items", figure(both[2])
        return
    yield from _limit("max_items", text, rf"{_MOST}{_FILL}{_N}{_IMAGES}|(?:only|仅支持)\s*{_N}{_IMAGES}")
    yield from _limit("min_items", text, rf"{_LEAST}{_FILL}{_N}{_IMAGES}")


def spans(text: str, *, sure: bool = True) -> Iterator[Telling]:
    """Limits of a number; `sure` if the text is about a number."""
    step = re.search(rf"(?:步长|步进|\bstep(?: size)?|increments? of|multiple of){_FILL}{_N}", text, re.IGNORECASE)
    if step:
        yield "step", figure(step[1])
    if found := re.search(rf"{_N}\s*(<=|<|≤)\s*\w{{1,20}}\s*(<=|<|≤)\s*{_N}", text):
        yield _bound("minimum", found[2] == "<"), figure(found[1])
        yield _bound("maximum", found[3] == "<"), figure(found[4])
    elif found := re.search(
        rf"(?:{_SPAN})[^\d\n。]{{0,8}}?([\[(])\s*(-?[\d.]+)\s*[,;]\s*(-?[\d.]+)\s*([\])])", text, re.IGNORECASE
    ):
        yield _bound("minimum", found[1] == "("), figure(found[2])
        yield _bound("maximum", found[4] == ")"), figure(found[3])
    elif found := re.search(
        rf"(?:{_SPAN})[^\d\n。-]{{0,8}}?{_N}{_TO}{_N}|{_N}{_AND}{_N}\s*之间|(?:{_WITHIN})\s*{_N}{_AND}{_N}"
        rf"|(?:^|[,;。(])\s*{_N}{_TO}{_N}\s*(?=$|[,;。)])",
        text,
        re.IGNORECASE,
    ):
        low, high = (group for group in found.groups() if group)
        yield "minimum", figure(low)
        yield "maximum", figure(high)
    elif sure and (found := re.search(r"([\[(])\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*([\])])", text)):
        yield _bound("minimum", found[1] == "("), figure(found[2])
        yield _bound("maximum", found[4] == ")"), figure(found[3])
    elif sure:
        yield from _limit("minimum", text, rf"{_LEAST}(?:值)?{_FILL}{_N}(?!{_CHARS}|{_SIZE}|{_IMAGES})")
        yield from _limit("maximum", text, rf"{_MOST}(?:值)?{_FILL}{_N}(?!{_CHARS}|{_SIZE}|{_IMAGES})")


def listed(text: str, kind: str | None, names: frozenset[str] = frozenset()) -> Iterator[Telling]:
    """The values that a text allows: after words that announce them, or as a clause of nothing else."""
    sure = (one for one in _announced(text) if _are_values(one.values))
    guesses = chain(_alone(text), _marked(text), _scattered(text, kind))
    unsure = (one for one in guesses if _are_values(one.values) and not set(one.values) & names)
    found = next(sure, None) or next(unsure, None)
    if found is not None:
        yield "enum", sorted_values(found.values, kind)
        if found.open or incomplete(text):
            yield "open", True


def durations(text: str, kind: str | None) -> Iterator[Telling]:
    """The numbers of seconds that a sentence says are supported."""
    for found in _SECONDS.finditer(text):
        given = choices(text, found.end())
        timed = _SECOND.findall(text[found.end() : given.end])
        figures = all(map(_plainly_value, given.values))
        if timed and figures and (len(given.values) > 1 or not _OPEN_ENDED.search(text[: given.end + 3])):
            yield "enum", sorted_values(given.values, kind)


def defaults(text: str, kind: str | None) -> Iterator[Telling]:
    """The default that a text names."""
    for found in _DEFAULT.finditer(text):
        given = choices(text, found.end())
        if given.values and (given.marked or _plainly_value(given.values[0])) and not nothing(given.values[0]):
            yield "default", scalar(given.values[0], kind)


def described(prose: str) -> bool | None:
    """Whether a description calls its field required (true) or optional (false)."""
    clauses = [clause.strip() for clause in _CLAUSE.split(prose)]
    if any(_OPTIONAL.fullmatch(clause) for clause in clauses):
        return False
    return True if any(_REQUIRED.fullmatch(clause) for clause in clauses) else None


def unit(text: str) -> str | None:
    """The unit of time in which a field is told to be."""
    return next((name for name, words in _UNIT.items() if words.search(text)), None)


def incomplete(text: str) -> bool:
    """Whether a text says that its list is not complete."""
    return _INCOMPLETE.search(text) is not None


def sorted_values(values: tuple[str, ...], kind: str | None) -> list[Any]:
    """Values as their field's type wants them, sorted, without repetition."""
    wanted = {scalar(value, kind) for value in values}
    return sorted(wanted, key=lambda value: (isinstance(value, str), value))


def _announced(text: str) -> Iterator[Choices]:
    for found in _CHOICE.finditer(text):
        given = choices(text, found.end())
        if len(given.values) > 1 or (given.values and (given.marked or _only(text, given))):
            alike = _ALIKE.search(found[0]) is not None
            yield Choices(given.values, given.marked, given.open or alike, given.end)


def _only(text: str, given: Choices) -> bool:
    """Whether a list is of one plain value, and the clause ends with it."""
    return _plainly_value(given.values[0]) and re.match(r"\s*(?:[,;。)\n]|$)", text[given.end :]) is not None


def _alone(text: str) -> Iterator[Choices]:
    """Clauses that are lists of values and nothing else: `status: a, b`, `std (fast) or pro`."""
    for found in re.finditer(r"(?:^|[,;。\n(]|(?<!\d):|:(?!\d)|为|是|包括|分别|有)\s*", text):
        given = choices(text, found.end())
        plain = given.marked or _chinese(text) or _bare(text, given)
        if len(given.values) > 1 and plain and (given.open or _END.match(text[given.end :])):
            yield given


def _marked(text: str) -> Iterator[Choices]:
    """Two or more values in a row that are marked as code."""
    for found in re.finditer(CODE, text):
        given = choices(text, found.start())
        if len(given.values) > 1 and given.marked:
            yield given


def _scattered(text: str, kind: str | None) -> Iterator[Choices]:
    """Values that are marked as code, each explained: what a text marks otherwise is names."""
    codes = tuple(dict.fromkeys(re.findall(rf"{CODE}([a-z0-9][\w.:-]*){CODE_END}", text)))
    if len(codes) > 1 and kind in {"string", "integer", "number"}:
        yield Choices(codes, True, False, len(text))


def _are_values(values: tuple[str, ...]) -> bool:
    """Whether a list is one of values rather than of objects, media types or ways to send."""
    others = (MEDIA.fullmatch, EXTENSION.fullmatch, _OBJECT.match, _NO_VALUE.fullmatch)
    return not any(other(value) for other in others for value in values)


def _chinese(text: str) -> bool:
    return re.search(r"[\u4e00-\u9fff]", text) is not None


def _bare(text: str, given: Choices) -> bool:
    return given.end >= len(text.rstrip(" \n.")) and all(re.search(r"\d", value) for value in given.values)


def _plainly_value(value: str) -> bool:
    return re.fullmatch(rf"{NUMBER}|\d+:\d+|true|false", value, re.IGNORECASE) is not None


def _about_files(text: str, kinds: list[str]) -> bool:
    if MEDIA.search(text):
        return all(kind.startswith(("image/", "video/", "audio/")) for kind in kinds)
    return re.search(r"格式|类型|支持|文件|format|type|file|support|accept|mime", text, re.IGNORECASE) is not None


def _bound(name: str, exclusive: bool) -> str:  # noqa: FBT001 - a fact of the text
    return f"exclusive_{name}" if exclusive else name


def _limit(name: str, text: str, pattern: str, offset: int = 0) -> Iterator[Telling]:
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield name, figure(next(group for group in found.groups() if group)) + offset
