"""An application in process goes its own way, whatever becomes of whoever asks it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import sys
import threading
import time
from typing import Any

import anyio
import httpx
import pytest

from klingkit.testing import InProcess

BASE = "http://localhost"


async def _no_content(send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


class Service:
    """Answers as it is told; `done` is what it has done besides."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.done: list[str] = []
        self.over = anyio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self.handle(self.done, receive, send)
        finally:
            self.over.set()


async def _afterwards(done: list[str], receive: Any, send: Any) -> None:
    await _no_content(send)
    await anyio.sleep(0.1)
    done.append("mail sent")


async def _until_nobody_listens(done: list[str], receive: Any, send: Any) -> None:
    assert (await receive())["type"] == "http.request"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    done.append((await receive())["type"])
    await send({"type": "http.response.body", "body": b"for nobody"})


async def _in_a_thread(done: list[str], receive: Any, send: Any) -> None:
    await anyio.to_thread.run_sync(time.sleep, 0.3)
    done.append("counted")


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize(
    ("handle", "error", "done"),
    [
        (_afterwards, None, "mail sent"),
        (_until_nobody_listens, httpx.ReadTimeout, "http.disconnect"),
        (_in_a_thread, httpx.ReadTimeout, "counted"),
    ],
)
@pytest.mark.anyio
async def test_no_time_limit_of_a_client_stops_it(anyio_backend, handle, error, done):
    service = Service(handle)
    async with httpx.AsyncClient(transport=InProcess(service, lifespan=False), timeout=0.05) as http:
        with pytest.raises(error) if error else contextlib.nullcontext():
            await http.get(BASE)
        assert service.done == []
        with anyio.fail_after(5):
            await service.over.wait()
        assert service.done == [done]


async def _late(done: list[str], receive: Any, send: Any) -> None:
    raise TimeoutError("the database is silent")


async def _exits(done: list[str], receive: Any, send: Any) -> None:
    sys.exit(3)


async def _exits_in_a_task(done: list[str], receive: Any, send: Any) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_exits, done, receive, send)


async def _half(done: list[str], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def _both(done: list[str], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 500, "headers": []})
    await send({"type": "http.response.body"})
    raise KeyError("oops")


@pytest.mark.parametrize(
    ("handle", "error", "message"),
    [
        (_late, TimeoutError, "the database is silent"),
        (_exits, SystemExit, "3"),
        (_exits_in_a_task, httpx.ReadError, r"no longer there: it was ended by SystemExit\(3\)"),
        (_half, httpx.RemoteProtocolError, "the application has ended before its answer"),
        (_both, KeyError, "oops"),
    ],
)
def test_what_it_raises_is_raised_where_it_was_asked(handle, error, message):
    http = httpx.Client(transport=InProcess(Service(handle), lifespan=False))
    for _ in range(2):
        with pytest.raises(error, match=message):
            http.get(BASE)
    http.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_what_it_raises_after_its_answer_is_raised_by_close(anyio_backend):
    async def breaks(done: list[str], receive: Any, send: Any) -> None:
        await _no_content(send)
        await receive()
        await receive()
        raise KeyError("oops")

    service = Service(breaks)
    http = httpx.AsyncClient(transport=InProcess(service, lifespan=False))
    await http.get(BASE)
    await service.over.wait()
    with pytest.raises(KeyError, match="oops"):
        await http.aclose()


def test_what_is_at_work_ends_with_the_client():
    ended: list[str] = []

    async def hang() -> None:
        try:
            await anyio.sleep(60)
        finally:
            ended.append("hung")

    async def handle(tasks: list[Any], receive: Any, send: Any) -> None:
        tasks.append(asyncio.create_task(hang()))
        started.set()
        await hang()

    started = threading.Event()
    http = httpx.Client(transport=InProcess(Service(handle), lifespan=False), timeout=30)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(http.get, BASE)
        assert started.wait(5)
        http.close()
        with pytest.raises(httpx.TransportError):
            asked.result(5)
    assert ended == ["hung", "hung"]


def test_what_is_at_work_ends_with_the_loop_of_whoever_asked():
    ended: list[str] = []

    async def handle(done: list[str], receive: Any, send: Any) -> None:
        try:
            await anyio.sleep(60)
        finally:
            ended.append("hung")

    async def ask() -> None:
        await httpx.AsyncClient(transport=InProcess(Service(handle), lifespan=False), timeout=0.05).get(BASE)

    for backend in ("asyncio", "trio"):
        with pytest.raises(httpx.ReadTimeout):
            anyio.run(ask, backend=backend)
    assert ended == ["hung", "hung"]


def lasting(stage: str) -> Any:
    """An application that does not come to the end of its startup or shutdown."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await _no_content(send)
            return
        for each in ("startup", "shutdown"):
            await receive()
            if each == stage:
                await anyio.sleep(60)
            await send({"type": f"lifespan.{each}.complete"})

    return app


def test_a_start_or_an_end_that_takes_for_ever_is_left(monkeypatch):
    monkeypatch.setattr("klingkit.testing._lifespan.PATIENCE", 0.05)
    http = httpx.Client(transport=InProcess(lasting("startup")), timeout=0.05)
    with pytest.raises(httpx.ReadTimeout, match=r"nothing came for 0\.05 s"):
        http.get(BASE)
    with pytest.raises(TimeoutError, match=r"the application has not shut down within 0\.05 s"):
        http.close()
    with (
        pytest.raises(TimeoutError, match="has not shut down"),
        httpx.Client(transport=InProcess(lasting("shutdown"))) as http,
    ):
        assert http.get(BASE).status_code == 204


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_a_test_that_fails_in_a_task_of_its_life_fails_when_it_ends(anyio_backend):
    async def fail() -> None:
        failed.set()
        pytest.fail("in the background")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await _no_content(send)
            return
        await receive()
        async with anyio.create_task_group() as group:
            await send({"type": "lifespan.startup.complete"})
            group.start_soon(fail)
            await receive()

    failed = anyio.Event()
    http = httpx.AsyncClient(transport=InProcess(app))
    assert (await http.get(BASE)).status_code == 204
    await failed.wait()
    with pytest.raises(BaseExceptionGroup) as caught:
        await http.aclose()
    assert caught.group_contains(pytest.fail.Exception, match="in the background")


def test_an_exit_at_the_start_is_told():
    async def app(scope: Any, receive: Any, send: Any) -> None:
        sys.exit("no key")

    with httpx.Client(transport=InProcess(app)) as http, pytest.raises(SystemExit, match="no key"):
        http.get(BASE)
