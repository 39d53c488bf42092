"""Closing a client: nothing more begins, and what is being paid for is waited out."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.support.both import EVERYWHERE, opened
from contract_tests.support.hostile import Exchange, hostile
from contract_tests.support.kie import CAT, KEY, REF
from contract_tests.support.slow import BOTH_LOOPS, Slow
from klingkit import (
    AsyncClient,
    Client,
    ConfigurationError,
    SubmissionUncertain,
)
from klingkit.kie import Kie


@EVERYWHERE
@pytest.mark.anyio
async def test_a_client_that_is_closing_begins_nothing(kind: str):
    with hostile(Exchange.answer) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            client.client._io.closing.set()
            with pytest.raises(ConfigurationError, match="closed"):
                await client.submit(CAT)
        assert server.posts == 0


def test_closing_does_not_wait_for_ever():
    """A transport of one's own may hang; the wait ends a little past the time limit."""
    arrived, over = threading.Event(), threading.Event()

    def hang(_: httpx.Request) -> httpx.Response:
        arrived.set()
        over.wait(10)
        return httpx.Response(500)

    with httpx.Client(transport=httpx.MockTransport(hang)) as http, ThreadPoolExecutor() as pool:
        client = Client(Kie(KEY, "http://kie.test"), http=http)
        submission = pool.submit(client.submit, CAT, timeout=0.1)
        assert arrived.wait(10)
        client.close()
        assert not over.is_set()
        over.set()
        with pytest.raises(SubmissionUncertain):
            submission.result(10)


def test_closing_on_another_event_loop_raises_nothing():
    client = AsyncClient(Kie(KEY, "http://kie.test"))

    async def leave_behind() -> None:
        over = anyio.Event()
        client._io.in_flight[over] = client._io.clock() + 60
        with anyio.move_on_after(0.01):
            await over.wait()

    asyncio.run(leave_behind())
    client._io.in_flight.update(dict.fromkeys(client._io.in_flight, -1.0))
    asyncio.run(client.close())


def test_closing_waits_for_what_is_being_paid_for():
    """As a cancellation does: another thread may be in the middle of a submission."""
    slow = Slow()
    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client, ThreadPoolExecutor() as pool:
        submission = pool.submit(client.submit, CAT)
        assert slow.arrived.wait(10)
        threading.Timer(0.1, slow.answer_now.set).start()
        client.close()
        assert submission.result(10) == REF


@pytest.mark.anyio
@BOTH_LOOPS
async def test_closing_an_async_client_waits_too():
    slow = Slow()
    refs = []

    async def submit(client: AsyncClient[Any]) -> None:
        refs.append(await client.submit(CAT))

    with hostile(slow) as server:
        async with anyio.create_task_group() as group, AsyncClient(Kie(KEY, server.url)) as client:
            group.start_soon(submit, client)
            await slow.arrival()
            threading.Timer(0.1, slow.answer_now.set).start()
    assert refs == [REF]
