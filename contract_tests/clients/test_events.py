"""Callbacks that feed a wait: it ends with whichever comes first, the callback or the next query."""

import queue
import threading
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, Speech
from contract_tests.support.both import EVERYWHERE, Both, opened
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
    monkeypatch.setattr(_tasks, "BREATH", 0.01)


def event(speech: Speech, ref: TaskRef | None = None) -> CallbackEvent:
    return CallbackEvent(Task(ref or speech.ref, "succeeded"))


def another(speech: Speech) -> TaskRef:
    return TaskRef(speech.ref.api, speech.ref.route, "another-task")


class Service:
    """Answers queries one after the other, and says when it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked = threading.Semaphore(0)

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.asked.release()
        return self.answers.pop(0)


async def waiting(client: Both, speech: Speech, events: object) -> Any:
    with anyio.fail_after(20):
        return await client.wait(speech.ref, timeout=7200.0, polling=NEVER, events=events)


def after_the_first_query(service: Service, put: Any) -> threading.Thread:
    def bring() -> None:
        assert service.asked.acquire(timeout=20)
        put()

    thread = threading.Thread(target=bring)
    thread.start()
    return thread


@EVERYWHERE
@respx.mock
async def test_a_callback_ends_a_pause_from_another_thread(kind: str, speech: Speech):
    events, service = Events(), Service(speech.waiting(), speech.finished())
    route = respx.get(speech.query).mock(side_effect=service)
    thread = after_the_first_query(service, lambda: events.put(event(speech)))
    async with opened(kind, speech.api) as client:
        assert (await waiting(client, speech, events)).status == "succeeded"
    thread.join()
    assert route.call_count == 2


@EVERYWHERE
@respx.mock
async def test_a_callback_that_came_before_the_wait_is_not_lost(kind: str, speech: Speech):
    events = Events()
    events.put(event(speech))
    respx.get(speech.query).mock(side_effect=[speech.waiting(), speech.finished()])
    async with opened(kind, speech.api) as client:
        assert (await waiting(client, speech, events)).status == "succeeded"


@EVERYWHERE
@respx.mock
async def test_what_a_callback_says_is_not_believed(kind: str, speech: Speech):
    """The task goes on: the next callback, or the deadline, decides."""
    events = Events()
    service = Service(speech.waiting(), speech.running(), speech.finished())
    respx.get(speech.query).mock(side_effect=service)

    def twice() -> None:
        events.put(event(speech))
        assert service.asked.acquire(timeout=20)
        events.put(event(speech))

    thread = after_the_first_query(service, twice)
    async with opened(kind, speech.api) as client:
        assert (await waiting(client, speech, events)).status == "succeeded"
    thread.join()
    assert service.answers == []


@EVERYWHERE
@respx.mock
async def test_two_waits_for_a_task_are_both_told(kind: str, speech: Speech):
    events = Events()
    service = Service(speech.waiting(), speech.waiting(), speech.finished(), speech.finished())
    respx.get(speech.query).mock(side_effect=service)

    def once_both_have_asked() -> None:
        assert service.asked.acquire(timeout=20)
        events.put(event(speech))

    thread = after_the_first_query(service, once_both_have_asked)
    ended: list[str] = []
    async with opened(kind, speech.api) as client:

        async def wait() -> None:
            ended.append((await waiting(client, speech, events)).status)

        async with anyio.create_task_group() as both:
            both.start_soon(wait)
            both.start_soon(wait)
    thread.join()
    assert ended == ["succeeded"] * 2


@respx.mock
async def test_a_queue_and_a_stream_will_do(speech: Speech):
    inbox: queue.Queue[CallbackEvent] = queue.Queue()
    inbox.put(event(speech))
    respx.get(speech.query).mock(side_effect=[speech.waiting(), speech.finished()] * 2)
    async with opened("sync", speech.api) as client:
        assert (await waiting(client, speech, inbox)).status == "succeeded"
    sent, received = anyio.create_memory_object_stream[CallbackEvent](1)
    with sent, received:
        await sent.send(event(speech))
        async with opened("async", speech.api) as client:
            assert (await waiting(client, speech, received)).status == "succeeded"


def test_a_callback_reaches_the_waits_for_its_task_alone(speech: Speech):
    events = Events()
    with events.box(speech.ref) as ours, events.box(another(speech)) as theirs:
        events.put(event(speech))
        assert theirs.take() is None
        assert ours.take() == event(speech)
        assert ours.take() is None


def test_only_so_many_early_callbacks_are_kept(speech: Speech):
    events = Events(kept=2)
    refs = [TaskRef("kie", "jobs", f"t{number}") for number in range(4)]
    for ref in (refs[0], refs[1], refs[0], refs[2]):
        events.put(event(speech, ref))
    found = []
    for ref in refs:
        with events.box(ref) as box:
            found.append(box.take() is not None)
    assert found == [True, False, True, False]


async def test_a_loop_that_is_gone_is_not_rung():
    """A callback may come when the wait, and its event loop, have ended."""
    events, ref = Events(), TaskRef("kie", "jobs", "t1")
    rings = []

    async def listen() -> None:
        from klingkit._flow._apart import calls_into_this_loop  # noqa: PLC0415 - inside a loop of its own

        rings.append(calls_into_this_loop())

    for backend in ("asyncio", "trio"):
        thread = threading.Thread(target=anyio.run, args=[listen], kwargs={"backend": backend})
        thread.start()
        thread.join()
    with events.box(ref) as box:
        for ring in rings:
            with box.ringing(lambda ring=ring: ring(list)):  # type: ignore[misc]  # mypy infers no defaults of lambdas
                events.put(CallbackEvent(Task(ref, "succeeded")))


@EVERYWHERE
@respx.mock
async def test_confirming_asks_the_api(kind: str, speech: Speech):
    respx.get(speech.query).mock(side_effect=[speech.finished("http://media.test/true.mp4")])
    forged = CallbackEvent(Task(speech.ref, "failed"), verified=True, id="m1")
    async with opened(kind, speech.api) as client:
        sure = await client.confirm(forged)
    assert (sure.task.status, sure.task.videos[0].url) == ("succeeded", "http://media.test/true.mp4")
    assert (sure.confirmed, sure.verified, sure.id) == (True, True, "m1")
    assert not forged.confirmed


@EVERYWHERE
@respx.mock
async def test_a_callback_about_no_task_is_rejected(kind: str, speech: Speech):
    respx.get(speech.query).mock(side_effect=[speech.refused(404)])
    async with opened(kind, speech.api) as client:
        with pytest.raises(CallbackRejected, match="does not exist") as caught:
            await client.confirm(event(speech))
        assert caught.value.ref == speech.ref
        assert isinstance(caught.value.__cause__, NotFound)
        with pytest.raises(InvalidRequest, match="a CallbackEvent"):
            await client.confirm({"taskId": "t1"})
        with pytest.raises(InvalidRequest, match="belongs elsewhere"):
            await client.confirm(event(speech, TaskRef("other", "jobs", "t1")))


@EVERYWHERE
@respx.mock
async def test_a_callback_that_never_comes_does_not_prolong_the_wait(kind: str, speech: Speech):
    respx.get(speech.query).mock(side_effect=lambda _: speech.waiting())
    async with opened(kind, speech.api) as client:
        with anyio.fail_after(20), pytest.raises(WaitTimeout):
            await client.wait(speech.ref, timeout=0.1, polling=NEVER, events=Events())


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
async def test_events_that_keep_nothing_are_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        Events(kept)


@EVERYWHERE
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
