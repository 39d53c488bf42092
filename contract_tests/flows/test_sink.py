"""Tests of the sink of downloads on a scripted driver: refused content, limits, progress, errors of the disk."""

import re

import httpx
import pytest

from contract_tests.support.downloads import (
    FINISHED_TASK,
    VIDEO_URL,
    files_beside,
    interrupt_download,
    respond_rest,
    respond_whole,
    respond_with,
    sent_requests,
)
from contract_tests.support.kie import KIE_API, TASK_REF
from contract_tests.support.mp4_files import MP4, make_mp4
from contract_tests.support.script import Script
from klingkit import DownloadError, Video
from klingkit._downloads import download
from klingkit._downloads._part_file import PartFile
from klingkit._flow import Fetch

# Responses that are not a video


@pytest.mark.parametrize(
    "content_type",
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
def test_a_page_by_content_type_is_refused(fetch_file, path, content_type):
    script = Script(respond_with(200, b"AccessDenied", Content_Type=content_type))
    with pytest.raises(DownloadError, match=r"HTTP 200 with .*, which is no video"):
        fetch_file(script, Video("http://media.test/watch"))
    assert files_beside(path) == []
    assert len(sent_requests(script)) == 1


PAGES = {
    "html": b"<!DOCTYPE html><p>gone",
    "html after a mark": b"\xef\xbb\xbf \n<html>",
    "html after a comment": b"<!-- x --><html>",
    "html in UTF-16": "<html>".encode("utf-16"),
    "json": b'{"error": "denied"}',
    "a list": b' [{"error": "denied"}]',
    "xml": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
}


@pytest.mark.parametrize(
    "content_type", ["", "application/octet-stream", "binary/octet-stream", "video/mp4", "video/webm"]
)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_by_content_is_refused(fetch_file, path, page, content_type):
    page = respond_with(200, page, Content_Length=len(page), ETag='"1"', Content_Type=content_type)
    with pytest.raises(DownloadError, match=r"it begins as (HTML or XML|JSON) does") as caught:
        fetch_file(Script(page), Video("http://media.test/watch"))
    assert caught.value.again == "never"
    assert files_beside(path) == []


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_encoded_video_is_refused(fetch_file, path, encoding):
    with pytest.raises(DownloadError, match="encoding that was not requested"):
        fetch_file(Script(respond_whole(Content_Encoding=encoding)))
    assert files_beside(path) == []


def test_identity_encoding_is_accepted(fetch_file):
    assert fetch_file(Script(respond_whole(Content_Encoding="Identity"))) == MP4


NOT_MP4 = b"RIFF" * 25


@pytest.mark.parametrize(
    ("url", "content_type"),
    [
        ("http://media.test/cat.mp4?x=y", ""),
        ("http://media.test/CAT.MP4", "application/octet-stream"),
        ("http://media.test/watch", "video/mp4"),
        ("http://media.test/watch", "Video/MP4; codecs=avc1"),
    ],
)
def test_a_file_called_an_mp4_must_be_one(fetch_file, path, url, content_type):
    path.write_bytes(b"an older video")
    with pytest.raises(DownloadError, match="it is no MP4") as caught:
        fetch_file(Script(respond_whole(content=NOT_MP4, Content_Type=content_type)), Video(url))
    assert caught.value.api == "kie"
    assert path.read_bytes() == b"an older video"
    assert files_beside(path) == ["cat.mp4"]


def test_other_types_need_not_be_an_mp4(fetch_file):
    assert (
        fetch_file(Script(respond_whole(content=NOT_MP4, Content_Type="video/webm")), Video("http://media.test/watch"))
        == NOT_MP4
    )


def test_an_mp4_without_a_stated_length_must_be_whole(fetch_file, path):
    """A connection that just ends may have ended early: the boxes of the file show it."""
    with pytest.raises(DownloadError, match="no whole MP4"):
        fetch_file(Script(respond_whole(90, Content_Length="")))
    assert files_beside(path) == []


@pytest.mark.parametrize("content_type", ["", "application/octet-stream"])
def test_an_unnamed_file_that_begins_as_an_mp4_must_be_whole(fetch_file, path, content_type):
    nameless = Video("http://media.test/watch")
    with pytest.raises(DownloadError, match="no whole MP4"):
        fetch_file(Script(respond_whole(90, Content_Length="", Content_Type=content_type)), nameless)
    with pytest.raises(DownloadError, match="no whole MP4"):
        fetch_file(Script(respond_whole(content=MP4[:90], Content_Length="90", Content_Type=content_type)), nameless)
    assert files_beside(path) == []
    assert fetch_file(Script(respond_whole(Content_Length="", Content_Type=content_type)), nameless) == MP4
    assert (
        fetch_file(Script(respond_whole(content=NOT_MP4, Content_Length="", Content_Type=content_type)), nameless)
        == NOT_MP4
    )


# Limits and progress


@pytest.mark.parametrize("length", [200, ""])
def test_a_video_over_max_bytes_is_refused(fetch_file, path, length):
    path.write_bytes(b"an older video")
    with pytest.raises(DownloadError, match="larger than max_bytes=199"):
        fetch_file(Script(respond_whole(Content_Length=length)), max_bytes=199)
    assert files_beside(path) == ["cat.mp4"]
    assert path.read_bytes() == b"an older video"


def test_a_stated_length_over_max_bytes_is_refused_before_reading(fetch_file):
    with pytest.raises(DownloadError, match="larger than max_bytes=199"):
        fetch_file(Script(respond_whole(upto=0)), max_bytes=199)


@pytest.mark.parametrize("upto", [30, 200])
def test_a_resumed_video_over_max_bytes_is_refused(fetch_file, path, upto):
    interrupt_download(fetch_file, Content_Length="")
    with pytest.raises(DownloadError, match="larger than max_bytes=199"):
        fetch_file(Script(respond_rest(30, upto)), max_bytes=199)
    assert files_beside(path) == []


def test_a_video_of_max_bytes_is_accepted(fetch_file):
    assert fetch_file(Script(respond_whole()), max_bytes=200) == MP4


@pytest.mark.parametrize(("length", "expected"), [(200, []), ("", [(200, 200)])])
def test_the_final_size_is_emitted_without_a_length(fetch_file, length, expected):
    seen: list[tuple[int, int | None]] = []
    fetch_file(Script(respond_whole(Content_Length=length)), emit=seen.append)
    assert seen == expected


def test_each_piece_returns_the_progress(path):
    with PartFile(path) as part:
        flow = download(KIE_API, FINISHED_TASK, part, timeout=60.0)
        flow.send(None)
        effect = flow.send(0.0)
        while not isinstance(effect, Fetch):
            effect = flow.send(0.0)
        assert effect.sink.begin(200, httpx.Headers({"Content-Length": "200"}))
        assert effect.sink.write(MP4[:30]) == (30, 200)
        assert effect.sink.write(MP4[30:]) == (200, 200)
        flow.close()


@pytest.mark.parametrize("size", [199, 201])
def test_a_body_of_another_length_than_stated_is_refused(fetch_file, path, size):
    with pytest.raises(DownloadError):
        fetch_file(Script(*[respond_whole(size, content=make_mp4(201), Content_Length=200, ETag="")] * 4))
    assert files_beside(path) == []


def test_a_part_longer_than_stated_is_not_kept(fetch_file, path):
    with pytest.raises(DownloadError, match="more bytes came than the 200 that were announced"):
        fetch_file(Script(respond_whole(201, content=make_mp4(201), Content_Length=200)))
    assert files_beside(path) == []


def test_an_empty_video_is_refused(fetch_file):
    with pytest.raises(DownloadError):
        fetch_file(Script(*[respond_whole(0, Content_Length=0)] * 4))


@pytest.mark.parametrize("step", ["trim", "restart", "write", "commit"])
def test_a_disk_error_names_the_path_and_the_task(fetch_file, path, monkeypatch, step):
    """The path is the user's, not that of the part."""
    interrupt_download(fetch_file, 200)
    error = OSError(28, "No space left on device", ".cat.mp4.part")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(PartFile, step, refuse)
    with pytest.raises(DownloadError, match=f"^download to {re.escape(str(path))}: No space left on device$") as caught:
        fetch_file(Script(respond_whole()))
    assert caught.value.__cause__ is error
    assert (caught.value.ref, caught.value.api, caught.value.again) == (TASK_REF, "kie", "never")


def test_a_disk_error_without_a_system_message_keeps_its_text(fetch_file, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("the disk is on fire")

    monkeypatch.setattr(PartFile, "commit", refuse)
    with pytest.raises(DownloadError, match=r"cat\.mp4: the disk is on fire"):
        fetch_file(Script(respond_whole()), Video(VIDEO_URL))
