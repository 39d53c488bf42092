"""Tell the network's errors from those that do not belong to an exchange: of signal handlers, of a user's own code.

A signal handler may raise in any line, also an OSError such as TimeoutError, which httpcore takes for the network's.
"""

from __future__ import annotations

import functools
import signal
from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import Any, Final

__all__ = ["IgnoredErrors", "is_foreign", "raised_by_handler", "source_of", "unwrapped"]

WRAPPERS: Final = frozenset({"httpx", "httpcore", "httpx2", "httpcore2"})
"""Packages whose exceptions wrap others; httpx2 can stand in for httpx."""

NETWORK: Final = WRAPPERS | {
    *("_socket", "_ssl", "anyio", "asyncio", "h11", "h2", "selectors", "socket", "socksio", "ssl", "trio", "uvloop"),
    *("eventlet", "gevent", "socks", "truststore"),  # stand in for the standard library's
}
"""Packages that raise the network's errors."""


def source_of(error: BaseException) -> BaseException:
    """Return the exception that httpx and httpcore wrapped; httpcore keeps it as an argument, and drops the cause."""
    while _package(type(error).__module__) in WRAPPERS:
        wrapped = error.__cause__ or next(iter(error.args), None)
        if not isinstance(wrapped, BaseException):
            break
        error = wrapped
    return error


def raised_by_handler(error: BaseException) -> bool:
    """Return whether a signal handler of the program raised an exception."""
    handlers = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()}
    return any(frame.tb_frame.f_code in handlers for frame in _frames(error.__traceback__))


def is_foreign(error: BaseException) -> bool:
    """Return whether an exception is neither of httpx or httpcore nor a network error of the operating system."""
    source = source_of(error)
    if raised_by_handler(source):
        return True
    package = _package(type(source).__module__)
    if package in WRAPPERS or (package not in NETWORK and isinstance(source, OSError)):
        return _raised_aside(source)
    if package in NETWORK or source is not error:
        return False
    return package != "builtins" or _innermost(source) not in NETWORK


def _raised_aside(error: BaseException) -> bool:
    """Return whether code raised it that neither is of the network nor was called by httpx, as a transport is."""
    packages = [_package(frame.tb_frame.f_globals.get("__name__", "")) for frame in _frames(error.__traceback__)]
    known = [package for package in packages if package in NETWORK or package == "klingkit"]
    return packages[-1:] != known[-1:] and known[-1:] not in (["httpx"], ["httpx2"])


def _innermost(error: BaseException) -> str:
    *_, last = _frames(error.__traceback__)
    return _package(last.tb_frame.f_globals.get("__name__", ""))


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _code_of(handler: Any) -> CodeType | None:
    """Return the code of a signal handler: a function, a method, a partial, or an object with `__call__`."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    if isinstance(handler, signal.Handlers):  # whose class has a `__call__` of its own
        return None
    called = handler if hasattr(handler, "__code__") else getattr(handler.__class__, "__call__", None)  # noqa: B004 - how, not whether
    return getattr(called, "__code__", None)


def _package(module: str) -> str:
    return module.partition(".")[0]


class Unwrapped:
    """Raises foreign exceptions as they were before httpcore took them for the network's: it ignores some of its own.

    This, and the next one, are no generators: each read and each write is in one.
    """

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and is_foreign(error) and (source := source_of(error)) is not error:
            raise source


unwrapped: Final = Unwrapped()


class IgnoredErrors:
    """Ignores errors, such as those of closing; of a signal handler only where `all_of_them` are to be ignored."""

    __slots__ = ("_all_of_them",)

    def __init__(self, *, all_of_them: bool) -> None:
        self._all_of_them = all_of_them

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        return isinstance(error, Exception) and (self._all_of_them or not raised_by_handler(error))
