"""List the tasks of an account, where an API has such a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar, get_args

import httpx

from klingkit._arguments import check_methods, check_timeout, describe, error_context
from klingkit._base import Status, TaskRef, invalid
from klingkit._errors import NetworkError
from klingkit._flow import Emit, Flow, Stream, send
from klingkit._models import Task, TaskPage
from klingkit.providers import Provider

__all__ = ["tasks"]

T = TypeVar("T")


def tasks(
    api: Provider[T], *, since: datetime | None, until: datetime | None, status: Status | None, timeout: float
) -> Stream[Task, None]:
    """List the tasks that were created in a time, page by page; emit each once.

    The arguments are checked now, and not when the flow begins.
    """
    for name, time in (("since", since), ("until", until)):
        if time is not None and (not isinstance(time, datetime) or time.tzinfo is None):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise invalid(name, "a datetime with a time zone", time)
    if status is not None and status not in get_args(Status):
        raise invalid("status", f"one of {', '.join(get_args(Status))}", status)
    check_timeout(timeout)
    with error_context(api):
        check_methods(api, "list_tasks", "read_list")
        api.list_tasks(None)  # refuses, or not
    return _tasks(api, since, until, status, timeout)


def _tasks(
    api: Provider[T],
    since: datetime | None,
    until: datetime | None,
    status: Status | None,
    timeout: float,
) -> Stream[Task, None]:
    seen: set[TaskRef] = set()
    name: str | None = None
    while True:
        page = yield from _page(api, name, timeout)
        new = [task for task in page.tasks if task.ref not in seen]  # a task that was created meanwhile moves others on
        seen.update(task.ref for task in new)
        for task in new:
            if status in (None, task.status) and _within(task.created, since, until):
                yield Emit(task)
        if page.next is None or not new or _are_older(page.tasks, since):
            return
        name = page.next


def _page(api: Provider[T], name: str | None, timeout: float) -> Flow[TaskPage]:
    with error_context(api):
        try:
            response = yield from send(api.list_tasks(name), timeout=timeout)
        except httpx.RequestError as error:
            raise NetworkError(f"no response about the tasks of the account: {describe(error)}") from error
        return api.read_list(response, name)


def _within(created: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    """Return whether a task belongs to a time; one without a time of its own does."""
    return created is None or ((since is None or created >= since) and (until is None or created <= until))


def _are_older(tasks: Sequence[Task], since: datetime | None) -> bool:
    """Return whether the following pages hold older tasks alone, for this one goes down in time to before `since`.

    No document states the order.
    """
    times = [task.created for task in tasks if task.created is not None]
    descending = times == sorted(times, reverse=True) and len(times) == len(tasks) > 1
    return since is not None and descending and times[-1] < since
