"""Turn what breaks an exchange into a transport error that claims no more than is proven, and shows no key."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

import httpx

from klingkit._flow._foreign import is_foreign, raised_by_handler, source_of
from klingkit._flow._redaction import Secrets

__all__ = ["INTERRUPTION", "NEVER_LEFT", "ClientClosed", "ExchangeProgress", "TransportErrors", "is_about"]

NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Transport errors which prove that no byte of a request was sent, if it was sent only once."""

INTERRUPTION: Final = "klingkit.interruption"
"""The request extension with the exception of a signal handler that broke a paid exchange."""


class ClientClosed(httpx.ConnectError):
    """The client was closed before anything was sent: another try does not help."""


MAX_WORDS: Final = 100
"""Characters kept of what a library says of a response that is no HTTP."""

KEY_HANDLING: Final = frozenset({"anyio", "asyncio", "h11", "h2", "httpcore", "httpcore2", "ssl", "trio"})
"""Packages whose frames hold a request's headers as plain bytes, the key among them."""


def _as_transport_error(error: Exception, request: httpx.Request) -> httpx.RequestError:
    """Return an exception as a transport error of this request: a user's own transport may raise anything.

    An error of another request, made by a hook of the user's client, proves nothing about this one.
    """
    if isinstance(error, httpx.RequestError) and is_about(error, request):
        return error
    return _wrapped(httpx.RequestError, error, request)


class TransportErrors:
    """Raises the exceptions of a block as transport errors of this request, but for foreign ones.

    `all_are_about_it`: the block reads the body of its response.
    """

    __slots__ = ("_all_are_about_it", "_request")

    def __init__(self, request: httpx.Request, *, all_are_about_it: bool = False) -> None:
        self._request = request
        self._all_are_about_it = all_are_about_it

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if not isinstance(error, Exception):
            return
        if is_foreign(error):
            raise source_of(error)
        if self._all_are_about_it and isinstance(error, httpx.RequestError):
            error.request = self._request
        broken = _as_transport_error(error, self._request)
        raise broken from broken.__cause__


def is_about(error: httpx.RequestError, request: httpx.Request) -> bool:
    """Return whether an error is about this request."""
    try:
        return error.request is request
    except RuntimeError:  # it names none
        return False


class ExchangeProgress:
    """Records how far an exchange got, as a trace function of httpcore; other transports trace nothing.

    `secrets` are redacted in errors. `hooked`: the user's client has response hooks; what they raise looks like the
    transport's own errors.
    """

    def __init__(self, secrets: Secrets | None = None, *, hooked: bool = False) -> None:
        self._secrets = secrets or Secrets()
        self._hooked = hooked
        self._outer = sys.exception()  # handled by the caller already: not part of this exchange
        self._traced = self._connecting = self._sending = False

    def __call__(self, event: str, info: Mapping[str, object]) -> None:
        self._traced = True
        self._connecting = self._connecting or event == "connection.connect_tcp.started"
        if event.endswith("send_request_headers.started"):
            ours = getattr(info.get("request"), "method", None) != b"CONNECT"  # that one is for a proxy alone
            self._sending = self._sending or ours

    def timeout_error(self, request: httpx.Request) -> httpx.TimeoutException:
        """Return the error of an exchange whose time is up, by whether anything was sent."""
        kind = httpx.ConnectTimeout if self._connecting and not self._sending else httpx.ReadTimeout
        return kind("the exchange took too long", request=request)

    def error(self, error: Exception, request: httpx.Request) -> httpx.RequestError:
        """Return an exception as an error that claims no more than is proven, and shows no key.

        A connection that could not be made proves that nothing was sent, unless something was sent before it: by a
        transport that retries by itself, or if a response hook raises such an error. A transport that traces nothing
        is believed, unless there are such hooks: a user's own transport must not send twice.
        """
        if raised_by_handler(source := source_of(error)):
            request.extensions = {**request.extensions, INTERRUPTION: source}
        found = _as_transport_error(self._without_key(error), request)
        if isinstance(found, httpx.ProtocolError):
            found = type(found)(_own_words(found), request=request)
        if isinstance(found, NEVER_LEFT) and (self._sending or (self._hooked and not self._traced)):
            return _wrapped(httpx.ReadError, found, request)
        return found

    def foreign(self, error: Exception) -> BaseException | None:
        """Return the exception to raise if an error does not belong to the exchange, without frames that show the key.

        Such are those of signal handlers, also where httpcore has taken them for the network's own.
        """
        if not is_foreign(error):
            return None
        source = source_of(error)
        self._without_key(error)
        return source

    def _without_key(self, error: Exception) -> Exception:
        """Cut the frames that hold the key from an error and its causes, and redact what they say.

        Error reports show the variables of frames; libraries quote what a server sent.
        """
        links: list[BaseException] = [error]
        for link in links:
            link.__traceback__ = _cut(link.__traceback__)
            _redact(link, self._secrets)
            sources = (link.__cause__, link.__context__)
            links += [each for each in sources if each is not None and each is not self._outer and each not in links]
        return error


def _wrapped(kind: type[httpx.RequestError], error: Exception, request: httpx.Request) -> httpx.RequestError:
    wrapped = kind(f"{type(error).__name__}: {error}", request=request)
    wrapped.__cause__ = error
    return wrapped


def _own_words(error: httpx.ProtocolError) -> str:
    """Return what a server did wrong, without the bytes that h11 quotes: they may be, or hold half of, the key."""
    return re.split("[^a-zA-Z0-9 .,-]", str(error), maxsplit=1)[0].strip()[:MAX_WORDS]


def _redact(error: BaseException, secrets: Secrets) -> None:
    error.args = tuple(_redacted(value, secrets) for value in error.args)
    for name, value in vars(error).items():
        if name == "__notes__":
            error.__notes__ = [_redacted(note, secrets) for note in value]
        elif isinstance(value, (str, bytes)):
            setattr(error, name, _redacted(value, secrets))


def _redacted(value: Any, secrets: Secrets) -> Any:
    """Return a value, or its text without the secrets if it shows any."""
    shown = repr(value)
    return value if secrets.redact_text(shown) == shown else secrets.redact_text(str(value))


def _cut(traceback: TracebackType | None) -> TracebackType | None:
    """Return a traceback up to the first library that handles plain bytes."""
    last, each = None, traceback
    while each is not None and each.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in KEY_HANDLING:
        last, each = each, each.tb_next
    if last is None:
        return None
    last.tb_next = None
    return traceback
