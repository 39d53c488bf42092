"""Tests that cancelling a submission loses no paid task: blocking, asyncio and trio, on real sockets."""

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
from klingkit._flow._uncancelled import current_loop, is_over
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
    """`asyncio.timeout` and `Task.cancel` ignore shields; three cancellations have the effect of one."""
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
    """A server that never responds holds a cancelled submission no longer than its time limit."""
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


def press_ctrl_c_when(
    arrived: threading.Event, release: threading.Event, signal_number: int = signal.SIGINT
) -> threading.Thread:
    """Press Ctrl-C in the main thread once the request has arrived, then let the server respond."""

    def press() -> None:
        assert arrived.wait(10)
        os.kill(os.getpid(), signal_number)
        release.set()

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_while_submitting_leaves_the_reference(caplog):
    slow = SlowServer()
    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        press = press_ctrl_c_when(slow.arrived, slow.respond_now)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT_REQUEST, timeout=33.0)
        press.join()
        client.close()  # it waits, if Ctrl-C came before the wait began
        assert [task.ref for task in client.unclaimed] == [TASK_REF]
    assert re.search(r"a paid request is under way, waiting for its end, 3[34] s at most", caplog.text)


def test_ctrl_c_as_the_paying_thread_starts_keeps_the_task(monkeypatch):
    """Ctrl-C comes in the instant between the start of the thread and the wait for its end."""
    slow = SlowServer()
    slow.respond_now.set()
    start = threading.Thread.start

    def interrupt(thread: threading.Thread) -> None:
        start(thread)
        if thread.name == "klingkit-pay":
            raise KeyboardInterrupt

    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT_REQUEST)
        monkeypatch.undo()
        assert [task.ref for task in client.unclaimed] == [TASK_REF]


def test_ctrl_c_before_the_paying_thread_starts_sends_nothing(monkeypatch):
    def interrupt(thread: threading.Thread) -> None:
        raise KeyboardInterrupt

    with scripted_server(ServerExchange.respond) as server, Client(Kie(API_KEY, server.url)) as client:
        monkeypatch.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.submit(CAT_REQUEST)
        monkeypatch.undo()
        assert server.posts == 0


class AlarmError(WaitTimeout):
    """The exception that a signal handler of the user raises."""


def test_a_klingkit_error_of_a_signal_handler_keeps_the_task():
    """Unlike the errors of the submission, it has no reference to the task."""
    slow = SlowServer()

    def raise_alarm(*_: object) -> None:
        raise AlarmError("time is up")

    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        previous_handler = signal.signal(signal.SIGALRM, raise_alarm)
        try:
            press = press_ctrl_c_when(slow.arrived, slow.respond_now, signal.SIGALRM)
            with pytest.raises(AlarmError):
                client.submit(CAT_REQUEST)
            press.join()
        finally:
            signal.signal(signal.SIGALRM, previous_handler)
        client.close()  # it waits, if the alarm came before the wait began
        assert [task.ref for task in client.unclaimed] == [TASK_REF]


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_ctrl_c_in_an_async_submission_leaves_the_reference(run):
    """Trio raises KeyboardInterrupt in its main task despite shields."""
    slow = SlowServer()
    clients: list[AsyncClient[Any]] = []

    async def main(url: str) -> None:
        async with AsyncClient(Kie(API_KEY, url)) as client:
            clients.append(client)
            await client.submit(CAT_REQUEST)

    with scripted_server(slow) as server:
        press = press_ctrl_c_when(slow.arrived, slow.respond_now)
        with pytest.raises(KeyboardInterrupt):
            run(partial(main, server.url)) if run is trio.run else run(main(server.url))
        press.join()
    assert [task.ref for task in clients[0].unclaimed] == [TASK_REF]


@EACH_ASYNC_BACKEND
def test_a_loop_is_over_when_it_has_ended(anyio_backend: str):
    async def current_and_running() -> object:
        loop = current_loop()
        assert not is_over(loop)
        return loop

    assert is_over(anyio.run(current_and_running, backend=anyio_backend))


CTRL_C_AT_EACH_LINE = """
import sys, threading
import httpx
from klingkit import Client
from klingkit.kie import Kie, Kling26TextToVideo

def response(request):
    posts.append(request)
    return httpx.Response(200, json={"code": 200, "data": {"taskId": "281e5b0"}})

class CtrlC:
    def __init__(self, line): self.line, self.lines = line, 0
    def __call__(self, frame, event, arg):
        if "klingkit" not in frame.f_code.co_filename: return None
        if event == "line":
            self.lines += 1
            if self.lines == self.line: raise KeyboardInterrupt
        return self

lost, line = [], 0
while True:
    posts, line = [], line + 1
    client = Client(Kie("key-of-nobody", "http://kie.test"), http=httpx.Client(transport=httpx.MockTransport(response)))
    request = Kling26TextToVideo(prompt="a cat")
    try:
        sys.settrace(CtrlC(line))
        client.submit(request)
        break
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
        [thread.join() for thread in threading.enumerate() if thread.name == "klingkit-pay"]
    if posts and not client.unclaimed:
        lost.append(line)
print(line, lost)
"""


def test_ctrl_c_at_any_line_loses_no_task():
    """Ctrl-C comes at each line of a submission in turn; a created task is then in `unclaimed`, or was returned.

    Only the last lines, which return the task, may lose it.
    """
    command = [sys.executable, "-c", CTRL_C_AT_EACH_LINE]
    process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    lines, lost = process.stdout.split(" ", 1)
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


class BrokenAdapter(Kie):
    """An adapter of the user with a bug."""

    def read_submission(self, response: httpx.Response) -> Any:
        raise LookupError("a bug in an adapter")


@EACH_CLIENT_KIND
@pytest.mark.anyio
async def test_a_bug_in_an_adapter_is_uncertain(kind: str):
    slow = SlowServer()
    slow.respond_now.set()
    with scripted_server(slow) as server:
        async with open_client(kind, BrokenAdapter(API_KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain, match="LookupError"):
                await client.submit(CAT_REQUEST)


def test_a_hanging_transport_is_left_after_the_timeout():
    """The transport ignores the time limit, so the paid request is uncertain."""
    test_is_over = threading.Event()

    def hang(request: httpx.Request) -> httpx.Response:
        test_is_over.wait(10)
        return httpx.Response(500)

    with httpx.Client(transport=httpx.MockTransport(hang)) as http:
        client = Client(Kie(API_KEY, "http://kie.test"), http=http)
        with pytest.raises(SubmissionUncertain, match="took too long") as caught:
            client.submit(CAT_REQUEST, timeout=0.1)
        test_is_over.set()
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
