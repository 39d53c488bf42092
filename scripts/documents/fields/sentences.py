"""Facts about a field in sentences. Careful: a value that might mean something else is left out."""

import re
from collections.abc import Iterator

from scripts.documents.fields.allowed_values import durations, is_plain, listed
from scripts.documents.fields.choices import MEDIA, choices, media_types
from scripts.documents.fields.limits import NamedValue, between_fields, counts, lengths, sides, sizes, spans, times
from scripts.documents.markdown.blocks import CODE, CODE_END
from scripts.documents.markdown.vocabulary import nothing, scalar

_EXAMPLE = re.compile(
    r"\([^()]*?(?:示例|例如|比如|譬如|\be\.g\.|\bfor example|\bexample)[^()]*\)"
    r"|(?:示例|例子|例如|比如|譬如|\be\.g\.,?|\bfor example,?|\bsuch as|\bexamples?)\s*:?\s*"
    rf"(?:{CODE}[^{CODE_END}]*{CODE_END}|[^。;\n{CODE}])*",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT = re.compile(
    r"(?:默认值?|缺省值?)\s*(?:为|是|取|:|=)?\s*|\bdefault(?:s)?(?: value)?\s*(?:to|is|:|=)\s*"
    rf"|\bdefault\s+(?=[{CODE}\"'\d])",
    re.ASCII | re.IGNORECASE,
)
_WORD = re.compile(r"[a-z][\w-]*(?=\s*(?:$|[,。;)\n]))", re.ASCII)
_OPTIONAL = re.compile(
    r"(?:可选|选填|非必[需填选]|可不填|可省略|可不传|optional|not required)(?:的|项|参数|字段|配置)?",
    re.ASCII | re.IGNORECASE,
)
_REQUIRED = re.compile(
    r"(?:必需|必填|必选|必传|required|mandatory)(?:的|项|参数|字段|配置)?(?: field| parameter)?",
    re.ASCII | re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:^|[,。;()\s]|已|被|将)(?:废弃|弃用|停用|下线|过时)(?!的)|不再(?:支持|使用|推荐)"
    r"|\bdeprecated\b|\bno longer (?:supported|used)",
    re.ASCII | re.IGNORECASE,
)
_FIGURE = re.compile(rf"{CODE}\s*([-\d.,]*\d)\s*{CODE_END}")
_ADVICE = re.compile(r"(?:建议|推荐|\brecommend)[^,。;\n]*", re.ASCII | re.IGNORECASE)
_FILE = re.compile(
    r"url|链接|地址|文件|上传|格式|音频|每个?视频|\bfile|\bupload|\bformat|\baudio|(?:each|per) video|mp[34]",
    re.ASCII | re.IGNORECASE,
)
_LASTS = re.compile(r"时长|\bduration|\blength\b", re.ASCII | re.IGNORECASE)
_UNIT = {
    "ms": re.compile(r"毫秒|millisecond|\bms\b", re.ASCII | re.IGNORECASE),
    "s": re.compile(
        r"单位[^,。;]{0,4}秒|以秒|按秒|\(秒\)|\(s\)|单位[^,。;]{0,4}\bs\b|秒为单位|秒数|秒级"
        r"|\bin seconds\b|\(seconds?\)|\bunits?\s*(?:[:=]|is|in)?\s*(?:s|secs?|seconds?)\b"
        r"|(?<![\d毫每\s])秒(?![钟后内])",
        re.ASCII | re.IGNORECASE,
    ),
}
_CLAUSE = re.compile(r"[,，。;；()（）\n]|\.(?=\s|$)")
_FILES = re.compile(r"格式|类型|支持|文件|format|type|file|support|accept|mime", re.ASCII | re.IGNORECASE)


def facts_of(prose: str, kind: str | None, names: frozenset[str] = frozenset()) -> Iterator[NamedValue]:
    """The facts in the description of a field; `names` are those of fields, which are no values."""
    text = plainly(prose)
    figures = unadvised(text)
    yield from lengths(figures, kind)
    yield from sizes(figures)
    if differences := [*between_fields(figures)]:
        yield from differences
    elif kind in {"integer", "number", None}:
        limits = [*spans(figures, sure=kind is not None)]
        yield from limits or (_times(figures, kind) if kind else ())
    if kind == "array":
        yield from counts(figures)
    if kind in {"string", "array"} and not differences:
        yield from _times(figures, kind)
    if kind in {"string", "array", None}:
        yield from sides(figures)
    if _GONE.search(text):
        yield "deprecated", True
    if kind != "boolean" and not differences:
        yield from listed(_without_defaults(text), kind, names)
        yield from durations(text, kind)
    yield from defaults(text, kind)
    if kind in {"string", "array", None} and (kinds := media_types(text)) and _about_files(text, kinds):
        yield "media_types", kinds


def _times(text: str, kind: str) -> Iterator[NamedValue]:
    """Limits of the seconds that a text stands for; of files, of the seconds that each lasts."""
    if _FILE.search(text) and kind in {"string", "array"}:
        yield from ((name.replace("imum", "_seconds"), value) for name, value in times(text))
    elif kind != "array" and (unit(text) == "s" or _LASTS.search(text)):
        yield from [*times(text)] or spans(text, sure=False)


def unadvised(text: str) -> str:
    """Without what it only recommends; figures without the marks around them."""
    return _ADVICE.sub("", _FIGURE.sub(r"\1", text))


def plainly(prose: str) -> str:
    """Without its examples."""
    return _EXAMPLE.sub(" ", prose)


def defaults(text: str, kind: str | None) -> Iterator[NamedValue]:
    """The default that a text names: a value marked as one, a figure, or a word that ends the clause."""
    for found in _DEFAULT.finditer(text):
        given = choices(text, found.end())
        sure = given.marked or any(map(is_plain, given.values[:1])) or _WORD.match(text, found.end())
        if given.values and sure and not nothing(given.values[0]):
            yield "default", scalar(given.values[0], kind)


def _without_defaults(text: str) -> str:
    for found in reversed([*_DEFAULT.finditer(text)]):
        given = choices(text, found.end())
        if len(given.values) == 1:
            text = f"{text[: found.start()]} {text[given.end :]}"
    return text


def described(prose: str) -> bool | None:
    """Whether a description calls its field required (true) or optional (false)."""
    clauses = [clause.strip() for clause in _CLAUSE.split(prose)]
    if any(map(_OPTIONAL.fullmatch, clauses)):
        return False
    return True if any(map(_REQUIRED.fullmatch, clauses)) else None


def unit(text: str) -> str | None:
    """The unit of time that a description names for its field."""
    return next((name for name, words in _UNIT.items() if words.search(text)), None)


def _about_files(text: str, kinds: list[str]) -> bool:
    if MEDIA.search(text):
        return all(kind.startswith(("image/", "video/", "audio/")) for kind in kinds)
    return _FILES.search(text) is not None
