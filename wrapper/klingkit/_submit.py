"""Submit a task, paying once: resend only what is proven to have created nothing, and lose no task that was created."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from logging import INFO, WARNING
from random import uniform
from typing import Any, Final, TypeAlias, TypeVar, cast

import httpx
from attrs import define, field

from klingkit._arguments import check_timeout, describe, error_context
from klingkit._base import KlingkitError, TaskRef
from klingkit._errors import AuthenticationError, NetworkError, RateLimited, SlotsFull, SubmissionUncertain
from klingkit._flow import NEVER_LEFT, ClientClosed, Flow, Interrupted, Reply, Send, now, send, sleep
from klingkit._limiter import Limits, Turn
from klingkit._log import log_event
from klingkit._models import UnclaimedTask
from klingkit._query import renew_token
from klingkit._turns import Queue
from klingkit.providers import Provider

__all__ = ["SUBMIT_TIMEOUT", "Submission", "submit"]

T = TypeVar("T")

Attempt: TypeAlias = "Callable[..., Receipt]"
"""Makes the receipt of one more paid request."""

SUBMIT_TIMEOUT: Final = 60.0

RETRY_PAUSES: Final = (0.5, 1.0)
"""Seconds before a paid request is sent again, which happens only when it is proven that nothing was created."""

RATE_LIMIT_FACTOR: Final = (6.0, 8.0)
"""Range of the factor by which a pause is longer after a rate limit: kie.ai counts over 10 s, and clients that were
refused together should not all come back together."""

SEARCH_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each search for a task whose submission is uncertain."""

SEARCH_TIMEOUT: Final = 10.0

SEARCH_TIME: Final = 15.0
"""Seconds of a submission's time limit that are kept for searches, if the request carries an external id."""

SEARCH_SHARE: Final = 0.25
"""The share of a short time limit that is kept for searches."""

MIN_SEARCH: Final = 1.0
"""Seconds that the last search has at least, if the pause before it can be shortened."""

RETRIED: Final = (NetworkError, RateLimited, SlotsFull)
"""Errors of a paid request that prove it created nothing, and that may pass by themselves."""

UNKNOWN: Final = "whether a task was created is not known; if one was, it will be in client.unclaimed"


@define
class Submission:
    """What is requested, under which external id, and since when."""

    request: object
    external_id: str | None = None
    """The id by which the task can be searched for, if the request carries one."""
    time: datetime = field(factory=lambda: datetime.now(UTC))

    def unclaimed(self, ref: TaskRef) -> UnclaimedTask:
        """Return its task, which nobody took."""
        return UnclaimedTask(ref, self.request, self.external_id, self.time)


def submit(
    api: Provider[T],
    request: T,
    *,
    timeout: float,
    unclaimed: list[UnclaimedTask],
    submission: Submission | None = None,
    limits: Limits | None = None,
    **options: Any,
) -> Flow[TaskRef]:
    """Submit a task and return its reference; `timeout` bounds all attempts together.

    If the outcome is uncertain, and the request carries an external id, the task is searched for by it: a part of the
    time limit is kept for that. `submission` takes note of that id. With `limits`, it waits until those let it send.
    """
    submission = Submission(request) if submission is None else submission
    with error_context(api, request=request):
        check_timeout(timeout)
        call = _make_call(api, request, options)
        began = yield from now()
        submission.external_id = api.external_id_of(call)
        kept = 0.0 if submission.external_id is None else min(SEARCH_TIME, SEARCH_SHARE * timeout)
        try:
            attempt = partial(Receipt, api.read_submission, unclaimed, submission)
            return (yield from _pay_within(api, call, began, began + timeout - kept, attempt, limits))
        except SubmissionUncertain as error:
            if error.ref or error.external_task_id is None or error.external_task_id != submission.external_id:
                raise
            doubt = error
        return (yield from _resolve_doubt(api, doubt, began, began + timeout))


def _make_call(api: Provider[T], request: T, options: dict[str, Any]) -> httpx.Request:
    """Make the paid request; with an external id of ours if the adapter wants one and the request has none."""
    call = api.submit(request, **options)
    if api.external_id_of(call) is None and api.external_ids:
        options["external_task_id"] = uuid.uuid4().hex
        return api.submit(request, **options)
    return call


def _pay_within(
    api: Provider[T], call: httpx.Request, began: float, deadline: float, attempt: Attempt, limits: Limits | None
) -> Flow[TaskRef]:
    """Send the paid request; again where it is proven that nothing was created and it may go through now."""
    pauses, renewed = iter(RETRY_PAUSES), False
    queue = None if limits is None else Queue.join(limits.creations, began, deadline)
    while True:
        if queue is not None:
            yield from queue.wait()
        receipt = attempt(turn=queue and queue.turn)
        try:
            return (yield from _pay_once(call, (yield from _time_left(deadline, receipt)), receipt))
        except AuthenticationError as error:
            if error is not receipt.error or renewed or not renew_token(api, error):
                raise
            renewed, pause = True, 0.0
            if queue is not None:
                queue.stale_token = error
        except RETRIED as error:
            if error is not receipt.error:  # a signal handler's own request met it: it proves nothing of this one
                raise
            if queue is not None and queue.takes_back(error):
                continue
            if error.again == "never":  # the client was closed
                raise
            pause = _retry_pause(error, pauses, deadline - (yield from now()))
        yield from sleep(pause)


def _time_left(deadline: float, receipt: Receipt) -> Flow[float]:
    try:
        return deadline - (yield from now())
    except BaseException:  # nothing was sent yet
        receipt.leave_turn()
        raise


def _retry_pause(error: NetworkError | RateLimited | SlotsFull, pauses: Iterator[float], left: float) -> float:
    """Return the seconds after which to pay again; raise the error if that is of no use, or too late."""
    if isinstance(error, SlotsFull):  # no task has ended yet
        raise error
    factor = uniform(*RATE_LIMIT_FACTOR) if isinstance(error, RateLimited) else 1.0  # noqa: S311 - spreads, hides nothing
    pause = max(next(pauses, left) * factor, error.retry_after or 0.0)
    if pause >= left:
        raise error
    text = "nothing was created (%s); once more in %.1f s"
    log_event(INFO, "paying-again", text, error, pause, error=error, seconds=pause)
    return pause


def _resolve_doubt(api: Provider[T], doubt: SubmissionUncertain, began: float, end: float) -> Flow[TaskRef]:
    """Search for a task that may exist; if the search ends early, for whatever reason, the doubt is still reported."""
    external_id = cast("str", doubt.external_task_id)
    try:
        ref = yield from _search(api, external_id, began, end)
    except BaseException as interruption:
        text = "interrupted while searching for a task: %s"
        log_event(WARNING, "interrupted", text, doubt, external_task_id=external_id)
        interruption.add_note(f"while searching for a task: {doubt}")
        if isinstance(interruption, KlingkitError):  # raised by a client that was closed
            raise doubt from doubt.__cause__
        raise
    if ref is None:
        raise doubt from doubt.__cause__
    return ref


def _search(api: Provider[T], external_id: str, began: float, end: float) -> Flow[TaskRef | None]:
    """Search for a task by its external id, but for no older task with the same id.

    None proves nothing: the task may appear later.
    """
    for pause in SEARCH_PAUSES:
        left = end - (yield from now())
        least = min(MIN_SEARCH, left / 2)
        if left <= 0 or (pause != SEARCH_PAUSES[0] and left <= MIN_SEARCH):
            break
        yield from sleep(min(pause, left - least))
        found = yield from _search_once(api, external_id, began, end)
        if isinstance(found, AuthenticationError) and (yield from now()) < end and renew_token(api, found):
            found = yield from _search_once(api, external_id, began, end)
        if isinstance(found, TaskRef):
            return found
        text = "searched for %s, whose submission was uncertain: %s"
        log_event(INFO, "not-found-yet", text, external_id, found, external_task_id=external_id)
    return None


def _search_once(api: Provider[T], external_id: str, began: float, end: float) -> Flow[TaskRef | Exception]:
    """Return the task, or the error of the query for it; the error of a client that was closed is raised."""
    left = max(end - (yield from now()), 0.001)
    try:
        ref = cast("TaskRef", api.external_ref(external_id))
        response = yield from send(api.query(ref), timeout=min(SEARCH_TIMEOUT, left))
    except httpx.RequestError as error:
        return error
    within = (yield from now()) - began
    try:
        return api.read_search(response, external_id, within=within)
    except Exception as error:  # noqa: BLE001 - a user's own adapter may raise anything
        return error


def _pay_once(call: httpx.Request, timeout: float, receipt: Receipt) -> Flow[TaskRef]:
    """Send the paid request once; if interrupted, leave the task in `unclaimed`."""
    try:
        outcome = yield Send(call, paid=True, timeout=timeout, on_outcome=receipt.record)
        if isinstance(outcome, Interrupted):
            raise outcome.error
        assert isinstance(outcome, httpx.Response | httpx.RequestError)
        return receipt.result(outcome)
    except KlingkitError as error:
        receipt.leave_turn()
        if error is not receipt.error:  # raised by a signal handler or a time limit: it does not carry the task
            receipt.abandon()
            receipt.explain(error)
        raise
    except BaseException as interruption:
        receipt.leave_turn()
        receipt.abandon()
        receipt.explain(interruption)
        raise


@define
class Receipt:
    """The result of one paid request. The I/O thread fills it in; an abandoned task goes to `unclaimed`.

    The I/O thread and the caller's meet here without a lock, which Ctrl-C might leave locked: each writes what it knows
    before it reads what the other has written, so that the task is kept, at worst twice.
    """

    read: Callable[[httpx.Response], TaskRef]
    unclaimed: list[UnclaimedTask]
    submission: Submission
    turn: Turn | None = None
    """Its count among the creations of the account, if those are limited."""
    ref: TaskRef | None = None
    error: KlingkitError | None = None
    recorded: bool = False
    abandoned: bool = False

    def record(self, outcome: Reply) -> None:
        """Read the outcome of the exchange; an error may name a task, too."""
        try:
            self.ref = self._classify(outcome)
        except KlingkitError as error:
            self.ref, self.error = error.ref, error
        except Exception as error:  # noqa: BLE001 - a user's own adapter may raise anything
            reason = f"a task may exist; the response could not be read: {error!r}"
            self.error = SubmissionUncertain(reason, external_task_id=self.submission.external_id)
        self.recorded = True
        self._keep_if_abandoned()
        if self.turn is not None:
            self.turn.end(self.ref, self.error)
        log_event(INFO, "submitted", "a submission ended: %s", self.ref or self.error, ref=self.ref, error=self.error)

    def result(self, outcome: Reply) -> TaskRef:
        """Return the task, or raise the error that carries it."""
        if not self.recorded:  # its time is up, and the exchange still goes on; or it never began
            self.abandon()
            try:
                return self._classify(outcome)
            except KlingkitError as error:
                self.error = error
                raise
        if self.error is not None:
            raise self.error
        return cast("TaskRef", self.ref)

    def abandon(self) -> None:
        """Leave the task to `unclaimed`, now or once it is known."""
        self.abandoned = True
        self._keep_if_abandoned()

    def leave_turn(self) -> None:
        """Give the turn back, if the exchange did not begin, or does not end in time."""
        if self.turn is not None:
            self.turn.leave()

    def explain(self, interruption: BaseException) -> None:
        """Add to an interruption, and log, what became of the task, or its external id."""
        name = "" if self.submission.external_id is None else f"; its external_task_id: {self.submission.external_id!r}"
        known: object = self.error or f"{UNKNOWN}{name}"
        if self.ref:
            known = f"task {self.ref} goes on, kept in client.unclaimed"
        text, named = "interrupted while submitting: %s", self.submission.external_id
        log_event(WARNING, "interrupted", text, known, ref=self.ref, error=self.error, external_task_id=named)
        interruption.add_note(f"while submitting: {known}")

    def _classify(self, outcome: Reply) -> TaskRef:
        """Classify the outcome: task created, proven not created, or unknown; if unknown, with the external id."""
        try:
            return _created(self.read, outcome)
        except SubmissionUncertain as error:
            error.external_task_id = self.submission.external_id
            raise

    def _keep_if_abandoned(self) -> None:
        if self.abandoned and self.ref is not None and all(self.ref != kept.ref for kept in self.unclaimed):
            self.unclaimed.append(self.submission.unclaimed(self.ref))


def _created(read: Callable[[httpx.Response], TaskRef], outcome: Reply) -> TaskRef:
    """Return the task that was created.

    Raises:
        SubmissionUncertain: Whether one was created is unknown.
        KlingkitError: Any other: it is proven that none was created.
    """
    if isinstance(outcome, NEVER_LEFT):
        error = NetworkError(f"nothing was sent: {describe(outcome)}")
        error.again = "never" if isinstance(outcome, ClientClosed) else error.again
        raise error from outcome
    if isinstance(outcome, httpx.RequestError):
        lost = f"the paid request was sent and no response came ({describe(outcome)})"
        raise SubmissionUncertain(f"{lost}: a task may exist; it is not sent again") from outcome
    return read(outcome)
