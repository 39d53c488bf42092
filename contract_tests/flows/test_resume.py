"""Which downloads are resumed, and which begin again, driven by hand."""

import pytest

from contract_tests.support.downloads import (
    BROKEN,
    DATED,
    FRESH,
    URL,
    Answer,
    answer,
    asked,
    interrupted,
    left,
    requests,
    rest,
    whole,
)
from contract_tests.support.kie import API, REF, finished
from contract_tests.support.mp4_files import FILM, mp4
from contract_tests.support.script import Script
from klingkit import DownloadError, Task, TaskRef, Video
from klingkit._flow import Fetched


def test_goes_on_where_the_connection_broke(bring):
    script = Script(whole(30, BROKEN), rest(30, 70, BROKEN), rest(70))
    assert bring(script) == FILM
    assert asked(script) == [None, "bytes=30-", "bytes=70-"]
    assert {request.headers.get("If-Range") for request in requests(script)[1:]} == {'"1"'}


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_goes_on_by_date_where_there_is_no_strong_tag(bring, tag: str):
    script = Script(whole(30, BROKEN, ETag=tag, Last_Modified=DATED), rest(30, Last_Modified=DATED))
    assert bring(script) == FILM
    assert requests(script)[1].headers["If-Range"] == DATED


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:27:00 GMT"])
def test_a_date_proves_nothing_within_its_own_second(bring, date):
    script = Script(whole(30, BROKEN, ETag="", Last_Modified=DATED, Date=date), whole(ETag=""))
    assert bring(script) == FILM
    assert asked(script) == [None, None]


@pytest.mark.parametrize("date", ["Wed, 21 Oct 2026 07:28:01 GMT", "yesterday", "Wed, 21 Oct 2026 07:28:00 -0000"])
def test_a_date_proves_something_later_or_without_a_clock_to_compare_with(bring, date):
    script = Script(whole(30, BROKEN, ETag="", Last_Modified=DATED, Date=date), rest(30))
    assert bring(script) == FILM


def test_begins_again_where_nothing_proves_that_the_rest_belongs(bring):
    script = Script(whole(30, BROKEN, ETag=""), whole(ETag=""))
    assert bring(script) == FILM
    assert asked(script) == [None, None]


@pytest.mark.parametrize("tag", ['"\xe9"', '"a\x7f"'])
def test_a_tag_that_cannot_be_sent_back_proves_nothing(bring, tag):
    script = Script(whole(30, BROKEN, ETag=tag), whole(ETag=tag))
    assert bring(script) == FILM
    assert asked(script) == [None, None]


def test_begins_again_when_the_film_has_changed(bring):
    other = mp4(100, seed=1)
    assert bring(Script(whole(30, BROKEN), whole(film=other, ETag='"2"'))) == other


@pytest.mark.parametrize(
    "odd",
    [
        rest(0),
        rest(10),
        rest(30, total=120),
        rest(30, ETag='"2"'),
        answer(206, FILM[30:]),
        answer(206, FILM[30:], Content_Range="bytes 30-99/*"),
        answer(206, FILM[30:], Content_Range=f"bytes 30-99/{'9' * 5000}"),
        answer(416, Content_Range="bytes */20"),
    ],
    ids=["from the start", "ten", "longer", "another tag", "no range", "no length", "endless", "416"],
)
def test_a_rest_that_does_not_fit_is_not_taken(bring, odd):
    """Not a byte of it: were the process killed here, the part would still be true."""
    script = Script(whole(30, BROKEN), odd, whole())
    assert bring(script) == FILM
    assert asked(script) == [None, "bytes=30-", None]


def test_a_rest_of_another_date_is_not_taken(bring):
    dated = whole(30, BROKEN, ETag="", Last_Modified=DATED)
    script = Script(dated, rest(30, Last_Modified="Thu, 22 Oct 2026 07:28:00 GMT"), whole())
    assert bring(script) == FILM


def test_a_tag_that_became_weak_on_the_way_is_still_the_tag(bring):
    assert bring(Script(whole(30, BROKEN), rest(30, ETag='W/"1"'))) == FILM


def test_a_part_that_nobody_asked_for_is_not_taken(bring):
    script = Script(rest(0), whole())
    assert bring(script) == FILM
    assert asked(script) == [None, None]


def test_a_body_shorter_than_stated_is_not_whole(bring):
    assert bring(Script(whole(30), rest(30))) == FILM


def test_a_rest_in_pieces_is_put_together(bring):
    def piece(start: int, end: int) -> Answer:
        return answer(206, FILM[start:end], Content_Range=f"bytes {start}-{end - 1}/100")

    script = Script(whole(30, BROKEN), piece(30, 60), piece(60, 100))
    assert bring(script) == FILM


def test_a_length_becomes_known_with_the_rest(bring):
    script = Script(whole(30, BROKEN, Content_Length=""), rest(30, 70, BROKEN), rest(70))
    assert bring(script) == FILM


def test_a_film_that_grew_meanwhile_is_not_whole(bring):
    script = Script(whole(30, BROKEN), rest(30, total=120), *[Fetched(503)] * 4)
    with pytest.raises(DownloadError, match="HTTP 503, "):
        bring(script)


def test_another_download_goes_on_where_one_was_interrupted(bring, path):
    interrupted(bring)
    assert left(path) == [".cat.mp4.part", ".cat.mp4.part.json"]
    script = Script(rest(30))
    assert bring(script) == FILM
    assert requests(script)[0].headers["If-Range"] == '"1"'
    assert left(path) == ["cat.mp4"]


def test_what_is_kept_shows_no_signature(bring, path):
    interrupted(bring)
    note = path.with_name(".cat.mp4.part.json").read_text()
    assert "secret" not in note
    assert "media.test" not in note


def test_a_failed_download_is_gone_on_with_too(bring):
    script = Script(whole(30, BROKEN), *[Fetched(503)] * 4)
    with pytest.raises(DownloadError, match="30 bytes so far, kept for the next try"):
        bring(script)
    script = Script(rest(30))
    assert bring(script) == FILM
    assert asked(script) == ["bytes=30-"]


def test_another_signature_is_still_the_same_video_of_a_task(bring):
    interrupted(bring)
    script = Script(rest(30))
    assert bring(script, API.read_task(REF, finished(FRESH))) == FILM
    assert asked(script) == ["bytes=30-"]


def test_a_bare_video_is_gone_on_with_at_the_same_url(bring):
    interrupted(bring, source=Video(URL))
    script = Script(rest(30))
    assert bring(script, Video(URL, id="named later")) == FILM
    assert asked(script) == ["bytes=30-"]


@pytest.mark.parametrize("url", [FRESH, URL.partition("?")[0], URL.upper(), f"{URL}#2"])
def test_a_bare_video_at_another_url_is_another_video(bring, url):
    """Its host may tell videos apart by the query alone, and give all of them one tag and one length."""
    interrupted(bring, source=Video(URL))
    other = mp4(100, seed=1)
    script = Script(whole(film=other))
    assert bring(script, Video(url)) == other
    assert asked(script) == [None]


def test_a_video_of_a_task_is_none_of_another_task(bring):
    interrupted(bring)
    script = Script(whole())
    assert bring(script, Task(TaskRef("kie", "jobs", "another"), "succeeded", videos=(Video(URL),))) == FILM
    assert asked(script) == [None]


def test_a_part_of_another_video_is_dropped(bring):
    interrupted(bring)
    script = Script(whole())
    assert bring(script, Video("http://media.test/dog.mp4")) == FILM
    assert asked(script) == [None]


def test_a_whole_part_is_confirmed_by_its_last_byte(bring):
    """Killed after the last byte and before the file stood in its place."""
    interrupted(bring, 100)
    script = Script(rest(99))
    assert bring(script) == FILM
    assert asked(script) == ["bytes=99-"]


def test_a_whole_part_of_a_film_that_changed_is_fetched_again(bring):
    interrupted(bring, 100)
    other = mp4(100, seed=1)
    assert bring(Script(whole(film=other, ETag='"2"'))) == other


def test_a_part_that_nothing_vouches_for_is_not_kept(bring, path):
    interrupted(bring, ETag="")
    assert left(path) == []


@pytest.mark.parametrize(
    "note",
    ["", "{", "[" * 60_000, "[]", "{}", '{"source": "x", "etag": 1}', "NOTE-1", "NOTE0", 'NOTE"100"'],
    ids=lambda note: note[:20],
)
def test_a_note_that_cannot_be_read_is_none(bring, path, note):
    interrupted(bring)
    kept = path.with_name(".cat.mp4.part.json")
    kept.write_text(kept.read_text().replace("100}", f"{note[4:]}}}") if note.startswith("NOTE") else note)
    script = Script(whole())
    assert bring(script) == FILM
    assert asked(script) == [None]


def test_a_download_that_fails_at_once_keeps_what_another_began(bring):
    interrupted(bring)
    with pytest.raises(DownloadError, match="HTTP 400"):
        bring(Script(Fetched(400)))
    script = Script(rest(30))
    assert bring(script) == FILM
