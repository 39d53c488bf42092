"""Tests of `Client.upload` with respx, over real sockets, and with the emulator; blocking, asyncio and trio."""

import socket
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Generator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import API_KEY
from contract_tests.support.scripted_server import ScriptedServer, ServerExchange, scripted_server, within
from contract_tests.support.uploads import FILE_URL, PNG, rejected_response, uploaded_response
from klingkit import AsyncClient, Client, InvalidRequest, KlingkitError, NetworkError, ServerError, _uploads
from klingkit.emulator import Emulator
from klingkit.kie import Kie, Kling21Pro

pytestmark = pytest.mark.anyio

LARGE_SIZE = 20_000_000
STREAM_URL = "https://kieai.redpandaai.co/api/file-stream-upload"


class CallbackError(Exception):
    """Raised by a callback."""


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG + bytes(200_000))
    return path


@pytest.fixture
def open_files(monkeypatch) -> list[Any]:
    """Record the opened files that are to be uploaded; an emulator opens others."""
    files: list[Any] = []
    original = Path.open

    def recording_open(path: Path, *args: Any, **options: Any) -> Any:
        file = original(path, *args, **options)
        files.extend([file] if path.name == "cat.png" else [])
        return file

    monkeypatch.setattr(Path, "open", recording_open)
    return files


@EACH_CLIENT_KIND
@respx.mock
async def test_the_key_goes_to_the_host_of_uploads(kind: str, cat):
    route = respx.post(STREAM_URL).mock(return_value=uploaded_response())
    async with open_client(kind, Kie(API_KEY, "https://api.kie.ai")) as client:
        file = await client.upload(cat, request=Kling21Pro, field="image_url")
    assert Kling21Pro(prompt="a cat", image_url=str(file)).image_url == FILE_URL
    assert route.calls.last.request.headers["Authorization"] == f"Bearer {API_KEY}"
    assert len(respx.calls) == 1


@pytest.mark.parametrize(
    ("options", "variable", "host"),
    [
        ({}, None, "https://kieai.redpandaai.co"),
        ({"base_url": "https://api.kie.ai/"}, None, "https://kieai.redpandaai.co"),
        ({"base_url": "https://relay.example/v"}, None, "https://relay.example/v"),
        ({"base_url": "http://127.0.0.1:8900"}, None, "http://127.0.0.1:8900"),
        ({"base_url": "https://api.kie.ai.example"}, None, "https://api.kie.ai.example"),
        ({}, "https://files.example/", "https://files.example"),
        ({"base_url": "https://relay.example"}, "https://files.example/", "https://relay.example"),
        ({"upload_url": "https://given.example"}, "https://files.example/", "https://given.example"),
    ],
)
def test_uploads_go_to_the_host_of_the_vendor_only_if_the_api_does(options, variable, host, monkeypatch):
    monkeypatch.delenv("KIE_BASE_URL", raising=False)
    monkeypatch.delenv("KIE_UPLOAD_URL", raising=False)
    if variable:
        monkeypatch.setenv("KIE_UPLOAD_URL", variable)
    assert Kie(API_KEY, **options).upload_url == host


@EACH_CLIENT_KIND
@respx.mock
async def test_a_redirect_is_not_followed(kind: str, cat):
    respx.post(STREAM_URL).mock(return_value=httpx.Response(307, headers={"Location": "https://other.example/"}))
    other = respx.route(host="other.example")
    async with open_client(kind, Kie(API_KEY, "https://api.kie.ai")) as client:
        with pytest.raises(KlingkitError, match="307"):
            await client.upload(cat)
    assert not other.called


@EACH_CLIENT_KIND
async def test_failures_that_may_pass_are_retried_within_the_time_limit(kind: str, cat):
    calls: list[bytes] = []

    def respond(request: httpx.Request) -> httpx.Response:
        calls.append(request.read())
        return rejected_response(500)

    async with open_client(kind, Kie(API_KEY, "http://kie.test"), http=user_http_client(kind, respond)) as client:
        with pytest.raises(ServerError):
            await client.upload(cat, timeout=0.9)  # less than the first pause
    assert [PNG in call for call in calls] == [True]


@pytest.fixture(scope="module")
def emulator_url() -> Generator[str]:
    """Serve an emulator in another process, whose memory is not measured."""
    command = [sys.executable, "-m", "klingkit.emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield next(word for word in process.stdout.readline().split() if word.startswith("http://")).rstrip("/")
        finally:
            process.kill()


@EACH_CLIENT_KIND
async def test_a_file_of_20_mb_reaches_the_emulator_with_little_memory(kind: str, tmp_path, emulator_url):
    path = tmp_path / "dance.mp4"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom")
        file.truncate(LARGE_SIZE)
    progress: list[tuple[int, int]] = []
    async with open_client(kind, Kie(API_KEY, emulator_url)) as client:
        tracemalloc.start()
        try:
            file = await client.upload(path, on_progress=lambda *sent: progress.append(sent))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (file.size, file.media_type) == (LARGE_SIZE, "video/mp4")
    async with httpx.AsyncClient() as http:
        assert (await http.head(file.url)).headers["Content-Length"] == str(LARGE_SIZE)
    assert peak < 3_000_000
    sent, totals = zip(*progress, strict=True)
    assert list(sent) == sorted(set(sent))
    assert set(totals) == {sent[-1]}
    assert LARGE_SIZE < sent[-1] < LARGE_SIZE + 2_000


@EACH_CLIENT_KIND
async def test_every_way_of_uploading_works_with_the_emulator(kind: str, cat):
    data = PNG
    with Emulator().serve() as url:
        async with open_client(kind, Kie(API_KEY, url)) as client:
            files = [await client.upload(source) for source in (cat, data, "http://127.0.0.1:9/cat.webp")]
        async with httpx.AsyncClient() as http:
            contents = [await http.get(file.url) for file in files]
    assert [response.content for response in contents[:2]] == [cat.read_bytes(), data]
    assert [file.media_type for file in files] == ["image/png", "image/png", "image/webp"]
    assert all(file.expires and file.url.startswith(f"{url}/files/klingkit/") for file in files)


# Progress


@pytest.mark.parametrize(
    "error",
    [
        *(CallbackError("enough"), OSError("disk"), TimeoutError("mine"), httpx.ReadError("mine"), ValueError("v")),
        *(NetworkError("mine"), ServerError("mine", code=500), StopAsyncIteration("mine")),
    ],
    ids=repr,
)
@EACH_CLIENT_KIND
async def test_an_error_of_the_callback_is_raised_unchanged_and_nothing_is_sent_again(
    kind: str, cat, error: Exception, open_files
):
    calls: list[int] = []

    def report(sent: int, _total: int) -> None:
        calls.append(sent)
        raise error

    with Emulator().serve() as url:
        async with open_client(kind, Kie(API_KEY, url)) as client:
            with pytest.raises(type(error)) as caught:
                await client.upload(cat, on_progress=report)
    assert caught.value is error
    assert len(calls) == 1
    assert all(file.closed for file in open_files)


@EACH_CLIENT_KIND
async def test_an_async_client_touches_the_disk_in_other_threads(kind: str, cat, monkeypatch):
    threads: set[int] = set()

    def record_threads(original: Any) -> Any:
        def record(path: Path, *args: Any, **options: Any) -> Any:
            if path == cat:
                threads.add(threading.get_ident())
            return original(path, *args, **options)

        return record

    monkeypatch.setattr(Path, "stat", record_threads(Path.stat))
    monkeypatch.setattr(Path, "open", record_threads(Path.open))
    async with open_client(
        kind, Kie(API_KEY, "http://kie.test"), http=user_http_client(kind, lambda _: uploaded_response())
    ) as client:
        await client.upload(cat)
    assert threads
    if kind != "sync":
        assert threading.get_ident() not in threads


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_the_callback_of_an_async_client_may_be_a_coroutine_function(cat):
    sent_sizes: list[int] = []

    async def report(sent: int, _total: int) -> None:
        await anyio.lowlevel.checkpoint()
        sent_sizes.append(sent)

    with Emulator().serve() as url:
        async with AsyncClient(Kie(API_KEY, url)) as client:
            await client.upload(cat, on_progress=report)
            await client.upload(PNG, on_progress=report)
    assert len(sent_sizes) > 3
    assert sent_sizes[-1] < sent_sizes[-2]  # the second upload counts from 0 again


async def test_a_blocking_client_refuses_a_coroutine_function(cat):
    async def report(_sent: int, _total: int) -> None: ...

    with Client(Kie(API_KEY, "http://kie.test")) as client, pytest.raises(InvalidRequest, match="on_progress"):
        client.upload(cat, on_progress=report)


# Servers that do not read, or do not respond


class ServerThatDoesNotRead(ScriptedServer):
    """A server that does not read its first connection, and responds on all others."""

    accepted = 0

    def serve(self, connection: socket.socket) -> None:
        self.accepted += 1
        if self.accepted == 1:
            self.stopped.wait(30)
            connection.close()
            return
        with connection, connection.makefile("rb") as file:
            head = b"".join(iter(file.readline, b"\r\n"))
            file.read(int(head.lower().partition(b"content-length:")[2].split()[0]))
            respond(ServerExchange(connection, head, self.stopped))


def respond(exchange: ServerExchange) -> None:
    exchange.respond(uploaded_response().content)


@EACH_CLIENT_KIND
async def test_a_body_that_the_server_does_not_read_is_sent_again_long_before_the_time_limit(
    kind: str, tmp_path, monkeypatch
):
    monkeypatch.setattr(_uploads, "SEND_STALL", 0.5)
    monkeypatch.setattr(_uploads, "RETRY_PAUSES", (0.0, 0.0))
    path = tmp_path / "cat.png"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(LARGE_SIZE)
    with scripted_server(respond, server=ServerThatDoesNotRead) as server, within(20):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            await client.upload(path, timeout=600)
        assert server.connections > 1


@EACH_CLIENT_KIND
async def test_an_upload_without_a_response_is_sent_again(kind: str, cat, monkeypatch):
    monkeypatch.setattr(_uploads, "RESPONSE_STALL", 0.3)
    monkeypatch.setattr(_uploads, "RETRY_PAUSES", (0.0, 0.0))
    with scripted_server(ServerExchange.stall, respond) as server, within(20):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            await client.upload(cat, timeout=600)
        assert len(server.requests) == 2


# Files that change, and interruptions


@EACH_CLIENT_KIND
async def test_an_error_about_a_file_that_cannot_be_read_names_the_source(kind: str, cat, open_files):
    def close(_sent: int, _total: int) -> None:
        open_files[-1].close()

    with Emulator().serve() as url:
        async with open_client(kind, Kie(API_KEY, url)) as client:
            with pytest.raises(InvalidRequest, match="source: the file cannot be read"):
                await client.upload(cat, on_progress=close)


@EACH_CLIENT_KIND
async def test_a_file_that_grows_while_it_is_sent_is_an_error_of_the_network(kind: str, cat):
    def grow(_sent: int, _total: int) -> None:
        with cat.open("ab") as file:
            file.write(bytes(100_000))

    with Emulator().serve() as url:
        async with open_client(kind, Kie(API_KEY, url)) as client:
            with pytest.raises(NetworkError):
                await client.upload(cat, on_progress=grow, timeout=0.9)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancellation_closes_the_file(tmp_path, open_files):
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(LARGE_SIZE)
    with Emulator().serve() as url:
        async with AsyncClient(Kie(API_KEY, url)) as client:
            with anyio.CancelScope() as scope:
                await client.upload(path, on_progress=lambda sent, _: scope.cancel() if sent > 100_000 else None)
    assert scope.cancelled_caught
    assert all(file.closed for file in open_files)
