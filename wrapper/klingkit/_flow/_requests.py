"""Prepare requests for sending: time limits, headers, the key. Their responses are read in `_body.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import httpx

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError, KlingkitError
from klingkit._flow._foreign import raised_by_handler
from klingkit._flow._redaction import Secrets

__all__ = ["STALL_LIMITS", "authorize", "drop_key", "extra_headers", "httpx_timeouts"]

CONNECT_TIMEOUT: Final = 10.0
"""Seconds that making a connection may take; its failure proves that nothing was sent."""

STALL_LIMITS: Final = "klingkit.stall-limits"
"""The extension of a request with shorter timeouts for each write and each read."""


def httpx_timeouts(timeout: float) -> dict[str, float | None]:
    """Return httpx's timeouts for one exchange of `timeout` seconds; the driver bounds their sum.

    Connecting gets a little less than all of it: then httpx gives up by itself, and closes the connection.
    """
    return {"connect": min(CONNECT_TIMEOUT, 0.9 * timeout), "read": timeout, "write": timeout, "pool": timeout}


RESERVED: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding", "accept-encoding"}
)
"""Headers that klingkit alone sets."""

_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, 5.6.2."""

_VALUE: Final = re.compile(rb"(?:[!-~](?:[\t -~]*[!-~])?)?")
"""A field value of RFC 9110, 5.5, in ASCII."""


def extra_headers(headers: Mapping[str, str] | None) -> httpx.Headers:
    """Return the user's extra headers for the API, checked.

    Raises:
        ConfigurationError: One of them is reserved for klingkit, or cannot be sent.
    """
    try:
        extra = httpx.Headers(headers, "utf-8")
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError("headers: names and values in ASCII") from error
    _check_headers("headers", extra)
    if taken := sorted(RESERVED & {name.lower() for name in extra}):
        raise ConfigurationError(f"headers: {', '.join(taken)} belong to klingkit")
    return extra


def _check_headers(where: str, headers: httpx.Headers) -> None:
    """Refuse what HTTP libraries refuse only while they send, when a paid request would become uncertain."""
    for name, value in headers.raw:
        label = repr(name.decode("utf-8", "replace"))
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"{where}: {label} is not a valid header name; nothing was sent")
        if not _VALUE.fullmatch(value):  # it may be a secret
            raise ConfigurationError(f"{where}: {label} has a value that is not valid in a header; nothing was sent")


def authorize(request: httpx.Request, auth: Auth, extra: httpx.Headers, defaults: httpx.Headers) -> Secrets:
    """Add the extra headers, the default headers of the user's own client, then the key.

    Returns:
        The secrets to redact in the response.

    Raises:
        KlingkitError: Raised by the authentication object itself.
        ConfigurationError: It gives no token, or none that can be sent; or a default header cannot be sent.
    """
    if extra:
        request.headers.update(extra)
    if defaults:
        _merge(request, defaults)
    try:
        secrets, authorization = _authorization(auth)
    except KlingkitError:
        raise
    except Exception as error:
        if raised_by_handler(error):
            raise
        reason = f"the authentication gives no token ({type(error).__name__}); nothing was sent"
        raise ConfigurationError(reason) from error
    if authorization is None:
        raise ConfigurationError("the authentication gives a token that is not valid in a header; nothing was sent")
    request.headers["Authorization"] = authorization
    return secrets


def _merge(request: httpx.Request, defaults: httpx.Headers) -> None:
    merged = httpx.Headers([(name, value) for name, value in defaults.raw if name.lower() != b"authorization"])
    _check_headers("the headers of your own client", merged)
    for name, value in merged.items():
        if name not in request.headers or _is_custom_agent(name, value):
            request.headers[name] = value


def _authorization(auth: Auth) -> tuple[Secrets, str | None]:
    """Get the token in a frame of its own: frames that raise are kept, with all their variables."""
    token: object = auth.token()
    if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        return Secrets(), None
    if not (token.isascii() and token.isprintable()) or token != token.strip():
        return Secrets(), None
    return Secrets(token, *getattr(auth, "secrets", ())), f"Bearer {token}"


def _is_custom_agent(name: str, value: str) -> bool:
    return name == "user-agent" and not value.startswith("python-httpx/")


def drop_key(request: httpx.Request) -> None:
    """Remove the key from a request that has ended: responses and errors refer to the request."""
    if "Authorization" in request.headers:
        del request.headers["Authorization"]
