"""Downloading, driven by hand: what resumes, and what begins again."""

import re

import httpx
import pytest

from contract_tests.support.fetches import (
    BROKEN,
    DATED,
    FRESH,
    TASK,
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
from contract_tests.support.film import FILM, mp4
from contract_tests.support.kie import API, REF, finished
from contract_tests.support.script import Script
from klingkit import DownloadError, InvalidRequest, Task, TaskRef, Video
from klingkit._downloads import download
from klingkit._downloads._part_file import PartFile
from klingkit._flow import Fetch, Fetched


def test_brings_the_film_without_a_key(bring, path):
    script = Script(whole())
    assert bring(script) == FILM
    assert left(path) == ["cat.mp4"]
    (request,) = requests(script)
    assert str(request.url) == URL
    assert not {"Authorization", "Cookie"} & set(request.headers)
    assert request.headers["User-Agent"].startswith("klingkit/")


def test_says_which_host_is_the_apis_own(bring):
    script = Script(whole())
    bring(script)
    (fetch,) = (effect for effect in script.effects if isinstance(effect, Fetch))
    assert fetch.home == "kie.test"


def test_an_adapter_that_does_not_say_its_host_has_none(path):
    class Other:
        name = "other"

    script = Script(whole())
    with PartFile(path) as part:
        script.run(download(Other(), TASK, part, timeout=60.0))()  # type: ignore[arg-type]  # another API's adapter
    assert [effect.home for effect in script.effects if isinstance(effect, Fetch)] == [""]


def test_takes_a_video_as_well_as_a_task(bring):
    assert bring(Script(whole()), Video(URL)) == FILM


def test_takes_an_answer_that_states_no_length(bring):
    assert bring(Script(whole(Content_Length=""))) == FILM


def test_takes_the_video_that_is_asked_for(bring):
    task = API.read_task(REF, finished("http://media.test/first.mp4", URL))
    script = Script(whole())
    assert bring(script, task, index=1) == FILM
    assert str(requests(script)[0].url) == URL


@pytest.mark.parametrize(
    "options",
    [{"index": -1}, {"index": True}, {"index": "1"}, {"max_bytes": 0}, {"max_bytes": 1.5}, {"max_bytes": False}],
    ids=str,
)
def test_odd_options_are_refused_before_anything_is_fetched(bring, options):
    with pytest.raises(InvalidRequest, match=next(iter(options))) as caught:
        bring(Script(), **options)
    assert caught.value.api == "kie"


# Going on


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


@pytest.mark.parametrize("size", [99, 101])
def test_a_body_of_another_length_than_stated_never_lands(bring, path, size):
    with pytest.raises(DownloadError):
        bring(Script(*[whole(size, film=mp4(101), Content_Length=100, ETag="")] * 4))
    assert left(path) == []


def test_a_part_that_is_longer_than_its_film_is_not_kept(bring, path):
    with pytest.raises(DownloadError, match="more bytes came than the 100 that were announced"):
        bring(Script(whole(101, film=mp4(101), Content_Length=100)))
    assert left(path) == []


@pytest.mark.parametrize("trouble", [Fetched(0, error=httpx.ConnectError("refused")), Fetched(503), Fetched(429)])
def test_passing_troubles_are_waited_out(bring, trouble: Fetched):
    script = Script(trouble, trouble, whole())
    assert bring(script) == FILM
    assert script.slept == [0.5, 1.0]


@pytest.mark.parametrize(("asked", "slept"), [("7", [7.0]), ("0.1", [0.5]), ("soon", [0.5])])
def test_a_media_host_may_ask_for_patience(bring, asked: str, slept: list[float]):
    script = Script(answer(503, Retry_After=asked), whole())
    assert bring(script) == FILM
    assert script.slept == slept


def test_patience_ends_with_the_time_limit(bring):
    script = Script(answer(429, Retry_After="3600"))
    with pytest.raises(DownloadError, match="HTTP 429") as caught:
        bring(script)
    assert (script.slept, caught.value.again) == ([], "ask")


def test_troubles_that_stay_end_it(bring):
    script = Script(*[Fetched(503)] * 9)
    with pytest.raises(DownloadError, match="HTTP 503, 0 bytes so far") as caught:
        bring(script)
    assert (caught.value.ref, caught.value.api, caught.value.again) == (REF, "kie", "ask")
    assert script.slept == [0.5, 1.0, 2.0]
    assert len(requests(script)) == 4


def test_troubles_without_end_do_not_end_it_while_bytes_come(bring):
    pieces = [rest(at, at + 10, BROKEN) for at in range(10, 90, 10)]
    assert bring(Script(whole(10, BROKEN), *pieces, rest(90))) == FILM


def test_an_empty_film_is_none(bring):
    with pytest.raises(DownloadError):
        bring(Script(*[whole(0, Content_Length=0)] * 4))


def test_ends_at_its_deadline(bring):
    script = Script(Fetched(503), Fetched(503))
    with pytest.raises(DownloadError, match="HTTP 503"):
        bring(script, timeout=1.2)
    assert script.clock <= 1.2
    assert len(requests(script)) == 2
    with pytest.raises(InvalidRequest, match="timeout"):
        bring(Script(), timeout=0)


# Another time


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


# A disk that refuses


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
