"""What the sender of a request sees of each kind of fault: over a connection, and in process."""

import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Native, Relay, both_dialects, every_api
from contract_tests.emulator.storms import connected, stormy, tasks, until_cut
from klingkit.emulator import Fault
from klingkit.emulator.apis._requests import MOST_BYTES
from klingkit.emulator.faults._middleware import Weather
from klingkit.emulator.faults._rules import Faults

Kind = type[Api]

LOST = "Server disconnected without sending a response."


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_a_dropped_connection_ends_without_a_byte(kind: Kind, kept: bool, capfd: pytest.CaptureFixture[str]) -> None:
    api = stormy(kind, Fault("drop", operation="create", after=kept))
    with pytest.raises(httpx.RemoteProtocolError, match=LOST):
        api.create(api.body())
    with connected(api) as http, pytest.raises(httpx.RemoteProtocolError, match=LOST):
        http.post(api.create_path, json=api.body())
    assert tasks(api) == 2 * kept
    assert [exchange.fault for exchange in api.emulator.requests] == ["drop", "drop"]
    assert capfd.readouterr().err == ""


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_a_cut_answer_ends_in_its_midst(kind: Kind, kept: bool, capfd: pytest.CaptureFixture[str]) -> None:
    api = stormy(kind, Fault("truncate", after=kept))
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        api.create(api.body())
    with connected(api) as http, http.stream("POST", api.create_path, json=api.body()) as answer:
        assert answer.status_code == 200
        assert len(until_cut(answer)) == int(answer.headers["Content-Length"]) // 2
    assert tasks(api) == 2 * kept
    assert capfd.readouterr().err == ""


def test_a_cut_film_can_be_gone_on_with() -> None:
    api = Native.on()
    url = httpx.URL(api.url(api.record(api.make()))).path
    whole = api.ask("GET", url).content
    api.emulator.faults.add(Fault("truncate", operation="media", times=1))
    with connected(api) as http:
        with http.stream("GET", url) as answer:
            got = until_cut(answer)
        rest = http.get(url, headers={"Range": f"bytes={len(got)}-"})
    assert len(got) == len(whole) // 2
    assert (rest.status_code, got + rest.content) == (206, whole)


@every_api
def test_a_gateway_may_answer_instead(kind: Kind) -> None:
    for status in (200, 403, 502, 529):
        api = stormy(kind, Fault("html", status=status))
        answer = api.create(api.body())
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert answer.text.startswith("<html>")
        assert str(status) in answer.text
        assert tasks(api) == 0


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_an_answer_may_stall_and_come(kind: Kind, kept: bool) -> None:
    api = stormy(kind, Fault("stall", seconds=0.05, after=kept))
    started = time.monotonic()
    assert api.make()
    assert time.monotonic() - started >= 0.05
    assert tasks(api) == 1


@pytest.mark.parametrize("kept", [False, True])
def test_a_sender_that_gives_up_has_a_task_if_it_was_made_before(kept: bool, capfd: pytest.CaptureFixture[str]) -> None:
    api = stormy(Native, Fault("stall", operation="create", after=kept))
    with connected(api) as http, pytest.raises(httpx.ReadTimeout):
        http.post(api.create_path, json=api.body(), timeout=0.2)
    assert tasks(api) == kept
    assert capfd.readouterr().err == ""


def test_in_process_a_stall_without_an_end_is_a_timeout_at_once() -> None:
    api = stormy(Relay, Fault("stall"))
    with pytest.raises(httpx.ReadTimeout):
        api.create(api.body())


def test_the_server_ends_at_once_while_answers_stall() -> None:
    api = stormy(Kie, Fault("stall"))
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
            asking = pool.submit(ask, url)
            assert begun.wait(10)
            started = time.monotonic()
        assert time.monotonic() - started < 1
        asking.result(10)


def test_a_slow_download_takes_its_time_and_is_whole() -> None:
    api = Native.on()
    url = httpx.URL(api.url(api.record(api.make()))).path
    whole = api.ask("GET", url).content
    api.emulator.faults.add(Fault("slow", seconds=0.2))
    with connected(api) as http:
        started = time.monotonic()
        with http.stream("GET", url) as answer:
            pieces = [*answer.iter_raw()]
        assert time.monotonic() - started >= 0.2
        assert len(pieces) > 1
        assert b"".join(pieces) == whole
        assert http.head(url).headers["Content-Length"] == str(len(whole))


def test_a_receiver_of_a_slow_download_may_leave(capfd: pytest.CaptureFixture[str]) -> None:
    api = Native.on()
    url = httpx.URL(api.url(api.record(api.make()))).path
    api.emulator.faults.add(Fault("slow"))
    with api.emulator.serve() as base, socket.create_connection((httpx.URL(base).host, httpx.URL(base).port)) as line:
        line.sendall(f"GET {url} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 200"
        line.close()
        with httpx.Client(base_url=base, trust_env=False, headers=api.headers) as http:
            assert http.post(api.create_path, json=api.body()).status_code == 200
    assert capfd.readouterr().err == ""


@every_api
def test_a_url_that_has_expired_stays_so(kind: Kind) -> None:
    api = kind.on()
    task_id, other = api.make(prompt="old"), api.make(prompt="new")
    expired = api.url(api.record(task_id)).removeprefix("http://emulator")
    rule = api.emulator.faults.add(Fault("expire", prompt="old"))
    assert [api.film(task_id).status_code for _ in range(3)] == [403] * 3
    answer = api.film(task_id)
    assert answer.headers["Content-Type"] == "application/xml"
    assert re.search(r"<Error><Code>AccessDenied</Code>", answer.text)
    assert f"/media/{task_id}.mp4" in answer.text
    assert api.film(other).status_code == 200
    api.emulator.faults.remove(rule)
    assert api.ask("GET", f"{expired}?fresh=1").status_code == 403
    api.emulator.reset()
    assert api.film(api.make(prompt="old")).status_code == 200


def test_what_has_expired_by_chance_does_not_come_back() -> None:
    api = stormy(Native, Fault("expire", probability=0.5))
    urls = [httpx.URL(api.url(api.record(api.make()))).path for _ in range(30)]
    first = [api.ask("GET", url).status_code for url in urls]
    assert {*first} == {200, 403}
    second = [api.ask("GET", url).status_code for url in urls]
    assert [now for before, now in zip(first, second, strict=True) if before == 403] == [403] * first.count(403)


def test_urls_may_expire_for_some_times_only() -> None:
    """The old ones stay expired, whoever asks how often; a fresh one is good."""
    api = stormy(Native, Fault("expire", times=2))
    task_id = api.make()
    old = api.url(api.record(task_id)).removeprefix("http://emulator")
    assert [api.ask("GET", old).status_code for _ in range(3)] == [403, 403, 403]
    assert [api.film(task_id).status_code for _ in range(3)] == [403, 200, 200]
    assert api.ask("GET", old).status_code == 403
    assert api.emulator.faults.rules[0].struck == 2
    assert [one.fault for one in api.emulator.requests if one.operation == "media"].count("expire") == 5


def test_what_is_no_request_is_left_alone() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def silence(*_: Any) -> Any:
        raise AssertionError

    weather = Weather(app, Faults(faults=[Fault("drop")]), None, None)  # type: ignore[arg-type]  # neither is asked
    anyio.run(weather, {"type": "lifespan"}, silence, silence)
    assert seen == ["lifespan"]


def test_a_sender_that_leaves_before_its_body_is_whole_is_no_accident(capfd: pytest.CaptureFixture[str]) -> None:
    api = stormy(Native, Fault("stall", seconds=0, prompt="x"))
    with api.emulator.serve() as base:
        url = httpx.URL(base)
        with socket.create_connection((url.host, url.port)) as line:
            head = f"POST {api.create_path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
            line.sendall(f"{head}Authorization: Bearer a-key\r\nContent-Type: application/json\r\n\r\n{{".encode())
        with httpx.Client(base_url=base, trust_env=False, headers=api.headers) as http:
            assert http.post(api.create_path, json=api.body()).status_code == 200
    assert tasks(api) == 1
    assert capfd.readouterr().err == ""


def test_a_body_too_large_to_be_read_meets_its_fault_too() -> None:
    api = stormy(Native, Fault("html", prompt="x"), Fault("stall", seconds=0, times=1))
    answer = api.create(api.body(prompt="y" * 3 * MOST_BYTES))
    assert api.message(answer, "unreadable")


@every_api
def test_head_has_no_body_in_process_either(kind: Kind) -> None:
    api = kind.on()
    film = httpx.URL(api.url(api.record(api.make()))).path
    for path in (film, api.create_path, "/media/x.mp4"):
        answer = api.ask("HEAD", path)
        assert answer.content == b""
        assert int(answer.headers["Content-Length"]) > 0


@both_dialects
def test_a_query_tells_another_url_than_the_one_that_has_expired(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    api = stormy(kind, Fault("expire", times=1))
    task_id, other = api.make(), api.make()
    first = api.url(api.record(task_id))
    assert api.ask("GET", first.removeprefix("http://emulator")).status_code == 403
    second = api.url(api.record(task_id))
    assert second == f"{first}?renewed=1"
    assert api.ask("GET", second.removeprefix("http://emulator")).status_code == 200
    assert "?" not in api.url(api.record(other))
    monkeypatch.setattr("klingkit.emulator.faults._middleware.MOST_RENEWED", 1)
    api.emulator.faults.add(Fault("expire"))
    assert api.film(other).status_code == 403
    assert api.url(api.record(task_id)) == first, "of the newest alone it is known"
