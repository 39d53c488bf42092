"""Cancelling a submission does not abandon the paid task: blocking, asyncio and trio, on real sockets."""

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

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF
from contract_tests.support.scripted_server import ServerExchange, scripted_server
from contract_tests.support.slow_server import EACH_ASYNC_BACKEND, SlowServer
from klingkit import (
    AsyncClient,
    Client,
    Fixed,
    NetworkError,
    SubmissionUncertain,
    WaitTimeout,
)
from klingkit.kie import Kie


@pytest.mark.anyio
@EACH_ASYNC_BACKEND
async def test_a_cancelled_submission_leaves_its_reference(caplog):
    slow = SlowServer()
    with scripted_server(slow) as server, caplog.at_level(logging.WARNING, "klingkit"):
        async with AsyncClient(Kie(API_KEY, server.url)) as client:
            async with anyio.create_task_group() as group:
                group.start_soon(partial(client.submit, CAT_REQUEST))
                await slow.arrival()
                group.cancel_scope.cancel()
                slow.respond_now.set()
            assert [task.ref for task in client.unclaimed] == [TASK_REF]
    assert str(TASK_REF) in caplog.text
    assert server.posts == 1


@pytest.mark.anyio
async def test_asyncio_cancellation_waits_for_the_paid_request():
    """`asyncio.timeout` and `Task.cancel` know nothing of shields; three in a row are no worse than one."""
    slow = SlowServer()
    with scripted_server(slow) as server:
        async with AsyncClient(Kie(API_KEY, server.url)) as client:
            submission = asyncio.create_task(client.submit(CAT_REQUEST))
            await slow.arrival()
            for _ in range(3):
                submission.cancel()
                await asyncio.sleep(0)
            assert not submission.done()
            slow.respond_now.set()
            with pytest.raises(asyncio.CancelledError) as caught:
                await submission
            assert [task.ref for task in client.unclaimed] == [TASK_REF]
            assert str(TASK_REF) in caught.value.__notes__[0]


@pytest.mark.anyio
@EACH_ASYNC_BACKEND
async def test_a_cancelled_submission_waits_no_longer_than_its_timeout():
    """A server that never responses holds a cancelled submission no longer than its time limit."""
    with scripted_server(ServerExchange.stall) as server:
        async with AsyncClient(Kie(API_KEY, server.url)) as client:
            with anyio.move_on_after(0.05) as scope, anyio.fail_after(5):
                await client.submit(CAT_REQUEST, timeout=0.4)
            assert scope.cancelled_caught
            assert client.unclaimed == []


@pytest.mark.anyio
@EACH_ASYNC_BACKEND
async def test_cancelling_generate_keeps_the_task():
    slow = SlowServer()
    slow.respond_now.set()
    with scripted_server(slow) as server:
        async with AsyncClient(Kie(API_KEY, server.url)) as client:
            waiting = anyio.Event()
            async with anyio.create_task_group() as group:

                async def make() -> None:
                    await client.generate(CAT_REQUEST, on_update=lambda _: waiting.set(), polling=Fixed(30))

                group.start_soon(make)
                await waiting.wait()
                group.cancel_scope.cancel()
            assert [task.ref for task in client.unclaimed] == [TASK_REF]


@pytest.mark.anyio
@EACH_ASYNC_BACKEND
async def test_a_caller_that_is_cancelled_already_sends_nothing():
    with scripted_server(ServerExchange.respond) as server:
        async with AsyncClient(Kie(API_KEY, server.url)) as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.submit(CAT_REQUEST)
        assert server.posts == 0


def test_the_end_of_the_event_loop_waits_for_the_paid_request():
    """`asyncio.run` cancels every task it knows when its main one returns."""
    slow = SlowServer()
    clients: list[AsyncClient[Any]] = []
    submissions = []

    async def main(url: str) -> None:
        client = AsyncClient(Kie(API_KEY, url))
        clients.append(client)
        submissions.append(asyncio.create_task(client.submit(CAT_REQUEST)))
        await slow.arrival()
        asyncio.get_running_loop().call_later(0.1, slow.respond_now.set)

    with scripted_server(slow) as server:
        asyncio.run(main(server.url))
    assert [task.ref for task in clients[0].unclaimed] == [TASK_REF]
    assert server.posts == 1


def ctrl_c_when(arrived: threading.Event, then: threading.Event, number: int = signal.SIGINT) -> threading.Thread:
    """Press Ctrl-C in the main thread once the request has arrived, then let the server response."""

    def press() -> None:
        assert arrived.wait(10)
        os.kill(os.getpid(), number)
        then.set()

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_while_submitting_leaves_the_reference(caplog):
    slow = SlowServer()
    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        press = ctrl_c_when(slow.arrived, slow.respond_now)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT_REQUEST, timeout=33.0)
        press.join()
        client.close()  # it waits, if Ctrl-C came before the wait began
        assert [task.ref for task in client.unclaimed] == [TASK_REF]
    assert re.search(r"a paid request is under way, waiting for its end, 3[34] s at most", caplog.text)


def test_ctrl_c_as_the_paying_thread_starts_keeps_the_task(monkeypatch):
    """In the instant between its start and the wait for its end."""
    slow = SlowServer()
    slow.respond_now.set()
    start = threading.Thread.start

    def hit(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "klingkit-pay":
            raise KeyboardInterrupt

    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", hit)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT_REQUEST)
        monkeypatch.undo()
        assert [task.ref for task in client.unclaimed] == [TASK_REF]


def test_ctrl_c_before_the_paying_thread_starts_sends_nothing(monkeypatch):
    def hit(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with scripted_server(ServerExchange.respond) as server, Client(Kie(API_KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", hit)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT_REQUEST)
        monkeypatch.undo()
        assert server.posts == 0


class Alarm(WaitTimeout):
    """What a signal handler of the user's own raises."""


def test_a_klingkit_error_of_a_signal_handler_keeps_the_task():
    """It does not carry the task, as the errors of the submission itself do."""
    slow = SlowServer()

    def ring(*_: object) -> None:
        raise Alarm("time is up")

    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        before = signal.signal(signal.SIGALRM, ring)
        try:
            press = ctrl_c_when(slow.arrived, slow.respond_now, signal.SIGALRM)
            with pytest.raises(Alarm):
                client.submit(CAT_REQUEST)
            press.join()
        finally:
            signal.signal(signal.SIGALRM, before)
        client.close()  # which waits, if the alarm came before the wait began
        assert [task.ref for task in client.unclaimed] == [TASK_REF]


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_ctrl_c_in_an_async_submission_leaves_the_reference(run):
    """trio raises Ctrl-C in its main task despite shields."""
    slow = SlowServer()
    clients: list[AsyncClient[Any]] = []

    async def main(url: str) -> None:
        async with AsyncClient(Kie(API_KEY, url)) as client:
            clients.append(client)
            await client.submit(CAT_REQUEST)

    with scripted_server(slow) as server:
        press = ctrl_c_when(slow.arrived, slow.respond_now)
        with pytest.raises(KeyboardInterrupt):
            run(partial(main, server.url)) if run is trio.run else run(main(server.url))
        press.join()
    assert [task.ref for task in clients[0].unclaimed] == [TASK_REF]


ANYWHERE = """
import sys, threading
import httpx
from klingkit import Client
from klingkit.kie import Kie, Kling26TextToVideo

def response(request):
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
    client = Client(Kie("key-of-nobody", "http://kie.test"), http=httpx.Client(transport=httpx.MockTransport(response)))
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


def test_without_a_new_thread_nothing_is_sent(monkeypatch):
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with scripted_server(ServerExchange.respond) as server, Client(Kie(API_KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(NetworkError, match="nothing was sent"):
            client.submit(CAT_REQUEST, timeout=0.1)
        monkeypatch.undo()
        assert server.posts == 0


class Broken(Kie):
    """An adapter of the user's own, with a bug."""

    def read_submission(self, response: httpx.Response) -> Any:
        raise LookupError("a bug in an adapter")


@EACH_CLIENT_KIND
@pytest.mark.anyio
async def test_a_bug_in_an_adapter_is_uncertain(kind: str):
    slow = SlowServer()
    slow.respond_now.set()
    with scripted_server(slow) as server:
        async with open_client(kind, Broken(API_KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain, match="LookupError"):
                await client.submit(CAT_REQUEST)


def test_a_hanging_transport_is_left_after_the_timeout():
    """Its time limits are its own business; what was paid for is then uncertain."""
    over = threading.Event()

    def hang(request: httpx.Request) -> httpx.Response:
        over.wait(10)
        return httpx.Response(500)

    with httpx.Client(transport=httpx.MockTransport(hang)) as http:
        client = Client(Kie(API_KEY, "http://kie.test"), http=http)
        with pytest.raises(SubmissionUncertain, match="took too long") as caught:
            client.submit(CAT_REQUEST, timeout=0.1)
        over.set()
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
