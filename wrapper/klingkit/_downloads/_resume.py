"""The token of a resumable download: it proves that the rest belongs to the bytes already held."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx
from attrs import frozen

from klingkit._downloads._part_file import PartFile

__all__ = ["ResumeToken"]


@frozen
class ResumeToken:
    """Identifies one state of one video; `source` is the hash that names the video."""

    source: str
    etag: str = ""
    modified: str = ""
    length: int | None = None

    @classmethod
    def load(cls, part: PartFile, source: str) -> ResumeToken:
        """Return the token with which a part was begun; a part of another video is emptied.

        A part that is whole already loses its last byte: the request for it shows whether the video is still the same.
        """
        match part.metadata:
            case {"source": known, "etag": str(etag), "modified": str(modified), "length": int() | None as length} if (
                known == source and length != 0
            ):
                if length is not None and part.size >= length:
                    part.trim(max(0, length - 1))
                return cls(source, etag, modified, length)
            case _:
                part.restart({})
                return cls(source)

    @classmethod
    def from_headers(cls, source: str, headers: httpx.Headers) -> ResumeToken:
        """Return the token of a response with the whole video."""
        return cls(source, headers.get("ETag", ""), _usable_date(headers), _number(headers.get("Content-Length")))

    @property
    def validator(self) -> str:
        """The value for `If-Range`; empty: the download cannot be resumed."""
        best = self.etag if self.etag and not self.etag.startswith("W/") else self.modified
        return best if best.isascii() and best.isprintable() else ""  # else it is not valid in a header

    def length_of_rest(self, headers: httpx.Headers, held: int) -> int | None:
        """Return the length of the whole if a partial response continues at `held` with the same video; else None."""
        stated = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", headers.get("Content-Range", ""))
        if not stated or int(stated[1]) != held or self.length not in {None, int(stated[2])}:
            return None
        name, known = ("ETag", self.etag) if self.validator == self.etag else ("Last-Modified", self.modified)
        return int(stated[2]) if headers.get(name, known).removeprefix("W/") == known else None


def _usable_date(headers: httpx.Headers) -> str:
    """Return Last-Modified, unless the video may have changed again within the same second."""
    modified: str = headers.get("Last-Modified", "")
    try:
        age = parsedate_to_datetime(headers["Date"]) - parsedate_to_datetime(modified)
    except (KeyError, ValueError, TypeError, OverflowError):  # no date to compare with
        return modified
    return modified if age >= timedelta(seconds=1) else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None
