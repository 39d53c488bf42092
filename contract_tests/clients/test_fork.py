"""Tests of a client made before a fork: the child shares neither connections nor locks with its parent."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from contract_tests.support.clients import user_http_client
from contract_tests.support.forking import result_text_in_child
from contract_tests.support.kie import API_KEY, CAT_REQUEST, KIE_API, TASK_REF, created_response, task_response
from contract_tests.support.scripted_server import ScriptedServer, ServerExchange, keeps_alive, scripted_server
from contract_tests.support.slow_server import SlowServer
from klingkit import (
    AsyncClient,
    CallbackEvent,
    Client,
    ConfigurationError,
    Events,
    LearnedPolling,
    Task,
    UnclaimedTask,
)
from klingkit._flow._sync_pool import Pool
from klingkit._fork import _FORKS, Flag, PerProcess, _count
from klingkit.callbacks import MemoryStore, Receiver
from klingkit.kie import Kie

EVENT = CallbackEvent(Task(TASK_REF, "queued"))


@pytest.fixture
def keep_alive_server() -> Iterator[ScriptedServer]:
    """A server that keeps connections open after the response."""

    @keeps_alive
    def reply(exchange: ServerExchange) -> None:
        exchange.respond(task_response("waiting").content)

    with scripted_server(reply) as server:
        yield server


def test_a_child_queries_on_its_own_connections(keep_alive_server: ScriptedServer):
    with Client(Kie(API_KEY, keep_alive_server.url)) as client:
        client.get(TASK_REF)
        assert result_text_in_child(lambda: client.get(TASK_REF).status) == "queued"
        assert client.get(TASK_REF).status == "queued"
        assert keep_alive_server.connections == 2
        assert client._io.http is client._io.http, "within a process, connections stay"


def test_a_child_of_an_event_loop_queries_on_its_own_connections(keep_alive_server: ScriptedServer):
    async def main() -> None:
        async with AsyncClient(Kie(API_KEY, keep_alive_server.url)) as client:
            await client.get(TASK_REF)
            assert result_text_in_child(lambda: asyncio.run(client.get(TASK_REF)).status) == "queued"
            assert (await client.get(TASK_REF)).status == "queued"

    asyncio.run(main())
    assert keep_alive_server.connections == 2


def test_a_child_does_not_wait_for_a_request_of_its_parent():
    """Another thread may hold a lock of the connection pool at the moment of the fork."""
    arrived, go_on = threading.Event(), threading.Event()

    @keeps_alive
    def reply(exchange: ServerExchange) -> None:
        if not arrived.is_set():
            arrived.set()
            go_on.wait(10)
        exchange.respond(task_response("waiting").content)

    with scripted_server(reply) as server, Client(Kie(API_KEY, server.url)) as client:
        query = threading.Thread(target=client.get, args=(TASK_REF,))
        query.start()
        assert arrived.wait(10)
        assert result_text_in_child(lambda: client.get(TASK_REF).status) == "queued"
        go_on.set()
        query.join(10)


FIRST_CALL = """
import asyncio, sys
{imports}
from klingkit import AsyncClient, Client, TaskRef
from klingkit.kie import Kie

ref = TaskRef("kie", "jobs", "281e5b0")
if {asynchronous}:
    client = AsyncClient(Kie("key-of-nobody-0123456789", {url!r}))
    loaded = set(sys.modules)
    import anyio
    anyio.run(client.get, ref, backend={backend!r})
else:
    client = Client(Kie("key-of-nobody-0123456789", {url!r}))
    loaded = set(sys.modules)
    client.get(ref)
print(sorted(set(sys.modules) - loaded))
"""


@pytest.mark.parametrize(("kind", "backend"), [("sync", ""), ("async", "asyncio"), ("async", "trio")])
def test_the_first_call_imports_nothing(keep_alive_server: ScriptedServer, kind: str, backend: str):
    """A child that is forked while another thread imports a module would wait for ever to import it, too."""
    imports = "import trio" if backend == "trio" else ""
    code = FIRST_CALL.format(url=keep_alive_server.url, asynchronous=kind == "async", backend=backend, imports=imports)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_a_child_verifies_certificates_with_its_own_context():
    """An SSL context of OpenSSL has locks, too."""
    with Client(KIE_API) as client:
        parents_context = cast("Pool", client._io.http._transport)._ssl_context
        assert (
            result_text_in_child(lambda: cast("Pool", client._io.http._transport)._ssl_context is parents_context)
            == "False"
        )


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_users_http_client_is_refused_in_a_child(kind: str):
    http = user_http_client(kind, lambda _: created_response())
    client = Client(KIE_API, http=http) if kind == "sync" else AsyncClient(KIE_API, http=http)

    def submit() -> object:
        submission = client.submit(CAT_REQUEST)
        return submission if kind == "sync" else asyncio.run(submission)  # type: ignore[arg-type]  # either kind

    refused = result_text_in_child(submit)
    assert refused.startswith("ConfigurationError: http: a client of your own cannot cross a fork, nothing was sent")
    assert str(submit()) == str(TASK_REF)


def test_a_child_has_no_part_in_the_payments_of_its_parent():
    """It neither waits for the parent's payments when it closes its client, nor lists their tasks as unclaimed."""
    slow = SlowServer()
    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client:
        client.unclaimed.append(UnclaimedTask(TASK_REF))
        submission = threading.Thread(target=client.submit, args=(CAT_REQUEST,))
        submission.start()
        assert slow.arrived.wait(10)
        assert result_text_in_child(lambda: list(client.unclaimed)) == "[]"
        assert result_text_in_child(client.close) == "None"
        slow.respond_now.set()
        submission.join(10)
        assert client.unclaimed == [UnclaimedTask(TASK_REF)]


def test_a_client_closed_before_a_fork_is_closed_in_the_child():
    with Client(KIE_API) as client:
        pass
    assert "ConfigurationError: this client is closed" in result_text_in_child(lambda: client.get(TASK_REF))


def test_a_child_takes_events_although_a_lock_was_held():
    """An event is kept for the child's next wait, although a wait of the parent was open at the fork."""
    events = Events()

    def put_and_take() -> object:
        events.put(EVENT)
        with events.slot(TASK_REF) as slot:
            return slot.take() == EVENT

    with events.slot(TASK_REF), events._waits.get().lock:
        assert result_text_in_child(put_and_take) == "True"


def test_a_child_learns_durations_although_a_lock_was_held():
    polling = LearnedPolling()

    def learn() -> object:
        polling.learn("a model", 60.0)
        return dict(polling.durations())

    with polling._lock.get():
        assert result_text_in_child(learn) == "{'a model': (60.0,)}"


def test_a_child_handles_a_delivery_that_its_parent_is_handling():
    store = MemoryStore()
    with Client(KIE_API) as client:
        core = Receiver(client, store=store)._core

        def claim() -> object:
            with core.claim(["a task"]) as claimed:
                store.record("a task")
                return claimed, store.seen("a task")

        with core.claim(["a task"]), core._claims.get().lock, store._lock.get():
            assert result_text_in_child(claim) == "(True, True)"


def test_forks_are_counted():
    before = _FORKS[0]
    assert result_text_in_child(lambda: _FORKS[0] - before) == "1"
    _count()  # otherwise called only in children, where coverage is not measured
    assert _FORKS[0] == before + 1
    _FORKS[0] = before


def test_a_fork_that_python_is_not_told_of_is_detected(monkeypatch):
    """Servers such as uWSGI fork without `os.fork`."""
    value = PerProcess(object)
    parents = value.get()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert value.get() is not parents
    monkeypatch.undo()
    assert value.get() is parents


def test_a_process_id_that_is_used_again_is_another_process(monkeypatch):
    value, pid = PerProcess(object), os.getpid()
    parents = value.get()
    monkeypatch.setattr(os, "getpid", lambda: pid)
    assert result_text_in_child(lambda: value.get() is parents) == "False"


def test_a_flag_stays_set():
    flag = Flag()
    assert not flag.is_set()
    flag.set()
    assert flag.is_set()


def test_a_users_http_client_works_in_one_process_only(monkeypatch):
    with httpx.Client() as http, Client(KIE_API, http=http) as client:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(ConfigurationError, match="cannot cross a fork"):
            client.get(TASK_REF)
