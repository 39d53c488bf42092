"""Tests that receivers check, confirm and handle a delivery once, and ask for redelivery where that helps."""

from __future__ import annotations

import functools
import json
import threading
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
import respx

from contract_tests.support.apis import NATIVE, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND
from contract_tests.support.receivers import open_receiver
from contract_tests.support.signatures import WEBHOOK_KEY, webhook_signature_headers
from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError
from klingkit.callbacks import AsyncReceiver, CallbackUrls, Events, MemoryStore, Receiver

pytestmark = pytest.mark.anyio
SECRET = "secret-of-nobody"


@EACH_CLIENT_KIND
@respx.mock
async def test_the_handler_is_called_once_with_the_task_of_the_api(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished("http://media.test/true.mp4"))
    handled: list[CallbackEvent] = []
    async with open_receiver(kind, api_case, handled.append) as receiver:
        forged = api_case.finished("http://evil.test/other.mp4")
        assert await receiver.deliver(forged) == (200, "handled")
        assert await receiver.deliver(forged) == (200, "handled before")
    (event,) = handled
    assert event.confirmed
    assert event.task.videos[0].url == "http://media.test/true.mp4"
    assert event.raw == json.loads(forged.content)


@EACH_CLIENT_KIND
@respx.mock
async def test_each_state_is_handled(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=[api_case.running(), api_case.finished()])
    handled: list[CallbackEvent] = []
    async with open_receiver(kind, api_case, handled.append) as receiver:
        await receiver.deliver(api_case.running())
        await receiver.deliver(api_case.finished())
    assert [event.task.status for event in handled] == ["running", "succeeded"]


@EACH_CLIENT_KIND
@respx.mock
async def test_an_end_that_a_query_does_not_confirm_yet_is_delivered_again(kind: str, api_case: ApiCase):
    """A forged callback hides nothing, and a genuine one that comes before the query shows the end is not lost."""
    respx.get(api_case.query).mock(side_effect=[api_case.running(), api_case.finished()])
    handled: list[CallbackEvent] = []
    async with open_receiver(kind, api_case, handled.append) as receiver:
        assert await receiver.deliver(api_case.finished()) == (503, "not confirmed; deliver again")
        assert await receiver.deliver(api_case.finished()) == (200, "handled")
    assert [event.task.status for event in handled] == ["succeeded"]


@EACH_CLIENT_KIND
@respx.mock
async def test_signed_deliveries_of_one_state_are_handled_once(kind: str):
    """Every change of state is delivered, and the query may report the end already at the first delivery."""
    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    handled: list[CallbackEvent] = []
    bodies = [NATIVE.waiting().content, NATIVE.running().content, NATIVE.finished().content]
    async with open_receiver(kind, NATIVE, handled.append, keys=[WEBHOOK_KEY]) as receiver:
        replies = [
            await receiver.deliver(body, webhook_signature_headers(body, f"m{number}"))
            for number, body in enumerate(bodies)
        ]
    assert replies == [(200, "handled"), (200, "handled before"), (200, "handled before")]
    assert [event.task.status for event in handled] == ["succeeded"]


@EACH_CLIENT_KIND
@respx.mock
async def test_a_failing_handler_asks_for_redelivery(kind: str, api_case: ApiCase, caplog):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    errors: list[Exception] = [LookupError("the disk is full")]

    def handler(_: CallbackEvent) -> None:
        if errors:
            raise errors.pop()

    async with open_receiver(kind, api_case, handler) as receiver:
        assert await receiver.deliver(api_case.finished()) == (500, "failed; deliver again")
        assert await receiver.deliver(api_case.finished()) == (200, "handled")
    assert "the disk is full" in caplog.text


@EACH_CLIENT_KIND
@respx.mock
@pytest.mark.parametrize("failure", ["network", "server", "unreadable"])
async def test_a_failing_query_asks_for_redelivery(kind: str, api_case: ApiCase, failure: str):
    responses: dict[str, Any] = {
        "network": httpx.ConnectError("refused"),
        "server": api_case.refused(500),
        "unreadable": httpx.Response(200),
    }
    respx.get(api_case.query).mock(side_effect=[responses[failure]])
    handled: list[CallbackEvent] = []
    async with open_receiver(kind, api_case, handled.append) as receiver:
        assert await receiver.deliver(api_case.finished()) == (503, "not confirmed; deliver again")
    assert handled == []


@EACH_CLIENT_KIND
@respx.mock
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"<html>"])
async def test_an_unreadable_body_is_rejected_without_a_query(kind: str, api_case: ApiCase, body: bytes):
    async with open_receiver(kind, api_case) as receiver:
        assert await receiver.deliver(body) == (400, "rejected")


@EACH_CLIENT_KIND
@respx.mock
async def test_a_callback_about_an_unknown_task_is_rejected(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=[api_case.refused(404)])
    async with open_receiver(kind, api_case) as receiver:
        assert await receiver.deliver(api_case.finished()) == (400, "rejected")


@EACH_CLIENT_KIND
@respx.mock
async def test_an_authenticated_callback_about_an_unknown_task_is_delivered_again(kind: str):
    """A query may not know a task that was just created: its callback must not be lost."""
    respx.get(NATIVE.query).mock(side_effect=[NATIVE.refused(404), NATIVE.refused(404), NATIVE.finished()])
    body = NATIVE.finished().content
    urls = CallbackUrls("https://studio.example", SECRET)
    async with open_receiver(kind, NATIVE, urls=urls) as receiver:
        assert await receiver.deliver(body, (), urls.url("7")) == (503, "not confirmed; deliver again")
    async with open_receiver(kind, NATIVE, keys=[WEBHOOK_KEY]) as receiver:
        assert await receiver.deliver(body, webhook_signature_headers(body)) == (503, "not confirmed; deliver again")
        assert await receiver.deliver(body, webhook_signature_headers(body)) == (200, "handled")


@EACH_CLIENT_KIND
@respx.mock
async def test_without_confirmation_the_signature_decides(kind: str):
    handled: list[CallbackEvent] = []
    body = NATIVE.finished().content
    async with open_receiver(kind, NATIVE, handled.append, keys=[WEBHOOK_KEY], confirm=False) as receiver:
        assert await receiver.deliver(body) == (400, "rejected")
        assert await receiver.deliver(body, webhook_signature_headers(body)) == (200, "handled")
        assert await receiver.deliver(body, webhook_signature_headers(body)) == (200, "handled before")
        assert await receiver.deliver(body, webhook_signature_headers(body, "m2")) == (200, "handled before")
    assert [(event.id, event.verified, event.confirmed) for event in handled] == [("m1", True, False)]


@EACH_CLIENT_KIND
@respx.mock
async def test_a_concurrent_delivery_is_not_handled_twice(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    begun, go_on = threading.Event(), threading.Event()
    handling, released = anyio.Event(), anyio.Event()

    def block(_: CallbackEvent) -> None:
        begun.set()
        assert go_on.wait(20)

    async def suspend(_: CallbackEvent) -> None:
        handling.set()
        await released.wait()

    replies = []
    async with (
        open_receiver(kind, api_case, block if kind == "sync" else suspend) as receiver,
        anyio.create_task_group() as tasks,
    ):

        async def first() -> None:
            replies.append(await receiver.deliver(api_case.finished()))

        tasks.start_soon(first)
        if kind == "sync":
            await anyio.to_thread.run_sync(begun.wait, 20)
        else:
            await handling.wait()
        assert await receiver.deliver(api_case.finished()) == (409, "being handled")
        go_on.set()
        released.set()
    assert replies == [(200, "handled")]


@EACH_CLIENT_KIND
@respx.mock
async def test_confirmed_events_reach_the_waits(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    events = Events()
    with events.slot(api_case.ref) as slot:
        async with open_receiver(kind, api_case, events=events) as receiver:
            await receiver.deliver(api_case.running())
        event = slot.take()
    assert event is not None
    assert event.task.status == "succeeded"


class AsyncStore:
    """A store whose methods are coroutine functions."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def seen(self, key: str) -> bool:
        return key in self.keys

    async def record(self, key: str) -> None:
        self.keys.append(key)


@respx.mock
async def test_a_store_may_have_coroutine_methods(api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    store = AsyncStore()
    async with open_receiver("async", api_case, store=store) as receiver:
        assert await receiver.deliver(api_case.finished()) == (200, "handled")
    async with open_receiver("async", api_case, store=store) as receiver:
        assert await receiver.deliver(api_case.finished()) == (200, "handled before")
    assert store.keys == [f"{api_case.ref} {api_case.vendor_states['succeeded']}"]


class FailingStore:
    """A store, one of whose two methods fails."""

    def __init__(self, failing_method: str) -> None:
        self.where = failing_method

    def seen(self, _: str) -> bool:
        return self._fail("seen")

    def record(self, _: str) -> None:
        self._fail("record")

    def _fail(self, method: str) -> bool:
        if self.where == method:
            raise OSError("the database is down")
        return False


@EACH_CLIENT_KIND
@respx.mock
@pytest.mark.parametrize("failing_method", ["seen", "record"])
async def test_a_failing_store_is_logged_and_asks_for_redelivery(kind: str, failing_method: str, caplog):
    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    async with open_receiver(kind, NATIVE, store=FailingStore(failing_method)) as receiver:
        assert await receiver.deliver(NATIVE.finished()) == (503, "not recorded; deliver again")
    (line,) = [record.klingkit for record in caplog.records if record.name == "klingkit"]
    assert line == {"event": "store-failed", "ref": str(NATIVE.ref)}
    assert "the database is down" in caplog.text


@pytest.mark.parametrize("keys", ["", [""], ["whsec_"], ["whsec_not base64!"], [None]])
async def test_an_invalid_key_is_refused_by_the_constructor(keys: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="key") as caught:
        Receiver(client, keys=keys)
    assert "not base64!" not in str(caught.value)
    async with AsyncClient(NATIVE.api) as client:
        with pytest.raises(ConfigurationError, match="key"):
            AsyncReceiver(client, keys=keys)


async def test_a_receiver_refuses_a_client_of_the_other_kind():
    with (
        Client(NATIVE.api) as client,
        pytest.raises(ConfigurationError, match="AsyncReceiver takes AsyncClient, not Client"),
    ):
        AsyncReceiver(client)  # type: ignore[arg-type]  # invalid on purpose
    async with AsyncClient(NATIVE.api) as client:
        with pytest.raises(ConfigurationError, match="Receiver takes Client, not AsyncClient"):
            Receiver(client)  # type: ignore[arg-type]  # invalid on purpose


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("tolerance", value) for value in ("300", -1, float("nan"))],
        *[("max_bytes", value) for value in ("1", 0)],
        *[("urls", "https"), ("events", []), ("confirm", "no")],
    ],
)
def test_an_invalid_option_is_refused_by_the_constructor(name: str, value: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match=f"{name}: "):
        Receiver(client, **{name: value})


class CallableHandler:
    """A handler that is an object."""

    async def __call__(self, _: CallbackEvent) -> None:
        """Not reached."""


async def coroutine_handler(_: CallbackEvent) -> None:
    """Not reached."""


@pytest.mark.parametrize("handler", [coroutine_handler, functools.partial(coroutine_handler), CallableHandler(), 7])
def test_a_handler_that_needs_await_is_refused(handler: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="handler"):
        Receiver(client, handler)


class UnusedAsyncStore:
    """A store whose methods are coroutine functions."""

    async def seen(self, _: str) -> bool:
        """Not reached."""
        return False

    async def record(self, _: str) -> None:
        """Not reached."""


class StoreWithoutRecord:
    """A store that cannot record."""

    def seen(self, key: str) -> bool:
        return bool(key)


@pytest.mark.parametrize("store", [{}, set(), [], "redis://store", StoreWithoutRecord(), MemoryStore])
@pytest.mark.parametrize(("make", "receiver"), [(Client, Receiver), (AsyncClient, AsyncReceiver)])
def test_an_invalid_store_is_refused_by_the_constructor(make: Any, receiver: Any, store: object):
    """Otherwise every delivery would be refused."""
    with pytest.raises(ConfigurationError, match=r"^store: an object with seen\(key\) and record\(key\)"):
        receiver(make(NATIVE.api), store=store)


@pytest.mark.parametrize(
    ("make", "receiver", "other"), [(AsyncClient, Receiver, "AsyncReceiver"), (Client, AsyncReceiver, "Receiver")]
)
def test_a_client_of_the_other_kind_names_the_receiver_that_takes_it(make: Any, receiver: Any, other: str):
    with pytest.raises(ConfigurationError, match=f": use {other}$"):
        receiver(make(NATIVE.api))


def test_a_store_that_needs_await_is_refused():
    """A coroutine is truthy: every delivery would count as handled."""
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="store"):
        Receiver(client, store=UnusedAsyncStore())  # type: ignore[arg-type]  # invalid on purpose


@respx.mock
@pytest.mark.parametrize("make_awaitable", [coroutine_handler, lambda _: Awaitable()])
def test_an_awaitable_result_counts_as_failure(make_awaitable: Any, caplog):
    def handler(event: CallbackEvent) -> Any:
        return make_awaitable(event)

    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    with Client(NATIVE.api) as client:
        receiver = Receiver(client, handler)
        for _ in range(2):
            assert receiver.handle(NATIVE.finished().content, {}).status == 500
    assert "use AsyncReceiver" in caplog.text


class Awaitable:
    def __await__(self) -> Any:
        """Not reached."""
