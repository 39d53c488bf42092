"""The network of async clients: connections that keep to the guard of downloads, under asyncio and trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, NoReturn, TypeAlias

import anyio
import httpcore
import httpx

from klingkit._flow._effects import Fetch
from klingkit._flow._foreign import is_foreign, source_of
from klingkit._flow._guard import is_public
from klingkit._flow._network import allowed_or_raise, current_download, pool_of, transports
from klingkit._flow._resolver import resolved, start_resolving
from klingkit._flow._uncancelled import loop_caller

__all__ = ["Backend", "check_addresses", "install_backend"]

Connect: TypeAlias = Callable[[str], Awaitable[httpcore.AsyncNetworkStream]]

ATTEMPT_DELAY: Final = 0.25
"""Seconds before the next address of a host is tried as well, as RFC 8305 recommends."""


def install_backend(client: httpx.AsyncClient) -> None:
    """Make a client's connections keep to `guarded`."""
    for transport in transports(client):
        guard(transport)


def guard(transport: object) -> None:
    """Make a transport's connections keep to `guarded`; one that is not httpx's own is left as it is.

    So is one with a proxy, which resolves names itself.
    """
    pool = pool_of(transport)
    proxied = isinstance(pool, (httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy))
    if pool is not None and not proxied and not isinstance(pool._network_backend, Backend):  # noqa: SLF001 - httpx has no public place for it
        pool._network_backend = Backend(pool._network_backend)  # noqa: SLF001 - httpx has no public place for it


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
    found, over, call_in_loop = start_resolving(host), anyio.Event(), loop_caller()
    found.add_done_callback(lambda _: call_in_loop(over.set))
    await over.wait()
    return resolved(host, found)


async def _first_of(connect: Connect, addresses: Sequence[str]) -> httpcore.AsyncNetworkStream:
    """Connect to the first address that accepts, each tried a little after the one before it (RFC 8305)."""
    if len(addresses) == 1:
        return await connect(addresses[0])
    streams: list[httpcore.AsyncNetworkStream] = []
    problems: list[Exception] = []

    async def attempt(address: str, over: anyio.Event) -> None:
        try:
            streams.append(await connect(address))
            group.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001 - the last one is raised, if none accepts
            problems.append(error)
        finally:
            over.set()

    async with anyio.create_task_group() as group:
        for address in addresses:
            over = anyio.Event()
            group.start_soon(attempt, address, over)
            with anyio.move_on_after(ATTEMPT_DELAY):
                await over.wait()
    for late in streams[1:]:
        await late.aclose()
    return streams[0] if streams else _raise(problems)


def _raise(problems: Sequence[Exception]) -> NoReturn:
    foreign = [source_of(error) for error in problems if is_foreign(error)]
    raise foreign[0] if foreign else problems[-1]


class Backend(httpcore.AsyncNetworkBackend):
    """Connections that keep to `guarded`."""

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
        """Connect to the first address that accepts; a download, to the first allowed one."""

        async def connect(address: str) -> httpcore.AsyncNetworkStream:
            return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

        with anyio.move_on_after(timeout):
            addresses = await _addresses(host)
            return await _first_of(connect, addresses)
        raise httpcore.ConnectTimeout(f"{host}: no connection in time")

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
    found, download = await _resolve(host), current_download()
    return found if download is None else await check_addresses(download, found)
