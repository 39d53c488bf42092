"""Where a download may connect: to no private address, unless the API itself is at one.

The URL of a video is data from outside, and so is each redirect: either may name a service of the network that this
process is in. The rule is held where httpcore connects, on the very address it connects to, so that a name cannot mean
one address when it is checked and another one later; TLS goes on verifying the name. Proxies resolve names themselves,
and transports that are not httpx's own may do anything: of those, addresses written in the URL are checked alone.
"""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final, cast

import anyio
import httpcore
import httpx

from klingkit._flow._effects import Fetch

__all__ = ["PrivateAddress", "admitted", "guard", "guarded", "guarding", "is_public", "named", "permitted"]

NEAR: Final = tuple(
    map(
        ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"),
            *("0.0.0.0/32", "::/128", "::1/128", "fc00::/7"),
        ),
    )
)
"""Loopback and private networks: where an emulator or a gateway of one's own may be, and its videos with it."""

GLOBAL: Final = ip_network("2000::/3")
"""All of IPv6 that is given out for hosts of the internet."""

NAT64: Final = ip_network("64:ff9b::/96")

_FETCH: ContextVar[Fetch | None] = ContextVar("klingkit_fetch", default=None)


class PrivateAddress(httpx.ConnectError):
    """A download was not begun: its host is at a private address, and the API is not."""


@contextmanager
def guarded(effect: Fetch) -> Generator[None]:
    """Guard every connection made inside the block."""
    token = _FETCH.set(effect)
    try:
        yield
    finally:
        _FETCH.reset(token)


def guarding() -> Fetch | None:
    """Return the download that is about to connect, if it is one."""
    return _FETCH.get()


def named(url: httpx.URL) -> list[str]:
    """Return the address that a URL names without help of a resolver, in whichever of its forms; else nothing."""
    host = url.raw_host.decode().rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    try:
        return [str(IPv4Address(socket.inet_aton(host)))]  # 127.1, 0x7f.1, 2130706433: resolvers take them all
    except OSError:
        return []


def is_public(address: str) -> bool:
    """Tell whether an address belongs to a host of the internet."""
    ip = _unwrapped(address)
    return ip.is_global and not ip.is_multicast and (ip.version == 4 or ip in GLOBAL)


def admitted(effect: Fetch, found: Sequence[str], at_home: Sequence[str]) -> list[str]:
    """Return those addresses that a download may connect to; `at_home` are the API's own.

    Raises:
        PrivateAddress: There are none.
    """
    near = any(map(_is_near, at_home))
    allowed = [each for each in found if is_public(each) or each in at_home or (near and _is_near(each))]
    if not allowed:
        reason = f"{found[0]} is a private address, and the API itself is not at one"
        raise PrivateAddress(reason, request=effect.request)
    return allowed


def _is_near(address: str) -> bool:
    ip = _unwrapped(address)
    return any(ip in network for network in NEAR)


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    """Read an address; where it carries an IPv4 address to connect to, that one."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip
    translated = IPv4Address(ip.packed[-4:]) if ip in NAT64 else None
    return ip.ipv4_mapped or ip.sixtofour or translated or ip


async def permitted(found: Sequence[str]) -> Sequence[str]:
    """Return those addresses that may be connected to: all, outside of downloads.

    Raises:
        PrivateAddress: There are none.
    """
    effect = guarding()
    if effect is None or all(map(is_public, found)):
        return found
    try:
        at_home = await _addresses(effect.home) if effect.home else []
    except httpcore.ConnectError:
        at_home = []
    return admitted(effect, found, at_home)


async def _addresses(host: str) -> list[str]:
    try:
        found = await anyio.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from error
    return [address[0] for *_, address in found]


def guard(client: httpx.AsyncClient) -> None:
    """Hold the rule in a client's connections; `obey_deadlines` does it for blocking ones."""
    internals = cast("Any", client)
    for transport in (internals._transport, *internals._mounts.values()):  # noqa: SLF001 - httpx has no public place
        pool = getattr(transport, "_pool", None)
        if pool is None or isinstance(pool, (httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)):
            continue
        if not isinstance(pool._network_backend, _Backend):  # noqa: SLF001 - httpx has no public place for it
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 - httpx has no public place for it


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
        """Connect to the first allowed address that answers; outside of downloads, as before."""
        problem: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in [host] if guarding() is None else await permitted(await _addresses(host)):
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
