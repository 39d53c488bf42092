"""Responses within responses: relays wrap what they got, to any depth, and put the URL of a video in many places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeGuard

from klingkit._models import Video
from klingkit.providers import _common as common

__all__ = [
    "FAILURE_CODES",
    "REASONS",
    "STATE_FIELDS",
    "Layer",
    "first",
    "has_reason",
    "ids_of",
    "is_of_exchange",
    "opened",
    "other_ids_of",
    "other_task",
    "reports_nothing",
    "videos",
    "walk",
]

Layer: TypeAlias = Mapping[str, Any]

MAX_LAYERS: Final = 64
"""Layers that are read of one response."""

WRAPPERS: Final = (
    *("data", "result", "output", "response", "task", "body", "payload", "record", "detail", "job", "tasks"),
    *("task_result", "taskResult"),
)
"""The fields in which a layer holds the next one (observed.md: relay-layers)."""
_WRAPPERS: Final = frozenset(WRAPPERS)

STATE_FIELDS: Final = ("task_status", "taskStatus", "status", "state")
"""The fields that hold the word for a task's state."""

IDS: Final = ("task_id", "taskId")
"""The fields that hold a task's id; so does an `id` beside a `status`, as in the second official generation."""

OTHER_IDS: Final = ("job_id", "jobId")
"""Fields that may hold it where no other does; so may an `id` beside any state."""

ADDRESSES: Final = (
    *("video_url", "videoUrl", "result_url", "resultUrl", "download_url", "output_url", "file_url", "resource"),
    *("video_urls", "resultUrls", "result_urls", "urls", "url"),
)
"""The fields that hold the URL of a video, or several (observed.md: relay-urls)."""

_FILE: Final = re.compile(r"^[^?#]*\.(?:mp4|mov|webm)\s*(?:[?#]|$)", re.IGNORECASE)
_REQUEST: Final = re.compile(r"input|param|request|prompt|callback|image|watermark|task_info", re.IGNORECASE)
"""Fields that repeat what was requested, which may have been made from a video, or hold no video of the task."""

MAX_VALUES: Final = 10_000
"""Values of a response in which video files are looked for."""

HOLDERS: Final = (
    *("videos", "outputs", "video", "video_result", "works", "generations", "results", *ADDRESSES[:-1]),
    *("output", "result", "metadata", "content", "fail_reason", "url"),
)
"""The fields of a layer in which its videos are: as URLs, or in objects; some put the URL where a reason would be."""

ASSETS: Final = ("assets", "artifacts", "files", "media")
"""The fields in which a relay may put all files of a task, pictures too."""

_OTHER_FILE: Final = re.compile(
    r"^[^?#]*\.(?:png|jpe?g|webp|gif|bmp|avif|heic|svg|mp3|wav|m4a|txt|log|json|srt|vtt|zip)\s*(?:[?#]|$)",
    re.IGNORECASE,
)

NO_ERROR: Final = frozenset(
    {
        "",
        "0",
        "200",
        "success",
        "succeed",
        "succeeded",
        "ok",
        "none",
        "null",
        "undefined",
        "false",
        "no error",
        "n/a",
        "-",
    }
)
"""Codes of an envelope that reports no failure, and words in place of a reason."""

REASONS: Final = (
    *("fail_reason", "failReason", "failMsg", "fail_msg", "failure_reason", "failureReason"),
    *("error_message", "errorMessage", "error_msg", "errorMsg"),
)
FAILURE_CODES: Final = ("failCode", "fail_code", "errorCode", "error_code")
"""The fields that only a failed task has a value in, as relays spell them; not so `task_status_msg`,
which may be about the queue."""


_GATEWAY: Final = re.compile(
    r"auth|forbidden|denied|\btoken|api.?key|\brate\b|too many|quota|balance|credit|time.?out|timed out|gateway"
    r"|internal|unavailable|maintenance|upstream|not.found|no such|not exist|network|connection|overload|busy"
    r"|retry|try again|限流|频繁|余额|令牌|鉴权|权限|不存在|繁忙|重试|维护|超时|内部",
    re.IGNORECASE,
)
"""Words of an error that may be of the exchange: a failure in these words is not believed, and queried again."""


def walk(envelope: Layer) -> list[Layer]:
    """Return the response and all that is wrapped in it, the outer layers first."""
    layers = [envelope]
    for layer in layers:
        if _WRAPPERS.isdisjoint(layer):  # most of them
            continue
        inner = (opened(layer[name]) for name in WRAPPERS if layer.get(name))
        layers += [each for each in inner if each][: MAX_LAYERS - len(layers)]
    return layers


def opened(value: object) -> Layer:
    """Return a wrapped object: as it is, as the only one in a list, or as JSON text; empty if there is none."""
    if isinstance(value, str):
        try:
            return common.json_object(value) if value.lstrip().startswith("{") else {}
        except common.Unreadable:
            return {}
    listed = common.as_list(value)
    return common.as_object(listed[0] if len(listed) == 1 else value)


def ids_of(record: Layer) -> list[object]:
    """Return the ids that a record names for its task, the field of the documents first."""
    stated = [record[name] for name in IDS if name in record]
    return [*stated, record.get("id")] if "status" in record else stated


def other_ids_of(record: Layer) -> list[object]:
    """Return what may be the ids of a record's task, where `ids_of` finds none."""
    stated = [record[name] for name in OTHER_IDS if name in record]
    return [*stated, record.get("id")] if any(name in record for name in STATE_FIELDS) else stated


def other_task(record: Layer, task_id: str) -> str | None:
    """Return the id by which a record names another task, where `ids_of` finds none; a number may be of a row."""
    named = [each for each in other_ids_of(record) if each and (isinstance(each, str) or task_id.isdigit())]
    return None if task_id in map(str, named) else next(map(str, named), None)


def first(layers: Iterable[Layer], *names: str) -> object:
    """Return the first of these fields with a value, from the outermost layer that has one."""
    return next((layer[name] for layer in layers for name in names if layer.get(name) not in (None, "")), None)


def has_reason(layers: Iterable[Layer]) -> bool:
    """Return whether these layers give a reason for a failure, or have an `error`."""
    return any(
        _is_reason(layer.get(name))
        for layer in layers
        for name in (*REASONS, *FAILURE_CODES, "error", "errors", "incomplete_details")
    )


def _is_reason(value: object) -> bool:
    if listed := common.as_list(value):
        return any(map(_is_reason, listed))
    if common.is_object(value):
        succeeded = value.get("code") not in (None, "") and reports_nothing(value.get("code"))
        return not succeeded and any(
            _is_reason(value.get(name)) for name in ("message", "msg", "code", "type", "reason")
        )
    return isinstance(value, int | str) and not reports_nothing(value) and not common.is_web_url(value)


def is_of_exchange(layer: Layer, word: str) -> bool:
    """Return whether a response with a word for a failure, and no id, is plainly about the exchange, not the task.

    It has a place for what it wraps, or calls itself unsuccessful, or its word or its text is one of gateways.
    """
    stated = [layer.get("message"), layer.get("msg"), layer.get("detail"), layer.get("error")]
    inner = [value for each in stated for value in common.as_object(each).values()]
    texts = [value for value in (*stated, *inner) if isinstance(value, str)]
    jsend = word.lower() == "error" or (word.lower() == "fail" and bool(texts))
    return (
        jsend or layer.get("success") is False or bool({*WRAPPERS} & layer.keys()) or any(map(_GATEWAY.search, texts))
    )


def reports_nothing(value: object) -> bool:
    """Return whether a code or a text is no sign of a failure."""
    return value is None or str(value).strip().rstrip(".!").lower() in NO_ERROR


def videos(layers: Sequence[Layer]) -> tuple[Video, ...]:
    """Return the videos of a finished task: the official record's first, for it says most, else from any place."""
    for layer in layers:
        result = common.as_object(layer.get("task_result") or layer.get("taskResult"))
        listed = map(common.as_object, common.as_list(result.get("videos")))
        if official := tuple(_video(one, one["url"].strip()) for one in listed if _is_address(one.get("url"))):
            return official
    named = set[str]().union(*layers)
    for name in filter(named.__contains__, HOLDERS):  # in this order, as a `url` alone may be that of the record
        for layer in layers:
            if (held := layer.get(name)) and (found := tuple(_found(held, layer))):
                return found
    files = {video.url: video for video in _files(layers[0])} if layers else {}
    return tuple(files.values()) or tuple(_among_assets(layers))


def _among_assets(layers: Iterable[Layer]) -> Iterator[Video]:
    """Yield the videos among the files of a task that have no name by which one knows a video."""
    for layer in layers:
        for held in map(layer.get, ASSETS):
            inner = [held, *map(common.as_object(held).get, ("video", "videos"))]
            yield from (video for value in inner for video in _found(value, layer) if not _OTHER_FILE.search(video.url))


def _files(layer: Layer) -> Iterator[Video]:
    """Yield the video files that a response names anywhere but where it repeats its request."""
    waiting: list[object] = [layer]
    for value in waiting:  # it grows
        if common.is_object(value):
            inner = [one for name, one in value.items() if not _REQUEST.search(name)]
            yield from (Video(one.strip(), raw=value) for one in inner if _is_address(one) and _FILE.search(one))
        else:
            several = common.as_list(value)  # of several records, most are other tasks'
            inner = several if len(several) == 1 else []
        waiting += inner[: MAX_VALUES - len(waiting)]


def _found(value: object, holder: Layer) -> Iterator[Video]:
    """Yield the videos that a field holds: a URL, an object with one, a list of either, or JSON text of these."""
    value = _parsed(value)
    if _is_address(value):
        yield Video(value.strip(), raw=holder)
    elif common.is_object(value) and value.get("type") in (None, "video"):
        named = ([*common.as_list(value.get(name)), value.get(name)] for name in ADDRESSES)
        urls = ([url.strip() for url in each if _is_address(url)] for each in named)
        yield from (_video(value, url) for url in next(filter(None, urls), ()))
        if common.is_object(inner := value.get("resource")):
            yield from _found(inner, value)
    else:
        for one in common.as_list(value):
            if not isinstance(one, list):
                yield from _found(one, holder)


def _parsed(value: object) -> object:
    """Return what JSON text holds; anything else as it is."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value
    try:
        return common.json_object(f'{{"held": {value}}}')["held"]
    except common.Unreadable:
        return value


def _video(stated: Layer, url: str) -> Video:
    return Video(
        url=url,
        id=common.text(stated.get("id")) or None,
        duration=common.number(stated.get("duration")),
        watermark_url=common.text(stated.get("watermark_url")) or None,
        raw=stated,
    )


def _is_address(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and common.is_web_url(value.strip())
