"""What clients see of each kind of fault, over a connection and in process."""

import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from contract_tests.emulator.connections import connected, read_until_closed
from contract_tests.emulator.kit import Kie, Kind, Native, Relay, both_dialects, every_api
from klingkit.emulator import Fault
from klingkit.emulator.http._asgi import MAX_BODY

DROPPED = "Server disconnected without sending a response."


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_a_dropped_connection_ends_without_a_byte(kind: Kind, kept: bool, capfd: pytest.CaptureFixture[str]) -> None:
    api = kind.with_faults(Fault("drop", operation="create", after=kept))
    with pytest.raises(httpx.RemoteProtocolError, match=DROPPED):
        api.create(api.body())
    with connected(api) as http, pytest.raises(httpx.RemoteProtocolError, match=DROPPED):
        http.post(api.create_path, json=api.body())
    assert len(api.emulator.tasks) == 2 * kept
    assert [exchange.fault for exchange in api.emulator.requests] == ["drop", "drop"]
    assert capfd.readouterr().err == ""


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_a_truncated_response_ends_in_the_middle(kind: Kind, kept: bool, capfd: pytest.CaptureFixture[str]) -> None:
    api = kind.with_faults(Fault("truncate", after=kept))
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        api.create(api.body())
    with connected(api) as http, http.stream("POST", api.create_path, json=api.body()) as response:
        assert response.status_code == 200
        assert len(read_until_closed(response)) == int(response.headers["Content-Length"]) // 2
    assert len(api.emulator.tasks) == 2 * kept
    assert capfd.readouterr().err == ""


def test_a_truncated_video_can_be_resumed() -> None:
    api = Native.on()
    url = httpx.URL(api.url(api.record(api.make()))).path
    whole = api.ask("GET", url).content
    api.emulator.faults.add(Fault("truncate", operation="media", times=1))
    with connected(api) as http:
        with http.stream("GET", url) as response:
            got = read_until_closed(response)
        rest = http.get(url, headers={"Range": f"bytes={len(got)}-"})
    assert len(got) == len(whole) // 2
    assert (rest.status_code, got + rest.content) == (206, whole)


@every_api
def test_an_html_page_replaces_the_response(kind: Kind) -> None:
    for status in (200, 403, 502, 529):
        api = kind.with_faults(Fault("html", status=status))
        response = api.create(api.body())
        assert (response.status_code, response.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert response.text.startswith("<html>")
        assert str(status) in response.text
        assert len(api.emulator.tasks) == 0


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_a_stalled_response_arrives_later(kind: Kind, kept: bool) -> None:
    api = kind.with_faults(Fault("stall", seconds=0.05, after=kept))
    started = time.monotonic()
    assert api.make()
    assert time.monotonic() - started >= 0.05
    assert len(api.emulator.tasks) == 1


@pytest.mark.parametrize("kept", [False, True])
def test_a_client_that_gives_up_has_a_task_only_after_creation(kept: bool, capfd: pytest.CaptureFixture[str]) -> None:
    api = Native.with_faults(Fault("stall", operation="create", after=kept))
    with connected(api) as http, pytest.raises(httpx.ReadTimeout):
        http.post(api.create_path, json=api.body(), timeout=0.2)
    assert len(api.emulator.tasks) == kept
    assert capfd.readouterr().err == ""


def test_an_endless_stall_in_process_is_a_timeout_at_once() -> None:
    api = Relay.with_faults(Fault("stall"))
    with pytest.raises(httpx.ReadTimeout):
        api.create(api.body())


def test_the_server_stops_at_once_while_responses_stall() -> None:
    api = Kie.with_faults(Fault("stall"))
    begun = threading.Event()

    def ask(url: str) -> None:
        # Closed or reset: the server may end before it has read all that was sent.
        lost = pytest.raises((httpx.RemoteProtocolError, httpx.ReadError))
        with httpx.Client(trust_env=False, headers=api.headers) as http, lost:
            http.post(url + api.create_path, json=api.body(), extensions={"trace": trace})

    def trace(event: str, info: object) -> None:
        if event == "http11.send_request_body.complete":
            begun.set()

    with ThreadPoolExecutor(1) as pool:
        with api.emulator.serve() as url:
            request = pool.submit(ask, url)
            assert begun.wait(10)
            started = time.monotonic()
        assert time.monotonic() - started < 1
        request.result(10)


def test_a_slow_download_takes_longer_and_is_complete() -> None:
    api = Native.on()
    url = httpx.URL(api.url(api.record(api.make()))).path
    whole = api.ask("GET", url).content
    api.emulator.faults.add(Fault("slow", seconds=0.2))
    with connected(api) as http:
        started = time.monotonic()
        with http.stream("GET", url) as response:
            pieces = [*response.iter_raw()]
        assert time.monotonic() - started >= 0.2
        assert len(pieces) > 1
        assert b"".join(pieces) == whole
        assert http.head(url).headers["Content-Length"] == str(len(whole))


def test_a_client_may_abort_a_slow_download(capfd: pytest.CaptureFixture[str]) -> None:
    api = Native.on()
    url = httpx.URL(api.url(api.record(api.make()))).path
    api.emulator.faults.add(Fault("slow"))
    with api.emulator.serve() as base, socket.create_connection((httpx.URL(base).host, httpx.URL(base).port)) as line:
        line.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 200"
        line.close()
        with httpx.Client(base_url=base, trust_env=False, headers=api.headers) as http:
            assert http.post(api.create_path, json=api.body()).status_code == 200
    assert capfd.readouterr().err == ""


@every_api
def test_an_expired_url_stays_expired(kind: Kind) -> None:
    api = kind.on()
    task_id, other = api.make(prompt="old"), api.make(prompt="new")
    expired = api.url(api.record(task_id)).removeprefix("http://emulator")
    rule = api.emulator.faults.add(Fault("expire", prompt="old"))
    assert [api.video(task_id).status_code for _ in range(3)] == [403] * 3
    response = api.video(task_id)
    assert response.headers["Content-Type"] == "application/xml"
    assert re.search(r"<Error><Code>AccessDenied</Code>", response.text)
    assert f"/media/{task_id}.mp4" in response.text
    assert api.video(other).status_code == 200
    api.emulator.faults.remove(rule)
    assert api.ask("GET", f"{expired}?fresh=1").status_code == 403
    api.emulator.reset()
    assert api.video(api.make(prompt="old")).status_code == 200


def test_a_url_after_the_expired_ones_works() -> None:
    """Expired ones stay so, and a new one works."""
    api = Native.with_faults(Fault("expire", times=2))
    task_id = api.make()
    old = api.url(api.record(task_id)).removeprefix("http://emulator")
    assert [api.ask("GET", old).status_code for _ in range(3)] == [403, 403, 403]
    assert [api.video(task_id).status_code for _ in range(3)] == [403, 200, 200]
    assert api.ask("GET", old).status_code == 403
    assert api.emulator.faults.rules[0].injected == 2
    assert [one.fault for one in api.emulator.requests if one.operation == "media"].count("expire") == 5


def test_a_client_that_disconnects_in_its_body_causes_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    api = Native.with_faults(Fault("stall", seconds=0, prompt="x"))
    with api.emulator.serve() as base:
        url = httpx.URL(base)
        with socket.create_connection((url.host, url.port)) as line:
            head = f"POST {api.create_path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            line.sendall(f"{head}Authorization: Bearer a-key\r\nContent-Type: application/json\r\n\r\n{{".encode())
        with httpx.Client(base_url=base, trust_env=False, headers=api.headers) as http:
            assert http.post(api.create_path, json=api.body()).status_code == 200
    assert len(api.emulator.tasks) == 1
    assert capfd.readouterr().err == ""


def test_a_too_large_body_is_checked_for_faults() -> None:
    api = Native.with_faults(Fault("html", prompt="x"), Fault("stall", seconds=0, times=1))
    response = api.create(api.body(prompt="y" * 3 * MAX_BODY))
    assert api.message(response, "unreadable")


@every_api
def test_head_has_no_body_in_process(kind: Kind) -> None:
    api = kind.on()
    video = httpx.URL(api.url(api.record(api.make()))).path
    for path in (video, api.create_path, "/media/x.mp4"):
        response = api.ask("HEAD", path)
        assert response.content == b""
        assert int(response.headers["Content-Length"]) > 0


@both_dialects
def test_a_query_returns_a_new_url_after_one_has_expired(kind: Kind) -> None:
    api = kind.with_faults(Fault("expire", times=1))
    task_id, other = api.make(), api.make()
    first = api.url(api.record(task_id))
    assert api.ask("GET", first.removeprefix("http://emulator")).status_code == 403
    second = api.url(api.record(task_id))
    assert second == f"{first}?renewed=1"
    assert api.ask("GET", second.removeprefix("http://emulator")).status_code == 200
    assert "?" not in api.url(api.record(other))
