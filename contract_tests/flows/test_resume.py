"""Tests which downloads are resumed, and which begin again, on a scripted driver."""

import pytest

from contract_tests.support.downloads import (
    CONNECTION_RESET,
    FRESH_URL,
    LAST_MODIFIED,
    VIDEO_URL,
    Respond,
    files_beside,
    interrupt_download,
    requested_ranges,
    respond_rest,
    respond_whole,
    respond_with,
    sent_requests,
)
from contract_tests.support.kie import KIE_API, TASK_REF, finished_response
from contract_tests.support.mp4_files import MP4, make_mp4
from contract_tests.support.script import Script
from klingkit import DownloadError, Task, TaskRef, Video
from klingkit._flow import Fetched


def test_a_broken_connection_is_resumed(fetch_file):
    script = Script(respond_whole(30, CONNECTION_RESET), respond_rest(30, 70, CONNECTION_RESET), respond_rest(70))
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, "bytes=30-", "bytes=70-"]
    assert {request.headers.get("If-Range") for request in sent_requests(script)[1:]} == {'"1"'}


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_a_date_resumes_without_a_strong_etag(fetch_file, tag: str):
    script = Script(
        respond_whole(30, CONNECTION_RESET, ETag=tag, Last_Modified=LAST_MODIFIED),
        respond_rest(30, Last_Modified=LAST_MODIFIED),
    )
    assert fetch_file(script) == MP4
    assert sent_requests(script)[1].headers["If-Range"] == LAST_MODIFIED


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:27:00 GMT"])
def test_a_date_within_the_same_second_cannot_resume(fetch_file, date):
    script = Script(
        respond_whole(30, CONNECTION_RESET, ETag="", Last_Modified=LAST_MODIFIED, Date=date), respond_whole(ETag="")
    )
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, None]


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2026 07:28:01 GMT", "yesterday", "Wed, 21 Oct 2026 07:28:00 -0000"])
def test_an_older_date_can_resume(fetch_file, date):
    script = Script(
        respond_whole(30, CONNECTION_RESET, ETag="", Last_Modified=LAST_MODIFIED, Date=date), respond_rest(30)
    )
    assert fetch_file(script) == MP4


def test_without_etag_and_date_the_download_begins_again(fetch_file):
    script = Script(respond_whole(30, CONNECTION_RESET, ETag=""), respond_whole(ETag=""))
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, None]


@pytest.mark.parametrize("tag", ['"\xe9"', '"a\x7f"'])
def test_an_etag_that_is_no_valid_header_cannot_resume(fetch_file, tag):
    script = Script(respond_whole(30, CONNECTION_RESET, ETag=tag), respond_whole(ETag=tag))
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, None]


def test_a_changed_video_begins_again(fetch_file):
    other_video = make_mp4(200, seed=1)
    assert (
        fetch_file(Script(respond_whole(30, CONNECTION_RESET), respond_whole(content=other_video, ETag='"2"')))
        == other_video
    )


@pytest.mark.parametrize(
    "unfitting",
    [
        respond_rest(0),
        respond_rest(10),
        respond_rest(30, total=120),
        respond_rest(30, ETag='"2"'),
        respond_with(206, MP4[30:]),
        respond_with(206, MP4[30:], Content_Range="bytes 30-199/*"),
        respond_with(206, MP4[30:], Content_Range=f"bytes 30-199/{'9' * 5000}"),
        respond_with(416, Content_Range="bytes */20"),
    ],
    ids=["from the start", "ten", "longer", "another tag", "no range", "no length", "endless", "416"],
)
def test_a_partial_response_that_does_not_fit_is_ignored(fetch_file, unfitting):
    """No byte of it is written: if the process were killed here, the part would still be valid."""
    script = Script(respond_whole(30, CONNECTION_RESET), unfitting, respond_whole())
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, "bytes=30-", None]


def test_a_partial_response_of_another_date_is_ignored(fetch_file):
    response_with_date = respond_whole(30, CONNECTION_RESET, ETag="", Last_Modified=LAST_MODIFIED)
    script = Script(
        response_with_date, respond_rest(30, Last_Modified="Thu, 22 Oct 2026 07:28:00 GMT"), respond_whole()
    )
    assert fetch_file(script) == MP4


def test_an_etag_may_become_weak_on_the_way(fetch_file):
    assert fetch_file(Script(respond_whole(30, CONNECTION_RESET), respond_rest(30, ETag='W/"1"'))) == MP4


def test_an_unrequested_partial_response_is_ignored(fetch_file):
    script = Script(respond_rest(0), respond_whole())
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, None]


def test_a_short_body_is_resumed(fetch_file):
    assert fetch_file(Script(respond_whole(30), respond_rest(30))) == MP4


def test_a_rest_in_several_ranges_is_joined(fetch_file):
    def respond_range(start: int, end: int) -> Respond:
        return respond_with(206, MP4[start:end], Content_Range=f"bytes {start}-{end - 1}/200")

    script = Script(respond_whole(30, CONNECTION_RESET), respond_range(30, 60), respond_range(60, 200))
    assert fetch_file(script) == MP4


def test_the_length_may_become_known_with_the_rest(fetch_file):
    script = Script(
        respond_whole(30, CONNECTION_RESET, Content_Length=""), respond_rest(30, 70, CONNECTION_RESET), respond_rest(70)
    )
    assert fetch_file(script) == MP4


def test_a_video_that_grew_is_not_whole(fetch_file):
    script = Script(respond_whole(30, CONNECTION_RESET), respond_rest(30, total=120), *[Fetched(503)] * 4)
    with pytest.raises(DownloadError, match="HTTP 503, "):
        fetch_file(script)


def test_the_next_download_resumes_an_interrupted_one(fetch_file, path):
    interrupt_download(fetch_file)
    assert files_beside(path) == [".cat.mp4.part", ".cat.mp4.part.json"]
    script = Script(respond_rest(30))
    assert fetch_file(script) == MP4
    assert sent_requests(script)[0].headers["If-Range"] == '"1"'
    assert files_beside(path) == ["cat.mp4"]


def test_the_metadata_of_a_part_shows_no_url(fetch_file, path):
    interrupt_download(fetch_file)
    metadata = path.with_name(".cat.mp4.part.json").read_text()
    assert "secret" not in metadata
    assert "media.test" not in metadata


def test_the_next_download_resumes_a_failed_one(fetch_file):
    script = Script(respond_whole(30, CONNECTION_RESET), *[Fetched(503)] * 4)
    with pytest.raises(DownloadError, match="30 bytes so far, kept for the next try"):
        fetch_file(script)
    script = Script(respond_rest(30))
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == ["bytes=30-"]


def test_a_task_resumes_under_another_signature(fetch_file):
    interrupt_download(fetch_file)
    script = Script(respond_rest(30))
    assert fetch_file(script, KIE_API.read_task(TASK_REF, finished_response(FRESH_URL))) == MP4
    assert requested_ranges(script) == ["bytes=30-"]


def test_a_bare_video_resumes_at_the_same_url(fetch_file):
    interrupt_download(fetch_file, source=Video(VIDEO_URL))
    script = Script(respond_rest(30))
    assert fetch_file(script, Video(VIDEO_URL, id="named later")) == MP4
    assert requested_ranges(script) == ["bytes=30-"]


@pytest.mark.parametrize("url", [FRESH_URL, VIDEO_URL.partition("?")[0], VIDEO_URL.upper(), f"{VIDEO_URL}#2"])
def test_a_bare_video_at_another_url_is_another_video(fetch_file, url):
    """A host may distinguish videos only by the query of the URL, with one tag and one length for all."""
    interrupt_download(fetch_file, source=Video(VIDEO_URL))
    other_video = make_mp4(200, seed=1)
    script = Script(respond_whole(content=other_video))
    assert fetch_file(script, Video(url)) == other_video
    assert requested_ranges(script) == [None]


def test_the_part_of_another_task_is_dropped(fetch_file):
    interrupt_download(fetch_file)
    script = Script(respond_whole())
    assert fetch_file(script, Task(TaskRef("kie", "jobs", "another"), "succeeded", videos=(Video(VIDEO_URL),))) == MP4
    assert requested_ranges(script) == [None]


def test_a_part_of_another_video_is_dropped(fetch_file):
    interrupt_download(fetch_file)
    script = Script(respond_whole())
    assert fetch_file(script, Video("http://media.test/dog.mp4")) == MP4
    assert requested_ranges(script) == [None]


def test_a_whole_part_is_confirmed_by_requesting_its_last_byte(fetch_file):
    """The process was killed after the last byte was written and before the file was renamed."""
    interrupt_download(fetch_file, 200)
    script = Script(respond_rest(199))
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == ["bytes=199-"]


def test_a_whole_part_of_a_changed_video_is_fetched_again(fetch_file):
    interrupt_download(fetch_file, 200)
    other_video = make_mp4(200, seed=1)
    assert fetch_file(Script(respond_whole(content=other_video, ETag='"2"'))) == other_video


def test_a_part_without_etag_or_date_is_not_kept(fetch_file, path):
    interrupt_download(fetch_file, ETag="")
    assert files_beside(path) == []


@pytest.mark.parametrize(
    "metadata",
    ["", "{", "[" * 60_000, "[]", "{}", '{"source": "x", "etag": 1}', "LENGTH-1", "LENGTH0", 'LENGTH"200"'],
    ids=lambda metadata: metadata[:20],
)
def test_unreadable_metadata_begins_again(fetch_file, path, metadata):
    interrupt_download(fetch_file)
    metadata_file = path.with_name(".cat.mp4.part.json")
    metadata_file.write_text(
        metadata_file.read_text().replace("200}", f"{metadata[6:]}}}") if metadata.startswith("LENGTH") else metadata
    )
    script = Script(respond_whole())
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None]


def test_a_download_that_fails_at_once_keeps_the_part(fetch_file):
    interrupt_download(fetch_file)
    with pytest.raises(DownloadError, match="HTTP 400"):
        fetch_file(Script(Fetched(400)))
    script = Script(respond_rest(30))
    assert fetch_file(script) == MP4
