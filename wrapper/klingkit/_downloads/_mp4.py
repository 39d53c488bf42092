"""Check the content of a downloaded file: whether it is a video, and a whole one if it is an MP4."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["begins_as_mp4", "find_defect"]

MAX_BOXES: Final = 100_000
"""More boxes than any video has: a file of nothing but empty ones would take minutes to walk through."""

HEAD: Final = 65536
"""Bytes at the beginning of a file that are searched for the first one that is not blank."""

PAGES: Final = {b"<": "HTML or XML", b"{": "JSON", b"[": "JSON"}
"""The first byte of texts that are sent in place of a video; no video of any kind begins so."""

BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
"""The box types with which an MP4 or a QuickTime video begins, after four bytes of any value."""


def find_defect(path: Path, *, mp4: bool) -> str | None:
    """Return why a file is not the video it should be; None if it may be. An MP4 must be whole, box by box."""
    with path.open("rb") as file:
        if page := _page(file.read(HEAD)):
            return f"it begins as {page} does, which is no video"
        return _mp4_defect(file) if mp4 else None


def begins_as_mp4(path: Path) -> bool:
    """Return whether a file begins as an MP4, so that its boxes can tell whether it is whole."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def _page(head: bytes) -> str | None:
    """Return the kind of error page that a file begins as, in UTF-8 or UTF-16; None if it is none."""
    if head[4:8] in BOXES:
        return None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[2:].replace(b"\0", b"")
    return PAGES.get(head.removeprefix(codecs.BOM_UTF8).lstrip()[:1])


def _mp4_defect(file: BinaryIO) -> str | None:
    """Walk through the top-level boxes (ISO/IEC 14496-12): their sizes must add up to that of the file."""
    end = file.seek(0, os.SEEK_END)
    kinds: set[bytes] = set()
    at, count = 0, 0
    while at < end:
        file.seek(at)
        kind, size = _box(file.read(16), end - at)
        if at == 0 and kind != b"ftyp":
            return "it is no MP4: it does not begin with a box of type ftyp"
        count += 1
        if size is None or size > end - at or count > MAX_BOXES:
            return f"it is no whole MP4: what is at byte {at} of {end} does not fit"
        kinds.add(kind)
        at += size
    return None if b"moov" in kinds else "it is no whole MP4: it has no box of type moov"


def _box(head: bytes, left: int) -> tuple[bytes, int | None]:
    """Return the type of a box and its size; None: the size is impossible."""
    kind, size, least = head[4:8], int.from_bytes(head[:4], "big"), 8
    if size == 0:  # to the end of the file
        size = left
    elif size == 1:  # written in 64 bits
        size, least = int.from_bytes(head[8:16], "big"), 16
    return kind, size if size >= least else None
