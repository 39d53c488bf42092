"""Lists of values, as they are written out in cells and sentences."""

import re

from attrs import frozen

from scripts.documents.markdown.blocks import CODE, CODE_END

_VALUE = re.compile(
    rf"{CODE}\s*(?P<code>[^{CODE_END}]+?)\s*{CODE_END}"
    r"|[\"“「『'‘](?P<quoted>[^\"”」』'’\n]{1,60})[\"”」』'’]"
    r"|(?P<ratio>\d+:\d+)(?![A-Za-z0-9_])"
    r"|(?P<timed>\d+(?:\.\d+)?)(?:s|sec|seconds)(?![A-Za-z0-9_])(?!\s*(?:[-–—~]|到|至|to\b)\s*\d)"
    r"|(?P<figure>-?\d+(?:\.\d+)?)(?![A-Za-z0-9_.:/-]*[A-Za-z0-9_])(?!\s*(?:[-–—~]|到|至|to\b)\s*\d)"
    r"(?:\s*(?:个|帧|秒钟?|分钟|s\b|secs?\b|seconds?\b|张|倍))?"
    r"|(?P<path>[A-Za-z0-9][A-Za-z0-9_.+-]*/[A-Za-z0-9][A-Za-z0-9_.+/-]*)"
    r"|(?P<word>(?!etc\b|and\b|or\b)[A-Za-z0-9](?:[A-Za-z0-9_.+-]*[A-Za-z0-9_])?)",
    re.ASCII,
)
_AFTER = re.compile(
    r"\s*(?:\([^()]*\)|\[[^\[\]]*\]|(?:为|表示|是|代表|=|:|\s[-–—](?=\s)|means|is)"
    rf"\s*[^,、;。|/{CODE}\n]{{1,40}}(?=[,、;。|/{CODE}\n]|$)"
    rf"|[-–—]\s*[\u4e00-\u9fff][^,、;。|/{CODE}\n]{{0,40}}(?=[,、;。|/{CODE}\n]|$))"
)
_BETWEEN = re.compile(
    r"\s*(?:[,、;|/]\s*(?:或者?|和|与|以?及|(?:or|and)\b)?|或者?|和|与|以?及|\bor\b|\band\b)\s*", re.ASCII
)
_BULLET = re.compile(r"\s*(?:[-*•·]\s+|•)?")
_NEXT = re.compile(rf"\s*(?:\n\s*[-*•]\s*)?(?={CODE})")
_LINE = re.compile(r"\s*\n\s*(?:[-*•]\s*)?(?=[\w.+-]+(?::\d+)?\s*(?:[(:=\n]|[-–—]\s*[\s\u4e00-\u9fff]|$))", re.ASCII)
_CALLED = re.compile(rf"[\u4e00-\u9fff]{{1,10}}\s*\(\s*{CODE}?([A-Za-z0-9][\w.:-]*){CODE_END}?\s*\)", re.ASCII)
_MORE = re.compile(r"[\s,、]*(?:等(?![于级待])|etc\b|\.\.\.|and (?:so on|more|others)|among others)", re.ASCII)

MEDIA = re.compile(r"\b(?:image|video|audio|application|text)/[a-z0-9][a-z0-9.+-]*", re.ASCII | re.IGNORECASE)
EXTENSION = re.compile(
    r"(?<![A-Za-z0-9.])\.?(jpe?g|png|webp|gif|bmp|heic|tiff?|mp4|mov|webm|mkv|avi|mp3|wav|m4a|aac|ogg)(?![A-Za-z0-9])",
    re.ASCII | re.IGNORECASE,
)
_KIND = {
    "jpg": "image/jpeg",
    "tif": "image/tiff",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "mp3": "audio/mpeg",
}
_VIDEO, _AUDIO = {"mp4", "webm", "avi"}, {"wav", "m4a", "aac", "ogg"}


@frozen
class Choices:
    """A list of values: the values, whether each was marked as one, whether others are possible, where it ends."""

    values: tuple[str, ...]
    marked: bool
    open: bool
    end: int


def choices(prose: str, start: int = 0) -> Choices:
    """The list of values that begins at a place; empty if none does."""
    values: list[str] = []
    begin = _BULLET.match(prose, start)
    marked, position = True, begin.end() if begin else start
    end = position
    while found := _VALUE.match(prose, position):
        values += _split(found)
        marked = marked and found.lastgroup in {"code", "quoted"}
        end = _explained(prose, found.end())
        if _MORE.match(prose, end):
            break
        between = (
            _BETWEEN.match(prose, end)
            or (found.lastgroup == "code" and _NEXT.match(prose, end))
            or (_ends_a_line(found, end) and _LINE.match(prose, end))
        )
        if not between:
            break
        position = between.end()
    more = _MORE.match(prose, end)
    return Choices(tuple(values), marked and bool(values), bool(more), more.end() if more else end)


def alternatives(path: str) -> list[str]:
    """The words between the slashes of a path if each is a value of its own: plain words, or numbered ones alike."""
    words = path.split("/")
    stems = {re.split(r"[\d._-]", word)[0] for word in words}
    numbered = len(stems) == 1 and all(re.search(r"\d", word) for word in words)
    return words if numbered or not re.search(r"\d|-", path) else [path]


def called(prose: str, start: int) -> Choices:
    """The list of values that begins at a place, each in brackets after what it is called; empty if none does."""
    values: list[str] = []
    position = end = start
    while found := _CALLED.match(prose, position):
        values.append(found[1])
        end = found.end()
        between = _BETWEEN.match(prose, end)
        if not between:
            break
        position = between.end()
    more = _MORE.match(prose, end)
    return Choices(tuple(values), marked=False, open=bool(more), end=more.end() if more else end)


def media_types(prose: str) -> list[str]:
    """The media types that a text names, as such or as file extensions."""
    named = {found.lower().rstrip(".") for found in MEDIA.findall(prose)} or {
        _media(found.lower()) for found in EXTENSION.findall(prose)
    }
    return sorted({"image/jpeg" if name == "image/jpg" else name for name in named})


def _media(extension: str) -> str:
    if extension in _KIND:
        return _KIND[extension]
    kind = "video" if extension in _VIDEO else "audio" if extension in _AUDIO else "image"
    return f"{kind}/{extension}"


def _split(found: re.Match[str]) -> list[str]:
    value: str = found[found.lastgroup or 0].strip()
    if found.lastgroup == "path" and not MEDIA.fullmatch(value):
        return alternatives(value)
    if found.lastgroup == "code":
        return [value.strip("\"'")]
    return [value]


def _ends_a_line(found: re.Match[str], end: int) -> bool:
    """Whether a value may have the next one on the line below it: a word with its explanation, or no word."""
    return end > found.end() if found.lastgroup == "word" else end == found.end() and found.lastgroup != "path"


def _explained(prose: str, position: int) -> int:
    while found := _AFTER.match(prose, position):
        position = found.end()
    return position
