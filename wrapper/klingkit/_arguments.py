"""Check the arguments of client methods before anything is sent, and add context to errors."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeVar, cast

import httpx

from klingkit._base import KlingkitError, TaskRef, invalid
from klingkit._errors import ConfigurationError
from klingkit._events import Events
from klingkit._flow import destination
from klingkit._fork import PerProcess
from klingkit._limiter import Limits
from klingkit._pacing import Pacing
from klingkit.providers import Provider

__all__ = [
    "check_adapter",
    "check_callback",
    "check_events",
    "check_methods",
    "check_pacing",
    "check_polling",
    "check_sync_callback",
    "check_timeout",
    "describe",
    "error_context",
]

T = TypeVar("T")
CallbackT = TypeVar("CallbackT", bound=Callable[..., object] | None)
EventsT = TypeVar("EventsT")
ApiT = TypeVar("ApiT")

MAX_TIMEOUT: Final = 10_000_000
"""Seconds that a time limit may have: sixteen weeks."""


@contextmanager
def error_context(api: Provider[T], *, ref: TaskRef | None = None, request: object = None) -> Generator[None]:
    """Set the API, and the task or the request, on every error raised inside the block that lacks them.

    A block without a request pays for nothing: there an error that may pass never says that one may pay again.
    """
    try:
        yield
    except KlingkitError as error:
        error.api = error.api or api.name
        error.ref = error.ref or ref
        error.request = error.request or request
        if request is None and error.again == "pay":
            error.again = "ask"
        raise


def describe(error: httpx.RequestError) -> str:
    """Return a transport error as text with its kind, and where its request went; many have no text of their own."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text + destination(error)


def check_adapter(api: ApiT) -> ApiT:
    """Refuse an object that is no adapter, such as a name or an adapter's class.

    Raises:
        ConfigurationError: It has no method `submit`, or it is a class.
    """
    if isinstance(api, type) or not callable(getattr(api, "submit", None)):
        made = f"{api.__name__}()" if isinstance(api, type) else "Kie() of klingkit.kie"
        raise ConfigurationError(f"api: an adapter such as {made}, not {api!r}")
    return api


def check_pacing(api: object, pacing: object) -> PerProcess[Limits | None]:
    """Return the limits that a client keeps to, for each process anew; "auto": those that its adapter knows.

    Raises:
        ConfigurationError: It is no pacing.
    """
    if pacing == "auto":
        pacing = getattr(api, "pacing", None) or Pacing()
    if pacing is not None and not isinstance(pacing, Pacing):
        raise ConfigurationError(f'pacing: a Pacing, "auto", or None for none, not {pacing!r}')
    return PerProcess(lambda: None if pacing is None else Limits.of(pacing))


def check_methods(api: Provider[T], *names: str) -> None:
    """Refuse an adapter without some methods, as one is that was written before there were any.

    Raises:
        ConfigurationError: It names the missing methods.
    """
    if missing := [name for name in names if not callable(getattr(api, name, None))]:
        listed = " and ".join(f"{type(api).__name__}.{name}" for name in missing)
        raise ConfigurationError(f"{api.name}: this takes {listed}, see klingkit.providers.Provider")


def check_timeout(timeout: object) -> float:
    """Return a time limit in seconds; refuse one that is not positive, or over `MAX_TIMEOUT`."""
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= MAX_TIMEOUT:
        raise invalid("timeout", f"more than 0 and at most {MAX_TIMEOUT:,} seconds", timeout)
    return float(timeout)


def check_polling(polling: object) -> None:
    """Refuse an object that is no polling policy."""
    if isinstance(polling, type) or not callable(getattr(polling, "pause", None)):
        raise invalid("polling", "a policy such as Fixed(5.0)", polling)


def check_callback(function: CallbackT, name: str = "on_update") -> CallbackT:
    """Refuse a callback that cannot be called; `name` is that of the argument."""
    if function is not None and not callable(function):
        raise invalid(name, "a function", function)
    return function


def check_sync_callback(function: CallbackT, name: str = "on_update") -> CallbackT:
    """Refuse a coroutine function, too: a blocking client would call it and never run it."""
    if _is_coroutine_function(check_callback(function, name)):
        raise invalid(name, "a plain function, for this client blocks", function)
    return function


def _is_coroutine_function(function: object) -> bool:
    """Return whether a call gives something to await: of a function, a partial, or an object with `__call__`."""
    while isinstance(function, functools.partial):
        function = cast("functools.partial[object]", function).func
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    called = getattr(type(function), "__call__", None)  # noqa: B004 - how, not whether
    return any(is_kind(each) for is_kind in kinds for each in (function, called))


def check_events(events: EventsT, inbox: type) -> EventsT:
    """Refuse what a client cannot read events from; `inbox` is the kind that it reads beside `Events`."""
    if events is None or isinstance(events, Events | inbox):
        return events
    raise invalid("events", f"Events or, for this client, {inbox.__name__}", events)
