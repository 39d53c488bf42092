"""Tests of POST requests to receivers: allowed addresses, timeouts, and reuse of connections."""

import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.emulator.connections import TLS
from contract_tests.emulator.kit import CallbackServer, callback_server
from klingkit.emulator.http._tls import server_context as tls_context
from klingkit.emulator.webhooks import _post
from klingkit.emulator.webhooks._post import ERRORS, Connections, parse_networks


@pytest.fixture
def receiver() -> Generator[CallbackServer]:
    with callback_server() as server:
        yield server


def send(url: str, body: bytes = b"{}", allowed: tuple[str, ...] = ()) -> int:
    with closing(Connections(parse_networks(allowed))) as connections:
        return connections(url, body, {})


def failure_reason(url: str, allowed: tuple[str, ...] = ()) -> str:
    with pytest.raises(ERRORS) as raised:
        send(url, allowed=allowed)
    return str(raised.value) or type(raised.value).__name__


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name resolve to these addresses."""

    def resolve(host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if host[0].isdecimal():
            return real(host, port, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    real = socket.getaddrinfo
    monkeypatch.setattr(_post, "getaddrinfo", resolve)


@contextmanager
def receiver_sending(
    *responses: bytes, then: Callable[[socket.socket], object] | None = None
) -> Generator[tuple[str, list[int]]]:
    """Run a receiver that sends one of these responses for each request on a connection.

    Yield its URL, and a list with the numbers of its connections.
    """
    connection_numbers: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection_numbers.append(len(connection_numbers) + 1)
            threading.Thread(target=talk, args=(connection,)).start()

    def talk(connection: socket.socket) -> None:
        with connection:
            for response in responses:
                received = b""
                while not received.endswith(b"{}"):
                    if not (part := connection.recv(65536)):
                        return
                    received += part
                connection.sendall(response)
            if then:
                then(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/", connection_numbers
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_name_is_allowed_by_its_address(monkeypatch: pytest.MonkeyPatch, receiver: CallbackServer) -> None:
    resolve_to(monkeypatch, "192.0.2.1")
    assert failure_reason(f"http://localhost:{receiver.port}/") == "not a loopback host"
    resolve_to(
        monkeypatch, "192.0.2.1", "127.0.0.2", "127.0.0.1"
    )  # 127.0.0.2 has no receiver: the next address is tried
    assert send(f"http://example.com:{receiver.port}/x?y=z") == 200
    call = receiver.next()
    assert (call.path, call.headers["Host"]) == ("/x?y=z", f"example.com:{receiver.port}")


def test_an_allowed_network_may_be_called(monkeypatch: pytest.MonkeyPatch, receiver: CallbackServer) -> None:
    """The connection goes to the resolved address; the test redirects it to the receiver."""
    called: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        called.append(address)
        return real(("127.0.0.1", receiver.port), timeout)

    real = socket.create_connection
    monkeypatch.setattr(_post, "create_connection", connect)
    resolve_to(monkeypatch, "198.51.100.7", "192.0.2.1")
    assert failure_reason("http://example.com/", allowed=("203.0.113.0/24",)) == "not an allowed host"
    assert send("http://example.com/", allowed=("203.0.113.0/24", "192.0.2.0/24")) == 200
    assert called == [("192.0.2.1", 80)]


@pytest.mark.parametrize("network", ["10.0.0.1/8", "everything", "10.0.0.0/33"])
def test_an_invalid_network_is_named(network: str) -> None:
    with pytest.raises(ValueError, match=f"allow_callbacks: .*{network}"):
        parse_networks([network])


def test_an_unreachable_receiver_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "refused" in failure_reason(f"http://127.0.0.1:{port}/").lower()

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(_post, "getaddrinfo", unknown)
    assert "no such name" in failure_reason("http://example.com/")


def test_a_slow_receiver_times_out(monkeypatch: pytest.MonkeyPatch, receiver: CallbackServer) -> None:
    monkeypatch.setattr(_post, "TIMEOUT", 0.05)
    receiver.may_respond.clear()
    assert "timed out" in failure_reason(receiver.url)


@pytest.mark.parametrize("drop", [b"HTTP/1.1 100 Continue\r\n\r\n", b"X: y\r\n"], ids=["continue", "headers"])
def test_a_dripping_response_times_out(monkeypatch: pytest.MonkeyPatch, drop: bytes) -> None:
    """Each part arrives in time, but the response never ends."""
    monkeypatch.setattr(_post, "TIMEOUT", 0.3)
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        with suppress(OSError):
            while not ended.wait(0.02):
                connection.sendall(drop)

    with receiver_sending(b"" if drop.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n", then=drip) as (url, _):
        try:
            assert "timed out" in failure_reason(url)
        finally:
            ended.set()


def test_an_incomplete_body_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a status, the callback counts as delivered."""
    monkeypatch.setattr(_post, "TIMEOUT", 0.2)
    waiting = threading.Event()
    with receiver_sending(b"HTTP/1.1 202 Yes\r\nContent-Length: 5\r\n\r\n", then=lambda _: waiting.wait(5)) as (url, _):
        assert send(url) == 202
        waiting.set()
    with receiver_sending(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n" + bytes(100_000)) as (url, _):
        assert send(url) == 200


@pytest.mark.parametrize("response", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 2x OK\r\n\r\n"])
def test_an_invalid_response_is_reported(response: bytes) -> None:
    with receiver_sending(response) as (url, _):
        assert failure_reason(url)


def test_an_open_connection_is_reused() -> None:
    with (
        receiver_sending(OK, OK, b"HTTP/1.1 204 Empty\r\n\r\n") as (url, connection_numbers),
        closing(Connections()) as connections,
    ):
        assert [connections(url, b"{}", {}) for _ in range(3)] == [200, 200, 204]
        assert connection_numbers == [1]
        (kept,) = connections._open.values()
        assert select.select([kept.sock], [], [], 10)[0]  # once the receiver has closed it
        assert connections(url, b"{}", {}) == 200
        assert connection_numbers == [1, 2]


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["closing", "short", "chunked"],
)
def test_a_connection_with_unread_data_is_not_reused(response: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_post, "TIMEOUT", 0.2)
    with receiver_sending(response, response) as (url, connection_numbers), closing(Connections()) as connections:
        assert [connections(url, b"{}", {}) for _ in range(2)] == [200, 200]
        assert connection_numbers == [1, 2]


def test_headers_are_sent_and_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch, receiver: CallbackServer) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with closing(Connections()) as connections:
        assert connections(receiver.url, json.dumps([1]).encode(), {"X-Signed": "yes"}) == 200
    call = receiver.next()
    assert (call.headers["X-Signed"], call.headers["Content-Type"], call.body) == ("yes", "application/json", [1])


def test_a_receiver_with_tls_is_reached_and_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_post, "TIMEOUT", 1.0)
    context = tls_context(TLS)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"

        def respond(content: bytes) -> None:
            with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                while not connection.recv(65536).endswith(b"{}"):
                    pass
                connection.sendall(content)
                with suppress(OSError):
                    connection.recv(65536)

        response_sent = pool.submit(respond, OK)
        assert send(url) == 200
        response_sent.result(10)
        no_response = pool.submit(respond, b"HTTP/1.1 100 Continue\r\n\r\n")
        assert "timed out" in failure_reason(url)
        no_response.result(10)


def test_nothing_is_read_after_the_deadline() -> None:
    one, other = socket.socketpair()
    with _post._Plain(one.family, one.type, one.proto, one.detach()) as timed, other:
        other.sendall(b"late")
        timed.deadline = 0.0
        with pytest.raises(TimeoutError):
            timed.recv_into(bytearray(4))


def test_an_https_url_is_called_with_tls(receiver: CallbackServer) -> None:
    """The receiver has no TLS, so that the handshake fails."""
    assert "SSL" in failure_reason(receiver.url.replace("http:", "https:"))


def test_only_receivers_on_this_machine_need_no_valid_certificate() -> None:
    assert _post._context("127.0.0.1").verify_mode is ssl.CERT_NONE
    assert _post._context("192.0.2.1").verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "url",
    ["", "done", "http://", "mailto:me@example.com", "ftp://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/"],
)
def test_an_invalid_url_is_reported(url: str) -> None:
    assert failure_reason(url)


def test_a_port_beyond_the_last_is_not_another_port() -> None:
    assert failure_reason("http://127.0.0.1:65616/") == "no such port"


@given(st.one_of(st.text(), st.text().map("http://".__add__), st.text().map("http://127.0.0.1:1".__add__)))
def test_no_url_raises_another_error(url: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        resolve_to(monkeypatch, "192.0.2.1")
        assert failure_reason(url)
