"""Which files a database may be: one's own, undamaged, and nobody else's."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator import Emulator, VirtualClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emulator.db"


def test_one_file_is_one_emulators(path: Path) -> None:
    with (
        closing(Emulator(database=path)),
        pytest.raises(ValueError, match=r"database: .*emulator\.db: another emulator has it open"),
    ):
        Emulator(database=path)


def test_another_file_is_left_alone(path: Path) -> None:
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
def test_a_file_that_can_not_be_written_is_told_of() -> None:
    with pytest.raises(OSError, match=r"^database: /dev/full can't be written"):
        Emulator(database="/dev/full")


DAMAGES = {
    "a page": None,
    "a table that is gone": "DROP TABLE deliveries; CREATE TABLE deliveries (cats)",
    "an order that is no JSON": "UPDATE tasks SET request = '{'",
    "an order that is no object": "UPDATE tasks SET request = '[]'",
    "an order without a film": "UPDATE tasks SET request = json_remove(request, '$.video')",
    "a film that there is not": "UPDATE tasks SET request = json_set(request, '$.video.seconds', 7)",
    "an order with a number for a prompt": "UPDATE tasks SET request = json_set(request, '$.prompt', 7)",
    "an order with an unknown part": "UPDATE tasks SET request = json_set(request, '$.cats', 7)",
    "a time that is none": "UPDATE tasks SET created = 'today'",
    "a time beyond all clocks": "UPDATE tasks SET ended = 1e300",
    "a failure that is none": "UPDATE tasks SET failure = '7'",
    "a parcel that is no JSON": "INSERT INTO pending VALUES (99, 'sent')",
    "a parcel without a body": "INSERT INTO pending VALUES (99, json_object('task_id', 'x'))",
    "a clock beyond all clocks": "INSERT OR REPLACE INTO clock VALUES (1, 1e300)",
    "a delivery that is no JSON": "UPDATE deliveries SET delivery = 'sent'",
    "a delivery with a text for a status": "UPDATE deliveries SET delivery = json_set(delivery, '$.status', 'good')",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_told_of_and_let_go(path: Path, damage: str | None) -> None:
    with closing(Emulator(database=path, clock=VirtualClock(), post=lambda url, body: 200)) as emulator:
        for _ in range(20):
            Kie(emulator).make(Kie.calling("http://receiver.example/"))
        emulator.wait_idle()
    if damage is None:
        content = bytearray(path.read_bytes())
        content[4096:] = b"\x55" * (len(content) - 4096)
        path.write_bytes(content)
    else:
        with closing(sqlite3.connect(path)) as file:
            file.executescript(damage)
    for _ in range(2):  # not locked, and not mended either
        with pytest.raises(ValueError, match=r"database: .*emulator\.db( is damaged|: not a file of the emulator)"):
            Emulator(database=path)
