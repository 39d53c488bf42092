"""From errors to messages and exit statuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

from klingkit import (
    AuthenticationError,
    ConfigurationError,
    ContentRefused,
    DownloadError,
    InsufficientCredit,
    InvalidRequest,
    KlingkitError,
    PermissionDenied,
    RateLimited,
    SlotsFull,
    SubmissionUncertain,
    Task,
    TaskFailed,
    WaitTimeout,
)
from klingkit.cli._output import Output, goes_on
from klingkit.cli._records import task_record

__all__ = ["FAILED", "TIMEOUT", "KeyMissing", "NotPaid", "Refused", "exit_code", "report"]

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
KEY: Final = 3
CREDIT: Final = 4
TIMEOUT: Final = 5
UNCERTAIN: Final = 6

STATUSES: Final[Sequence[tuple[tuple[type[KlingkitError], ...], int]]] = (
    ((SubmissionUncertain,), UNCERTAIN),
    ((WaitTimeout,), TIMEOUT),
    ((TaskFailed, ContentRefused), FAILED),
    ((AuthenticationError, PermissionDenied), KEY),
    ((InsufficientCredit, RateLimited, SlotsFull), CREDIT),
    ((InvalidRequest, ConfigurationError), USAGE),
)
"""Errors and their exit status, the first that fits; a `TaskRefused` is an `InvalidRequest`, too."""


class KeyMissing(click.ClickException):
    """The environment has no key."""

    exit_code = KEY


class NotPaid(click.ClickException):
    """The estimate is above `--max-credits`, or unknown."""

    exit_code = CREDIT


class Refused(click.ClickException):
    """The command as given cannot be run, or was not agreed to."""

    exit_code = USAGE


def exit_code(error: KlingkitError) -> int:
    """Return the exit status of an error."""
    return next((status for kinds, status in STATUSES if isinstance(error, kinds)), FAILED)


def report(error: Exception, output: Output) -> int | None:
    """Write the message of an error and return its exit status; None if it is none of klingkit's."""
    if isinstance(error, ImportError) and (error.name or "").startswith("klingkit."):  # an extra is not installed
        output.note(f"klingkit: {error}")
        return USAGE
    if not isinstance(error, KlingkitError):
        return None
    status = exit_code(error)
    output.note(f"klingkit: {error}")
    ref = output.ref if error.ref is None else str(error.ref)
    for line in _next_steps(error, ref):
        output.note(line)
    if output.json:
        output.result("", {**error_record(error), "ref": ref, "exit_code": status})
    return status


def error_record(error: KlingkitError) -> dict[str, Any]:
    """Return an error for JSON."""
    record: dict[str, Any] = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, SubmissionUncertain):
        record["external_task_id"] = error.external_task_id
    task = getattr(error, "task", None)
    return {**(task_record(task) if isinstance(task, Task) else {}), "error": record}


def _next_steps(error: KlingkitError, ref: str | None) -> Sequence[str]:
    if isinstance(error, SubmissionUncertain):
        return _search(error) if ref is None else (f"task: {ref}", f"look before you pay again: klingkit status {ref}")
    if ref is None or isinstance(error, TaskFailed):
        return ()
    if isinstance(error, DownloadError):
        return (f"the video is still there: klingkit download {ref}",)
    return (goes_on(ref) if isinstance(error, WaitTimeout) else f"task: {ref}",)


def _search(error: SubmissionUncertain) -> Sequence[str]:
    """Return how to find out whether a task exists; the command itself never pays again."""
    if error.external_task_id is None:
        return ("a task may exist: look at the service's own list before you pay again",)
    found = f"klingkit status {error.api}:text2video:{error.external_task_id}"
    return (f"external id: {error.external_task_id}", f"a task may exist: look before you pay again: {found}")
