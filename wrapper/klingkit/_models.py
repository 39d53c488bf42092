"""The values of a client, the same for every API: tasks, videos, failures, callback events, unchecked jobs."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, cast

from attrs import field, frozen

from klingkit._base import MAX_SHOWN, InvalidRequest, KlingkitError, Status, TaskRef, invalid

__all__ = [
    "CallbackEvent",
    "Cost",
    "Failure",
    "Job",
    "Status",
    "Task",
    "TaskPage",
    "TaskRef",
    "TaskResult",
    "UnclaimedTask",
    "UploadedFile",
    "Video",
]


def _shortened(text: str) -> str:
    """Return at most `MAX_SHOWN` characters of a text: a vendor's reason may have millions."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _check_model(_: object, __: object, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise invalid("model", "the name of a model", value)


def _copied(value: Any) -> Any:
    """Copy the parameters, nested ones too, so that a job does not change with the caller's own objects."""
    if not isinstance(value, Mapping):
        raise invalid("input", "parameters and their values", value)
    try:
        return deepcopy(dict(cast("Mapping[str, Any]", value)))
    except Exception as error:  # of values that JSON cannot hold either
        raise InvalidRequest(f"input: values for JSON: {type(error).__name__}: {error}") from error


@frozen
class Job:
    """A request for any model with any parameters, sent unchecked; waits, callbacks and downloads are the same.

    Raises:
        InvalidRequest: `model` is no name, or `input` is no mapping.
    """

    model: str = field(validator=_check_model)
    input: Mapping[str, Any] = field(factory=dict[str, Any], converter=_copied)


@frozen
class UnclaimedTask:
    """A task that was paid for while its submission, or its generation, was interrupted; its text is that of `ref`."""

    ref: TaskRef
    request: Any = None
    """The typed request, or the `Job`, that it was submitted with."""
    external_task_id: str | None = None
    """The external id that the request carried, yours or klingkit's own."""
    time: datetime | None = None
    """When it was submitted; timezone-aware."""

    def __str__(self) -> str:
        return str(self.ref)


@frozen
class TaskResult:
    """What became of one task of many: the task, if it is known, and the error that the call would have raised, if any.

    The call is `get` in `get_many`, and `wait` in `wait_all` and `as_completed`: there, a failed task is an error too.
    """

    ref: TaskRef
    task: Task | None = None
    error: KlingkitError | None = None

    def result(self) -> Task:
        """Return the task; after a wait, it is finished and has a video.

        Raises:
            KlingkitError: `error`, if there is one.
        """
        if self.error is not None:
            raise self.error
        assert self.task is not None
        return self.task


@frozen
class UploadedFile:
    """A file that was uploaded; its text is its URL, which a request takes. It is deleted after a while."""

    url: str
    name: str | None = None
    """Its name at the service."""
    size: int | None = None
    """Its size in bytes."""
    media_type: str | None = None
    expires: datetime | None = None
    """When it is deleted, as the service states it; timezone-aware. kie.ai was seen to delete files after a day
    (observed.md: kie-upload-kept)."""
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The service's own record of it, unknown fields included."""

    def __str__(self) -> str:
        return self.url


@frozen
class Video:
    """One finished video; `duration` is in seconds. The URL expires: download it at once."""

    url: str
    id: str | None = None
    duration: float | None = None
    watermark_url: str | None = None
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The service's own record of it, unknown fields included."""


@frozen
class Failure:
    """Why the service could not make the video: its own code and message."""

    code: int | str | None = None
    message: str | None = field(default=None, repr=lambda text: _shortened(repr(text)))
    retryable: bool | None = None
    """Whether the same request may succeed when paid for again; None: unknown."""
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The record of the failed task, unknown fields included."""
    content_refused: bool = False
    """Whether the service refused the content of the request, or of the video; the same request would fail again."""


@frozen
class Cost:
    """What a task has cost: kie.ai counts credits, the official API and relays of it units of a resource pack."""

    amount: Decimal
    unit: Literal["credits", "units"]

    def __str__(self) -> str:
        return f"{self.amount:f} {self.unit}"


@frozen
class Task:
    """The last known state of a task. Times are timezone-aware; `progress` runs from 0 to 1."""

    ref: TaskRef
    status: Status
    vendor_status: str = ""
    """The service's own name of the status, kept because new ones appear."""
    videos: tuple[Video, ...] = ()
    """The finished videos: none before the success, and none after it if the service names no URL."""
    failure: Failure | None = None
    created: datetime | None = None
    updated: datetime | None = None
    completed: datetime | None = None
    progress: float | None = None
    cost: Cost | None = None
    """What an ended task has cost; None if the service does not state it."""
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The whole response, unknown fields included."""

    @property
    def done(self) -> bool:
        """Whether the task has ended, succeeded or failed."""
        return self.status in {"succeeded", "failed"}


@frozen
class TaskPage:
    """A page of the list of an account's tasks."""

    tasks: tuple[Task, ...]
    next: str | None
    """What names the page after it; None: it is the last one."""


@frozen
class CallbackEvent:
    """The content of a callback. It is a hint: query the API for `ref` before you trust it."""

    task: Task
    verified: bool = False
    """Whether a signature proved the sender. kie does not sign the content: confirm it by a query even then."""
    confirmed: bool = False
    """Whether `task` comes from a query of the API."""
    id: str | None = None
    """The vendor's id of the delivery, if any: the same for a repeated one."""
    sent: datetime | None = None
    """When it was signed."""
    name: str | None = None
    """The name that its URL was made for, if `CallbackUrls` made it."""
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The body as delivered, also after `task` was confirmed by a query."""

    @property
    def ref(self) -> TaskRef:
        """The reference of the task."""
        return self.task.ref
