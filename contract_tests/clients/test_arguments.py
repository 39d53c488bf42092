"""Arguments are checked before anything is sent."""

import functools
import queue
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import respx

from contract_tests.support.apis import KIE
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from klingkit import AsyncClient, CallbackEvent, Client, Fixed, InvalidRequest
from klingkit._events import Events

pytestmark = pytest.mark.anyio


async def awaited(*_: object) -> None:
    """Do nothing: a callback that must be awaited."""


def named(function: Any) -> str:
    """Name a function without its address."""
    return getattr(function, "__name__", type(function).__name__)


async def refused(client: Any, match: str, **options: Any) -> None:
    with pytest.raises(InvalidRequest, match=match):
        await client.generate(KIE.request, **options)
    with pytest.raises(InvalidRequest, match=match):
        await client.wait(KIE.ref, **options)


async def refused_as_events(kind: str, events: Any) -> None:
    async with open_client(kind, KIE.api) as client:
        await refused(client, "events", events=events)
        with pytest.raises(InvalidRequest, match="events"):
            await client.collect_updates(KIE.ref, events=events)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("wrong", [[], "events", queue.Queue, Events])
@respx.mock
async def test_unreadable_events_are_refused_before_paying(kind: str, wrong: object):
    await refused_as_events(kind, wrong)


@respx.mock
async def test_events_for_the_other_kind_of_client_are_refused():
    await refused_as_events("async", queue.Queue())
    sent, received = anyio.create_memory_object_stream[CallbackEvent](1)
    with sent, received:
        await refused_as_events("sync", received)


class Awaited:
    """Is called like a function; what it returns is awaited."""

    async def __call__(self, *_: object) -> None:
        """Do nothing: a callback that must be awaited."""

    async def method(self, *_: object) -> None:
        """Do nothing: a callback that must be awaited."""


async def yielding(*_: object) -> AsyncIterator[None]:
    """Stand for an async generator as a callback: a client would never iterate over it."""
    yield


class Plain:
    """Is a plain callable: both the class and its objects."""

    def __init__(self, *_: object) -> None:
        self.called = True

    def __call__(self, *_: object) -> None:
        """Do nothing."""


class Made(Awaited):
    """A class that is called plainly; its objects must be awaited."""

    def __init__(self, *_: object) -> None:
        """Do nothing."""


AWAITED = {
    "a function": awaited,
    "part of one": functools.partial(functools.partial(awaited)),
    "an object": Awaited(),
    "part of an object": functools.partial(Awaited(), 1),
    "a method": Awaited().method,
    "part of a method": functools.partial(Awaited().method),
    "a generator": yielding,
}


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


async def refused_as(kind: str, name: str, wrong: object, match: str, folder: Path) -> None:
    """Check that a callback is refused before anything is sent."""
    task = KIE.api.read_task(KIE.ref, KIE.finished())
    async with open_client(kind, KIE.api) as client:
        calls = {
            "on_update": (partial(client.generate, KIE.request), partial(client.wait, KIE.ref)),
            "on_progress": (partial(client.download, task, folder / "cat.mp4"),),
        }
        for call in calls[name]:
            with pytest.raises(InvalidRequest, match=f"^{name}: {match}"):
                await call(**{name: wrong})
    assert is_empty(folder)
    assert respx.calls.call_count == 0


@EACH_CLIENT_KIND
@pytest.mark.parametrize("wrong", ["print", 5, []], ids=repr)
@pytest.mark.parametrize("name", ["on_update", "on_progress"])
@respx.mock
async def test_a_callback_that_cannot_be_called_is_refused_before_sending(
    kind: str, name: str, wrong: object, tmp_path
):
    await refused_as(kind, name, wrong, "a function, not", tmp_path)


@pytest.mark.parametrize("wrong", AWAITED.values(), ids=AWAITED)
@pytest.mark.parametrize("name", ["on_update", "on_progress"])
@respx.mock
async def test_a_blocking_client_refuses_coroutine_callbacks(name: str, wrong: object, tmp_path):
    """It would be called, and never run."""
    await refused_as("sync", name, wrong, "a plain function, for this client blocks", tmp_path)


@pytest.mark.parametrize("function", [print, Plain(), Plain, Made, [].append, functools.partial(print)], ids=named)
@respx.mock
def test_a_blocking_client_takes_any_plain_callable(function: Any):
    respx.get(KIE.query).mock(return_value=KIE.finished())
    with Client(KIE.api) as client:
        assert client.wait(KIE.ref, polling=Fixed(1.0), on_update=function).done


@pytest.mark.parametrize("function", [awaited, Awaited(), functools.partial(awaited)], ids=named)
@respx.mock
async def test_an_async_client_awaits_coroutine_callbacks(function: Any):
    respx.get(KIE.query).mock(return_value=KIE.finished())
    async with AsyncClient(KIE.api) as client:
        task = await client.wait(KIE.ref, polling=Fixed(1.0), on_update=function)
    assert task.done
