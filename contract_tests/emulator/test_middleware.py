"""Tests of what clients see of each kind of fault, over a connection and in process."""

import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from contract_tests.emulator.connections import connected_client, read_until_closed
from contract_tests.emulator.kit import ApiClass, Kie, Native, Relay, every_api, native_and_relay
from klingkit.emulator import Fault
from klingkit.emulator.http._asgi import MAX_BODY

DROPPED = "Server disconnected without sending a response."


@every_api
@pytest.mark.parametrize("after_creation", [False, True])
def test_a_dropped_connection_ends_without_a_byte(
    api_class: ApiClass, after_creation: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    api = api_class.with_faults(Fault("drop", operation="create", after=after_creation))
    with pytest.raises(httpx.RemoteProtocolError, match=DROPPED):
        api.create(api.body())
    with connected_client(api) as http, pytest.raises(httpx.RemoteProtocolError, match=DROPPED):
        http.post(api.create_path, json=api.body())
    assert len(api.emulator.tasks) == 2 * after_creation
    assert [exchange.fault for exchange in api.emulator.requests] == ["drop", "drop"]
    assert capfd.readouterr().err == ""


@every_api
@pytest.mark.parametrize("after_creation", [False, True])
def test_a_truncated_response_ends_in_the_middle(
    api_class: ApiClass, after_creation: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    api = api_class.with_faults(Fault("truncate", after=after_creation))
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        api.create(api.body())
    with connected_client(api) as http, http.stream("POST", api.create_path, json=api.body()) as response:
        assert response.status_code == 200
        assert len(read_until_closed(response)) == int(response.headers["Content-Length"]) // 2
    assert len(api.emulator.tasks) == 2 * after_creation
    assert capfd.readouterr().err == ""


def test_a_truncated_video_can_be_resumed() -> None:
    api = Native.on_emulator()
    url = httpx.URL(api.url(api.record(api.create_task()))).path
    video = api.request("GET", url).content
    api.emulator.faults.add(Fault("truncate", operation="media", times=1))
    with connected_client(api) as http:
        with http.stream("GET", url) as response:
            received = read_until_closed(response)
        rest = http.get(url, headers={"Range": f"bytes={len(received)}-"})
    assert len(received) == len(video) // 2
    assert (rest.status_code, received + rest.content) == (206, video)


@every_api
def test_an_html_page_replaces_the_response(api_class: ApiClass) -> None:
    for status in (200, 403, 502, 529):
        api = api_class.with_faults(Fault("html", status=status))
        response = api.create(api.body())
        assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert response.text.startswith("<html>")
        assert str(status) in response.text
        assert len(api.emulator.tasks) == 0


@every_api
@pytest.mark.parametrize("after_creation", [False, True])
def test_a_stalled_response_arrives_later(api_class: ApiClass, after_creation: bool) -> None:
    api = api_class.with_faults(Fault("stall", seconds=0.05, after=after_creation))
    started = time.monotonic()
    assert api.create_task()
    assert time.monotonic() - started >= 0.05
    assert len(api.emulator.tasks) == 1


@pytest.mark.parametrize("after_creation", [False, True])
def test_a_client_that_gives_up_has_a_task_only_after_creation(
    after_creation: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    api = Native.with_faults(Fault("stall", operation="create", after=after_creation))
    with connected_client(api) as http, pytest.raises(httpx.ReadTimeout):
        http.post(api.create_path, json=api.body(), timeout=0.2)
    assert len(api.emulator.tasks) == after_creation
    assert capfd.readouterr().err == ""


def test_an_endless_stall_in_process_is_a_timeout_at_once() -> None:
    api = Relay.with_faults(Fault("stall"))
    with pytest.raises(httpx.ReadTimeout):
        api.create(api.body())


def test_the_server_stops_at_once_while_responses_stall() -> None:
    api = Kie.with_faults(Fault("stall"))
    sent = threading.Event()

    def post_and_lose(url: str) -> None:
        # Closed or reset: the server may stop before it has read everything that was sent.
        lost = pytest.raises((httpx.RemoteProtocolError, httpx.ReadError))
        with httpx.Client(trust_env=False, headers=api.headers) as http, lost:
            http.post(url + api.create_path, json=api.body(), extensions={"trace": trace})

    def trace(event: str, info: object) -> None:
        if event == "http11.send_request_body.complete":
            sent.set()

    with ThreadPoolExecutor(1) as pool:
        with api.emulator.serve() as url:
            request = pool.submit(post_and_lose, url)
            assert sent.wait(10)
            started = time.monotonic()
        assert time.monotonic() - started < 1
        request.result(10)


def test_a_slow_download_takes_longer_and_is_complete() -> None:
    api = Native.on_emulator()
    url = httpx.URL(api.url(api.record(api.create_task()))).path
    video = api.request("GET", url).content
    api.emulator.faults.add(Fault("slow", seconds=0.2))
    with connected_client(api) as http:
        started = time.monotonic()
        with http.stream("GET", url) as response:
            chunks = [*response.iter_raw()]
        assert time.monotonic() - started >= 0.2
        assert len(chunks) > 1
        assert b"".join(chunks) == video
        assert http.head(url).headers["Content-Length"] == str(len(video))


def test_a_client_may_abort_a_slow_download(capfd: pytest.CaptureFixture[str]) -> None:
    api = Native.on_emulator()
    url = httpx.URL(api.url(api.record(api.create_task()))).path
    api.emulator.faults.add(Fault("slow"))
    with (
        api.emulator.serve() as base,
        socket.create_connection((httpx.URL(base).host, httpx.URL(base).port)) as connection,
    ):
        connection.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.close()
        with httpx.Client(base_url=base, trust_env=False, headers=api.headers) as http:
            assert http.post(api.create_path, json=api.body()).status_code == 200
    assert capfd.readouterr().err == ""


@every_api
def test_an_expired_url_stays_expired(api_class: ApiClass) -> None:
    api = api_class.on_emulator()
    task_id, other = api.create_task(prompt="old"), api.create_task(prompt="new")
    expired = api.url(api.record(task_id)).removeprefix("http://emulator")
    rule = api.emulator.faults.add(Fault("expire", prompt="old"))
    assert [api.video(task_id).status_code for _ in range(3)] == [403] * 3
    response = api.video(task_id)
    assert response.headers["Content-Type"] == "application/xml"
    assert re.search(r"<Error><Code>AccessDenied</Code>", response.text)
    assert f"/media/{task_id}.mp4" in response.text
    assert api.video(other).status_code == 200
    api.emulator.faults.remove(rule)
    assert api.request("GET", f"{expired}?fresh=1").status_code == 403
    api.emulator.reset()
    assert api.video(api.create_task(prompt="old")).status_code == 200


def test_a_url_after_the_expired_ones_works() -> None:
    """URLs that have expired stay expired, and the next URL works."""
    api = Native.with_faults(Fault("expire", times=2))
    task_id = api.create_task()
    old = api.url(api.record(task_id)).removeprefix("http://emulator")
    assert [api.request("GET", old).status_code for _ in range(3)] == [403, 403, 403]
    assert [api.video(task_id).status_code for _ in range(3)] == [403, 200, 200]
    assert api.request("GET", old).status_code == 403
    assert api.emulator.faults.rules[0].injected == 2
    assert [exchange.fault for exchange in api.emulator.requests if exchange.operation == "media"].count("expire") == 5


def test_a_client_that_disconnects_in_its_body_causes_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    api = Native.with_faults(Fault("stall", seconds=0, prompt="x"))
    with api.emulator.serve() as base:
        url = httpx.URL(base)
        with socket.create_connection((url.host, url.port)) as connection:
            head = f"POST {api.create_path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            connection.sendall(
                f"{head}Authorization: Bearer a-key\r\nContent-Type: application/json\r\n\r\n{{".encode()
            )
        with httpx.Client(base_url=base, trust_env=False, headers=api.headers) as http:
            assert http.post(api.create_path, json=api.body()).status_code == 200
    assert len(api.emulator.tasks) == 1
    assert capfd.readouterr().err == ""


def test_a_too_large_body_is_checked_for_faults() -> None:
    api = Native.with_faults(Fault("html", prompt="x"), Fault("stall", seconds=0, times=1))
    response = api.create(api.body(prompt="y" * 3 * MAX_BODY))
    assert api.message(response, "unreadable")


@every_api
def test_head_has_no_body_in_process(api_class: ApiClass) -> None:
    api = api_class.on_emulator()
    video = httpx.URL(api.url(api.record(api.create_task()))).path
    for path in (video, api.create_path, "/media/x.mp4"):
        response = api.request("HEAD", path)
        assert response.content == b""
        assert int(response.headers["Content-Length"]) > 0


@native_and_relay
def test_a_query_returns_a_new_url_after_one_has_expired(api_class: ApiClass) -> None:
    api = api_class.with_faults(Fault("expire", times=1))
    task_id, other_task = api.create_task(), api.create_task()
    first = api.url(api.record(task_id))
    assert api.request("GET", first.removeprefix("http://emulator")).status_code == 403
    second = api.url(api.record(task_id))
    assert second == f"{first}?renewed=1"
    assert api.request("GET", second.removeprefix("http://emulator")).status_code == 200
    assert "?" not in api.url(api.record(other_task))
