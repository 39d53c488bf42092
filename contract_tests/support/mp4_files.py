"""Files of any size with the boxes of an MP4 file, whose bytes are determined by their offsets."""

from __future__ import annotations


def number(value: int, width: int = 4) -> bytes:
    return value.to_bytes(width, "big")


def box(kind: bytes, *content: bytes) -> bytes:
    return number(8 + len(b"".join(content))) + kind + b"".join(content)


def full(kind: bytes, *content: bytes, flags: int = 0) -> bytes:
    """Return a box with a version and flags."""
    return box(kind, number(flags), *content)


def track(*tables: bytes) -> bytes:
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", *tables))))


def movie(begin: int, size: int) -> bytes:
    """Return a movie of one sample, at a place in the file."""
    sizes, runs = full(b"stsz", number(size), number(1)), full(b"stsc", *map(number, (1, 1, 1, 1)))
    return box(b"moov", track(sizes, runs, full(b"stco", number(1), number(begin))))


FTYP = box(b"ftyp", b"isom", number(0))
HEAD = len(FTYP + movie(0, 0)) + 8
"""Bytes before the sample."""


def mp4(size: int = 200, seed: int = 0) -> bytes:
    """Return a file of this size; another seed makes another file."""
    pattern = bytes((seed + at * 7 + at // 256) % 256 for at in range(min(size, 65536)))
    room = size - HEAD
    return FTYP + movie(HEAD, room) + box(b"mdat", (pattern * (room // len(pattern) + 1))[:room])


MP4 = mp4()
