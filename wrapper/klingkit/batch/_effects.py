"""What the steps of a job yield to have it done: `_drive.py` does it, blocking or not; a test does it by hand."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from attrs import frozen

from klingkit._base import KlingkitError, TaskRef
from klingkit._flow import Flow
from klingkit._models import Task
from klingkit.batch._database import Transaction
from klingkit.batch._jobs import JobRow

__all__ = ["Download", "File", "Get", "Search", "Sleep", "Step", "Steps", "Submit", "Write"]

T = TypeVar("T")


@frozen
class Write:
    """Run a transaction; its outcome is the result. `must`: what it records happened, so try until it is recorded."""

    run: Transaction[Any]
    must: bool = False
    undo: Transaction[Any] | None = None
    """Run after it where nobody takes its result: it failed, or the wait for it was interrupted."""


@frozen
class Submit:
    """Make the paid request of a job, if it is not too late; the outcome is the task's reference."""

    job: JobRow
    request: Any
    callback_url: str | None
    timeout: float
    not_after: float


@frozen
class Search:
    """Run a flow of the client."""

    flow: Flow[TaskRef]


@frozen
class Get:
    """Query a task."""

    ref: TaskRef


@frozen
class Download:
    """Download the video of a task; the outcome is the file."""

    task: Task
    path: Path


@frozen
class File:
    """A file that was downloaded."""

    path: Path
    sha256: str
    size: int


@frozen
class Sleep:
    """Pause."""

    seconds: float


@frozen
class Step:
    """What a step led to: when the job is to be advanced again, if at all; what keeps all others from being paid."""

    delay: float | None
    halt: KlingkitError | None = None


Steps: TypeAlias = Generator[Any, Any, T]
