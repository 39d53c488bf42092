"""Cancelling a submission does not abandon what was paid for: real sockets, all three worlds."""

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
import threading
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
import trio

from contract_tests.support.clients import EACH_CLIENT, opened
from contract_tests.support.hostile import Exchange, hostile
from contract_tests.support.kie import CAT, KEY, REF
from contract_tests.support.slow_server import EACH_BACKEND, SlowServer
from klingkit import (
    AsyncClient,
    Client,
    DownloadError,
    Fixed,
    NetworkError,
    SubmissionUncertain,
    Task,
    TaskRef,
    WaitTimeout,
)
from klingkit.kie import Kie


@pytest.mark.anyio
@EACH_BACKEND
async def test_a_cancelled_submission_leaves_its_reference(caplog):
    slow = SlowServer()
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
    slow = SlowServer()
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
    slow = SlowServer()
    with hostile(slow) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            asyncio.get_running_loop().call_later(0.2, slow.answer_now.set)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.submit(CAT), 0.05)
            assert client.unclaimed == [REF]


@pytest.mark.anyio
@EACH_BACKEND
async def test_the_shield_ends_with_the_timeout():
    """A server that never answers holds a cancelled submission no longer than its time limit."""
    with hostile(Exchange.stall) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            with anyio.move_on_after(0.05) as scope, anyio.fail_after(5):
                await client.submit(CAT, timeout=0.4)
            assert scope.cancelled_caught
            assert client.unclaimed == []


@pytest.mark.anyio
@EACH_BACKEND
async def test_cancelled_while_generating_the_task_is_kept():
    slow = SlowServer()
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


@pytest.mark.anyio
@EACH_BACKEND
async def test_whoever_is_cancelled_already_pays_for_nothing():
    with hostile(Exchange.answer) as server:
        async with AsyncClient(Kie(KEY, server.url)) as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.submit(CAT)
        assert server.posts == 0


def test_the_end_of_the_event_loop_waits_for_what_is_paid_for():
    """`asyncio.run` cancels every task it knows when its main one returns."""
    slow = SlowServer()
    clients: list[AsyncClient[Any]] = []
    submissions = []

    async def main(url: str) -> None:
        client = AsyncClient(Kie(KEY, url))
        clients.append(client)
        submissions.append(asyncio.create_task(client.submit(CAT)))
        await slow.arrival()
        asyncio.get_running_loop().call_later(0.1, slow.answer_now.set)

    with hostile(slow) as server:
        asyncio.run(main(server.url))
    assert clients[0].unclaimed == [REF]
    assert server.posts == 1


def ctrl_c_when(arrived: threading.Event, then: threading.Event, number: int = signal.SIGINT) -> threading.Thread:
    """Press Ctrl-C in the main thread once the request has arrived, then let the server answer."""

    def press() -> None:
        assert arrived.wait(10)
        os.kill(os.getpid(), number)
        then.set()

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_while_submitting_leaves_the_reference():
    slow = SlowServer()
    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        press = ctrl_c_when(slow.arrived, slow.answer_now)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT)
        press.join()
        client.close()  # which waits, should Ctrl-C have hit before anybody waited
        assert client.unclaimed == [REF]


def test_ctrl_c_as_the_paying_thread_starts_is_waited_out(monkeypatch):
    """In the instant between its start and the wait for its end."""
    slow = SlowServer()
    slow.answer_now.set()
    start = threading.Thread.start

    def hit(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "klingkit-pay":
            raise KeyboardInterrupt

    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", hit)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT)
        monkeypatch.undo()
        assert client.unclaimed == [REF]


def test_ctrl_c_before_it_starts_pays_for_nothing(monkeypatch):
    def hit(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with hostile(Exchange.answer) as server, Client(Kie(KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", hit)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT)
        monkeypatch.undo()
        assert server.posts == 0


class Alarm(WaitTimeout):
    """What a signal handler of the user's own raises."""


def test_an_interruption_by_one_of_our_errors_keeps_the_task():
    """It does not carry the task, as the errors of the submission itself do."""
    slow = SlowServer()

    def ring(*_: object) -> None:
        raise Alarm("time is up")

    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        before = signal.signal(signal.SIGALRM, ring)
        try:
            press = ctrl_c_when(slow.arrived, slow.answer_now, signal.SIGALRM)
            with pytest.raises(Alarm):
                client.submit(CAT)
            press.join()
        finally:
            signal.signal(signal.SIGALRM, before)
        client.close()  # which waits, should the alarm have hit before anybody waited
        assert client.unclaimed == [REF]


def test_ctrl_c_is_told_why_nothing_happens(caplog):
    slow = SlowServer()
    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        press = ctrl_c_when(slow.arrived, slow.answer_now)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT, timeout=33.0)
        press.join()
    assert re.search(r"a paid request is under way, waiting for its end, 3[34] s at most", caplog.text)


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_ctrl_c_while_submitting_asynchronously_leaves_the_reference(run):
    """trio tells its main task of Ctrl-C whatever shields are up."""
    slow = SlowServer()
    clients: list[AsyncClient[Any]] = []

    async def main(url: str) -> None:
        async with AsyncClient(Kie(KEY, url)) as client:
            clients.append(client)
            await client.submit(CAT)

    with hostile(slow) as server:
        press = ctrl_c_when(slow.arrived, slow.answer_now)
        with pytest.raises(KeyboardInterrupt):
            run(partial(main, server.url)) if run is trio.run else run(main(server.url))
        press.join()
    assert clients[0].unclaimed == [REF]


@pytest.mark.parametrize(
    ("about", "carried", "unclaimed"),
    [(TaskRef("kie", "jobs", "another"), TaskRef("kie", "jobs", "another"), [REF]), (None, REF, [])],
)
def test_an_error_in_on_update_that_is_one_of_ours_keeps_the_task(about, carried, unclaimed):
    """It may come of another task: then it does not carry this one."""
    slow = SlowServer()
    slow.answer_now.set()

    def broken(_: Task) -> None:
        raise DownloadError("odd", ref=about)

    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        with pytest.raises(DownloadError) as caught:
            client.generate(CAT, on_update=broken)
        assert (caught.value.ref, client.unclaimed) == (carried, unclaimed)


ANYWHERE = """
import sys, threading
import httpx
from klingkit import Client
from klingkit.kie import Kie, Kling26TextToVideo

def answer(request):
    posts.append(request)
    return httpx.Response(200, json={"code": 200, "data": {"taskId": "281e5b0"}})

class CtrlC:
    def __init__(self, at): self.at, self.lines = at, 0
    def __call__(self, frame, event, arg):
        if "klingkit" not in frame.f_code.co_filename: return None
        if event == "line":
            self.lines += 1
            if self.lines == self.at: raise KeyboardInterrupt
        return self

lost, at = [], 0
while True:
    posts, at = [], at + 1
    client = Client(Kie("key-of-nobody", "http://kie.test"), http=httpx.Client(transport=httpx.MockTransport(answer)))
    request = Kling26TextToVideo(prompt="a cat")
    try:
        sys.settrace(CtrlC(at))
        client.submit(request)
        break
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
        [thread.join() for thread in threading.enumerate() if thread.name == "klingkit-pay"]
    if posts and not client.unclaimed:
        lost.append(at)
print(at, lost)
"""


def test_ctrl_c_at_any_line_loses_no_task():
    """Pressed at each line of a submission in turn: a task that was created is in `unclaimed`, until it is handed over.

    What remains are the last lines, that hand it over.
    """
    command = [sys.executable, "-c", ANYWHERE]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    lines, lost = done.stdout.split(" ", 1)
    assert int(lines) > 100
    assert all(int(line) > int(lines) - 6 for line in lost.strip("[]\n").split(", ") if line)


def test_without_a_thread_nothing_is_sent(monkeypatch):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with hostile(Exchange.answer) as server, Client(Kie(KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NetworkError, match="nothing was sent"):
            client.submit(CAT, timeout=0.1)
        monkeypatch.undo()
        assert server.posts == 0


class Broken(Kie):
    """An adapter of the user's own, with a bug."""

    def read_submission(self, response: httpx.Response) -> Any:
        raise LookupError("a bug of one's own")


@EACH_CLIENT
@pytest.mark.anyio
async def test_a_bug_in_an_adapter_is_uncertain_and_breaks_no_loop(kind: str):
    slow = SlowServer()
    slow.answer_now.set()
    with hostile(slow) as server:
        async with opened(kind, Broken(KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain, match="LookupError"):
                await client.submit(CAT)


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
