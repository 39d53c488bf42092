"""Tasks, their callbacks, and what became of these, in an SQLite file, so that they survive a restart.

Each change is in the file before anybody is told of it, together with the callbacks that tell of it: a process that is
killed loses nothing that it has answered. A callback that was under way then may come twice.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from os import PathLike, fspath
from typing import Any, TypeAlias, TypeVar, get_origin, get_type_hints

from klingkit.emulator import _json
from klingkit.emulator.tasks._clock import LAST
from klingkit.emulator.tasks._sample_videos import Film
from klingkit.emulator.tasks._table import Failure, Order, Task
from klingkit.emulator.webhooks._deliveries import Delivery
from klingkit.emulator.webhooks._pending import Parcel

MARK = 0x6B6C6E67  # says whose file it is
VERSION = 1

_UNWRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL}

_TABLES = (
    """CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, placed TEXT NOT NULL, created REAL NOT NULL,
    started REAL, ended REAL, failure TEXT, queries INTEGER NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, delivery TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS parcels (number INTEGER PRIMARY KEY, parcel TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY, now REAL NOT NULL)",
)
_TASKS = "SELECT number, id, placed, created, started, ended, failure, queries FROM tasks ORDER BY number"
_DELIVERIES = "SELECT id, delivery FROM deliveries ORDER BY id"
_PARCELS = "SELECT number, parcel FROM parcels ORDER BY number"
_WRITE = """
INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET
  started = excluded.started, ended = excluded.ended, failure = excluded.failure, queries = excluded.queries
"""

Value = TypeVar("Value")
Step: TypeAlias = tuple[str, tuple[object, ...]]
"""A statement, and its values."""


class Store:
    """The file. Every method may be called from any thread.

    Raises:
        ValueError: it is something else, or another emulator has it open.
        OSError: it can't be opened.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._lock = threading.Lock()
        self._path = fspath(path)
        self._closed = False
        try:
            self._file = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise OSError(f"database: {self._path} can't be opened: {error}") from error
        try:
            self._set_up()
        except sqlite3.Error as error:
            self._file.close()
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in _UNWRITABLE:
                raise OSError(f"database: {self._path} can't be written: {error}") from error
            why = (
                "another emulator has it open" if code == sqlite3.SQLITE_BUSY else f"no file of the emulator's: {error}"
            )
            raise ValueError(f"database: {self._path}: {why}") from error
        except ValueError:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file. What is done after that is not kept."""
        with self._lock:
            self._closed = True
            self._file.close()

    def write(self, task: Task, parcels: tuple[Parcel, ...] = ()) -> None:
        """Keep this value of the task, in place of any other, and the parcels that tell of it; both or neither."""
        failure = None if task.failure is None else _json.write(asdict(task.failure))
        order = _json.write(asdict(replace(task.order, fault=None)))  # no fault outlives the process
        row = (task.number, task.id, order, task.created, task.started, task.ended, failure, task.queries)
        self._do((_WRITE, row), *map(_kept, parcels))

    def forget(self, task: Task) -> None:
        """Keep the task no longer."""
        self._do(("DELETE FROM tasks WHERE number = ?", (task.number,)))

    def tasks(self) -> list[Task]:
        """All tasks, the oldest first.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return self._read(_TASKS, _task)

    def write_clock(self, now: float) -> None:
        """Keep what the clock was put to."""
        self._do(("INSERT OR REPLACE INTO clock VALUES (1, ?)", (now,)))

    def clock(self) -> float:
        """What the clock was put to last; 0: never.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return max(self._read("SELECT now FROM clock", _moment), default=0.0)

    def write_parcels(self, parcels: tuple[Parcel, ...]) -> None:
        """Keep them until they are delivered."""
        self._do(*map(_kept, parcels))

    def parcels(self) -> list[Parcel]:
        """All parcels that are not delivered, the oldest first.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return self._read(_PARCELS, _parcel)

    def write_delivery(self, delivery: Delivery, parcel: int) -> None:
        """Keep it, and the parcel of this number no longer."""
        self._do(
            ("INSERT INTO deliveries VALUES (?, ?)", (delivery.id, _json.write(asdict(delivery)))),
            ("DELETE FROM parcels WHERE number = ?", (parcel,)),
        )

    def forget_deliveries(self, before: int | None = None) -> None:
        """Keep those before this one no longer; None: none at all, and no parcels either."""
        parcels = () if before is not None else (("DELETE FROM parcels", ()),)
        self._do(("DELETE FROM deliveries WHERE ? IS NULL OR id < ?", (before, before)), *parcels)

    def deliveries(self) -> list[Delivery]:
        """All deliveries, the oldest first.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return self._read(_DELIVERIES, _delivery)

    def _read(self, statement: str, made: Callable[..., Value]) -> list[Value]:
        try:
            return [made(*row) for row in self._rows(statement)]
        except (sqlite3.Error, ValueError, TypeError, LookupError, RecursionError, OSError) as error:
            self.close()
            raise ValueError(f"database: {self._path} is damaged: {error}") from error

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._file.execute(statement).fetchall()

    def _do(self, *steps: Step) -> None:
        """Do all of it, or nothing."""
        with self._lock:
            if self._closed:
                return
            with self._file:
                self._file.execute("BEGIN")
                for statement, values in steps:
                    self._file.execute(statement, values)

    def _set_up(self) -> None:
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        (mark,) = self._file.execute("PRAGMA application_id").fetchone()
        (version,) = self._file.execute("PRAGMA user_version").fetchone()
        (tables,) = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and (mark, version) != (MARK, VERSION):
            raise ValueError(f"database: {self._path}: no file of this version of the emulator's")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")  # a process that is killed loses nothing; a machine might
        marks = f"PRAGMA application_id = {MARK}", f"PRAGMA user_version = {VERSION}"
        self._do(*((statement, ()) for statement in (*marks, *_TABLES)))


def _kept(parcel: Parcel) -> Step:
    return "INSERT OR REPLACE INTO parcels VALUES (?, ?)", (parcel.number, _json.write(asdict(parcel)))


def _task(
    number: int,
    task_id: str,
    placed: str,
    created: float,
    started: float | None,
    ended: float | None,
    failure: str | None,
    queries: int,
) -> Task:
    order = json.loads(placed)
    film = _made(Film, order["film"])
    film.read()  # there is one like that
    task = _made(
        Task,
        {
            "id": task_id,
            "order": _made(Order, order | {"film": film}),
            "created": created,
            "started": started,
            "ended": ended,
            "failure": None if failure is None else _made(Failure, json.loads(failure)),
            "queries": queries,
            "number": number,
        },
    )
    _moment(task.updated)
    return task


def _moment(now: float) -> float:
    if not 0 <= now <= LAST:
        raise ValueError(f"no clock shows {now!r}")
    return now


def _delivery(number: int, text: str) -> Delivery:
    return _made(Delivery, json.loads(text) | {"id": number})


def _parcel(number: int, text: str) -> Parcel:
    return _made(Parcel, json.loads(text) | {"number": number})


def _made(kind: type[Value], given: Mapping[str, Any]) -> Value:
    """A value of its parts, as they were written by one.

    Raises:
        TypeError: a part is missing, unknown or of another type.
    """
    for name, hint in _TYPES[kind].items():
        if name in given and not isinstance(given[name], hint):
            raise TypeError(f"{name} of a {kind.__name__.lower()} is {given[name]!r:.40}")
    return kind(**given)


def _loosely(hint: Any) -> Any:
    """What to hold a part against; a number that happens to be whole may have come back as one."""
    if hint is float:
        return float | int
    return Mapping if get_origin(hint) is Mapping else hint


_TYPES: Mapping[type, Mapping[str, Any]] = {
    kind: {name: _loosely(hint) for name, hint in get_type_hints(kind).items()}
    for kind in (Task, Order, Film, Failure, Delivery, Parcel)
}
