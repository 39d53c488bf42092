"""Bring a video home: the flow of a download, and what decides whether its bytes become a file.

No key, cookie or password is ever sent to a media host.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import httpx
from attrs import asdict, define, evolve

from klingkit._asking import QUERY_TIMEOUT, about, get, link, positive
from klingkit._errors import DownloadError, InvalidRequest, KlingkitError
from klingkit._flow import Emit, Fetched, Flow, Mark, PartFile, PrivateAddress, Stream, fetch, flaw, now, sleep
from klingkit._models import Task, TaskRef, Video
from klingkit.providers import Provider
from klingkit.providers._common import is_web_url, retry_after, user_agent

__all__ = ["DOWNLOAD_TIMEOUT", "download", "opened", "spread"]

T = TypeVar("T")

Progress: TypeAlias = tuple[int, int | None]
"""Bytes so far, and of how many."""

DOWNLOAD_TIMEOUT: Final = 600.0

STRIKES: Final = 4
"""Failures in a row, without a byte gained, that end a download."""

PAUSE: Final = 0.5
"""Seconds before asking again after the first failure; each further one waits twice as long."""

LONGEST_PAUSE: Final = 30.0
"""Seconds between two questions after a fresh URL, at most."""

RENEWALS: Final = 3
"""Fresh URLs asked for at most."""

HOPS: Final = 5
"""Redirects followed at most."""

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

EXPIRED: Final = frozenset({401, 403, 404, 410})
"""What media hosts answer to a URL whose time is up."""

PASSING: Final = frozenset({0, 200, 206, 408, 416, 425, 429, 500, 502, 503, 504})
"""Answers after which asking again may help; 0 is none at all."""

_PAGE: Final = re.compile(r"text/.*|application/(?:[\w.+-]+\+)?(?:json|xml)", re.IGNORECASE)
"""Content types of what hosts say instead of sending a film."""


@contextmanager
def opened(api: Provider[Any], source: object, path: str | os.PathLike[str]) -> Generator[PartFile]:
    """Open the part of a file for as long as the block lasts.

    Raises:
        InvalidRequest: There is something that is no file.
        DownloadError: The file cannot be written.
    """
    ref = source.ref if isinstance(source, Task) else None
    with about(api, ref=ref), _written(path, api.name, ref):
        part = PartFile(path)
    with part:
        yield part


@contextmanager
def _written(path: str | os.PathLike[str], api: str, ref: TaskRef | None) -> Generator[None]:
    """Say of the disk's troubles to which file the film should go; they name its part, which nobody has heard of."""
    try:
        yield
    except OSError as error:
        raise DownloadError(f"download to {path}: {error.strerror or error}", api=api, ref=ref) from error


def download(
    api: Provider[Any],
    source: Task | Video,
    part: PartFile,
    *,
    timeout: float,
    index: int = 0,
    max_bytes: int | None = None,
) -> Stream[Progress, Callable[[], Path]]:
    """Fetch into a part until it is whole, going on where it ended; return what then puts the file in place."""
    url, landing = _begun(api, source, part, index, max_bytes)
    deadline = (yield from now()) + positive(timeout)
    strikes = renewed = 0
    while True:
        held = landing.held
        answer = yield from _follow(url, landing, deadline)
        if landing.whole(answer):
            if landing.mark.length is None:  # else the last piece has told it
                yield Emit((part.size, part.size))
            return landing.land
        if answer.status in EXPIRED and landing.ref and renewed < RENEWALS:
            url = yield from _fresh(api, url, index, landing, answer, deadline)
            renewed += 1
            continue
        strikes = 0 if landing.held > held else strikes + 1
        pause = max(PAUSE * 2 ** max(strikes - 1, 0), _asked_to_wait(answer))
        hopeless = landing.hopeless(answer)
        if hopeless or strikes == STRIKES or (yield from now()) + pause >= deadline:
            raise landing.failed(landing.said(answer), answer.status, passing=not hopeless) from answer.error
        yield from sleep(pause)


def spread(on_progress: Callable[[int, int | None], T] | None) -> Callable[[Progress], T] | None:
    """Return what takes the two numbers of a progress as one value."""
    return None if on_progress is None else lambda progress: on_progress(*progress)


def _begun(
    api: Provider[Any], source: Task | Video, part: PartFile, index: int, max_bytes: int | None
) -> tuple[str, Landing]:
    """Return where the video is, and an empty landing for it; or one that goes on with the part that was found."""
    with about(api):
        _count("index", index, 0)
        _count("max_bytes", 1 if max_bytes is None else max_bytes, 1)
        video, ref = _located(source, index)
        with _written(part.path, api.name, ref):
            mark = Mark.found(part, _identity(video, ref, index))
    return video.url, Landing(part, _home(api), api.name, ref, max_bytes, mark)


def _count(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidRequest(f"{name}: a whole number, at least {least}, not {value!r}")


def _located(source: Task | Video, index: int) -> tuple[Video, TaskRef | None]:
    if isinstance(source, Video):
        return source, None
    if not isinstance(source, Task):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise InvalidRequest(f"source: a Task or a Video, not {source!r}")
    if index >= len(source.videos):
        state = source.vendor_status or source.status
        count = f"{len(source.videos)} videos, none at {index}" if source.videos else "no video"
        raise DownloadError(f"task {source.ref} ({state}) has {count}", ref=source.ref)
    return source.videos[index], source.ref


def _home(api: Provider[Any]) -> str:
    """Return the API's own host; an adapter of the user's own may not say it."""
    url: object = getattr(api, "base_url", None)
    return httpx.URL(str(url)).raw_host.decode() if is_web_url(url) else ""


def _identity(video: Video, ref: TaskRef | None, index: int) -> str:
    """Name a video without saying its URL, which is a secret where it is signed.

    That of a task is the same whatever its URL is today; of any other the URL is all there is, and one with another
    query may be another video at the same path, with the same tag and length.
    """
    name = f"{ref} {video.id or index}" if ref else str(video.url)
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()


def _follow(url: str, landing: Landing, deadline: float) -> Flow[Fetched]:
    """Fetch once, through redirects; each time anew, because where they lead may expire."""
    for _ in range(HOPS):
        answer = yield from _ask(url, landing, deadline)
        if answer.status not in REDIRECTS:
            return answer
        url = _next(url, landing, answer)
    return (yield from _ask(url, landing, deadline))


def _ask(url: str, landing: Landing, deadline: float) -> Flow[Fetched]:
    request = landing.request(url)
    return (yield from fetch(request, landing, home=landing.home, timeout=deadline - (yield from now())))


def _next(url: str, landing: Landing, answer: Fetched) -> str:
    source = httpx.URL(url)
    try:
        target = source.join(answer.headers.get("Location", ""))
    except httpx.InvalidURL as error:
        raise landing.failed(f"redirected to nowhere: {error}", answer.status) from error
    if (source.scheme, target.scheme) == ("https", "http"):
        raise landing.failed(f"redirected from https to http, at {target.host}", answer.status)
    return str(target)


def _fresh(api: Provider[Any], url: str, index: int, landing: Landing, answer: Fetched, deadline: float) -> Flow[str]:
    """Ask the API where the video is now, again and again while its troubles may pass."""
    assert landing.ref is not None
    expired = f"HTTP {answer.status}; the URL seems to have expired, and the API"
    pause = PAUSE
    while True:
        left = deadline - (yield from now())
        try:
            other = yield from _other(api, landing.ref, url, index, max(0.001, min(QUERY_TIMEOUT, left)))
        except KlingkitError as error:
            passing, asked = error.again != "never", max(pause, error.retry_after or 0.0)
            if not passing or (yield from now()) + asked >= deadline:
                raise landing.failed(f"{expired} gave no other: {error}", answer.status, passing=passing) from error
            yield from sleep(asked)
            pause = min(2 * pause, LONGEST_PAUSE)
            continue
        if other is None:
            raise landing.failed(f"{expired} has no other", answer.status)
        return other


def _other(api: Provider[Any], ref: TaskRef, url: str, index: int, timeout: float) -> Flow[str | None]:
    """Ask after the task, and where it names the same URL as ever, for a link in its place."""
    task = yield from get(api, ref, timeout=timeout)
    if index >= len(task.videos):
        return None
    named = task.videos[index].url
    return named if named != url else (yield from link(api, ref, url, timeout=timeout))


def _asked_to_wait(answer: Fetched) -> float:
    """Return the seconds that a media host asks to wait."""
    return retry_after(httpx.Response(answer.status, headers=answer.headers)) or 0.0


@define
class Landing:
    """Decides which answers' bytes go into the part, and whether the part becomes the file."""

    part: PartFile
    home: str
    api: str
    ref: TaskRef | None
    max_bytes: int | None
    mark: Mark
    host: str = ""
    mp4: bool = False
    """Whether it was called an MP4, by its address or by its type."""
    began: bool = False
    refusal: str = ""

    @property
    def held(self) -> int:
        """Bytes that need not be asked for again."""
        return self.part.size if self.mark.validator else 0

    def request(self, url: str) -> httpx.Request:
        """Ask for the video, or for what is missing of it."""
        if not is_web_url(url):
            self.host = repr(url).partition("?")[0].rpartition("@")[2][:80]
            raise self.failed("not an absolute http or https URL")
        parsed = httpx.URL(url)
        self.host, self.began, self.refusal = parsed.host, False, ""
        self.mp4 = self.mp4 or parsed.path.lower().endswith(".mp4")
        if parsed.userinfo:
            raise self.failed("the URL holds a password; none is sent to a media host")
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": user_agent()}
        if self.held:
            headers |= {"Range": f"bytes={self.held}-", "If-Range": self.mark.validator}
        return httpx.Request("GET", parsed, headers=headers)

    def begin(self, status: int, headers: httpx.Headers, /) -> bool:
        """Tell whether the body of an answer is wanted: the whole, or exactly the missing rest of it."""
        if status == 416:
            self._forget()
        if status not in {200, 206}:
            return False
        kind: str = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            self.refusal = "in an encoding that was not asked for"
        elif _PAGE.fullmatch(kind):
            self.refusal = f"with {kind}, which is no film"
        else:
            self.began = self._from_the_start(headers) if status == 200 else self._going_on(headers)
            self.mp4 = self.mp4 or kind == "video/mp4"
        return self.began

    def _from_the_start(self, headers: httpx.Headers) -> bool:
        self.mark = Mark.of(self.mark.source, headers)
        self._limit(self.mark.length or 0)
        with self._disk():
            self.part.restart(asdict(self.mark) if self.mark.validator else {})
        return True

    def _going_on(self, headers: httpx.Headers) -> bool:
        length = self.mark.fits(headers, self.held) if self.held else None
        if length is None:
            self._forget()
            return False
        self._limit(length)
        self.mark = evolve(self.mark, length=length)
        return True

    def _forget(self) -> None:
        """Ask from the start next time: what is held is of another film, or of more than there is."""
        self.mark = Mark(self.mark.source)

    def write(self, data: bytes, /) -> Progress:
        """Append to the part, within what was allowed and what was stated."""
        size = self.part.size + len(data)
        self._limit(size)
        if self.mark.length is not None and size > self.mark.length:
            self.part.discard()
            raise self.failed(f"more bytes came than the {self.mark.length} that were announced")
        with self._disk():
            self.part.write(data)
        return self.part.size, self.mark.length

    def _limit(self, size: int) -> None:
        if self.max_bytes is not None and size > self.max_bytes:
            self.part.discard()
            raise self.failed(f"the video is larger than max_bytes={self.max_bytes}")

    def whole(self, answer: Fetched) -> bool:
        """Tell whether the part now holds all of the video, by the lengths that were stated."""
        return self.began and answer.error is None and self.part.size > 0 and self.mark.length in {None, self.part.size}

    def land(self) -> Path:
        """Put the file in place if it is what it was said to be; blocks on the disk.

        Raises:
            DownloadError: It is not, or the disk refuses.
        """
        with self._disk():
            why = flaw(self.part.part, mp4=self.mp4 or (self.mark.length is None and _begins_as_mp4(self.part.part)))
            if why is None:
                return self.part.commit()
        self.part.discard()
        raise self.failed(why)

    def _disk(self) -> AbstractContextManager[None]:
        return _written(self.part.path, self.api, self.ref)

    def hopeless(self, answer: Fetched) -> bool:
        """Tell whether asking again would give the same."""
        return answer.status not in PASSING or bool(self.refusal) or isinstance(answer.error, PrivateAddress)

    def said(self, answer: Fetched) -> str:
        """Say what came of a fetch."""
        kept = ", kept for the next try" * self.part.resumable
        so_far = f"{self.part.size} bytes so far{kept}"
        if answer.error is not None:
            return f"{type(answer.error).__name__}: {answer.error}, {so_far}"
        expired = "; for a fresh URL, download the Task" * (answer.status in EXPIRED and self.ref is None)
        return f"HTTP {answer.status} {self.refusal}".rstrip() + f", {so_far}{expired}"

    def failed(self, why: str, status: int | None = None, *, passing: bool = False) -> DownloadError:
        """Describe a failed download by its host alone: signed URLs are secrets."""
        message = f"download from {self.host}: {why}"
        error = DownloadError(message, api=self.api, ref=self.ref, http_status=status or None)
        error.again = "ask" if passing else "never"
        return error


def _begins_as_mp4(path: Path) -> bool:
    """Tell whether a film of no stated length says itself what it is, and so whether it is whole."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"
