"""The emulator on a port: where it can be reached, and that it stops at once, whatever is under way."""

import asyncio
import re
import socket
import threading
import time
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from contract_tests.emulator.connections import TLS, connect, open_lines, trusting
from contract_tests.emulator.kit import Kie, Native
from klingkit.emulator import AfterSeconds, Emulator, Fault
from klingkit.emulator.http._serving import _listen, serve

HEADERS = {"Authorization": "Bearer a-key"}


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers=HEADERS, trust_env=False, timeout=10)


@pytest.mark.parametrize("host", ["example.com", "", "127.0.0.256"])
def test_it_is_served_at_an_address(host: str) -> None:
    problem = f"host must be an IP address of this machine, is {re.escape(repr(host))}"
    with pytest.raises(ValueError, match=problem), Emulator().serve(host=host):
        pass


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OSError, match="assign"), Emulator().serve(host="192.0.2.1"):
        pass


def test_served_everywhere_it_says_where_this_machine_finds_it() -> None:
    with Emulator().serve(host="0.0.0.0") as url, client(url) as http:  # noqa: S104 - asked for
        assert url.startswith("http://127.0.0.1:")
        assert http.get(Kie.query_path).json()["code"] == 422


def ipv6_works() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not ipv6_works(), reason="no IPv6 on this machine")
@pytest.mark.parametrize("host", ["::1", "::"], ids=["loopback", "every"])
def test_it_is_served_on_ipv6_too(host: str) -> None:
    with Emulator().serve(host=host) as url, client(url) as http:
        assert url.startswith("http://[::1]:")
        assert http.get(Kie.query_path).json()["code"] == 422


def test_answers_are_sent_without_delay() -> None:
    """Held back until the client acknowledges the headers, each would take 40 ms longer."""
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # what asyncio goes by


def test_it_stops_at_once_and_in_silence_whatever_connections_are_open(capfd: pytest.CaptureFixture[str]) -> None:
    with Emulator().serve() as url, client(url) as http:
        opened = open_lines(url)
        http.get(Kie.query_path)  # leaves a connection that is kept alive
        started = time.monotonic()
    assert time.monotonic() - started < 1
    for connection in opened:
        connection.close()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("tls", [None, TLS], ids=["http", "https"])
def test_a_reader_who_does_not_read_does_not_hold_it_up(tls: Any, capfd: pytest.CaptureFixture[str]) -> None:
    begun = threading.Event()

    async def pour(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(10_000_000), "more_body": True})
        begun.set()
        await send({"type": "http.response.body"})

    with ExitStack() as stack:
        url = stack.enter_context(serve(pour, "127.0.0.1", 0, tls))
        with connect(url, trusting() if tls else None) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert begun.wait(10)
            started = time.monotonic()
            stack.close()
            assert time.monotonic() - started < 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"HTTP/1.1 421"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"HTTP/1.1 400"),
    ],
    ids=["websocket", "TLS"],
)
def test_another_protocol_is_answered_and_not_complained_of(
    ask: bytes, status: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with Emulator().serve() as url, connect(url) as connection:
        connection.sendall(ask)
        assert connection.recv(12) == status
    assert capfd.readouterr() == ("", "")


def test_an_application_that_breaks_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    with serve(breaks, "127.0.0.1", 0) as url, client(url) as http:
        assert http.get("/").status_code == 500
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_an_application_can_end_a_request_itself() -> None:
    """Being cancelled by something of its own is its own affair, and an error as any other."""

    async def ends(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    with serve(ends, "127.0.0.1", 0) as url, client(url) as http:
        assert http.get("/").status_code == 500


@pytest.mark.parametrize(("kind", "error"), [("drop", "without sending a response"), ("truncate", "incomplete|peer")])
def test_a_connection_is_broken_off_without_a_word_in_the_log(
    kind: Any, error: str, capfd: pytest.CaptureFixture[str]
) -> None:
    emulator = Emulator(faults=[Fault(kind, times=1)])
    with emulator.serve() as url, client(url) as http, client(url) as other:
        other.get(Native.query_path.replace("/v1/", "/v2/"))  # its connection is another's, and stays
        with pytest.raises(httpx.RemoteProtocolError, match=error):
            http.post(Kie.create_path, json=Kie.body())
        assert Kie.id_in(http.post(Kie.create_path, json=Kie.body()))
    assert capfd.readouterr() == ("", "")


def test_what_it_was_told_to_do_later_goes_on_after_it_has_stopped() -> None:
    """The port is one way to the emulator, not its life."""
    emulator = Emulator(finish=AfterSeconds(60))
    for _ in range(2):
        with emulator.serve() as url, client(url) as http:
            http.post(Kie.create_path, json=Kie.body()).raise_for_status()
    assert [task.state for task in emulator.tasks] == ["accepted", "accepted"]
