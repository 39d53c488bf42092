"""Tests of the addresses that a download may connect to: from the task's URL, from a redirect, or from the resolver."""

import socket
from collections.abc import Callable
from typing import Any

import anyio
import httpcore
import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY
from contract_tests.support.media_host import MediaHost
from contract_tests.support.mp4_files import MP4
from contract_tests.support.scripted_server import ServerExchange, scripted_server
from klingkit import DownloadError, Video
from klingkit._flow import Fetch, _async_network, _sync_network
from klingkit._flow._async_network import Backend, install_backend
from klingkit._flow._deadline import deadline
from klingkit._flow._network import guarded
from klingkit._flow._sync_network import Backend as BlockingBackend
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

PUBLIC_ADDRESS = "93.184.215.14"
PUBLIC_API_URL = f"http://{PUBLIC_ADDRESS}"
"""An API at a public address; no test connects to it."""


def fetch_effect(api_url: str) -> Fetch:
    class UnusedSink:
        def begin(self, status: int, headers: httpx.Headers) -> bool:
            raise AssertionError

        def write(self, data: bytes) -> object:
            raise AssertionError

    return Fetch(httpx.Request("GET", "http://media.test/"), UnusedSink(), api_url)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "0x7f.1", "localhost", "169.254.169.254", "[::ffff:a00:1]"])
@pytest.mark.parametrize("redirected", [False, True])
async def test_private_addresses_are_not_fetched_from(kind: str, host: str, redirected, tmp_path):
    requested_hosts: list[str] = []

    def response(request: httpx.Request) -> httpx.Response:
        requested_hosts.append(request.url.host)
        return httpx.Response(302, headers={"Location": f"http://{host}/latest/meta-data"})

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    http = make(transport=httpx.MockTransport(response))
    async with open_client(kind, Kie(API_KEY, PUBLIC_API_URL), http=http) as client:
        with pytest.raises(DownloadError, match=r"is a private address|metadata service") as caught:
            await client.download(
                Video("http://media.test/" if redirected else f"http://{host}/"), tmp_path / "cat.mp4"
            )
    assert requested_hosts == ["media.test"] * redirected
    assert caught.value.__cause__ is not None
    assert list(tmp_path.iterdir()) == []


@EACH_CLIENT_KIND
async def test_an_api_on_loopback_serves_its_videos(kind: str, tmp_path):
    with scripted_server(MediaHost(MP4)) as server:
        for api_url in (server.url, server.url.replace("127.0.0.1", "localhost")):
            async with open_client(kind, Kie(API_KEY, api_url)) as client:
                path = await client.download(Video(f"{server.url}/cat.mp4"), tmp_path / "cat.mp4")
                assert path.read_bytes() == MP4


# Host names: the client connects to the address that it has checked


@pytest.fixture
def resolve(monkeypatch) -> Callable[..., list[str]]:
    """Set what names resolve to; each address but the last is returned once."""

    def set_addresses(**names: list[str]) -> list[str]:
        resolved: list[str] = []

        def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> list[Any]:
            name = host.decode() if isinstance(host, bytes) else host
            resolved.append(name)
            addresses = names.get(name.partition(".")[0])
            if addresses is None:
                raise socket.gaierror(-2, "Name or service not known")
            address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", (address, port or 0))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return resolved

    return set_addresses


class Network(httpcore.NetworkBackend, httpcore.NetworkStream):
    """Records where it connects."""

    def __init__(self, *unreachable: str) -> None:
        self.connected: list[str] = []
        self.dead = unreachable

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append(host)
        if host in self.dead:
            raise httpcore.ConnectError(host)
        return self


class AsyncNetwork(httpcore.AsyncNetworkBackend, httpcore.AsyncNetworkStream):
    def __init__(self, *unreachable: str) -> None:
        self.connected: list[str] = []
        self.slept: list[float] = []
        self.dead = unreachable

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.connected.append(host)
        if host in self.dead:
            raise httpcore.ConnectTimeout(host)
        return self

    async def connect_unix_socket(self, path, timeout=None, socket_options=None):
        self.connected.append(path)
        return self

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def connect(kind: str, api_url: str, host: str, *unreachable: str) -> list[str]:
    """Connect as a download does; return the addresses that were tried."""
    if kind == "sync":
        network = Network(*unreachable)
        with deadline(10.0), guarded(fetch_effect(api_url)):
            BlockingBackend(network).connect_tcp(host, 80)
        return network.connected
    async_network = AsyncNetwork(*unreachable)
    with guarded(fetch_effect(api_url)):
        await Backend(async_network).connect_tcp(host, 80)
    return async_network.connected


@EACH_CLIENT_KIND
@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::a00:1"])
async def test_a_name_for_a_private_address_is_not_connected_to(kind: str, resolve, address):
    resolve(media=[address], kie=[PUBLIC_ADDRESS])
    with pytest.raises(httpx.ConnectError, match=r"private address|metadata service"):
        await connect(kind, "kie.test", "media.test")


@EACH_CLIENT_KIND
async def test_the_checked_address_is_the_one_connected_to(kind: str, resolve):
    resolved = resolve(media=[PUBLIC_ADDRESS, "127.0.0.1"])
    assert await connect(kind, "kie.test", "media.test") == [PUBLIC_ADDRESS]
    assert resolved == ["media.test"]


@EACH_CLIENT_KIND
@pytest.mark.parametrize("api_url", ["kie.test", ""])
async def test_an_unresolvable_api_allows_no_private_address(kind: str, resolve, api_url):
    resolve(media=["10.0.0.1"])
    with pytest.raises(httpx.ConnectError, match=r"private address|metadata service"):
        await connect(kind, api_url, "media.test")


@EACH_CLIENT_KIND
async def test_a_private_api_allows_private_media_hosts(kind: str, resolve):
    resolve(media=["10.0.0.2"], kie=["10.0.0.1"])
    assert await connect(kind, "kie.test", "media.test") == ["10.0.0.2"]


@EACH_CLIENT_KIND
@pytest.mark.parametrize("address", ["168.63.129.16", "169.254.169.254", "100.100.100.200", "fd00:ec2::254"])
async def test_a_metadata_service_is_refused_although_the_api_is_private(kind: str, resolve, address: str):
    resolve(media=[address], kie=["10.0.0.1"])
    with pytest.raises(httpx.ConnectError, match="the address of a metadata service"):
        await connect(kind, "kie.test", "media.test")


@EACH_CLIENT_KIND
async def test_an_unresolvable_media_host_is_a_connect_error(kind: str, resolve):
    resolve()
    with pytest.raises(httpcore.ConnectError, match=r"media\.test"):
        await connect(kind, "kie.test", "media.test")


@pytest.fixture
def resolve_all(monkeypatch) -> None:
    """Let every name resolve to two public addresses."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in (PUBLIC_ADDRESS, "8.8.8.8")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)


@EACH_CLIENT_KIND
async def test_all_addresses_of_a_host_are_tried(kind: str, resolve_all):
    assert await connect(kind, "kie.test", "media.test", PUBLIC_ADDRESS) == [PUBLIC_ADDRESS, "8.8.8.8"]
    with pytest.raises((httpcore.ConnectError, httpcore.ConnectTimeout), match=r"8\.8\.8\.8|93\.184"):
        await connect(kind, "kie.test", "media.test", PUBLIC_ADDRESS, "8.8.8.8")


async def test_a_silent_address_does_not_hold_up_the_next(resolve_all, monkeypatch):
    """If it does not respond at once, the next address is tried as well."""

    class Silent(AsyncNetwork):
        async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
            if host == PUBLIC_ADDRESS:
                self.connected.append(host)
                await anyio.sleep(60)
            return await super().connect_tcp(host, port)

    network = Silent()
    with anyio.fail_after(10):
        await Backend(network).connect_tcp("media.test", 80, 30.0)
    assert network.connected == [PUBLIC_ADDRESS, "8.8.8.8"]


async def test_the_second_of_two_simultaneous_connections_is_closed(resolve_all, monkeypatch):
    """Both addresses accept at the same moment; the client uses one connection."""
    monkeypatch.setattr(_async_network, "ATTEMPT_DELAY", 0.0)
    closed: list[object] = []

    class Both(AsyncNetwork):
        async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            return self

        async def aclose(self) -> None:
            closed.append(self)

    network = Both()
    assert await Backend(network).connect_tcp("media.test", 80) is network
    assert closed == [network]


async def test_connecting_ends_with_its_time_limit(resolve_all):
    class Silent(AsyncNetwork):
        async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
            await anyio.sleep(60)

    with pytest.raises(httpcore.ConnectTimeout, match="no connection in time"):
        await Backend(Silent()).connect_tcp("media.test", 80, 0.02)


async def test_an_exception_of_a_signal_handler_ends_the_search_for_an_address(resolve_all):
    class Limit(Exception):
        pass

    class Broken(AsyncNetwork):
        async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
            raise Limit

    with pytest.raises(Limit):
        await Backend(Broken()).connect_tcp("media.test", 80)


async def test_connections_to_the_api_are_not_guarded():
    """Only downloads are guarded: the API's host is the user's own choice."""
    network = AsyncNetwork()
    backend = Backend(network)
    await backend.connect_tcp("127.0.0.1", 80)
    await backend.connect_unix_socket("/socket")
    await backend.sleep(0.5)
    assert (network.connected, network.slept) == (["127.0.0.1", "/socket"], [0.5])


@EACH_CLIENT_KIND
async def test_tls_verifies_the_name_of_the_media_host(kind: str, resolve, tmp_path):
    """The client connects to an address, but must still verify the certificate against the host name."""
    received: list[bytes] = []

    def tls(connection: socket.socket) -> None:
        with connection:
            received.append(connection.recv(65536))

    resolve(media=["127.0.0.1"], **{"127": ["127.0.0.1"]})
    with scripted_server(lambda _: None) as server:
        server.serve = tls  # type: ignore[method-assign]  # it speaks TLS from now on
        port = server.url.rpartition(":")[2]
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with pytest.raises(DownloadError):
                await client.download(Video(f"https://media.test:{port}/cat.mp4"), tmp_path / "cat.mp4", timeout=1.5)
    assert b"media.test" in received[0]


@EACH_CLIENT_KIND
async def test_a_media_host_that_resolves_to_a_private_address_is_refused(kind: str, resolve, tmp_path):
    resolved = resolve(media=["127.0.0.1"], **{PUBLIC_ADDRESS.partition(".")[0]: [PUBLIC_ADDRESS]})
    with scripted_server(MediaHost(MP4)) as server:
        port = server.url.rpartition(":")[2]
        async with open_client(kind, Kie(API_KEY, PUBLIC_API_URL)) as client:
            with pytest.raises(DownloadError, match=r"127\.0\.0\.1 is a private address"):
                await client.download(Video(f"http://media.test:{port}/cat.mp4"), tmp_path / "cat.mp4")
    assert server.connections == 0
    assert resolved.count("media.test") == 1


@EACH_CLIENT_KIND
async def test_a_proxy_may_be_at_a_private_address(kind: str, monkeypatch, tmp_path):
    """The user chose the proxy, and the proxy resolves host names."""
    requested_hosts: list[bytes] = []

    def proxy(exchange: ServerExchange) -> None:
        requested_hosts.append(exchange.request.partition(b"\r\n")[0])
        MediaHost(MP4)(exchange)

    with scripted_server(proxy) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        async with open_client(kind, Kie(API_KEY, PUBLIC_API_URL)) as client:
            await client.download(Video("http://media.test/cat.mp4"), tmp_path / "cat.mp4")
            with pytest.raises(DownloadError, match="private address"):
                await client.download(Video("http://10.0.0.1/cat.mp4"), tmp_path / "cat.mp4")
    assert requested_hosts == [b"GET http://media.test/cat.mp4 HTTP/1.1"]


async def test_direct_transports_of_an_async_client_get_one_backend_and_proxied_ones_none():
    """httpx has no public API for this: the test fails when its private attributes change."""
    mounts = {
        "http://direct": httpx.AsyncHTTPTransport(),
        "http://proxied": httpx.AsyncHTTPTransport(proxy="http://proxy.test"),
        "all://mock": None,
    }
    async with httpx.AsyncClient(mounts=mounts) as client:
        install_backend(client)
        install_backend(client)
        for transport in (client._transport, mounts["http://direct"]):
            backend = transport._pool._network_backend  # type: ignore[union-attr]  # a private attribute of httpx
            assert isinstance(backend, Backend)
            assert not isinstance(backend._inner, Backend)
        assert not isinstance(mounts["http://proxied"]._pool._network_backend, Backend)  # type: ignore[union-attr]  # a private attribute of httpx
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as client:
        install_backend(client)
        assert (await client.get("http://x.test")).status_code == 200


def test_a_proxied_blocking_connection_has_a_deadline_and_no_guard():
    with httpx.Client(proxy="http://proxy.test") as client:
        _sync_network.install_backend(client)
        (transport,) = client._mounts.values()
        backend = transport._pool._network_backend  # type: ignore[union-attr]  # a private attribute of httpx
        assert isinstance(backend, BlockingBackend)
        with deadline(1.0), guarded(fetch_effect("")):
            assert backend._addresses("10.0.0.1") == ["10.0.0.1"]
