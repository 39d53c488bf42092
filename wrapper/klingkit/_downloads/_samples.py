"""Find where the samples of an MP4 end: its tables name the place and the size of each picture and sound."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from klingkit._downloads._boxes import Box, BoxReader, BrokenMp4

__all__ = ["check_fragment", "check_movie", "is_fragmented", "sample_defaults"]

TABLES = (b"mdia", b"minf", b"stbl")
"""The path from a track to its tables."""


def check_movie(reader: BoxReader, moov: Box) -> int:
    """Return how many samples the tables of a movie name.

    Raises:
        BrokenMp4: One of them does not lie within the file.
    """
    return sum(_check_track(reader, tables) for tables in reader.descend(moov, b"trak", *TABLES))


def _check_track(reader: BoxReader, tables: Box) -> int:
    boxes = {box.kind: box for box in reader.children(tables)}
    sizes, chunks = boxes.get(b"stsz") or boxes.get(b"stz2"), boxes.get(b"stco") or boxes.get(b"co64")
    count = reader.number(sizes, 8) if sizes else 0
    if not count or sizes is None:
        return 0
    if chunks is None or b"stsc" not in boxes or not reader.number(chunks, 4):
        raise BrokenMp4("a track has samples without a place")
    width = 8 if chunks.kind == b"co64" else 4
    offsets = reader.numbers(chunks, 8, reader.number(chunks, 4), width)
    lengths = _sample_sizes(reader, sizes, count)
    left = count
    for offset, samples in zip(offsets, _samples_of_chunks(reader, boxes[b"stsc"]), strict=False):
        taken = min(samples, left)
        if not taken:
            continue
        left -= taken
        _check_end(reader, offset + _sum(lengths, taken))
    if left == count:
        raise BrokenMp4("its samples were not placed")
    return count - left  # some writers count more than they place


def _sample_sizes(reader: BoxReader, sizes: Box, count: int) -> int | Iterator[int]:
    """Return the one size of all samples, or the size of each."""
    field = 32 if sizes.kind == b"stsz" else reader.number(sizes, 7, 1)
    if sizes.kind == b"stsz" and (common := reader.number(sizes, 4)):
        return common
    if field == 4:
        pairs = reader.numbers(sizes, 12, (count + 1) // 2, 1)
        return (size for pair in pairs for size in (pair >> 4, pair & 15))
    return reader.numbers(sizes, 12, count, max(field // 8, 1))


def _sum(lengths: int | Iterator[int], count: int) -> int:
    return lengths * count if isinstance(lengths, int) else sum(islice(lengths, count))


def _samples_of_chunks(reader: BoxReader, runs: Box) -> Iterator[int]:
    """Yield how many samples each chunk has, the last run without end."""
    numbers = reader.numbers(runs, 8, 3 * reader.number(runs, 4))
    chunk, samples = 1, 0
    for first, each, _ in zip(numbers, numbers, numbers, strict=True):
        while chunk < first:
            yield samples
            chunk += 1
        samples = each
    while True:
        yield samples


def is_fragmented(reader: BoxReader, moov: Box) -> bool:
    """Return whether samples may be in fragments, too."""
    return any(box.kind == b"mvex" for box in reader.children(moov))


def sample_defaults(reader: BoxReader, moov: Box) -> dict[int, int]:
    """Return the default size of a sample in the fragments of each track."""
    return {reader.number(trex, 4): reader.number(trex, 16) for trex in reader.descend(moov, b"mvex", b"trex")}


def check_fragment(reader: BoxReader, moof: Box, defaults: dict[int, int]) -> int:
    """Return how many samples a fragment has.

    Raises:
        BrokenMp4: One of them does not lie within the file.
    """
    count, end = 0, moof.start
    for traf in reader.descend(moof, b"traf"):
        for header in reader.descend(traf, b"tfhd"):
            base, size = _header(reader, header, defaults)
            base = moof.start if base is None else base
            end = max(end, base)
            for run in reader.descend(traf, b"trun"):
                samples, end = _run(reader, run, base, end, size)
                _check_end(reader, end)
                count += samples
    return count


def _header(reader: BoxReader, header: Box, defaults: dict[int, int]) -> tuple[int | None, int]:
    """Return where the data of a track's fragment is based, and the default size of its samples."""
    flags, at = reader.number(header, 1, 3), 8
    base = reader.number(header, at, 8) if flags & 0x1 else None
    at += 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2) + 4 * bool(flags & 0x8)
    size = reader.number(header, at) if flags & 0x10 else defaults.get(reader.number(header, 4), 0)
    return base, size


def _run(reader: BoxReader, run: Box, base: int, end: int, size: int) -> tuple[int, int]:
    """Return how many samples a run has, and where they end; without an offset they follow those before."""
    flags, count, at = reader.number(run, 1, 3), reader.number(run, 4), 8
    if flags & 0x1:
        offset = reader.number(run, at)
        end = base + offset - (1 << 32) * (offset >> 31)
        at += 4
    at += 4 * bool(flags & 0x4)
    if not flags & 0x200:
        return count, end + count * size
    fields = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    numbers = reader.numbers(run, at, count * len(fields))
    return count, end + sum(islice(numbers, fields.index(0x200), None, len(fields)))


def _check_end(reader: BoxReader, end: int) -> None:
    if end > reader.size:
        raise BrokenMp4(f"its samples reach to byte {end} of {reader.size}")
