"""Query a task once, and what follows from a query: another token, another link to a video."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeVar

import httpx

from klingkit._arguments import check_methods, check_timeout, describe, error_context
from klingkit._base import TaskRef
from klingkit._errors import AuthenticationError, NetworkError
from klingkit._flow import Flow, now, send
from klingkit._models import Task
from klingkit.providers import Provider

__all__ = ["QUERY_TIMEOUT", "credit", "fresh_link", "get", "renew_token"]

T = TypeVar("T")

QUERY_TIMEOUT: Final = 30.0


def get(api: Provider[T], ref: TaskRef, *, timeout: float, queue_time: float = 0.0) -> Flow[Task]:
    """Query a task once; a failed task is returned like any other."""
    with error_context(api, ref=ref):
        deadline = (yield from now()) + check_timeout(timeout) + queue_time
        try:
            return (yield from _query(api, ref, timeout, queue_time))
        except AuthenticationError as error:
            left = deadline - (yield from now())
            if left <= 0 or not renew_token(api, error):
                raise
        return (yield from _query(api, ref, min(left, timeout), max(left - timeout, 0.0)))


def _query(api: Provider[T], ref: TaskRef, timeout: float, queue_time: float) -> Flow[Task]:
    try:
        response = yield from send(api.query(ref), timeout=timeout, queue_time=queue_time)
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
