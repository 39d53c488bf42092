"""Downloading through both clients, on real sockets: what lands, what never does, and who is told."""

import gzip
import threading
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT, opened
from contract_tests.support.hostile import Exchange, hostile
from contract_tests.support.kie import KEY, REF, finished
from contract_tests.support.media_host import MediaHost
from contract_tests.support.mp4_files import mp4
from contract_tests.support.slow_server import EACH_BACKEND
from klingkit import AsyncClient, Client, DownloadError, Task, Video
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

SIZE = 300_000
FILM = mp4(SIZE)
OLD = b"the good old one"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a good film lies already."""
    path = tmp_path / "cat.mp4"
    path.write_bytes(OLD)
    return path


def left(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


@EACH_CLIENT
async def test_a_film_comes_home_and_tells_how_far_it_is(kind: str, path):
    seen: list[tuple[int, int | None]] = []
    with hostile(MediaHost(FILM)) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            await client.download(
                Video(f"{server.url}/cat.mp4"), path, on_progress=lambda so_far, of: seen.append((so_far, of))
            )
    assert path.read_bytes() == FILM
    assert left(path) == ["cat.mp4"]
    assert seen == sorted(set(seen))
    assert seen[-1] == (SIZE, SIZE)
    assert len(seen) > 2


@EACH_BACKEND
async def test_on_progress_may_be_a_coroutine_function(path):
    seen: list[int] = []

    async def note(so_far: int, _: int | None) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(so_far)

    with hostile(MediaHost(FILM)) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            await client.download(Video(f"{server.url}/cat.mp4"), path, on_progress=note)
    assert seen[-1] == SIZE


@EACH_CLIENT
@pytest.mark.parametrize(
    "error",
    [LookupError("of one's own"), TimeoutError(), ConnectionResetError(), httpx.ReadTimeout("of one's own")],
    ids=lambda error: type(error).__name__,
)
async def test_what_on_progress_raises_is_raised_and_the_part_is_kept(kind: str, path, error: Exception):
    """It says nothing about the download: no second try, no other error."""

    def refuse(so_far: int, _: int | None) -> None:
        if so_far >= SIZE // 2:
            raise error

    media = MediaHost(FILM)
    with hostile(media) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(type(error)) as caught:
                await client.download(Video(f"{server.url}/cat.mp4"), path, on_progress=refuse)
            assert caught.value is error
            assert path.read_bytes() == OLD
            await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert path.read_bytes() == FILM
    assert media.starts[0] == 0
    assert len(media.starts) == 2
    assert media.starts[1] >= SIZE // 2


class Ready(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is there already, in two pieces."""

    def __iter__(self):
        yield from (FILM[:1000], FILM[1000:])

    async def __aiter__(self):
        for piece in self:
            yield piece


@EACH_CLIENT
async def test_nothing_is_told_after_an_error(kind: str, path):
    seen: list[int] = []

    def refuse(so_far: int, _: int | None) -> None:
        seen.append(so_far)
        raise LookupError

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Ready())))
    async with opened(kind, Kie(KEY, "http://kie.test"), http=own) as client:
        with pytest.raises(LookupError):
            await client.download(Video("http://media.test/cat.mp4"), path, on_progress=refuse)
    assert seen == [1000]


@EACH_BACKEND
async def test_a_cancelled_download_is_gone_on_with(path):
    media = MediaHost(FILM, stop_at=SIZE // 2)
    with hostile(media) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            with anyio.CancelScope() as scope:

                def give_up(so_far: int, _: int | None) -> None:
                    if so_far == SIZE // 2:
                        scope.cancel()

                await client.download(Video(f"{server.url}/cat.mp4"), path, on_progress=give_up)
            assert scope.cancelled_caught
            media.stop_at = None
            await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert path.read_bytes() == FILM
    assert media.starts == [0, SIZE // 2]


@EACH_CLIENT
async def test_a_time_limit_keeps_what_came(kind: str, path):
    media = MediaHost(FILM, stop_at=SIZE // 2)
    with hostile(media) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(DownloadError, match=f"{SIZE // 2} bytes so far, kept for the next try"):
                await client.download(Video(f"{server.url}/cat.mp4"), path, timeout=0.4)
            assert path.read_bytes() == OLD
            media.stop_at = None
            await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert path.read_bytes() == FILM
    assert media.starts == [0, SIZE // 2]


@EACH_CLIENT
async def test_two_at_once_do_not_spoil_each_other(kind: str, path):
    """AnyClient under way at the same time, to the same file: both come home whole."""
    meeting = threading.Barrier(2, timeout=30)

    def meet(exchange: Exchange) -> None:
        meeting.wait()
        MediaHost(FILM)(exchange)

    with hostile(meet) as server:
        async with opened(kind, Kie(KEY, server.url)) as client, anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(partial(client.download, Video(f"{server.url}/cat.mp4"), path))
    assert path.read_bytes() == FILM
    assert left(path) == ["cat.mp4"]


def expired_at_first(media: MediaHost) -> Any:
    """Answer 403 to the old URL, the new one when the API is asked, and the film there."""

    def answer(exchange: Exchange) -> None:
        line = exchange.request.partition(b"\r\n")[0]
        if b"recordInfo" in line:
            host = exchange.request.partition(b"Host: ")[2].partition(b"\r\n")[0].decode()
            exchange.answer(finished(f"http://{host}/cat.mp4?fresh").content)
        elif b"fresh" in line:
            media(exchange)
        else:
            exchange.answer(b"expired", 403)

    return answer


@EACH_CLIENT
async def test_an_expired_url_is_replaced_by_a_fresh_one(kind: str, path):
    with hostile(expired_at_first(MediaHost(FILM))) as server:
        api = Kie(KEY, server.url)
        task = api.read_task(REF, finished(f"{server.url}/cat.mp4?old"))
        async with opened(kind, api) as client:
            await client.download(task, path)
    assert path.read_bytes() == FILM
    assert [KEY.encode() in request for request in server.requests] == [False, True, False]


# What never lands


def lying(film: bytes, **headers: Any) -> Any:
    return MediaHost(film, **headers)


NEVER = {
    "truncated": lying(FILM[:-1000], Content_Length=str(SIZE)),
    "truncated where no length tells": lying(FILM[:-1000], Content_Length=""),
    "lengthened where no length tells": lying(FILM + b"<html>", Content_Length=""),
    "compressed": lying(gzip.compress(FILM), Content_Encoding="gzip"),
    "a page": lying(b"<html><p>gone</p></html>", Content_Type="text/html"),
    "a page in disguise": lying(b"<html><p>gone</p></html>", Content_Type="application/octet-stream"),
    "something else": lying(b"RIFF" * 1000),
    "nothing": lying(b""),
    "an error": lambda exchange: exchange.answer(b"{}", 500),
    "a part that was not requested": lambda exchange: exchange.answer(FILM, 206, Content_Range=f"bytes 0-1/{SIZE}"),
}


@EACH_CLIENT
@pytest.mark.parametrize("never", NEVER.values(), ids=NEVER)
async def test_what_is_no_whole_film_never_lands(kind: str, never: Any, path):
    with hostile(never) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(DownloadError):
                await client.download(Video(f"{server.url}/cat.mp4"), path, timeout=1.0)
    assert path.read_bytes() == OLD


@EACH_CLIENT
async def test_a_film_that_is_too_large_is_not_even_read(kind: str, path):
    media = MediaHost(mp4(50_000_000))
    with hostile(media) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(DownloadError, match="max_bytes"):
                await client.download(Video(f"{server.url}/cat.mp4"), path, max_bytes=1_000_000)
    assert media.sent < 50_000_000
    assert left(path) == ["cat.mp4"]
    assert path.read_bytes() == OLD


# Whom nobody needs to know


@EACH_CLIENT
async def test_a_media_host_learns_nothing_about_us(kind: str, path, tmp_path, monkeypatch):
    """Neither the key, nor the cookies, parameters and password of a client of one's own, nor what a netrc holds."""
    netrc = tmp_path.parent / f"{tmp_path.name}.netrc"
    netrc.write_text("machine 127.0.0.1 login of-netrc password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    options: Any = {"auth": ("of", "their-own"), "cookies": {"session": "theirs"}, "params": {"token": "theirs"}}
    with hostile(MediaHost(FILM)) as target, hostile(partial(redirect, target.url)) as server:
        api = Kie(KEY, server.url)
        task: Task = api.read_task(REF, finished(f"{server.url}/cat.mp4"))
        own: Any = httpx.Client(**options) if kind == "sync" else httpx.AsyncClient(**options)
        async with opened(kind, api, http=own) as client:
            await client.download(task, path)
    netrc.unlink()
    sent = b"".join(server.requests + target.requests)
    assert len(server.requests) == len(target.requests) == 1
    for secret in (KEY.encode(), b"theirs", b"Cookie", b"Authorization", b"hunter2"):
        assert secret.lower() not in sent.lower()


def redirect(url: str, exchange: Exchange) -> None:
    exchange.answer(b"", 302, Location=f"{url}/there.mp4", Set_Cookie="tracked=1")


@EACH_CLIENT
async def test_a_cookie_that_a_media_host_sets_is_not_sent_back(kind: str, path):
    with hostile(MediaHost(FILM, Set_Cookie="tracked=1")) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            await client.download(Video(f"{server.url}/cat.mp4"), path)
            await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert b"tracked" not in b"".join(server.requests)


def test_a_blocking_callback_is_called_in_the_calling_thread(path):
    threads: set[int] = set()
    with hostile(MediaHost(FILM)) as server, Client(Kie(KEY, server.url)) as client:
        client.download(Video(f"{server.url}/cat.mp4"), path, on_progress=lambda *_: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}
