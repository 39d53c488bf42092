"""Pay for a task, once: send again only what is proven to have created nothing, and lose nothing that was created."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from logging import INFO, WARNING
from random import uniform
from typing import Any, Final, TypeVar, cast

import httpx
from attrs import define

from klingkit._asking import about, positive, renewed, said
from klingkit._errors import AuthenticationError, KlingkitError, NetworkError, RateLimited, SubmissionUncertain
from klingkit._flow import NEVER_LEFT, Flow, Interrupted, Reply, Send, now, send, sleep
from klingkit._log import log_event
from klingkit._models import TaskRef
from klingkit.providers import Provider

__all__ = ["SUBMIT_TIMEOUT", "submit"]

T = TypeVar("T")

SUBMIT_TIMEOUT: Final = 60.0

PAUSES: Final = (0.5, 1.0)
"""Seconds before a paid request leaves again, which it does only when it is proven that nothing was created."""

CROWDED: Final = (6.0, 8.0)
"""How many times as long to pause after "too fast": kie.ai counts over 10 s, and not all are to come back at once."""

LOOKS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each look for a task whose submission was answered by nothing that tells."""

LOOK_TIMEOUT: Final = 10.0

LOOK_WITHIN: Final = 15.0
"""Seconds that there are for all looks, even if that is past the time limit of the submission."""

LAST_LOOK: Final = 1.0
"""Seconds that the last look has at least."""

AGAIN: Final = (NetworkError, RateLimited)
"""Refusals of a paid request that prove it created nothing, and that may pass by themselves."""

UNKNOWN: Final = "whether a task was created is not known; if one was, it will be in client.unclaimed"


def submit(api: Provider[T], request: T, *, timeout: float, unclaimed: list[TaskRef], **options: Any) -> Flow[TaskRef]:
    """Pay for a task and return its reference; `timeout` bounds all attempts together.

    Where nobody knows whether a task was created, and the request carried an id of ours or of the user's, it is looked
    for by that: until the time limit, or for `LOOK_WITHIN` seconds if that is longer.
    """
    with about(api, request=request):
        positive(timeout)
        call = _call(api, request, options)
        began = yield from now()
        deadline = began + timeout
        try:
            return (yield from _pay_within(api, call, deadline, unclaimed))
        except SubmissionUncertain as error:
            if error.ref or error.external_task_id is None:
                raise
            doubt = error
        return (yield from _mend(api, doubt, began, deadline))


def _call(api: Provider[T], request: T, options: dict[str, Any]) -> httpx.Request:
    """Make the paid request, with an id of ours where that is wanted and it has none."""
    call = api.submit(request, **options)
    if api.external_id_of(call) is None and api.external_ids:
        options["external_task_id"] = uuid.uuid4().hex
        return api.submit(request, **options)
    return call


def _pay_within(api: Provider[T], call: httpx.Request, deadline: float, unclaimed: list[TaskRef]) -> Flow[TaskRef]:
    """Send the paid request, and again where it is proven that nothing was created and it may go through now."""
    pauses, fresh = iter(PAUSES), False
    while True:
        try:
            return (yield from _pay(api, call, deadline - (yield from now()), unclaimed))
        except AuthenticationError as error:
            if fresh or not renewed(api, error):
                raise
            fresh, pause = True, 0.0
        except AGAIN as error:
            left = deadline - (yield from now())
            crowd = uniform(*CROWDED) if isinstance(error, RateLimited) else 1.0  # noqa: S311 - spreads, hides nothing
            pause = max(next(pauses, left) * crowd, error.retry_after or 0.0)
            if pause >= left:
                raise
            log_event(
                INFO,
                "paying-again",
                "nothing was created (%s); once more in %.1f s",
                error,
                pause,
                error=error,
                seconds=pause,
            )
        yield from sleep(pause)


def _mend(api: Provider[T], doubt: SubmissionUncertain, began: float, deadline: float) -> Flow[TaskRef]:
    """Look for a task that may exist; whatever ends the look early, the doubt is not lost."""
    name = cast("str", doubt.external_task_id)
    try:
        ref = yield from _look(api, name, began, deadline)
    except BaseException as interruption:
        log_event(WARNING, "interrupted", "interrupted while looking for a task: %s", doubt, external_task_id=name)
        interruption.add_note(f"while looking for a task: {doubt}")
        if isinstance(interruption, KlingkitError):  # the client's: it is closed
            raise doubt from doubt.__cause__
        raise
    if ref is None:
        raise doubt from doubt.__cause__
    return ref


def _look(api: Provider[T], name: str, began: float, deadline: float) -> Flow[TaskRef | None]:
    """Look for a task by the id that it was given, not for an older one that was given the same.

    Not to find it proves nothing: it may appear later.
    """
    end = max(deadline, min(deadline, (yield from now())) + LOOK_WITHIN)
    for pause in LOOKS:
        left = end - (yield from now())
        if left <= LAST_LOOK:
            break
        yield from sleep(min(pause, left - LAST_LOOK))
        seen = yield from _seen(api, name, began, end)
        if isinstance(seen, AuthenticationError) and (yield from now()) < end and renewed(api, seen):
            seen = yield from _seen(api, name, began, end)
        if isinstance(seen, TaskRef):
            return seen
        log_event(
            INFO,
            "not-found-yet",
            "looked for %s, whose submission was uncertain: %s",
            name,
            seen,
            external_task_id=name,
        )
    return None


def _seen(api: Provider[T], name: str, began: float, end: float) -> Flow[TaskRef | Exception]:
    """Look once; return the task or why there is none.

    Only what the look itself comes to is returned: that the client was closed meanwhile goes through.
    """
    left = max(end - (yield from now()), LAST_LOOK)
    try:
        answer = yield from send(api.query(cast("TaskRef", api.named(name))), timeout=min(LOOK_TIMEOUT, left))
    except httpx.RequestError as error:
        return error
    within = (yield from now()) - began
    try:
        return api.found(answer, name, within=within)
    except Exception as error:  # noqa: BLE001 - an adapter of the user's own may raise anything
        return error


def _pay(api: Provider[T], call: httpx.Request, timeout: float, unclaimed: list[TaskRef]) -> Flow[TaskRef]:
    """Send the paid request once; when interrupted, leave what was paid for in `unclaimed`."""
    receipt = Receipt(api.submitted, unclaimed, api.external_id_of(call))
    try:
        outcome = yield Send(call, paid=True, timeout=timeout, settle=receipt.settle)
        if isinstance(outcome, Interrupted):
            raise outcome.error
        assert isinstance(outcome, httpx.Response | httpx.RequestError)
        return receipt.result(outcome)
    except KlingkitError as error:
        if error is not receipt.error:  # a signal handler's, or a limit's: it does not carry the task
            receipt.abandon()
            if receipt.settled:
                receipt.explain(error)
        raise
    except BaseException as interruption:
        receipt.abandon()
        receipt.explain(interruption)
        raise


@define
class Receipt:
    """What a paid exchange came to, read by whoever performs it; a task that loses its owner is left in `unclaimed`.

    Two threads meet here without a lock, which Ctrl-C might leave locked: each says what it knows before it looks at
    what the other has said, so that the task is kept, at worst twice.
    """

    read: Callable[[httpx.Response], TaskRef]
    unclaimed: list[TaskRef]
    name: str | None = None
    """The id by which the task can be looked for, if it was given one."""
    ref: TaskRef | None = None
    error: KlingkitError | None = None
    settled: bool = False
    abandoned: bool = False

    def settle(self, outcome: Reply) -> None:
        """Read the outcome; an error may name a task, too."""
        try:
            self.ref = self._task(outcome)
        except KlingkitError as error:
            self.ref, self.error = error.ref, error
        except Exception as error:  # noqa: BLE001 - an adapter of the user's own may raise anything
            self.error = SubmissionUncertain(
                f"a task may exist; its answer could not be read: {error!r}", external_task_id=self.name
            )
        self.settled = True
        self._keep_if_lost()
        log_event(INFO, "submitted", "a submission ended: %s", self.ref or self.error, ref=self.ref, error=self.error)

    def result(self, outcome: Reply) -> TaskRef:
        """Return the task, or raise the error that carries it."""
        if not self.settled:  # its time is up, and it still goes on
            self.abandon()
            return self._task(outcome)
        if self.error is not None:
            raise self.error
        return cast("TaskRef", self.ref)

    def abandon(self) -> None:
        """Give the task up, now or when it becomes known."""
        self.abandoned = True
        self._keep_if_lost()

    def explain(self, interruption: BaseException) -> None:
        """Let an interruption say what became of the task, or by which id it can be looked for."""
        known: object = self.error or (
            UNKNOWN if self.name is None else f"{UNKNOWN}; its external_task_id: {self.name!r}"
        )
        if self.ref:
            known = f"task {self.ref} goes on, kept in client.unclaimed"
        log_event(
            WARNING,
            "interrupted",
            "interrupted while submitting: %s",
            known,
            ref=self.ref,
            error=self.error,
            external_task_id=self.name,
        )
        interruption.add_note(f"while submitting: {known}")

    def _task(self, outcome: Reply) -> TaskRef:
        """Tell a task from no task from nobody knows, which also says how to look for it."""
        try:
            return _created(self.read, outcome)
        except SubmissionUncertain as error:
            error.external_task_id = self.name
            raise

    def _keep_if_lost(self) -> None:
        if self.abandoned and self.ref is not None and self.ref not in self.unclaimed:
            self.unclaimed.append(self.ref)


def _created(read: Callable[[httpx.Response], TaskRef], outcome: Reply) -> TaskRef:
    """Tell a task from no task from nobody knows."""
    if isinstance(outcome, NEVER_LEFT):
        raise NetworkError(f"nothing was sent: {said(outcome)}") from outcome
    if isinstance(outcome, httpx.RequestError):
        raise SubmissionUncertain(
            f"the paid request was sent and no answer came ({said(outcome)}): a task may exist; it is not sent again"
        ) from outcome
    return read(outcome)
