"""Values: what a task is, whichever API it came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from klingkit._base import InvalidRequest, Status, TaskRef

__all__ = ["CallbackEvent", "Failure", "Job", "Status", "Task", "TaskRef", "Video"]


def _check_model(_: object, __: object, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f"model: the name of one, not {value!r}")


def _check_input(_: object, __: object, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"input: parameters and their values, not {value!r}")


@frozen
class Job:
    """Any model with any parameters, unchecked; waits, callbacks and downloads are the same."""

    model: str = field(validator=_check_model)
    input: Mapping[str, Any] = field(factory=dict[str, Any], validator=_check_input)


@frozen
class Video:
    """One finished video; `duration` is in seconds. The URL expires: download it at once."""

    url: str
    id: str | None = None
    duration: float | None = None
    watermark_url: str | None = None
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """What the service said of it, unknown fields included."""


@frozen
class Failure:
    """Why the service could not make the video, in its own code and words."""

    code: int | str | None = None
    message: str | None = None
    retryable: bool | None = None
    """Whether the same request may succeed when paid for again; None where nobody says."""
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The record of the failed task, unknown fields included."""


@frozen
class Task:
    """What the service last said of a task. Times are aware; `progress` runs from 0 to 1."""

    ref: TaskRef
    status: Status
    vendor_status: str = ""
    """The service's own word for the status, kept because new words appear."""
    videos: tuple[Video, ...] = ()
    failure: Failure | None = None
    created: datetime | None = None
    updated: datetime | None = None
    completed: datetime | None = None
    progress: float | None = None
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """The whole answer, unknown fields included."""

    @property
    def done(self) -> bool:
        """Whether the task has ended, well or badly."""
        return self.status in {"succeeded", "failed"}


@frozen
class CallbackEvent:
    """What a callback says. It is a hint: ask the API for `ref` before trusting its content."""

    task: Task
    verified: bool = False
    """Whether a signature proved the sender. kie signs no content: confirm by a query even then."""
    confirmed: bool = False
    """Whether `task` is what the API itself said when asked."""
    id: str | None = None
    """The vendor's name for the delivery, where it has one: the same for a repeated one."""
    sent: datetime | None = None
    """When it was signed."""
    name: str | None = None
    """What its URL was made for, where `CallbackUrls` made it."""
    raw: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, eq=False)
    """What was delivered, also once `task` is what the API said."""

    @property
    def ref(self) -> TaskRef:
        """Return the task's reference."""
        return self.task.ref
