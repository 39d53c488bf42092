"""A database: what there was is there again, and goes on."""

import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from contract_tests.emulator.kit import Api, Kie, Native, every_api
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, VirtualClock

Kind = type[Api]

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


def again(stack: ExitStack, path: Path, **options: Any) -> Emulator:
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
    seen, noted = emulator.tasks, emulator.deliveries
    later = again(stack, path)
    assert (later.tasks, later.deliveries) == (seen, noted)
    assert noted or kind is not Kie
    api = kind(later)
    after = [api.query(task_id).json() for task_id in (ended, failed, waiting)]
    for one in (*before, *after):
        one.pop("request_id", None)
    assert after == before


def test_a_key_sees_its_own_tasks_and_is_not_in_the_file(stack: ExitStack, path: Path) -> None:
    task_id = Kie(opened(stack, path), "a-long-and-secret-key").make()
    later = again(stack, path)
    assert Kie(later, "a-long-and-secret-key").record(task_id)
    assert Kie(later, "another").query(task_id).status_code == 404
    stack.close()
    assert b"a-long-and-secret-key" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def test_unfinished_tasks_go_on(stack: ExitStack, path: Path) -> None:
    api = Native(opened(stack, path))
    task_id = api.make(Native.calling(URL))
    api.emulator.clock.advance(40)
    api.emulator.wait_idle()
    later = again(stack, path, clock=(clock := VirtualClock()))
    assert clock.now() == api.emulator.task(task_id).created + 30  # when it was seen last
    clock.advance(30)
    later.wait_idle()
    assert [state for state, _ in later.task(task_id).history] == ["accepted", "running", "succeeded"]
    assert [one.status for one in later.deliveries][-1] == 200


def test_queries_are_counted_on(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path, finish=AfterQueries(2)))
    task_id = api.make()
    assert api.record(task_id)["state"] == "waiting"
    api = Kie(again(stack, path, finish=AfterQueries(2)))
    assert api.record(task_id)["state"] == "success"


@every_api
def test_ids_go_on_and_names_stay_taken(stack: ExitStack, path: Path, kind: Kind) -> None:
    made = [kind(again(stack, path)).make() for _ in range(4)]
    assert len(set(made)) == 4
    if kind is Native:
        api = kind(again(stack, path))
        api.make(external_task_id="7")
        api = kind(again(stack, path))
        assert "7" in api.message(api.create(kind.body(external_task_id="7")), "value")


def test_limits_count_what_was_there(stack: ExitStack, path: Path) -> None:
    Kie(opened(stack, path, slots=1, rate=1)).make()
    assert Kie(again(stack, path, slots=1)).create(Kie.body()).status_code == 429
    assert Kie(again(stack, path, rate=1)).create(Kie.body()).status_code == 429


def test_resent_callbacks_are_counted_on(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path))
    api.make(Kie.calling(URL))
    api.emulator.clock.advance(60)
    api.emulator.wait_idle()
    later = again(stack, path)
    later.resend(1)
    later.wait_idle()
    assert [(one.id, one.attempt) for one in later.deliveries] == [(1, 1), (2, 2)]


def test_what_is_forgotten_or_reset_is_gone_from_the_file(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path, kept=2, finish=None))
    made = [api.make(Kie.calling(URL)) for _ in range(3)]
    api.emulator.wait_idle()
    later = again(stack, path)
    assert [task.id for task in later.tasks] == made[1:]
    assert [one.id for one in later.deliveries] == [2, 3]
    assert [task.id for task in again(stack, path, kept=1).tasks] == made[2:]
    emulator = again(stack, path)
    assert len(emulator.tasks) == 1
    emulator.reset()
    later = again(stack, path)
    assert (later.tasks, later.deliveries) == ((), ())


def test_what_happens_after_the_end_is_not_kept(stack: ExitStack, path: Path) -> None:
    api = Kie(opened(stack, path))
    api.emulator.close()
    api.make(Kie.calling(URL))
    assert len(api.emulator.tasks) == 1
    assert again(stack, path).tasks == ()


def test_one_file_is_one_emulators(stack: ExitStack, path: Path) -> None:
    opened(stack, path)
    with pytest.raises(ValueError, match=r"database: .*emulator\.db: another emulator has it open"):
        Emulator(database=path)


def test_another_file_is_left_alone(path: Path) -> None:
    path.write_text("a diary, which is not to be written over, and long enough not to be taken for an empty file")
    with pytest.raises(ValueError, match=r"database: .*no file of the emulator's"):
        Emulator(database=path)
    other = path.with_name("other.db")
    with closing(sqlite3.connect(other)) as file:
        file.execute("CREATE TABLE cats (name)")
    with pytest.raises(ValueError, match="no file of this version of the emulator's"):
        Emulator(database=other)
    with pytest.raises(OSError, match=r"database: .*can't be opened"):
        Emulator(database=path.parent)


DAMAGES = {
    "a page": None,
    "a table that is gone": "DROP TABLE deliveries; CREATE TABLE deliveries (cats)",
    "an order that is no JSON": "UPDATE tasks SET placed = '{'",
    "an order that is no object": "UPDATE tasks SET placed = '[]'",
    "an order without a film": "UPDATE tasks SET placed = json_remove(placed, '$.film')",
    "a film that there is not": "UPDATE tasks SET placed = json_set(placed, '$.film.seconds', 7)",
    "an order with a number for a prompt": "UPDATE tasks SET placed = json_set(placed, '$.prompt', 7)",
    "an order with an unknown part": "UPDATE tasks SET placed = json_set(placed, '$.cats', 7)",
    "a time that is none": "UPDATE tasks SET created = 'today'",
    "a time beyond all clocks": "UPDATE tasks SET ended = 1e300",
    "a failure that is none": "UPDATE tasks SET failure = '7'",
    "a delivery that is no JSON": "UPDATE deliveries SET delivery = 'sent'",
    "a delivery with a text for a status": "UPDATE deliveries SET delivery = json_set(delivery, '$.status', 'good')",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_told_of_and_let_go(stack: ExitStack, path: Path, damage: str | None) -> None:
    emulator = opened(stack, path, finish=None)
    for _ in range(20):
        Kie(emulator).make(Kie.calling(URL))
    emulator.wait_idle()
    stack.close()
    if damage is None:
        content = bytearray(path.read_bytes())
        content[4096:] = b"\x55" * (len(content) - 4096)
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as file:
            file.executescript(damage)
    for _ in range(2):  # not locked, and not mended either
        with pytest.raises(ValueError, match=r"database: .*emulator\.db( is damaged|: no file of the emulator's)"):
            Emulator(database=path)


def test_whole_times_come_back(stack: ExitStack, path: Path) -> None:
    """JSON and SQLite may write 7.0 as 7."""
    emulator = opened(stack, path, clock=VirtualClock(start=1_800_000_000), finish=None)
    Kie(emulator).make(Kie.calling(URL))
    emulator.wait_idle()
    stack.close()
    with closing(sqlite3.connect(path)) as file:
        file.executescript("UPDATE deliveries SET delivery = json_set(delivery, '$.at', 1800000000)")
    assert opened(stack, path).deliveries[0].at == 1_800_000_000
