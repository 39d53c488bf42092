"""Tests of the media types of files, by their first bytes and by their names."""

import pytest

from contract_tests.support.uploads import JPEG, MP4, PNG
from klingkit._media_types import HEAD, of_content, of_file, of_name, suffix_of

M4A = b"\0\0\0\x1cftypmp42\0\0\0\0isommp42M4A "
M4V = b"\0\0\0\x20ftypmp42\0\0\0\0M4V M4A mp42isom"
HEADS_BY_MEDIA_TYPE = {
    "image/jpeg": [JPEG],
    "image/png": [PNG],
    "image/webp": [b"RIFF\x24\0\0\0WEBPVP8 "],
    "image/gif": [b"GIF87a\1\0", b"GIF89a\1\0"],
    "video/mp4": [MP4, b"\0\0\0\x1cftypmp42", b"\0\0\0\x1cftypM4V ", M4V],
    "video/quicktime": [b"\0\0\0\x14ftypqt  ", b"\0\0\1\0moov", b"\0\0\0\x08wide\0\0\0\0mdat"],
    "video/x-matroska": [b"\x1aE\xdf\xa3\x93B\x82\x88matroska"],
    "video/webm": [b"\x1aE\xdf\xa3\x93B\x82\x84webm"],
    "audio/mpeg": [b"ID3\4\0", b"\xff\xfb\x90\0", b"\xff\xf3\x90\0", b"\xff\xe3\x90\0"],
    "audio/wav": [b"RIFF\x24\0\0\0WAVEfmt "],
    "audio/aac": [b"\xff\xf1\x50\x80", b"\xff\xf9\x50\x80"],
    "audio/ogg": [b"OggS\0\2"],
    "audio/mp4": [b"\0\0\0\x1cftypM4A ", b"\0\0\0\x1cftypM4B ", M4A],
}
UNKNOWN_HEADS = [
    b"",
    b"\xff",
    b"\xff\xff",
    b"\xff\xfd\0",
    b"hello",
    b"RIFF\0\0\0\0AVI ",
    b"\0\0\0\x1cftypavif",
    b"%PDF-1.7",
    bytes(64),
]


@pytest.mark.parametrize(
    ("media_type", "content"),
    [(media_type, content) for media_type, contents in HEADS_BY_MEDIA_TYPE.items() for content in contents],
)
def test_a_file_is_recognised_by_its_first_bytes(media_type, content):
    assert of_content(content.ljust(100, b"\0")[:HEAD]) == media_type


@pytest.mark.parametrize(
    ("content", "named_type", "media_type"),
    [
        (MP4, "audio/mp4", "audio/mp4"),
        (MP4, "image/png", "video/mp4"),
        (PNG, "audio/mp4", "image/png"),
        (b"hello", "audio/mp4", "audio/mp4"),
        (b"hello", None, None),
    ],
)
def test_a_name_decides_whether_an_mp4_file_is_only_sound(content, named_type, media_type):
    assert of_file(content, named_type) == media_type


@pytest.mark.parametrize("content", UNKNOWN_HEADS)
def test_other_bytes_have_no_type(content):
    assert of_content(content) is None


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        *(
            ("cat.PNG", "image/png"),
            ("a/cat.jpeg", "image/jpeg"),
            ("cat.m4a", "audio/mp4"),
            ("cat.mkv", "video/x-matroska"),
        ),
        *(("cat.pdf", "application/pdf"), ("cat", None), ("", None), ("cat.", None), ("cat.unknown", None)),
    ],
)
def test_a_name_has_the_type_of_its_suffix(name, media_type):
    assert of_name(name) == media_type


@pytest.mark.parametrize(
    ("media_type", "name", "suffix"),
    [
        *(("image/jpeg", "cat.JPE", ".jpg"), ("image/png", "cat", ".png"), ("application/pdf", "cat.pdf", ".pdf")),
        *((None, "cat", ""), (None, "cat.bin", ".bin"), (None, "cat.a b", ""), (None, "cat.猫", "")),
    ],
)
def test_a_suffix_is_the_usual_one_of_the_type_or_that_of_the_name(media_type, name, suffix):
    assert suffix_of(media_type, name) == suffix
