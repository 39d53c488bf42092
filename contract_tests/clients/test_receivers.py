"""Receivers: checked, confirmed, handled once, and an answer that makes the vendor deliver again where that helps."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
import respx

from contract_tests.support.apis import NATIVE, ApiCase
from contract_tests.support.clients import EACH_CLIENT
from contract_tests.support.signatures import WEBHOOK_KEY, by_standard_webhooks
from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError
from klingkit.callbacks import AsyncReceiver, CallbackUrls, Events, MemoryStore, Receiver

pytestmark = pytest.mark.anyio
SECRET = "secret-of-nobody"


class Ours:
    """One kind of receiver, whose deliveries are awaited."""

    def __init__(self, receiver: Receiver | AsyncReceiver) -> None:
        self.receiver = receiver

    async def deliver(self, answer: httpx.Response | bytes, headers: Any = (), path: str = "") -> tuple[int, str]:
        body = answer if isinstance(answer, bytes) else answer.content
        if isinstance(self.receiver, AsyncReceiver):
            reply = await self.receiver.handle(body, headers, path)
        else:
            reply = await anyio.to_thread.run_sync(self.receiver.handle, body, headers, path)
        return reply.status, reply.text


@asynccontextmanager
async def receiving(kind: str, case: ApiCase, handler: Any = None, **options: Any) -> AsyncIterator[Ours]:
    if kind == "sync":
        with Client(case.api) as client:
            yield Ours(Receiver(client, handler, **options))
    else:
        async with AsyncClient(case.api) as asking:
            yield Ours(AsyncReceiver(asking, handler, **options))


@EACH_CLIENT
@respx.mock
async def test_the_handler_sees_once_what_the_api_says(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.finished("http://media.test/true.mp4"))
    handled: list[CallbackEvent] = []
    async with receiving(kind, case, handled.append) as ours:
        forged = case.finished("http://evil.test/other.mp4")
        assert await ours.deliver(forged) == (200, "handled")
        assert await ours.deliver(forged) == (200, "handled before")
    (event,) = handled
    assert event.confirmed
    assert event.task.videos[0].url == "http://media.test/true.mp4"
    assert event.raw == json.loads(forged.content)


@EACH_CLIENT
@respx.mock
async def test_each_state_is_handled(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=[case.running(), case.finished()])
    handled: list[CallbackEvent] = []
    async with receiving(kind, case, handled.append) as ours:
        await ours.deliver(case.running())
        await ours.deliver(case.finished())
    assert [event.task.status for event in handled] == ["running", "succeeded"]


@EACH_CLIENT
@respx.mock
async def test_an_end_that_the_api_does_not_know_yet_is_delivered_again(kind: str, case: ApiCase):
    """A forged one hides nothing, and a true one that comes before the query knows of it is not lost."""
    respx.get(case.query).mock(side_effect=[case.running(), case.finished()])
    handled: list[CallbackEvent] = []
    async with receiving(kind, case, handled.append) as ours:
        assert await ours.deliver(case.finished()) == (503, "not confirmed; deliver again")
        assert await ours.deliver(case.finished()) == (200, "handled")
    assert [event.task.status for event in handled] == ["succeeded"]


@EACH_CLIENT
@respx.mock
async def test_signed_deliveries_of_one_state_are_handled_once(kind: str):
    """Each change is told, and the query may know of the end already when the first is."""
    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    handled: list[CallbackEvent] = []
    bodies = [NATIVE.waiting().content, NATIVE.running().content, NATIVE.finished().content]
    async with receiving(kind, NATIVE, handled.append, keys=[WEBHOOK_KEY]) as ours:
        replies = [
            await ours.deliver(body, by_standard_webhooks(body, f"m{number}")) for number, body in enumerate(bodies)
        ]
    assert replies == [(200, "handled"), (200, "handled before"), (200, "handled before")]
    assert [event.task.status for event in handled] == ["succeeded"]


@EACH_CLIENT
@respx.mock
async def test_what_the_handler_could_not_do_is_delivered_again(kind: str, case: ApiCase, caplog):
    respx.get(case.query).mock(side_effect=lambda _: case.finished())
    troubles: list[Exception] = [LookupError("the disk is full")]

    def handler(_: CallbackEvent) -> None:
        if troubles:
            raise troubles.pop()

    async with receiving(kind, case, handler) as ours:
        assert await ours.deliver(case.finished()) == (500, "failed; deliver again")
        assert await ours.deliver(case.finished()) == (200, "handled")
    assert "the disk is full" in caplog.text


@EACH_CLIENT
@respx.mock
@pytest.mark.parametrize("trouble", ["network", "server", "unreadable"])
async def test_what_could_not_be_confirmed_is_delivered_again(kind: str, case: ApiCase, trouble: str):
    answers: dict[str, Any] = {
        "network": httpx.ConnectError("refused"),
        "server": case.refused(500),
        "unreadable": httpx.Response(200),
    }
    respx.get(case.query).mock(side_effect=[answers[trouble]])
    handled: list[CallbackEvent] = []
    async with receiving(kind, case, handled.append) as ours:
        assert await ours.deliver(case.finished()) == (503, "not confirmed; deliver again")
    assert handled == []


@EACH_CLIENT
@respx.mock
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"<html>"])
async def test_what_cannot_be_read_is_rejected_without_a_question(kind: str, case: ApiCase, body: bytes):
    async with receiving(kind, case) as ours:
        assert await ours.deliver(body) == (400, "rejected")


@EACH_CLIENT
@respx.mock
async def test_a_callback_about_no_task_is_rejected(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=[case.refused(404)])
    async with receiving(kind, case) as ours:
        assert await ours.deliver(case.finished()) == (400, "rejected")


@EACH_CLIENT
@respx.mock
async def test_a_known_sender_may_be_ahead_of_the_api(kind: str):
    """A query may not know a task that was created a moment ago: its callback must not be lost."""
    respx.get(NATIVE.query).mock(side_effect=[NATIVE.refused(404), NATIVE.refused(404), NATIVE.finished()])
    body = NATIVE.finished().content
    urls = CallbackUrls("https://studio.example", SECRET)
    async with receiving(kind, NATIVE, urls=urls) as ours:
        assert await ours.deliver(body, (), urls.url("7")) == (503, "not confirmed; deliver again")
    async with receiving(kind, NATIVE, keys=[WEBHOOK_KEY]) as ours:
        assert await ours.deliver(body, by_standard_webhooks(body)) == (503, "not confirmed; deliver again")
        assert await ours.deliver(body, by_standard_webhooks(body)) == (200, "handled")


@EACH_CLIENT
@respx.mock
async def test_without_asking_the_signature_alone_counts(kind: str):
    handled: list[CallbackEvent] = []
    body = NATIVE.finished().content
    async with receiving(kind, NATIVE, handled.append, keys=[WEBHOOK_KEY], confirm=False) as ours:
        assert await ours.deliver(body) == (400, "rejected")
        assert await ours.deliver(body, by_standard_webhooks(body)) == (200, "handled")
        assert await ours.deliver(body, by_standard_webhooks(body)) == (200, "handled before")
        assert await ours.deliver(body, by_standard_webhooks(body, "m2")) == (200, "handled before")
    assert [(event.id, event.verified, event.confirmed) for event in handled] == [("m1", True, False)]


@EACH_CLIENT
@respx.mock
async def test_a_delivery_under_way_is_not_handled_beside_it(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.finished())
    begun, go_on = threading.Event(), threading.Event()
    here, there = anyio.Event(), anyio.Event()

    def slowly(_: CallbackEvent) -> None:
        begun.set()
        assert go_on.wait(20)

    async def slowly_too(_: CallbackEvent) -> None:
        here.set()
        await there.wait()

    replies = []
    async with (
        receiving(kind, case, slowly if kind == "sync" else slowly_too) as ours,
        anyio.create_task_group() as two,
    ):

        async def first() -> None:
            replies.append(await ours.deliver(case.finished()))

        two.start_soon(first)
        if kind == "sync":
            await anyio.to_thread.run_sync(begun.wait, 20)
        else:
            await here.wait()
        assert await ours.deliver(case.finished()) == (409, "being handled")
        go_on.set()
        there.set()
    assert replies == [(200, "handled")]


@EACH_CLIENT
@respx.mock
async def test_events_reach_whoever_waits(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.finished())
    events = Events()
    with events.slot(case.ref) as box:
        async with receiving(kind, case, events=events) as ours:
            await ours.deliver(case.running())
        told = box.take()
    assert told is not None
    assert told.task.status == "succeeded"


class Shelf:
    """A store of coroutines."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def seen(self, key: str) -> bool:
        return key in self.keys

    async def record(self, key: str) -> None:
        self.keys.append(key)


@respx.mock
async def test_a_store_may_be_asked_with_await(case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.finished())
    shelf = Shelf()
    async with receiving("async", case, store=shelf) as ours:
        assert await ours.deliver(case.finished()) == (200, "handled")
    async with receiving("async", case, store=shelf) as ours:
        assert await ours.deliver(case.finished()) == (200, "handled before")
    assert shelf.keys == [f"{case.ref} {case.words['succeeded']}"]


class Broken:
    """A store whose database is away, for one of its two questions."""

    def __init__(self, where: str) -> None:
        self.where = where

    def seen(self, _: str) -> bool:
        return self._fail("seen")

    def record(self, _: str) -> None:
        self._fail("record")

    def _fail(self, at: str) -> bool:
        if self.where == at:
            raise OSError("the database is away")
        return False


@EACH_CLIENT
@respx.mock
@pytest.mark.parametrize("where", ["seen", "record"])
async def test_a_store_that_fails_is_told_of_and_delivered_to_again(kind: str, where: str, caplog):
    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    async with receiving(kind, NATIVE, store=Broken(where)) as ours:
        assert await ours.deliver(NATIVE.finished()) == (503, "not recorded; deliver again")
    (line,) = [record.klingkit for record in caplog.records if record.name == "klingkit"]
    assert line == {"event": "store-failed", "ref": str(NATIVE.ref)}
    assert "the database is away" in caplog.text


def test_the_oldest_deliveries_are_forgotten():
    store = MemoryStore(kept=2)
    for key in "abc":
        store.record(key)
    assert [store.seen(key) for key in "abc"] == [False, True, True]


# Paths that nobody can guess


@EACH_CLIENT
@respx.mock
async def test_a_path_of_its_own_says_what_it_was_made_for(kind: str, case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.finished())
    urls = CallbackUrls("https://studio.example/kling/", SECRET)
    handled: list[CallbackEvent] = []
    async with receiving(kind, case, handled.append, urls=urls) as ours:
        path = urls.url("order 7/猫").removeprefix("https://studio.example")
        assert await ours.deliver(case.finished(), (), path) == (200, "handled")
        assert await ours.deliver(case.finished(), (), path[:-1]) == (400, "rejected")
        assert await ours.deliver(case.finished()) == (400, "rejected")
    assert [event.name for event in handled] == ["order 7/猫"]


# ASGI


@asynccontextmanager
async def mounted(case: ApiCase, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncClient(case.api) as client:
        transport = httpx.ASGITransport(AsyncReceiver(client, **options))
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
            yield http


@respx.mock
async def test_a_receiver_is_an_application(case: ApiCase):
    respx.get(case.query).mock(side_effect=lambda _: case.finished())
    async with mounted(case, max_bytes=2000) as http:
        reply = await http.post("/kling", content=case.finished().content)
        assert (reply.status_code, reply.text) == (200, "handled")
        assert (await http.get("/kling")).headers["Allow"] == "POST"
        assert (await http.post("/kling", content=b"x" * 2001)).status_code == 413


async def test_a_sender_that_is_gone_is_not_waited_for(case: ApiCase):
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with AsyncClient(case.api) as client:
        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        await AsyncReceiver(client)(scope, receive, send)
    assert sent[0]["status"] == 413


async def test_a_server_may_start_and_stop_it(case: ApiCase):
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    async with AsyncClient(case.api) as client:
        receiver = AsyncReceiver(client)
        await receiver({"type": "lifespan"}, receive, send)
        with pytest.raises(RuntimeError, match="not by websocket"):
            await receiver({"type": "websocket"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize("keys", ["", [""], ["whsec_"], ["whsec_not base64!"], [None]])
async def test_a_key_that_is_none_is_refused_before_a_delivery_comes(keys: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="key") as caught:
        Receiver(client, keys=keys)
    assert "not base64!" not in str(caught.value)
    async with AsyncClient(NATIVE.api) as asking:
        with pytest.raises(ConfigurationError, match="key"):
            AsyncReceiver(asking, keys=keys)


async def test_a_receiver_has_a_client_of_its_own_kind():
    with (
        Client(NATIVE.api) as client,
        pytest.raises(ConfigurationError, match="AsyncReceiver takes AsyncClient, not Client"),
    ):
        AsyncReceiver(client)  # type: ignore[arg-type]  # a wrong one, on purpose
    async with AsyncClient(NATIVE.api) as client:
        with pytest.raises(ConfigurationError, match="Receiver takes Client, not AsyncClient"):
            Receiver(client)  # type: ignore[arg-type]  # a wrong one, on purpose


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("tolerance", value) for value in ("300", -1, float("nan"))],
        *[("max_bytes", value) for value in ("1", 0)],
        *[("urls", "https"), ("events", []), ("confirm", "no")],
    ],
)
def test_an_option_that_would_fail_later_is_refused(name: str, value: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match=f"{name}: "):
        Receiver(client, **{name: value})


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
def test_a_store_that_keeps_nothing_is_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        MemoryStore(kept)


class Called:
    """A handler that is an object."""

    async def __call__(self, _: CallbackEvent) -> None:
        """Never get as far."""


async def by_and_by(_: CallbackEvent) -> None:
    """Never get as far."""


@pytest.mark.parametrize("handler", [by_and_by, functools.partial(by_and_by), Called(), 7])
def test_a_handler_that_cannot_be_called_is_refused(handler: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="handler"):
        Receiver(client, handler)


class CoroutineStore:
    """A store of coroutines."""

    async def seen(self, _: str) -> bool:
        """Never get as far."""
        return False

    async def record(self, _: str) -> None:
        """Never get as far."""


def test_a_store_that_cannot_be_asked_is_refused():
    """What it returns is true whatever it says: nothing would ever be handled."""
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="store"):
        Receiver(client, store=CoroutineStore())  # type: ignore[arg-type]  # a wrong one, on purpose


@respx.mock
@pytest.mark.parametrize("wait", [by_and_by, lambda _: Awaitable()])
def test_what_nobody_awaits_was_not_handled(wait: Any, caplog):
    def handler(event: CallbackEvent) -> Any:
        return wait(event)

    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    with Client(NATIVE.api) as client:
        receiver = Receiver(client, handler)
        for _ in range(2):
            assert receiver.handle(NATIVE.finished().content, {}).status == 500
    assert "use AsyncReceiver" in caplog.text


class Awaitable:
    def __await__(self) -> Any:
        """Never get as far."""
