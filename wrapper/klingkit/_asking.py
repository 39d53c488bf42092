"""Ask after a task, and what asking and paying have in common."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeVar, cast

import httpx

from klingkit._errors import AuthenticationError, ConfigurationError, InvalidRequest, KlingkitError, NetworkError
from klingkit._events import Events
from klingkit._flow import Flow, send
from klingkit._models import Task, TaskRef
from klingkit.providers import Provider

__all__ = [
    "QUERY_TIMEOUT",
    "about",
    "blocking",
    "callback",
    "get",
    "link",
    "positive",
    "reading",
    "renewed",
    "said",
    "speaking",
]

T = TypeVar("T")
CallbackT = TypeVar("CallbackT", bound=Callable[..., object] | None)
EventsT = TypeVar("EventsT")
ApiT = TypeVar("ApiT")

QUERY_TIMEOUT: Final = 30.0

LONGEST: Final = 10_000_000
"""Seconds that a time limit may have: sixteen weeks."""


def get(api: Provider[T], ref: TaskRef, *, timeout: float) -> Flow[Task]:
    """Ask once after a task; a failed one is returned like any other."""
    with about(api, ref=ref):
        try:
            return (yield from _ask(api, ref, positive(timeout)))
        except AuthenticationError as error:
            if not renewed(api, error):
                raise
        return (yield from _ask(api, ref, timeout))


def _ask(api: Provider[T], ref: TaskRef, timeout: float) -> Flow[Task]:
    try:
        answer = yield from send(api.query(ref), timeout=timeout)
    except httpx.RequestError as error:
        raise NetworkError(f"no answer about task {ref}: {said(error)}") from error
    return api.read(ref, answer)


def link(api: Provider[T], ref: TaskRef, url: str, *, timeout: float) -> Flow[str | None]:
    """Ask for a link in place of a video's URL whose time is up; None if the API gives none."""
    request = api.relink(url)
    if request is None:
        return None
    with about(api, ref=ref):
        try:
            answer = yield from send(request, timeout=positive(timeout))
        except httpx.RequestError as error:
            raise NetworkError(f"no link to the video of task {ref}: {said(error)}") from error
        return api.relinked(answer)


def renewed(api: Provider[T], error: AuthenticationError) -> bool:
    """Tell whether a token was refused for its age, and there will be another one."""
    return error.code in api.stale and api.auth.renew()


def speaking(api: ApiT) -> ApiT:
    """Refuse what is no adapter: a name, or the class of one.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(api, type) or not callable(getattr(api, "submit", None)):
        raise ConfigurationError(f"api: an adapter such as Kie(), not {api!r}")
    return api


@contextmanager
def about(api: Provider[T], *, ref: TaskRef | None = None, request: object = None) -> Generator[None]:
    """Let every error say which API, and which task or request, it is about."""
    try:
        yield
    except KlingkitError as error:
        error.api = error.api or api.name
        error.ref = error.ref or ref
        error.request = error.request or request
        raise


def said(error: httpx.RequestError) -> str:
    """Name a transport error; many have no text of their own."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def positive(timeout: object) -> float:
    """Refuse a time limit that leaves no time, or all."""
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= LONGEST:
        raise InvalidRequest(f"timeout: more than 0 and at most {LONGEST:,} seconds, not {timeout!r}")
    return float(timeout)


def callback(function: CallbackT, name: str = "on_update") -> CallbackT:
    """Refuse what cannot be told of anything, before anything is paid for or fetched; `name` is the argument's."""
    if function is not None and not callable(function):
        raise InvalidRequest(f"{name}: a function, not {function!r}")
    return function


def blocking(function: CallbackT, name: str = "on_update") -> CallbackT:
    """Refuse a coroutine function, too, which a blocking client would call and never run."""
    if _awaited(callback(function, name)):
        raise InvalidRequest(f"{name}: a plain function, for this client blocks; not the coroutine {function!r}")
    return function


def _awaited(function: object) -> bool:
    """Tell whether calling this only makes something to be awaited: it, or how objects of its kind are called."""
    while isinstance(function, functools.partial):
        function = cast("functools.partial[object]", function).func
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    called = getattr(type(function), "__call__", None)  # noqa: B004 - how, not whether
    return any(is_kind(each) for is_kind in kinds for each in (function, called))


def reading(events: EventsT, inbox: type) -> EventsT:
    """Refuse what a client cannot read events from, before anything is paid for; `inbox` is what it can."""
    if events is None or isinstance(events, Events | inbox):
        return events
    raise InvalidRequest(f"events: Events or, for this client, {inbox.__name__}; not {events!r}")
