"""Cut an MP4 to its first seconds: copy the samples that remain, and rewrite the tables that describe them.

It knows the boxes of the sample videos (ISO/IEC 14496-12) and no others: sizes and times of 32 bits, one edit a
track, samples in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby, repeat
from typing import Final

Rewrite = Mapping[bytes, Callable[[bytes], bytes]]
"""Box type -> what makes its new content of its old one."""

MOVIE_TIMESCALE: Final = 1000
"""Units of a second in the boxes of the whole movie, as FFmpeg writes them."""

CONTAINERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})


def cut(video: bytes, seconds: int) -> bytes:
    """Return the first whole seconds of a video whose index comes first."""
    parts = dict(_boxes(video))
    tracks = [_Track.of(content, seconds) for kind, content in _boxes(parts[b"moov"]) if kind == b"trak"]
    samples = sorted(sample for track in tracks for sample in track.samples)
    sizes = [size for _, size in samples]

    def begin(media: int) -> bytes:
        places = accumulate(sizes, initial=media)
        moved = {offset: place for (offset, _), place in zip(samples, places, strict=False)}
        return _box(b"ftyp", parts[b"ftyp"]) + _box(b"moov", _movie(parts[b"moov"], tracks, moved, seconds))

    unmoved = len(begin(0))  # the tables are as long, whatever the places in them
    media = b"".join(video[offset : offset + size] for offset, size in samples)
    return begin(unmoved + 8) + _box(b"mdat", media)


@dataclass(frozen=True)
class _Track:
    """What remains of a track: offset and size of each sample, their durations, and the sum of these."""

    samples: list[tuple[int, int]]
    durations: list[int]

    @classmethod
    def of(cls, content: bytes, seconds: int) -> _Track:
        boxes = dict(_leaves(content))
        # The edit begins after the silence with which an encoder of sound begins.
        length = _word(boxes[b"elst"], 3) + seconds * _word(boxes[b"mdhd"], 3)
        durations = list(_cut_durations(_runs(boxes[b"stts"]), length))
        samples = zip(_offsets(boxes), _words(boxes[b"stsz"], 3), strict=True)
        return cls([sample for sample, _ in zip(samples, durations, strict=False)], durations)

    def rewrite(self, moved: Mapping[int, int], seconds: int) -> Rewrite:
        """Return how to rewrite the boxes of the track, with its samples at other places."""
        count, movie = len(self.samples), seconds * MOVIE_TIMESCALE
        return {
            b"tkhd": lambda box: _with_word(box, 5, movie),
            b"elst": lambda box: _with_word(box, 2, movie),
            b"mdhd": lambda box: _with_word(box, 4, sum(self.durations)),
            b"stts": lambda _: _table([(len(list(run)), value) for value, run in groupby(self.durations)]),
            b"stss": lambda box: _table([(number,) for number in _words(box, 2) if number <= count]),
            b"stsc": lambda _: _table([(1, 1, 1)]),
            b"stsz": lambda _: bytes(4) + _table([(size,) for _, size in self.samples]),
            b"stco": lambda _: _table([(moved[offset],) for offset, _ in self.samples]),
            b"sbgp": lambda box: _with_word(box, 3, count),
        }


def _movie(content: bytes, tracks: Iterable[_Track], moved: Mapping[int, int], seconds: int) -> bytes:
    remaining = iter(tracks)
    return _rewritten(
        content,
        {
            b"mvhd": lambda box: _with_word(box, 4, seconds * MOVIE_TIMESCALE),
            b"trak": lambda trak: _rewritten(trak, next(remaining).rewrite(moved, seconds)),
        },
    )


def _rewritten(content: bytes, rewrite: Rewrite) -> bytes:
    """Return the content of a container with some of its boxes rewritten, at any depth."""

    def new(kind: bytes, box: bytes) -> bytes:
        if kind in rewrite:
            return rewrite[kind](box)
        return _rewritten(box, rewrite) if kind in CONTAINERS else box

    return b"".join(_box(kind, new(kind, box)) for kind, box in _boxes(content))


def _offsets(boxes: Mapping[bytes, bytes]) -> Iterator[int]:
    """Yield where each sample is; those of a chunk follow each other."""
    sizes = iter(_words(boxes[b"stsz"], 3))
    chunks = _words(boxes[b"stco"], 2)
    for chunk, count in zip(chunks, _counts(boxes[b"stsc"], len(chunks)), strict=True):
        yield from accumulate((next(sizes) for _ in range(count - 1)), initial=chunk)
        next(sizes)


def _counts(content: bytes, chunks: int) -> Iterator[int]:
    """Yield how many samples each chunk has; an entry holds until the next one's first chunk."""
    words = _words(content, 2)
    firsts = [*words[::3], chunks + 1]
    for first, following, count in zip(firsts, firsts[1:], words[1::3], strict=False):
        yield from repeat(count, following - first)


def _runs(content: bytes) -> Iterator[int]:
    words = _words(content, 2)
    for count, value in zip(words[::2], words[1::2], strict=True):
        yield from repeat(value, count)


def _cut_durations(durations: Iterable[int], length: int) -> Iterator[int]:
    for duration in durations:
        if length <= 0:
            return
        yield min(duration, length)
        length -= duration


def _leaves(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for kind, box in _boxes(content):
        yield from _leaves(box) if kind in CONTAINERS else [(kind, box)]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of each box."""
    at = 0
    while at < len(data):
        size = _word(data[at : at + 4], 0)
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def _table(rows: list[tuple[int, ...]]) -> bytes:
    """Return a table: version and flags, the number of its rows, the rows."""
    return b"".join(word.to_bytes(4, "big") for word in (0, len(rows), *(word for row in rows for word in row)))


def _words(data: bytes, first: int) -> list[int]:
    """Return the big-endian numbers of 32 bits, from one on."""
    return [_word(data, number) for number in range(first, len(data) // 4)]


def _word(data: bytes, number: int) -> int:
    return int.from_bytes(data[4 * number : 4 * number + 4], "big")


def _with_word(data: bytes, number: int, value: int) -> bytes:
    return data[: 4 * number] + value.to_bytes(4, "big") + data[4 * number + 4 :]
