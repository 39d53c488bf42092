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
from types import FunctionType
from typing import Any, Final, TypeVar, cast

import httpx

from klingkit._errors import ConfigurationError
from klingkit._flow._bound import Bound
from klingkit._flow._effects import Fetch
from klingkit._flow._guard import allowed_addresses, is_metadata
from klingkit._fork import PerProcess

__all__ = [
    "CONCURRENCY",
    "MIN_TIMEOUT",
    "PROXY",
    "NoCookies",
    "PrivateAddress",
    "allowed_or_raise",
    "current_download",
    "destination",
    "environment_errors",
    "first_process_only",
    "guarded",
    "is_as_shipped",
    "pool_of",
    "proxy_of",
    "queue_timeout",
    "ssl_context",
    "through",
    "transports",
    "wrong_client",
]

C = TypeVar("C")

CONCURRENCY: Final = 100
"""Requests of one client at once that cost nothing, and as many downloads: servers limit the number of connections."""

MIN_TIMEOUT: Final = 0.001
"""Seconds that an exchange has at least whose turn came at the last moment."""

PROXY: Final = "klingkit.proxy"
"""The request extension with the proxy that a request goes through."""


class NoCookies(CookieJar):
    """A cookie jar that stores nothing: no API and no media host needs cookies, and a jar grows without end."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of a response."""


_DOWNLOAD: ContextVar[Fetch | None] = ContextVar("klingkit_download", default=None)


class PrivateAddress(httpx.ConnectError):
    """A download was not begun: its host is at a private address or a metadata service, and the API is not."""


def guarded(download: Fetch) -> Bound[Fetch | None]:
    """Guard every connection made inside a block."""
    return Bound(_DOWNLOAD, download)


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


def transports(client: httpx.Client | httpx.AsyncClient) -> Iterator[object]:
    """Yield what a client sends through: its transport, and those of proxies and other mounts."""
    internals = cast("Any", client)
    yield internals._transport  # noqa: SLF001 - httpx has no public place for it
    yield from internals._mounts.values()  # noqa: SLF001 - httpx has no public place for it


def pool_of(transport: object) -> Any:
    """Return the httpcore pool of a transport; None for mocks, ASGI and WSGI transports, and those of others."""
    return getattr(transport, "_pool", None)


def queue_timeout(request: httpx.Request) -> httpx.PoolTimeout:
    """Return the error of a request that other requests of its client kept from being sent in time."""
    return httpx.PoolTimeout("too many other requests of this client", request=request)


def wrong_client(kind: type[httpx.Client | httpx.AsyncClient], given: object) -> str:
    """Return why an object is no client to send with: another kind, or another library's."""
    library = type(given).__module__.partition(".")[0]
    text = f"http: an httpx.{kind.__name__}, not {library}.{type(given).__qualname__}"
    if isinstance(given, httpx.Client | httpx.AsyncClient):
        return f"{text}; klingkit.{type(given).__name__} takes that"
    return f"{text}; call httpx2.alias_httpx() before anything imports httpx" if library == "httpx2" else text


def proxy_of(client: httpx.Client | httpx.AsyncClient, url: httpx.URL) -> str | None:
    """Return host and port of the proxy that a client sends a request through, without its password; None: none."""
    transport = cast("Any", client)._transport_for_url(url)  # noqa: SLF001 - httpx has no public place for it
    proxy = getattr(pool_of(transport), "_proxy_url", None)
    return f"{proxy.host.decode()}:{proxy.port}" if proxy is not None else None


def is_as_shipped(kind: type, *names: str) -> bool:
    """Return whether a class has these methods as it came: recorders, mocks and instrumentation replace them."""
    home = cast("FunctionType", vars(kind)["__init__"]).__code__.co_filename
    methods = (getattr(kind, name, None) for name in names)
    return all(isinstance(each, FunctionType) and each.__code__.co_filename == home for each in methods)


def destination(outcome: httpx.RequestError | httpx.Response) -> str:
    """Return where a request went, as ", at <host> through the proxy <host>"; empty if nothing says so."""
    try:
        host = outcome.request.url.netloc.decode("ascii")
    except RuntimeError:
        return ""
    return f", at {host}{through(outcome)}"


def through(outcome: httpx.RequestError | httpx.Response) -> str:
    """Return " through the proxy <host>" if a request went through one, else an empty string."""
    try:
        proxy = outcome.request.extensions.get(PROXY)
    except RuntimeError:
        return ""
    return f" through the proxy {proxy}" if proxy else ""


@contextmanager
def environment_errors() -> Generator[None]:
    """Turn what httpx raises about the environment's proxies or certificates into a ConfigurationError."""
    try:
        yield
    except (ValueError, ImportError, OSError, httpx.InvalidURL) as error:
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
