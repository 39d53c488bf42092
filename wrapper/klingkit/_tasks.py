"""Wait for tasks, watch them, confirm callbacks: flows, the same for blocking and async clients."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from logging import DEBUG, WARNING
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from attrs import evolve

from klingkit._arguments import check_polling, check_timeout, error_context
from klingkit._base import InvalidRequest, KlingkitError, TaskRef, invalid
from klingkit._errors import CallbackRejected, NotFound, NoVideo, TaskFailed, TaskRefused, WaitTimeout
from klingkit._events import Events
from klingkit._flow import Emit, Flow, Inbox, Sleep, Stream, Woken, now, sleep
from klingkit._fork import PerProcess
from klingkit._learned import LearningWait, pause_by
from klingkit._limiter import Limits
from klingkit._log import log_event
from klingkit._models import CallbackEvent, Failure, Task, UnclaimedTask
from klingkit._polling import Polling
from klingkit._query import QUERY_TIMEOUT, get
from klingkit._submit import Submission, submit
from klingkit._text import printable
from klingkit.providers import Provider

__all__ = [
    "MIN_PAUSE",
    "confirm",
    "follow",
    "generate",
    "is_final",
    "next_pause",
    "timeout_error",
    "wait",
    "watch",
    "with_video",
]

T = TypeVar("T")

GRACE: Final = 30.0
"""Seconds during which a task may be unknown: kie's query may not know a task it has just created."""

LAST_QUERY: Final = 1.0
"""Seconds before the end of a wait at which it queries once more."""

MAX_RETRY_AFTER: Final = 60.0
"""Seconds of a Retry-After that a wait heeds at most: one gateway's header shall not silence it for an hour."""

MIN_PAUSE: Final = 1.0
"""Seconds between two queries at least, however many callbacks come, and whatever a user's own policy returns."""


def follow(
    api: Provider[T],
    ref: TaskRef,
    *,
    timeout: float,
    polling: Polling,
    events: Events | Inbox | None = None,
    limits: PerProcess[Limits | None] | None = None,
) -> Stream[Task, Task]:
    """Query until the task ends, emitting each change; return its last state.

    Transient errors are absorbed: only the deadline ends the wait, or an error that waiting cannot help. An event ends
    a pause: its content is a hint, the response to the query that follows is believed.
    """
    with error_context(api, ref=ref):
        api.query(ref)  # refuses another API's reference, or none, before anything waits for it
    with error_context(api, ref=ref), events.slot(ref) if isinstance(events, Events) else nullcontext(events) as inbox:
        return (yield from _follow(api, ref, timeout, polling, inbox, limits))


def _follow(
    api: Provider[T],
    ref: TaskRef,
    timeout: float,
    polling: Polling,
    inbox: Inbox | None,
    limits: PerProcess[Limits | None] | None,
) -> Stream[Task, Task]:
    check_timeout(timeout)
    check_polling(polling)
    polling = pause_by(polling)
    began = yield from now()
    elapsed, woken = 0.0, False
    last: Task | None = None
    last_error: KlingkitError | None = None
    while (left := timeout - elapsed) > 0:
        try:
            limit = min(QUERY_TIMEOUT, left)
            task = yield from get(api, ref, timeout=limit, queue_time=left - limit, limits=limits, routine=not woken)
        except KlingkitError as error:
            if is_final(error, elapsed, seen=last is not None):
                raise
            last_error = error
            log_event(DEBUG, "query-failed", "task %s: %s", ref, error, ref=ref, error=error)
        else:
            if isinstance(polling, LearningWait):
                polling.note(task, elapsed, api)
            if task != last:
                log_event(DEBUG, "changed", "task %s: %s", ref, task.vendor_status, ref=ref, status=task.status)
                yield Emit(task)
            if task.done:
                return task
            last, last_error = task, None
        elapsed = (yield from now()) - began
        woken = yield from _pause(next_pause(polling, elapsed, timeout, last_error), inbox)
        elapsed = (yield from now()) - began
    state = None if last is None else last.vendor_status
    raise timeout_error(api, ref, timeout, state, last_error, task=last) from last_error


def is_final(error: KlingkitError, elapsed: float, *, seen: bool) -> bool:
    """Return whether an error of a query ends a wait; `seen`: the task was found before."""
    may_appear = seen or elapsed <= GRACE
    return error.again == "never" and not (isinstance(error, NotFound) and may_appear)


def next_pause(polling: Polling, elapsed: float, timeout: float, last_error: KlingkitError | None) -> float:
    """Return the seconds until the next query of a wait; the last one is shortly before its end."""
    retry_after = min((last_error and last_error.retry_after) or 0.0, MAX_RETRY_AFTER)
    pause = max(_policy_pause(polling, elapsed), retry_after)
    return _shorten(pause, timeout - elapsed, min(LAST_QUERY, timeout / 2))


def confirm(
    api: Provider[T], event: CallbackEvent, *, timeout: float, limits: PerProcess[Limits | None] | None = None
) -> Flow[CallbackEvent]:
    """Query the task of a callback; return the event with the task as the API reports it."""
    if not isinstance(event, CallbackEvent):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise invalid("event", "a CallbackEvent, which parse_callback returns", event)
    try:
        task = yield from get(api, event.ref, timeout=timeout, limits=limits)
    except NotFound as error:
        unknown = f"callback about task {event.ref}, which does not exist"
        raise CallbackRejected(unknown, api=api.name, ref=event.ref) from error
    return evolve(event, task=task, confirmed=True)


def _policy_pause(polling: Polling, elapsed: float) -> float:
    """Return the policy's pause; at least `MIN_PAUSE` where it gives none, or NaN, and would query without end."""
    pause = polling.pause(elapsed)
    if not isinstance(pause, int | float):  # pyright: ignore[reportUnnecessaryIsInstance] - a user's own policy
        raise InvalidRequest(f"polling: {polling!r} pauses for {pause!r}, which is no number of seconds")
    return pause if pause > 0 else MIN_PAUSE


def _pause(seconds: float, inbox: Inbox | None) -> Flow[bool]:
    """Pause; an event ends the pause early, but not before `MIN_PAUSE`. Return whether one did."""
    began = yield from now()
    if not isinstance((yield Sleep(seconds, inbox)), Woken):
        return False
    rest = min(seconds, MIN_PAUSE) - ((yield from now()) - began)
    if rest > 0:
        yield from sleep(rest)
    return True


def _shorten(pause: float, left: float, last: float) -> float:
    """Shorten a pause that would outlast the wait, so that there is a query `last` seconds before the end."""
    if pause < left:
        return pause
    return left - last if left > last else max(left, 0.0)


def timeout_error(
    api: Provider[T],
    ref: TaskRef,
    timeout: float,
    state: str | None,
    last_error: KlingkitError | None,
    *,
    task: Task | None = None,
) -> WaitTimeout:
    """Return the error of a wait whose time is up; `state` is the last vendor status, None if none was seen."""
    shown = "unknown" if state is None else printable(repr(state), 100)
    host = f" at {urlsplit(str(getattr(api, 'base_url', ''))).netloc}".removesuffix(" at ")
    reason = f"; the last query failed: {last_error}" if last_error else ""
    text = f"task {ref}{host}: state {shown} after {timeout:g} s; it goes on, wait for it again{reason}"
    return WaitTimeout(text, task=task, api=api.name, ref=ref)


def watch(api: Provider[T], ref: TaskRef, **options: Any) -> Stream[Task, Task]:
    """Follow a task to its end; return it, failed or not."""
    with _note_task(ref):
        return (yield from follow(api, ref, **options))


def wait(api: Provider[T], ref: TaskRef, **options: Any) -> Stream[Task, Task]:
    """Follow a task to its end; raise if it failed, or has no video."""
    return with_video(ref, (yield from watch(api, ref, **options)))


def generate(
    api: Provider[T],
    request: T,
    *,
    timeout: float,
    polling: Polling,
    events: Events | Inbox | None = None,
    submit_timeout: float,
    unclaimed: list[UnclaimedTask],
    limits: PerProcess[Limits | None] | None = None,
    **options: Any,
) -> Stream[Task, Task]:
    """Submit a task and follow it to its end; an interruption leaves its reference in `unclaimed`."""
    with error_context(api, request=request):  # before anything is paid for
        check_timeout(timeout)
        check_polling(polling)
    submission = Submission(request)
    options |= {"timeout": submit_timeout, "unclaimed": unclaimed, "submission": submission}
    ref = yield from submit(api, request, limits=None if limits is None else limits.get(), **options)
    try:
        following = follow(api, ref, timeout=timeout, polling=polling, events=events, limits=limits)
        return with_video(ref, (yield from following))
    except BaseException as interruption:
        if not isinstance(interruption, KlingkitError) or interruption.ref != ref:  # else it carries the task itself
            unclaimed.append(submission.unclaimed(ref))
            log_event(WARNING, "interrupted", "interrupted; task %s goes on, kept in client.unclaimed", ref, ref=ref)
            interruption.add_note(f"task {ref} goes on, kept in client.unclaimed")
        raise


def with_video(ref: TaskRef, task: Task) -> Task:
    """Return a finished task that has a video; raise for one that failed, or succeeded without any."""
    if task.videos:
        return task
    request_id = task.raw.get("request_id")
    known: dict[str, Any] = {
        "task": task,
        "api": ref.api,
        "ref": ref,
        "request_id": request_id if isinstance(request_id, str) else None,
    }
    if task.status == "succeeded":
        raise NoVideo(
            f"task {ref} ({printable(task.vendor_status, 100)}) succeeded, but names no video: see task.raw", **known
        )
    failure = task.failure or Failure()
    error = TaskRefused if failure.content_refused else TaskFailed
    reason, code = printable(failure.message or "no reason given"), printable(str(failure.code), 100)
    raise error(
        f"task {ref} failed: {reason} (code {code})",
        code=failure.code,
        vendor_message=failure.message,
        **known,
    )


@contextmanager
def _note_task(ref: TaskRef) -> Generator[None]:
    """Add to an interruption the task that goes on."""
    try:
        yield
    except (KlingkitError, GeneratorExit):
        raise
    except BaseException as interruption:
        interruption.add_note(f"task {ref} goes on")
        raise
