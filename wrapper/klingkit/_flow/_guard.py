"""Decide which addresses a download may connect to: no private one, unless the API itself is at one.

The URL of a video is data from outside, and so is each redirect: either may name a service of the network that this
process is in. This module holds the rule alone; the network modules apply it to the very addresses they connect to, so
that a name cannot mean one address when it is checked and another one later.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

__all__ = ["allowed_addresses", "is_metadata", "is_private", "is_public", "literal_addresses"]

NEAR: Final = tuple(
    map(
        ip_network,
        (
            *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"),
            *("0.0.0.0/32", "::/128", "::1/128", "fc00::/7"),
        ),
    )
)
"""Loopback and private networks: an emulator or a gateway of the user's may be there, and its videos with it."""

METADATA: Final = tuple(
    map(
        ip_network,
        (
            *("169.254.0.0/16", "168.63.129.16/32", "192.0.0.192/32", "100.100.100.200/32"),
            *("fd00:ec2::/32", "fd20:ce::254/128", "fe80::a9fe:a9fe/128"),
        ),
    )
)
"""Where clouds keep the credentials of a machine: refused also where private addresses are allowed."""

GLOBAL: Final = ip_network("2000::/3")
"""All of IPv6 that is given out for hosts of the internet."""

EMBEDDING: Final = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96")))
"""Networks of NAT64 and SIIT, whose addresses end with an IPv4 address."""


def literal_addresses(host: str) -> list[str]:
    """Return the address that a host name spells out, in any of its forms; empty if a resolver is needed."""
    host = host.rstrip(".").lower()
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
    """Return whether an address belongs to a host of the internet."""
    ip = _unwrapped(address)
    return not is_metadata(address) and ip.is_global and not ip.is_multicast and (ip.version == 4 or ip in GLOBAL)


def is_metadata(address: str) -> bool:
    """Return whether an address belongs to the metadata service of a cloud."""
    ip = _unwrapped(address)
    return any(ip in network for network in METADATA)


def allowed_addresses(addresses: Sequence[str], api_addresses: Sequence[str]) -> list[str]:
    """Return the addresses that a download may connect to, given those of the API's own host."""
    near = any(map(_is_near, api_addresses))
    own = set(map(_unwrapped, api_addresses))
    return [each for each in addresses if is_public(each) or _unwrapped(each) in own or (near and _is_near(each))]


def is_private(address: str) -> bool:
    """Return whether an address can be reached from within one network alone, as far as is known."""
    return _is_near(address) or _unwrapped(address).is_link_local


def _is_near(address: str) -> bool:
    ip = _unwrapped(address)
    return any(ip in network for network in NEAR) and not is_metadata(address)


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    """Parse an address; if it carries an IPv4 address to connect to, return that one."""
    ip = ip_address(address)
    if isinstance(ip, IPv4Address):
        return ip
    embedded = IPv4Address(ip.packed[-4:]) if any(ip in network for network in EMBEDDING) else None
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1] or embedded or ip
