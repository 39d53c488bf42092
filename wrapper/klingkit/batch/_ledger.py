"""The ledger: what is to be paid for, what may have been, and what came of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from os import PathLike
from typing import Any, Final, Literal, Self, TypeVar, overload

from attrs import frozen
from sqlalchemy import func, select

from klingkit._async_client import AsyncClient
from klingkit._base import TaskRef, invalid
from klingkit._client import Client
from klingkit._models import CallbackEvent
from klingkit._pacing import Pacing
from klingkit._polling import Polling, VendorAdvice
from klingkit.batch._database import Database
from klingkit.batch._drive import drive, drive_async
from klingkit.batch._effects import Step, Steps
from klingkit.batch._jobs import JobRow, State, account_of, encode, fingerprint
from klingkit.batch._schema import JOBS
from klingkit.batch._steps import Rules, advance, once
from klingkit.batch._transitions import NewJob, change, created, enqueue, find, rows
from klingkit.callbacks import CallbackUrls
from klingkit.providers import Provider

__all__ = ["Ledger"]

T = TypeVar("T")

MAX_KEY: Final = 255

ONCE_TIMEOUT: Final = 120.0

Settled = TaskRef | Literal["pay-again", "give-up"]


@frozen
class Options:
    """How a ledger's jobs are handled, where it is not the account that decides."""

    pacing: Pacing | None
    callbacks: str | None
    polling: Polling
    submit_timeout: float
    grace: float


class Ledger:
    """Keeps jobs durable: SQLite in a file, or PostgreSQL by URL. Threads and processes may share it.

    Args:
        source: The path of an SQLite file, which is made if there is none; or the URL of a PostgreSQL database.
        pacing: The limits of an account, which all who use the ledger keep to together; by default those that the
            adapter knows. Refusals lower them for a while.
        callbacks: The public URL of your receiver of callbacks: each job has a URL below it that nobody can guess.
        polling: How long to pause between two queries of a task.
        submit_timeout: Seconds that a paid request may take.
        grace: Seconds in which it must begin, after it was written that it will. An intent that is older than both is
            uncertain: it is never sent again by itself.
        clock: Replaces the database's clock, in tests.

    Raises:
        LedgerError: It cannot be opened, is damaged, is no ledger, or is one of a newer version.
    """

    def __init__(
        self,
        source: str | PathLike[str],
        *,
        pacing: Pacing | None = None,
        callbacks: str | None = None,
        polling: Polling | None = None,
        submit_timeout: float = 60.0,
        grace: float = 15.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._options = Options(pacing, callbacks, polling or VendorAdvice(), submit_timeout, grace)
        self.database: Database = Database(source, clock)
        try:
            self.urls: CallbackUrls | None = None if callbacks is None else self.callback_urls(callbacks)
        except BaseException:
            self.database.close()
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.database.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; what was begun is committed first."""
        self.database.close()

    def rules(self, client: Client[Any] | AsyncClient[Any]) -> Rules:
        """Return how the jobs of a client's account are handled."""
        options, api = self._options, client.api
        return Rules(
            api=api,
            account=account_of(api),
            pacing=options.pacing or getattr(api, "pacing", None) or Pacing(),
            urls=self.urls,
            polling=options.polling,
            submit_timeout=options.submit_timeout,
            grace=options.grace,
        )

    @overload
    def submit_once(self, client: Client[T], key: str, request: T, *, timeout: float = ...) -> TaskRef: ...
    @overload
    def submit_once(
        self, client: AsyncClient[T], key: str, request: T, *, timeout: float = ...
    ) -> Awaitable[TaskRef]: ...
    def submit_once(
        self, client: Client[Any] | AsyncClient[Any], key: str, request: Any, *, timeout: float = ONCE_TIMEOUT
    ) -> TaskRef | Awaitable[TaskRef]:
        """Pay for a request once, however often, and in however many processes, this is called with the key.

        Whoever comes second gets the task of the first, or its error, and waits for them if need be. Where it is
        proven that nothing was created, and another try may help, the next call pays.

        Args:
            client: Makes the paid request; with an `AsyncClient` the result is to be awaited.
            key: A name of your own, such as the id of an order.
            request: The typed request, or a `Job`.
            timeout: Seconds to wait for a turn within the account's limits, or for another caller.

        Raises:
            InvalidRequest: Another request has this key, or it was refused.
            SubmissionUncertain: A task may exist; it stays so until it is settled: see `resolve`.
            RateLimited: Its turn did not come in time; nothing was created.
            LedgerError: The ledger cannot be used; nothing was paid, unless the error has a `ref`.
            KlingkitError: As `submit` of the client.
        """
        rules = self.rules(client)
        return self._run(client, once(rules, self.new_job(client.api, key, request), timeout))

    @overload
    def advance(self, client: Client[Any], job_id: int) -> float | None: ...
    @overload
    def advance(self, client: AsyncClient[Any], job_id: int) -> Awaitable[float | None]: ...
    def advance(self, client: Client[Any] | AsyncClient[Any], job_id: int) -> float | Awaitable[float | None] | None:
        """Do the next thing for a job, and return the seconds after which to come back; None: it needs nothing more.

        It may be called at any time, by several at once, and again after a crash.
        """
        return self._run(client, _delay(advance(self.rules(client), job_id)))

    def _run(self, client: Client[Any] | AsyncClient[Any], steps: Steps[T]) -> T | Awaitable[T]:
        if isinstance(client, AsyncClient):
            return drive_async(self.database, client, steps)
        return drive(self.database, client, steps)

    def new_job(self, api: Provider[Any], key: str, request: Any, **options: Any) -> NewJob:
        """Return a job for `enqueue`; `options` are `batch`, `output` and `estimate`.

        Raises:
            InvalidRequest: The key or the request cannot be used.
        """
        if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or not key.isprintable():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise invalid("key", f"1 to {MAX_KEY} printable characters", key)
        account, stored = account_of(api), encode(request)
        return NewJob(key=key, account=account, request=stored, fingerprint=fingerprint(account, stored), **options)

    def enqueue(self, jobs: Iterable[NewJob]) -> int:
        """Add the jobs whose keys are new, all or none, and return how many those were.

        Raises:
            InvalidRequest: Another request has one of the keys.
        """
        listed = list(jobs)
        return self.database.run(lambda connection, now: enqueue(connection, now, listed))

    def job(self, job: int | str) -> JobRow | None:
        """Return a job by its id or its key."""
        return self.database.run(lambda connection, _: find(connection, job))

    def jobs(self, *, batch: str | None = None, states: Iterable[State] = ()) -> list[JobRow]:
        """Return jobs, the oldest first: all, or those of a batch, or in some states."""
        query = select(JOBS).order_by(JOBS.c.id)
        if batch is not None:
            query = query.where(JOBS.c.batch == batch)
        if listed := list(states):
            query = query.where(JOBS.c.state.in_(listed))
        return self.database.run(lambda connection, _: rows(connection, query))

    def counts(self, batch: str | None = None) -> dict[State, int]:
        """Return how many jobs are in each state."""
        query = select(JOBS.c.state, func.count()).group_by(JOBS.c.state)
        if batch is not None:
            query = query.where(JOBS.c.batch == batch)
        return self.database.run(lambda connection, _: {row[0]: row[1] for row in connection.execute(query)})

    def overdue(self, grace: float = 5.0) -> list[int]:
        """Return the ids of the jobs that should have been advanced more than `grace` seconds ago.

        Whatever drives `advance` calls this now and then: a queue may lose a message, a worker end.
        """
        waiting = JOBS.c.state.in_(("intent", "submitted", "ready", "uncertain"))
        of_engines = (JOBS.c.state == "queued") & (JOBS.c.batch != "")
        query = select(JOBS.c.id).where(waiting | of_engines).order_by(JOBS.c.next_at, JOBS.c.id)
        return self.database.run(
            lambda connection, now: list(connection.execute(query.where(JOBS.c.next_at <= now - grace)).scalars())
        )

    def callback_urls(self, base_url: str) -> CallbackUrls:
        """Return what makes, and checks, the callback URLs of this ledger's jobs: for `AsyncReceiver(urls=...)`."""
        return CallbackUrls(base_url, self.database.secret)

    def webhook(self, event: CallbackEvent) -> int | None:
        """Take note of a callback that arrived at a job's own URL, and return the job's id; None: there is no such job.

        Give it to a receiver with `urls`. It names the task of a job whose payment is uncertain. `advance` then
        queries the task: what a callback says of it counts for nothing.
        """
        name = event.name or ""

        def note(connection: Any, now: float) -> int | None:
            job = find(connection, name)
            if job is None:
                return None
            created(connection, now, job, event.ref)
            change(connection, now, job.id, ("submitted",), next_at=now)
            return job.id

        return self.database.run(note)

    def resolve(self, job: int | str, outcome: Settled) -> JobRow:
        """Settle a job whose payment is uncertain, after a look at the service's own list.

        Args:
            job: Its id or key.
            outcome: Its task; or "pay-again", if there is none; or "give-up".

        Raises:
            InvalidRequest: The job is not uncertain.
        """
        return self.database.run(lambda connection, now: _resolve(connection, now, job, outcome))

    def retry(self, job: int | str) -> JobRow:
        """Let a failed job begin anew, which pays again; if only its download failed, nothing is paid.

        Raises:
            InvalidRequest: The job has not failed.
        """
        return self.database.run(lambda connection, now: _retry(connection, now, job))

    def export(self, form: Literal["jsonl", "csv"] = "jsonl", *, batch: str | None = None) -> str:
        """Return the manifest: for each job its task, its file with size and hash, its cost, or its error."""
        records = [job.record() for job in self.jobs(batch=batch)]
        if form == "jsonl":
            return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
        return _csv(records)


def _delay(steps: Steps[Step]) -> Steps[float | None]:
    step = yield from steps
    return step.delay


def _known(connection: Any, job: int | str, states: tuple[State, ...], now: float) -> JobRow:
    """Return a job in one of these states; an intent whose time has passed is uncertain."""
    found = find(connection, job)
    if found is None:
        raise invalid("job", "one of this ledger", job)
    overdue = found.state == "intent" and (found.next_at or now) <= now and "uncertain" in states
    if found.state not in states and not overdue:
        raise invalid("job", f"one that is {' or '.join(states)}", f"{found.key}, which is {found.state}")
    return found


def _resolve(connection: Any, now: float, job: int | str, outcome: Settled) -> JobRow:
    found = _known(connection, job, ("uncertain",), now)
    match outcome:
        case TaskRef():
            created(connection, now, found, outcome)
        case "pay-again":
            _set(connection, now, found, state="queued", next_at=now, error=None, message=None)
        case "give-up":
            _set(connection, now, found, state="failed", next_at=None)
        case _:
            raise invalid("outcome", "a TaskRef, 'pay-again' or 'give-up'", outcome)
    return _found(connection, found)


def _retry(connection: Any, now: float, job: int | str) -> JobRow:
    found = _known(connection, job, ("failed",), now)
    if found.ref is not None and found.error not in {"TaskFailed", "TaskRefused"}:
        _set(connection, now, found, state="ready", next_at=now, error=None, message=None)
    else:
        before = found.ref and f"before: {found.ref}"
        _set(connection, now, found, state="queued", next_at=now, ref=None, attempt=None, error=None, message=before)
    return _found(connection, found)


def _set(connection: Any, now: float, job: JobRow, **values: Any) -> None:
    change(connection, now, job.id, (job.state,), **values)


def _found(connection: Any, job: JobRow) -> JobRow:
    found = find(connection, job.id)
    assert found is not None
    return found


def _csv(records: Iterable[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for record in map(dict, _flat(records)):
        writer = writer or csv.DictWriter(text, list(record), lineterminator="\n")
        if not text.tell():
            writer.writeheader()
        writer.writerow(record)
    return text.getvalue()


def _flat(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Put what is within an object at the top: a table has no objects; no cell is taken for a formula."""
    for record in records:
        cost: dict[str, Any] = record["cost"] or {}
        error: dict[str, Any] = record["error"] or {}
        flat: dict[str, Any] = {**record, "cost": cost.get("amount"), "cost_unit": cost.get("unit")}
        flat |= {"error": error.get("type"), "message": error.get("message")}
        yield {name: _cell(value) for name, value in flat.items()}


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value
