"""The limits of an account are shared by all threads, tasks and event loops of a client, and by no other process."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from types import FrameType
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import httpx
import pytest
from attrs import define

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.forking import result_text_in_child
from contract_tests.support.kie import CAT_REQUEST, KIE_API, TASK_REF, created_response, error_response, task_response
from klingkit import AsyncClient, Client, ConfigurationError, Pacing, RateLimited, Task, TaskRef
from klingkit._flow import _sync
from klingkit.emulator import Emulator
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

ONE = Pacing(creations=1, per=600.0)
"""One creation at once, and none after it in the time of a test."""


class Service:
    """Creates tasks, of which it counts those at once; `opened` lets it respond."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.times.append(time.monotonic())
        return created_response(f"t{len(self.times)}")

    def most(self, seconds: float) -> int:
        return max(sum(start <= it < start + seconds for it in self.times) for start in self.times)


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds."""
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - it comes from other threads
            await anyio.sleep(0.001)


@EACH_CLIENT_KIND
async def test_calls_of_one_client_share_its_limit(kind: str):
    service, refs = Service(), list[TaskRef]()
    async with (
        open_client(kind, KIE_API, http=user_http_client(kind, service), pacing=Pacing(creations=3, per=0.2)) as client,
        anyio.create_task_group() as tasks,
    ):

        async def submit() -> None:
            refs.append(await client.submit(CAT_REQUEST))

        for _ in range(12):
            tasks.start_soon(submit)
    assert len(set(refs)) == 12
    assert service.most(0.2) <= 3


@EACH_CLIENT_KIND
async def test_another_client_has_limits_of_its_own(kind: str):
    service = Service()
    for _ in range(2):
        async with open_client(kind, KIE_API, http=user_http_client(kind, service), pacing=ONE) as client:
            await client.submit(CAT_REQUEST)
            with pytest.raises(RateLimited, match="nothing was sent"):
                await client.submit(CAT_REQUEST, timeout=0.04)
    assert len(service.times) == 2


@EACH_CLIENT_KIND
async def test_no_pacing_means_no_waiting(kind: str):
    service = Service()
    api = type(KIE_API)("key-of-nobody", KIE_API.base_url)
    api.pacing = ONE
    async with open_client(kind, api, http=user_http_client(kind, service), pacing=None) as client:
        for _ in range(3):
            await client.submit(CAT_REQUEST)
    assert len(service.times) == 3


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_cancelled_submission_leaves_its_turn_to_the_next():
    service = Service()
    pacing = Pacing(creations=1, per=0.3)
    async with AsyncClient(KIE_API, http=user_http_client("async", service), pacing=pacing) as client:
        await client.submit(CAT_REQUEST)
        async with anyio.create_task_group() as tasks:
            with anyio.move_on_after(0.05) as first:
                await client.submit(CAT_REQUEST)
            assert first.cancelled_caught
            tasks.start_soon(client.submit, CAT_REQUEST)
        assert client.unclaimed == []
    assert len(service.times) == 2


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@define
class AtLine:
    """A trace function that does something at the nth line of the code of turns, as a signal handler may."""

    number: int
    action: Callable[[], object]

    def __call__(self, frame: FrameType, event: str, argument: object) -> Any:
        waits = frame.f_back is not None and frame.f_back.f_code.co_name in ("_listen", "put")
        if not (waits or frame.f_code.co_filename.endswith(("_events.py", "_limiter.py", "_limits.py", "_turns.py"))):
            return None
        if event == "line":
            self.number -= 1
            if not self.number:
                sys.settrace(None)
                self.action()
        return self


def submit_and_act(number: int, pacing: Pacing, action: Callable[[Client[Any]], object]) -> tuple[Client[Any], bool]:
    """Submit in turn, and act at this line of the code of turns; return the client, and whether it was reached."""
    client = Client(KIE_API, http=user_http_client("sync", Service()), pacing=pacing)
    client.submit(CAT_REQUEST)
    at_line = AtLine(number, lambda: action(client))

    def submit() -> None:
        sys.settrace(at_line)
        try:
            client.submit(CAT_REQUEST, timeout=60.0)
        except (KeyboardInterrupt, ConfigurationError):
            pass
        finally:
            sys.settrace(None)

    thread = threading.Thread(target=submit, daemon=True)
    thread.start()
    thread.join(10.0)
    assert not thread.is_alive(), f"hangs after {number} lines"
    return client, at_line.number <= 0


def test_a_signal_handler_may_close_the_client_at_any_line_of_a_submission_that_waits():
    numbers = count(1)
    while submit_and_act(next(numbers), Pacing(creations=1, per=0.05), lambda client: client.close())[1]:
        pass
    assert next(numbers) > 30


def test_ctrl_c_at_any_line_leaves_no_turn_behind():
    left, numbers, reached = list[int](), count(1), True
    while reached:
        number = next(numbers)
        client, reached = submit_and_act(number, Pacing(creations=1, per=0.05), interrupted)
        limits: Any = client._limits.get()
        if any(turn.queued for *_, turn in limits.creations._queue):
            left.append(number)
    assert left == []


def test_an_interrupted_thread_leaves_its_turn_to_the_next(monkeypatch: pytest.MonkeyPatch):
    service = Service()
    with Client(KIE_API, http=user_http_client("sync", service), pacing=Pacing(creations=1, per=0.3)) as client:
        client.submit(CAT_REQUEST)
        with monkeypatch.context() as patched:
            patched.setattr(_sync, "_listen", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.submit(CAT_REQUEST)
        assert client.submit(CAT_REQUEST).id == "t2"
        assert client._limits.get().creations._queue == []  # type: ignore[union-attr]  # it has limits


def test_event_loops_in_threads_share_the_limit_of_a_client():
    """Also those of trio, whose clock begins at a random time."""
    service, backends = Service(), ["asyncio", "trio"] * 4
    client = AsyncClient(KIE_API, http=user_http_client("async", service), pacing=Pacing(creations=2, per=0.2))
    with ThreadPoolExecutor(8) as threads:
        refs = list(threads.map(lambda backend: anyio.run(client.submit, CAT_REQUEST, backend=backend), backends))
    assert len(set(refs)) == 8
    assert service.most(0.2) <= 2


def test_an_end_that_one_thread_sees_frees_the_slot_that_another_waits_for():
    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return task_response("fail")
        return created_response(TASK_REF.id if not done.is_set() else "second")

    done = threading.Event()
    with (
        Client(KIE_API, http=user_http_client("sync", respond), pacing=Pacing(slots=1)) as client,
        ThreadPoolExecutor(1) as thread,
    ):
        ref = client.submit(CAT_REQUEST)
        second = thread.submit(client.submit, CAT_REQUEST)
        limiter: Any = client._limits.get()
        until = time.monotonic() + 10
        while not limiter.creations._queue:
            assert time.monotonic() < until
            time.sleep(0.001)
        done.set()
        assert client.get(ref).done
        assert second.result(5.0).id == "second"


@EACH_CLIENT_KIND
async def test_closing_a_client_ends_the_submissions_and_queries_that_wait_for_their_turns(kind: str):
    def respond(request: httpx.Request) -> httpx.Response:
        return created_response() if request.method == "POST" else task_response("waiting")

    pacing, ended = Pacing(creations=1, per=600.0, queries_per_second=0.001), list[str]()

    async def call(method: Any, argument: object) -> None:
        with pytest.raises(ConfigurationError, match="closed"):
            await method(argument, timeout=600.0)
        ended.append("closed")

    async with anyio.create_task_group() as tasks:
        async with open_client(kind, KIE_API, http=user_http_client(kind, respond), pacing=pacing) as client:
            await client.get(await client.submit(CAT_REQUEST))
            for _ in range(3):
                tasks.start_soon(call, client.submit, CAT_REQUEST)
                tasks.start_soon(call, client.get, TASK_REF)
            limits: Any = client.client._limits.get()
            await until(lambda: len(limits.creations._queue) + len(limits.queries._queue) == 6)
        await until(lambda: len(ended) == 6)


def test_leaving_the_block_of_many_waits_ends_their_turns():
    http = user_http_client("sync", lambda _: task_response("waiting"))
    refs = [TaskRef("kie", "jobs", f"t{number}") for number in range(5)]
    with Client(KIE_API, http=http, pacing=Pacing(queries_per_second=0.001)) as client:
        limits: Any = client._limits.get()
        with client.as_completed(refs):
            wait_until(lambda: sum(limits.queries._waiting) == 4)
        wait_until(lambda: sum(limits.queries._waiting) == 0)
        assert len(limits.queries.window._counted) == 1


def wait_until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_child_of_a_fork_has_limits_of_its_own():
    with Client(KIE_API, http=None, pacing=ONE) as client:
        limits: Any = client._limits.get()
        limits.creations.join(60.0).pause()
        with limits.creations._lock:  # as another thread may hold it just then
            done = result_text_in_child(lambda: client._limits.get().creations.join(1.0).pause())  # type: ignore[union-attr]  # it has limits
        assert done == "0.0"
        assert client._limits.get() is limits


def test_a_watch_that_began_before_a_fork_goes_on_in_the_child():
    """With limits of the child's own: those of its parent may have been locked just then."""
    with Emulator().serve() as url, Client(Kie("key-of-nobody", url)) as client:
        begun = client.watch(client.submit(CAT_REQUEST))
        assert result_text_in_child(lambda: limits_used(client, begun)) == "1"
        assert limits_used(client, begun) == 1


def limits_used(client: Client[Any], watch: Iterator[Task]) -> int:
    """Go on with a watch; return how many queries are counted in this process."""
    next(watch)
    limits: Any = client._limits.get()
    return len(limits.queries.window._counted)


@EACH_CLIENT_KIND
async def test_a_rejection_for_its_rate_is_tried_again_until_it_goes_through(kind: str):
    """More than three times: it proves that nothing was created."""
    responses = [*[error_response(429, 200, "no", **{"Retry-After": "0"})] * 6, created_response()]
    http = user_http_client(kind, lambda _: responses.pop(0))
    async with open_client(kind, KIE_API, http=http, pacing=Pacing(per=0.01)) as client:
        assert await client.submit(CAT_REQUEST) == TASK_REF
    assert responses == []
