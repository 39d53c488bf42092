"""An SQLite file that keeps tasks, their callbacks and their deliveries beyond a restart.

Each change is in the file, together with its callbacks, before any response or callback reports it: a process that is
killed loses nothing that it has reported. A callback that was under way then may be sent twice.
"""

import json
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from os import PathLike, fspath
from time import monotonic
from typing import Any, TypeAlias, TypeVar, get_origin, get_type_hints

from klingkit.emulator import _json
from klingkit.emulator.tasks._clock import LAST
from klingkit.emulator.tasks._sample_videos import SampleVideo
from klingkit.emulator.tasks._task import Failure, NotKept, Task, TaskRequest
from klingkit.emulator.webhooks._deliveries import Delivery
from klingkit.emulator.webhooks._pending import PendingCallback

APPLICATION_ID = 0x6B6C6E67
VERSION = 3
REPORT_SECONDS = 60.0  # between two lines in the log about a file that can't be written
LOG = logging.getLogger("klingkit.emulator")

_UNWRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL}

_TABLES = (
    """CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL, request TEXT NOT NULL, created REAL NOT NULL,
    started REAL, ended REAL, failure TEXT, queries INTEGER NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, delivery TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS pending (number INTEGER PRIMARY KEY, callback TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY, now REAL NOT NULL)",
)
_TASKS = "SELECT number, id, request, created, started, ended, failure, queries FROM tasks ORDER BY number"
_DELIVERIES = "SELECT id, delivery FROM deliveries ORDER BY id"
_PENDING = "SELECT number, callback FROM pending ORDER BY number"
_WRITE = """
INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET
  started = excluded.started, ended = excluded.ended, failure = excluded.failure, queries = excluded.queries
"""

Value = TypeVar("Value")
Statement: TypeAlias = tuple[str, tuple[object, ...]]
"""SQL, and its values."""


class Store:
    """The file. Every method may be called from any thread; those that write raise NotKept if it can't be written.

    Raises:
        ValueError: it is something else, or another emulator has it open.
        OSError: it can't be opened.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._lock = threading.Lock()
        self._path = fspath(path)
        self._closed = False
        self._next_report = 0.0
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
                "another emulator has it open"
                if code == sqlite3.SQLITE_BUSY
                else f"not a file of the emulator: {error}"
            )
            raise ValueError(f"database: {self._path}: {why}") from error
        except ValueError:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file. Later changes are not kept."""
        with self._lock:
            self._closed = True
            self._file.close()

    def write(self, task: Task, callbacks: tuple[PendingCallback, ...] = ()) -> None:
        """Keep this value of the task, in place of any other, and its callbacks; all or nothing."""
        failure = None if task.failure is None else _json.write(asdict(task.failure))
        request = _json.write(asdict(replace(task.request, fault=None)))  # faults don't survive a restart
        row = (task.number, task.id, request, task.created, task.started, task.ended, failure, task.queries)
        self._do((_WRITE, row), *map(_insert, callbacks))

    def forget(self, task: Task) -> None:
        """Drop a task."""
        self._do(("DELETE FROM tasks WHERE number = ?", (task.number,)))

    def tasks(self) -> list[Task]:
        """Return all tasks, the oldest first.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return self._read(_TASKS, _task)

    def write_clock(self, now: float) -> None:
        """Keep the time that the clock was put to."""
        self._do(("INSERT OR REPLACE INTO clock VALUES (1, ?)", (now,)))

    def clock(self) -> float:
        """Return the time that the clock was put to last; 0: never.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return max(self._read("SELECT now FROM clock", _moment), default=0.0)

    def write_pending(self, callbacks: tuple[PendingCallback, ...]) -> None:
        """Keep them until they are delivered."""
        self._do(*map(_insert, callbacks))

    def pending(self) -> list[PendingCallback]:
        """Return all callbacks that are not delivered, the oldest first.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return self._read(_PENDING, _pending)

    def write_delivery(self, delivery: Delivery, pending_number: int) -> None:
        """Keep it, and drop the pending callback with this number."""
        self._do(
            ("INSERT INTO deliveries VALUES (?, ?)", (delivery.id, _json.write(asdict(delivery)))),
            ("DELETE FROM pending WHERE number = ?", (pending_number,)),
        )

    def forget_deliveries(self, before: int | None = None) -> None:
        """Drop those before this one; None: all, and the pending callbacks, too."""
        pending = () if before is not None else (("DELETE FROM pending", ()),)
        self._do(("DELETE FROM deliveries WHERE ? IS NULL OR id < ?", (before, before)), *pending)

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries, the oldest first.

        Raises:
            ValueError: the file is damaged; it is closed then.
        """
        return self._read(_DELIVERIES, _delivery)

    def _read(self, sql: str, parse: Callable[..., Value]) -> list[Value]:
        try:
            return [parse(*row) for row in self._rows(sql)]
        except (sqlite3.Error, ValueError, TypeError, LookupError, RecursionError, OSError) as error:
            self.close()
            raise ValueError(f"database: {self._path} is damaged: {error}") from error

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._file.execute(sql).fetchall()

    def _do(self, *statements: Statement) -> None:
        """Execute all statements, or none.

        Raises:
            NotKept: the file can't be written.
        """
        try:
            self._execute(*statements)
        except sqlite3.Error as error:
            problem = f"database: {self._path} can't be written: {error}"
            self._report(problem)
            raise NotKept(problem) from error

    def _execute(self, *statements: Statement) -> None:
        with self._lock:
            if self._closed:
                return
            with self._file:
                self._file.execute("BEGIN")
                for sql, values in statements:
                    self._file.execute(sql, values)

    def _report(self, problem: str) -> None:
        """Log one line a minute: on a full disk, every change has the same problem."""
        with self._lock:
            is_due = monotonic() >= self._next_report
            if is_due:
                self._next_report = monotonic() + REPORT_SECONDS
        if is_due:
            LOG.error("%s; what can't be kept is rejected, or tried again", problem)

    def _set_up(self) -> None:
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application_id,) = self._file.execute("PRAGMA application_id").fetchone()
        (version,) = self._file.execute("PRAGMA user_version").fetchone()
        (tables,) = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and (application_id, version) != (APPLICATION_ID, VERSION):
            raise ValueError(f"database: {self._path}: not a file of this version of the emulator")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")  # a process that is killed loses nothing; a machine might
        pragmas = f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {VERSION}"
        self._execute(*((sql, ()) for sql in (*pragmas, *_TABLES)))


def _insert(callback: PendingCallback) -> Statement:
    return "INSERT OR REPLACE INTO pending VALUES (?, ?)", (callback.number, _json.write(asdict(callback)))


def _task(
    number: int,
    task_id: str,
    request: str,
    created: float,
    started: float | None,
    ended: float | None,
    failure: str | None,
    queries: int,
) -> Task:
    fields = json.loads(request)
    video = _made(SampleVideo, fields["video"])
    video.read()  # fails if there is none like that
    planned = None if fields["failure"] is None else _made(Failure, fields["failure"])
    task = _made(
        Task,
        {
            "id": task_id,
            "request": _made(TaskRequest, fields | {"video": video, "failure": planned}),
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
        raise ValueError(f"the clock can't be put to {now!r}")
    return now


def _delivery(number: int, text: str) -> Delivery:
    return _made(Delivery, json.loads(text) | {"id": number})


def _pending(number: int, text: str) -> PendingCallback:
    return _made(PendingCallback, json.loads(text) | {"number": number})


def _made(kind: type[Value], fields: Mapping[str, Any]) -> Value:
    """Make a dataclass of its fields.

    Raises:
        TypeError: a field is missing, unknown or of another type.
    """
    for name, hint in _TYPES[kind].items():
        if name in fields and not isinstance(fields[name], hint):
            raise TypeError(f"{name} of a {kind.__name__.lower()} is {fields[name]!r:.40}")
    return kind(**fields)


def _type_to_check(hint: Any) -> Any:
    """Return the type that a field must have; a float without a fraction may be read back as an integer."""
    if hint is float:
        return float | int
    return Mapping if get_origin(hint) is Mapping else hint


_TYPES: Mapping[type, Mapping[str, Any]] = {
    kind: {name: _type_to_check(hint) for name, hint in get_type_hints(kind).items()}
    for kind in (Task, TaskRequest, SampleVideo, Failure, Delivery, PendingCallback)
}
