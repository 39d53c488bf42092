"""A total time limit for blocking exchanges, and the rule where they may connect (`_guard.py`).

httpx limits each read, not their sum: a server that sends a byte a second holds a call for ever. httpcore reads
through a network stream, and each read asks for its time limit anew; so wrapping the streams is enough.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator, Iterable, Sequence
from concurrent import futures
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from ssl import SSLContext
from time import monotonic as _clock
from typing import Any, cast

import httpcore
import httpx

from klingkit._flow._guard import admitted, guarding, is_public

__all__ = ["deadline", "in_time", "obey_deadlines", "permitted"]

_DEADLINE: ContextVar[float | None] = ContextVar("klingkit_deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """Bound every exchange inside the block, of clients that `obey_deadlines`, by one limit for all."""
    token = _DEADLINE.set(_clock() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def obey_deadlines(client: httpx.Client) -> None:
    """Make a client's connections respect `deadline` and `guarded`; without them they behave as before.

    httpx has no public place for a network backend, so this reaches into its transports, and leaves those that are
    not its own (mocks, ASGI and WSGI applications) as they are.
    """
    internals = cast("Any", client)
    for transport in (internals._transport, *internals._mounts.values()):  # noqa: SLF001 - httpx has no public place for it
        pool = getattr(transport, "_pool", None)
        if pool is not None and not isinstance(pool._network_backend, _Backend):  # noqa: SLF001 - httpx has no public place for it
            proxied = isinstance(pool, (httpcore.HTTPProxy, httpcore.SOCKSProxy))
            pool._network_backend = _Backend(pool._network_backend, guarded=not proxied)  # noqa: SLF001 - httpx has no public place for it


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """Return what is left of both limits.

    Raises:
        httpcore.TimeoutException: Nothing is left.
    """
    end = _DEADLINE.get()
    if end is None:
        return timeout
    left = end - _clock()
    if left <= 0:
        raise late("the exchange took too long")
    return left if timeout is None else min(timeout, left)


def in_time(request: httpx.Request) -> None:
    """Let a body end at the deadline also where the transport does not know of it.

    Raises:
        httpx.ReadTimeout: Nothing is left.
    """
    try:
        _left(None, httpcore.ReadTimeout)
    except httpcore.ReadTimeout as error:
        raise httpx.ReadTimeout(str(error), request=request) from error


def _addresses(host: str, port: int) -> list[str]:
    """Resolve a name, in time.

    Raises:
        httpcore.ConnectError: It has no address.
        httpcore.ConnectTimeout: The resolver took too long.
    """
    if _is_address(host):
        return [host]
    found: futures.Future[list[str]] = futures.Future()
    left = _left(None, httpcore.ConnectTimeout)
    threading.Thread(target=_resolve, args=(host, port, found), name="klingkit-resolve", daemon=True).start()
    futures.wait([found], left)
    if not found.done():
        raise httpcore.ConnectTimeout(f"{host}: its address was not found in time")
    try:
        return found.result()
    except (OSError, UnicodeError, OverflowError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from error


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _resolve(host: str, port: int, found: futures.Future[list[str]]) -> None:
    """Ask the system's resolver, which knows no time limit and heeds no interruption: in a thread to be left behind."""
    try:
        answer = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.set_result([str(address[0]) for *_, address in answer])
    except Exception as error:  # noqa: BLE001 - whoever waits judges it
        found.set_exception(error)


def permitted(found: Sequence[str]) -> Sequence[str]:
    """Return those addresses that may be connected to: all, outside of downloads.

    Raises:
        PrivateAddress: There are none.
    """
    effect = guarding()
    if effect is None or all(map(is_public, found)):
        return found
    try:
        at_home = _addresses(effect.home, 0) if effect.home else []
    except httpcore.ConnectError:
        at_home = []
    return admitted(effect, found, at_home)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, *, guarded: bool = True) -> None:
        self._inner = inner
        self._permitted = permitted if guarded else list[str]

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try the addresses of a host one after the other: httpcore would give each of them the whole time."""
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in [host] if _DEADLINE.get() is None else self._permitted(_addresses(host, port)):
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(self._inner.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
