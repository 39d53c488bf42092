"""Arguments are looked at before anything is paid for or asked."""

import functools
import queue
from typing import Any

import anyio
import pytest
import respx

from contract_tests.support.apis import KIE
from contract_tests.support.both import EVERYWHERE, opened
from klingkit import AsyncClient, CallbackEvent, Client, Fixed, InvalidRequest, Task
from klingkit._events import Events

pytestmark = pytest.mark.anyio


async def awaited(_: Task) -> None:
    """See a change, when awaited."""


async def refused(client: Any, match: str, **options: Any) -> None:
    with pytest.raises(InvalidRequest, match=match):
        await client.generate(KIE.request, **options)
    with pytest.raises(InvalidRequest, match=match):
        await client.wait(KIE.ref, **options)


async def refused_as_events(kind: str, events: Any) -> None:
    async with opened(kind, KIE.api) as client:
        await refused(client, "events", events=events)
        with pytest.raises(InvalidRequest, match="events"):
            await client.watched(KIE.ref, events=events)


@EVERYWHERE
@pytest.mark.parametrize("wrong", [[], "events", queue.Queue, Events])
@respx.mock
async def test_events_that_nobody_can_read(kind: str, wrong: object):
    await refused_as_events(kind, wrong)


@respx.mock
async def test_events_that_only_the_other_kind_of_client_can_read():
    await refused_as_events("async", queue.Queue())
    sent, received = anyio.create_memory_object_stream[CallbackEvent](1)
    with sent, received:
        await refused_as_events("sync", received)


@EVERYWHERE
@respx.mock
async def test_an_on_update_that_cannot_be_called(kind: str):
    async with opened(kind, KIE.api) as client:
        await refused(client, "on_update", on_update="print")


@pytest.mark.parametrize("on_update", [awaited, functools.partial(awaited)])
@respx.mock
def test_a_coroutine_function_is_not_for_a_blocking_client(on_update: Any):
    with Client(KIE.api) as client, pytest.raises(InvalidRequest, match="plain function"):
        client.generate(KIE.request, on_update=on_update)


@respx.mock
async def test_a_coroutine_function_is_for_an_async_client():
    respx.get(KIE.query).mock(return_value=KIE.finished())
    async with AsyncClient(KIE.api) as client:
        task = await client.wait(KIE.ref, polling=Fixed(1.0), on_update=awaited)
    assert task.done
