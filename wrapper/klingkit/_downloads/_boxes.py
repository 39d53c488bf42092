"""Read the boxes of an MP4 (ISO/IEC 14496-12), a little at a time: what a hostile file states costs no memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, Final

from attrs import frozen

__all__ = ["Box", "BoxReader", "BrokenMp4"]

MAX_BOXES: Final = 100_000
"""More boxes than any video has: a file of nothing but empty ones would take minutes to walk through."""

MAX_ENTRIES: Final = 5_000_000
"""More entries of tables than a video of a day has."""

TAGS: Final = (b"ID3", b"TAG", b"APETAGEX")
"""How tags begin that programs add to the end of a file; as the size of a box they would be over a gigabyte."""

BLOCK: Final = 65536
"""Bytes of a table that are read at once."""


class BrokenMp4(Exception):
    """A file is no whole MP4; the text says why."""

    tail = False
    """Whether its boxes are whole, and what follows them is none: some programs add a tag or padding."""


@frozen
class Box:
    """A box: where it starts, where its content begins, and where it ends."""

    kind: bytes
    start: int
    content: int
    end: int


class BoxReader:
    """Reads the boxes and tables of one file, and no more of them than any video has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)
        """Bytes of the file."""
        self._boxes = self._entries = 0

    def top(self) -> Iterator[Box]:
        """Yield the boxes of the file, the last of which may reach to its end; they fill it.

        Raises:
            BrokenMp4: They do not; `tail` is then whether something follows whole boxes that cannot be one.
        """
        at = 0
        while at < self.size:
            try:
                box = self._box(at, self.size)
            except BrokenMp4 as error:
                error.tail = self._is_tail(at)
                raise
            yield box
            at = box.end

    def children(self, parent: Box, skipped: int = 0) -> Iterator[Box]:
        """Yield the boxes in a box, after its own fields; what is too short for a box is padding."""
        at = parent.content + skipped
        while at + 8 <= parent.end:
            box = self._box(at, parent.end)
            yield box
            at = box.end

    def descend(self, parent: Box, *path: bytes) -> Iterator[Box]:
        """Yield the boxes at a path of types below a box."""
        for box in self.children(parent):
            if box.kind == path[0]:
                yield from self.descend(box, *path[1:]) if path[1:] else (box,)

    def number(self, box: Box, at: int, width: int = 4) -> int:
        """Return a number among the fields of a box, by its place in the content."""
        return int.from_bytes(self._read(box, box.content + at, width), "big")

    def numbers(self, box: Box, at: int, count: int, width: int = 4) -> Iterator[int]:
        """Yield the numbers of a table in a box."""
        self._entries += count
        if self._entries > MAX_ENTRIES:
            raise BrokenMp4(f"its tables have more than {MAX_ENTRIES} entries")
        begin, step = box.content + at, BLOCK // width * width
        self._read(box, begin + count * width, 0)
        for start in range(begin, begin + count * width, step):
            block = self._read(box, start, min(step, begin + count * width - start))
            for offset in range(0, len(block), width):
                yield int.from_bytes(block[offset : offset + width], "big")

    def _read(self, box: Box, at: int, count: int) -> bytes:
        if at + count > box.end:
            raise self._misfit(box.start)
        self._file.seek(at)
        return self._file.read(count)

    def _box(self, at: int, end: int) -> Box:
        self._boxes += 1
        self._file.seek(at)
        head = self._file.read(min(16, end - at))
        size, content = int.from_bytes(head[:4], "big"), at + 8
        if size == 1:  # written in 64 bits
            size, content = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0:  # to the end of what it is in
            size = end - at
        if at + size < content or at + size > end or self._boxes > MAX_BOXES:
            raise self._misfit(at)
        return Box(head[4:8], at, content, at + size)

    def _is_tail(self, at: int) -> bool:
        """Return whether what begins here is no box: too short, without a size, or a tag."""
        self._file.seek(at)
        head = self._file.read(8)
        return len(head) < 8 or head.startswith(TAGS)

    def _misfit(self, at: int) -> BrokenMp4:
        return BrokenMp4(f"what is at byte {at} of {self.size} does not fit")
