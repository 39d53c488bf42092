"""The file of a ledger: what is durable, and how each way in which it cannot be used is reported."""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError, StatementError

from contract_tests.batch.conftest import request
from klingkit import ConfigurationError, InvalidRequest
from klingkit.batch import Ledger, LedgerError, _database
from klingkit.batch._database import _plain
from klingkit.batch._transitions import enqueue


def test_every_commit_is_durable(ledger):
    modes = [
        ledger.database.run(lambda connection, _, name=name: connection.exec_driver_sql(f"PRAGMA {name}").scalar())
        for name in ("journal_mode", "synchronous")
    ]
    assert modes == ["wal", 2]


def test_the_time_is_the_databases(tmp_path):
    with Ledger(tmp_path / "ledger.db") as ledger:
        stated: Any = ledger.database.run(
            lambda connection, now: (now, connection.exec_driver_sql("SELECT unixepoch()").scalar())
        )
    assert abs(stated[0] - stated[1]) <= 2


def test_what_was_committed_is_there_after_a_restart(open_ledger, api):
    first = open_ledger()
    first.enqueue([first.new_job(api, "a", request())])
    secret = first.database.secret
    first.close()
    first.close()
    second = open_ledger()
    assert second.job("a").state == "queued"
    assert second.database.secret == secret
    assert repr(second).startswith("Ledger('")


def test_a_closed_ledger_says_so(ledger):
    ledger.close()
    with pytest.raises(LedgerError, match="it was closed"):
        ledger.jobs()


def test_one_error_is_one_callers(ledger, api):
    """Transactions that are committed together are run alone once one of them fails."""
    entered, release = threading.Event(), threading.Event()

    def hold(*_: Any) -> None:
        entered.set()
        release.wait(10)

    held = ledger.database.start(hold)
    entered.wait(10)
    good, bad = ledger.new_job(api, "a", request()), ledger.new_job(api, "a", request("a dog"))
    first = ledger.database.start(lambda connection, now: _enqueue(connection, now, good))
    second = ledger.database.start(lambda connection, now: _enqueue(connection, now, bad))
    third = ledger.database.start(lambda connection, now: 3)
    release.set()
    assert (held.result(), first.result(), third.result()) == (None, 1, 3)
    with pytest.raises(InvalidRequest, match="key"):
        second.result()


def _enqueue(connection: Any, now: float, job: Any) -> int:
    return enqueue(connection, now, [job])


def test_a_transaction_that_nobody_waits_for_any_more_is_not_run(ledger, api):
    entered, release = threading.Event(), threading.Event()

    def hold(*_: Any) -> None:
        entered.set()
        release.wait(10)

    ledger.database.start(hold)
    entered.wait(10)
    given_up = ledger.database.start(
        lambda connection, now: _enqueue(connection, now, ledger.new_job(api, "a", request()))
    )
    assert given_up.cancel()
    release.set()
    assert ledger.job("a") is None


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id)")
    connection.close()


def newer(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE klingkit_ledger SET version = 2")
    connection.close()


def damaged(path: Path) -> None:
    Ledger(path).close()
    content = bytearray(path.read_bytes())
    content[100:2000] = b"\xff" * 1900
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda path: path.write_bytes(b"key,prompt\n" * 200), "no ledger: it is no SQLite database"),
        (foreign, "another program's database: it has 'orders'"),
        (newer, "it is of version 2, and this klingkit knows 1 at most"),
        (damaged, "the file is damaged"),
        (lambda path: path.mkdir(), "the file cannot be opened"),
    ],
)
def test_a_file_that_is_no_ledger(tmp_path, make, text):
    path = tmp_path / "ledger.db"
    make(path)
    with pytest.raises(LedgerError, match=text):
        Ledger(path)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(LedgerError, match="its folder is missing or read-only") as caught:
        Ledger(tmp_path / "none" / "ledger.db")
    assert caught.value.again == "never"


def test_a_locked_file(tmp_path, monkeypatch):
    monkeypatch.setattr(_database, "LOCK_TIMEOUT", 0.05)
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="another program has locked it") as caught:
            ledger.jobs()
        assert caught.value.again == "ask"
        other.execute("ROLLBACK")
        other.close()
        assert ledger.jobs() == []


def test_a_full_disk_loses_nothing(tmp_path, api):
    with Ledger(tmp_path / "ledger.db") as ledger:
        ledger.enqueue([ledger.new_job(api, "a", request())])
        ledger.database.run(lambda connection, _: connection.exec_driver_sql("PRAGMA max_page_count = 1"))
        many = [ledger.new_job(api, f"{n}", request("x" * 900)) for n in range(100)]
        with pytest.raises(LedgerError, match="the disk is full") as caught:
            ledger.enqueue(many)
        assert caught.value.again == "ask"
        assert [job.key for job in ledger.jobs()] == ["a"]


def test_a_read_only_file(ledger, api):
    ledger.database.run(lambda connection, _: connection.exec_driver_sql("PRAGMA query_only = 1"))
    with pytest.raises(LedgerError, match="read-only"):
        ledger.enqueue([ledger.new_job(api, "a", request())])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("mysql://host/db", "mysql|MySQLdb"),
        ("nonsense://host/db", "a path, or a URL such as"),
        ("://", "a path, or a URL such as"),
    ],
)
def test_another_database_is_refused(source, text):
    with pytest.raises(ConfigurationError, match=text):
        Ledger(source)


def test_a_database_that_is_known_and_not_supported(monkeypatch):
    monkeypatch.delitem(_database.NOW, "sqlite")
    with pytest.raises(ConfigurationError, match="SQLite or PostgreSQL, not sqlite"):
        Ledger("sqlite://")


def test_a_driver_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match="the driver psycopg is not installed"):
        Ledger("postgresql://user:password@127.0.0.1:1/none")


@pytest.mark.parametrize(
    ("error", "text", "again"),
    [
        (OperationalError("", {}, Exception("server closed the connection")), "the database is not reached: ", "ask"),
        (OperationalError("", {}, Exception("odd")), "OperationalError: odd", "never"),
        (StatementError("odd", "", {}, Exception()), "StatementError: ", "never"),
    ],
)
def test_what_else_a_database_says(error, text, again):
    found = _plain("name", error)
    assert text in str(found)
    assert found.again == again


def test_a_url_is_shown_without_its_password():
    pytest.importorskip("psycopg")
    with pytest.raises(LedgerError) as caught:
        Ledger("postgresql://user:secret-of-nobody@127.0.0.1:1/none")
    assert "secret-of-nobody" not in str(caught.value)
    assert "ledger 127.0.0.1:1/none: the database is not reached" in str(caught.value)


def test_bad_callbacks_leave_nothing_open(tmp_path):
    with pytest.raises(ConfigurationError, match="base_url"):
        Ledger(tmp_path / "ledger.db", callbacks="nowhere")
