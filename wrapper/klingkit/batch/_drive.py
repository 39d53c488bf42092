"""Do what the steps of a job yield, with a blocking client or with an async one."""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from logging import ERROR
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio

from klingkit._async_client import AsyncClient
from klingkit._base import KlingkitError, TaskRef
from klingkit._client import Client
from klingkit._errors import DownloadError, NetworkError
from klingkit._log import log_event
from klingkit.batch._database import Database, LedgerError, Transaction
from klingkit.batch._effects import Download, File, Get, Search, Sleep, Steps, Submit, Write
from klingkit.batch._transitions import created

__all__ = ["drive", "drive_async", "run_async"]

T = TypeVar("T")

RECORD_PAUSES: Final = (0.1, 0.5, 1.0, *[2.0] * 30)
"""Seconds before each further try to record what happened: a database may be gone for a minute."""


def drive(database: Database, client: Client[Any], steps: Steps[T]) -> T:
    """Run steps, blocking."""
    outcome: Any = None
    error: Exception | None = None
    while True:
        try:
            effect = steps.send(outcome) if error is None else steps.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        outcome = error = None
        try:
            outcome = _do(database, client, effect)
        except Exception as raised:  # noqa: BLE001 - the steps handle it, or raise it
            error = raised


def _do(database: Database, client: Client[Any], effect: Any) -> Any:
    match effect:
        case Write():
            return _write(database, effect)
        case Submit():
            check_time(effect)
            with _Kept(database, client, effect):
                return client.submit(effect.request, **submit_options(effect))
        case Get():
            return client.get(effect.ref)
        case Download():
            return saved(client.download(effect.task, prepared(effect.path)))
        case Search():
            return client._io.run(effect.flow)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        case _:
            assert isinstance(effect, Sleep)
            return time.sleep(effect.seconds)


def _write(database: Database, effect: Write) -> Any:
    for pause in RECORD_PAUSES if effect.must else ():
        try:
            return database.run(effect.run)
        except LedgerError as error:
            if error.again != "ask":
                raise
            time.sleep(pause)
    with _Undone(database, effect):
        return database.run(effect.run)


async def drive_async(database: Database, client: AsyncClient[Any], steps: Steps[T]) -> T:
    """Run steps, under asyncio or trio."""
    outcome: Any = None
    error: Exception | None = None
    while True:
        try:
            effect = steps.send(outcome) if error is None else steps.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        outcome = error = None
        try:
            outcome = await _do_async(database, client, effect)
        except Exception as raised:  # noqa: BLE001 - the steps handle it, or raise it
            error = raised


async def _do_async(database: Database, client: AsyncClient[Any], effect: Any) -> Any:
    match effect:
        case Write():
            return await _write_async(database, effect)
        case Submit():
            check_time(effect)
            with _Kept(database, client, effect):
                return await client.submit(effect.request, **submit_options(effect))
        case Get():
            return await client.get(effect.ref)
        case Download():
            return await anyio.to_thread.run_sync(saved, await client.download(effect.task, prepared(effect.path)))
        case Search():
            return await client._io.run(effect.flow)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        case _:
            assert isinstance(effect, Sleep)
            return await anyio.sleep(effect.seconds)


async def _write_async(database: Database, effect: Write) -> Any:
    for pause in RECORD_PAUSES if effect.must else ():
        try:
            return await run_async(database, effect.run)
        except LedgerError as error:
            if error.again != "ask":
                raise
            await anyio.sleep(pause)
    with _Undone(database, effect):
        return await run_async(database, effect.run)


async def run_async(database: Database, run: Transaction[T]) -> T:
    """Run a transaction without blocking the event loop; it is not undone when the wait is cancelled."""
    future = database.start(run)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # under trio
        return await anyio.to_thread.run_sync(future.result)
    return await asyncio.shield(asyncio.wrap_future(future, loop=loop))


def check_time(effect: Submit) -> None:
    """Refuse to begin a payment whose intent may be taken for uncertain: this process was stopped, or is far too slow.

    Raises:
        NetworkError: It is too late; nothing was sent.
    """
    if time.monotonic() > effect.not_after:
        raise NetworkError(f"{effect.job.key}: the payment was to begin, and came too late; nothing was sent")


def submit_options(effect: Submit) -> dict[str, Any]:
    """Return the options of the paid request."""
    named = {} if effect.job.external_id is None else {"external_task_id": effect.job.external_id}
    return {"callback_url": effect.callback_url, "timeout": effect.timeout, **named}


def prepared(path: Path) -> Path:
    """Make the folder of a file, and return the path.

    Raises:
        DownloadError: It cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(f"{path.parent}: the folder cannot be made: {error.strerror}") from error
    return path


def saved(path: Path) -> File:
    """Return what the manifest says of a file."""
    with path.open("rb") as file:
        return File(path, hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


class _Undone:
    """Undoes a transaction whose result nobody takes; the ledger runs what is started in this order."""

    def __init__(self, database: Database, effect: Write) -> None:
        self.database, self.undo = database, effect.undo

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None and self.undo is not None:
            with suppress(LedgerError):
                self.database.start(self.undo)


class _Kept:
    """Records the task of a payment that is interrupted: the client has waited for it, and keeps its reference."""

    def __init__(self, database: Database, client: Client[Any] | AsyncClient[Any], effect: Submit) -> None:
        self.database, self.client, self.effect = database, client, effect

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None or isinstance(error, Exception):
            return
        for task in [each for each in self.client.unclaimed if each.request is self.effect.request]:
            self._record(task.ref)
            self.client.unclaimed.remove(task)

    def _record(self, ref: TaskRef) -> None:
        try:
            self.database.run(lambda connection, now: created(connection, now, self.effect.job, ref))
        except KlingkitError as error:
            log_event(ERROR, "not-recorded", "task %s was paid for, and not recorded: %s", ref, error, ref=ref)
            raise
