"""What a downloaded file is, by its content."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.support.mp4_files import MP4, box, mp4
from klingkit._downloads import _mp4
from klingkit._downloads._mp4 import find_defect


def judge(tmp_path: Path, data: bytes, *, mp4: bool = True) -> str | None:
    path = tmp_path / "judged"
    path.write_bytes(data)
    return find_defect(path, mp4=mp4)


FTYP, MOOV = box(b"ftyp", b"isom\0\0\0\0"), box(b"moov")


LARGE = b"\0\0\0\1mdat" + (26).to_bytes(8, "big") + b"0123456789"


REST = b"\0\0\0\0mdat0123456789"


@pytest.mark.parametrize(
    "video",
    [MP4, FTYP + MOOV, FTYP + MOOV + LARGE, FTYP + LARGE + MOOV, FTYP + MOOV + REST, FTYP + MOOV + box(b"free")],
    ids=["whole", "short", "64 bits", "64 bits amid", "to the end", "with a label"],
)
def test_a_whole_mp4_is_accepted(tmp_path, video):
    assert judge(tmp_path, video) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no box of type moov"),
        (b"\0\0\0\x18", "does not begin"),
        (b"RIFF" * 10, "does not begin"),
        (MOOV + FTYP, "does not begin"),
        (FTYP + box(b"mdat"), "no box of type moov"),
        (FTYP + REST + MOOV, "no box of type moov"),
        (MP4[:-1], "does not fit"),
        (MP4 + b"\0", "does not fit"),
        (FTYP + MOOV + LARGE[:-1], "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + (15).to_bytes(8, "big"), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + (8).to_bytes(8, "big"), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\7free", "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat", "does not fit"),
    ],
)
def test_a_broken_mp4_is_refused(tmp_path, data: bytes, why: str):
    assert why in str(judge(tmp_path, data))
    assert judge(tmp_path, data, mp4=False) is None


def test_a_file_with_too_many_boxes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_mp4, "MAX_BOXES", 10)
    assert judge(tmp_path, FTYP + MOOV + box(b"free") * 8) is None
    assert judge(tmp_path, FTYP + MOOV + box(b"free") * 9) is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("video")


@settings(deadline=None)
@given(upto=st.integers(0, 999))
def test_a_truncated_mp4_is_refused(folder, upto: int):
    """Except where it ends between two boxes, which cannot be seen."""
    ends = {len(FTYP + MOOV)}
    assert (judge(folder, mp4(1000)[:upto]) is None) == (upto in ends)


@settings(deadline=None)
@given(more=st.binary(min_size=1, max_size=7))
def test_a_lengthened_mp4_is_refused(folder, more: bytes):
    """Except where what was added is a box, which has eight bytes at least."""
    assert judge(folder, MP4 + more) is not None


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
