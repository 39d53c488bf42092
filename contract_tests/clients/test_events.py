"""Tests of `Events`: callbacks that end a pause of a wait."""

import queue
import threading
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, AnyClient, open_client
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

POLLING_ONCE_AN_HOUR = Fixed(3600.0)
pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_minimum(monkeypatch):
    """Shorten the minimum pause between two queries; `flows/` tests it on a virtual clock."""
    monkeypatch.setattr(_tasks, "MIN_PAUSE", 0.01)


def event(api_case: ApiCase, ref: TaskRef | None = None) -> CallbackEvent:
    return CallbackEvent(Task(ref or api_case.ref, "succeeded"))


def other_ref(api_case: ApiCase) -> TaskRef:
    return TaskRef(api_case.ref.api, api_case.ref.route, "another-task")


class Service:
    """Responds to queries from a list, and counts them."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.responses = list(responses)
        self.queried = threading.Semaphore(0)

    def __call__(self, _: httpx.Request) -> httpx.Response:
        self.queried.release()
        return self.responses.pop(0)


async def wait_with_events(client: AnyClient, api_case: ApiCase, events: object) -> Any:
    with anyio.fail_after(20):
        return await client.wait(api_case.ref, timeout=7200.0, polling=POLLING_ONCE_AN_HOUR, events=events)


def after_the_first_query(service: Service, put: Any) -> threading.Thread:
    def put_after_query() -> None:
        assert service.queried.acquire(timeout=20)
        put()

    thread = threading.Thread(target=put_after_query)
    thread.start()
    return thread


@EACH_CLIENT_KIND
@respx.mock
async def test_a_callback_ends_a_pause_from_another_thread(kind: str, api_case: ApiCase):
    events, service = Events(), Service(api_case.waiting(), api_case.finished())
    route = respx.get(api_case.query).mock(side_effect=service)
    thread = after_the_first_query(service, lambda: events.put(event(api_case)))
    async with open_client(kind, api_case.api) as client:
        assert (await wait_with_events(client, api_case, events)).status == "succeeded"
    thread.join()
    assert route.call_count == 2


@EACH_CLIENT_KIND
@respx.mock
async def test_a_callback_that_came_before_the_wait_is_not_lost(kind: str, api_case: ApiCase):
    events = Events()
    events.put(event(api_case))
    respx.get(api_case.query).mock(side_effect=[api_case.waiting(), api_case.finished()])
    async with open_client(kind, api_case.api) as client:
        assert (await wait_with_events(client, api_case, events)).status == "succeeded"


@respx.mock
async def test_a_queue_and_a_stream_work_as_events(api_case: ApiCase):
    inbox: queue.Queue[CallbackEvent] = queue.Queue()
    inbox.put(event(api_case))
    respx.get(api_case.query).mock(side_effect=[api_case.waiting(), api_case.finished()] * 2)
    async with open_client("sync", api_case.api) as client:
        assert (await wait_with_events(client, api_case, inbox)).status == "succeeded"
    sent, received = anyio.create_memory_object_stream[CallbackEvent](1)
    with sent, received:
        await sent.send(event(api_case))
        async with open_client("async", api_case.api) as client:
            assert (await wait_with_events(client, api_case, received)).status == "succeeded"


def test_a_callback_reaches_only_the_waits_for_its_task(api_case: ApiCase):
    events = Events()
    with events.slot(api_case.ref) as one, events.slot(api_case.ref) as two, events.slot(other_ref(api_case)) as other:
        events.put(event(api_case))
        assert other.take() is None
        assert one.take() == two.take() == event(api_case)
        assert one.take() is None


def test_the_last_early_callbacks_are_kept(api_case: ApiCase):
    events = Events(kept=2)
    refs = [TaskRef("kie", "jobs", f"t{number}") for number in range(4)]
    for ref in (refs[0], refs[1], refs[0], refs[2]):
        events.put(event(api_case, ref))
    kept = []
    for ref in refs:
        with events.slot(ref) as slot:
            kept.append(slot.take() is not None)
    assert kept == [True, False, True, False]


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
            with slot.notifying(lambda call=call: call(list)):  # type: ignore[misc]  # mypy does not infer the types of lambda defaults
                events.put(CallbackEvent(Task(ref, "succeeded")))


@EACH_CLIENT_KIND
@respx.mock
async def test_confirm_queries_the_api(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=[api_case.finished("http://media.test/true.mp4")])
    forged = CallbackEvent(Task(api_case.ref, "failed"), verified=True, id="m1")
    async with open_client(kind, api_case.api) as client:
        confirmed = await client.confirm(forged)
    assert (confirmed.task.status, confirmed.task.videos[0].url) == ("succeeded", "http://media.test/true.mp4")
    assert (confirmed.confirmed, confirmed.verified, confirmed.id) == (True, True, "m1")
    assert not forged.confirmed


@EACH_CLIENT_KIND
@respx.mock
async def test_a_callback_about_an_unknown_task_is_rejected(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=[api_case.refused(404)])
    async with open_client(kind, api_case.api) as client:
        with pytest.raises(CallbackRejected, match="does not exist") as caught:
            await client.confirm(event(api_case))
        assert caught.value.ref == api_case.ref
        assert isinstance(caught.value.__cause__, NotFound)
        with pytest.raises(InvalidRequest, match="a CallbackEvent"):
            await client.confirm({"taskId": "t1"})
        with pytest.raises(InvalidRequest, match="belongs elsewhere"):
            await client.confirm(event(api_case, TaskRef("other", "jobs", "t1")))


@EACH_CLIENT_KIND
@respx.mock
async def test_a_missing_callback_does_not_prolong_the_wait(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.waiting())
    async with open_client(kind, api_case.api) as client:
        with anyio.fail_after(20), pytest.raises(WaitTimeout):
            await client.wait(api_case.ref, timeout=0.1, polling=POLLING_ONCE_AN_HOUR, events=Events())


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
async def test_events_with_an_invalid_size_are_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        Events(kept)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("ref", [["x"], "kie:jobs:1", None])
async def test_a_wait_for_an_invalid_reference_is_refused(kind: str, ref: Any):
    async with open_client(kind, KIE.api) as client:
        with pytest.raises(InvalidRequest, match="ref: a TaskRef"):
            await client.wait(ref, events=Events())


@pytest.mark.parametrize("make", [Client, AsyncClient])
@pytest.mark.parametrize("api", [Kie, "kie", None])
async def test_a_client_needs_an_adapter(make: Any, api: Any):
    with pytest.raises(ConfigurationError, match="api: an adapter such as"):
        make(api)
