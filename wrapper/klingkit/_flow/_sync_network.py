"""The network of blocking clients: how connections are made, read and written.

They obey the total time limit of an exchange (`_deadline.deadline`), and connect a download to allowed addresses alone
(`_network.guarded`). httpcore reads and writes through a network stream, and passes a time limit each time; wrapping
the streams is enough to hold a limit over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent import futures
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from klingkit._flow._deadline import has_deadline, time_left
from klingkit._flow._effects import Fetch
from klingkit._flow._foreign import unwrapped
from klingkit._flow._guard import is_public
from klingkit._flow._network import allowed_or_raise, current_download, pool_of, transports
from klingkit._flow._resolver import is_address, resolved, start_resolving

__all__ = ["Backend", "check_addresses", "install_backend"]


def install_backend(client: httpx.Client) -> None:
    """Make a client's connections keep to `deadline` and `guarded`; outside of both they behave as before."""
    for transport in transports(client):
        guard(transport)


def guard(transport: object) -> None:
    """Make a transport's connections keep to both; one that is not httpx's own is left as it is.

    Proxies resolve names themselves: a proxied connection keeps to the deadline alone.
    """
    pool = pool_of(transport)
    if pool is not None and not isinstance(pool._network_backend, Backend):  # noqa: SLF001 - httpx has no public place for it
        proxied = isinstance(pool, (httpcore.HTTPProxy, httpcore.SOCKSProxy))
        pool._network_backend = Backend(pool._network_backend, guarded=not proxied)  # noqa: SLF001 - httpx has no public place for it


def check_addresses(download: Fetch, addresses: Sequence[str]) -> Sequence[str]:
    """Return those addresses that a download may connect to.

    Raises:
        PrivateAddress: There are none.
    """
    if all(map(is_public, addresses)):
        return addresses
    try:
        api_addresses = _resolve(download.home) if download.home else []
    except httpcore.ConnectError:
        api_addresses = []
    return allowed_or_raise(download, addresses, api_addresses)


def _resolve(host: str) -> list[str]:
    """Resolve a name before the deadline.

    Raises:
        httpcore.ConnectError: It has no address.
        httpcore.ConnectTimeout: The resolver took too long.
    """
    if is_address(host):
        return [host]
    left = time_left(None, httpcore.ConnectTimeout)
    found = start_resolving(host)
    futures.wait([found], left)
    if not found.done():
        raise httpcore.ConnectTimeout(f"{host}: its address was not found in time")
    return resolved(host, found)


class Backend(httpcore.NetworkBackend):
    """Connections that keep to `deadline` and `guarded`."""

    def __init__(self, inner: httpcore.NetworkBackend, *, guarded: bool = True) -> None:
        self._inner = inner
        self._guarded = guarded

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
        for address in self._addresses(host):
            left = time_left(timeout, httpcore.ConnectTimeout)
            try:
                with unwrapped:
                    return _Stream(self._inner.connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    def _addresses(self, host: str) -> Sequence[str]:
        if not has_deadline():
            return [host]
        found, download = _resolve(host), current_download()
        return check_addresses(download, found) if download is not None and self._guarded else found

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = time_left(timeout, httpcore.ConnectTimeout)
        with unwrapped:
            return _Stream(self._inner.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with unwrapped:
            return self._inner.read(max_bytes, time_left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with unwrapped:
            self._inner.write(buffer, time_left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout = time_left(timeout, httpcore.ConnectTimeout)
        with unwrapped:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
