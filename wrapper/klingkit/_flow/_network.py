"""What the blocking and the async network backends share: settings of httpx clients, and the guard of downloads.

httpx has no public place for a network backend, and httpcore passes it nothing of a request but a host and a port. So
the backends are set in a client's connection pools, which a user's own client shares between API calls and downloads,
and a context variable says which download a connection is made for.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookiejar import CookieJar
from typing import Any, Final, TypeVar, cast

import httpx

from klingkit._errors import ConfigurationError
from klingkit._flow._effects import Fetch
from klingkit._flow._guard import allowed_addresses, is_metadata
from klingkit._fork import PerProcess

__all__ = [
    "NO_KEEPALIVE",
    "NoCookies",
    "PrivateAddress",
    "allowed_or_raise",
    "connection_pools",
    "current_download",
    "environment_errors",
    "first_process_only",
    "guarded",
    "ssl_context",
]

C = TypeVar("C")

NO_KEEPALIVE: Final = httpx.Limits(max_keepalive_connections=0)
"""Each request on a connection of its own: an idle one may be closing, and a paid request would be lost in it."""


class NoCookies(CookieJar):
    """A cookie jar that stores nothing: no API and no media host needs cookies, and a jar grows without end."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""


_DOWNLOAD: ContextVar[Fetch | None] = ContextVar("klingkit_download", default=None)


class PrivateAddress(httpx.ConnectError):
    """A download was not begun: its host is at a private address or a metadata service, and the API is not."""


@contextmanager
def guarded(download: Fetch) -> Generator[None]:
    """Guard every connection made inside the block."""
    token = _DOWNLOAD.set(download)
    try:
        yield
    finally:
        _DOWNLOAD.reset(token)


def current_download() -> Fetch | None:
    """Return the download that is about to connect; None for other requests."""
    return _DOWNLOAD.get()


def allowed_or_raise(download: Fetch, addresses: Sequence[str], api_addresses: Sequence[str]) -> list[str]:
    """Return the addresses that a download may connect to.

    Raises:
        PrivateAddress: There are none.
    """
    allowed = allowed_addresses(addresses, api_addresses)
    if not allowed:
        kind = "the address of a metadata service" if is_metadata(addresses[0]) else "a private address"
        reason = f"{addresses[0]} is {kind}, and the API itself is not at one"
        raise PrivateAddress(reason, request=download.request)
    return allowed


def connection_pools(client: httpx.Client | httpx.AsyncClient) -> Iterator[Any]:
    """Yield the httpcore pools of a client's transports; mocks, ASGI and WSGI transports have none."""
    internals = cast("Any", client)
    for transport in (internals._transport, *internals._mounts.values()):  # noqa: SLF001 - httpx has no public place for it
        pool = getattr(transport, "_pool", None)
        if pool is not None:
            yield pool


@contextmanager
def environment_errors() -> Generator[None]:
    """Turn what httpx raises about the environment's proxies or certificates into a ConfigurationError."""
    try:
        yield
    except (ValueError, ImportError, OSError) as error:
        raise ConfigurationError(f"httpx refuses the environment's proxies or certificates: {error}") from error


_SSL_CONTEXT: Final = PerProcess(httpx.create_ssl_context)


def ssl_context() -> ssl.SSLContext:
    """Return the one SSL context of the process: making it is most of what a client costs to make."""
    return _SSL_CONTEXT.get()


def first_process_only(client: C) -> Callable[[], C]:
    """Return a function that gives the user's own client to the process in which it is first called, and to no other.

    The client's connections cannot be replaced here: a child that used them would read its parent's responses.
    """
    given: list[C] = []

    def give() -> C:
        if given:
            raise ConfigurationError(
                "http: a client of your own cannot cross a fork, nothing was sent; make both in the child"
            )
        given.append(client)
        return client

    return give
