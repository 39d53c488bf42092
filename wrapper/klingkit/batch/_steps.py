"""What to do with a job, in which order: generators that yield effects, and are sent their outcomes."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from attrs import field, frozen

from klingkit import _errors
from klingkit._arguments import error_context
from klingkit._base import InvalidRequest, KlingkitError, TaskRef
from klingkit._errors import (
    AuthenticationError,
    DownloadError,
    InsufficientCredit,
    NetworkError,
    NoVideo,
    PermissionDenied,
    RateLimited,
    SlotsFull,
    SubmissionUncertain,
)
from klingkit._flow import Flow, send
from klingkit._models import Task
from klingkit._pacing import Pacing
from klingkit._polling import Polling, VendorAdvice
from klingkit.batch._effects import Download, File, Get, Search, Sleep, Step, Steps, Submit, Write
from klingkit.batch._jobs import JobRow, decode
from klingkit.batch._transitions import (
    Claim,
    Claimed,
    NewJob,
    change,
    claim,
    created,
    doubted,
    enqueue,
    find,
    finished,
    refused,
    release,
)
from klingkit.callbacks import CallbackUrls
from klingkit.providers import Provider

__all__ = ["Rules", "advance", "claiming", "once", "pay"]

PAUSES: Final = (1.0, 300.0)
"""Seconds, at first and at most, before what failed for now is tried again."""

SEARCHES: Final = (2.0, 60.0, 600.0)
"""Seconds to the first search for a task that may exist, the longest pause between two, and until the last one."""

SEARCH_TIMEOUT: Final = 10.0

HALTS: Final = (AuthenticationError, PermissionDenied, InsufficientCredit)
"""Refusals that meet all jobs of the account alike."""

HALT_PAUSE: Final = 60.0

PASSING: Final = (NetworkError, RateLimited, SlotsFull)

LOOK: Final = 0.2
"""Seconds between two looks at a job that another caller is paying for."""


@frozen(kw_only=True)
class Rules:
    """How the jobs of one account are handled."""

    api: Provider[Any]
    account: str
    pacing: Pacing
    urls: CallbackUrls | None = None
    polling: Polling = field(factory=VendorAdvice)
    submit_timeout: float = 60.0
    grace: float = 15.0
    """Seconds after the claim in which the paid request must begin; so much longer the intent lasts."""

    @property
    def external(self) -> bool:
        """Whether a task can be searched for by an id of ours."""
        return self.api.external_ref("id") is not None

    def claim(self, count: int, **which: Any) -> Claim:
        """Return a claim for so many jobs."""
        return Claim(
            account=self.account,
            pacing=self.pacing,
            lifetime=self.submit_timeout + self.grace,
            attempts=tuple(uuid4().hex for _ in range(count)),
            external=self.external,
            **which,
        )


def once(rules: Rules, job: NewJob, timeout: float) -> Steps[TaskRef]:
    """Pay for a job unless that was begun before; return its task, or raise what came of it."""
    deadline = time.monotonic() + timeout
    yield Write(lambda connection, now: enqueue(connection, now, [job]))
    while True:
        row: JobRow = yield Write(lambda connection, _: find(connection, job.key))
        if row.ref is not None:
            return TaskRef.parse(row.ref)
        if row.state in {"uncertain", "failed"}:
            raise _stored_error(row)
        pause = LOOK
        if row.state == "queued":
            claimed, begun = yield from claiming(rules.claim(1, job_id=row.id))
            if claimed.jobs:
                yield from _pay_or_raise(rules, claimed.jobs[0], begun)
                continue
            pause = max(claimed.until - claimed.now, 0.01)
        else:
            yield Write(partial(_expire, row=row, rules=rules))
        if time.monotonic() + pause > deadline:
            raise _not_in_time(row, timeout)
        yield Sleep(pause)


def _not_in_time(row: JobRow, timeout: float) -> KlingkitError:
    if row.state == "queued":
        return RateLimited(f"{row.key}: no turn within {timeout:g} s; nothing was created")
    return SubmissionUncertain(
        f"{row.key}: another caller is paying for it, and had no response within {timeout:g} s",
        external_task_id=row.external_id,
    )


def _stored_error(row: JobRow) -> KlingkitError:
    kind: Any = getattr(_errors, row.error or "", KlingkitError)
    error: KlingkitError = kind(f"{row.key}: {row.message}")
    if isinstance(error, SubmissionUncertain):
        error.external_task_id = row.external_id
    return error


def claiming(by: Claim) -> Steps[tuple[Claimed, float]]:
    """Claim jobs; return them, and the time of our clock before that."""
    begun = time.monotonic()
    claimed: Claimed = yield Write(
        lambda connection, now: claim(connection, now, by),
        undo=lambda connection, now: release(connection, now, by.attempts),
    )
    return claimed, begun


def _pay_or_raise(rules: Rules, job: JobRow, begun: float) -> Steps[None]:
    error = yield from _pay(rules, job, begun)
    if error is not None and error.ref is None:
        raise error


def pay(rules: Rules, job: JobRow, begun: float) -> Steps[Step]:
    """Pay for a job that was claimed at this time of our clock."""
    error = yield from _pay(rules, job, begun)
    if error is None or error.ref is not None:
        return Step(rules.polling.pause(0.0))
    if isinstance(error, SubmissionUncertain):
        return Step(_search_pause(rules, 0.0))
    return Step(_again(error, job), error if isinstance(error, HALTS) else None)


def _pay(rules: Rules, job: JobRow, begun: float) -> Steps[KlingkitError | None]:
    """Make the paid request, and record what came of it; return its error."""
    try:
        request = decode(rules.api.name, job.request)
        url = None if rules.urls is None else rules.urls.url(job.key)
        ref = yield Submit(job, request, url, rules.submit_timeout, begun + rules.grace)
    except KlingkitError as error:
        if error.ref is not None:
            yield from _record(rules, job, error.ref)
        elif isinstance(error, SubmissionUncertain):
            said, search = str(error), _search_pause(rules, 0.0)
            yield Write(lambda connection, now: doubted(connection, now, job, said, search), must=True)
        else:
            yield from _record_refusal(rules, job, error)
        return error
    yield from _record(rules, job, ref)
    return None


def _record(rules: Rules, job: JobRow, ref: TaskRef) -> Steps[None]:
    yield Write(
        lambda connection, now: created(connection, now, job, ref, rules.pacing, rules.polling.pause(0.0)), must=True
    )


def _record_refusal(rules: Rules, job: JobRow, error: KlingkitError) -> Steps[None]:
    again = _again(error, job)
    yield Write(lambda connection, now: refused(connection, now, job, error, rules.pacing, again=again), must=True)


def _again(error: KlingkitError, job: JobRow) -> float | None:
    """Return after which pause a job may be paid for again, where nothing was created; None: never."""
    if isinstance(error, HALTS):
        return HALT_PAUSE
    if error.again == "pay" or isinstance(error, PASSING):
        return max(_growing(job.tries), error.retry_after or 0.0)
    return None


def _growing(tries: int) -> float:
    return min(PAUSES[0] * 2.0 ** min(max(tries - 1, 0), 20), PAUSES[1])


def advance(rules: Rules, job_id: int) -> Steps[Step]:
    """Do the next thing for a job."""
    row: JobRow | None = yield Write(lambda connection, now: _expired(connection, now, job_id, rules))
    if row is None:
        raise InvalidRequest(f"job: one of this ledger, not {job_id}")
    if row.account != rules.account:
        raise InvalidRequest(f"client: one of {row.account}, the account of {row.key}, not of {rules.account}")
    match row.state:
        case "queued":
            return (yield from _queued(rules, row))
        case "submitted":
            return (yield from _submitted(rules, row))
        case "ready":
            return (yield from _ready(rules, row))
        case "uncertain" if rules.external and row.external_id:
            return (yield from _search(rules, row, row.external_id))
        case "intent":
            return Step(rules.submit_timeout + rules.grace)
        case _:
            return Step(None)


def _expired(connection: Any, now: float, job_id: int, rules: Rules) -> JobRow | None:
    row = find(connection, job_id)
    return row and _expire(connection, now, row=row, rules=rules)


def _expire(connection: Any, now: float, *, row: JobRow, rules: Rules) -> JobRow | None:
    """Turn an intent whose deadline has passed into an uncertain job: whoever made it has ended, or is stopped."""
    if row.state != "intent" or row.next_at is None or row.next_at > now:
        return row
    said = "its payment was begun, and no outcome was recorded: a task may exist"
    doubted(connection, now, row, said, 0.0 if rules.external else None)
    return find(connection, row.id)


def _queued(rules: Rules, row: JobRow) -> Steps[Step]:
    claimed, begun = yield from claiming(rules.claim(1, job_id=row.id))
    if claimed.jobs:
        return (yield from pay(rules, claimed.jobs[0], begun))
    return Step(max(claimed.until - claimed.now, 0.01))


def _submitted(rules: Rules, row: JobRow) -> Steps[Step]:
    assert row.task is not None
    try:
        task: Task = yield Get(row.task)
    except KlingkitError as error:
        return (yield from _later(rules, row, max(rules.polling.pause(60.0), error.retry_after or 0.0)))
    if not task.done:
        return (yield from _later(rules, row, None))
    yield Write(lambda connection, now: finished(connection, now, row, task), must=True)
    if task.status == "failed" or row.output is None:
        return Step(None)
    return (yield from _download(rules, row, task))


def _later(rules: Rules, row: JobRow, pause: float | None) -> Steps[Step]:
    """Come back after a pause; by default the policy's."""

    def put_off(connection: Any, now: float) -> float:
        seconds = rules.polling.pause(max(now - (row.submitted or now), 0.0)) if pause is None else pause
        change(connection, now, row.id, (row.state,), next_at=now + seconds)
        return seconds

    return Step((yield Write(put_off)))


def _ready(rules: Rules, row: JobRow) -> Steps[Step]:
    assert row.task is not None
    try:
        task: Task = yield Get(row.task)
    except KlingkitError as error:
        return (yield from _later(rules, row, max(PAUSES[0], error.retry_after or 0.0)))
    return (yield from _download(rules, row, task))


def _download(rules: Rules, row: JobRow, task: Task) -> Steps[Step]:
    assert row.output is not None
    try:
        file: File = yield Download(task, Path(row.output))
    except KlingkitError as error:
        return (yield from _download_failed(rules, row, error))

    def done(connection: Any, now: float) -> None:
        values: dict[str, Any] = {
            "file": str(file.path),
            "sha256": file.sha256,
            "size": file.size,
            "error": None,
            "message": None,
        }
        change(connection, now, row.id, ("ready",), state="done", next_at=None, **values)

    yield Write(done, must=True)
    return Step(None)


def _download_failed(rules: Rules, row: JobRow, error: KlingkitError) -> Steps[Step]:
    """Try again later if that may help; else the job has failed, and its video is still there."""
    reason: dict[str, Any] = {"error": type(error).__name__, "message": str(error)[:2000]}
    final = not isinstance(error, DownloadError | NoVideo) or error.again == "never"
    if not final:
        return (yield from _later(rules, row, rules.polling.pause(60.0)))
    yield Write(
        lambda connection, now: change(connection, now, row.id, ("ready",), state="failed", next_at=None, **reason),
        must=True,
    )
    return Step(None)


def _search(rules: Rules, row: JobRow, external_id: str) -> Steps[Step]:
    """Search for a task that may exist; not to find it proves nothing."""
    began: float = yield Write(lambda _, now: now)
    age = began - row.updated
    try:
        ref: TaskRef = yield Search(_search_flow(rules.api, external_id, began - row.created + SEARCH_TIMEOUT))
    except KlingkitError as error:
        pause = _search_pause(rules, age)
        if pause is None:
            return Step(None)
        return (yield from _put_off_search(row, max(pause, error.retry_after or 0.0), age))
    yield from _record(rules, row, ref)
    return Step(0.0)


def _search_pause(rules: Rules, age: float) -> float | None:
    return None if not rules.external or age > SEARCHES[2] else min(max(SEARCHES[0], age), SEARCHES[1])


def _put_off_search(row: JobRow, pause: float, age: float) -> Steps[Step]:
    """Come back; `updated` stays, as the age of the doubt counts from it."""

    def put_off(connection: Any, now: float) -> None:
        change(connection, now - age, row.id, ("uncertain",), next_at=now + pause)

    yield Write(put_off)
    return Step(pause)


def _search_flow(api: Provider[Any], external_id: str, within: float) -> Flow[TaskRef]:
    """Query a task by its external id, but none older than the job."""
    ref = api.external_ref(external_id)
    assert ref is not None
    with error_context(api):
        try:
            response = yield from send(api.query(ref), timeout=SEARCH_TIMEOUT)
        except httpx.RequestError as error:
            raise NetworkError(f"no response to the search for {external_id}") from error
        return api.read_search(response, external_id, within=within)
