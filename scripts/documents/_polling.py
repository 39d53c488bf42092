"""What a page says about asking for tasks: how often, how long, and for how long results are kept."""

import re
from collections.abc import Iterator

from scripts.documents._blocks import Fence
from scripts.documents._document import Value
from scripts.documents._page import Page
from scripts.documents._words import NUMBER, figure

_N = rf"({NUMBER})"
_TO = r"\s*(?:-|–|—|~|到|至|to)\s*"
_UNIT = r"\s*(毫秒|秒|分钟|小时|天|ms\b|milliseconds?|s\b|secs?\b|seconds?|mins?\b|minutes?|hours?|h\b|days?)"
_SECONDS = {
    "毫秒": 0.001,
    "ms": 0.001,
    "mi": 60,
    "秒": 1,
    "s": 1,
    "分": 60,
    "m": 60,
    "小": 3600,
    "h": 3600,
    "天": 86400,
    "d": 86400,
}
_POLL = re.compile(r"轮询|间隔|查询|\bpoll|\binterval|\bquer", re.IGNORECASE)
_RANGE = re.compile(rf"{_N}{_TO}{_N}{_UNIT}|{_N}{_UNIT}", re.IGNORECASE)
_FIRST = re.compile(rf"(?:前|最初|头|first)\s*{_N}{_UNIT}", re.IGNORECASE)
_AFTER = re.compile(rf"{_N}{_UNIT}\s*(?:后|之后|以后)|after\s*{_N}{_UNIT}", re.IGNORECASE)
_STOP = re.compile(r"最大轮询|停止|超时|放弃|\bstop|\btime ?out|\bgive up|max(?:imum)? polling", re.IGNORECASE)
_RATE = re.compile(
    rf"每秒(?:钟)?\D{{0,8}}?{_N}\s*(?:次|个)|{_N}\s*(?:次|requests?|queries|calls?)\s*(?:请求|查询)?\s*(?:/|每|per)\s*(?:秒|s|second)",
    re.IGNORECASE,
)
_KEPT = re.compile(r"过期|失效|有效|保留|保存|expir|valid|kept|stored|retain|available", re.IGNORECASE)
_KEY = re.compile(r"key|密钥|token|令牌|timestamp|时间戳", re.IGNORECASE)


def tell_polling(page: Page) -> None:
    """Tell intervals, rates and lifetimes, sentence by sentence."""
    schedule = []
    for piece in page.pieces:
        if isinstance(piece.content, Fence):
            continue
        titled = any(map(_POLL.search, piece.titles[:1]))
        for text in piece.texts:
            for sentence in re.split(r"[。;；]", text.plain):
                schedule += _stage(sentence, titled=titled)
                for where, name, value in _said(sentence, titled=titled):
                    page.facts.tell(where, name, value)
    if schedule:
        page.facts.tell(
            "polling", "schedule", sorted(schedule, key=lambda stage: (stage.get("after", 0), stage["every"]))
        )


def seconds(amount: str, unit: str) -> int | float:
    """A time in seconds."""
    known = unit.lower()
    value = figure(amount) * next(
        factor
        for start, factor in _SECONDS.items()
        if known.startswith(start) and (start != "mi" or "milli" not in known)
    )
    return _whole(value)


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


def _said(sentence: str, *, titled: bool) -> Iterator[tuple[str, str, Value]]:
    if rate := _RATE.search(sentence):
        yield "polling", "queries_per_second", figure(rate[1] or rate[2])
        return
    found = _times(sentence)
    if found and _KEPT.search(sentence) and not _KEY.search(sentence):
        yield "results", "lifetime_hours", _whole(found[-1] / 3600)
    elif not (titled or _POLL.search(sentence)) or not found:
        return
    elif _STOP.search(sentence):
        yield "polling", "timeout_seconds", found
    elif not _staged(sentence):
        yield "polling", "seconds", found


def _staged(sentence: str) -> bool:
    return bool(_FIRST.search(sentence) or _AFTER.search(sentence))


def _stage(sentence: str, *, titled: bool) -> list[dict[str, Value]]:
    """One stage of a schedule: from when, until when, every how many seconds."""
    if not (titled or _POLL.search(sentence)) or _STOP.search(sentence) or not _staged(sentence):
        return []
    first, after = _FIRST.search(sentence), _AFTER.search(sentence)
    rest = _AFTER.sub("", _FIRST.sub("", sentence))
    every = _times(rest)
    if not every:
        return []
    begin = (
        {"until": seconds(first[1], first[2])}
        if first
        else {"after": seconds(after[1] or after[3], after[2] or after[4])}
    )  # type: ignore[index]
    return [{**begin, "every": every}]


def _times(sentence: str) -> list[int | float]:
    """The first time that a sentence names, in seconds: one number, or the least and the most."""
    found = _RANGE.search(sentence)
    if not found:
        return []
    if found[1]:
        return [seconds(found[1], found[3]), seconds(found[2], found[3])]
    return [seconds(found[4], found[5])]
