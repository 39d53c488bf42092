"""Cancelling a submission does not abandon what was paid for: real sockets, all three worlds."""

import asyncio
import logging
import os
import signal
import threading
from functools import partial

import anyio
import httpx
import pytest

from contract_tests.support.hostile import Exchange, hostile
from contract_tests.support.kie import CAT, KEY, REF, created, record
from klingkit import AsyncClient, Client, Fixed, SubmissionUncertain
from klingkit.kie import Kie

CREATED = created().content
BOTH_LOOPS = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


class Slow:
    """Answers a paid request only when the test says so; any other at once."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.answer_now = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if exchange.request.startswith(b"GET"):
            exchange.answer(record("waiting").content)
            return
        self.arrived.set()
        assert self.answer_now.wait(10)
        exchange.answer(CREATED)

    async def arrival(self) -> None:
        assert await anyio.to_thread.run_sync(self.arrived.wait, 10)


@pytest.mark.anyio
@BOTH_LOOPS
async def test_a_cancelled_submission_leaves_its_reference(caplog):
    slow = Slow()
    with hostile(slow) as server, caplog.at_level(logging.WARNING, "klingkit"):
        async with AsyncClient(Kie(KEY, server.url)) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(partial(client.submit, CAT))
                await slow.arrival()
                group.cancel_scope.cancel()
                slow.answer_now.set()
            assert client.unclaimed == [REF]
    assert str(REF) in caplog.text
    assert server.posts == 1


@pytest.mark.anyio
async def test_asyncios_own_cancellation_is_waited_out_too():
    """`asyncio.timeout` and `Task.cancel` know nothing of shields; three in a row are no worse than one."""
    slow = Slow()
    with hostile(slow) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            submission = asyncio.create_task(client.submit(CAT))
            await slow.arrival()
            for _ in range(3):
                submission.cancel()
                await asyncio.sleep(0)
            assert not submission.done()
            slow.answer_now.set()
            with pytest.raises(asyncio.CancelledError) as caught:
                await submission
            assert client.unclaimed == [REF]
            assert str(REF) in caught.value.__notes__[0]


@pytest.mark.anyio
async def test_an_asyncio_timeout_becomes_a_timeout_and_keeps_the_reference():
    slow = Slow()
    with hostile(slow) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            asyncio.get_running_loop().call_later(0.2, slow.answer_now.set)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.submit(CAT), 0.05)
            assert client.unclaimed == [REF]


@pytest.mark.anyio
@BOTH_LOOPS
async def test_the_shield_ends_with_the_timeout():
    """A server that never answers holds a cancelled submission no longer than its time limit."""
    with hostile(Exchange.stall) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            with anyio.move_on_after(0.05) as scope, anyio.fail_after(5):
                await client.submit(CAT, timeout=0.4)
            assert scope.cancelled_caught
            assert client.unclaimed == []


@pytest.mark.anyio
@BOTH_LOOPS
async def test_cancelled_while_generating_the_task_is_kept():
    slow = Slow()
    slow.answer_now.set()
    with hostile(slow) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            waiting = anyio.Event()
            async with anyio.create_task_group() as group:

                async def make() -> None:
                    await client.generate(CAT, on_update=lambda _: waiting.set(), polling=Fixed(30))

                group.start_soon(make)
                await waiting.wait()
                group.cancel_scope.cancel()
            assert client.unclaimed == [REF]


def ctrl_c_when(arrived: threading.Event, then: threading.Event) -> threading.Thread:
    """Press Ctrl-C in the main thread once the request has arrived, then let the server answer."""

    def press() -> None:
        assert arrived.wait(10)
        os.kill(os.getpid(), signal.SIGINT)
        then.set()

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_while_submitting_leaves_the_reference():
    slow = Slow()
    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        press = ctrl_c_when(slow.arrived, slow.answer_now)
        with pytest.raises(KeyboardInterrupt) as caught:
            client.submit(CAT)
        press.join()
        assert client.unclaimed == [REF]
        assert str(REF) in caught.value.__notes__[0]


def test_a_transport_of_ones_own_that_hangs_is_left_after_the_timeout():
    """Its time limits are its own business; what was paid for is then uncertain."""
    over = threading.Event()

    def hang(request: httpx.Request) -> httpx.Response:
        over.wait(10)
        return httpx.Response(500)

    with httpx.Client(transport=httpx.MockTransport(hang)) as http:
        client = Client(Kie(KEY, "http://kie.test"), http=http)
        with pytest.raises(SubmissionUncertain, match="took too long") as caught:
            client.submit(CAT, timeout=0.1)
        over.set()
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
