"""What both drivers do to a request before it leaves; what they do to its answer is in `_body.py`."""

from __future__ import annotations

import functools
import logging
import re
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError, KlingkitError
from klingkit._flow._body import Body, Secrets

__all__ = [
    "FRESH",
    "Body",
    "Secrets",
    "authorize",
    "configuring",
    "extra_headers",
    "forget",
    "patience",
    "shared_ssl",
    "waiting_on",
]

log = logging.getLogger("klingkit")

CONNECT: Final = 10.0
"""Seconds a connection may take to be made; its failure proves that nothing was sent."""

FRESH: Final = httpx.Limits(max_keepalive_connections=0)
"""Each request on a connection of its own: an idle one may be closing, and a paid request would be lost in it."""


@contextmanager
def configuring() -> Generator[None]:
    """Say of the environment's settings (proxies, certificates) that they are no good, where httpx refuses them."""
    try:
        yield
    except (ValueError, ImportError, OSError) as error:
        raise ConfigurationError(f"httpx refuses the environment's proxies or certificates: {error}") from error


@functools.cache
def shared_ssl() -> ssl.SSLContext:
    """Make the one SSL context of the process: it is nearly all of what a client costs to make."""
    return httpx.create_ssl_context()


def patience(timeout: float) -> dict[str, float | None]:
    """Return httpx's timeouts for one exchange; the driver bounds their sum.

    A connection gets a little less than all: then httpx gives it up by itself, and closes it.
    """
    return httpx.Timeout(timeout, connect=min(CONNECT, 0.9 * timeout)).as_dict()


OURS: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding", "accept-encoding"}
)
"""Headers that nobody else sets."""


_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, 5.6.2."""

_VALUE: Final = re.compile(rb"(?:[!-~](?:[\t -~]*[!-~])?)?")
"""A field value of RFC 9110, 5.5, in ASCII."""


def extra_headers(headers: Mapping[str, str] | None) -> httpx.Headers:
    """Return what goes beside our own headers to the API.

    Raises:
        ConfigurationError: One of them is ours, or cannot be sent.
    """
    try:
        extra = httpx.Headers(headers, "utf-8")
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError("headers: names and values in ASCII") from error
    _check_headers("headers", extra)
    if taken := sorted(OURS & {name.lower() for name in extra}):
        raise ConfigurationError(f"headers: {', '.join(taken)} belong to klingkit")
    return extra


def _check_headers(where: str, headers: httpx.Headers) -> None:
    """Refuse what HTTP libraries refuse only while they send, where a paid request becomes an uncertain one."""
    for name, value in headers.raw:
        shown = repr(name.decode("utf-8", "replace"))
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"{where}: {shown} is no name that a header can have; nothing was sent")
        if not _VALUE.fullmatch(value):  # it may be a secret
            raise ConfigurationError(f"{where}: {shown} has a value that no header can carry; nothing was sent")


def authorize(request: httpx.Request, auth: Auth, extra: httpx.Headers, defaults: httpx.Headers) -> Secrets:
    """Add what the user wants sent, the defaults of the user's own client, then the key; return what to blot out.

    Raises:
        KlingkitError: What the authentication object raises itself.
        ConfigurationError: It gives no token, or none that can be sent; or one of the defaults cannot be.
    """
    request.headers.update(extra)
    merged = httpx.Headers([(name, value) for name, value in defaults.raw if name.lower() != b"authorization"])
    _check_headers("the headers of your own client", merged)
    for name, value in merged.items():
        if name not in request.headers or _chosen_agent(name, value):
            request.headers[name] = value
    try:
        secrets, authorization = _asked(auth)
    except KlingkitError:
        raise
    except Exception as error:
        reason = f"the authentication gives no token ({type(error).__name__}); nothing was sent"
        raise ConfigurationError(reason) from error
    if authorization is None:
        raise ConfigurationError("the authentication gives a token that no header can carry; nothing was sent")
    request.headers["Authorization"] = authorization
    return secrets


def _asked(auth: Auth) -> tuple[Secrets, str | None]:
    """Ask for the token: in a frame of its own, for those that raise are kept, with all their variables."""
    token: object = auth.token()
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        return Secrets(), None
    if not (token.isascii() and token.isprintable()) or token != token.strip():
        return Secrets(), None
    return Secrets(token, *getattr(auth, "secrets", ())), f"Bearer {token}"


def _chosen_agent(name: str, value: str) -> bool:
    return name == "user-agent" and not value.startswith("python-httpx/")


def forget(request: httpx.Request) -> None:
    """Take the key off a request that is over: it hangs on responses and on errors."""
    request.headers.pop("Authorization", None)


def waiting_on(interruption: BaseException, seconds: float) -> BaseException:
    """Tell whoever interrupts a paid exchange why nothing seems to happen."""
    log.warning("interrupted; a paid request is under way, waiting for its end, %.0f s at most", seconds)
    return interruption
