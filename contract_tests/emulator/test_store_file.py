"""Tests of the database file: it must be unlocked, of this version, and undamaged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator import Emulator, VirtualClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emulator.db"


def test_a_file_belongs_to_one_emulator(path: Path) -> None:
    with (
        closing(Emulator(database=path)),
        pytest.raises(ValueError, match=r"database: .*emulator\.db: another emulator has it open"),
    ):
        Emulator(database=path)


def test_a_foreign_file_is_not_changed(path: Path) -> None:
    path.write_text("a diary, which is not to be written over, and long enough not to be taken for an empty file")
    with pytest.raises(ValueError, match=r"database: .*not a file of the emulator"):
        Emulator(database=path)
    other = path.with_name("other.db")
    with closing(sqlite3.connect(other)) as file:
        file.execute("CREATE TABLE cats (name)")
    with pytest.raises(ValueError, match="not a file of this version of the emulator"):
        Emulator(database=other)
    with pytest.raises(OSError, match=r"database: .*can't be opened"):
        Emulator(database=path.parent)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_an_unwritable_file_is_reported() -> None:
    with pytest.raises(OSError, match=r"^database: /dev/full can't be written"):
        Emulator(database="/dev/full")


DAMAGES = {
    "all but the first page": None,  # no SQL: the test overwrites the bytes
    "a missing table": "DROP TABLE deliveries; CREATE TABLE deliveries (cats)",
    "a request that is no JSON": "UPDATE tasks SET request = '{'",
    "a request that is no object": "UPDATE tasks SET request = '[]'",
    "a request without a video": "UPDATE tasks SET request = json_remove(request, '$.video')",
    "a video that does not exist": "UPDATE tasks SET request = json_set(request, '$.video.ratio', '7:1')",
    "a request with a number for a prompt": "UPDATE tasks SET request = json_set(request, '$.prompt', 7)",
    "a request with an unknown part": "UPDATE tasks SET request = json_set(request, '$.cats', 7)",
    "an invalid time": "UPDATE tasks SET created = 'today'",
    "a time after the year 9999": "UPDATE tasks SET ended = 1e300",
    "an invalid failure": "UPDATE tasks SET failure = '7'",
    "a pending callback that is no JSON": "INSERT INTO pending VALUES (99, 'sent')",
    "a pending callback without a body": "INSERT INTO pending VALUES (99, json_object('task_id', 'x'))",
    "a clock after the year 9999": "INSERT OR REPLACE INTO clock VALUES (1, 1e300)",
    "a delivery that is no JSON": "UPDATE deliveries SET delivery = 'sent'",
    "a delivery with a text for a status": "UPDATE deliveries SET delivery = json_set(delivery, '$.status', 'good')",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_reported_and_released(path: Path, damage: str | None) -> None:
    with closing(Emulator(database=path, clock=VirtualClock(), post=lambda url, body: 200)) as emulator:
        for _ in range(20):
            Kie(emulator).create_task(Kie.body_with_callback("http://receiver.example/"))
        emulator.wait_idle()
    if damage is None:
        content = bytearray(path.read_bytes())
        content[4096:] = b"\x55" * (len(content) - 4096)
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as file:
            file.executescript(damage)
    for _ in range(2):  # after the error it is not locked; nor is it repaired
        with pytest.raises(ValueError, match=r"database: .*emulator\.db( is damaged|: not a file of the emulator)"):
            Emulator(database=path)


def test_a_file_with_only_a_header_is_accepted(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA journal_mode = WAL")
    for _ in range(2):
        Emulator(database=path).close()
