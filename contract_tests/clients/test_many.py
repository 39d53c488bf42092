"""Tests of `wait_all`, `as_completed` and `get_many`, with threads and in event loops."""

import json
import threading
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import API_KEY, KIE_API, task_response
from contract_tests.support.scripted_server import ServerExchange, scripted_server
from klingkit import (
    AsyncClient,
    CallbackEvent,
    Client,
    Events,
    Fixed,
    InvalidRequest,
    ServerError,
    Task,
    TaskFailed,
    TaskRef,
    TaskResult,
)
from klingkit._flow._many import WORKERS
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

REFS = [TaskRef("kie", "jobs", f"t{number}") for number in range(3 * WORKERS)]
POLLING_ONCE_AN_HOUR = Fixed(3600.0)


class Service:
    """Reports each task as waiting in its first `waiting_responses` queries, then t1 as failed, others as succeeded."""

    def __init__(self, waiting_responses: int = 1) -> None:
        self.waiting_responses = waiting_responses
        self.queried: dict[str, int] = {}
        self.lock = threading.Lock()
        self.was_queried = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        task_id = request.url.params["taskId"]
        with self.lock:
            self.queried[task_id] = self.queried.get(task_id, 0) + 1
        self.was_queried.set()
        if self.queried[task_id] <= self.waiting_responses:
            return task_response("waiting", taskId=task_id)
        if task_id == "t1":
            return task_response("fail", taskId=task_id, failMsg="no cats")
        return task_response(
            "success", taskId=task_id, resultJson=json.dumps({"resultUrls": [f"http://media.test/{task_id}.mp4"]})
        )


async def completed_results(client: Any, refs: list[TaskRef], **options: Any) -> list[TaskResult]:
    """Return all results that `as_completed` yields."""
    if isinstance(client.client, AsyncClient):
        async with client.as_completed(refs, **options) as completed:
            return [result async for result in completed]

    def collect() -> list[TaskResult]:
        with client.client.as_completed(refs, **options) as completed:
            return list(completed)

    return await anyio.to_thread.run_sync(collect)


@EACH_CLIENT_KIND
async def test_all_tasks_are_waited_for_and_each_has_its_own_result(kind: str):
    service = Service()
    async with open_client(kind, KIE_API, http=user_http_client(kind, service)) as client:
        results = await client.wait_all(REFS, polling=Fixed(0.01))
    assert [result.ref for result in results] == REFS
    assert isinstance(results[1].error, TaskFailed)
    videos = [result.result().videos[0].url for result in results if result.error is None]
    assert videos == [f"http://media.test/{ref.id}.mp4" for ref in REFS if ref.id != "t1"]
    assert set(service.queried.values()) == {2}


@EACH_CLIENT_KIND
async def test_as_completed_yields_every_result(kind: str):
    async with open_client(kind, KIE_API, http=user_http_client(kind, Service())) as client:
        completed = await completed_results(client, REFS[:5], polling=Fixed(0.01))
    assert sorted(result.ref.id for result in completed) == ["t0", "t1", "t2", "t3", "t4"]


@EACH_CLIENT_KIND
async def test_no_tasks_have_no_results(kind: str):
    async with open_client(kind, KIE_API, http=user_http_client(kind, Service())) as client:
        assert await client.wait_all([]) == []
        assert await client.get_many([]) == []


@EACH_CLIENT_KIND
async def test_many_tasks_are_queried_once_each(kind: str):
    """A failed task is a result like any other, and one named twice is queried once."""
    service = Service(0)
    async with open_client(kind, KIE_API, http=user_http_client(kind, service)) as client:
        results = await client.get_many([*REFS, REFS[0]])
    assert [result.ref for result in results] == [*REFS, REFS[0]]
    assert [result.result().status for result in results[:3]] == ["succeeded", "failed", "succeeded"]
    assert set(service.queried.values()) == {1}


@EACH_CLIENT_KIND
async def test_an_error_ends_its_own_query_alone(kind: str):
    def respond(request: httpx.Request) -> httpx.Response:
        task_id = request.url.params["taskId"]
        return httpx.Response(500) if task_id == "t1" else task_response("waiting", taskId=task_id)

    async with open_client(kind, KIE_API, http=user_http_client(kind, respond)) as client:
        results = await client.get_many(REFS[:3])
        with pytest.raises(InvalidRequest, match="belongs elsewhere"):
            await client.get_many([REFS[0], TaskRef("relay", "text2video", "t1")])
    assert [result.task is None for result in results] == [False, True, False]
    with pytest.raises(ServerError):
        results[1].result()


@EACH_CLIENT_KIND
async def test_one_task_may_be_named_twice(kind: str):
    service = Service(0)
    async with open_client(kind, KIE_API, http=user_http_client(kind, service)) as client:
        first, _, again = await client.wait_all([REFS[0], REFS[1], REFS[0]])
    assert first is again
    assert service.queried == {"t0": 1, "t1": 1}


@EACH_CLIENT_KIND
async def test_an_event_ends_a_pause(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("klingkit._many.MIN_PAUSE", 0.01)
    service, events = Service(), Events()
    async with (
        open_client(kind, KIE_API, http=user_http_client(kind, service)) as client,
        anyio.create_task_group() as tasks,
    ):
        results: list[TaskResult] = []

        async def wait() -> None:
            results.extend(await client.wait_all(REFS[:1], polling=POLLING_ONCE_AN_HOUR, events=events))

        tasks.start_soon(wait)
        with anyio.fail_after(10):
            while not results:
                events.put(CallbackEvent(Task(REFS[0], "succeeded")))
                await anyio.to_thread.run_sync(service.was_queried.wait, 10)
                await anyio.lowlevel.checkpoint()
    assert results[0].error is None


class RaisingPolicy:
    """A polling policy that raises."""

    def pause(self, _: float) -> float:
        raise LookupError("no policy")


@EACH_CLIENT_KIND
async def test_an_error_of_a_policy_is_raised_where_results_are_read(kind: str):
    async with open_client(kind, KIE_API, http=user_http_client(kind, Service())) as client:
        with pytest.raises(LookupError, match="no policy"):
            await client.wait_all(REFS[:3], polling=RaisingPolicy())


async def test_an_error_raised_in_the_block_is_raised_unchanged():
    """The task group of the async client would wrap it in an exception group."""
    async with open_client("async", KIE_API, http=user_http_client("async", Service())) as client:
        with pytest.raises(LookupError, match="enough"):
            async with client.as_completed(REFS, polling=POLLING_ONCE_AN_HOUR):
                raise LookupError("enough")
    with (
        Client(KIE_API, http=user_http_client("sync", Service())) as blocking,
        pytest.raises(LookupError, match="enough"),
        blocking.as_completed(REFS, polling=POLLING_ONCE_AN_HOUR),
    ):
        raise LookupError("enough")


@EACH_CLIENT_KIND
async def test_leaving_early_ends_the_queries(kind: str):
    """Leaving the block does not wait for a server that does not respond."""
    with scripted_server(ServerExchange.stall) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            if kind == "async":
                with anyio.fail_after(10):
                    async with client.as_completed(REFS):
                        pass
            else:
                blocking: Any = client.client
                with blocking.as_completed(REFS):
                    pass


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_wait_for_many_ends(anyio_backend: str):
    async with open_client("async", KIE_API, http=user_http_client("async", Service())) as client:
        with anyio.move_on_after(0.05) as limit:
            await client.wait_all(REFS, polling=POLLING_ONCE_AN_HOUR)
    assert limit.cancelled_caught
