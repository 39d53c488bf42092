"""Tests that arguments are checked before anything is sent."""

import functools
import queue
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.apis import KIE
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import KIE_API, TASK_REF
from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError, Fixed, InvalidRequest
from klingkit._events import Events
from klingkit.kie import Kie
from klingkit.native import Native

pytestmark = pytest.mark.anyio


async def coroutine_callback(*_: object) -> None:
    """Do nothing: a callback that must be awaited."""


def callable_name(function: Any) -> str:
    """Return the name of a callable; its repr has an address, which differs from run to run."""
    return getattr(function, "__name__", type(function).__name__)


async def assert_refused(client: Any, match: str, **options: Any) -> None:
    with pytest.raises(InvalidRequest, match=match):
        await client.generate(KIE.request, **options)
    with pytest.raises(InvalidRequest, match=match):
        await client.wait(KIE.ref, **options)


async def assert_refused_as_events(kind: str, events: Any) -> None:
    async with open_client(kind, KIE.api) as client:
        await assert_refused(client, "events", events=events)
        with pytest.raises(InvalidRequest, match="events"):
            await client.collect_updates(KIE.ref, events=events)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("events", [[], "events", queue.Queue, Events])
@respx.mock
async def test_unreadable_events_are_refused_before_paying(kind: str, events: object):
    await assert_refused_as_events(kind, events)


@respx.mock
async def test_events_for_the_other_kind_of_client_are_refused():
    await assert_refused_as_events("async", queue.Queue())
    sent, received = anyio.create_memory_object_stream[CallbackEvent](1)
    with sent, received:
        await assert_refused_as_events("sync", received)


class CoroutineCallable:
    """An object whose call returns a coroutine."""

    async def __call__(self, *_: object) -> None:
        """Do nothing: a callback that must be awaited."""

    async def method(self, *_: object) -> None:
        """Do nothing: a callback that must be awaited."""


async def async_generator_callback(*_: object) -> AsyncIterator[None]:
    """Yield nothing: an async generator, over which a client would never iterate."""
    yield


class PlainCallable:
    """A plain callable: the class itself and its objects."""

    def __init__(self, *_: object) -> None:
        self.called = True

    def __call__(self, *_: object) -> None:
        """Do nothing."""


class ClassWithCoroutineObjects(CoroutineCallable):
    """A plain callable as a class, although calls of its objects must be awaited."""

    def __init__(self, *_: object) -> None:
        """Do nothing."""


CALLABLES_THAT_NEED_AWAIT = {
    "a function": coroutine_callback,
    "part of one": functools.partial(functools.partial(coroutine_callback)),
    "an object": CoroutineCallable(),
    "part of an object": functools.partial(CoroutineCallable(), 1),
    "a method": CoroutineCallable().method,
    "part of a method": functools.partial(CoroutineCallable().method),
    "a generator": async_generator_callback,
}


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def assert_callback_refused(kind: str, name: str, callback: object, match: str, folder: Path) -> None:
    """Check that a callback is refused before anything is sent."""
    task = KIE.api.read_task(KIE.ref, KIE.finished())
    async with open_client(kind, KIE.api) as client:
        calls = {
            "on_update": (partial(client.generate, KIE.request), partial(client.wait, KIE.ref)),
            "on_progress": (partial(client.download, task, folder / "cat.mp4"),),
        }
        for call in calls[name]:
            with pytest.raises(InvalidRequest, match=f"^{name}: {match}"):
                await call(**{name: callback})
    assert is_empty(folder)
    assert respx.calls.call_count == 0


@EACH_CLIENT_KIND
@pytest.mark.parametrize("callback", ["print", 5, []], ids=repr)
@pytest.mark.parametrize("name", ["on_update", "on_progress"])
@respx.mock
async def test_a_callback_that_cannot_be_called_is_refused_before_sending(
    kind: str, name: str, callback: object, tmp_path
):
    await assert_callback_refused(kind, name, callback, "a function, not", tmp_path)


@pytest.mark.parametrize("callback", CALLABLES_THAT_NEED_AWAIT.values(), ids=CALLABLES_THAT_NEED_AWAIT)
@pytest.mark.parametrize("name", ["on_update", "on_progress"])
@respx.mock
async def test_a_blocking_client_refuses_coroutine_callbacks(name: str, callback: object, tmp_path):
    """The call would return a coroutine that nobody awaits."""
    await assert_callback_refused("sync", name, callback, "a plain function, for this client blocks", tmp_path)


@pytest.mark.parametrize(
    "function",
    [print, PlainCallable(), PlainCallable, ClassWithCoroutineObjects, [].append, functools.partial(print)],
    ids=callable_name,
)
@respx.mock
def test_a_blocking_client_takes_any_plain_callable(function: Any):
    respx.get(KIE.query).mock(return_value=KIE.finished())
    with Client(KIE.api) as client:
        assert client.wait(KIE.ref, polling=Fixed(1.0), on_update=function).done


@pytest.mark.parametrize(
    "function", [coroutine_callback, CoroutineCallable(), functools.partial(coroutine_callback)], ids=callable_name
)
@respx.mock
async def test_an_async_client_awaits_coroutine_callbacks(function: Any):
    respx.get(KIE.query).mock(return_value=KIE.finished())
    async with AsyncClient(KIE.api) as client:
        task = await client.wait(KIE.ref, polling=Fixed(1.0), on_update=function)
    assert task.done


def client_of_module(module: str) -> object:
    """Return a `Client` of another library with httpx's names."""
    return type("Client", (), {"__module__": module, "__qualname__": "Client"})()


@pytest.mark.parametrize(
    ("make", "http", "message_pattern"),
    [
        (Client, client_of_module("httpx2"), r"an httpx\.Client, not httpx2\.Client; call httpx2\.alias_httpx"),
        (Client, client_of_module("httpx2._client"), r"an httpx\.Client, not httpx2\.Client"),
        (AsyncClient, client_of_module("httpx2"), r"an httpx\.AsyncClient, not httpx2\.Client"),
        (Client, httpx.AsyncClient(), r"not httpx2?\.AsyncClient; klingkit\.AsyncClient takes that"),
        (AsyncClient, httpx.Client(), r"not httpx2?\.Client; klingkit\.Client takes that"),
        (Client, "http://proxy.example", r"not builtins\.str"),
    ],
)
def test_a_client_of_another_kind_or_library_is_named(make, http, message_pattern):
    with pytest.raises(ConfigurationError, match=message_pattern):
        make(KIE_API, http=http)


@pytest.mark.parametrize(
    ("wrong", "message_pattern"), [(Kie, r"such as Kie\(\)"), (Native, r"such as Native\(\)"), ("kie", "Kie")]
)
def test_a_class_in_place_of_an_adapter_names_its_call(wrong, message_pattern):
    with pytest.raises(ConfigurationError, match=message_pattern):
        Client(wrong)


@respx.mock
def test_a_task_in_place_of_its_reference_is_recognised():
    task = KIE_API.read_task(TASK_REF, KIE.waiting())
    with Client(KIE_API) as client, pytest.raises(InvalidRequest, match=r"use its \.ref"):
        client.get(task)  # type: ignore[arg-type]  # a likely mistake
