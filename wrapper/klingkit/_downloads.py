"""Bring a video home: flows for downloads. No key is ever sent to a media host."""

from __future__ import annotations

import re
from typing import Final, Protocol

import httpx

from klingkit._errors import DownloadError, InvalidRequest
from klingkit._flow import Fetched, Flow, Sink, fetch, now, sleep
from klingkit._models import Task, TaskRef, Video
from klingkit._tasks import positive
from klingkit.providers._common import is_web_url, user_agent

__all__ = ["DOWNLOAD_TIMEOUT", "download"]

DOWNLOAD_TIMEOUT: Final = 600.0

STRIKES: Final = 4
"""Failures in a row, without a byte gained, that end a download."""

PAUSE: Final = 0.5
"""Seconds before asking again after the first failure; each further one waits twice as long."""

HOPS: Final = 5
"""Redirects followed at most."""

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

PASSING: Final = frozenset({0, 200, 206, 408, 416, 425, 429, 500, 502, 503, 504})
"""Answers after which asking again may help; 0 is none at all."""


class SizedSink(Sink, Protocol):
    """A sink that knows how much it holds."""

    @property
    def size(self) -> int:
        """Bytes written so far."""
        ...


def download(source: Task | Video, sink: SizedSink, *, timeout: float) -> Flow[None]:
    """Download into a sink until it is whole, going on where the connection broke."""
    url, ref = _located(source)
    deadline = (yield from now()) + positive(timeout)
    validator, strikes, hops = "", 0, 0
    while True:
        held = sink.size if validator else 0
        request = _request(url, ref, held, validator)
        answer = yield from fetch(request, sink, offset=held, timeout=deadline - (yield from now()))
        if answer.status in REDIRECTS and hops < HOPS:
            url, hops = _next(url, ref, answer), hops + 1
            continue
        if _whole(answer, sink.size, held):
            return
        validator = _validator(answer, held, validator)
        strikes = 0 if validator and sink.size > held else strikes + 1
        pause = PAUSE * 2 ** max(strikes - 1, 0)
        hopeless = answer.status not in PASSING or _encoded(answer)
        if hopeless or strikes == STRIKES or (yield from now()) + pause >= deadline:
            raise _failed(url, ref, f"{_said(answer)}, {sink.size} bytes so far", answer.status) from answer.error
        yield from sleep(pause)


def _located(source: Task | Video) -> tuple[str, TaskRef | None]:
    if isinstance(source, Video):
        return source.url, None
    if not isinstance(source, Task):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise InvalidRequest(f"source: a Task or a Video, not {source!r}")
    if not source.videos:
        state = source.vendor_status or source.status
        raise DownloadError(f"task {source.ref} ({state}) has no video", ref=source.ref)
    return source.videos[0].url, source.ref


def _request(url: str, ref: TaskRef | None, held: int, validator: str) -> httpx.Request:
    if not is_web_url(url):
        raise _failed(url, ref, "not an absolute http or https URL")
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": user_agent()}
    if held:
        headers |= {"Range": f"bytes={held}-", "If-Range": validator}
    return httpx.Request("GET", url, headers=headers)


def _next(url: str, ref: TaskRef | None, answer: Fetched) -> str:
    try:
        return str(httpx.URL(url).join(answer.headers.get("Location", "")))
    except httpx.InvalidURL as error:
        raise _failed(url, ref, f"redirected to nowhere: {error}", answer.status) from error


def _said(answer: Fetched) -> str:
    """Say what came of a fetch."""
    if answer.error is not None:
        return f"{type(answer.error).__name__}: {answer.error}"
    return f"HTTP {answer.status}{' in an encoding that was not asked for' * _encoded(answer)}"


def _encoded(answer: Fetched) -> bool:
    return bool(answer.headers.get("Content-Encoding", "identity") != "identity")


def _whole(answer: Fetched, size: int, held: int) -> bool:
    """Tell whether the sink now holds all of the file, by the lengths that the answer states."""
    if answer.error or _encoded(answer) or answer.status not in {200, 206} or not size:
        return False
    if answer.status == 206:
        return _range(answer) == (held, size)
    length = answer.headers.get("Content-Length")
    return length is None or length == str(size)


def _range(answer: Fetched) -> tuple[int, int] | None:
    """Return where a partial answer starts and how long the whole is."""
    stated = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", answer.headers.get("Content-Range", ""))
    return (int(stated[1]), int(stated[2])) if stated else None


def _validator(answer: Fetched, held: int, validator: str) -> str:
    """Return what proves that the rest belongs to the bytes held; empty: begin again."""
    if answer.status == 200:
        etag: str = answer.headers.get("ETag", "")
        return etag if etag and not etag.startswith("W/") else answer.headers.get("Last-Modified", "")
    stated = _range(answer)
    if answer.status == 416 or (answer.status == 206 and not (stated and stated[0] == held)):
        return ""
    return validator


def _failed(url: str, ref: TaskRef | None, why: str, status: int | None = None) -> DownloadError:
    """Describe a failed download by its host alone: signed URLs are secrets."""
    host = httpx.URL(url).host if is_web_url(url) else repr(url)[:80]
    return DownloadError(f"download from {host}: {why}", ref=ref, http_status=status or None)
