"""The emulator in process: as on a socket, without one."""

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
from anyio.lowlevel import current_token

from klingkit.emulator import Emulator, Fault
from klingkit.testing import InProcess, transport

BASE = "http://localhost"
KEY = {"Authorization": "Bearer key-of-nobody"}
TURBO = {"model": "kling/v2-5-turbo-text-to-video-pro", "input": {"prompt": "a cat"}}


def made(http: httpx.Client) -> str:
    answer = http.post("/api/v1/jobs/createTask", json=TURBO)
    task_id: str = answer.json()["data"]["taskId"]
    return task_id


def state(http: httpx.Client, task_id: str) -> str:
    word: str = http.get("/api/v1/jobs/recordInfo", params={"taskId": task_id}).json()["data"]["state"]
    return word


def test_a_blocking_client_needs_no_port():
    with httpx.Client(transport=transport(Emulator()), base_url=BASE, headers=KEY) as http:
        assert state(http, made(http)) == "success"


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_nor_does_an_asynchronous_one(anyio_backend):
    async with httpx.AsyncClient(transport=transport(Emulator()), base_url=BASE, headers=KEY) as http:
        task_id = (await http.post("/api/v1/jobs/createTask", json=TURBO)).json()["data"]["taskId"]
        answer = await http.get("/api/v1/jobs/recordInfo", params={"taskId": task_id})
        assert answer.json()["data"]["state"] == "success"


@pytest.mark.anyio
async def test_a_blocking_client_may_be_used_while_a_loop_runs():
    with httpx.Client(transport=transport(Emulator()), base_url=BASE, headers=KEY) as http:
        assert state(http, made(http)) == "success"


def test_threads_share_it_and_its_own_thread_ends_with_it():
    before = threading.active_count()
    shared = transport(Emulator())
    http = httpx.Client(transport=shared, base_url=BASE, headers=KEY)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: made(http), range(40)))
    assert len(ids) == 40
    http.close()
    shared.close()
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        threading.Event().wait(0.01)
    assert threading.active_count() <= before


def test_a_closed_one_starts_anew():
    shared = transport(Emulator())
    for _ in range(2):
        with httpx.Client(transport=shared, base_url=BASE, headers=KEY) as http:
            assert made(http)


def test_a_body_may_come_in_parts():
    def parts():
        yield b'{"model": "kling/v2-5-turbo-text-to-video-pro", '
        yield b'"input": {"prompt": "a cat"}}'

    headers = {**KEY, "Content-Type": "application/json"}
    with httpx.Client(transport=transport(Emulator()), base_url=BASE, headers=headers) as http:
        assert http.post("/api/v1/jobs/createTask", content=parts()).json()["code"] == 200


def test_a_video_comes_whole():
    with httpx.Client(transport=transport(Emulator()), base_url=BASE, headers=KEY) as http:
        record = http.get("/api/v1/jobs/recordInfo", params={"taskId": made(http)}).json()["data"]
        film = http.get(record["resultJson"].split('"')[3])
        assert int(film.headers["Content-Length"]) == len(film.content) > 1000
        assert http.head(film.request.url).content == b""


@pytest.mark.parametrize(
    ("kind", "error"),
    [("drop", httpx.RemoteProtocolError), ("truncate", httpx.RemoteProtocolError), ("stall", httpx.ReadTimeout)],
)
def test_faults_of_the_emulator_strike_as_on_a_socket(kind, error):
    emulator = Emulator(faults=[Fault(kind, seconds=60 if kind == "stall" else None)])
    with httpx.Client(transport=transport(emulator), base_url=BASE, headers=KEY, timeout=1) as http:
        with pytest.raises(error):
            made(http)
        emulator.faults.clear()
        assert made(http)


async def _stall(scope: Any, receive: Any, send: Any) -> None:
    await anyio.sleep(60)


async def _short(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"half"})


async def _drip(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(10):
        await anyio.sleep(0.02)
        await send({"type": "http.response.body", "body": b"drop", "more_body": True})
    await send({"type": "http.response.body"})


async def _gone(scope: Any, receive: Any, send: Any) -> None:
    raise httpx.RemoteProtocolError("the server has closed the connection")


@pytest.mark.parametrize(
    ("app", "error", "message"),
    [
        (_stall, httpx.ReadTimeout, "nothing came for 0.05 s"),
        (_short, httpx.RemoteProtocolError, "the answer ended after 4 bytes of 10"),
        (_gone, httpx.RemoteProtocolError, "the server has closed the connection"),
    ],
    ids=["stall", "short", "gone"],
)
def test_what_goes_wrong_on_a_socket_goes_wrong_here(app, error, message):
    with (
        httpx.Client(transport=InProcess(app, lifespan=False), timeout=0.05) as http,
        pytest.raises(error, match=message),
    ):
        http.get(BASE)

    async def asynchronously() -> None:
        async with httpx.AsyncClient(transport=InProcess(app, lifespan=False), timeout=0.05) as http:
            await http.get(BASE)

    with pytest.raises(error, match=message):
        asyncio.run(asynchronously())


@pytest.mark.parametrize("patience", [0.15, None])
def test_an_answer_may_take_longer_than_the_longest_pause(patience: float | None) -> None:
    with httpx.Client(transport=InProcess(_drip, lifespan=False), timeout=patience) as http:
        assert http.get(BASE).content == b"drop" * 10


class Living:
    """An application that takes down what it is told, and by which event loop; `breaks` is where it fails."""

    def __init__(self, breaks: str = "") -> None:
        self.told: list[tuple[str, object]] = []
        self.breaks = breaks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.told.append((scope["state"]["greeting"], current_token()))
            await _no_content(send)
            return
        for stage in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{stage}"
            self.told.append((stage, current_token()))
            scope["state"]["greeting"] = "hello"
            if stage == self.breaks:
                await send({"type": f"lifespan.{stage}.failed", "message": "out of order"})
                raise ZeroDivisionError(stage)
            await send({"type": f"lifespan.{stage}.complete"})


async def _no_content(send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_an_application_lives_from_its_first_request_to_the_end_of_the_client():
    app = Living()
    with httpx.Client(transport=InProcess(app)) as http:
        assert app.told == []
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(http.get, [BASE] * 4))
    assert [word for word, _ in app.told] == ["startup", *["hello"] * 4, "shutdown"]
    assert len({token for _, token in app.told}) == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_also_in_the_event_loop_of_an_asynchronous_one(anyio_backend):
    app = Living()
    async with httpx.AsyncClient(transport=InProcess(app)) as http:
        async with anyio.create_task_group() as group:
            group.start_soon(http.get, BASE)
            group.start_soon(http.get, BASE)
        await http.get(BASE)
    assert app.told == [(word, current_token()) for word in ("startup", "hello", "hello", "hello", "shutdown")]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_one_that_is_never_closed_is_left_with_the_loop(anyio_backend):
    http = httpx.AsyncClient(transport=InProcess(Living()))
    assert (await http.get(BASE)).status_code == 204


def test_what_breaks_at_the_start_or_the_end_is_told():
    with httpx.Client(transport=InProcess(Living("startup"))) as http:
        for _ in range(2):
            with pytest.raises(ZeroDivisionError, match="startup"):
                http.get(BASE)
    with (
        pytest.raises(ZeroDivisionError, match="shutdown"),
        httpx.Client(transport=InProcess(Living("shutdown"))) as http,
    ):
        http.get(BASE)


async def _refuses(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        return
    raise AssertionError


async def _knows_http_alone(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await _no_content(send)


def test_one_may_refuse_without_raising():
    with (
        httpx.Client(transport=InProcess(_refuses)) as http,
        pytest.raises(RuntimeError, match=r"the application says lifespan\.startup\.failed: no database"),
    ):
        http.get(BASE)


def test_one_that_knows_of_no_life_is_left_alone():
    with httpx.Client(transport=InProcess(_knows_http_alone)) as http:
        assert http.get(BASE).status_code == 204


# The application goes its own way.


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


def test_one_that_was_never_asked_is_never_started():
    app = Living()

    async def use() -> None:
        async with httpx.AsyncClient(transport=InProcess(app)):
            pass

    anyio.run(use)
    assert app.told == []


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
