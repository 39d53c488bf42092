"""What proves that the rest of a download belongs to the beginning that is held."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx
from attrs import frozen

from klingkit._flow._files import PartFile

__all__ = ["Mark"]


@frozen
class Mark:
    """What tells one state of one video from any other; `source` names the video."""

    source: str
    etag: str = ""
    modified: str = ""
    length: int | None = None

    @classmethod
    def found(cls, part: PartFile, source: str) -> Mark:
        """Return the mark under which a part was begun; a part of another video is dropped.

        Of a whole one the last byte is: asking for it, we are told whether the rest is still the same.
        """
        match part.note:
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
    def of(cls, source: str, headers: httpx.Headers) -> Mark:
        """Return the mark of a whole answer."""
        return cls(source, headers.get("ETag", ""), _proof(headers), _number(headers.get("Content-Length")))

    @property
    def validator(self) -> str:
        """What proves that the rest belongs to the bytes held; empty: begin again."""
        best = self.etag if self.etag and not self.etag.startswith("W/") else self.modified
        return best if best.isascii() and best.isprintable() else ""  # else it cannot stand in a header

    def fits(self, headers: httpx.Headers, held: int) -> int | None:
        """Return the length of the whole if a partial answer goes on exactly here, and says nothing of a change."""
        stated = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", headers.get("Content-Range", ""))
        if not stated or int(stated[1]) != held or self.length not in {None, int(stated[2])}:
            return None
        name, known = ("ETag", self.etag) if self.validator == self.etag else ("Last-Modified", self.modified)
        return int(stated[2]) if headers.get(name, known).removeprefix("W/") == known else None


def _proof(headers: httpx.Headers) -> str:
    """Return the date of the last change, unless there may have been another one within the same second."""
    modified: str = headers.get("Last-Modified", "")
    try:
        age = parsedate_to_datetime(headers["Date"]) - parsedate_to_datetime(modified)
    except (KeyError, ValueError, TypeError, OverflowError):  # no date to compare with
        return modified
    return modified if age >= timedelta(seconds=1) else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None
