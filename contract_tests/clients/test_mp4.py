"""What a downloaded file is, by its content."""

import codecs
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

VIDEOS = Path(klingkit.emulator.__file__).parent / "tasks" / "videos"
SAMPLE = VIDEOS / "16x9-sound.mp4"


def judge(tmp_path: Path, data: bytes, *, mp4: bool = True, delimited: bool = True) -> str | None:
    path = tmp_path / "judged"
    path.write_bytes(data)
    return find_defect(path, mp4=mp4, delimited=delimited)


MOOV = movie_box(0, 10)
DATA = b"0123456789"
MDAT = box(b"mdat", DATA)
LARGE = b"\0\0\0\1mdat" + uint(26, 8) + DATA
REST = b"\0\0\0\0mdat" + DATA
FREE = box(b"free", b"12")


def tables(sizes: bytes, runs: tuple[int, ...], *chunks: int, wide: bool = False) -> bytes:
    """Return a movie with these tables."""
    places = full_box(b"co64" if wide else b"stco", uint(len(chunks)), *(uint(at, 8 if wide else 4) for at in chunks))
    stsc = full_box(b"stsc", uint(len(runs) // 3), *map(uint, runs))
    return box(b"moov", track_box(full_box(b"stsz", uint(0), uint(0))), track_box(sizes, stsc, places))


def sized(*sizes: int) -> bytes:
    return full_box(b"stsz", uint(0), uint(len(sizes)), *map(uint, sizes))


def compact(width: int, packed: bytes, count: int) -> bytes:
    return full_box(b"stz2", uint(width), uint(count), packed)


def movie_of(moov: bytes, size: int) -> bytes:
    """Return a file with a movie, whose samples begin at its very beginning, that has this size in all."""
    return FTYP + moov + box(b"mdat", bytes(size - len(FTYP + moov) - 8))


ONE = (1, 1, 1)
MOVIES = {
    "one size": tables(full_box(b"stsz", uint(100), uint(4)), (1, 2, 1), 0, 300),
    "a size each": tables(sized(50, 60, 300, 200), (1, 2, 1), 0, 0),
    "runs": tables(sized(1, 1, 400, 50, 50), (1, 2, 1, 2, 1, 1, 3, 2, 1), 7, 100, 400),
    "64 bits": tables(sized(500), ONE, 0, wide=True),
    "16 bits": tables(compact(16, uint(499, 2) + uint(1, 2), 2), (1, 2, 1), 0),
    "8 bits": tables(compact(8, bytes([250, 250]), 2), ONE, 0, 250),
    "4 bits": tables(compact(4, bytes([0xF5, 0x50]), 3), (1, 3, 1), 475),
    "more samples than places": tables(sized(500, 9, 9), ONE, 0),
    "fewer samples than places": tables(sized(500), ONE, 0, 600, 700),
}
"""Movies whose last sample ends at byte 500."""


@pytest.mark.parametrize("name", MOVIES)
def test_the_last_sample_must_lie_within_the_file(tmp_path, name: str):
    assert judge(tmp_path, movie_of(MOVIES[name], 500)) is None
    assert "its samples reach to byte 500 of 499" in str(judge(tmp_path, movie_of(MOVIES[name], 499)))


@pytest.mark.parametrize(
    "video",
    [
        *(MP4, FTYP + MOOV + MDAT, FTYP + MOOV + LARGE, FTYP + MOOV + REST, FTYP + MOOV + MDAT + FREE),
        *(
            FTYP + MDAT + MOOV,
            FTYP + LARGE + FREE + MOOV,
            FTYP + FREE + MOOV + MDAT,
            FTYP + MOOV + MOOV + MDAT + MDAT * 9,
        ),
        FTYP + MDAT + box(b"moov", MOOV[8:], b"\0\0\0"),
    ],
)
@pytest.mark.parametrize("delimited", [True, False])
def test_a_whole_mp4_is_accepted(tmp_path, video, delimited: bool):
    assert judge(tmp_path, video, delimited=delimited) is None


def test_the_last_box_may_reach_to_the_end(tmp_path):
    """Without a stated length only the tables tell whether it is whole."""
    video = FTYP + movie_box(SAMPLE_OFFSET, 10) + REST
    assert judge(tmp_path, video, delimited=False) is None
    assert "samples reach to byte 142 of 137" in str(judge(tmp_path, video[:-5], delimited=False))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no box of type moov"),
        (b"\0\0\0\x18", "does not begin"),
        (b"RIFF" * 10, "does not begin"),
        (MOOV + FTYP, "does not begin"),
        (FTYP + box(b"mdat"), "no box of type moov"),
        (FTYP + REST + MOOV, "no box of type moov"),
        (FTYP + box(b"moov"), "no samples"),
        (FTYP + box(b"moov", box(b"mvhd", bytes(100)), track_box()) + MDAT, "no samples"),
        (FTYP + tables(sized(), ONE) + MDAT, "no samples"),
        (FTYP + tables(sized(5), ONE) + MDAT, "without a place"),
        (FTYP + box(b"moov", track_box(sized(5))) + MDAT, "without a place"),
        (FTYP + box(b"moov", track_box(sized(5), full_box(b"stco", uint(1), uint(0)))) + MDAT, "without a place"),
        (FTYP + tables(full_box(b"stsz", uint(0), uint(2**32 - 1)), ONE, 0) + MDAT, "entries"),
        (FTYP + tables(full_box(b"stsz", uint(0), uint(4_000_000)), ONE, 0) + MDAT, "does not fit"),
        (
            FTYP + tables(full_box(b"stsz", uint(2**32 - 1), uint(2**32 - 1)), (1, 2**32 - 1, 1), 0) + MDAT,
            "samples reach",
        ),
        (FTYP + tables(sized(5), (2**32 - 1, 1, 1), *range(9)) + MDAT, "its samples were not placed"),
        (FTYP + box(b"moov", uint(4) + b"trak") + MDAT, "does not fit"),
        (FTYP + box(b"moov", uint(99) + b"trak") + MDAT, "does not fit"),
        (FTYP + box(b"moov", track_box(box(b"stsz", b"\0"))) + MDAT, "does not fit"),
        (MP4[:-1], "samples reach"),
        (MP4 + b"\0\0\1\0free", "does not fit"),
        (MP4[:-9] + b"ID3\4", "samples reach"),
        (FTYP + MOOV + LARGE[:-1], "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + uint(15, 8), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + uint(8, 8), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + uint(2**64 - 1, 8), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\7free", "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat", "does not fit"),
    ],
)
def test_a_broken_mp4_is_refused(tmp_path, data: bytes, why: str):
    assert why in str(judge(tmp_path, data))
    assert judge(tmp_path, data, mp4=False) is None


def test_a_file_with_too_many_boxes_is_refused(tmp_path, monkeypatch):
    assert judge(tmp_path, MP4 + box(b"free") * 2) is None
    monkeypatch.setattr(_boxes, "MAX_BOXES", 14)
    assert judge(tmp_path, MP4 + box(b"free") * 2) is None
    assert "does not fit" in str(judge(tmp_path, MP4 + box(b"free") * 3))


def test_a_long_table_is_read_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(_boxes, "BLOCK", 8)
    assert judge(tmp_path, movie_of(MOVIES["runs"], 500)) is None


# Fragments


def fragment(at: int, *runs: bytes, flags: int = 0, fields: bytes = b"") -> bytes:
    """Return a fragment of track 1 that lies at byte `at`, with its data."""
    return box(
        b"moof", full_box(b"mfhd", uint(1)), box(b"traf", full_box(b"tfhd", uint(1), fields, flags=flags), *runs)
    )


TREX = full_box(b"trex", uint(1), uint(1), uint(0), uint(20), uint(0))
EMPTY = FTYP + box(b"moov", box(b"mvex", TREX))


def run(count: int, *fields: int, flags: int) -> bytes:
    return full_box(b"trun", uint(count), *(uint(each % 2**32) for each in fields), flags=flags)


FRAGMENTS = {
    "default size of the track": (fragment(0, run(2, 460, flags=0x1)), 460 + 40),
    "default size of the fragment": (
        fragment(0, run(2, 460, 0, flags=0x5), flags=0x20018, fields=uint(0) + uint(20)),
        500,
    ),
    "a size each": (fragment(0, run(2, 100, 1, 300, 2, 100, flags=0x301)), 500),
    "from a base": (
        fragment(0, run(1, -100, 40, 7, flags=0xA01), flags=0x3, fields=uint(560 + len(EMPTY), 8) + uint(1)),
        500,
    ),
    "one run after the other": (fragment(0, run(1, 460, flags=0x1), run(1, flags=0)), 500),
}
"""Fragments, and where the last sample ends, from the beginning of the fragment."""


@pytest.mark.parametrize("name", FRAGMENTS)
def test_the_samples_of_a_fragment_must_lie_within_the_file(tmp_path, name: str):
    moof, end = FRAGMENTS[name]
    for missing in (0, 1):
        data = EMPTY + moof + box(b"mdat", bytes(end - missing - len(moof) - 8))
        found = judge(tmp_path, data)
        assert found is None if not missing else f"reach to byte {len(EMPTY) + end} of" in str(found)


def remuxed(path: Path, **options: str) -> bytes:
    """Return a real film in another layout."""
    with av.open(str(SAMPLE)) as source, av.open(str(path), "w", format="mp4", options=options) as target:
        streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]  # type: ignore[assignment]  # of the same kind
                target.mux(packet)
    return path.read_bytes()


FRAGMENTED = "frag_keyframe+empty_moov+default_base_moof"
LAYOUTS = {
    "index last": {},
    "index first": {"movflags": "faststart"},
    "fragments": {"movflags": FRAGMENTED, "frag_duration": "500000"},
    "fragments from a base": {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"},
    "first fragment in the index": {"movflags": "frag_keyframe", "frag_duration": "500000"},
    "segments": {"movflags": f"dash+{FRAGMENTED}", "frag_duration": "500000"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_real_layouts_are_accepted_whole_and_refused_cut(tmp_path, layout: str):
    data = remuxed(tmp_path / "film.mp4", **LAYOUTS[layout])
    assert judge(tmp_path, data, delimited=False) is None
    starts = [
        at - 4 for at in range(len(data)) if data[at : at + 4] in {b"moof", b"mdat", b"mfra", b"sidx", b"styp", b"free"}
    ]
    for end in (*starts, *range(1, len(data), 997)):
        assert judge(tmp_path, data[:end], delimited=False) is not None, end


def test_fragments_without_an_end_are_accepted_if_the_transfer_states_it(tmp_path):
    data = remuxed(tmp_path / "film.mp4", movflags=f"skip_trailer+{FRAGMENTED}", frag_duration="500000")
    assert judge(tmp_path, data) is None
    assert "nothing says how many fragments" in str(judge(tmp_path, data, delimited=False))


@pytest.mark.parametrize("sample", sorted(VIDEOS.glob("*.mp4")), ids=lambda path: path.stem)
def test_the_sample_videos_are_whole(sample: Path):
    assert find_defect(sample, mp4=True, delimited=False) is None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("video")


@settings(deadline=None)
@given(upto=st.integers(0, 999))
def test_a_truncated_mp4_is_refused(folder, upto: int):
    assert judge(folder, make_mp4(1000)[:upto]) is not None


@settings(deadline=None)
@given(more=st.one_of(st.binary(min_size=1, max_size=7), st.binary(max_size=99).map(b"ID3\4\0\0\0\0\0\0".__add__)))
def test_what_follows_the_last_box_is_ignored_if_the_transfer_states_the_length(folder, more: bytes):
    """Some programs add padding or a tag; without a stated length it may be the beginning of a box."""
    assert judge(folder, MP4 + more) is None
    assert "does not fit" in str(judge(folder, MP4 + more, delimited=False))


@settings(deadline=None)
@given(at=st.integers(8, 131), changed=st.binary(min_size=1, max_size=8))
def test_a_hostile_index_is_judged(folder, at: int, changed: bytes):
    """Whatever its fields say, there is a verdict."""
    judge(folder, MP4[:at] + changed + MP4[at + len(changed) :])


PAGES = ["<!DOCTYPE html>", "\n <HTML lang=en>", "<!-- x --><html>", '{"error": 1}', '[{"error": 1}]', "<Error/>"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("page", [*PAGES, " " * 5000 + "<p>"], ids=lambda page: page.strip()[:8])
def test_an_error_page_is_refused_under_any_type(tmp_path, page: str, encoding: str):
    for as_mp4 in (True, False):
        assert "which is no video" in str(judge(tmp_path, page.encode(encoding), mp4=as_mp4))


def test_a_big_endian_utf_16_page_is_refused(tmp_path):
    page = codecs.BOM_UTF16_BE + "\r\n<html>".encode("utf-16-be")
    assert "HTML" in str(judge(tmp_path, page, mp4=False))


QUICKTIME = [size + kind for kind in (b"mdat", b"wide") for size in (b"<\0\0\0", b" {\0\0", b"[\1\2\3")]
"""The length of what comes first may look like the beginning of a page."""


@pytest.mark.parametrize(
    "video",
    [b"\x1aE\xdf\xa3webm", b"RIFF\0\0\0\0AVI ", b"OggS<", b"G\x40\0{", b"\0\0\1\xba", b"FLV", *QUICKTIME],
)
def test_other_video_formats_are_accepted(tmp_path, video: bytes):
    assert judge(tmp_path, video + b"<html>{}[]", mp4=False) is None
