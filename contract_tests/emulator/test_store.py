"""The database: what is restored after a restart."""

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
from contract_tests.emulator.kit import Kie, Kind, Native, Relay, every_api, receiving
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Emulator, Fault, Finish, SystemClock, VirtualClock

URL = "http://receiver.example/"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emulator.db"


@pytest.fixture
def stack() -> Generator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def opened(stack: ExitStack, path: Path, **options: Any) -> Emulator:
    usual: dict[str, Any] = {"clock": VirtualClock(), "finish": AfterSeconds(60), "post": lambda url, body: 200}
    emulator = Emulator(database=path, **(usual | options))
    stack.callback(emulator.close)
    return emulator


def restarted(stack: ExitStack, path: Path, **options: Any) -> Emulator:
    """Another emulator, as after a restart."""
    stack.close()
    return opened(stack, path, **options)


@every_api
def test_a_restart_shows_the_same_tasks(stack: ExitStack, path: Path, kind: Kind) -> None:
    emulator = opened(stack, path)
    api = kind(emulator)
    ended, failed, waiting = api.make(kind.calling(URL)), api.make(), api.make()
    emulator.clock.advance(7)
    emulator.finish_task(ended)
    emulator.fail_task(failed, code="422", message="no cats, please")
    before = [api.query(task_id).json() for task_id in (ended, failed, waiting)]
    emulator.wait_idle()
    seen, recorded = emulator.tasks, emulator.deliveries
    later = restarted(stack, path)
    assert (later.tasks, later.deliveries) == (seen, recorded)
    assert recorded or kind is not Kie
    api = kind(later)
    after = [api.query(task_id).json() for task_id in (ended, failed, waiting)]
    for one in (*before, *after):
        one.pop("request_id", None)
    assert after == before


def test_a_key_sees_its_own_tasks_and_is_not_in_the_file(stack: ExitStack, path: Path) -> None:
    task_id = Kie(opened(stack, path), "a-long-and-secret-key").make()
    later = restarted(stack, path)
    assert Kie(later, "a-long-and-secret-key").record(task_id)
    assert Kie(later, "another").query(task_id).status_code == 404
    stack.close()
    assert b"a-long-and-secret-key" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_unfinished_tasks_continue(stack: ExitStack, path: Path) -> None:
    api = Native(opened(stack, path))
    task_id = api.make(Native.calling(URL))
    api.emulator.clock.advance(40)
    api.emulator.wait_idle()
    later = restarted(stack, path, clock=(clock := VirtualClock()))
    assert clock.now() == api.emulator.task(task_id).created + 40  # what the last one was put to
    clock.advance(20)
    later.wait_idle()
    assert [state for state, _ in later.task(task_id).history] == ["accepted", "running", "succeeded"]
    assert [one.status for one in later.deliveries][-1] == 200


def test_pending_callbacks_are_sent_after_a_restart(stack: ExitStack, path: Path) -> None:
    """One is being delivered, one waits for it, one is late, one is held."""
    free, began = threading.Event(), threading.Event()
    came: list[tuple[str, str]] = []

    def post(url: str, body: bytes) -> int:
        began.set()
        free.wait(10)
        return 200

    def later(url: str, body: bytes) -> int:
        came.append((url, json.loads(body)["task_status"]))
        return 200

    faults = [Fault("callback-late", prompt="late", seconds=100), Fault("callback-reordered", prompt="held")]
    api = Native(opened(stack, path, post=post, faults=faults))
    for name in ("slow", "late", "held"):
        api.make(Native.body(prompt=name) | {"callback_url": f"http://{name}/"})
    api.emulator.clock.advance(30)
    api.emulator.finish_task(api.emulator.tasks[0].id)
    assert began.wait(10)
    emulator = restarted(stack, path, post=later, finish=AfterSeconds(math.inf))
    emulator.wait_idle()
    assert came == [("http://slow/", "processing"), ("http://held/", "processing"), ("http://slow/", "completed")]
    emulator.clock.advance(100)
    emulator.wait_idle()
    assert came[3:] == [("http://late/", "processing")]
    free.set()
    assert [one.status for one in emulator.deliveries] == [200] * 4
    came.clear()
    restarted(stack, path, post=later, finish=AfterSeconds(math.inf)).wait_idle()
    assert came == []


def test_a_resent_callback_is_sent_after_a_restart_but_not_after_a_reset(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path, finish=None))
    api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    free = threading.Event()
    emulator = restarted(stack, path, post=lambda url, body: 200 if free.wait(10) else 0)
    emulator.resend(1)
    came: list[str] = []

    def post(url: str, body: bytes) -> int:
        came.append(url)
        return 200

    emulator = restarted(stack, path, post=post)
    emulator.wait_idle()
    free.set()
    assert came == [URL]
    assert [(one.id, one.attempt) for one in emulator.deliveries] == [(1, 1), (2, 2)]
    held = threading.Event()
    emulator = restarted(stack, path, post=lambda url, body: 200 if held.wait(10) else 0)
    emulator.resend(1)
    emulator.reset()
    emulator = restarted(stack, path, post=post)
    emulator.wait_idle()
    held.set()
    assert (came, emulator.deliveries) == ([URL], ())


def test_tasks_that_end_during_the_restart_send_callbacks(stack: ExitStack, path: Path) -> None:
    """Their time is up when the new process starts."""
    clock = VirtualClock()
    api = Native(opened(stack, path, clock=clock))
    made = [api.make(Native.calling(URL)) for _ in range(20)]
    came: list[str] = []

    def post(url: str, body: bytes) -> int:
        came.append(json.loads(body)["task_id"])
        return 200

    emulator = restarted(stack, path, clock=SystemClock(), post=post)
    ended = threading.Event()
    emulator.clock.at(emulator.clock.now() + 0.01, ended.set)
    assert ended.wait(10)
    emulator.wait_idle()
    assert sorted(came) == sorted(made * 2)


def test_overdue_tasks_end_at_once(stack: ExitStack, path: Path) -> None:
    """Without a clock that moves, and without queries."""
    api = Native(opened(stack, path, finish=AfterSeconds(math.inf)))
    api.make(Native.calling(URL))
    emulator = restarted(stack, path, finish=None)
    emulator.wait_idle()
    assert [task.state for task in emulator.tasks] == ["succeeded"]
    assert len(emulator.deliveries) == 2


@pytest.mark.parametrize("kind", [Native, Relay], ids=["native", "relay"])
def test_an_expired_video_works_after_a_restart(stack: ExitStack, path: Path, kind: Kind) -> None:
    expire = {"X-Klingkit-Fault": "expire"}
    api = kind(opened(stack, path, finish=None))
    task_id = api.id_in(api.ask("POST", api.create_path, json=api.body(), headers=expire))
    assert [api.video(task_id).status_code for _ in range(2)] == [403, 200]
    fresh = api.url(api.record(task_id)).removeprefix("http://emulator")
    api = kind(restarted(stack, path, finish=None))
    assert api.ask("GET", fresh).status_code == 200, "the fault of the creation has been injected before"
    assert api.ask("GET", fresh, headers=expire).status_code == 403
    assert api.video(task_id).status_code == 200


KILLED = """
import sys, time
from klingkit.emulator import AfterSeconds, Emulator

emulator = Emulator(database=sys.argv[1], finish=AfterSeconds(0.01))
with emulator.serve() as url:
    print(url, flush=True)
    time.sleep(60)
"""


def test_a_kill_loses_no_callback(stack: ExitStack, path: Path) -> None:
    """Twice in a row, with callbacks under way."""
    made: list[str] = []
    came: set[tuple[str, str]] = set()
    with receiving() as receiver:
        receiver.free.clear()
        for _ in range(2):
            run = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
            with run:
                assert run.stdout is not None
                url = run.stdout.readline().strip()
                headers = {"Authorization": "Bearer a-key"}
                with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
                    calling = Native.calling(receiver.url)
                    made += [Native.id_in(http.post(Native.create_path, json=calling)) for _ in range(10)]
                receiver.next()
                run.kill()
        receiver.free.set()
        emulator = opened(stack, path, clock=SystemClock(), finish=None, post=None)
        emulator.wait_idle(20)
        while not receiver.calls.empty():
            body = receiver.next().body
            came.add((body["task_id"], body["task_status"]))
        recorded = {(one.task_id, one.status) for one in emulator.deliveries}
    expected = {(task_id, state) for task_id in made for state in ("processing", "completed")}
    assert expected <= came
    assert {(task_id, 200) for task_id in made} <= recorded


class Full:
    """A connection on which nothing can be written."""

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
    file, store._file = store._file, Full()  # type: ignore[assignment]  # as far as it is used
    try:
        yield
    finally:
        store._file = file


@every_api
@pytest.mark.parametrize("finish", [AtOnce(), AfterQueries(2), AfterSeconds(60)], ids=["at once", "queries", "seconds"])
def test_a_full_disk_stops_nothing_for_good(
    stack: ExitStack, path: Path, kind: Kind, finish: Finish, caplog: pytest.LogCaptureFixture
) -> None:
    """What can't be kept is rejected in the form of the API; queries go on; all the rest is made up for."""
    api = kind(opened(stack, path, finish=finish))
    first = api.make(kind.calling(URL))
    with full_disk(api.emulator):
        for _ in range(3):
            response = api.create(kind.body())
            assert (response.status_code, response.json()["code"]) == (500, 5000 if kind is Relay else 500)
            assert "full" in response.text
            assert api.record(first)
        api.emulator.clock.advance(100)
        assert [task.id for task in api.emulator.tasks] == [first]
    api.emulator.clock.advance(10)
    assert api.states(first) == ["succeeded"]
    assert api.make()
    api.emulator.wait_idle()
    assert {one.status for one in api.emulator.deliveries} == {200}
    assert [record.levelname for record in caplog.records if record.name == "klingkit.emulator"] == ["ERROR"]
    assert "Traceback" not in caplog.text


def test_what_can_not_be_kept_is_one_line_a_minute_in_the_log(
    stack: ExitStack, path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("klingkit.emulator._store.monotonic", lambda: now[0])
    api = Kie(opened(stack, path, finish=AfterSeconds(60)))
    first = api.make()
    with full_disk(api.emulator):
        for now[0] in (1.0, 30.0, 60.0, 61.0, 90.0):
            assert api.create(Kie.body()).status_code == 500
            assert api.record(first)["state"] == "waiting"
    lines = [record for record in caplog.records if record.name == "klingkit.emulator"]
    assert [(line.levelname, line.exc_info, "\n" in line.getMessage()) for line in lines] == [
        ("ERROR", None, False)
    ] * 2
    assert str(path) in lines[0].getMessage()


def test_what_can_not_be_kept_is_rejected_by_the_control_paths(stack: ExitStack, path: Path) -> None:
    emulator = opened(stack, path, finish=AfterSeconds(60))
    task_id = Kie(emulator).make(Kie.calling(URL))
    with full_disk(emulator):
        for path_ in (f"tasks/{task_id}/finish", "reset"):
            assert "can't be written" in error_of(emulator, "POST", path_, 500)
        with pytest.raises(OSError, match="can't be written"):
            emulator.finish_task(task_id)
        assert emulator.task(task_id).state == "accepted"
        post(emulator, "clock/advance", {"seconds": 1})
    assert post(emulator, f"tasks/{task_id}/finish")["state"] == "succeeded"


def test_queries_are_counted_across_a_restart(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path, finish=AfterQueries(2)))
    task_id = api.make()
    assert api.record(task_id)["state"] == "waiting"
    api = Kie(restarted(stack, path, finish=AfterQueries(2)))
    assert api.record(task_id)["state"] == "success"


@every_api
def test_ids_differ_and_external_ids_stay_taken_after_a_restart(stack: ExitStack, path: Path, kind: Kind) -> None:
    made = [kind(restarted(stack, path)).make() for _ in range(4)]
    assert len(set(made)) == 4
    if kind is Native:
        api = kind(restarted(stack, path))
        api.make(external_task_id="7")
        api = kind(restarted(stack, path))
        assert "7" in api.message(api.create(kind.body(external_task_id="7")), "value")


def test_limits_count_restored_tasks(stack: ExitStack, path: Path) -> None:
    Kie(opened(stack, path, slots=1, rate=1)).make()
    assert Kie(restarted(stack, path, slots=1)).create(Kie.body()).status_code == 429
    assert Kie(restarted(stack, path, rate=1)).create(Kie.body()).status_code == 429


def test_a_restored_task_holds_a_slot_only_if_it_has_not_ended(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path, slots=3))
    finished, failed, _ = (api.make() for _ in range(3))
    api.emulator.finish_task(finished)
    api.emulator.fail_task(failed)
    api = Kie(restarted(stack, path, slots=3))
    assert [api.create(api.body()).status_code for _ in range(3)] == [200, 200, 429]


def test_dropped_and_reset_tasks_are_deleted(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path, kept=2, finish=None))
    made = [api.make(Kie.calling(URL)) for _ in range(3)]
    api.emulator.wait_idle()
    later = restarted(stack, path)
    assert [task.id for task in later.tasks] == made[1:]
    assert [one.id for one in later.deliveries] == [2, 3]
    assert [task.id for task in restarted(stack, path, kept=1).tasks] == made[2:]
    emulator = restarted(stack, path)
    assert len(emulator.tasks) == 1
    emulator.reset()
    later = restarted(stack, path)
    assert (later.tasks, later.deliveries) == ((), ())


def test_changes_after_close_are_not_kept(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path))
    api.emulator.close()
    api.make(Kie.calling(URL))
    assert len(api.emulator.tasks) == 1
    assert restarted(stack, path).tasks == ()


def test_times_without_a_fraction_are_restored(stack: ExitStack, path: Path) -> None:
    """JSON and SQLite may write 7.0 as 7."""
    emulator = opened(stack, path, clock=VirtualClock(start=1_800_000_000), finish=None)
    Kie(emulator).make(Kie.calling(URL))
    emulator.wait_idle()
    stack.close()
    with closing(sqlite3.connect(path)) as file:
        file.executescript("UPDATE deliveries SET delivery = json_set(delivery, '$.at', 1800000000)")
    assert opened(stack, path).deliveries[0].at == 1_800_000_000
