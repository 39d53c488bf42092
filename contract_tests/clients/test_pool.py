"""Tests of a client's connections: kept between requests, closed before the server drops them, and with the client."""

import gc
import gzip
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.emulator.connections import TLS
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF, created_response, task_response
from contract_tests.support.scripted_server import ScriptedServer, ServerExchange, keeps_alive, scripted_server
from klingkit import AsyncClient, ConfigurationError, DownloadError, NetworkError, Video
from klingkit._flow import _async, _idle, _sync
from klingkit._flow._async_pool import AsyncPool
from klingkit._flow._idle import KEPT, MAX_IDLE, Idle
from klingkit._flow._sync_pool import Pool
from klingkit.emulator import Emulator
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio


@keeps_alive
def respond_and_keep_alive(exchange: ServerExchange) -> None:
    exchange.respond(task_response("waiting").content)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that keeps connections open after the response."""
    with scripted_server(respond_and_keep_alive) as server:
        yield server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Replace the pool's clock by the first item of a list."""
    running = [1000.0]
    monkeypatch.setattr(_idle, "monotonic", lambda: running[0])
    return running


@EACH_CLIENT_KIND
async def test_requests_one_after_the_other_share_a_connection(kind: str, server: ScriptedServer):
    async with open_client(kind, Kie(API_KEY, server.url)) as client:
        for _ in range(5):
            await client.get(TASK_REF)
    assert server.connections == 1


@EACH_CLIENT_KIND
async def test_a_connection_that_was_idle_for_too_long_is_closed_and_not_used(
    kind: str, server: ScriptedServer, clock: list[float]
):
    async with open_client(kind, Kie(API_KEY, server.url)) as client:
        await client.get(TASK_REF)
        clock[0] += 0.9 * KEPT
        await client.get(TASK_REF)
        assert server.connections == 1
        clock[0] += 1.1 * KEPT
        await client.get(TASK_REF)
        assert server.connections == 2
        assert server.ended.acquire(timeout=10)


@EACH_CLIENT_KIND
async def test_a_request_closes_what_has_been_idle_for_too_long_elsewhere(
    kind: str, server: ScriptedServer, clock: list[float]
):
    """Such as the media host, which may never be needed again."""
    with scripted_server(respond_and_keep_alive) as other:
        async with open_client(kind, Kie(API_KEY, other.url)) as client:
            await client.get(TASK_REF)
            clock[0] += 1.1 * KEPT
            client.client.api = Kie(API_KEY, server.url)
            await client.get(TASK_REF)
            assert other.ended.acquire(timeout=10)


@EACH_CLIENT_KIND
async def test_a_closed_client_leaves_no_connection_open(kind: str, server: ScriptedServer):
    async with open_client(kind, Kie(API_KEY, server.url)) as client:
        await client.get(TASK_REF)
    assert server.ended.acquire(timeout=10)


@EACH_CLIENT_KIND
async def test_after_a_connection_that_died_within_a_response_a_new_one_is_made(kind: str):
    def die(exchange: ServerExchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    with scripted_server(respond_and_keep_alive, die, respond_and_keep_alive) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            await client.get(TASK_REF)
            with pytest.raises(NetworkError):
                await client.get(TASK_REF)
            assert (await client.get(TASK_REF)).status == "queued"
        assert server.connections == 2


@EACH_CLIENT_KIND
async def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used(kind: str):
    def respond_and_close(exchange: ServerExchange) -> None:
        exchange.respond(task_response("waiting").content)
        exchange.connection.shutdown(socket.SHUT_WR)

    with scripted_server(respond_and_close) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            await client.get(TASK_REF)
            assert server.ended.acquire(timeout=10)
            assert (await client.get(TASK_REF)).status == "queued"
    assert server.connections == 2


async def test_other_protocols_than_http_are_refused():
    request: Any = httpx.Request("GET", "ftp://x.test/")
    with pytest.raises(httpx.UnsupportedProtocol, match="ftp://"):
        Pool(ssl.create_default_context()).handle_request(request)
    with pytest.raises(httpx.UnsupportedProtocol, match="ftp://"):
        await AsyncPool(ssl.create_default_context()).handle_async_request(request)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_concurrent_connections_are_limited(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_async, "CONCURRENCY", 3)
    async with AsyncClient(Kie(API_KEY, server.url)) as client, anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(client.get, TASK_REF)
    assert server.connections <= 3
    assert len(server.requests) == 30


def test_concurrent_connections_of_threads_are_limited(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_sync, "CONCURRENCY", 3)

    async def main() -> None:
        async with open_client("sync", Kie(API_KEY, server.url)) as client, anyio.create_task_group() as tasks:
            for _ in range(30):
                tasks.start_soon(client.get, TASK_REF)

    anyio.run(main)
    assert server.connections <= 3
    assert len(server.requests) == 30


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_query_closes_its_connection():

    async def query(client: AsyncClient, scope: anyio.CancelScope) -> None:
        with scope:
            await client.get(TASK_REF)

    with scripted_server(ServerExchange.stall) as server:
        async with AsyncClient(Kie(API_KEY, server.url)) as client, anyio.create_task_group() as tasks:
            scope = anyio.CancelScope()
            tasks.start_soon(query, client, scope)
            with anyio.fail_after(10):
                while not server.requests:
                    await anyio.to_thread.run_sync(lambda: None)
            scope.cancel()
        server.stopped.set()
        assert server.ended.acquire(timeout=10)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_each_event_loop_has_its_own_connections_while_it_lives(server: ScriptedServer):
    async def query_twice() -> None:
        await client.get(TASK_REF)
        await client.get(TASK_REF)

    client = AsyncClient(Kie(API_KEY, server.url))
    for backend in ("asyncio", "trio", "trio", "asyncio"):
        anyio.run(query_twice, backend=backend)
    gc.collect()
    assert server.connections == 4
    for _ in range(3):  # the connections of the last loop are closed by the next loop, or by `close`
        assert server.ended.acquire(timeout=10)
    anyio.run(client.close)


async def query_in_another_loop(client: AsyncClient, backend: str) -> str:
    return await anyio.to_thread.run_sync(lambda: anyio.run(client.get, TASK_REF, backend=backend).status)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_loop_in_another_thread_takes_no_connections_away(server: ScriptedServer, anyio_backend: str):
    client = AsyncClient(Kie(API_KEY, server.url))
    async with client:
        await client.get(TASK_REF)
        await query_in_another_loop(client, anyio_backend)
        await client.get(TASK_REF)
    assert server.connections == 2
    gc.collect()


@EACH_CLIENT_KIND
async def test_connections_serve_again_after_compressed_responses(kind: str):
    """Reading stops at the end of the compressed data, and what has arrived of the rest is read without waiting."""

    @keeps_alive
    def compress(exchange: ServerExchange) -> None:
        exchange.respond(gzip.compress(task_response("waiting").content), Content_Encoding="gzip")

    with scripted_server(compress) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            for _ in range(3):
                await client.get(TASK_REF)
    assert server.connections == 1


@EACH_CLIENT_KIND
async def test_a_connection_in_use_when_its_client_is_closed_is_closed_after_it(kind: str):
    arrived, go_on = threading.Event(), threading.Event()

    @keeps_alive
    def respond_late(exchange: ServerExchange) -> None:
        arrived.set()
        go_on.wait(10)
        exchange.respond(task_response("waiting").content)

    async def query(client: Any) -> None:
        with suppress(NetworkError, ConfigurationError):
            await client.get(TASK_REF)

    with scripted_server(respond_late) as server:
        async with anyio.create_task_group() as tasks, open_client(kind, Kie(API_KEY, server.url)) as client:
            tasks.start_soon(query, client)
            await anyio.to_thread.run_sync(arrived.wait, 10)
            await client.close()
            go_on.set()
        assert server.ended.acquire(timeout=10)


@EACH_CLIENT_KIND
async def test_a_connection_serves_again_although_its_response_was_read_before(
    kind: str, server: ScriptedServer, monkeypatch
):
    """Instrumentation of httpx's transports reads responses itself."""
    blocking, awaiting = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def send(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        response = blocking(transport, request)
        response.read()
        return response

    async def send_async(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        response = await awaiting(transport, request)
        await response.aread()
        return response

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", send)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", send_async)
    async with open_client(kind, Kie(API_KEY, server.url)) as client:
        for _ in range(3):
            await client.get(TASK_REF)
    assert server.connections == 1


@EACH_CLIENT_KIND
async def test_concurrent_downloads_are_limited(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(_sync, "CONCURRENCY", 2)
    monkeypatch.setattr(_async, "CONCURRENCY", 2)
    lock, running, most_at_once = threading.Lock(), 0, 0

    def serve(exchange: ServerExchange) -> None:
        nonlocal running, most_at_once
        with lock:
            running += 1
            most_at_once = max(most_at_once, running)
        exchange.stopped.wait(0.02)
        with lock:
            running -= 1
        exchange.respond(b"a video", Content_Type="application/octet-stream")

    with scripted_server(serve) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client, anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(client.download, Video(f"{server.url}/{number}"), tmp_path / str(number))
    assert most_at_once == 2
    assert len(server.requests) == 8


@EACH_CLIENT_KIND
async def test_a_download_that_gets_no_turn_in_its_time_was_not_begun(
    kind: str, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(_sync, "CONCURRENCY", 0)
    monkeypatch.setattr(_async, "CONCURRENCY", 0)
    async with open_client(kind, Kie(API_KEY, server.url)) as client:
        with pytest.raises(DownloadError, match="too many other requests of this client"):
            await client.download(Video(f"{server.url}/a.mp4"), tmp_path / "a.mp4", timeout=0.05)
    assert server.requests == []


@EACH_CLIENT_KIND
async def test_mocks_of_httpx_replace_klingkits_connections(kind: str, server: ScriptedServer):
    """The tests of a service mock httpx in this way; a request that got through would cost money."""
    with respx.mock(using="httpx") as router:
        router.post(url__startswith=server.url).mock(return_value=created_response())
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            assert await client.submit(CAT_REQUEST) == TASK_REF
    assert server.requests == []


@EACH_CLIENT_KIND
async def test_an_untrusted_certificate_is_refused(kind: str):
    emulator = Emulator()
    with emulator.serve(tls=TLS) as url:
        async with open_client(kind, Kie(API_KEY, url)) as client:
            with pytest.raises(NetworkError, match="ConnectError"):
                await client.get(TASK_REF)
    assert emulator.requests == ()


def test_connections_are_dropped_before_servers_drop_them():
    """uvicorn and others drop an idle connection after 5 s."""
    assert KEPT < 5


def test_an_expired_connection_is_never_used():
    """Even if another thread puts it back at the same time."""
    idle: Idle[httpx.HTTPTransport] = Idle(0)
    origin = ("https", "x.test", None)
    with httpx.HTTPTransport() as transport:
        idle.put(origin, transport)
        assert idle.take(origin) is None
        assert [*idle.surplus()] == [transport]


def test_the_oldest_of_many_idle_connections_are_closed():
    idle: Idle[httpx.HTTPTransport] = Idle(KEPT)
    origin = ("https", "x.test", None)
    transports = [httpx.HTTPTransport() for _ in range(MAX_IDLE + 2)]
    for transport in transports:
        idle.put(origin, transport)
    assert [*idle.surplus()] == transports[:2]
    assert idle.take(origin) is transports[-1]


class EmptiedByOtherThreads(list[Any]):
    """A list whose items are always taken by another thread first."""

    def remove(self, _: object) -> None:
        raise ValueError

    def pop(self, _: object = 0) -> Any:
        raise IndexError


def test_a_connection_taken_by_another_thread_is_left_to_it():
    idle: Idle[httpx.HTTPTransport] = Idle(KEPT)
    origin = ("https", "x.test", None)
    with httpx.HTTPTransport() as transport:
        idle._idle, idle._surplus = (
            EmptiedByOtherThreads([(float("inf"), origin, transport)]),
            EmptiedByOtherThreads([transport]),
        )
        assert idle.take(origin) is None
        assert [*idle.close()] == []


class Unclosable(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that cannot be closed."""

    def close(self) -> None:
        raise OSError("no")

    async def aclose(self) -> None:
        raise OSError("no")


@pytest.fixture
def closed_transports(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Replace transports by ones that respond without a network; return the list of those that were closed."""
    closed: list[object] = []

    def respond(*_: object) -> httpx.Response:
        return httpx.Response(200, stream=Unclosable())

    async def respond_async(*_: object) -> httpx.Response:
        return respond()

    def close(transport: object) -> None:
        closed.append(transport)

    async def close_async(transport: object) -> None:
        closed.append(transport)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", respond)
    monkeypatch.setattr(httpx.HTTPTransport, "close", close)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", respond_async)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "aclose", close_async)
    return closed


async def test_a_connection_whose_response_cannot_be_closed_is_dropped(closed_transports: list[object]):
    request: Any = httpx.Request("GET", "http://x.test/")
    with pytest.raises(OSError, match="no"):
        Pool(ssl.create_default_context()).handle_request(request).close()
    with pytest.raises(OSError, match="no"):
        await (await AsyncPool(ssl.create_default_context()).handle_async_request(request)).aclose()
    assert len(closed_transports) == 2
