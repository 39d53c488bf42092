"""Tests of serving on a port: addresses, protocols, and the end."""

import asyncio
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from contract_tests.emulator.connections import TLS, connect, open_unfinished_requests, trusting_ssl_context
from contract_tests.emulator.kit import APIS, ApiClass, Kie, Native, every_api
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, Fault, VirtualClock, read_label
from klingkit.emulator.http import _serving
from klingkit.emulator.http._serving import _listen, serve

HEADERS = {"Authorization": "Bearer a-key"}


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers=HEADERS, verify=trusting_ssl_context(), trust_env=False, timeout=10)


@pytest.mark.parametrize("host", ["example.com", "", "127.0.0.256"])
def test_a_host_must_be_an_ip_address(host: str) -> None:
    problem = f"host must be an IP address of this machine, is {re.escape(repr(host))}"
    with pytest.raises(ValueError, match=problem), Emulator().serve(host=host):
        pass


def test_an_address_of_another_machine_is_rejected() -> None:
    with pytest.raises(OSError, match="assign"), Emulator().serve(host="192.0.2.1"):
        pass


def test_served_on_every_address_the_url_is_the_loopback_one() -> None:
    with Emulator().serve(host="0.0.0.0") as url, client(url) as http:  # noqa: S104 - on purpose
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
def test_ipv6_works(host: str) -> None:
    with Emulator().serve(host=host) as url, client(url) as http:
        assert url.startswith("http://[::1]:")
        assert http.get(Kie.query_path).json()["code"] == 422


def test_responses_are_sent_without_delay() -> None:
    """With Nagle's algorithm, each response would take 40 ms longer."""
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY only with this `proto`


def test_it_stops_at_once_without_errors(capfd: pytest.CaptureFixture[str]) -> None:
    with Emulator().serve() as url, client(url) as http:
        connections = open_unfinished_requests(url)
        http.get(Kie.query_path)  # leaves a connection that is kept alive
        started = time.monotonic()
    assert time.monotonic() - started < 1
    for connection in connections:
        connection.close()
    assert capfd.readouterr() == ("", "")


def test_a_server_that_is_late_ends_without_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_serving, "STOP", 0)
    for _ in range(5):
        with Emulator().serve():
            (thread,) = (each for each in threading.enumerate() if each.name == "emulator")
        thread.join(30)
        assert not thread.is_alive()


@pytest.mark.parametrize("tls", [None, TLS], ids=["http", "https"])
def test_a_client_that_does_not_read_does_not_delay_the_end(tls: Any, capfd: pytest.CaptureFixture[str]) -> None:
    sending = threading.Event()

    async def send_10_mb(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(10_000_000), "more_body": True})
        sending.set()
        await send({"type": "http.response.body"})

    with ExitStack() as stack:
        url = stack.enter_context(serve(send_10_mb, "127.0.0.1", 0, tls))
        with connect(url, trusting_ssl_context() if tls else None) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert sending.wait(10)
            started = time.monotonic()
            stack.close()
            assert time.monotonic() - started < 1
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"HTTP/1.1 421"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"HTTP/1.1 400"),
    ],
    ids=["websocket", "TLS"],
)
def test_other_protocols_are_rejected_without_log(
    sent: bytes, status: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with Emulator().serve() as url, connect(url) as connection:
        connection.sendall(sent)
        assert connection.recv(12) == status
    assert capfd.readouterr() == ("", "")


def test_an_exception_of_the_application_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def failing_app(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    with serve(failing_app, "127.0.0.1", 0) as url, client(url) as http:
        assert http.get("/").status_code == 500
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]


def test_an_application_may_cancel_a_request() -> None:
    async def cancelling_app(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    with serve(cancelling_app, "127.0.0.1", 0) as url, client(url) as http:
        assert http.get("/").status_code == 500


@pytest.mark.parametrize("tls", [None, TLS], ids=["http", "https"])
@pytest.mark.parametrize(
    ("fault_kind", "error"), [("drop", "without sending a response"), ("truncate", "incomplete|peer")]
)
def test_an_aborted_connection_is_not_logged(
    fault_kind: Any, error: str, tls: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    emulator = Emulator(faults=[Fault(fault_kind, times=1)])
    with emulator.serve(tls=tls) as url, client(url) as http, client(url) as other:
        other.get(Native.query_path.replace("/v1/", "/v2/"))  # another connection, which stays open
        with pytest.raises(httpx.RemoteProtocolError, match=error):
            http.post(Kie.create_path, json=Kie.body())
        assert Kie.id_in(http.post(Kie.create_path, json=Kie.body()))
    assert capfd.readouterr() == ("", "")


def test_tasks_continue_after_serving_has_ended() -> None:
    emulator = Emulator(finish=AfterSeconds(60))
    for _ in range(2):
        with emulator.serve() as url, client(url) as http:
            http.post(Kie.create_path, json=Kie.body()).raise_for_status()
    assert [task.state for task in emulator.tasks] == ["accepted", "accepted"]


def test_a_free_port_is_taken_and_released() -> None:
    emulator = Emulator()
    with emulator.serve() as url, emulator.serve() as other, client(url) as http:
        assert url != other
        for api_class in APIS:
            task_id = api_class.id_in(http.post(api_class.create_path, json=api_class.body()))
            assert api_class(emulator).states(task_id) == ["succeeded"]
            record = api_class.data(http.get(api_class.path_of(task_id)))
            assert api_class.url(record) == f"{url}/media/{task_id}.mp4"
            assert http.get(api_class.url(record)).headers["Content-Type"] == "video/mp4"
    with pytest.raises(httpx.ConnectError), client(url) as http:
        http.get(Kie.query_path)
    with emulator.serve(port=httpx.URL(url).port or 0) as again:
        assert again == url


@pytest.mark.parametrize(("number", "recorded"), [(200, [431]), (9_000, [])])
@pytest.mark.parametrize("pieces", [1, 7])
def test_a_flood_of_headers_is_rejected(number: int, recorded: list[int], pieces: int) -> None:
    """Very many headers are rejected before they are parsed, because they would take much memory."""
    emulator, flood = Emulator(), "a:\r\n" * number
    content = f"GET {Kie.query_path} HTTP/1.1\r\nHost: localhost\r\n{flood}\r\n".encode()
    with emulator.serve() as url, connect(url) as connection:
        size = -(-len(content) // pieces)
        for start in range(0, len(content), size):
            connection.sendall(content[start : start + size])
        assert connection.recv(12) == b"HTTP/1.1 431"
    assert [exchange.status for exchange in emulator.requests] == recorded


def test_a_bad_host_header_is_rejected() -> None:
    with Emulator().serve() as url, client(url) as http:
        for host in (b"a b[:c", b"\xe9:99999999"):
            assert http.get(Kie.path_of("x"), headers=[(b"Host", host)]).status_code == 421


@every_api
def test_parallel_clients_get_their_own_tasks(api_class: ApiClass) -> None:
    emulator = Emulator(finish=AfterQueries(2), clock=VirtualClock())

    def create_and_query(number: int) -> list[tuple[str, str, str]]:
        with client(url) as http:
            results = []
            for task_number in range(10):
                prompt = f"{number}-{task_number}"
                task_id = api_class.id_in(http.post(api_class.create_path, json=api_class.body(prompt=prompt)))
                responses = [api_class.data(http.get(api_class.path_of(task_id))) for _ in range(2)]
                assert read_label(http.get(api_class.url(responses[1])).content).prompt == prompt
                results.append((task_id, responses[0][api_class.state], responses[1][api_class.state]))
            return results

    with emulator.serve() as url, ThreadPoolExecutor(8) as pool:
        results = [row for rows in pool.map(create_and_query, range(8)) for row in rows]
    assert len({task_id for task_id, *_ in results}) == 8 * 10
    assert {tuple(states) for _, *states in results} == {
        (api_class.vendor_states["running"], api_class.vendor_states["succeeded"])
    }
