"""The limits of an account are shared by all threads, tasks and event loops of a client, and by no other process."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT, opened, own_client
from contract_tests.support.forking import in_child
from contract_tests.support.kie import API, CAT, REF, created, record, refused
from klingkit import AsyncClient, Client, ConfigurationError, Pacing, RateLimited, TaskRef

pytestmark = pytest.mark.anyio

ONE = Pacing(creations=1, per=600.0)
"""One creation at once, and none after it in the time of a test."""


class Service:
    """Creates tasks, of which it counts those at once; `opened` lets it respond."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.times.append(time.monotonic())
        return created(f"t{len(self.times)}")

    def most(self, seconds: float) -> int:
        return max(sum(start <= it < start + seconds for it in self.times) for start in self.times)


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds."""
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - it comes from other threads
            await anyio.sleep(0.001)


@EACH_CLIENT
async def test_calls_of_one_client_share_its_limit(kind: str):
    service, refs = Service(), list[TaskRef]()
    async with (
        opened(kind, API, http=own_client(kind, service), pacing=Pacing(creations=3, per=0.2)) as client,
        anyio.create_task_group() as tasks,
    ):

        async def submit() -> None:
            refs.append(await client.submit(CAT))

        for _ in range(12):
            tasks.start_soon(submit)
    assert len(set(refs)) == 12
    assert service.most(0.2) <= 3


@EACH_CLIENT
async def test_another_client_has_limits_of_its_own(kind: str):
    service = Service()
    for _ in range(2):
        async with opened(kind, API, http=own_client(kind, service), pacing=ONE) as client:
            await client.submit(CAT)
            with pytest.raises(RateLimited, match="nothing was sent"):
                await client.submit(CAT, timeout=0.04)
    assert len(service.times) == 2


@EACH_CLIENT
async def test_no_pacing_means_no_waiting(kind: str):
    service = Service()
    api = type(API)("key-of-nobody", API.base_url)
    api.pacing = ONE
    async with opened(kind, api, http=own_client(kind, service), pacing=None) as client:
        for _ in range(3):
            await client.submit(CAT)
    assert len(service.times) == 3


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_submission_leaves_its_turn_to_the_next():
    service = Service()
    pacing = Pacing(creations=1, per=0.3)
    async with AsyncClient(API, http=own_client("async", service), pacing=pacing) as client:
        await client.submit(CAT)
        async with anyio.create_task_group() as tasks:
            with anyio.move_on_after(0.05) as first:
                await client.submit(CAT)
            assert first.cancelled_caught
            tasks.start_soon(client.submit, CAT)
        assert client.unclaimed == []
    assert len(service.times) == 2


def test_an_interrupted_thread_leaves_its_turn_to_the_next(monkeypatch: pytest.MonkeyPatch):
    service = Service()
    with Client(API, http=own_client("sync", service), pacing=Pacing(creations=1, per=0.3)) as client:
        client.submit(CAT)
        real, hits = threading.Event.wait, [KeyboardInterrupt]

        def interrupted(self: threading.Event, timeout: float | None = None) -> bool:
            if hits:
                raise hits.pop()
            return real(self, timeout)

        monkeypatch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT)
        assert client.submit(CAT).id == "t2"
        assert client._limits.get().creations._queue == []  # type: ignore[union-attr]


def test_event_loops_in_threads_share_the_limit_of_a_client():
    """Also those of trio, whose clock begins at a random time."""
    service, backends = Service(), ["asyncio", "trio"] * 4
    client = AsyncClient(API, http=own_client("async", service), pacing=Pacing(creations=2, per=0.2))
    with ThreadPoolExecutor(8) as threads:
        refs = list(threads.map(lambda backend: anyio.run(client.submit, CAT, backend=backend), backends))
    assert len(set(refs)) == 8
    assert service.most(0.2) <= 2


def test_an_end_that_one_thread_sees_frees_the_slot_that_another_waits_for():
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return record("fail")
        return created(REF.id if not done.is_set() else "second")

    done = threading.Event()
    with (
        Client(API, http=own_client("sync", respond), pacing=Pacing(slots=1)) as client,
        ThreadPoolExecutor(1) as thread,
    ):
        ref = client.submit(CAT)
        second = thread.submit(client.submit, CAT)
        limiter: Any = client._limits.get()
        until = time.monotonic() + 10
        while not limiter.creations._queue:
            assert time.monotonic() < until
            time.sleep(0.001)
        done.set()
        assert client.get(ref).done
        assert second.result(5.0).id == "second"


@EACH_CLIENT
async def test_closing_a_client_ends_the_submissions_and_queries_that_wait_for_their_turns(kind: str):
    def respond(request: httpx.Request) -> httpx.Response:
        return created() if request.method == "POST" else record("waiting")

    pacing, ended = Pacing(creations=1, per=600.0, queries_per_second=0.001), list[str]()

    async def call(method: Any, argument: object) -> None:
        with pytest.raises(ConfigurationError, match="closed"):
            await method(argument, timeout=600.0)
        ended.append("closed")

    async with anyio.create_task_group() as tasks:
        async with opened(kind, API, http=own_client(kind, respond), pacing=pacing) as client:
            await client.get(await client.submit(CAT))
            for _ in range(3):
                tasks.start_soon(call, client.submit, CAT)
                tasks.start_soon(call, client.get, REF)
            limits: Any = client.client._limits.get()
            await until(lambda: len(limits.creations._queue) + len(limits.queries._queue) == 6)
        await until(lambda: len(ended) == 6)


def test_a_child_of_a_fork_has_limits_of_its_own():
    with Client(API, http=None, pacing=ONE) as client:
        limits: Any = client._limits.get()
        limits.creations.join(60.0).pause()
        with limits.creations._lock:  # as another thread may hold it just then
            done = in_child(lambda: client._limits.get().creations.join(1.0).pause())  # type: ignore[union-attr]
        assert done == "0.0"
        assert client._limits.get() is limits


@EACH_CLIENT
async def test_a_rejection_for_its_rate_is_tried_again_until_it_goes_through(kind: str):
    """More than three times: it proves that nothing was created."""
    responses = [*[refused(429, 200, "no", **{"Retry-After": "0"})] * 6, created()]
    http = own_client(kind, lambda _: responses.pop(0))
    async with opened(kind, API, http=http, pacing=Pacing(per=0.01)) as client:
        assert await client.submit(CAT) == REF
    assert responses == []
