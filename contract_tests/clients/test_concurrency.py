"""Requests that cost nothing take turns: so many of a client at once, and the others wait, first come first served."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from contract_tests.support.apis import KIE
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import TASK_REF, task_response
from contract_tests.support.script import Script
from klingkit import AsyncClient, Client, NetworkError, TaskRef
from klingkit._flow import _async, _sync
from klingkit._flow._effects import Send
from klingkit._polling import Fixed
from klingkit._query import QUERY_TIMEOUT
from klingkit._tasks import wait

pytestmark = pytest.mark.anyio


class Gate:
    """A service that responds to nothing before it is opened, and counts the requests at once."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.opened_in_loop: anyio.Event | None = None
        self.now = self.most = 0
        self.seen: list[str] = []

    def begin(self, request: httpx.Request) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        self.seen.append(request.url.params["taskId"])

    def end(self, request: httpx.Request) -> httpx.Response:
        self.now -= 1
        return task_response("waiting", taskId=request.url.params["taskId"])

    def blocking(self, request: httpx.Request) -> httpx.Response:
        self.begin(request)
        assert self.opened.wait(10)
        return self.end(request)

    async def suspending(self, request: httpx.Request) -> httpx.Response:
        self.begin(request)
        if not self.opened.is_set():
            self.opened_in_loop = self.opened_in_loop or anyio.Event()
            with anyio.fail_after(10):
                await self.opened_in_loop.wait()
        return self.end(request)

    def open(self) -> None:
        self.opened.set()
        if self.opened_in_loop:
            self.opened_in_loop.set()

    async def reached(self, count: int) -> None:
        """Return once so many requests are under way."""
        with anyio.fail_after(10):
            while self.now < count:
                await anyio.wait_all_tasks_blocked()
                await anyio.to_thread.run_sync(lambda: None)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A closed gate; two requests may be under way at once."""
    monkeypatch.setattr(_sync, "CONCURRENCY", 2)
    monkeypatch.setattr(_async, "CONCURRENCY", 2)
    return Gate()


def numbered(number: int) -> TaskRef:
    return TaskRef("kie", "jobs", f"t{number}")


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_others_wait_and_then_come_in_their_order(gate: Gate, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_async, "CONCURRENCY", 1)  # trio shuffles what becomes ready together
    http = httpx.AsyncClient(transport=httpx.MockTransport(gate.suspending))
    async with http, AsyncClient(KIE.api, http=http) as client, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(client.get, numbered(number))
            await anyio.wait_all_tasks_blocked()
        assert gate.now == 1
        gate.open()
    assert (gate.most, gate.seen) == (1, [f"t{number}" for number in range(20)])


def test_threads_send_in_turns(gate: Gate):
    with (
        httpx.Client(transport=httpx.MockTransport(gate.blocking)) as http,
        Client(KIE.api, http=http) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        done = [threads.submit(client.get, numbered(number)) for number in range(8)]
        gate.open()
        assert [it.result().ref for it in done] == [numbered(number) for number in range(8)]
    assert gate.most <= 2


@EACH_CLIENT_KIND
async def test_a_query_that_gets_no_turn_in_its_time_was_not_sent(gate: Gate, kind: str):
    handler: Any = gate.blocking if kind == "sync" else gate.suspending
    async with (
        open_client(kind, KIE.api, http=user_http_client(kind, handler)) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(2):
            tasks.start_soon(client.get, numbered(number))
        await gate.reached(2)
        with pytest.raises(NetworkError, match="too many other requests of this client"):
            await client.get(TASK_REF, timeout=0.01)
        gate.open()
    assert sorted(gate.seen) == ["t0", "t1"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_query_leaves_its_turn_to_the_next(gate: Gate):
    http = httpx.AsyncClient(transport=httpx.MockTransport(gate.suspending))
    async with http, AsyncClient(KIE.api, http=http) as client:
        for _ in range(3):  # each time all turns are taken, and others wait
            async with anyio.create_task_group() as tasks:
                for number in range(4):
                    tasks.start_soon(client.get, numbered(number))
                await gate.reached(2)
                tasks.cancel_scope.cancel()
            gate.now, gate.opened_in_loop = 0, None
        gate.open()
        assert (await client.get(TASK_REF)).ref == TASK_REF


def test_a_client_outlives_its_event_loop(gate: Gate):
    gate.open()
    http = httpx.AsyncClient(transport=httpx.MockTransport(gate.suspending))
    client = AsyncClient(KIE.api, http=http)
    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(client.get, TASK_REF, backend=backend).ref == TASK_REF


def test_a_poll_waits_for_its_turn_as_long_as_the_wait_lasts():
    """The time in the queue is no part of the poll's own time limit, except near the end of the wait."""
    script = Script(task_response("waiting"), task_response("waiting"), KIE.finished())
    script.run(wait(KIE.api, KIE.ref, timeout=100, polling=Fixed(40), events=None))
    sent = [effect for effect in script.effects if isinstance(effect, Send)]
    assert [(it.timeout, it.queue_time) for it in sent] == [
        (QUERY_TIMEOUT, 100 - QUERY_TIMEOUT),
        (QUERY_TIMEOUT, 60 - QUERY_TIMEOUT),
        (20, 0),
    ]
