"""Tests of `find_defect`, which examines a downloaded file by its content.

Boxes and flags are those of ISO/IEC 14496-12 (the ISO base media file format).
"""

import codecs
from enum import IntFlag
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import klingkit.emulator
from contract_tests.support.mp4_files import (
    FTYP,
    MP4,
    SAMPLE_OFFSET,
    box,
    full_box,
    make_mp4,
    movie_box,
    track_box,
    uint,
)
from klingkit._downloads import _boxes
from klingkit._downloads._mp4 import find_defect

SAMPLE_VIDEOS = Path(klingkit.emulator.__file__).parent / "tasks" / "videos"
SAMPLE_VIDEO = SAMPLE_VIDEOS / "16x9-sound.mp4"


def defect_of(tmp_path: Path, data: bytes, *, mp4: bool = True, delimited: bool = True) -> str | None:
    path = tmp_path / "examined"
    path.write_bytes(data)
    return find_defect(path, mp4=mp4, delimited=delimited)


MOOV = movie_box(0, 10)
SAMPLE_DATA = b"0123456789"
MDAT = box(b"mdat", SAMPLE_DATA)
MDAT_WITH_64_BIT_SIZE = b"\0\0\0\1mdat" + uint(16 + len(SAMPLE_DATA), 8) + SAMPLE_DATA
MDAT_TO_THE_END = b"\0\0\0\0mdat" + SAMPLE_DATA
FREE = box(b"free", b"12")


def movie_with_tables(
    sizes: bytes, sample_to_chunk: tuple[int, ...], *offsets: int, use_64_bits: bool = False
) -> bytes:
    """Return a movie with a size table, rows of the sample-to-chunk table (chunk, samples, 1), and chunk offsets."""
    chunk_offsets = full_box(
        b"co64" if use_64_bits else b"stco",
        uint(len(offsets)),
        *(uint(offset, 8 if use_64_bits else 4) for offset in offsets),
    )
    stsc = full_box(b"stsc", uint(len(sample_to_chunk) // 3), *map(uint, sample_to_chunk))
    return box(b"moov", track_box(full_box(b"stsz", uint(0), uint(0))), track_box(sizes, stsc, chunk_offsets))


def size_table(*sizes: int) -> bytes:
    return full_box(b"stsz", uint(0), uint(len(sizes)), *map(uint, sizes))


def compact_size_table(width: int, packed: bytes, count: int) -> bytes:
    return full_box(b"stz2", uint(width), uint(count), packed)


def file_with_movie(moov: bytes, size: int) -> bytes:
    """Return a file of this size in all, with this movie; its chunk offsets count from the beginning of the file."""
    return FTYP + moov + box(b"mdat", bytes(size - len(FTYP + moov) - 8))


ONE_SAMPLE_PER_CHUNK = (1, 1, 1)
MOVIES = {
    "one size": movie_with_tables(full_box(b"stsz", uint(100), uint(4)), (1, 2, 1), 0, 300),
    "a size each": movie_with_tables(size_table(50, 60, 300, 200), (1, 2, 1), 0, 0),
    "runs": movie_with_tables(size_table(1, 1, 400, 50, 50), (1, 2, 1, 2, 1, 1, 3, 2, 1), 7, 100, 400),
    "64 bits": movie_with_tables(size_table(500), ONE_SAMPLE_PER_CHUNK, 0, use_64_bits=True),
    "16 bits": movie_with_tables(compact_size_table(16, uint(499, 2) + uint(1, 2), 2), (1, 2, 1), 0),
    "8 bits": movie_with_tables(compact_size_table(8, bytes([250, 250]), 2), ONE_SAMPLE_PER_CHUNK, 0, 250),
    "4 bits": movie_with_tables(compact_size_table(4, bytes([0xF5, 0x50]), 3), (1, 3, 1), 475),
    "more samples than places": movie_with_tables(size_table(500, 9, 9), ONE_SAMPLE_PER_CHUNK, 0),
    "fewer samples than places": movie_with_tables(size_table(500), ONE_SAMPLE_PER_CHUNK, 0, 600, 700),
}
"""Movies whose last sample ends at byte 500."""


@pytest.mark.parametrize("name", MOVIES)
def test_the_last_sample_must_lie_within_the_file(tmp_path, name: str):
    assert defect_of(tmp_path, file_with_movie(MOVIES[name], 500)) is None
    assert "its samples reach to byte 500 of 499" in str(defect_of(tmp_path, file_with_movie(MOVIES[name], 499)))


@pytest.mark.parametrize(
    "video",
    [
        *(
            MP4,
            FTYP + MOOV + MDAT,
            FTYP + MOOV + MDAT_WITH_64_BIT_SIZE,
            FTYP + MOOV + MDAT_TO_THE_END,
            FTYP + MOOV + MDAT + FREE,
        ),
        *(
            FTYP + MDAT + MOOV,
            FTYP + MDAT_WITH_64_BIT_SIZE + FREE + MOOV,
            FTYP + FREE + MOOV + MDAT,
            FTYP + MOOV + MOOV + MDAT + MDAT * 9,
        ),
        FTYP + MDAT + box(b"moov", MOOV[8:], b"\0\0\0"),
    ],
)
@pytest.mark.parametrize("delimited", [True, False])
def test_a_whole_mp4_is_accepted(tmp_path, video, delimited: bool):
    assert defect_of(tmp_path, video, delimited=delimited) is None


def test_the_last_box_may_reach_to_the_end(tmp_path):
    """Without a stated length only the tables tell whether it is whole."""
    video = FTYP + movie_box(SAMPLE_OFFSET, 10) + MDAT_TO_THE_END
    assert defect_of(tmp_path, video, delimited=False) is None
    assert "samples reach to byte 142 of 137" in str(defect_of(tmp_path, video[:-5], delimited=False))


@pytest.mark.parametrize(
    ("data", "defect"),
    [
        (b"", "no box of type moov"),
        (b"\0\0\0\x18", "does not begin"),
        (b"RIFF" * 10, "does not begin"),
        (MOOV + FTYP, "does not begin"),
        (FTYP + box(b"mdat"), "no box of type moov"),
        (FTYP + MDAT_TO_THE_END + MOOV, "no box of type moov"),
        (FTYP + box(b"moov"), "no samples"),
        (FTYP + box(b"moov", box(b"mvhd", bytes(100)), track_box()) + MDAT, "no samples"),
        (FTYP + movie_with_tables(size_table(), ONE_SAMPLE_PER_CHUNK) + MDAT, "no samples"),
        (FTYP + movie_with_tables(size_table(5), ONE_SAMPLE_PER_CHUNK) + MDAT, "without a place"),
        (FTYP + box(b"moov", track_box(size_table(5))) + MDAT, "without a place"),
        (FTYP + box(b"moov", track_box(size_table(5), full_box(b"stco", uint(1), uint(0)))) + MDAT, "without a place"),
        (
            FTYP + movie_with_tables(full_box(b"stsz", uint(0), uint(2**32 - 1)), ONE_SAMPLE_PER_CHUNK, 0) + MDAT,
            "entries",
        ),
        (
            FTYP + movie_with_tables(full_box(b"stsz", uint(0), uint(4_000_000)), ONE_SAMPLE_PER_CHUNK, 0) + MDAT,
            "does not fit",
        ),
        (
            FTYP + movie_with_tables(full_box(b"stsz", uint(2**32 - 1), uint(2**32 - 1)), (1, 2**32 - 1, 1), 0) + MDAT,
            "samples reach",
        ),
        (FTYP + movie_with_tables(size_table(5), (2**32 - 1, 1, 1), *range(9)) + MDAT, "its samples were not placed"),
        (FTYP + box(b"moov", uint(4) + b"trak") + MDAT, "does not fit"),
        (FTYP + box(b"moov", uint(99) + b"trak") + MDAT, "does not fit"),
        (FTYP + box(b"moov", track_box(box(b"stsz", b"\0"))) + MDAT, "does not fit"),
        (MP4[:-1], "samples reach"),
        (MP4 + b"\0\0\1\0free", "does not fit"),
        (MP4[:-9] + b"ID3\4", "samples reach"),
        (FTYP + MOOV + MDAT_WITH_64_BIT_SIZE[:-1], "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + uint(15, 8), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + uint(8, 8), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + uint(2**64 - 1, 8), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\7free", "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat", "does not fit"),
    ],
)
def test_a_broken_mp4_is_refused(tmp_path, data: bytes, defect: str):
    assert defect in str(defect_of(tmp_path, data))
    assert defect_of(tmp_path, data, mp4=False) is None


def test_a_file_with_too_many_boxes_is_refused(tmp_path, monkeypatch):
    assert defect_of(tmp_path, MP4 + box(b"free") * 2) is None
    monkeypatch.setattr(_boxes, "MAX_BOXES", 14)  # `find_defect` reads 12 boxes of MP4, and two more here
    assert defect_of(tmp_path, MP4 + box(b"free") * 2) is None
    assert "does not fit" in str(defect_of(tmp_path, MP4 + box(b"free") * 3))


def test_a_long_table_is_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(_boxes, "BLOCK", 8)
    assert defect_of(tmp_path, file_with_movie(MOVIES["runs"], 500)) is None


# Fragments: a `moof` box with runs (`trun` boxes) of samples


class RunFlags(IntFlag):
    """Flags of `trun`: which fields follow."""

    DATA_OFFSET = 0x1
    FIRST_SAMPLE_FLAGS = 0x4
    DURATIONS = 0x100
    SIZES = 0x200
    TIME_OFFSETS = 0x800


class FragmentFlags(IntFlag):
    """Flags of `tfhd`: which fields follow, and what data offsets count from."""

    BASE_DATA_OFFSET = 0x1
    DESCRIPTION_INDEX = 0x2
    DEFAULT_DURATION = 0x8
    DEFAULT_SIZE = 0x10
    BASE_IS_MOOF = 0x20000


def fragment(*runs: bytes, flags: int = 0, fields: bytes = b"") -> bytes:
    """Return a fragment of track 1 with these runs."""
    track = box(b"traf", full_box(b"tfhd", uint(1), fields, flags=flags), *runs)
    return box(b"moof", full_box(b"mfhd", uint(1)), track)


TREX = full_box(b"trex", uint(1), uint(1), uint(0), uint(20), uint(0))
"""Track 1's defaults for fragments: a sample has 20 bytes."""
FRAGMENTED_MOVIE = FTYP + box(b"moov", box(b"mvex", TREX))


def run(count: int, *fields: int, flags: int) -> bytes:
    """Return a run of `count` samples; negative fields are written in two's complement."""
    return full_box(b"trun", uint(count), *(uint(each % 2**32) for each in fields), flags=flags)


FRAGMENTS = {
    "default size of the track": (fragment(run(2, 460, flags=RunFlags.DATA_OFFSET)), 460 + 2 * 20),
    "default size of the fragment": (
        fragment(
            run(2, 460, 0, flags=RunFlags.DATA_OFFSET | RunFlags.FIRST_SAMPLE_FLAGS),
            flags=FragmentFlags.BASE_IS_MOOF | FragmentFlags.DEFAULT_DURATION | FragmentFlags.DEFAULT_SIZE,
            fields=uint(0) + uint(20),
        ),
        460 + 2 * 20,
    ),
    "a size each": (
        fragment(
            run(2, 100, 1, 300, 2, 100, flags=RunFlags.DATA_OFFSET | RunFlags.DURATIONS | RunFlags.SIZES),
        ),
        100 + 300 + 100,
    ),
    "from a base": (
        fragment(
            run(1, -100, 40, 7, flags=RunFlags.DATA_OFFSET | RunFlags.SIZES | RunFlags.TIME_OFFSETS),
            flags=FragmentFlags.BASE_DATA_OFFSET | FragmentFlags.DESCRIPTION_INDEX,
            fields=uint(len(FRAGMENTED_MOVIE) + 560, 8) + uint(1),
        ),
        560 - 100 + 40,
    ),
    "one run after the other": (fragment(run(1, 460, flags=RunFlags.DATA_OFFSET), run(1, flags=0)), 460 + 2 * 20),
}
"""Fragments, and where the last sample ends, from the beginning of the fragment."""


@pytest.mark.parametrize("name", FRAGMENTS)
def test_the_samples_of_a_fragment_must_lie_within_the_file(tmp_path, name: str):
    moof, end = FRAGMENTS[name]
    for missing in (0, 1):
        data = FRAGMENTED_MOVIE + moof + box(b"mdat", bytes(end - missing - len(moof) - 8))
        defect = defect_of(tmp_path, data)
        assert defect is None if not missing else f"reach to byte {len(FRAGMENTED_MOVIE) + end} of" in str(defect)


def remuxed_sample(path: Path, **options: str) -> bytes:
    """Return a sample video, muxed again by FFmpeg in another layout."""
    with av.open(str(SAMPLE_VIDEO)) as source, av.open(str(path), "w", format="mp4", options=options) as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]  # type: ignore[assignment]  # of the same kind
                target.mux(packet)
    return path.read_bytes()


FRAGMENT_FLAGS = "frag_keyframe+empty_moov+default_base_moof"
LAYOUT_OPTIONS = {
    "index last": {},
    "index first": {"movflags": "faststart"},
    "fragments": {"movflags": FRAGMENT_FLAGS, "frag_duration": "500000"},
    "fragments from a base": {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"},
    "first fragment in the index": {"movflags": "frag_keyframe", "frag_duration": "500000"},
    "segments": {"movflags": f"dash+{FRAGMENT_FLAGS}", "frag_duration": "500000"},
}


@pytest.mark.parametrize("layout", LAYOUT_OPTIONS)
def test_real_layouts_are_accepted_whole_and_refused_cut(tmp_path, layout: str):
    data = remuxed_sample(tmp_path / "video.mp4", **LAYOUT_OPTIONS[layout])
    assert defect_of(tmp_path, data, delimited=False) is None
    box_starts = [
        offset - 4
        for offset in range(len(data))
        if data[offset : offset + 4] in {b"moof", b"mdat", b"mfra", b"sidx", b"styp", b"free"}
    ]
    for end in (*box_starts, *range(1, len(data), 997)):
        assert defect_of(tmp_path, data[:end], delimited=False) is not None, end


def test_fragments_without_an_end_are_accepted_if_the_transfer_states_it(tmp_path):
    data = remuxed_sample(tmp_path / "video.mp4", movflags=f"skip_trailer+{FRAGMENT_FLAGS}", frag_duration="500000")
    assert defect_of(tmp_path, data) is None
    assert "nothing says how many fragments" in str(defect_of(tmp_path, data, delimited=False))


@pytest.mark.parametrize("sample", sorted(SAMPLE_VIDEOS.glob("*.mp4")), ids=lambda path: path.stem)
def test_the_sample_videos_are_whole(sample: Path):
    assert find_defect(sample, mp4=True, delimited=False) is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("video")


@settings(deadline=None)
@given(upto=st.integers(0, 999))
def test_a_truncated_mp4_is_refused(folder, upto: int):
    assert defect_of(folder, make_mp4(1000)[:upto]) is not None


@settings(deadline=None)
@given(more=st.one_of(st.binary(min_size=1, max_size=7), st.binary(max_size=99).map(b"ID3\4\0\0\0\0\0\0".__add__)))
def test_what_follows_the_last_box_is_ignored_if_the_transfer_states_the_length(folder, more: bytes):
    """Some programs append padding or a tag; without a stated length it may be the beginning of a truncated box."""
    assert defect_of(folder, MP4 + more) is None
    assert "does not fit" in str(defect_of(folder, MP4 + more, delimited=False))


@settings(deadline=None)
@given(offset=st.integers(8, 131), changed=st.binary(min_size=1, max_size=8))
def test_a_damaged_index_raises_nothing(folder, offset: int, changed: bytes):
    """Whatever the fields of the index say, `find_defect` returns."""
    defect_of(folder, MP4[:offset] + changed + MP4[offset + len(changed) :])


PAGES = ["<!DOCTYPE html>", "\n <HTML lang=en>", "<!-- x --><html>", '{"error": 1}', '[{"error": 1}]', "<Error/>"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("page", [*PAGES, " " * 5000 + "<p>"], ids=lambda page: page.strip()[:8])
def test_an_error_page_is_refused_under_any_type(tmp_path, page: str, encoding: str):
    for as_mp4 in (True, False):
        assert "which is no video" in str(defect_of(tmp_path, page.encode(encoding), mp4=as_mp4))


def test_a_big_endian_utf_16_page_is_refused(tmp_path):
    page = codecs.BOM_UTF16_BE + "\r\n<html>".encode("utf-16-be")
    assert "HTML" in str(defect_of(tmp_path, page, mp4=False))


QUICKTIME_BEGINNINGS = [size + kind for kind in (b"mdat", b"wide") for size in (b"<\0\0\0", b" {\0\0", b"[\1\2\3")]
"""The size of the first box may look like the beginning of HTML or JSON."""


@pytest.mark.parametrize(
    "video",
    [b"\x1aE\xdf\xa3webm", b"RIFF\0\0\0\0AVI ", b"OggS<", b"G\x40\0{", b"\0\0\1\xba", b"FLV", *QUICKTIME_BEGINNINGS],
)
def test_other_video_formats_are_accepted(tmp_path, video: bytes):
    assert defect_of(tmp_path, video + b"<html>{}[]", mp4=False) is None
