"""Downloading, driven by hand: what is refused, and where a fresh URL comes from."""

import re

import httpx
import pytest

from contract_tests.support.downloads import (
    TASK,
    URL,
    answer,
    interrupted,
    left,
    requests,
    rest,
    whole,
)
from contract_tests.support.kie import API, REF
from contract_tests.support.mp4_files import FILM, mp4
from contract_tests.support.script import Script
from klingkit import DownloadError, Video
from klingkit._downloads import download
from klingkit._downloads._part_file import PartFile
from klingkit._flow import Fetch

# What is no video


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "text/html; charset=utf-8",
        "text/plain",
        "TEXT/XML",
        "application/json",
        "application/problem+json",
        "application/xhtml+xml",
    ],
)
def test_a_page_in_place_of_the_film_never_lands(bring, path, kind):
    script = Script(answer(200, b"AccessDenied", Content_Type=kind))
    with pytest.raises(DownloadError, match=r"HTTP 200 with .*, which is no video"):
        bring(script, Video("http://media.test/watch"))
    assert left(path) == []
    assert len(requests(script)) == 1


PAGES = {
    "html": b"<!DOCTYPE html><p>gone",
    "html after a mark": b"\xef\xbb\xbf \n<html>",
    "html after a comment": b"<!-- x --><html>",
    "html in UTF-16": "<html>".encode("utf-16"),
    "json": b'{"error": "denied"}',
    "a list": b' [{"error": "denied"}]',
    "xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
}


@pytest.mark.parametrize("kind", ["", "application/octet-stream", "binary/octet-stream", "video/mp4", "video/webm"])
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_that_does_not_say_so_never_lands(bring, path, page, kind):
    told = answer(200, page, Content_Length=len(page), ETag='"1"', Content_Type=kind)
    with pytest.raises(DownloadError, match=r"it begins as (HTML or XML|JSON) does") as caught:
        bring(Script(told), Video("http://media.test/watch"))
    assert caught.value.again == "never"
    assert left(path) == []


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_film_in_an_encoding_is_not_taken_for_the_film(bring, path, encoding):
    with pytest.raises(DownloadError, match="encoding that was not requested"):
        bring(Script(whole(Content_Encoding=encoding)))
    assert left(path) == []


def test_the_identity_is_no_encoding(bring):
    assert bring(Script(whole(Content_Encoding="Identity"))) == FILM


NO_MP4 = b"RIFF" * 25


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://media.test/cat.mp4?x=y", ""),
        ("http://media.test/CAT.MP4", "application/octet-stream"),
        ("http://media.test/watch", "video/mp4"),
        ("http://media.test/watch", "Video/MP4; codecs=avc1"),
    ],
)
def test_what_calls_itself_an_mp4_must_be_one(bring, path, url, kind):
    path.write_bytes(b"the good old one")
    with pytest.raises(DownloadError, match="it is no MP4") as caught:
        bring(Script(whole(film=NO_MP4, Content_Type=kind)), Video(url))
    assert caught.value.api == "kie"
    assert path.read_bytes() == b"the good old one"
    assert left(path) == ["cat.mp4"]


def test_anything_else_need_not_be_one(bring):
    assert bring(Script(whole(film=NO_MP4, Content_Type="video/webm")), Video("http://media.test/watch")) == NO_MP4


def test_an_mp4_without_a_stated_length_must_be_whole(bring, path):
    """A connection that just ends may have ended early: the film itself tells."""
    with pytest.raises(DownloadError, match="no whole MP4"):
        bring(Script(whole(90, Content_Length="")))
    assert left(path) == []


@pytest.mark.parametrize("kind", ["", "application/octet-stream"])
def test_an_mp4_that_nobody_calls_one_says_so_itself(bring, path, kind):
    nameless = Video("http://media.test/watch")
    with pytest.raises(DownloadError, match="no whole MP4"):
        bring(Script(whole(90, Content_Length="", Content_Type=kind)), nameless)
    assert left(path) == []
    assert bring(Script(whole(Content_Length="", Content_Type=kind)), nameless) == FILM
    assert bring(Script(whole(film=NO_MP4, Content_Length="", Content_Type=kind)), nameless) == NO_MP4


# Limits and progress


@pytest.mark.parametrize("length", [100, ""])
def test_a_film_that_is_too_large_is_refused(bring, path, length):
    path.write_bytes(b"the good old one")
    with pytest.raises(DownloadError, match="larger than max_bytes=99"):
        bring(Script(whole(Content_Length=length)), max_bytes=99)
    assert left(path) == ["cat.mp4"]
    assert path.read_bytes() == b"the good old one"


def test_a_film_that_says_it_is_too_large_is_refused_before_it_comes(bring):
    with pytest.raises(DownloadError, match="larger than max_bytes=99"):
        bring(Script(whole(upto=0)), max_bytes=99)


@pytest.mark.parametrize("upto", [30, 100])
def test_a_film_that_turns_out_to_be_too_large_is_refused(bring, path, upto):
    interrupted(bring, Content_Length="")
    with pytest.raises(DownloadError, match="larger than max_bytes=99"):
        bring(Script(rest(30, upto)), max_bytes=99)
    assert left(path) == []


def test_a_film_that_is_just_small_enough_is_taken(bring):
    assert bring(Script(whole()), max_bytes=100) == FILM


@pytest.mark.parametrize(("length", "told"), [(100, []), ("", [(100, 100)])])
def test_the_end_is_told_where_no_length_told_it(bring, length, told):
    seen: list[tuple[int, int | None]] = []
    bring(Script(whole(Content_Length=length)), told=seen.append)
    assert seen == told


def test_each_piece_tells_how_far_it_is(path):
    with PartFile(path) as part:
        flow = download(API, TASK, part, timeout=60.0)
        flow.send(None)
        effect = flow.send(0.0)
        while not isinstance(effect, Fetch):
            effect = flow.send(0.0)
        assert effect.sink.begin(200, httpx.Headers({"Content-Length": "100"}))
        assert effect.sink.write(FILM[:30]) == (30, 100)
        assert effect.sink.write(FILM[30:]) == (100, 100)
        flow.close()


# A URL that has expired


# Places


@pytest.mark.parametrize("size", [99, 101])
def test_a_body_of_another_length_than_stated_never_lands(bring, path, size):
    with pytest.raises(DownloadError):
        bring(Script(*[whole(size, film=mp4(101), Content_Length=100, ETag="")] * 4))
    assert left(path) == []


def test_a_part_that_is_longer_than_its_film_is_not_kept(bring, path):
    with pytest.raises(DownloadError, match="more bytes came than the 100 that were announced"):
        bring(Script(whole(101, film=mp4(101), Content_Length=100)))
    assert left(path) == []


def test_an_empty_film_is_none(bring):
    with pytest.raises(DownloadError):
        bring(Script(*[whole(0, Content_Length=0)] * 4))


@pytest.mark.parametrize("step", ["trim", "restart", "write", "commit"])
def test_a_disk_that_refuses_is_told_of_the_file_and_of_the_task(bring, path, monkeypatch, step):
    """Of the file that was asked for: nobody has heard of its part."""
    interrupted(bring, 100)
    error = OSError(28, "No space left on device", ".cat.mp4.part")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(PartFile, step, refuse)
    with pytest.raises(DownloadError, match=f"^download to {re.escape(str(path))}: No space left on device$") as caught:
        bring(Script(whole()))
    assert caught.value.__cause__ is error
    assert (caught.value.ref, caught.value.api, caught.value.again) == (REF, "kie", "never")


def test_trouble_without_words_is_told_as_it_is(bring, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(PartFile, "commit", refuse)
    with pytest.raises(DownloadError, match=r"cat\.mp4: the disk is on fire"):
        bring(Script(whole()), Video(URL))
