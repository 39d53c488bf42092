"""Downloading, driven by hand: what resumes, and what begins again."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE, RELAY
from contract_tests.support.downloads import (
    BROKEN,
    FRESH,
    TASK,
    URL,
    answer,
    asked,
    left,
    redirect,
    requests,
    rest,
    whole,
)
from contract_tests.support.kie import API, REF, finished, record, refused
from contract_tests.support.mp4_files import FILM
from contract_tests.support.script import Script
from klingkit import DownloadError, InvalidRequest, KlingkitError, Task, Video
from klingkit._downloads import download
from klingkit._downloads._part_file import PartFile
from klingkit._flow import Fetch, Fetched, PrivateAddress, Send


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


def test_ends_at_its_deadline(bring):
    script = Script(Fetched(503), Fetched(503))
    with pytest.raises(DownloadError, match="HTTP 503"):
        bring(script, timeout=1.2)
    assert script.clock <= 1.2
    assert len(requests(script)) == 2
    with pytest.raises(InvalidRequest, match="timeout"):
        bring(Script(), timeout=0)


# Another time


# A disk that refuses


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_the_api_is_asked_for_a_fresh_url(bring, status):
    script = Script(answer(status), finished(FRESH), whole())
    assert bring(script) == FILM
    assert [str(request.url) for request in requests(script)] == [URL, FRESH]
    (query,) = (effect for effect in script.effects if isinstance(effect, Send))
    assert not query.paid


def test_a_fresh_url_goes_on_where_the_old_one_ended(bring):
    script = Script(whole(30, BROKEN), answer(403), finished(FRESH), rest(30))
    assert bring(script) == FILM
    assert asked(script) == [None, "bytes=30-", "bytes=30-"]


def test_a_url_that_expires_again_is_asked_for_again(bring):
    script = Script(whole(30, BROKEN), answer(403), finished(FRESH), rest(30, 60, BROKEN), answer(403), finished(URL))
    script.answers.append(rest(60))
    assert bring(script) == FILM


def test_the_api_is_asked_for_three_urls_at_most(bring):
    expired = [step for number in range(3) for step in (answer(403), finished(f"{FRESH}{number}"))]
    script = Script(*expired, answer(403))
    with pytest.raises(DownloadError, match=r"media\.test: HTTP 403") as caught:
        bring(script)
    assert (caught.value.http_status, caught.value.again) == (403, "never")
    assert script.answers == []


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("refused"), refused(429, 429), refused(500), httpx.Response(502)]
)
def test_the_apis_passing_troubles_do_not_end_it(bring, trouble):
    script = Script(answer(403), trouble, trouble, finished(FRESH), whole())
    assert bring(script) == FILM
    assert script.slept == [0.5, 1.0]


def test_the_api_may_ask_for_patience(bring):
    script = Script(answer(403), refused(429, 429, **{"Retry-After": "7"}), finished(FRESH), whole())
    assert bring(script) == FILM
    assert script.slept == [7.0]


def test_a_task_without_a_video_any_more_ends_it(bring):
    with pytest.raises(DownloadError, match="HTTP 410; the URL seems to have expired, and the API has no other"):
        bring(Script(answer(410), record("waiting")))


@pytest.mark.parametrize("case", [NATIVE, RELAY], ids=["native", "relay"])
def test_an_api_that_names_the_same_url_and_gives_no_links_ends_it(path, case):
    task = case.api.read_task(case.ref, case.finished())
    script = Script(answer(410), case.finished())
    with PartFile(path) as part, pytest.raises(DownloadError, match=r"HTTP 410; .*, and the API has no other"):
        script.run(download(case.api, task, part, timeout=60.0))


def linked(data: object = FRESH, code: int = 200) -> httpx.Response:
    return httpx.Response(200, json={"code": code, "msg": "success", "data": data})


def test_kie_is_asked_for_a_link_where_the_record_names_the_same_url(bring):
    script = Script(whole(30, BROKEN), answer(403), finished(URL), linked(), rest(30))
    assert bring(script) == FILM
    assert [str(request.url) for request in requests(script)] == [URL, URL, FRESH]
    link = [effect for effect in script.effects if isinstance(effect, Send)][-1]
    assert (link.paid, link.request.method, link.request.url.path) == (False, "POST", "/api/v1/common/download-url")
    assert json.loads(link.request.content) == {"url": URL}


@pytest.mark.parametrize("trouble", [httpx.ConnectError("refused"), refused(429, 429), refused(500)])
def test_passing_troubles_with_a_link_do_not_end_it(bring, trouble):
    script = Script(answer(403), finished(URL), trouble, finished(URL), linked(), whole())
    assert bring(script) == FILM


@pytest.mark.parametrize(
    "no", [refused(404, 404), refused(422), linked(None), linked("no url"), linked("ftp://x.test")]
)
def test_a_link_that_kie_does_not_give_ends_it(bring, no):
    with pytest.raises(DownloadError, match=r"HTTP 403; .*, and the API gave no other: ") as caught:
        bring(Script(answer(403), finished(URL), *[no] * 9))
    assert caught.value.ref == REF
    assert isinstance(caught.value.__cause__, KlingkitError)


@pytest.mark.parametrize(
    ("no", "again"), [(refused(401, 401), "never"), (refused(404), "never"), (httpx.ConnectError("refused"), "ask")]
)
def test_an_api_that_gives_no_answer_ends_it_at_last(bring, no, again):
    script = Script(answer(404), *[no] * 9)
    with pytest.raises(DownloadError, match="HTTP 404; the URL seems to have expired, and the API gave no") as caught:
        bring(script)
    assert script.clock < 60.0
    assert (caught.value.again, len(script.slept)) == (again, 0 if again == "never" else 6)
    assert caught.value.__cause__ is not None
    assert (caught.value.ref, caught.value.http_status) == (REF, 404)
    assert "secret" not in str(caught.value)


def test_only_a_task_can_be_asked_for_anew(bring):
    with pytest.raises(DownloadError, match=r"HTTP 403, .*for a fresh URL, download the Task"):
        bring(Script(answer(403)), Video(URL))


@pytest.mark.parametrize("status", [400, 402, 304, 204])
def test_a_refusal_is_final_and_does_not_show_the_signature(bring, status: int):
    with pytest.raises(DownloadError, match=f"media.test: HTTP {status}") as caught:
        bring(Script(answer(status)))
    assert caught.value.http_status == status
    assert "secret" not in str(caught.value)


def test_follows_redirects(bring):
    script = Script(redirect("/there"), redirect("https://cdn.test/x", 307), whole())
    assert bring(script) == FILM
    assert [str(request.url) for request in requests(script)][1:] == ["http://media.test/there", "https://cdn.test/x"]


def test_begins_at_the_beginning_each_time(bring):
    """Where a redirect leads to may expire sooner than the redirect itself."""
    script = Script(redirect("/a"), whole(30, BROKEN), redirect("/b"), rest(30))
    assert bring(script) == FILM
    assert [request.url.path for request in requests(script)] == ["/cat.mp4", "/a", "/cat.mp4", "/b"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/y", "http://x:port/", "gopher:x"])
def test_does_not_follow_to_places_that_are_no_web(bring, location: str):
    script = Script(redirect(location))
    with pytest.raises(DownloadError):
        bring(script)
    assert len(requests(script)) == 1


@pytest.mark.parametrize("url", ["https://media.test/cat.mp4", "HTTPS://media.test/cat.mp4"])
def test_does_not_follow_from_https_to_http(bring, url):
    script = Script(redirect("http://media.test/cat.mp4"))
    with pytest.raises(DownloadError, match=r"redirected from https to http, at media\.test"):
        bring(script, Video(url))


def test_does_not_follow_for_ever(bring):
    script = Script(*[redirect("/again")] * 9)
    with pytest.raises(DownloadError, match="HTTP 302"):
        bring(script)
    assert len(requests(script)) == 6


@pytest.mark.parametrize("url", ["", "cat.mp4", "file:///etc/passwd", "http://", "http://[", "javascript:alert(1)"])
def test_only_web_addresses_are_fetched(bring, url: str):
    script = Script()
    with pytest.raises(DownloadError, match="not an absolute http or https URL"):
        bring(script, Video(url))
    assert requests(script) == []


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 70}.test/", "http://x:99999/", "http://.", None, 7])
def test_addresses_that_no_resolver_takes_are_refused(bring, url: Any):
    with pytest.raises(DownloadError, match="not an absolute"):
        bring(Script(), Video(url))


def test_an_address_that_is_refused_does_not_show_its_secrets(bring):
    with pytest.raises(DownloadError) as caught:
        bring(Script(), Video("ftp://user:password@media.test/cat.mp4?signature=secret"))
    assert not {"password", "secret"} & set(str(caught.value).replace("@", " ").replace("=", " ").split())
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("hops", [0, 1])
def test_a_password_in_the_url_goes_nowhere(bring, hops):
    """httpx would send it."""
    with_password = "http://user:hunter2@media.test/cat.mp4"
    script = Script(*[redirect(with_password)] * hops)
    with pytest.raises(DownloadError, match=r"media\.test: the URL holds a password") as caught:
        bring(script, Video(URL if hops else with_password))
    assert "hunter2" not in str(caught.value)
    assert len(requests(script)) == hops


def test_a_private_address_is_refused_at_once(bring):
    script = Script(Fetched(0, error=PrivateAddress("10.0.0.1 is a private address")))
    with pytest.raises(DownloadError, match=r"PrivateAddress: 10\.0\.0\.1"):
        bring(script)
    assert script.slept == []


def test_a_task_without_a_video_says_in_which_state_it_is(bring):
    with pytest.raises(DownloadError, match=r"\(waiting\) has no video") as caught:
        bring(Script(), Task(REF, "queued", "waiting"))
    assert (caught.value.ref, caught.value.api) == (REF, "kie")


def test_a_video_that_the_task_does_not_have(bring):
    with pytest.raises(DownloadError, match=r"\(success\) has 1 videos, none at 1"):
        bring(Script(), index=1)


def test_what_broke_is_told_and_chained(bring):
    broken = Fetched(0, error=httpx.ConnectError("refused"))
    with pytest.raises(DownloadError, match="ConnectError: refused") as caught:
        bring(Script(*[broken] * 4))
    assert caught.value.__cause__ is broken.error
    assert caught.value.http_status is None


@pytest.mark.parametrize("source", [None, "http://media.test/cat.mp4", 7])
def test_only_tasks_and_videos_can_be_downloaded(bring, source: Any):
    with pytest.raises(InvalidRequest, match="source"):
        bring(Script(), source)
