"""Check the content of a downloaded file: whether it is a video, and a whole one if it is an MP4."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from klingkit._downloads._boxes import Box, BoxReader, BrokenMp4
from klingkit._downloads._samples import check_fragment, check_movie, is_fragmented, sample_defaults

__all__ = ["begins_as_mp4", "find_defect"]

HEAD: Final = 65536
"""Bytes at the beginning of a file that are searched for the first one that is not blank."""

PAGES: Final = {b"<": "HTML or XML", b"{": "JSON", b"[": "JSON"}
"""The first byte of texts that are sent in place of a video; no video of any kind begins so."""

BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
"""The box types with which an MP4 or a QuickTime video begins, after four bytes of any value."""


def find_defect(path: Path, *, mp4: bool, delimited: bool = True) -> str | None:
    """Return why a file is not the video it should be; None if it may be. An MP4 must be whole, to its last sample.

    `delimited`: the transfer states where the file ends; else the file itself must.
    """
    with path.open("rb") as file:
        if page := _page(file.read(HEAD)):
            return f"it begins as {page} does, which is no video"
        return _mp4_defect(file, delimited=delimited) if mp4 else None


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


def _mp4_defect(file: BinaryIO, *, delimited: bool) -> str | None:
    file.seek(0)
    if (head := file.read(8)) and head[4:] != b"ftyp":
        return "it is no MP4: it does not begin with a box of type ftyp"
    try:
        _check(BoxReader(file), delimited=delimited)
    except BrokenMp4 as error:
        return f"it is no whole MP4: {error}"
    return None


def _without_tail(reader: BoxReader) -> Iterator[Box]:
    """Yield the boxes of a file that arrived as long as the transfer stated, without what else may follow them."""
    try:
        yield from reader.top()
    except BrokenMp4 as error:
        if not error.tail:
            raise


def _check(reader: BoxReader, *, delimited: bool) -> None:
    """Check that the boxes fill the file, and that every sample which they name lies within it.

    Raises:
        BrokenMp4: They do not, or there are none, or nothing says how many fragments there are.
    """
    samples, fragmented = 0, False
    kinds: set[bytes] = set()
    defaults: dict[int, int] = {}
    for box in reader.top() if not delimited else _without_tail(reader):
        if box.kind == b"moov":
            samples += check_movie(reader, box)
            fragmented = fragmented or is_fragmented(reader, box)
            defaults |= sample_defaults(reader, box)
        elif box.kind == b"moof":
            samples += check_fragment(reader, box, defaults)
        kinds.add(box.kind)
    if b"moov" not in kinds:
        raise BrokenMp4("it has no box of type moov")
    if not samples:
        raise BrokenMp4("it has no samples")
    if fragmented and not (delimited or b"mfra" in kinds):
        raise BrokenMp4("nothing says how many fragments it has")
