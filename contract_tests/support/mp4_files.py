"""Makes MP4 files of any size (ISO/IEC 14496-12), whose sample data is a repeatable pattern."""

from __future__ import annotations


def uint(value: int, width: int = 4) -> bytes:
    """Return an unsigned big-endian number of `width` bytes."""
    return value.to_bytes(width, "big")


def box(kind: bytes, *content: bytes) -> bytes:
    return uint(8 + len(b"".join(content))) + kind + b"".join(content)


def full_box(kind: bytes, *content: bytes, flags: int = 0) -> bytes:
    """Return a full box: one whose content begins with a version (0) and flags."""
    return box(kind, uint(flags), *content)


def track_box(*tables: bytes) -> bytes:
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", *tables))))


def movie_box(offset: int, size: int) -> bytes:
    """Return the index of a movie with one sample of `size` bytes at byte `offset` of the file."""
    sizes, sample_to_chunk = full_box(b"stsz", uint(size), uint(1)), full_box(b"stsc", *map(uint, (1, 1, 1, 1)))
    return box(b"moov", track_box(sizes, sample_to_chunk, full_box(b"stco", uint(1), uint(offset))))


FTYP = box(b"ftyp", b"isom", uint(0))
SAMPLE_OFFSET = len(FTYP + movie_box(0, 0)) + 8
"""The number of bytes before the sample: ftyp, moov, and the header of mdat."""


def make_mp4(size: int = 200, seed: int = 0) -> bytes:
    """Return a file of this size; another seed makes another file of the same size."""
    block = bytes((seed + offset * 7 + offset // 256) % 256 for offset in range(min(size, 65536)))
    sample_size = size - SAMPLE_OFFSET
    return (
        FTYP
        + movie_box(SAMPLE_OFFSET, sample_size)
        + box(b"mdat", (block * (sample_size // len(block) + 1))[:sample_size])
    )


MP4 = make_mp4()
