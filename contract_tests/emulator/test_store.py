"""Tests of the database: what is restored after a restart."""

import json
import math
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.emulator.control_client import error_of, post
from contract_tests.emulator.kit import ApiClass, Kie, Native, Relay, callback_server, every_api
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Emulator, Fault, Finish, SystemClock, VirtualClock

URL = "http://receiver.example/"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emulator.db"


@pytest.fixture
def stack() -> Generator[ExitStack]:
    with ExitStack() as open_emulator:
        yield open_emulator


def open_emulator(stack: ExitStack, path: Path, **options: Any) -> Emulator:
    defaults: dict[str, Any] = {"clock": VirtualClock(), "finish": AfterSeconds(60), "post": lambda url, body: 200}
    emulator = Emulator(database=path, **(defaults | options))
    stack.callback(emulator.close)
    return emulator


def restart_emulator(stack: ExitStack, path: Path, **options: Any) -> Emulator:
    """Close the emulator and open another one with the same database."""
    stack.close()
    return open_emulator(stack, path, **options)


@every_api
def test_a_restart_shows_the_same_tasks(stack: ExitStack, path: Path, api_class: ApiClass) -> None:
    emulator = open_emulator(stack, path)
    api = api_class(emulator)
    ended, failed, waiting = api.create_task(api_class.body_with_callback(URL)), api.create_task(), api.create_task()
    emulator.clock.advance(7)
    emulator.finish_task(ended)
    emulator.fail_task(failed, code="422", message="no cats, please")
    before = [api.query(task_id).json() for task_id in (ended, failed, waiting)]
    emulator.wait_idle()
    tasks, deliveries = emulator.tasks, emulator.deliveries
    restored = restart_emulator(stack, path)
    assert (restored.tasks, restored.deliveries) == (tasks, deliveries)
    assert deliveries or api_class is not Kie
    api = api_class(restored)
    after = [api.query(task_id).json() for task_id in (ended, failed, waiting)]
    for delivery in (*before, *after):
        delivery.pop("request_id", None)
    assert after == before


def test_a_key_sees_its_own_tasks_and_is_not_in_the_file(stack: ExitStack, path: Path) -> None:
    task_id = Kie(open_emulator(stack, path), "a-long-and-secret-key").create_task()
    restored = restart_emulator(stack, path)
    assert Kie(restored, "a-long-and-secret-key").record(task_id)
    assert Kie(restored, "another").query(task_id).status_code == 404
    stack.close()
    assert b"a-long-and-secret-key" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_unfinished_tasks_continue(stack: ExitStack, path: Path) -> None:
    api = Native(open_emulator(stack, path))
    task_id = api.create_task(Native.body_with_callback(URL))
    api.emulator.clock.advance(40)
    api.emulator.wait_idle()
    restored = restart_emulator(stack, path, clock=(clock := VirtualClock()))
    assert clock.now() == api.emulator.task(task_id).created + 40  # the time of the closed emulator's clock
    clock.advance(20)
    restored.wait_idle()
    assert [state for state, _ in restored.task(task_id).history] == ["accepted", "running", "succeeded"]
    assert [delivery.status for delivery in restored.deliveries][-1] == 200


def test_pending_callbacks_are_sent_after_a_restart(stack: ExitStack, path: Path) -> None:
    """At the restart one callback is being delivered, one waits for it, one is late, and one is held."""
    may_respond, began = threading.Event(), threading.Event()
    received: list[tuple[str, str]] = []

    def post(url: str, body: bytes) -> int:
        began.set()
        may_respond.wait(10)
        return 200

    def post_after_restart(url: str, body: bytes) -> int:
        received.append((url, json.loads(body)["task_status"]))
        return 200

    faults = [Fault("callback-late", prompt="late", seconds=100), Fault("callback-reordered", prompt="held")]
    api = Native(open_emulator(stack, path, post=post, faults=faults))
    for name in ("slow", "late", "held"):
        api.create_task(Native.body(prompt=name) | {"callback_url": f"http://{name}/"})
    api.emulator.clock.advance(30)
    api.emulator.finish_task(api.emulator.tasks[0].id)
    assert began.wait(10)
    emulator = restart_emulator(stack, path, post=post_after_restart, finish=AfterSeconds(math.inf))
    emulator.wait_idle()
    assert received == [("http://slow/", "processing"), ("http://held/", "processing"), ("http://slow/", "completed")]
    emulator.clock.advance(100)
    emulator.wait_idle()
    assert received[3:] == [("http://late/", "processing")]
    may_respond.set()
    assert [delivery.status for delivery in emulator.deliveries] == [200] * 4
    received.clear()
    restart_emulator(stack, path, post=post_after_restart, finish=AfterSeconds(math.inf)).wait_idle()
    assert received == []


def test_a_resent_callback_is_sent_after_a_restart_but_not_after_a_reset(stack: ExitStack, path: Path) -> None:
    api = Kie(open_emulator(stack, path, finish=None))
    api.create_task(Kie.body_with_callback(URL))
    api.emulator.wait_idle()
    may_respond = threading.Event()
    emulator = restart_emulator(stack, path, post=lambda url, body: 200 if may_respond.wait(10) else 0)
    emulator.resend(1)
    received: list[str] = []

    def post(url: str, body: bytes) -> int:
        received.append(url)
        return 200

    emulator = restart_emulator(stack, path, post=post)
    emulator.wait_idle()
    may_respond.set()
    assert received == [URL]
    assert [(delivery.id, delivery.attempt) for delivery in emulator.deliveries] == [(1, 1), (2, 2)]
    may_respond_again = threading.Event()
    emulator = restart_emulator(stack, path, post=lambda url, body: 200 if may_respond_again.wait(10) else 0)
    emulator.resend(1)
    emulator.reset()
    emulator = restart_emulator(stack, path, post=post)
    emulator.wait_idle()
    may_respond_again.set()
    assert (received, emulator.deliveries) == ([URL], ())


def test_tasks_that_end_during_the_restart_send_callbacks(stack: ExitStack, path: Path) -> None:
    """Their time is already up when the new emulator starts."""
    clock = VirtualClock()
    api = Native(open_emulator(stack, path, clock=clock))
    task_ids = [api.create_task(Native.body_with_callback(URL)) for _ in range(20)]
    received: list[str] = []

    def post(url: str, body: bytes) -> int:
        received.append(json.loads(body)["task_id"])
        return 200

    emulator = restart_emulator(stack, path, clock=SystemClock(), post=post)
    ended = threading.Event()
    emulator.clock.at(emulator.clock.now() + 0.01, ended.set)
    assert ended.wait(10)
    emulator.wait_idle()
    assert sorted(received) == sorted(task_ids * 2)


def test_overdue_tasks_end_at_once(stack: ExitStack, path: Path) -> None:
    """Overdue tasks end without a query, and without an advance of the clock."""
    api = Native(open_emulator(stack, path, finish=AfterSeconds(math.inf)))
    api.create_task(Native.body_with_callback(URL))
    emulator = restart_emulator(stack, path, finish=None)
    emulator.wait_idle()
    assert [task.state for task in emulator.tasks] == ["succeeded"]
    assert len(emulator.deliveries) == 2


@pytest.mark.parametrize("api_class", [Native, Relay], ids=["native", "relay"])
def test_an_expired_video_works_after_a_restart(stack: ExitStack, path: Path, api_class: ApiClass) -> None:
    expire = {"X-Klingkit-Fault": "expire"}
    api = api_class(open_emulator(stack, path, finish=None))
    task_id = api.id_in(api.request("POST", api.create_path, json=api.body(), headers=expire))
    assert [api.video(task_id).status_code for _ in range(2)] == [403, 200]
    fresh = api.url(api.record(task_id)).removeprefix("http://emulator")
    api = api_class(restart_emulator(stack, path, finish=None))
    assert api.request("GET", fresh).status_code == 200, "the fault of the creation was injected before the restart"
    assert api.request("GET", fresh, headers=expire).status_code == 403
    assert api.video(task_id).status_code == 200


KILLED_PROGRAM = """
import sys, time
from klingkit.emulator import AfterSeconds, Emulator

emulator = Emulator(database=sys.argv[1], finish=AfterSeconds(0.01))
with emulator.serve() as url:
    print(url, flush=True)
    time.sleep(60)
"""


def test_a_kill_loses_no_callback(stack: ExitStack, path: Path) -> None:
    """The process is killed twice, while callbacks are being delivered."""
    task_ids: list[str] = []
    received: set[tuple[str, str]] = set()
    with callback_server() as receiver:
        receiver.may_respond.clear()
        for _ in range(2):
            process = subprocess.Popen(
                [sys.executable, "-c", KILLED_PROGRAM, str(path)], stdout=subprocess.PIPE, text=True
            )
            with process:
                assert process.stdout is not None
                url = process.stdout.readline().strip()
                headers = {"Authorization": "Bearer a-key"}
                with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
                    body = Native.body_with_callback(receiver.url)
                    task_ids += [Native.id_in(http.post(Native.create_path, json=body)) for _ in range(10)]
                receiver.next()
                process.kill()
        receiver.may_respond.set()
        emulator = open_emulator(stack, path, clock=SystemClock(), finish=None, post=None)
        emulator.wait_idle(20)
        while not receiver.calls.empty():
            body = receiver.next().body
            received.add((body["task_id"], body["task_status"]))
        deliveries = {(delivery.task_id, delivery.status) for delivery in emulator.deliveries}
    expected = {(task_id, state) for task_id in task_ids for state in ("processing", "completed")}
    assert expected <= received
    assert {(task_id, 200) for task_id in task_ids} <= deliveries


class FullDiskConnection:
    """A database connection whose writes fail."""

    def execute(self, *_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


@contextmanager
def full_disk(emulator: Emulator) -> Generator[None]:
    store = emulator._store
    assert store is not None
    file, store._file = store._file, FullDiskConnection()  # type: ignore[assignment]  # it has the methods that the store calls
    try:
        yield
    finally:
        store._file = file


@every_api
@pytest.mark.parametrize("finish", [AtOnce(), AfterQueries(2), AfterSeconds(60)], ids=["at once", "queries", "seconds"])
def test_a_full_disk_has_no_lasting_effect(
    stack: ExitStack, path: Path, api_class: ApiClass, finish: Finish, caplog: pytest.LogCaptureFixture
) -> None:
    """New tasks are rejected with an error of the API, queries work, and the rest is done once the disk has room."""
    api = api_class(open_emulator(stack, path, finish=finish))
    first = api.create_task(api_class.body_with_callback(URL))
    with full_disk(api.emulator):
        for _ in range(3):
            response = api.create(api_class.body())
            assert (response.status_code, response.json()["code"]) == (500, 5000 if api_class is Relay else 500)
            assert "full" in response.text
            assert api.record(first)
        api.emulator.clock.advance(100)
        assert [task.id for task in api.emulator.tasks] == [first]
    api.emulator.clock.advance(10)
    assert api.states(first) == ["succeeded"]
    assert api.create_task()
    api.emulator.wait_idle()
    assert {delivery.status for delivery in api.emulator.deliveries} == {200}
    assert [record.levelname for record in caplog.records if record.name == "klingkit.emulator"] == ["ERROR"]
    assert "Traceback" not in caplog.text


def test_failed_writes_are_logged_in_one_line_a_minute(
    stack: ExitStack, path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("klingkit.emulator._store.monotonic", lambda: now[0])
    api = Kie(open_emulator(stack, path, finish=AfterSeconds(60)))
    first = api.create_task()
    with full_disk(api.emulator):
        for now[0] in (1.0, 30.0, 60.0, 61.0, 90.0):
            assert api.create(Kie.body()).status_code == 500
            assert api.record(first)["state"] == "waiting"
    lines = [record for record in caplog.records if record.name == "klingkit.emulator"]
    assert [(line.levelname, line.exc_info, "\n" in line.getMessage()) for line in lines] == [
        ("ERROR", None, False)
    ] * 2
    assert str(path) in lines[0].getMessage()


def test_the_control_paths_reject_changes_that_cannot_be_written(stack: ExitStack, path: Path) -> None:
    emulator = open_emulator(stack, path, finish=AfterSeconds(60))
    task_id = Kie(emulator).create_task(Kie.body_with_callback(URL))
    with full_disk(emulator):
        for control_path in (f"tasks/{task_id}/finish", "reset"):
            assert "can't be written" in error_of(emulator, "POST", control_path, 500)
        with pytest.raises(OSError, match="can't be written"):
            emulator.finish_task(task_id)
        assert emulator.task(task_id).state == "accepted"
        post(emulator, "clock/advance", {"seconds": 1})
    assert post(emulator, f"tasks/{task_id}/finish")["state"] == "succeeded"


def test_queries_are_counted_across_a_restart(stack: ExitStack, path: Path) -> None:
    api = Kie(open_emulator(stack, path, finish=AfterQueries(2)))
    task_id = api.create_task()
    assert api.record(task_id)["state"] == "waiting"
    api = Kie(restart_emulator(stack, path, finish=AfterQueries(2)))
    assert api.record(task_id)["state"] == "success"


@every_api
def test_ids_differ_and_external_ids_stay_taken_after_a_restart(
    stack: ExitStack, path: Path, api_class: ApiClass
) -> None:
    task_ids = [api_class(restart_emulator(stack, path)).create_task() for _ in range(4)]
    assert len(set(task_ids)) == 4
    if api_class is Native:
        api = api_class(restart_emulator(stack, path))
        api.create_task(external_task_id="7")
        api = api_class(restart_emulator(stack, path))
        assert "7" in api.message(api.create(api_class.body(external_task_id="7")), "value")


def test_limits_count_restored_tasks(stack: ExitStack, path: Path) -> None:
    Kie(open_emulator(stack, path, slots=1, rate=1)).create_task()
    assert Kie(restart_emulator(stack, path, slots=1)).create(Kie.body()).status_code == 429
    assert Kie(restart_emulator(stack, path, rate=1)).create(Kie.body()).status_code == 429


def test_a_restored_task_holds_a_slot_only_if_it_has_not_ended(stack: ExitStack, path: Path) -> None:
    api = Kie(open_emulator(stack, path, slots=3))
    finished, failed, _ = (api.create_task() for _ in range(3))
    api.emulator.finish_task(finished)
    api.emulator.fail_task(failed)
    api = Kie(restart_emulator(stack, path, slots=3))
    assert [api.create(api.body()).status_code for _ in range(3)] == [200, 200, 429]


def test_dropped_and_reset_tasks_are_deleted(stack: ExitStack, path: Path) -> None:
    api = Kie(open_emulator(stack, path, kept=2, finish=None))
    task_ids = [api.create_task(Kie.body_with_callback(URL)) for _ in range(3)]
    api.emulator.wait_idle()
    restored = restart_emulator(stack, path)
    assert [task.id for task in restored.tasks] == task_ids[1:]
    assert [delivery.id for delivery in restored.deliveries] == [2, 3]
    assert [task.id for task in restart_emulator(stack, path, kept=1).tasks] == task_ids[2:]
    emulator = restart_emulator(stack, path)
    assert len(emulator.tasks) == 1
    emulator.reset()
    restored = restart_emulator(stack, path)
    assert (restored.tasks, restored.deliveries) == ((), ())


def test_changes_after_close_are_not_kept(stack: ExitStack, path: Path) -> None:
    api = Kie(open_emulator(stack, path))
    api.emulator.close()
    api.create_task(Kie.body_with_callback(URL))
    assert len(api.emulator.tasks) == 1
    assert restart_emulator(stack, path).tasks == ()


def test_times_without_a_fraction_are_restored(stack: ExitStack, path: Path) -> None:
    """JSON and SQLite may write 7.0 as 7."""
    emulator = open_emulator(stack, path, clock=VirtualClock(start=1_800_000_000), finish=None)
    Kie(emulator).create_task(Kie.body_with_callback(URL))
    emulator.wait_idle()
    stack.close()
    with closing(sqlite3.connect(path)) as file:
        file.executescript("UPDATE deliveries SET delivery = json_set(delivery, '$.at', 1800000000)")
    assert open_emulator(stack, path).deliveries[0].at == 1_800_000_000
