"""What to do with a task, and in which order: flows, the same for blocking and async clients."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from logging import DEBUG, WARNING
from typing import Any, Final, TypeVar

from attrs import evolve

from klingkit._asking import QUERY_TIMEOUT, about, get, positive
from klingkit._errors import (
    CallbackRejected,
    InvalidRequest,
    KlingkitError,
    NotFound,
    TaskFailed,
    WaitTimeout,
)
from klingkit._events import Events
from klingkit._flow import Emit, Flow, Inbox, Sleep, Stream, Woken, now, sleep
from klingkit._log import log_event
from klingkit._models import CallbackEvent, Task, TaskRef
from klingkit._paying import SUBMIT_TIMEOUT, submit
from klingkit._polling import Polling
from klingkit.providers import Provider

__all__ = [
    "QUERY_TIMEOUT",
    "SUBMIT_TIMEOUT",
    "confirm",
    "follow",
    "generate",
    "get",
    "positive",
    "submit",
    "wait",
    "watch",
]

T = TypeVar("T")

GRACE: Final = 30.0
"""Seconds during which a task may be unknown: kie's query may not know a task it has just created."""

LAST_LOOK: Final = 1.0
"""Seconds before the end of a wait at which it asks once more."""

LONGEST_ADVICE: Final = 60.0
"""Seconds of a Retry-After that a wait heeds at most: one gateway's word shall not silence it for an hour."""

BREATH: Final = 1.0
"""Seconds between two queries at least, however many callbacks come, and whatever a policy of the user's own says."""


def follow(
    api: Provider[T], ref: TaskRef, *, timeout: float, polling: Polling, events: Events | Inbox | None = None
) -> Stream[Task, Task]:
    """Ask until the task ends, emitting each change; return its last state.

    Passing troubles are absorbed: only the deadline ends the wait, or an answer that no waiting can mend. An event
    ends a pause: what it says is a hint, the answer to the question that follows is believed.
    """
    with about(api, ref=ref):
        api.query(ref)  # refuses what is no reference, or another API's, before anything waits for it
    with about(api, ref=ref), events.box(ref) if isinstance(events, Events) else nullcontext(events) as inbox:
        return (yield from _follow(api, ref, timeout, polling, inbox))


def _follow(
    api: Provider[T], ref: TaskRef, timeout: float, polling: Polling, inbox: Inbox | None
) -> Stream[Task, Task]:
    positive(timeout)
    pausing(polling)
    began = yield from now()
    elapsed = 0.0
    seen: Task | None = None
    trouble: KlingkitError | None = None
    while elapsed < timeout:
        try:
            task = yield from get(api, ref, timeout=min(QUERY_TIMEOUT, timeout - elapsed))
        except KlingkitError as error:
            fresh = seen is not None or elapsed <= GRACE
            if error.again == "never" and not (isinstance(error, NotFound) and fresh):
                raise
            trouble = error
            log_event(DEBUG, "asked-in-vain", "task %s: %s", ref, error, ref=ref, error=error)
        else:
            if task != seen:
                log_event(DEBUG, "changed", "task %s: %s", ref, task.vendor_status, ref=ref, status=task.status)
                yield Emit(task)
            if task.done:
                return task
            seen, trouble = task, None
        elapsed = (yield from now()) - began
        advised = min((trouble and trouble.retry_after) or 0.0, LONGEST_ADVICE)
        pause = max(_paced(polling, elapsed), advised)
        yield from _pause(_before(timeout - elapsed, pause, min(LAST_LOOK, timeout / 2)), inbox)
        elapsed = (yield from now()) - began
    raise _late(api, ref, timeout, seen) from trouble


def confirm(api: Provider[T], event: CallbackEvent, *, timeout: float) -> Flow[CallbackEvent]:
    """Ask after the task that a callback tells of; what the answer says takes the place of what the callback said."""
    if not isinstance(event, CallbackEvent):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        raise InvalidRequest(f"event: a CallbackEvent, which parse_callback returns, not {event!r}")
    try:
        task = yield from get(api, event.ref, timeout=timeout)
    except NotFound as error:
        raise CallbackRejected(
            f"callback about task {event.ref}, which does not exist", api=api.name, ref=event.ref
        ) from error
    return evolve(event, task=task, confirmed=True)


def _paced(polling: Polling, elapsed: float) -> float:
    """Ask the policy; one that leaves no pause, or NaN, would ask without end."""
    pause = polling.pause(elapsed)
    if not isinstance(pause, int | float):  # pyright: ignore[reportUnnecessaryIsInstance] - a policy of the user's own
        raise InvalidRequest(f"polling: {polling!r} pauses for {pause!r}, which is no number of seconds")
    return pause if pause > 0 else BREATH


def _pause(seconds: float, inbox: Inbox | None) -> Flow[None]:
    """Pause; an event ends it early, but for a breath."""
    began = yield from now()
    if isinstance((yield Sleep(seconds, inbox)), Woken):
        rest = min(seconds, BREATH) - ((yield from now()) - began)
        if rest > 0:
            yield from sleep(rest)


def _before(left: float, pause: float, last: float) -> float:
    """Cut a pause that would outlast the wait, so that there is a last look, `last` seconds before the end."""
    if pause < left:
        return pause
    return left - last if left > last else max(left, 0.0)


def _late(api: Provider[T], ref: TaskRef, timeout: float, seen: Task | None) -> WaitTimeout:
    state = repr(seen.vendor_status) if seen else "unknown"
    return WaitTimeout(
        f"task {ref}: state {state} after {timeout:g} s; it goes on, wait for it again",
        task=seen,
        api=api.name,
        ref=ref,
    )


def watch(api: Provider[T], ref: TaskRef, **options: Any) -> Stream[Task, Task]:
    """Follow a task to its end, well or badly."""
    with _goes_on(ref):
        return (yield from follow(api, ref, **options))


def wait(api: Provider[T], ref: TaskRef, **options: Any) -> Stream[Task, Task]:
    """Follow a task to its end; raise if it failed."""
    return _succeeded(ref, (yield from watch(api, ref, **options)))


def generate(
    api: Provider[T],
    request: T,
    *,
    timeout: float,
    polling: Polling,
    events: Events | Inbox | None = None,
    submit_timeout: float,
    unclaimed: list[TaskRef],
    **options: Any,
) -> Stream[Task, Task]:
    """Pay for a task and follow it to its end; an interruption leaves its reference in `unclaimed`."""
    with about(api, request=request):  # before anything is paid for
        positive(timeout)
        pausing(polling)
    ref = yield from submit(api, request, timeout=submit_timeout, unclaimed=unclaimed, **options)
    try:
        return _succeeded(ref, (yield from follow(api, ref, timeout=timeout, polling=polling, events=events)))
    except BaseException as interruption:
        if not isinstance(interruption, KlingkitError) or interruption.ref != ref:  # else it carries the task itself
            unclaimed.append(ref)
            log_event(WARNING, "interrupted", "interrupted; task %s goes on, kept in client.unclaimed", ref, ref=ref)
            interruption.add_note(f"task {ref} goes on, kept in client.unclaimed")
        raise


def _succeeded(ref: TaskRef, task: Task) -> Task:
    if task.status != "failed":
        return task
    code = task.failure.code if task.failure else None
    reason = task.failure.message if task.failure else None
    named = task.raw.get("request_id")
    raise TaskFailed(
        f"task {ref} failed: {reason or 'no reason given'} (code {code})",
        task=task,
        api=ref.api,
        ref=ref,
        code=code,
        vendor_message=reason,
        request_id=named if isinstance(named, str) else None,
    )


@contextmanager
def _goes_on(ref: TaskRef) -> Generator[None]:
    """Let an interruption say which task it left behind."""
    try:
        yield
    except (KlingkitError, GeneratorExit):
        raise
    except BaseException as interruption:
        interruption.add_note(f"task {ref} goes on")
        raise


def pausing(polling: object) -> None:
    """Refuse what cannot say how often to ask."""
    if isinstance(polling, type) or not callable(getattr(polling, "pause", None)):
        raise InvalidRequest(f"polling: a policy such as Fixed(5.0), not {polling!r}")
