"""The database of a ledger: one thread runs all transactions, several in one commit where that is safe."""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from os import PathLike, fspath
from typing import Any, Final, TypeAlias, TypeVar

from attrs import frozen
from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from klingkit._base import Again, KlingkitError
from klingkit._errors import ConfigurationError
from klingkit.batch._schema import META, TABLES, VERSION

__all__ = ["Database", "LedgerError", "Transaction"]

T = TypeVar("T")

Transaction: TypeAlias = Callable[[Connection, float], T]
"""Reads and writes at this time of the database's clock; it may be run again from the start."""

LOCK_TIMEOUT: Final = 10.0
"""Seconds that SQLite waits for another process to end its transaction."""

GROUP: Final = 256
"""Transactions that are committed together, at most."""

NOW: Final = {
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0",
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())::float8",
}

PROBLEMS: Final = (
    ("disk is full", "the disk is full"),
    ("No space left", "the disk is full"),
    ("disk I/O error", "the disk cannot be read or written"),
    ("readonly database", "the file, or its folder, is read-only"),
    ("unable to open database file", "the file cannot be opened: its folder is missing or read-only"),
    ("file is not a database", "the file is no ledger: it is no SQLite database"),
    ("malformed", "the file is damaged"),
    ("database is locked", f"another program has locked it for more than {LOCK_TIMEOUT:g} s"),
)
"""What SQLite says, and what that means here."""

PASSING: Final = ("disk is full", "No space left", "database is locked")
"""What may pass by itself; so may a lost connection."""


class LedgerError(KlingkitError):
    """The ledger cannot be used; what it had committed is kept. `again` is "ask" where it may pass."""


@frozen
class Work:
    """A transaction that waits for the thread."""

    run: Transaction[Any]
    done: Future[Any]


class Database:
    """Opens a ledger, and creates it if there is none.

    Args:
        source: The path of an SQLite file, or the URL of a database.
        clock: Replaces the database's clock.

    Raises:
        LedgerError: It cannot be opened, or is no ledger, or one of a newer version.
        ConfigurationError: There is no such database, or its driver is not installed.
    """

    def __init__(self, source: str | PathLike[str], clock: Callable[[], float] | None = None) -> None:
        url = fspath(source)
        self.name: str = url if "://" not in url else url.rpartition("@")[2]
        self._engine = _engine(url)
        self._clock = clock
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._closed = False
        try:
            with _plain_errors(self.name):
                self.secret: str = _prepare(self._engine, self.name)
        except BaseException:
            self._engine.dispose()
            raise
        self._group = GROUP if self._engine.dialect.name == "sqlite" else 1  # elsewhere, rows of accounts are locked
        self._thread = threading.Thread(target=self._serve, name="klingkit-ledger", daemon=True)
        self._thread.start()

    def start(self, run: Transaction[T]) -> Future[T]:
        """Run a transaction soon; the future has its result once that is durable.

        Raises:
            LedgerError: The ledger was closed.
        """
        if self._closed:
            raise LedgerError(f"ledger {self.name}: it was closed")
        done: Future[T] = Future()
        self._work.put(Work(run, done))
        return done

    def run(self, run: Transaction[T]) -> T:
        """Run a transaction, and return its result once that is durable."""
        return self.start(run).result()

    def close(self) -> None:
        """End what was started, and close the database."""
        if not self._closed:
            self._closed = True
            self._work.put(None)
            self._thread.join()
            self._engine.dispose()

    def _serve(self) -> None:
        """Run transactions until the database is closed."""
        open_ = True
        while open_:
            group: list[Work] = []
            for work in _taken(self._work, self._group):
                if work is None:
                    open_ = False
                elif work.done.set_running_or_notify_cancel():
                    group.append(work)
            self._commit(group)

    def _commit(self, group: Sequence[Work]) -> None:
        """Commit a group together; if that fails, each alone, so that one error is one caller's."""
        try:
            results = self._transact(group)
        except Exception as error:  # noqa: BLE001 - its caller gets it
            if len(group) > 1:
                for work in group:
                    self._commit([work])
            else:
                group[0].done.set_exception(error)
            return
        for work, result in zip(group, results, strict=True):
            work.done.set_result(result)

    def _transact(self, group: Sequence[Work]) -> list[Any]:
        if not group:
            return []
        with _plain_errors(self.name), self._engine.begin() as connection:
            now = self._now(connection)
            return [work.run(connection, now) for work in group]

    def _now(self, connection: Connection) -> float:
        if self._clock is not None:
            return self._clock()
        return float(connection.exec_driver_sql(NOW[connection.dialect.name]).scalar_one())


def _taken(work: queue.SimpleQueue[Work | None], most: int) -> list[Work | None]:
    """Wait for work, and return all that is there."""
    taken = [work.get()]
    while taken[-1] is not None and len(taken) < most and not work.empty():
        taken.append(work.get())
    return taken


def _engine(url: str) -> Engine:
    if "://" not in url:
        url = f"sqlite:///{url}"
    elif url.startswith("postgresql://"):
        url = f"postgresql+psycopg{url.removeprefix('postgresql')}"
    try:
        engine = create_engine(url, **({"pool_pre_ping": True} if "postgresql" in url else {}))
    except ImportError as error:
        raise ConfigurationError(f"ledger: the driver {error.name} is not installed") from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigurationError("ledger: a path, or a URL such as postgresql://user@host/database") from error
    if engine.dialect.name not in NOW:
        raise ConfigurationError(f"ledger: SQLite or PostgreSQL, not {engine.dialect.name}")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: object) -> None:
    """Make every commit durable; transactions begin when we say so, and not when the driver thinks."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000:.0f}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # else a reader that writes later may find the file changed


def _prepare(engine: Engine, name: str) -> str:
    """Create the tables if there are none, and return the ledger's secret."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(1263291463)"))  # one process creates the tables
        tables = inspect(connection).get_table_names()
        if META.name not in tables:
            if tables and connection.dialect.name == "sqlite":
                raise LedgerError(f"ledger {name}: the file is another program's database: it has {tables[0]!r}")
            TABLES.create_all(connection)
            connection.execute(insert(META).values(version=VERSION, secret=secrets.token_hex(32)))
        version, secret = connection.execute(select(META.c.version, META.c.secret)).one()
    if version > VERSION:
        raise LedgerError(f"ledger {name}: it is of version {version}, and this klingkit knows {VERSION} at most")
    return str(secret)


class _plain_errors:  # noqa: N801 - used as a function; a generator would cost more than a transaction's own code
    """Turn errors of the database into a `LedgerError`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, SQLAlchemyError):
            raise _plain(self.name, error) from error


def _plain(name: str, error: SQLAlchemyError) -> LedgerError:
    cause: Any = error.orig if isinstance(error, DBAPIError) else None
    if getattr(cause, "_pgconn", None) is not None:
        setattr(cause, "_pgconn", None)  # noqa: B010 - it has the password
    said = str(cause or error)
    meaning = next((plain for words, plain in PROBLEMS if words in said), None)
    lost = isinstance(error, DBAPIError) and (error.connection_invalidated or "connection" in said)
    if meaning is None:
        meaning = f"the database is not reached: {said}" if lost else f"{type(error).__name__}: {said}"
    found = LedgerError(f"ledger {name}: {meaning}")
    passing: Again = "ask"
    if lost or any(words in said for words in PASSING):
        found.again = passing
    return found
