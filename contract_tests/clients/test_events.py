"""Callbacks that feed a wait: it ends with whichever comes first, the callback or the next query."""

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
def short_of_breath(monkeypatch):
    """How long a callback waits for the next query is held in the tests of flows, where time costs nothing."""
    monkeypatch.setattr(_tasks, "MIN_PAUSE", 0.01)


def event(case: ApiCase, ref: TaskRef | None = None) -> CallbackEvent:
    return CallbackEvent(Task(ref or case.ref, "succeeded"))


def another(case: ApiCase) -> TaskRef:
    return TaskRef(case.ref.api, case.ref.route, "another-task")


class Service:
    """Answers queries one after the other, and says when it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked = threading.Semaphore(0)

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked.release()
        return self.answers.pop(0)


async def waiting(client: AnyClient, case: ApiCase, events: object) -> Any:
    with anyio.fail_after(20):
        return await client.wait(case.ref, timeout=7200.0, polling=NEVER, events=events)


def after_the_first_query(service: Service, put: Any) -> threading.Thread:
    def bring() -> None:
        assert service.asked.acquire(timeout=20)
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


@EACH_CLIENT
@respx.mock
async def test_what_a_callback_says_is_not_believed(kind: str, case: ApiCase):
    """The task goes on: the next callback, or the deadline, decides."""
    events = Events()
    service = Service(case.waiting(), case.running(), case.finished())
    respx.get(case.query).mock(side_effect=service)

    def twice() -> None:
        events.put(event(case))
        assert service.asked.acquire(timeout=20)
        events.put(event(case))

    thread = after_the_first_query(service, twice)
    async with opened(kind, case.api) as client:
        assert (await waiting(client, case, events)).status == "succeeded"
    thread.join()
    assert service.answers == []


@EACH_CLIENT
@respx.mock
async def test_two_waits_for_a_task_are_both_told(kind: str, case: ApiCase):
    events = Events()
    service = Service(case.waiting(), case.waiting(), case.finished(), case.finished())
    respx.get(case.query).mock(side_effect=service)

    def once_both_have_asked() -> None:
        assert service.asked.acquire(timeout=20)
        events.put(event(case))

    thread = after_the_first_query(service, once_both_have_asked)
    ended: list[str] = []
    async with opened(kind, case.api) as client:

        async def wait() -> None:
            ended.append((await waiting(client, case, events)).status)

        async with anyio.create_task_group() as both:
            both.start_soon(wait)
            both.start_soon(wait)
    thread.join()
    assert ended == ["succeeded"] * 2


@respx.mock
async def test_a_queue_and_a_stream_will_do(case: ApiCase):
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
    with events.slot(case.ref) as ours, events.slot(another(case)) as theirs:
        events.put(event(case))
        assert theirs.take() is None
        assert ours.take() == event(case)
        assert ours.take() is None


def test_only_so_many_early_callbacks_are_kept(case: ApiCase):
    events = Events(kept=2)
    refs = [TaskRef("kie", "jobs", f"t{number}") for number in range(4)]
    for ref in (refs[0], refs[1], refs[0], refs[2]):
        events.put(event(case, ref))
    found = []
    for ref in refs:
        with events.slot(ref) as box:
            found.append(box.take() is not None)
    assert found == [True, False, True, False]


async def test_a_loop_that_is_gone_is_not_rung():
    """A callback may come when the wait, and its event loop, have ended."""
    events, ref = Events(), TaskRef("kie", "jobs", "t1")
    rings = []

    async def listen() -> None:
        from klingkit._flow._uncancelled import loop_caller  # noqa: PLC0415 - inside a loop of its own

        rings.append(loop_caller())

    for backend in ("asyncio", "trio"):
        thread = threading.Thread(target=anyio.run, args=[listen], kwargs={"backend": backend})
        thread.start()
        thread.join()
    with events.slot(ref) as box:
        for ring in rings:
            with box.notifying(lambda ring=ring: ring(list)):  # type: ignore[misc]  # mypy infers no defaults of lambdas
                events.put(CallbackEvent(Task(ref, "succeeded")))


@EACH_CLIENT
@respx.mock
async def test_confirming_asks_the_api(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=[case.finished("http://media.test/true.mp4")])
    forged = CallbackEvent(Task(case.ref, "failed"), verified=True, id="m1")
    async with opened(kind, case.api) as client:
        sure = await client.confirm(forged)
    assert (sure.task.status, sure.task.videos[0].url) == ("succeeded", "http://media.test/true.mp4")
    assert (sure.confirmed, sure.verified, sure.id) == (True, True, "m1")
    assert not forged.confirmed


@EACH_CLIENT
@respx.mock
async def test_a_callback_about_no_task_is_rejected(kind: str, case: ApiCase):
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
async def test_a_callback_that_never_comes_does_not_prolong_the_wait(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.waiting())
    async with opened(kind, case.api) as client:
        with anyio.fail_after(20), pytest.raises(WaitTimeout):
            await client.wait(case.ref, timeout=0.1, polling=NEVER, events=Events())


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
async def test_events_that_keep_nothing_are_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        Events(kept)


@EACH_CLIENT
@pytest.mark.parametrize("ref", [["x"], "kie:jobs:1", None])
async def test_what_is_no_reference_is_not_waited_for(kind: str, ref: Any):
    async with opened(kind, KIE.api) as client:
        with pytest.raises(InvalidRequest, match="ref: a TaskRef"):
            await client.wait(ref, events=Events())


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("api", [Kie, "kie", None])
async def test_a_client_speaks_with_an_adapter(make: Any, api: Any):
    with pytest.raises(ConfigurationError, match="api: an adapter such as"):
        make(api)
