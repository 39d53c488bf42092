"""The flow of a download: retries, redirects, and fresh URLs for expired ones."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from klingkit._arguments import check_timeout, error_context
from klingkit._base import KlingkitError, TaskRef, invalid
from klingkit._downloads._part_file import PartFile
from klingkit._downloads._resume import ResumeToken
from klingkit._downloads._sink import EXPIRED, DownloadSink, Progress, disk_errors
from klingkit._errors import DownloadError
from klingkit._flow import Emit, Fetched, Flow, Stream, fetch, now, sleep
from klingkit._models import Task, Video
from klingkit._query import QUERY_TIMEOUT, fresh_link, get
from klingkit._text import printable
from klingkit.providers import Provider
from klingkit.providers._common import is_web_url, retry_after

__all__ = ["download", "open_part", "progress_callback"]

T = TypeVar("T")

MAX_FAILURES: Final = 4
"""Failures in a row, without a byte received, that end a download."""

PAUSE: Final = 0.5
"""Seconds before another try after the first failure; each further pause is twice as long."""

MAX_PAUSE: Final = 30.0
"""Seconds between two queries for a fresh URL, at most, unless the API asks to wait longer."""

MAX_RENEWALS: Final = 3
"""Fresh URLs requested, at most."""

MAX_REDIRECTS: Final = 5

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@contextmanager
def open_part(api: Provider[Any], source: object, path: str | os.PathLike[str]) -> Generator[PartFile]:
    """Open the part of a file while the block lasts.

    Raises:
        InvalidRequest: The path exists and is no regular file.
        DownloadError: The file cannot be written.
    """
    ref = source.ref if isinstance(source, Task) else None
    with error_context(api, ref=ref), disk_errors(path, api.name, ref):
        part = PartFile(path)
    with part:
        yield part


def progress_callback(on_progress: Callable[[int, int | None], T] | None) -> Callable[[Progress], T] | None:
    """Return a function that calls `on_progress` with the bytes received, and the bytes in all or None."""
    return None if on_progress is None else lambda progress: on_progress(*progress)


def download(
    api: Provider[Any],
    source: Task | Video,
    part: PartFile,
    *,
    timeout: float,
    index: int = 0,
    max_bytes: int | None = None,
) -> Stream[Progress, Callable[[], Path]]:
    """Fetch into a part until it is whole; return the function that then puts the file in place."""
    url, sink = _prepare(api, source, part, index, max_bytes)
    deadline = (yield from now()) + check_timeout(timeout)
    failures = renewals = 0
    while True:
        held = sink.held
        fetched = yield from _fetch_following_redirects(url, sink, deadline)
        if sink.is_whole(fetched):
            if sink.token.length is None:  # else the last piece has emitted it
                yield Emit((part.size, part.size))
            return sink.finish
        if fetched.status in EXPIRED and sink.ref and renewals < MAX_RENEWALS:
            url = yield from _fresh_url(api, url, index, sink, fetched, deadline)
            renewals += 1
            continue
        failures = 0 if sink.held > held else failures + 1
        pause = max(PAUSE * 2 ** max(failures - 1, 0), _retry_after(fetched))
        final = sink.is_final(fetched)
        if final or failures == MAX_FAILURES or (yield from now()) + pause >= deadline:
            raise sink.failed(sink.describe(fetched), fetched.status, transient=not final) from fetched.error
        yield from sleep(pause)


def _prepare(
    api: Provider[Any], source: Task | Video, part: PartFile, index: int, max_bytes: int | None
) -> tuple[str, DownloadSink]:
    """Check the arguments; return the URL of the video and its sink, which resumes the part if it can."""
    with error_context(api):
        _check_count("index", index, 0)
        _check_count("max_bytes", 1 if max_bytes is None else max_bytes, 1)
        video, ref = _select_video(source, index)
        with disk_errors(part.path, api.name, ref):
            token = ResumeToken.load(part, _identity(video, ref, index))
    return video.url, DownloadSink(part, _api_host(api), api.name, ref, max_bytes, token)


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise invalid(name, f"a whole number, at least {least}", value)


def _select_video(source: Task | Video, index: int) -> tuple[Video, TaskRef | None]:
    if isinstance(source, Video):
        return source, None
    if not isinstance(source, Task):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise invalid("source", "a Task or a Video", source)
    if index >= len(source.videos):
        state = printable(source.vendor_status or source.status, 100)
        count = f"{len(source.videos)} videos, none at {index}" if source.videos else "no video"
        raise DownloadError(f"task {source.ref} ({state}) has {count}", ref=source.ref)
    return source.videos[index], source.ref


def _api_host(api: Provider[Any]) -> str:
    """Return the API's own host, or an empty string if a user's own adapter has none.

    A download may connect to private addresses only if this host is at one.
    """
    url: object = getattr(api, "base_url", None)
    return httpx.URL(str(url)).raw_host.decode() if is_web_url(url) else ""


def _identity(video: Video, ref: TaskRef | None, index: int) -> str:
    """Return a hash that identifies a video without revealing its URL, which is a secret where it is signed.

    A task's video is the same whatever its URL is today. Any other video is known by its URL alone, query included:
    with another query it may be another video at the same path, with the same tag and length.
    """
    name = f"{ref} {video.id or index}" if ref else str(video.url)
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()


def _fetch_following_redirects(url: str, sink: DownloadSink, deadline: float) -> Flow[Fetched]:
    """Fetch once, through redirects; they are followed anew each time, because their targets may expire."""
    for _ in range(MAX_REDIRECTS):
        fetched = yield from _fetch(url, sink, deadline)
        if fetched.status not in REDIRECTS:
            return fetched
        url = _redirect_target(url, sink, fetched)
    return (yield from _fetch(url, sink, deadline))


def _fetch(url: str, sink: DownloadSink, deadline: float) -> Flow[Fetched]:
    request = sink.request(url)
    return (yield from fetch(request, sink, home=sink.home, timeout=deadline - (yield from now())))


def _redirect_target(url: str, sink: DownloadSink, fetched: Fetched) -> str:
    source = httpx.URL(url)
    try:
        target = source.join(fetched.headers.get("Location", ""))
    except httpx.InvalidURL as error:
        raise sink.failed(f"redirected to an invalid URL: {error}", fetched.status) from error
    if (source.scheme, target.scheme) == ("https", "http"):
        raise sink.failed(f"redirected from https to http, at {target.host}", fetched.status)
    return str(target)


def _fresh_url(
    api: Provider[Any], url: str, index: int, sink: DownloadSink, fetched: Fetched, deadline: float
) -> Flow[str]:
    """Get the current URL of the video from the API, with retries after transient errors."""
    assert sink.ref is not None
    expired = f"HTTP {fetched.status}; the URL seems to have expired, and the API"
    pause = PAUSE
    while True:
        try:
            other = yield from _other_url(api, sink.ref, url, index, deadline)
        except KlingkitError as error:
            transient, wait = error.again != "never", max(pause, error.retry_after or 0.0)
            if not transient or (yield from now()) + wait >= deadline:
                raise sink.failed(f"{expired} gave no other: {error}", fetched.status, transient=transient) from error
            yield from sleep(wait)
            pause = min(2 * pause, MAX_PAUSE)
            continue
        if other is None:
            raise sink.failed(f"{expired} has no other", fetched.status)
        return other


def _other_url(api: Provider[Any], ref: TaskRef, url: str, index: int, deadline: float) -> Flow[str | None]:
    """Query the task; if its URL is still the same, request a link that replaces it."""
    task = yield from get(api, ref, timeout=(yield from _time_left(deadline)))
    if index >= len(task.videos):
        return None
    current = task.videos[index].url
    if current != url:
        return current
    return (yield from fresh_link(api, ref, url, timeout=(yield from _time_left(deadline))))


def _time_left(deadline: float) -> Flow[float]:
    """Return the seconds that a query may take."""
    return max(0.001, min(QUERY_TIMEOUT, deadline - (yield from now())))


def _retry_after(fetched: Fetched) -> float:
    """Return the seconds that a media host asks to wait, else 0."""
    return retry_after(httpx.Response(fetched.status, headers=fetched.headers)) or 0.0
