"""What to do with a task, and in which order: flows, the same for blocking and async clients."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

import httpx
from attrs import define

from klingkit._errors import (
    AuthenticationError,
    InvalidRequest,
    KlingkitError,
    NetworkError,
    NotFound,
    RateLimited,
    SubmissionUncertain,
    TaskFailed,
    WaitTimeout,
)
from klingkit._flow import Emit, Flow, Interrupted, Reply, Send, Stream, now, send, sleep
from klingkit._models import Task, TaskRef
from klingkit._polling import Polling
from klingkit.providers import Provider

__all__ = ["QUERY_TIMEOUT", "SUBMIT_TIMEOUT", "follow", "generate", "get", "positive", "submit", "wait", "watch"]

T = TypeVar("T")

log = logging.getLogger("klingkit")

SUBMIT_TIMEOUT: Final = 60.0
QUERY_TIMEOUT: Final = 30.0

LONGEST: Final = 10_000_000
"""Seconds that a time limit may have: sixteen weeks."""

PAUSES: Final = (0.5, 1.0)
"""Seconds before a paid request leaves again, which it does only when it is proven that nothing was created."""

GRACE: Final = 30.0
"""Seconds during which a task may be unknown: kie's query may not know a task it has just created."""

LOOKS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each look for a task whose submission was answered by nothing that tells."""

LOOK_TIMEOUT: Final = 10.0

LAST_LOOK: Final = 1.0
"""Seconds before the end of a wait at which it asks once more."""

AGAIN: Final = (NetworkError, RateLimited)
"""Refusals of a paid request that prove it created nothing, and that may pass by themselves."""


UNKNOWN: Final = "whether a task was created is not known; if one was, it will be in client.unclaimed"

NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Transport errors that prove no byte of the request was sent."""


def submit(api: Provider[T], request: T, *, timeout: float, unclaimed: list[TaskRef], **options: Any) -> Flow[TaskRef]:
    """Pay for a task and return its reference; `timeout` bounds all attempts together.

    Where nobody knows whether a task was created, and it was given an id of ours, it is looked for by that.
    """
    with _about(api, request=request):
        name = options.get("external_task_id")
        if name is None and api.external_ids:
            name = options["external_task_id"] = uuid.uuid4().hex
        call = api.submit(request, **options)
        deadline = (yield from now()) + positive(timeout)
        try:
            return (yield from _pay_within(api, call, deadline, unclaimed))
        except SubmissionUncertain as error:
            ref = None if error.ref or name is None else (yield from _look(api, name))
            if ref is None:
                raise
            return ref


def _pay_within(api: Provider[T], call: httpx.Request, deadline: float, unclaimed: list[TaskRef]) -> Flow[TaskRef]:
    """Send the paid request, and again where it is proven that nothing was created and it may go through now."""
    pauses, renewed = iter(PAUSES), False
    while True:
        try:
            return (yield from _pay(api, call, deadline - (yield from now()), unclaimed))
        except AuthenticationError as error:
            if renewed or not _renewed(api, error):
                raise
            renewed, pause = True, 0.0
        except AGAIN as error:
            left = deadline - (yield from now())
            pause = max(next(pauses, left), error.retry_after or 0.0)
            if pause >= left:
                raise
            log.info("nothing was created (%s); once more in %.1f s", error, pause)
        yield from sleep(pause)


def _renewed(api: Provider[T], error: AuthenticationError) -> bool:
    """Tell whether a token was refused for its age, and there will be another one."""
    return error.code in api.stale and api.auth.renew()


def _look(api: Provider[T], name: str) -> Flow[TaskRef | None]:
    """Look for a task by the id that we gave it. Not to find it proves nothing: it may appear later."""
    ref = api.named(name)
    for pause in LOOKS if ref else ():
        yield from sleep(pause)
        try:
            answer = yield from send(api.query(cast("TaskRef", ref)), timeout=LOOK_TIMEOUT)
            return api.found(answer, name)
        except (KlingkitError, httpx.RequestError) as error:
            log.info("looked for %s, whose submission was uncertain: %s", name, error)
    return None


def _pay(api: Provider[T], call: httpx.Request, timeout: float, unclaimed: list[TaskRef]) -> Flow[TaskRef]:
    """Send the paid request once; when interrupted, leave what was paid for in `unclaimed`."""
    receipt = Receipt(api.submitted, unclaimed)
    try:
        outcome = yield Send(call, paid=True, timeout=timeout, settle=receipt.settle)
        if isinstance(outcome, Interrupted):
            raise outcome.error
        assert isinstance(outcome, httpx.Response | httpx.RequestError)
        return receipt.result(outcome)
    except KlingkitError as error:
        if error is not receipt.error:  # a signal handler's, or a limit's: it does not carry the task
            receipt.abandon()
        raise
    except BaseException as interruption:
        receipt.abandon()
        known = f"task {receipt.ref} goes on, kept in client.unclaimed" if receipt.ref else receipt.error or UNKNOWN
        log.warning("interrupted while submitting: %s", known)
        interruption.add_note(f"while submitting: {known}")
        raise


@define
class Receipt:
    """What a paid exchange came to, read by whoever performs it; a task that loses its owner is left in `unclaimed`.

    Two threads meet here without a lock, which Ctrl-C might leave locked: each says what it knows before it looks at
    what the other has said, so that the task is kept, at worst twice.
    """

    read: Callable[[httpx.Response], TaskRef]
    unclaimed: list[TaskRef]
    ref: TaskRef | None = None
    error: KlingkitError | None = None
    settled: bool = False
    abandoned: bool = False

    def settle(self, outcome: Reply) -> None:
        """Read the outcome; an error may name a task, too."""
        try:
            self.ref = _created(self.read, outcome)
        except KlingkitError as error:
            self.ref, self.error = error.ref, error
        except Exception as error:  # noqa: BLE001 - an adapter of the user's own may raise anything
            self.error = SubmissionUncertain(f"a task may exist; its answer could not be read: {error!r}")
        self.settled = True
        self._keep_if_lost()
        log.info("a submission ended: %s", self.ref or self.error)

    def result(self, outcome: Reply) -> TaskRef:
        """Return the task, or raise the error that carries it."""
        if not self.settled:  # its time is up, and it still goes on
            self.abandon()
            return _created(self.read, outcome)
        if self.error is not None:
            raise self.error
        return cast("TaskRef", self.ref)

    def abandon(self) -> None:
        """Give the task up, now or when it becomes known."""
        self.abandoned = True
        self._keep_if_lost()

    def _keep_if_lost(self) -> None:
        if self.abandoned and self.ref is not None and self.ref not in self.unclaimed:
            self.unclaimed.append(self.ref)


def _created(read: Callable[[httpx.Response], TaskRef], outcome: Reply) -> TaskRef:
    """Tell a task from no task from nobody knows."""
    if isinstance(outcome, NEVER_LEFT):
        raise NetworkError(f"nothing was sent: {_said(outcome)}") from outcome
    if isinstance(outcome, httpx.RequestError):
        raise SubmissionUncertain(
            f"the paid request was sent and no answer came ({_said(outcome)}): a task may exist; it is not sent again"
        ) from outcome
    return read(outcome)


def get(api: Provider[T], ref: TaskRef, *, timeout: float) -> Flow[Task]:
    """Ask once after a task; a failed one is returned like any other."""
    with _about(api, ref=ref):
        try:
            return (yield from _ask(api, ref, positive(timeout)))
        except AuthenticationError as error:
            if not _renewed(api, error):
                raise
        return (yield from _ask(api, ref, timeout))


def _ask(api: Provider[T], ref: TaskRef, timeout: float) -> Flow[Task]:
    try:
        answer = yield from send(api.query(ref), timeout=timeout)
    except httpx.RequestError as error:
        raise NetworkError(f"no answer about task {ref}: {_said(error)}") from error
    return api.read(ref, answer)


def follow(api: Provider[T], ref: TaskRef, *, timeout: float, polling: Polling) -> Stream[Task, Task]:
    """Ask until the task ends, emitting each change; return its last state.

    Passing troubles are absorbed: only the deadline ends the wait, or an answer that no waiting can mend.
    """
    with _about(api, ref=ref):
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
        else:
            if task != seen:
                yield Emit(task)
            if task.done:
                return task
            seen, trouble = task, None
        elapsed = (yield from now()) - began
        pause = max(polling.pause(elapsed), (trouble and trouble.retry_after) or 0.0)
        yield from sleep(_before(timeout - elapsed, pause))
        elapsed = (yield from now()) - began
    raise _late(api, ref, timeout, seen) from trouble


def _before(left: float, pause: float) -> float:
    """Cut a pause that would outlast the wait, so that it ends with a last look."""
    if pause < left:
        return pause
    return left - LAST_LOOK if left > LAST_LOOK else max(left, 0.0)


def _late(api: Provider[T], ref: TaskRef, timeout: float, seen: Task | None) -> WaitTimeout:
    state = repr(seen.vendor_status) if seen else "unknown"
    return WaitTimeout(
        f"task {ref}: state {state} after {timeout:g} s; it goes on, wait for it again",
        task=seen,
        api=api.name,
        ref=ref,
    )


def watch(api: Provider[T], ref: TaskRef, *, timeout: float, polling: Polling) -> Stream[Task, Task]:
    """Follow a task to its end, well or badly."""
    with _goes_on(ref):
        return (yield from follow(api, ref, timeout=timeout, polling=polling))


def wait(api: Provider[T], ref: TaskRef, *, timeout: float, polling: Polling) -> Stream[Task, Task]:
    """Follow a task to its end; raise if it failed."""
    return _succeeded(ref, (yield from watch(api, ref, timeout=timeout, polling=polling)))


def generate(
    api: Provider[T],
    request: T,
    *,
    timeout: float,
    polling: Polling,
    submit_timeout: float,
    unclaimed: list[TaskRef],
    **options: Any,
) -> Stream[Task, Task]:
    """Pay for a task and follow it to its end; an interruption leaves its reference in `unclaimed`."""
    with _about(api, request=request):  # before anything is paid for
        positive(timeout)
        pausing(polling)
    ref = yield from submit(api, request, timeout=submit_timeout, unclaimed=unclaimed, **options)
    try:
        return _succeeded(ref, (yield from follow(api, ref, timeout=timeout, polling=polling)))
    except BaseException as interruption:
        if not isinstance(interruption, KlingkitError) or interruption.ref != ref:  # else it carries the task itself
            unclaimed.append(ref)
            log.warning("interrupted; task %s goes on, kept in client.unclaimed", ref)
            interruption.add_note(f"task {ref} goes on, kept in client.unclaimed")
        raise


def _succeeded(ref: TaskRef, task: Task) -> Task:
    if task.status != "failed":
        return task
    code = task.failure.code if task.failure else None
    reason = task.failure.message if task.failure else None
    raise TaskFailed(
        f"task {ref} failed: {reason or 'no reason given'} (code {code})",
        task=task,
        api=ref.api,
        ref=ref,
        code=code,
        vendor_message=reason,
    )


@contextmanager
def _about(api: Provider[T], *, ref: TaskRef | None = None, request: object = None) -> Generator[None]:
    """Let every error say which API, and which task or request, it is about."""
    try:
        yield
    except KlingkitError as error:
        error.api = error.api or api.name
        error.ref = error.ref or ref
        error.request = error.request or request
        raise


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


def _said(error: httpx.RequestError) -> str:
    """Name a transport error; many have no text of their own."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def pausing(polling: object) -> None:
    """Refuse what cannot say how often to ask."""
    if not callable(getattr(polling, "pause", None)):
        raise InvalidRequest(f"polling: a policy such as Fixed(5.0), not {polling!r}")


def positive(timeout: object) -> float:
    """Refuse a time limit that leaves no time, or all."""
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= LONGEST:
        raise InvalidRequest(f"timeout: more than 0 and at most {LONGEST:,} seconds, not {timeout!r}")
    return float(timeout)
