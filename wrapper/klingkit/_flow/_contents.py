"""What a file is, by its content: a film, or something else that came under its name."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["flaw"]

MOST_BOXES: Final = 100_000
"""Boxes that a film has at most: a file of nothing but empty ones would take minutes to walk through."""

HEAD: Final = 65536
"""Bytes at the beginning of a file among which a first one that is not blank is looked for."""

PAGES: Final = {b"<": "HTML or XML", b"{": "JSON", b"[": "JSON"}
"""What a file is that begins so: no film of any kind does."""

BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
"""With what an MP4 or a QuickTime film begins, after four bytes of any value."""


def flaw(path: Path, *, mp4: bool) -> str | None:
    """Say why this file is not the film it should be; None if it may be. An MP4 must be one from end to end."""
    with path.open("rb") as file:
        if page := _page(file.read(HEAD)):
            return f"it begins as {page} does, which is no film"
        return _mp4_flaw(file) if mp4 else None


def _page(head: bytes) -> str | None:
    """Say which text, in UTF-8 or UTF-16, a file begins as; None if as none of those that stand for errors."""
    if head[4:8] in BOXES:
        return None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[2:].replace(b"\0", b"")
    return PAGES.get(head.removeprefix(codecs.BOM_UTF8).lstrip()[:1])


def _mp4_flaw(file: BinaryIO) -> str | None:
    """Walk through the boxes at the top (ISO/IEC 14496-12): they must add up to the file."""
    end = file.seek(0, os.SEEK_END)
    kinds: set[bytes] = set()
    at, count = 0, 0
    while at < end:
        file.seek(at)
        kind, size = _box(file.read(16), end - at)
        if at == 0 and kind != b"ftyp":
            return "it is no MP4: it does not begin with a box of type ftyp"
        count += 1
        if size is None or size > end - at or count > MOST_BOXES:
            return f"it is no whole MP4: what is at byte {at} of {end} does not fit"
        kinds.add(kind)
        at += size
    return None if b"moov" in kinds else "it is no whole MP4: it has no box of type moov"


def _box(head: bytes, left: int) -> tuple[bytes, int | None]:
    """Return the kind of a box and its size; None: it has none that can be."""
    kind, size, least = head[4:8], int.from_bytes(head[:4], "big"), 8
    if size == 0:  # to the end of the file
        size = left
    elif size == 1:  # written in 64 bits
        size, least = int.from_bytes(head[8:16], "big"), 16
    return kind, size if size >= least else None
