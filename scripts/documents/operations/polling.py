"""How often and how long a page lets clients poll for tasks, and how long results are kept."""

import re
from collections.abc import Iterator

from scripts.documents.facts import Value
from scripts.documents.markdown.blocks import Fence
from scripts.documents.markdown.outline import Passage
from scripts.documents.markdown.vocabulary import NUMBER, figure
from scripts.documents.operations.page import Page

_N = rf"({NUMBER})"
_TO = r"\s*(?:-|–|—|~|到|至|to)\s*"
_UNIT = r"\s*(毫秒|秒|分钟|小时|天|ms\b|milliseconds?|s\b|secs?\b|seconds?|mins?\b|minutes?|hours?|h\b|days?)"
_FACTORS = ((r"毫秒|ms|milli", 0.001), (r"秒|s", 1), (r"分|m", 60), (r"小时|h", 3600), (r"天|d", 86400))
"""How a unit begins -> its seconds; the first that fits counts."""
_TIMES = re.compile(rf"{_N}(?:{_UNIT})?{_TO}{_N}{_UNIT}|{_N}{_UNIT}", re.ASCII | re.IGNORECASE)
_POLL = re.compile(r"轮询|间隔|查询|\bpoll|\binterval|\bquer", re.ASCII | re.IGNORECASE)
_EVERY = re.compile(r"每(?:隔)?\s*\d|\bevery\s+\d", re.ASCII | re.IGNORECASE)
_FIRST = re.compile(rf"(?:前|最初|头|first)\s*{_N}{_UNIT}", re.ASCII | re.IGNORECASE)
_AFTER = re.compile(rf"{_N}{_UNIT}\s*(?:后|之后|以后)|after\s*{_N}{_UNIT}", re.ASCII | re.IGNORECASE)
_STOP = re.compile(
    r"最大轮询|停止|超时|放弃|\bstop|\btime ?out|\bgive up|max(?:imum)? polling", re.ASCII | re.IGNORECASE
)
_RATE = re.compile(
    rf"每秒(?:钟)?\D{{0,8}}?{_N}\s*(?:次|个)"
    rf"|{_N}\s*(?:次|req(?:uest)?s?|queries|calls?)\s*(?:请求|查询)?\s*(?:/|每|per)\s*(?:秒|s|second)"
    rf"|{_N}\s*QPS|QPS\D{{0,8}}{_N}",
    re.ASCII | re.IGNORECASE,
)
_KEPT = re.compile(
    r"过期|失效|有效|保留|保存|清理|删除|清除|expir|delet|remov|purge|valid|kept|stored|retain|available",
    re.ASCII | re.IGNORECASE,
)
_SHORTEST = 60
"""Seconds that results are kept at least: what is valid for less is a video's length."""
_KEY = re.compile(r"key|密钥|token|令牌|timestamp|时间戳", re.ASCII | re.IGNORECASE)


def read_polling(page: Page) -> None:
    """Read intervals, rates and lifetimes, sentence by sentence."""
    schedule: list[dict[str, Value]] = []
    for passage in page.passages:
        for sentence, is_polling in _sentences(passage):
            if stage := _stage(sentence) if is_polling else None:
                schedule.append(stage)
                continue
            for where, name, value in _values(sentence, is_polling=is_polling):
                page.facts.add(where, name, value)
    if schedule:
        ordered = sorted(schedule, key=lambda stage: (stage.get("after", 0), stage["every"]))
        page.facts.add("polling", "schedule", ordered)


def seconds(amount: str, unit: str) -> int | float:
    """A time in seconds."""
    factor = next(factor for start, factor in _FACTORS if re.match(start, unit, re.ASCII | re.IGNORECASE))
    return _whole(figure(amount) * factor)


def _sentences(passage: Passage) -> Iterator[tuple[str, bool]]:
    """The sentences of a passage, and whether each is about polling: by its words, its title, or those beside it."""
    if isinstance(passage.content, Fence):
        return
    found = [sentence for text in passage.texts for sentence in re.split(r"[。;；]|\.(?=\s|$)", text.plain)]
    titled = any(map(_POLL.search, passage.titles[:1]))
    beside = any(map(_POLL.search, found))
    for sentence in found:
        like_them = beside and bool(_EVERY.search(sentence) or _STOP.search(sentence))
        yield sentence, titled or like_them or bool(_POLL.search(sentence))


def _values(sentence: str, *, is_polling: bool) -> Iterator[tuple[str, str, Value]]:
    found = _times(sentence)
    if rate := _RATE.search(sentence):
        yield "polling", "queries_per_second", figure(next(group for group in rate.groups() if group))
    elif found and found[-1] >= _SHORTEST and _KEPT.search(sentence) and not _KEY.search(sentence):
        yield "results", "lifetime_hours", _whole(found[-1] / 3600)
    elif found and is_polling:
        yield "polling", "timeout_seconds" if _STOP.search(sentence) else "seconds", found


def _stage(sentence: str) -> dict[str, Value] | None:
    """One stage of a schedule: from when or until when, every how many seconds."""
    first, after = _FIRST.search(sentence), _AFTER.search(sentence)
    every = _times(_AFTER.sub("", _FIRST.sub("", sentence)))
    if not every or _STOP.search(sentence):
        return None
    if first:
        return {"until": seconds(first[1], first[2]), "every": every}
    return {"after": seconds(after[1] or after[3], after[2] or after[4]), "every": every} if after else None


def _times(sentence: str) -> list[int | float]:
    """The first time that a sentence names, in seconds: one number, or the least and the most."""
    found = _TIMES.search(sentence)
    if not found:
        return []
    if found[1]:
        return [seconds(found[1], found[2] or found[4]), seconds(found[3], found[4])]
    return [seconds(found[5], found[6])]


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
