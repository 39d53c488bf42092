"""A client made before a fork: the child shares neither connections nor locks with its parent."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from contract_tests.support.clients import own_client
from contract_tests.support.forking import in_child
from contract_tests.support.hostile import Exchange, Hostile, hostile, keeps_alive
from contract_tests.support.kie import API, CAT, KEY, REF, created, record
from contract_tests.support.slow_server import SlowServer
from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError, Events, Task, UnclaimedTask
from klingkit._flow._sync_pool import Pool
from klingkit._fork import _FORKS, Flag, PerProcess, _count
from klingkit.callbacks import MemoryStore, Receiver
from klingkit.kie import Kie

EVENT = CallbackEvent(Task(REF, "queued"))


@pytest.fixture
def idling() -> Iterator[Hostile]:
    """A server that keeps connections open after the response."""

    @keeps_alive
    def reply(exchange: Exchange) -> None:
        exchange.respond(record("waiting").content)

    with hostile(reply) as server:
        yield server


def test_a_child_queries_on_connections_of_its_own(idling: Hostile):
    with Client(Kie(KEY, idling.url)) as client:
        client.get(REF)
        assert in_child(lambda: client.get(REF).status) == "queued"
        assert client.get(REF).status == "queued"
        assert idling.connections == 2
        assert client._io.http is client._io.http, "within a process, connections stay"


def test_a_child_of_an_event_loop_queries_on_connections_of_its_own(idling: Hostile):
    async def main() -> None:
        async with AsyncClient(Kie(KEY, idling.url)) as client:
            await client.get(REF)
            assert in_child(lambda: asyncio.run(client.get(REF)).status) == "queued"
            assert (await client.get(REF)).status == "queued"

    asyncio.run(main())
    assert idling.connections == 2


def test_a_child_does_not_wait_for_what_a_thread_of_its_parent_does():
    """Where two threads share a connection pool of httpx, one holds its lock in the very moments in which it asks."""
    arrived, go_on = threading.Event(), threading.Event()

    @keeps_alive
    def reply(exchange: Exchange) -> None:
        if not arrived.is_set():
            arrived.set()
            go_on.wait(10)
        exchange.respond(record("waiting").content)

    with hostile(reply) as server, Client(Kie(KEY, server.url)) as client:
        query = threading.Thread(target=client.get, args=(REF,))
        query.start()
        assert arrived.wait(10)
        assert in_child(lambda: client.get(REF).status) == "queued"
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
def test_the_first_call_imports_nothing(idling: Hostile, kind: str, backend: str):
    """A child that is forked while another thread imports a module waits for ever when it needs that, too."""
    imports = "import trio" if backend == "trio" else ""
    code = FIRST_CALL.format(url=idling.url, asynchronous=kind == "async", backend=backend, imports=imports)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_a_child_verifies_certificates_with_a_context_of_its_own():
    """OpenSSL's context has locks, too."""
    with Client(API) as client:
        ours = cast("Pool", client._io.http._transport)._ssl_context
        assert in_child(lambda: cast("Pool", client._io.http._transport)._ssl_context is ours) == "False"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_client_of_the_users_own_is_refused_in_a_child(kind: str):
    http = own_client(kind, lambda _: created())
    client = Client(API, http=http) if kind == "sync" else AsyncClient(API, http=http)

    def submit() -> object:
        submission = client.submit(CAT)
        return submission if kind == "sync" else asyncio.run(submission)  # type: ignore[arg-type]  # either kind

    refused = in_child(submit)
    assert refused.startswith("ConfigurationError: http: a client of your own cannot cross a fork, nothing was sent")
    assert str(submit()) == str(REF)


def test_a_child_has_no_part_in_the_payments_of_its_parent():
    """It neither waits for them when it closes its client, nor claims their tasks."""
    slow = SlowServer()
    with hostile(slow) as server, Client(Kie(KEY, server.url)) as client:
        client.unclaimed.append(UnclaimedTask(REF))
        submission = threading.Thread(target=client.submit, args=(CAT,))
        submission.start()
        assert slow.arrived.wait(10)
        assert in_child(lambda: list(client.unclaimed)) == "[]"
        assert in_child(client.close) == "None"
        slow.respond_now.set()
        submission.join(10)
        assert client.unclaimed == [UnclaimedTask(REF)]


def test_a_client_closed_before_a_fork_is_closed_in_the_child():
    with Client(API) as client:
        pass
    assert "ConfigurationError: this client is closed" in in_child(lambda: client.get(REF))


def test_a_child_takes_events_although_a_lock_was_held():
    """An event of a wait of the parent is kept for the next wait of the child."""
    events = Events()

    def put_and_take() -> object:
        events.put(EVENT)
        with events.slot(REF) as slot:
            return slot.take() == EVENT

    with events.slot(REF), events._waits.get().lock:
        assert in_child(put_and_take) == "True"


def test_a_child_handles_a_delivery_that_its_parent_is_handling():
    store = MemoryStore()
    with Client(API) as client:
        core = Receiver(client, store=store)._core

        def claim() -> object:
            with core.claim(["a task"]) as ours:
                store.record("a task")
                return ours, store.seen("a task")

        with core.claim(["a task"]), core._claims.get().lock, store._lock.get():
            assert in_child(claim) == "(True, True)"


def test_forks_are_counted():
    before = _FORKS[0]
    assert in_child(lambda: _FORKS[0] - before) == "1"
    _count()
    assert _FORKS.pop() == before + 1
    _FORKS.append(before)


def test_a_fork_that_python_is_not_told_of_is_noticed(monkeypatch):
    """Servers such as uWSGI fork by themselves."""
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
    assert in_child(lambda: value.get() is parents) == "False"


def test_a_flag_stays_up():
    flag = Flag()
    assert not flag.is_set()
    flag.set()
    assert flag.is_set()


def test_a_client_of_the_users_own_is_given_to_one_process(monkeypatch):
    with httpx.Client() as http, Client(API, http=http) as client:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(ConfigurationError, match="cannot cross a fork"):
            client.get(REF)
