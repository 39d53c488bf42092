"""The emulator in process: as on a socket, without one."""

from __future__ import annotations

import asyncio
import concurrent.futures
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


def test_one_that_was_never_asked_is_never_started():
    app = Living()

    async def use() -> None:
        async with httpx.AsyncClient(transport=InProcess(app)):
            pass

    anyio.run(use)
    assert app.told == []
