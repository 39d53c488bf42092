"""The transitions of a job, as transactions. Each compares the state, and sets the next one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Select, Update, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from klingkit._base import KlingkitError, TaskRef, invalid
from klingkit._models import Task
from klingkit._pacing import Pacing
from klingkit.batch._admission import Admission, admit, learn, next_slot
from klingkit.batch._budget import Budget
from klingkit.batch._jobs import COLUMNS, JobRow, State
from klingkit.batch._schema import JOBS

__all__ = [
    "Claim",
    "Claimed",
    "NewJob",
    "change",
    "claim",
    "created",
    "doubted",
    "enqueue",
    "find",
    "finished",
    "refused",
    "release",
]

MAX_MESSAGE: Final = 2000

CHUNK: Final = 500
"""Keys that one query looks up."""

UNPAID: Final[tuple[State, ...]] = ("intent", "uncertain")


@frozen(kw_only=True)
class NewJob:
    """A job that is to be in the ledger."""

    key: str
    account: str
    request: str
    fingerprint: str
    batch: str = ""
    output: str | None = None
    estimate: float | None = None


@frozen(kw_only=True)
class Claim:
    """Who wants to pay for jobs of an account, and under which limits."""

    account: str
    pacing: Pacing
    lifetime: float
    """Seconds after which a payment of unknown outcome is uncertain."""
    attempts: tuple[str, ...]
    """A name for each payment, at most as many as these; also their external ids."""
    external: bool
    batch: str | None = None
    job_id: int | None = None
    budget: Budget | None = None


@frozen
class Claimed:
    """The jobs that may be paid for, and when others may come."""

    jobs: tuple[JobRow, ...]
    until: float
    now: float
    exhausted: bool = False
    """Whether the budget allows no more."""


BY_ID: Final = select(JOBS).where(JOBS.c.id == bindparam("job_id"))
BY_KEY: Final = select(JOBS).where(JOBS.c.key == bindparam("job_key"))


def find(connection: Connection, job: int | str) -> JobRow | None:
    """Return a job by its id or its key."""
    query, name = (BY_ID, "job_id") if isinstance(job, int) else (BY_KEY, "job_key")
    row = connection.execute(query, {name: job}).one_or_none()
    return None if row is None else JobRow(**dict(zip(COLUMNS, row, strict=True)))


def rows(connection: Connection, query: Select[Any]) -> list[JobRow]:
    """Return the jobs of a query."""
    return [JobRow(**dict(zip(COLUMNS, row, strict=True))) for row in connection.execute(query)]


def enqueue(connection: Connection, now: float, jobs: Iterable[NewJob]) -> int:
    """Add the jobs whose keys are new, and return how many those were.

    Raises:
        InvalidRequest: A key is there, with another request.
    """
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(JOBS).on_conflict_do_nothing(index_elements=["key"])
    added = 0
    for chunk in _chunks(jobs):
        query = select(JOBS.c.key, JOBS.c.fingerprint).where(JOBS.c.key.in_([job.key for job in chunk]))
        before = {row.key for row in connection.execute(query)}
        new = {job.key: _row(job, now) for job in chunk if job.key not in before}
        if new:
            connection.execute(statement, list(new.values()))
        stored = {row.key: row.fingerprint for row in connection.execute(query)}  # perhaps another process's by now
        for job in chunk:
            if stored[job.key] != job.fingerprint:
                raise invalid("key", "one that no other request has", job.key)
        added += len(new)
    return added


def _chunks(jobs: Iterable[NewJob]) -> Iterator[list[NewJob]]:
    waiting = iter(jobs)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


def _row(job: NewJob, now: float) -> dict[str, Any]:
    stated = {name: getattr(job, name) for name in ("key", "account", "request", "fingerprint", "batch", "output")}
    dated = {"created": now, "updated": now, "next_at": now}
    return {**stated, **dated, "state": "queued", "estimate": job.estimate, "tries": 0}


def change(
    connection: Connection,
    now: float,
    job_id: int,
    states: Sequence[State],
    *,
    of: str | None = None,
    **values: Any,
) -> bool:
    """Set values of a job if it is in one of these states, and of this attempt (`of`); return whether it was."""
    compared = {"job_id": job_id} if of is None else {"job_id": job_id, "of": of}
    set_ = {f"new_{name}": value for name, value in values.items()}
    statement = _change(tuple(states), tuple(values), attempt=of is not None)
    return connection.execute(statement, {**compared, **set_, "new_updated": now}).rowcount == 1


@cache
def _change(states: tuple[State, ...], names: tuple[str, ...], *, attempt: bool) -> Update:
    """Make a statement once: to make one takes longer than to run it."""
    where = (JOBS.c.id == bindparam("job_id")) & JOBS.c.state.in_(states)
    if attempt:
        where &= JOBS.c.attempt == bindparam("of")
    return update(JOBS).where(where).values({name: bindparam(f"new_{name}") for name in (*names, "updated")})


def claim(connection: Connection, now: float, by: Claim) -> Claimed:
    """Turn queued jobs into intents, as many as the account's limits let; only the caller may pay for them."""
    due = (JOBS.c.account == by.account) & (JOBS.c.state == "queued")
    if by.job_id is not None:
        due &= JOBS.c.id == by.job_id
    if by.batch is not None:
        due &= JOBS.c.batch == by.batch
    admission = admit(connection, now, by.account, by.pacing, len(by.attempts))
    if not admission.count:
        return Claimed((), _later(connection, by, admission), now)
    query = select(JOBS).where(due & (JOBS.c.next_at <= now)).order_by(JOBS.c.next_at, JOBS.c.id).limit(admission.count)
    found = rows(connection, query)
    allowed = found if by.budget is None or by.batch is None else by.budget.within(connection, by.batch, found)
    taken = [
        job.id
        for job, attempt in zip(allowed, by.attempts, strict=False)
        if change(connection, now, job.id, ("queued",), **_intent(job, by, attempt, now))
    ]
    claimed = [job for job in (find(connection, each) for each in taken) if job is not None]
    return Claimed(tuple(claimed), now, now, exhausted=len(allowed) < len(found))


def release(connection: Connection, now: float, attempts: Sequence[str]) -> None:
    """Queue the jobs of these payments again, of which it is known that they never began."""
    where = JOBS.c.attempt.in_(attempts) & JOBS.c.state.in_(UNPAID)
    values = {"state": "queued", "next_at": now, "counted": None, "error": None, "message": None}
    connection.execute(update(JOBS).where(where).values(**values))


def _later(connection: Connection, by: Claim, refused_: Admission) -> float:
    """Return when to come back: a single job gets its own time."""
    if by.job_id is None:
        return refused_.until
    slot = next_slot(connection, by.account, refused_)
    connection.execute(update(JOBS).where((JOBS.c.id == by.job_id) & (JOBS.c.state == "queued")).values(next_at=slot))
    return slot


def _intent(job: JobRow, by: Claim, attempt: str, now: float) -> dict[str, Any]:
    deadline = now + by.lifetime
    external_id = attempt if by.external else None
    set_ = {"state": "intent", "next_at": deadline, "counted": deadline, "attempt": attempt, "tries": job.tries + 1}
    return {**set_, "external_id": external_id, "error": None, "message": None}


def created(
    connection: Connection,
    now: float,
    job: JobRow,
    ref: TaskRef,
    pacing: Pacing | None = None,
    pause: float = 0.0,
) -> None:
    """Record the task of a job: a late response, too, whatever state the job is in. A known id is never dropped."""
    current = find(connection, job.id)
    if current is None or current.ref == str(ref):
        return
    if current.ref is not None or (current.state == "intent" and current.attempt != job.attempt):
        other = f"{current.message or ''}; another task: {ref}".removeprefix("; ")[-MAX_MESSAGE:]
        change(connection, now, job.id, (current.state,), message=other)
        return
    states: tuple[State, ...] = ("intent", "uncertain", "queued", "failed")
    values: dict[str, Any] = {
        "state": "submitted",
        "ref": str(ref),
        "next_at": now + pause,
        "counted": now,
        "submitted": now,
    }
    change(connection, now, job.id, states, **values, error=None, message=None)
    if pacing is not None:
        learn(connection, now, job.account, pacing, None)


def refused(
    connection: Connection, now: float, job: JobRow, error: KlingkitError, pacing: Pacing, *, again: float | None
) -> None:
    """Record that it is proven that nothing was created: the job is queued again after a pause, or has failed."""
    reason: dict[str, Any] = {"error": type(error).__name__, "message": str(error)[:MAX_MESSAGE], "counted": None}
    state: State = "failed" if again is None else "queued"
    next_at = None if again is None else now + again
    if change(connection, now, job.id, UNPAID, of=job.attempt, state=state, next_at=next_at, **reason):
        learn(connection, now, job.account, pacing, error)


def doubted(connection: Connection, now: float, job: JobRow, message: str, search: float | None) -> None:
    """Record that a task may exist; `search`: seconds until it is searched for."""
    next_at = None if search is None else now + search
    reason: dict[str, Any] = {"error": "SubmissionUncertain", "message": message[:MAX_MESSAGE]}
    change(connection, now, job.id, ("intent",), of=job.attempt, state="uncertain", next_at=next_at, **reason)


def finished(connection: Connection, now: float, job: JobRow, task: Task) -> None:
    """Record the end of a task: it failed, or its video is ready."""
    cost: dict[str, Any] = {"cost": task.cost and str(task.cost.amount), "cost_unit": task.cost and task.cost.unit}
    if task.status == "failed":
        failure = task.failure
        kind = "TaskRefused" if failure and failure.content_refused else "TaskFailed"
        message = ((failure and failure.message) or "no reason given")[:MAX_MESSAGE]
        change(
            connection, now, job.id, ("submitted",), state="failed", next_at=None, error=kind, message=message, **cost
        )
    else:
        state: State = "done" if job.output is None else "ready"
        next_at = None if job.output is None else now
        change(connection, now, job.id, ("submitted",), state=state, next_at=next_at, **cost)
