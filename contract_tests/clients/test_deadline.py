"""Tests of the one time limit of a whole blocking exchange, which is enforced where httpcore reads and writes."""

import asyncio
import ssl
import threading
from collections.abc import Iterator

import httpcore
import httpx
import pytest
import trio

from contract_tests.support.kie import TASK_REF
from contract_tests.support.scripted_server import within
from klingkit import AsyncClient, Client, DownloadError, NetworkError, SubmissionUncertain, Video
from klingkit._flow._deadline import check_deadline, deadline
from klingkit._flow._sync_network import Backend, install_backend
from klingkit.kie import Kie, Kling26TextToVideo


class Network(httpcore.NetworkBackend, httpcore.NetworkStream):
    """A fake network that records the time limit of each operation."""

    def __init__(self) -> None:
        self.limits: dict[str, float | None] = {}
        self.hosts: list[str] = []
        self.dead: set[str] = set()

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.limits["connect"] = timeout
        self.hosts.append(host)
        if host in self.dead:
            raise httpcore.ConnectTimeout(host)
        return self

    def connect_unix_socket(self, path, timeout=None, socket_options=None):
        self.limits["unix"] = timeout
        return self

    def sleep(self, seconds: float) -> None:
        self.limits["sleep"] = seconds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.limits["read"] = timeout
        return b"x"

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.limits["write"] = timeout

    def close(self) -> None:
        self.limits["close"] = None

    def start_tls(self, ssl_context, server_hostname=None, timeout=None):
        self.limits["tls"] = timeout
        return self

    def get_extra_info(self, info: str) -> str:
        return info


def limits_of_operations(timeout: float | None) -> dict[str, float | None]:
    """Perform every operation of a connection with this timeout; return the time limits that reached the network."""
    network = Network()
    backend = Backend(network)
    backend.connect_unix_socket("/socket", timeout)
    stream = backend.connect_tcp("127.0.0.1", 80, timeout).start_tls(ssl.create_default_context(), "host", timeout)
    stream.write(b"x", timeout)
    assert stream.read(1, timeout) == b"x"
    assert stream.get_extra_info("socket") == "socket"
    stream.close()
    backend.sleep(0.5)
    return {name: limit for name, limit in network.limits.items() if name not in {"close", "sleep"}}


@pytest.mark.parametrize("timeout", [None, 5.0])
def test_without_a_deadline_timeouts_are_unchanged(timeout: float | None):
    assert set(limits_of_operations(timeout).values()) == {timeout}


@pytest.mark.parametrize("timeout", [None, 50.0])
def test_the_time_left_bounds_every_operation(monkeypatch, timeout: float | None):
    clock = iter(range(100, 200))
    monkeypatch.setattr("klingkit._flow._deadline._clock", lambda: float(next(clock)))
    with deadline(10.0):
        assert limits_of_operations(timeout) == {"unix": 9.0, "connect": 8.0, "tls": 7.0, "write": 6.0, "read": 5.0}


def test_the_smaller_limit_counts():
    with deadline(1000.0):
        assert set(limits_of_operations(2.0).values()) == {2.0}


@pytest.mark.parametrize(
    ("operate", "error"),
    [
        (lambda backend: backend.connect_tcp("127.0.0.1", 80), httpcore.ConnectTimeout),
        (lambda backend: backend.connect_unix_socket("/socket"), httpcore.ConnectTimeout),
    ],
)
def test_connecting_after_the_deadline_is_a_connect_timeout(operate, error):
    with deadline(0.0), pytest.raises(error, match="took too long"):
        operate(Backend(Network()))


@pytest.mark.parametrize("host", ["a..b", "a" * 70])
def test_a_host_without_an_address_is_a_connect_error(host: str):
    with deadline(10.0), pytest.raises(httpcore.ConnectError, match=host):
        Backend(Network()).connect_tcp(host, 80)


@pytest.fixture
def hanging_resolver(monkeypatch) -> Iterator[None]:
    """Let name resolution hang while the test lasts."""
    released = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        released.wait()
        return []

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    yield
    released.set()


def test_a_hanging_resolver_is_abandoned_at_the_deadline(hanging_resolver):
    with deadline(0.05), pytest.raises(httpcore.ConnectTimeout, match="its address was not found in time"):
        Backend(Network()).connect_tcp("slow.test", 80)


def test_a_paid_request_with_a_hanging_resolver_is_a_network_error(hanging_resolver):
    with Client(Kie("any-key", "http://slow.test")) as client, pytest.raises(NetworkError) as caught:
        client.submit(Kling26TextToVideo(prompt="a cat", sound=False, aspect_ratio="1:1"), timeout=0.1)
    assert not isinstance(caught.value, SubmissionUncertain)


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_a_hanging_resolver_does_not_hold_the_event_loop(hanging_resolver, run, tmp_path):
    """It does not hold up the end of the loop either, although `asyncio.run` waits for the resolver's threads."""

    async def main() -> None:
        async with AsyncClient(Kie("any-key", "http://slow.test")) as client:
            with pytest.raises(NetworkError):
                await client.get(TASK_REF, timeout=0.1)
            with pytest.raises(DownloadError):
                await client.download(Video("http://slow.test/cat.mp4"), tmp_path / "cat.mp4", timeout=0.1)

    with within(5):
        run(main) if run is trio.run else run(main())


def test_a_body_ends_at_the_deadline_with_any_transport():
    with deadline(0.0), pytest.raises(httpx.ReadTimeout):
        check_deadline(httpx.Request("GET", "http://x.test"))
    check_deadline(httpx.Request("GET", "http://x.test"))


def test_reading_and_writing_after_the_deadline_time_out():
    stream = Backend(Network()).connect_tcp("127.0.0.1", 80)
    with deadline(0.0):
        with pytest.raises(httpcore.ReadTimeout):
            stream.read(1)
        with pytest.raises(httpcore.WriteTimeout):
            stream.write(b"x")


def test_all_transports_of_a_client_get_one_backend():
    """httpx has no public API for this: the test fails when its private attributes change."""
    with httpx.Client(mounts={"http://proxied": httpx.HTTPTransport(), "all://mock": None}) as client:
        install_backend(client)
        install_backend(client)
        for transport in (client._transport, client._mounts[next(iter(client._mounts))]):
            backend = transport._pool._network_backend  # type: ignore[union-attr]  # a private attribute of httpx
            assert isinstance(backend, Backend)
            assert not isinstance(backend._inner, Backend)
