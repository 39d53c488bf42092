"""Tests of downloads by both kinds of client, from a media host on a real socket."""

import gzip
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import API_KEY, TASK_REF, finished_response
from contract_tests.support.media_host import MediaHost
from contract_tests.support.mp4_files import make_mp4
from contract_tests.support.scripted_server import Behaviour, ServerExchange, scripted_server
from contract_tests.support.slow_server import EACH_ASYNC_BACKEND
from klingkit import Client, DownloadError, Task, Video
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

SIZE = 300_000
MP4 = make_mp4(SIZE)
OLD_CONTENT = b"an older video"


@asynccontextmanager
async def open_download(kind: str, behaviour: Behaviour) -> AsyncIterator[Callable[..., Any]]:
    """Serve a video and open a client; yield a function that downloads it."""
    with scripted_server(behaviour) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            yield partial(client.download, Video(f"{server.url}/cat.mp4"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a path where an older video lies."""
    path = tmp_path / "cat.mp4"
    path.write_bytes(OLD_CONTENT)
    return path


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


@EACH_CLIENT_KIND
async def test_a_download_reports_its_progress(kind: str, path):
    reported: list[tuple[int, int | None]] = []
    async with open_download(kind, MediaHost(MP4)) as download:
        await download(path, on_progress=lambda *at: reported.append(at))
    assert path.read_bytes() == MP4
    assert files_beside(path) == ["cat.mp4"]
    assert reported == sorted(set(reported))
    assert reported[-1] == (SIZE, SIZE)
    assert len(reported) > 2


@EACH_ASYNC_BACKEND
async def test_on_progress_may_be_a_coroutine_function(path):
    reported: list[int] = []

    async def note(so_far: int, _: int | None) -> None:
        await anyio.lowlevel.checkpoint()
        reported.append(so_far)

    async with open_download("async", MediaHost(MP4)) as download:
        await download(path, on_progress=note)
    assert reported[-1] == SIZE


@EACH_CLIENT_KIND
@pytest.mark.parametrize(
    "error",
    [LookupError("theirs"), TimeoutError(), ConnectionResetError(), httpx.ReadTimeout("theirs")],
    ids=lambda error: type(error).__name__,
)
async def test_an_error_of_on_progress_is_raised_and_the_part_is_kept(kind: str, path, error: Exception):
    """It is not an error of the download, so it is raised unchanged and the download is not retried."""

    def refuse(so_far: int, _: int | None) -> None:
        if so_far >= SIZE // 2:
            raise error

    media = MediaHost(MP4)
    async with open_download(kind, media) as download:
        with pytest.raises(type(error)) as caught:
            await download(path, on_progress=refuse)
        assert caught.value is error
        assert path.read_bytes() == OLD_CONTENT
        await download(path)
    assert path.read_bytes() == MP4
    assert media.starts[0] == 0
    assert len(media.starts) == 2
    assert media.starts[1] >= SIZE // 2


class TwoPieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of two pieces, both available immediately."""

    def __iter__(self):
        yield from (MP4[:1000], MP4[1000:])

    async def __aiter__(self):
        for piece in self:
            yield piece


@EACH_CLIENT_KIND
async def test_on_progress_is_not_called_after_its_error(kind: str, path):
    reported: list[int] = []

    def refuse(so_far: int, _: int | None) -> None:
        reported.append(so_far)
        raise LookupError

    http = user_http_client(kind, lambda _: httpx.Response(200, stream=TwoPieces()))
    async with open_client(kind, Kie(API_KEY, "http://kie.test"), http=http) as client:
        with pytest.raises(LookupError):
            await client.download(Video("http://media.test/cat.mp4"), path, on_progress=refuse)
    assert reported == [1000]


@EACH_ASYNC_BACKEND
async def test_a_cancelled_download_resumes(path):
    media = MediaHost(MP4, stop_at=SIZE // 2)
    async with open_download("async", media) as download:
        with anyio.CancelScope() as scope:

            def cancel(so_far: int, _: int | None) -> None:
                if so_far == SIZE // 2:
                    scope.cancel()

            await download(path, on_progress=cancel)
        assert scope.cancelled_caught
        media.stop_at = None
        await download(path)
    assert path.read_bytes() == MP4
    assert media.starts == [0, SIZE // 2]


@EACH_CLIENT_KIND
async def test_a_timed_out_download_resumes(kind: str, path):
    media = MediaHost(MP4, stop_at=SIZE // 2)
    async with open_download(kind, media) as download:
        with pytest.raises(DownloadError, match=f"{SIZE // 2} bytes so far, kept for the next try"):
            await download(path, timeout=1.0)
        assert path.read_bytes() == OLD_CONTENT
        media.stop_at = None
        await download(path)
    assert path.read_bytes() == MP4
    assert media.starts == [0, SIZE // 2]


@EACH_CLIENT_KIND
async def test_two_downloads_to_one_path_both_succeed(kind: str, path):
    """Both are under way at the same time."""
    both_requested = threading.Barrier(2, timeout=30)

    def wait_for_both(exchange: ServerExchange) -> None:
        both_requested.wait()
        MediaHost(MP4)(exchange)

    async with open_download(kind, wait_for_both) as download, anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(download, path)
    assert path.read_bytes() == MP4
    assert files_beside(path) == ["cat.mp4"]


# Refused files


REFUSED_RESPONSES = {
    "truncated": MediaHost(MP4[:-1000], Content_Length=str(SIZE)),
    "truncated, without a length": MediaHost(MP4[:-1000], Content_Length=""),
    "lengthened, without a length": MediaHost(MP4 + b"<html>", Content_Length=""),
    "compressed": MediaHost(gzip.compress(MP4), Content_Encoding="gzip"),
    "a page": MediaHost(b"<html><p>gone</p></html>", Content_Type="text/html"),
    "a page in disguise": MediaHost(b"<html><p>gone</p></html>", Content_Type="application/octet-stream"),
    "something else": MediaHost(b"RIFF" * 1000),
    "nothing": MediaHost(b""),
    "an error": lambda exchange: exchange.respond(b"{}", 500),
    "a part that was not requested": lambda exchange: exchange.respond(MP4, 206, Content_Range=f"bytes 0-1/{SIZE}"),
}


@EACH_CLIENT_KIND
@pytest.mark.parametrize("media", REFUSED_RESPONSES.values(), ids=REFUSED_RESPONSES)
async def test_an_incomplete_or_wrong_file_never_replaces_the_old_one(kind: str, media: Any, path):
    async with open_download(kind, media) as download:
        with pytest.raises(DownloadError):
            await download(path, timeout=1.0)
    assert path.read_bytes() == OLD_CONTENT


@EACH_CLIENT_KIND
async def test_a_video_over_max_bytes_is_not_read(kind: str, path):
    media = MediaHost(make_mp4(50_000_000))
    async with open_download(kind, media) as download:
        with pytest.raises(DownloadError, match="max_bytes"):
            await download(path, max_bytes=1_000_000)
    assert media.sent < 50_000_000
    assert files_beside(path) == ["cat.mp4"]
    assert path.read_bytes() == OLD_CONTENT


# Secrets that a media host must not receive


@EACH_CLIENT_KIND
async def test_a_media_host_gets_no_key_cookie_or_password(kind: str, path, tmp_path, monkeypatch):
    """It gets neither the key, nor a user client's cookies, parameters and password, nor a netrc entry."""
    netrc = tmp_path.parent / f"{tmp_path.name}.netrc"
    netrc.write_text("machine 127.0.0.1 login from-netrc password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    options: Any = {"auth": ("of", "their-own"), "cookies": {"session": "theirs"}, "params": {"token": "theirs"}}
    with (
        scripted_server(MediaHost(MP4)) as redirect_target,
        scripted_server(partial(redirect, redirect_target.url)) as server,
    ):
        api = Kie(API_KEY, server.url)
        task: Task = api.read_task(TASK_REF, finished_response(f"{server.url}/cat.mp4"))
        http: Any = httpx.Client(**options) if kind == "sync" else httpx.AsyncClient(**options)
        async with open_client(kind, api, http=http) as client:
            await client.download(task, path)
    netrc.unlink()
    sent = b"".join(server.requests + redirect_target.requests)
    assert len(server.requests) == len(redirect_target.requests) == 1
    for secret in (API_KEY.encode(), b"theirs", b"Cookie", b"Authorization", b"hunter2"):
        assert secret.lower() not in sent.lower()


def redirect(url: str, exchange: ServerExchange) -> None:
    exchange.respond(b"", 302, Location=f"{url}/there.mp4", Set_Cookie="tracked=1")


@EACH_CLIENT_KIND
async def test_a_cookie_that_a_media_host_sets_is_not_sent_back(kind: str, path):
    with scripted_server(MediaHost(MP4, Set_Cookie="tracked=1")) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            for _ in range(2):
                await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert b"tracked" not in b"".join(server.requests)


def test_on_progress_is_called_in_the_calling_thread(path):
    threads: set[int] = set()
    with scripted_server(MediaHost(MP4)) as server, Client(Kie(API_KEY, server.url)) as client:
        client.download(Video(f"{server.url}/cat.mp4"), path, on_progress=lambda *_: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}
