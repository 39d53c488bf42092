"""Downloading, driven by hand: what resumes, what begins again, what is refused."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import API, REF, finished
from contract_tests.support.script import Script
from klingkit import DownloadError, InvalidRequest, Task, Video
from klingkit._downloads import download
from klingkit._flow import Fetch, Fetched

FILM = bytes(range(100))
URL = "http://media.test/cat.mp4?signature=secret"
TASK = API.read(REF, finished(URL))
BROKEN = httpx.ReadError("reset")


class Memory(bytearray):
    """A sink in memory."""

    @property
    def size(self) -> int:
        return len(self)

    def write(self, data: bytes, /) -> None:
        self += data

    def restart(self) -> None:
        self.clear()


def whole(*, upto: int = 100, error: httpx.RequestError | None = None, **headers: str) -> Callable[[Fetch], Fetched]:
    """Answer 200 with the film, or with the beginning of it."""

    def answer(effect: Fetch) -> Fetched:
        effect.sink.restart()
        effect.sink.write(FILM[:upto])
        stated = {"Content-Length": "100", "ETag": '"1"', **{k.replace("_", "-"): v for k, v in headers.items()}}
        return Fetched(200, httpx.Headers({k: v for k, v in stated.items() if v}), error)

    return answer


def rest(*, start: int | None = None, upto: int = 100, total: int = 100, error=None) -> Callable[[Fetch], Fetched]:
    """Answer 206 with what is missing."""

    def answer(effect: Fetch) -> Fetched:
        first = effect.offset if start is None else start
        effect.sink.write(FILM[first:upto])
        return Fetched(206, httpx.Headers({"Content-Range": f"bytes {first}-{total - 1}/{total}"}), error)

    return answer


def bring(script: Script, source: Task | Video = TASK, timeout: float = 60.0) -> bytes:
    sink = Memory()
    script.run(download(source, sink, timeout=timeout))
    return bytes(sink)


def requests(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Fetch)]


def test_brings_the_film_without_a_key():
    script = Script(whole())
    assert bring(script) == FILM
    (request,) = requests(script)
    assert str(request.url) == URL
    assert "Authorization" not in request.headers
    assert request.headers["User-Agent"].startswith("klingkit/")


def test_takes_a_video_as_well_as_a_task():
    assert bring(Script(whole()), Video(URL)) == FILM


def test_takes_an_answer_that_states_no_length():
    assert bring(Script(whole(Content_Length=""))) == FILM


def test_goes_on_where_the_connection_broke():
    script = Script(whole(upto=30, error=BROKEN), rest(upto=70, error=BROKEN), rest())
    assert bring(script) == FILM
    assert [request.headers.get("Range") for request in requests(script)] == [None, "bytes=30-", "bytes=70-"]
    assert {request.headers.get("If-Range") for request in requests(script)[1:]} == {'"1"'}


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_goes_on_by_date_where_there_is_no_strong_tag(tag: str):
    dated = whole(upto=30, error=BROKEN, ETag=tag, Last_Modified="Wed, 21 Oct 2026 07:28:00 GMT")
    script = Script(dated, rest())
    assert bring(script) == FILM
    assert requests(script)[1].headers["If-Range"] == "Wed, 21 Oct 2026 07:28:00 GMT"


def test_begins_again_where_nothing_proves_that_the_rest_belongs():
    script = Script(whole(upto=30, error=BROKEN, ETag=""), whole(ETag=""))
    assert bring(script) == FILM
    assert "Range" not in requests(script)[1].headers


def test_begins_again_when_the_film_has_changed():
    script = Script(whole(upto=30, error=BROKEN), whole(ETag='"2"'))
    assert bring(script) == FILM


@pytest.mark.parametrize(
    "odd", [rest(start=0), Fetched(416), Fetched(206), rest(start=10)], ids=["start", "416", "no range", "ten"]
)
def test_begins_again_when_the_rest_does_not_fit(odd):
    script = Script(whole(upto=30, error=BROKEN), odd, whole())
    assert bring(script) == FILM
    assert "Range" not in requests(script)[2].headers


def test_a_body_shorter_than_stated_is_not_whole():
    script = Script(whole(upto=30), rest())
    assert bring(script) == FILM


def test_a_film_that_grew_meanwhile_is_not_whole():
    script = Script(whole(upto=30, error=BROKEN), rest(total=120), *[Fetched(503)] * 4)
    with pytest.raises(DownloadError, match="HTTP 503, "):
        bring(script)


@pytest.mark.parametrize("trouble", [Fetched(0, error=httpx.ConnectError("refused")), Fetched(503), Fetched(429)])
def test_passing_troubles_are_waited_out(trouble: Fetched):
    script = Script(trouble, trouble, whole())
    assert bring(script) == FILM
    assert script.slept == [0.5, 1.0]


def test_troubles_that_stay_end_it():
    script = Script(*[Fetched(503)] * 9)
    with pytest.raises(DownloadError, match="HTTP 503, 0 bytes so far") as caught:
        bring(script)
    assert caught.value.ref == REF
    assert script.slept == [0.5, 1.0, 2.0]
    assert len(requests(script)) == 4


def test_an_empty_film_is_none():
    with pytest.raises(DownloadError):
        bring(Script(*[whole(upto=0, Content_Length="0")] * 4))


def test_ends_at_its_deadline():
    script = Script(Fetched(503), Fetched(503))
    with pytest.raises(DownloadError, match="HTTP 503"):
        bring(script, timeout=1.2)
    assert script.clock <= 1.2
    assert len(requests(script)) == 2
    with pytest.raises(InvalidRequest, match="timeout"):
        bring(Script(), timeout=0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 304, 204])
def test_a_refusal_is_final_and_does_not_show_the_signature(status: int):
    with pytest.raises(DownloadError, match=f"media.test: HTTP {status}") as caught:
        bring(Script(Fetched(status)))
    assert caught.value.http_status == status
    assert "secret" not in str(caught.value)


def redirect(location: str, status: int = 302) -> Fetched:
    return Fetched(status, httpx.Headers({"Location": location}))


def test_follows_redirects():
    script = Script(redirect("/there"), redirect("https://cdn.test/x", 307), whole())
    assert bring(script) == FILM
    assert [str(request.url) for request in requests(script)][1:] == ["http://media.test/there", "https://cdn.test/x"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/y", "http://x:port/", "gopher:x"])
def test_does_not_follow_to_places_that_are_no_web(location: str):
    script = Script(redirect(location))
    with pytest.raises(DownloadError):
        bring(script)
    assert len(requests(script)) == 1


def test_does_not_follow_for_ever():
    script = Script(*[redirect("/again")] * 9)
    with pytest.raises(DownloadError, match="HTTP 302"):
        bring(script)
    assert len(requests(script)) == 6


@pytest.mark.parametrize("url", ["", "cat.mp4", "file:///etc/passwd", "http://", "http://[", "javascript:alert(1)"])
def test_only_web_addresses_are_fetched(url: str):
    script = Script()
    with pytest.raises(DownloadError, match="not an absolute http or https URL"):
        bring(script, Video(url))
    assert requests(script) == []


def test_a_task_without_a_video_says_in_which_state_it_is():
    with pytest.raises(DownloadError, match=r"\(waiting\) has no video") as caught:
        bring(Script(), Task(REF, "queued", "waiting"))
    assert caught.value.ref == REF


def test_what_broke_is_told_and_chained():
    broken = Fetched(0, error=httpx.ConnectError("refused"))
    with pytest.raises(DownloadError, match="ConnectError: refused") as caught:
        bring(Script(*[broken] * 4))
    assert caught.value.__cause__ is broken.error
    assert caught.value.http_status is None


def test_a_film_in_an_encoding_is_not_taken_for_the_film():
    with pytest.raises(DownloadError, match="encoding that was not asked for"):
        bring(Script(whole(Content_Encoding="gzip")))


def test_an_endless_number_is_no_range():
    odd = Fetched(206, httpx.Headers({"Content-Range": f"bytes 30-99/{'9' * 5000}"}))
    assert bring(Script(whole(upto=30, error=BROKEN), odd, whole())) == FILM


@pytest.mark.parametrize("source", [None, "http://media.test/cat.mp4", 7])
def test_only_tasks_and_videos_can_be_downloaded(source: Any):
    with pytest.raises(InvalidRequest, match="source"):
        bring(Script(), source)


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 70}.test/", "http://x:99999/", "http://.", None, 7])
def test_addresses_that_no_resolver_takes_are_refused(url: Any):
    with pytest.raises(DownloadError, match="not an absolute"):
        bring(Script(), Video(url))
