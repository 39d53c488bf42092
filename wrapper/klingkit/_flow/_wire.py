"""What both drivers do to a request before it leaves and to an answer while it arrives."""

from __future__ import annotations

import functools
import json
import logging
import ssl
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx

from klingkit._auth import Auth
from klingkit._errors import ConfigurationError, KlingkitError

__all__ = [
    "FRESH",
    "UNREADABLE",
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

LIMIT: Final = 8 * 1024 * 1024
"""Bytes an answer may have, decoded: 200 KB of gzip can become 423 MiB."""

CONNECT: Final = 10.0
"""Seconds a connection may take to be made; its failure proves that nothing was sent."""

FRESH: Final = httpx.Limits(max_keepalive_connections=0)
"""Each request on a connection of its own: an idle one may be closing, and a paid request would be lost in it."""

UNREADABLE: Final = "klingkit.unreadable"
"""The response extension that says why a body was not kept."""


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


SHORTEST_SECRET: Final = 16
"""Characters from which on a key is blotted out where an answer echoes it: shorter ones occur by chance."""


def patience(timeout: float) -> dict[str, float | None]:
    """Return httpx's timeouts for one exchange; the driver bounds their sum.

    A connection gets a little less than all: then httpx gives it up by itself, and closes it.
    """
    return httpx.Timeout(timeout, connect=min(CONNECT, 0.9 * timeout)).as_dict()


OURS: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "transfer-encoding", "accept-encoding"}
)
"""Headers that nobody else sets."""


def extra_headers(headers: Mapping[str, str] | None) -> httpx.Headers:
    """Return what goes beside our own headers to the API.

    Raises:
        ConfigurationError: One of them is ours, or cannot be sent.
    """
    try:
        extra = httpx.Headers(headers)
        for name, value in extra.items():
            (name + value).encode("ascii")
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError("headers: names and values in ASCII") from error
    if taken := sorted(OURS & {name.lower() for name in extra}):
        raise ConfigurationError(f"headers: {', '.join(taken)} belong to klingkit")
    return extra


def authorize(request: httpx.Request, auth: Auth, extra: httpx.Headers, defaults: httpx.Headers) -> Secrets:
    """Add what the user wants sent, the defaults of the user's own client, then the key; return what to blot out.

    Raises:
        KlingkitError: What the authentication object raises itself.
        ConfigurationError: It gives no token, or none that can be sent.
    """
    request.headers.update(extra)
    for name, value in defaults.items():
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
    return name.lower() == "user-agent" and not value.startswith("python-httpx/")


def forget(request: httpx.Request) -> None:
    """Take the key off a request that is over: it hangs on responses and on errors."""
    request.headers.pop("Authorization", None)


def waiting_on(interruption: BaseException, seconds: float) -> BaseException:
    """Tell whoever interrupts a paid exchange why nothing seems to happen."""
    log.warning("interrupted; a paid request is under way, waiting for its end, %.0f s at most", seconds)
    return interruption


class Secrets:
    """What belongs to a key and is blotted out wherever an answer echoes it; it shows nothing of itself."""

    def __init__(self, *texts: str) -> None:
        long = {text for text in texts if len(text) >= SHORTEST_SECRET}
        self._texts = {form.encode() for text in long for form in (text, text.replace("/", r"\/"))}

    def __repr__(self) -> str:
        return "***"

    def blot(self, data: bytes) -> bytes:
        """Return the data without them."""
        for text in self._texts:
            data = data.replace(text, b"***")
        return data


TRANSFER: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers of an answer that no longer hold once it has been read."""


class Body:
    """Collects an answer, decoded and bounded; anything else becomes a reason not to read it."""

    def __init__(self, response: httpx.Response, secrets: Secrets) -> None:
        self._response = response
        self._secrets = secrets
        self._data = bytearray()
        self._reason = ""
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if response.is_stream_consumed:  # a mock's answer, whole and decoded
            encoding = "identity"
        self._inflate = zlib.decompressobj(wbits=47) if encoding in {"gzip", "deflate"} else None
        if self._inflate is None and encoding != "identity":
            self._reason = f"content encoding {encoding!r} was not asked for"

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; return whether more is wanted."""
        if self._reason:
            return False
        room = LIMIT + 1 - len(self._data)
        try:
            self._data += self._inflate.decompress(chunk, room) if self._inflate else chunk[:room]
        except zlib.error as error:
            self._reason = f"broken compression: {error}"
        if len(self._data) > LIMIT:
            self._reason = f"more than {LIMIT} bytes"
        return not (self._reason or (self._inflate and self._inflate.eof))

    def complete(self) -> bool:
        """Tell whether a body that was broken off is a whole JSON object all the same."""
        try:
            return isinstance(json.loads(self._data), dict)
        except (ValueError, RecursionError):
            return False

    def response(self) -> httpx.Response:
        """Return the answer, whole, without what described its transfer; an echoed key is blotted out."""
        if self._inflate and not self._inflate.eof and self._data:
            self._reason = self._reason or "compression ends early"
        raw = self._response.headers.raw
        headers = [(name, self._secrets.blot(value)) for name, value in raw if name.lower() not in TRANSFER]
        return httpx.Response(
            self._response.status_code,
            headers=headers,
            content=b"" if self._reason else self._secrets.blot(bytes(self._data)),
            request=self._response.request,
            extensions={UNREADABLE: self._reason},
        )
