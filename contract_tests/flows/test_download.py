"""Tests of the flow of a download on a scripted driver: retries, redirects, fresh URLs."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY
from contract_tests.support.downloads import (
    CONNECTION_RESET,
    FINISHED_TASK,
    FRESH_URL,
    VIDEO_URL,
    files_beside,
    requested_ranges,
    respond_redirect,
    respond_rest,
    respond_whole,
    respond_with,
    sent_requests,
)
from contract_tests.support.kie import KIE_API, TASK_REF, error_response, finished_response, task_response
from contract_tests.support.mp4_files import MP4
from contract_tests.support.script import Script
from klingkit import DownloadError, InvalidRequest, KlingkitError, Task, Video
from klingkit._downloads import download
from klingkit._downloads._part_file import PartFile
from klingkit._flow import Fetch, Fetched, PrivateAddress, Send


def test_a_download_sends_no_key(fetch_file, path):
    script = Script(respond_whole())
    assert fetch_file(script) == MP4
    assert files_beside(path) == ["cat.mp4"]
    (request,) = sent_requests(script)
    assert str(request.url) == VIDEO_URL
    assert not {"Authorization", "Cookie"} & set(request.headers)
    assert request.headers["User-Agent"].startswith("klingkit/")


def test_a_fetch_carries_the_host_of_the_api(fetch_file):
    script = Script(respond_whole())
    fetch_file(script)
    (fetch,) = (effect for effect in script.effects if isinstance(effect, Fetch))
    assert fetch.home == "kie.test"


def test_an_adapter_without_a_base_url_has_no_host(path):
    class Other:
        name = "other"

    script = Script(respond_whole())
    with PartFile(path) as part:
        script.run(download(Other(), FINISHED_TASK, part, timeout=60.0))()  # type: ignore[arg-type]  # another API's adapter
    assert [effect.home for effect in script.effects if isinstance(effect, Fetch)] == [""]


def test_a_video_is_downloaded_without_its_task(fetch_file):
    assert fetch_file(Script(respond_whole()), Video(VIDEO_URL)) == MP4


def test_a_response_without_a_length_is_accepted(fetch_file):
    assert fetch_file(Script(respond_whole(Content_Length=""))) == MP4


def test_index_selects_the_video(fetch_file):
    task = KIE_API.read_task(TASK_REF, finished_response("http://media.test/first.mp4", VIDEO_URL))
    script = Script(respond_whole())
    assert fetch_file(script, task, index=1) == MP4
    assert str(sent_requests(script)[0].url) == VIDEO_URL


@pytest.mark.parametrize(
    "options",
    [{"index": -1}, {"index": True}, {"index": "1"}, {"max_bytes": 0}, {"max_bytes": 1.5}, {"max_bytes": False}],
    ids=str,
)
def test_invalid_options_are_refused_before_fetching(fetch_file, options):
    with pytest.raises(InvalidRequest, match=next(iter(options))) as caught:
        fetch_file(Script(), **options)
    assert caught.value.api == "kie"


@pytest.mark.parametrize("failure", [Fetched(0, error=httpx.ConnectError("refused")), Fetched(503), Fetched(429)])
def test_transient_errors_are_retried(fetch_file, failure: Fetched):
    script = Script(failure, failure, respond_whole())
    assert fetch_file(script) == MP4
    assert script.slept == [0.5, 1.0]


@pytest.mark.parametrize(("retry_after", "slept"), [("7", [7.0]), ("0.1", [0.5]), ("soon", [0.5])])
def test_retry_after_of_a_media_host_is_obeyed(fetch_file, retry_after: str, slept: list[float]):
    script = Script(respond_with(503, Retry_After=retry_after), respond_whole())
    assert fetch_file(script) == MP4
    assert script.slept == slept


def test_retry_after_beyond_the_time_limit_ends_the_download(fetch_file):
    script = Script(respond_with(429, Retry_After="3600"))
    with pytest.raises(DownloadError, match="HTTP 429") as caught:
        fetch_file(script)
    assert (script.slept, caught.value.again) == ([], "ask")


def test_four_failures_in_a_row_end_the_download(fetch_file):
    script = Script(*[Fetched(503)] * 9)
    with pytest.raises(DownloadError, match="HTTP 503, 0 bytes so far") as caught:
        fetch_file(script)
    assert (caught.value.ref, caught.value.api, caught.value.again) == (TASK_REF, "kie", "ask")
    assert script.slept == [0.5, 1.0, 2.0]
    assert len(sent_requests(script)) == 4


def test_failures_with_progress_do_not_end_the_download(fetch_file):
    pieces = [respond_rest(start, start + 10, CONNECTION_RESET) for start in range(10, 90, 10)]
    assert fetch_file(Script(respond_whole(10, CONNECTION_RESET), *pieces, respond_rest(90))) == MP4


def test_a_download_ends_at_its_deadline(fetch_file):
    script = Script(Fetched(503), Fetched(503))
    with pytest.raises(DownloadError, match="HTTP 503"):
        fetch_file(script, timeout=1.2)
    assert script.clock <= 1.2
    assert len(sent_requests(script)) == 2
    with pytest.raises(InvalidRequest, match="timeout"):
        fetch_file(Script(), timeout=0)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_expired_url_is_replaced_by_a_query(fetch_file, status):
    script = Script(respond_with(status), finished_response(FRESH_URL), respond_whole())
    assert fetch_file(script) == MP4
    assert [str(request.url) for request in sent_requests(script)] == [VIDEO_URL, FRESH_URL]
    (query,) = (effect for effect in script.effects if isinstance(effect, Send))
    assert not query.paid


def test_a_fresh_url_resumes_the_download(fetch_file):
    script = Script(
        respond_whole(30, CONNECTION_RESET), respond_with(403), finished_response(FRESH_URL), respond_rest(30)
    )
    assert fetch_file(script) == MP4
    assert requested_ranges(script) == [None, "bytes=30-", "bytes=30-"]


def test_a_url_that_expires_again_is_replaced_again(fetch_file):
    script = Script(
        respond_whole(30, CONNECTION_RESET),
        respond_with(403),
        finished_response(FRESH_URL),
        respond_rest(30, 60, CONNECTION_RESET),
        respond_with(403),
        finished_response(VIDEO_URL),
    )
    script.responses.append(respond_rest(60))
    assert fetch_file(script) == MP4


def test_at_most_three_fresh_urls_are_requested(fetch_file):
    expired = [step for number in range(3) for step in (respond_with(403), finished_response(f"{FRESH_URL}{number}"))]
    script = Script(*expired, respond_with(403))
    with pytest.raises(DownloadError, match=r"media\.test: HTTP 403") as caught:
        fetch_file(script)
    assert (caught.value.http_status, caught.value.again) == (403, "never")
    assert script.responses == []


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), error_response(429, 429), error_response(500), httpx.Response(502)]
)
def test_transient_errors_of_the_api_are_retried(fetch_file, failure):
    script = Script(respond_with(403), failure, failure, finished_response(FRESH_URL), respond_whole())
    assert fetch_file(script) == MP4
    assert script.slept == [0.5, 1.0]


def test_retry_after_of_the_api_is_obeyed(fetch_file):
    script = Script(
        respond_with(403),
        error_response(429, 429, **{"Retry-After": "7"}),
        finished_response(FRESH_URL),
        respond_whole(),
    )
    assert fetch_file(script) == MP4
    assert script.slept == [7.0]


def test_a_task_that_lost_its_video_ends_the_download(fetch_file):
    with pytest.raises(DownloadError, match="HTTP 410; the URL seems to have expired, and the API has no other"):
        fetch_file(Script(respond_with(410), task_response("waiting")))


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
def test_the_same_expired_url_ends_the_download_without_links(path, api_case):
    task = api_case.api.read_task(api_case.ref, api_case.finished())
    script = Script(respond_with(410), api_case.finished())
    with PartFile(path) as part, pytest.raises(DownloadError, match=r"HTTP 410; .*, and the API has no other"):
        script.run(download(api_case.api, task, part, timeout=60.0))


def link_response(data: object = FRESH_URL, code: int = 200) -> httpx.Response:
    return httpx.Response(200, json={"code": code, "msg": "success", "data": data})


def test_kie_gives_a_link_if_the_record_has_the_same_url(fetch_file):
    script = Script(
        respond_whole(30, CONNECTION_RESET),
        respond_with(403),
        finished_response(VIDEO_URL),
        link_response(),
        respond_rest(30),
    )
    assert fetch_file(script) == MP4
    assert [str(request.url) for request in sent_requests(script)] == [VIDEO_URL, VIDEO_URL, FRESH_URL]
    link = [effect for effect in script.effects if isinstance(effect, Send)][-1]
    assert (link.paid, link.request.method, link.request.url.path) == (False, "POST", "/api/v1/common/download-url")
    assert json.loads(link.request.content) == {"url": VIDEO_URL}


def test_the_link_request_has_the_time_that_the_query_left(path):
    def respond_after_20_s(effect: Send) -> httpx.Response:
        script.clock += 20.0
        return finished_response(VIDEO_URL)

    script = Script(respond_with(403), respond_after_20_s, link_response(), respond_whole())
    with PartFile(path) as part:
        script.run(download(KIE.api, KIE.api.read_task(TASK_REF, finished_response(VIDEO_URL)), part, timeout=25.0))
    assert [effect.timeout for effect in script.effects if isinstance(effect, Send)] == [25.0, 5.0]


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), error_response(429, 429), error_response(500)])
def test_transient_errors_of_the_link_request_are_retried(fetch_file, failure):
    script = Script(
        respond_with(403),
        finished_response(VIDEO_URL),
        failure,
        finished_response(VIDEO_URL),
        link_response(),
        respond_whole(),
    )
    assert fetch_file(script) == MP4


@pytest.mark.parametrize(
    "error",
    [
        error_response(404, 404),
        error_response(422),
        link_response(None),
        link_response("no url"),
        link_response("ftp://x.test"),
    ],
)
def test_a_refused_link_ends_the_download(fetch_file, error):
    with pytest.raises(DownloadError, match=r"HTTP 403; .*, and the API gave no other: ") as caught:
        fetch_file(Script(respond_with(403), finished_response(VIDEO_URL), *[error] * 9))
    assert caught.value.ref == TASK_REF
    assert isinstance(caught.value.__cause__, KlingkitError)


@pytest.mark.parametrize(
    ("error", "again"),
    [(error_response(401, 401), "never"), (error_response(404), "never"), (httpx.ConnectError("refused"), "ask")],
)
def test_an_api_without_a_fresh_url_ends_the_download(fetch_file, error, again):
    script = Script(respond_with(404), *[error] * 9)
    with pytest.raises(DownloadError, match="HTTP 404; the URL seems to have expired, and the API gave no") as caught:
        fetch_file(script)
    assert script.clock < 60.0
    assert (caught.value.again, len(script.slept)) == (again, 0 if again == "never" else 6)
    assert caught.value.__cause__ is not None
    assert (caught.value.ref, caught.value.http_status) == (TASK_REF, 404)
    assert "secret" not in str(caught.value)


def test_an_expired_url_of_a_bare_video_suggests_the_task(fetch_file):
    with pytest.raises(DownloadError, match=r"HTTP 403, .*for a fresh URL, download the Task"):
        fetch_file(Script(respond_with(403)), Video(VIDEO_URL))


@pytest.mark.parametrize("status", [400, 402, 304, 204])
def test_a_final_status_ends_the_download_and_shows_no_signature(fetch_file, status: int):
    with pytest.raises(DownloadError, match=f"media.test: HTTP {status}") as caught:
        fetch_file(Script(respond_with(status)))
    assert caught.value.http_status == status
    assert "secret" not in str(caught.value)


def test_redirects_are_followed(fetch_file):
    script = Script(respond_redirect("/there"), respond_redirect("https://cdn.test/x", 307), respond_whole())
    assert fetch_file(script) == MP4
    assert [str(request.url) for request in sent_requests(script)][1:] == [
        "http://media.test/there",
        "https://cdn.test/x",
    ]


def test_redirects_are_followed_anew_after_a_failure(fetch_file):
    """Where a redirect leads to may expire sooner than the redirect itself."""
    script = Script(
        respond_redirect("/a"), respond_whole(30, CONNECTION_RESET), respond_redirect("/b"), respond_rest(30)
    )
    assert fetch_file(script) == MP4
    assert [request.url.path for request in sent_requests(script)] == ["/cat.mp4", "/a", "/cat.mp4", "/b"]


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://x/y", "http://x:port/", "gopher:x"])
def test_redirects_to_other_schemes_are_refused(fetch_file, location: str):
    script = Script(respond_redirect(location))
    with pytest.raises(DownloadError):
        fetch_file(script)
    assert len(sent_requests(script)) == 1


@pytest.mark.parametrize("url", ["https://media.test/cat.mp4", "HTTPS://media.test/cat.mp4"])
def test_redirects_from_https_to_http_are_refused(fetch_file, url):
    script = Script(respond_redirect("http://media.test/cat.mp4"))
    with pytest.raises(DownloadError, match=r"redirected from https to http, at media\.test"):
        fetch_file(script, Video(url))


def test_at_most_five_redirects_are_followed(fetch_file):
    script = Script(*[respond_redirect("/again")] * 9)
    with pytest.raises(DownloadError, match="HTTP 302"):
        fetch_file(script)
    assert len(sent_requests(script)) == 6


@pytest.mark.parametrize("url", ["", "cat.mp4", "file:///etc/passwd", "http://", "http://[", "javascript:alert(1)"])
def test_urls_of_other_schemes_are_refused(fetch_file, url: str):
    script = Script()
    with pytest.raises(DownloadError, match="not an absolute http or https URL"):
        fetch_file(script, Video(url))
    assert sent_requests(script) == []


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 70}.test/", "http://x:99999/", "http://.", None, 7])
def test_malformed_urls_are_refused(fetch_file, url: Any):
    with pytest.raises(DownloadError, match="not an absolute"):
        fetch_file(Script(), Video(url))


def test_a_refused_url_shows_no_secret(fetch_file):
    with pytest.raises(DownloadError) as caught:
        fetch_file(Script(), Video("ftp://user:password@media.test/cat.mp4?signature=secret"))
    assert not {"password", "secret"} & set(str(caught.value).replace("@", " ").replace("=", " ").split())
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("hops", [0, 1])
def test_a_password_in_the_url_is_not_sent(fetch_file, hops):
    """httpx would send it."""
    with_password = "http://user:hunter2@media.test/cat.mp4"
    script = Script(*[respond_redirect(with_password)] * hops)
    with pytest.raises(DownloadError, match=r"media\.test: the URL holds a password") as caught:
        fetch_file(script, Video(VIDEO_URL if hops else with_password))
    assert "hunter2" not in str(caught.value)
    assert len(sent_requests(script)) == hops


def test_a_private_address_is_not_retried(fetch_file):
    script = Script(Fetched(0, error=PrivateAddress("10.0.0.1 is a private address")))
    with pytest.raises(DownloadError, match=r"PrivateAddress: 10\.0\.0\.1"):
        fetch_file(script)
    assert script.slept == []


def test_a_task_without_a_video_names_its_state(fetch_file):
    with pytest.raises(DownloadError, match=r"\(waiting\) has no video") as caught:
        fetch_file(Script(), Task(TASK_REF, "queued", "waiting"))
    assert (caught.value.ref, caught.value.api) == (TASK_REF, "kie")


def test_an_index_out_of_range_is_refused(fetch_file):
    with pytest.raises(DownloadError, match=r"\(success\) has 1 videos, none at 1"):
        fetch_file(Script(), index=1)


def test_the_transport_error_is_named_and_chained(fetch_file):
    broken = Fetched(0, error=httpx.ConnectError("refused"))
    with pytest.raises(DownloadError, match="ConnectError: refused") as caught:
        fetch_file(Script(*[broken] * 4))
    assert caught.value.__cause__ is broken.error
    assert caught.value.http_status is None


@pytest.mark.parametrize("source", [None, "http://media.test/cat.mp4", 7])
def test_other_sources_are_refused(fetch_file, source: Any):
    with pytest.raises(InvalidRequest, match="source"):
        fetch_file(Script(), source)
