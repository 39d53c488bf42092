"""Events: callbacks that end a pause of a wait."""

import queue
import threading
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.clients import EACH_CLIENT, AnyClient, opened
from klingkit import (
    AsyncClient,
    CallbackEvent,
    CallbackRejected,
    Client,
    ConfigurationError,
    Fixed,
    InvalidRequest,
    NotFound,
    Task,
    TaskRef,
    WaitTimeout,
    _tasks,
)
from klingkit._events import Events
from klingkit.kie import Kie

NEVER = Fixed(3600.0)
pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_minimum(monkeypatch):
    """The minimum between two queries is tested in flows, where time costs nothing."""
    monkeypatch.setattr(_tasks, "MIN_PAUSE", 0.01)


def event(case: ApiCase, ref: TaskRef | None = None) -> CallbackEvent:
    return CallbackEvent(Task(ref or case.ref, "succeeded"))


def another(case: ApiCase) -> TaskRef:
    return TaskRef(case.ref.api, case.ref.route, "another-task")


class Service:
    """Responds to queries from a list, and counts them."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.responses = list(responses)
        self.queried = threading.Semaphore(0)

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.queried.release()
        return self.responses.pop(0)


async def waiting(client: AnyClient, case: ApiCase, events: object) -> Any:
    with anyio.fail_after(20):
        return await client.wait(case.ref, timeout=7200.0, polling=NEVER, events=events)


def after_the_first_query(service: Service, put: Any) -> threading.Thread:
    def bring() -> None:
        assert service.queried.acquire(timeout=20)
        put()

    thread = threading.Thread(target=bring)
    thread.start()
    return thread


@EACH_CLIENT
@respx.mock
async def test_a_callback_ends_a_pause_from_another_thread(kind: str, case: ApiCase):
    events, service = Events(), Service(case.waiting(), case.finished())
    route = respx.get(case.query).mock(side_effect=service)
    thread = after_the_first_query(service, lambda: events.put(event(case)))
    async with opened(kind, case.api) as client:
        assert (await waiting(client, case, events)).status == "succeeded"
    thread.join()
    assert route.call_count == 2


@EACH_CLIENT
@respx.mock
async def test_a_callback_that_came_before_the_wait_is_not_lost(kind: str, case: ApiCase):
    events = Events()
    events.put(event(case))
    respx.get(case.query).mock(side_effect=[case.waiting(), case.finished()])
    async with opened(kind, case.api) as client:
        assert (await waiting(client, case, events)).status == "succeeded"


@respx.mock
async def test_a_queue_and_a_stream_work_as_events(case: ApiCase):
    inbox: queue.Queue[CallbackEvent] = queue.Queue()
    inbox.put(event(case))
    respx.get(case.query).mock(side_effect=[case.waiting(), case.finished()] * 2)
    async with opened("sync", case.api) as client:
        assert (await waiting(client, case, inbox)).status == "succeeded"
    sent, received = anyio.create_memory_object_stream[CallbackEvent](1)
    with sent, received:
        await sent.send(event(case))
        async with opened("async", case.api) as client:
            assert (await waiting(client, case, received)).status == "succeeded"


def test_a_callback_reaches_the_waits_for_its_task_alone(case: ApiCase):
    events = Events()
    with events.slot(case.ref) as one, events.slot(case.ref) as two, events.slot(another(case)) as other:
        events.put(event(case))
        assert other.take() is None
        assert one.take() == two.take() == event(case)
        assert one.take() is None


def test_the_last_early_callbacks_are_kept(case: ApiCase):
    events = Events(kept=2)
    refs = [TaskRef("kie", "jobs", f"t{number}") for number in range(4)]
    for ref in (refs[0], refs[1], refs[0], refs[2]):
        events.put(event(case, ref))
    found = []
    for ref in refs:
        with events.slot(ref) as slot:
            found.append(slot.take() is not None)
    assert found == [True, False, True, False]


async def test_an_event_after_the_end_of_the_loop_is_harmless():
    """A callback may come when the wait, and its event loop, have ended."""
    events, ref = Events(), TaskRef("kie", "jobs", "t1")
    callers = []

    async def listen() -> None:
        from klingkit._flow._uncancelled import loop_caller  # noqa: PLC0415 - inside a loop of its own

        callers.append(loop_caller())

    for backend in ("asyncio", "trio"):
        thread = threading.Thread(target=anyio.run, args=[listen], kwargs={"backend": backend})
        thread.start()
        thread.join()
    with events.slot(ref) as slot:
        for call in callers:
            with slot.notifying(lambda call=call: call(list)):  # type: ignore[misc]  # mypy infers no defaults of lambdas
                events.put(CallbackEvent(Task(ref, "succeeded")))


@EACH_CLIENT
@respx.mock
async def test_confirm_queries_the_api(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=[case.finished("http://media.test/true.mp4")])
    forged = CallbackEvent(Task(case.ref, "failed"), verified=True, id="m1")
    async with opened(kind, case.api) as client:
        sure = await client.confirm(forged)
    assert (sure.task.status, sure.task.videos[0].url) == ("succeeded", "http://media.test/true.mp4")
    assert (sure.confirmed, sure.verified, sure.id) == (True, True, "m1")
    assert not forged.confirmed


@EACH_CLIENT
@respx.mock
async def test_a_callback_about_an_unknown_task_is_rejected(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=[case.refused(404)])
    async with opened(kind, case.api) as client:
        with pytest.raises(CallbackRejected, match="does not exist") as caught:
            await client.confirm(event(case))
        assert caught.value.ref == case.ref
        assert isinstance(caught.value.__cause__, NotFound)
        with pytest.raises(InvalidRequest, match="a CallbackEvent"):
            await client.confirm({"taskId": "t1"})
        with pytest.raises(InvalidRequest, match="belongs elsewhere"):
            await client.confirm(event(case, TaskRef("other", "jobs", "t1")))


@EACH_CLIENT
@respx.mock
async def test_a_missing_callback_does_not_prolong_the_wait(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.waiting())
    async with opened(kind, case.api) as client:
        with anyio.fail_after(20), pytest.raises(WaitTimeout):
            await client.wait(case.ref, timeout=0.1, polling=NEVER, events=Events())


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
async def test_events_with_an_invalid_size_are_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        Events(kept)


@EACH_CLIENT
@pytest.mark.parametrize("ref", [["x"], "kie:jobs:1", None])
async def test_a_wait_for_an_invalid_reference_is_refused(kind: str, ref: Any):
    async with opened(kind, KIE.api) as client:
        with pytest.raises(InvalidRequest, match="ref: a TaskRef"):
            await client.wait(ref, events=Events())


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("api", [Kie, "kie", None])
async def test_a_client_needs_an_adapter(make: Any, api: Any):
    with pytest.raises(ConfigurationError, match="api: an adapter such as"):
        make(api)
