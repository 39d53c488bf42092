"""Query a task once, and what follows from a query: another token, another link to a video."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeVar

import httpx

from klingkit._arguments import check_methods, check_timeout, describe, error_context
from klingkit._base import TaskRef
from klingkit._errors import AuthenticationError, NetworkError, RateLimited
from klingkit._flow import Flow, now, send
from klingkit._fork import PerProcess
from klingkit._limiter import Limits
from klingkit._models import Task
from klingkit._turns import wait_for_query
from klingkit.providers import Provider

__all__ = ["QUERY_TIMEOUT", "credit", "fresh_link", "get", "renew_token"]

T = TypeVar("T")

QUERY_TIMEOUT: Final = 30.0

MIN_TIMEOUT: Final = 0.001
"""Seconds that a query has at least whose turn came at the last moment."""


def get(
    api: Provider[T],
    ref: TaskRef,
    *,
    timeout: float,
    queue_time: float = 0.0,
    limits: PerProcess[Limits | None] | None = None,
    routine: bool = False,
) -> Flow[Task]:
    """Query a task once, when the limits let it; a failed task is returned like any other.

    `routine`: it is one of many of a wait, and lets others go first.
    """
    with error_context(api, ref=ref):
        deadline = (yield from now()) + check_timeout(timeout) + queue_time
        try:
            return (yield from _query(api, ref, timeout, queue_time, limits, routine=routine))
        except AuthenticationError as error:
            left = deadline - (yield from now())
            if left <= 0 or not renew_token(api, error):
                raise
        return (yield from _query(api, ref, min(left, timeout), max(left - timeout, 0.0), limits, routine=routine))


def _query(
    api: Provider[T],
    ref: TaskRef,
    timeout: float,
    queue_time: float,
    shared: PerProcess[Limits | None] | None,
    *,
    routine: bool,
) -> Flow[Task]:
    request = api.query(ref)
    limits = None if shared is None else shared.get()
    if limits is None:
        return (yield from _exchange(api, ref, request, timeout, queue_time))
    sent, waited = yield from wait_for_query(limits.queries, timeout + queue_time, routine=routine)
    left = max(timeout + min(0.0, queue_time - waited), MIN_TIMEOUT)
    try:
        task = yield from _exchange(api, ref, request, left, max(queue_time - waited, 0.0))
    except RateLimited as error:
        limits.queries.refuse(error, sent)
        raise
    limits.creations.see(ref, done=task.done)
    return task


def _exchange(api: Provider[T], ref: TaskRef, request: httpx.Request, timeout: float, queue_time: float) -> Flow[Task]:
    try:
        response = yield from send(request, timeout=timeout, queue_time=queue_time)
    except httpx.RequestError as error:
        raise NetworkError(f"no response about task {ref}: {describe(error)}") from error
    return api.read_task(ref, response)


def fresh_link(api: Provider[T], ref: TaskRef, url: str, *, timeout: float) -> Flow[str | None]:
    """Request a link that replaces the expired URL of a video; None if the API has no such request."""
    request = api.fresh_link(url)
    if request is None:
        return None
    with error_context(api, ref=ref):
        try:
            response = yield from send(request, timeout=check_timeout(timeout))
        except httpx.RequestError as error:
            raise NetworkError(f"no link to the video of task {ref}: {describe(error)}") from error
        return api.read_link(response)


def credit(api: Provider[T], *, timeout: float) -> Flow[Decimal]:
    """Query the credits that the account has left."""
    with error_context(api):
        check_methods(api, "credits", "read_credits")
        request = api.credits()
        try:
            response = yield from send(request, timeout=check_timeout(timeout))
        except httpx.RequestError as error:
            raise NetworkError(f"no response about the credits: {describe(error)}") from error
        return api.read_credits(response)


def renew_token(api: Provider[T], error: AuthenticationError) -> bool:
    """Have the next request signed anew if its token was refused for its age; return whether that is so."""
    return error.code in api.stale_codes and api.auth.renew()
