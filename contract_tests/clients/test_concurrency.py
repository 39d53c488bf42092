"""Tests of the limit on concurrent unpaid requests of one client: the others queue, first come, first served."""

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


class GatedService:
    """A service that holds back all responses until it is opened, and counts concurrent requests."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.opened_in_loop: anyio.Event | None = None
        self.running = self.most_at_once = 0
        self.task_ids: list[str] = []

    def begin(self, request: httpx.Request) -> None:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        self.task_ids.append(request.url.params["taskId"])

    def end(self, request: httpx.Request) -> httpx.Response:
        self.running -= 1
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
        """Return once `count` requests are under way."""
        with anyio.fail_after(10):
            while self.running < count:
                await anyio.wait_all_tasks_blocked()
                await anyio.to_thread.run_sync(lambda: None)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> GatedService:
    """Return a closed service; the client may send two requests at once."""
    monkeypatch.setattr(_sync, "CONCURRENCY", 2)
    monkeypatch.setattr(_async, "CONCURRENCY", 2)
    return GatedService()


def task_ref(number: int) -> TaskRef:
    return TaskRef("kie", "jobs", f"t{number}")


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_waiting_requests_are_sent_in_their_order(service: GatedService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_async, "CONCURRENCY", 1)  # trio shuffles tasks that become ready together
    http = httpx.AsyncClient(transport=httpx.MockTransport(service.suspending))
    async with http, AsyncClient(KIE.api, http=http) as client, anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(client.get, task_ref(number))
            await anyio.wait_all_tasks_blocked()
        assert service.running == 1
        service.open()
    assert (service.most_at_once, service.task_ids) == (1, [f"t{number}" for number in range(20)])


def test_threads_send_in_turns(service: GatedService):
    with (
        httpx.Client(transport=httpx.MockTransport(service.blocking)) as http,
        Client(KIE.api, http=http) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        done = [threads.submit(client.get, task_ref(number)) for number in range(8)]
        service.open()
        assert [future.result().ref for future in done] == [task_ref(number) for number in range(8)]
    assert service.most_at_once <= 2


@EACH_CLIENT_KIND
async def test_a_query_that_gets_no_turn_in_its_time_was_not_sent(service: GatedService, kind: str):
    handler: Any = service.blocking if kind == "sync" else service.suspending
    async with (
        open_client(kind, KIE.api, http=user_http_client(kind, handler)) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(2):
            tasks.start_soon(client.get, task_ref(number))
        await service.reached(2)
        with pytest.raises(NetworkError, match="too many other requests of this client"):
            await client.get(TASK_REF, timeout=0.01)
        service.open()
    assert sorted(service.task_ids) == ["t0", "t1"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_query_leaves_its_turn_to_the_next(service: GatedService):
    http = httpx.AsyncClient(transport=httpx.MockTransport(service.suspending))
    async with http, AsyncClient(KIE.api, http=http) as client:
        for _ in range(3):  # each time two requests are under way and two more wait
            async with anyio.create_task_group() as tasks:
                for number in range(4):
                    tasks.start_soon(client.get, task_ref(number))
                await service.reached(2)
                tasks.cancel_scope.cancel()
            service.running, service.opened_in_loop = 0, None
        service.open()
        assert (await client.get(TASK_REF)).ref == TASK_REF


def test_a_client_outlives_its_event_loop(service: GatedService):
    service.open()
    http = httpx.AsyncClient(transport=httpx.MockTransport(service.suspending))
    client = AsyncClient(KIE.api, http=http)
    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(client.get, TASK_REF, backend=backend).ref == TASK_REF


def test_a_poll_waits_for_its_turn_as_long_as_the_wait_lasts():
    """Time in the queue does not count against a poll's own time limit, except near the end of the wait."""
    script = Script(task_response("waiting"), task_response("waiting"), KIE.finished())
    script.run(wait(KIE.api, KIE.ref, timeout=100, polling=Fixed(40), events=None))
    sent = [effect for effect in script.effects if isinstance(effect, Send)]
    assert [(poll.timeout, poll.queue_time) for poll in sent] == [
        (QUERY_TIMEOUT, 100 - QUERY_TIMEOUT),
        (QUERY_TIMEOUT, 60 - QUERY_TIMEOUT),
        (20, 0),
    ]
