"""The sink of a download: which responses' bytes it takes, and whether the part becomes the file."""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import httpx
from attrs import asdict, define, evolve

from klingkit._base import TaskRef
from klingkit._downloads._mp4 import begins_as_mp4, find_defect
from klingkit._downloads._part_file import PartFile
from klingkit._downloads._resume import ResumeToken
from klingkit._errors import DownloadError
from klingkit._flow import Fetched, PrivateAddress, raised_by_handler, through
from klingkit.providers._common import is_web_url, user_agent

__all__ = ["EXPIRED", "DownloadSink", "Progress", "disk_errors"]

Progress: TypeAlias = tuple[int, int | None]
"""Bytes received, and bytes in all; None: the media host does not state them."""

EXPIRED: Final = frozenset({401, 403, 404, 410})
"""The statuses of media hosts for an expired URL."""

TRANSIENT: Final = frozenset({0, 200, 206, 408, 416, 425, 429, 500, 502, 503, 504})
"""Statuses after which another try may help; 0: there was no response."""

_PAGE: Final = re.compile(r"text/.*|application/(?:[\w.+-]+\+)?(?:json|xml)", re.IGNORECASE)
"""Content types of error pages, which hosts send in place of a video."""


@contextmanager
def disk_errors(path: str | os.PathLike[str], api: str, ref: TaskRef | None) -> Generator[None]:
    """Turn errors of the disk into a DownloadError that names the destination; they name its part, unknown to users."""
    try:
        yield
    except OSError as error:
        if raised_by_handler(error):
            raise
        raise DownloadError(f"download to {path}: {error.strerror or error}", api=api, ref=ref) from error


@define
class DownloadSink:
    """Takes the bytes of a video into its part, and puts the file in place once it is whole."""

    part: PartFile
    home: str
    """The API's own host, for the guard of private addresses."""
    api: str
    ref: TaskRef | None
    max_bytes: int | None
    token: ResumeToken
    host: str = ""
    """The media host of the last request, for errors: the URL itself may be a secret."""
    mp4: bool = False
    """Whether its URL or its content type calls it an MP4."""
    chunked: bool = False
    """Whether the whole came in chunks, the last of which is marked."""
    accepted: bool = False
    """Whether the body of the last response was taken."""
    refusal: str = ""
    """Why the body of the last response was not taken."""

    @property
    def held(self) -> int:
        """Bytes that need not be requested again."""
        return self.part.size if self.token.validator else 0

    def request(self, url: str) -> httpx.Request:
        """Make the request for the video, or for the missing rest of it.

        Raises:
            DownloadError: The URL cannot be fetched.
        """
        if not is_web_url(url):
            self.host = repr(url).partition("?")[0].rpartition("@")[2][:80]
            raise self.failed("not an absolute http or https URL")
        parsed = httpx.URL(url)
        self.host, self.accepted, self.refusal = parsed.host, False, ""
        self.mp4 = self.mp4 or parsed.path.lower().endswith(".mp4")
        if parsed.userinfo:
            raise self.failed("the URL holds a password; none is sent to a media host")
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": user_agent()}
        if self.held:
            headers |= {"Range": f"bytes={self.held}-", "If-Range": self.token.validator}
        return httpx.Request("GET", parsed, headers=headers)

    def begin(self, status: int, headers: httpx.Headers, /) -> bool:
        """Return whether to read the body of a response: it is the whole video, or exactly the missing rest."""
        if status == 416:
            self._restart()
        if status not in {200, 206}:
            return False
        kind: str = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            self.refusal = "in an encoding that was not requested"
        elif _PAGE.fullmatch(kind):
            self.refusal = f"with {kind[:100]}, which is no video"
        else:
            self.accepted = self._begin_whole(headers) if status == 200 else self._begin_rest(headers)
            self.mp4 = self.mp4 or kind == "video/mp4"
        return self.accepted

    def _begin_whole(self, headers: httpx.Headers) -> bool:
        self.token = ResumeToken.from_headers(self.token.source, headers)
        self.chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        self._check_size(self.token.length or 0)
        with self._disk_errors():
            self.part.restart(asdict(self.token) if self.token.validator else {})
        return True

    def _begin_rest(self, headers: httpx.Headers) -> bool:
        length = self.token.length_of_rest(headers, self.held) if self.held else None
        if length is None:
            self._restart()
            return False
        self._check_size(length)
        self.token = evolve(self.token, length=length)
        return True

    def _restart(self) -> None:
        """Request the whole next time: the held bytes are of another video, or more than it has."""
        self.token = ResumeToken(self.token.source)

    def write(self, data: bytes, /) -> Progress:
        """Append to the part, within the allowed and the stated length."""
        size = self.part.size + len(data)
        self._check_size(size)
        if self.token.length is not None and size > self.token.length:
            self.part.discard()
            raise self.failed(f"more bytes came than the {self.token.length} that were announced")
        with self._disk_errors():
            self.part.write(data)
        return self.part.size, self.token.length

    def _check_size(self, size: int) -> None:
        if self.max_bytes is not None and size > self.max_bytes:
            self.part.discard()
            raise self.failed(f"the video is larger than max_bytes={self.max_bytes}")

    def is_whole(self, fetched: Fetched) -> bool:
        """Return whether the part now holds all of the video, by the stated lengths."""
        complete = self.token.length in {None, self.part.size}
        return self.accepted and fetched.error is None and self.part.size > 0 and complete

    def finish(self) -> Path:
        """Put the file in place if its content is a whole video; blocks on the disk.

        Raises:
            DownloadError: It is not, or the disk refuses.
        """
        with self._disk_errors():
            part = self.part.part
            called = self.mp4 or begins_as_mp4(part)
            delimited = self.chunked or self.token.length is not None
            defect = find_defect(part, mp4=called, delimited=delimited)
            if defect is None:
                return self.part.commit()
        self.part.discard()
        raise self.failed(defect)

    def _disk_errors(self) -> AbstractContextManager[None]:
        return disk_errors(self.part.path, self.api, self.ref)

    def is_final(self, fetched: Fetched) -> bool:
        """Return whether another try would give the same."""
        return fetched.status not in TRANSIENT or bool(self.refusal) or isinstance(fetched.error, PrivateAddress)

    def describe(self, fetched: Fetched) -> str:
        """Return the outcome of a fetch as text, for an error."""
        kept = ", kept for the next try" * self.part.resumable
        so_far = f"{self.part.size} bytes so far{kept}"
        if fetched.error is not None:
            return f"{type(fetched.error).__name__}: {fetched.error}{through(fetched.error)}, {so_far}"
        expired = "; for a fresh URL, download the Task" * (fetched.status in EXPIRED and self.ref is None)
        return f"HTTP {fetched.status} {self.refusal}".rstrip() + f", {so_far}{expired}"

    def failed(self, reason: str, status: int | None = None, *, transient: bool = False) -> DownloadError:
        """Return the error of a failed download; it names the host alone, for signed URLs are secrets."""
        message = f"download from {self.host}: {reason}"
        error = DownloadError(message, api=self.api, ref=self.ref, http_status=status or None)
        error.again = "ask" if transient else "never"
        return error
