"""What goes wrong on the wire: what it proves, and what it may show."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Final

import httpx

__all__ = ["NEVER_LEFT", "Progress", "failing", "failure", "is_about"]

NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Transport errors that prove no byte of a request was sent, if they are about its only sending."""

CLEAR: Final = frozenset({"anyio", "asyncio", "h11", "h2", "httpcore", "ssl", "trio"})
"""Packages that handle a request's headers as plain bytes, the key among them."""


def failure(error: Exception, request: httpx.Request) -> httpx.RequestError:
    """Return what went wrong as a transport error: a client or a transport of the user's own may raise anything.

    An error of another request, made by a hook of the user's client, proves nothing about this one.
    """
    if isinstance(error, httpx.RequestError) and is_about(error, request):
        return error
    return _caused(httpx.RequestError, error, request)


@contextmanager
def failing(request: httpx.Request) -> Generator[None]:
    """Raise whatever goes wrong as a transport error of this request."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see `failure`
        broken = failure(error, request)
        raise broken from broken.__cause__


def is_about(error: httpx.RequestError, request: httpx.Request) -> bool:
    """Tell whether an error is about this request."""
    try:
        return error.request is request
    except RuntimeError:  # it names none
        return False


class Progress:
    """How far an exchange is, as httpcore traces it; other transports trace nothing.

    `hooked` says that hooks of the user's client see the response: what they raise looks like the transport's own.
    """

    def __init__(self, *, hooked: bool = False) -> None:
        self._hooked = hooked
        self._outer = sys.exception()  # what the caller is handling already: none of ours
        self._traced = self._connecting = self._sending = False

    def __call__(self, event: str, about: Mapping[str, object]) -> None:
        self._traced = True
        self._connecting = self._connecting or event == "connection.connect_tcp.started"
        if event.endswith("send_request_headers.started"):
            ours = getattr(about.get("request"), "method", None) != b"CONNECT"  # that one is for a proxy alone
            self._sending = self._sending or ours

    def late(self, request: httpx.Request) -> httpx.TimeoutException:
        """Describe an exchange whose time is up: before anything was sent, or after."""
        kind = httpx.ConnectTimeout if self._connecting and not self._sending else httpx.ReadTimeout
        return kind("the exchange took too long", request=request)

    def broken(self, error: Exception, request: httpx.Request) -> httpx.RequestError:
        """Return what went wrong, as an error that claims no more than what is proven, and shows no key.

        A connection that could not be made proves that nothing was sent, but not where something was sent before: by
        a transport that tries again by itself, or if a response hook raises what looks like it. What traces nothing
        is believed, unless there are such hooks: a transport of the user's own must not send twice.
        """
        found = failure(_cut(error, self._outer), request)
        if isinstance(found, NEVER_LEFT) and (self._sending or (self._hooked and not self._traced)):
            return _caused(httpx.ReadError, found, request)
        return found


def _caused(kind: type[httpx.RequestError], error: Exception, request: httpx.Request) -> httpx.RequestError:
    wrapped = kind(f"{type(error).__name__}: {error}", request=request)
    wrapped.__cause__ = error
    return wrapped


def _cut(error: Exception, outer: BaseException | None) -> Exception:
    """Cut from an error, and from all that it came from, the frames that hold the key: reports show their variables."""
    links: list[BaseException] = [error]
    for link in links:
        link.__traceback__ = _upper(link.__traceback__)
        sources = (link.__cause__, link.__context__)
        links += [each for each in sources if each is not None and each is not outer and each not in links]
    return error


def _upper(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback as far as no library handles plain bytes."""
    last, each = None, traceback
    while each is not None and each.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in CLEAR:
        last, each = each, each.tb_next
    if last is None:
        return None
    last.tb_next = None
    return traceback
