"""The network of async clients: connections that keep to the guard of downloads, under asyncio and trio."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import Any

import anyio
import httpcore
import httpx

from klingkit._flow._effects import Fetch
from klingkit._flow._guard import is_public
from klingkit._flow._network import allowed_or_raise, connection_pools, current_download

__all__ = ["check_addresses", "install_backend"]


def install_backend(client: httpx.AsyncClient) -> None:
    """Make a client's connections keep to `guarded`; proxies resolve names themselves and are left as they are."""
    for pool in connection_pools(client):
        proxied = isinstance(pool, (httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy))
        if not proxied and not isinstance(pool._network_backend, _Backend):  # noqa: SLF001 - httpx has no public place for it
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 - httpx has no public place for it


async def check_addresses(download: Fetch, addresses: Sequence[str]) -> Sequence[str]:
    """Return those addresses that a download may connect to.

    Raises:
        PrivateAddress: There are none.
    """
    if all(map(is_public, addresses)):
        return addresses
    try:
        api_addresses = await _resolve(download.home) if download.home else []
    except httpcore.ConnectError:
        api_addresses = []
    return allowed_or_raise(download, addresses, api_addresses)


async def _resolve(host: str) -> list[str]:
    try:
        found = await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from error
    return [address[0] for *_, address in found]


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first allowed address that accepts; outside of downloads, as before."""
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await _addresses(host):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return await self._inner.connect_unix_socket(path, timeout, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def _addresses(host: str) -> Sequence[str]:
    download = current_download()
    return [host] if download is None else await check_addresses(download, await _resolve(host))
