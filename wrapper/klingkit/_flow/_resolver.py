"""Resolve names in threads that can be left behind: the system's resolver has no time limit and no interruption.

Nor is such a thread joined when an event loop ends, as asyncio's own ones are; `asyncio.run` would wait for them.
"""

from __future__ import annotations

import socket
import threading
from concurrent import futures
from ipaddress import ip_address

import httpcore

__all__ = ["is_address", "resolved", "start_resolving"]


def start_resolving(host: str) -> futures.Future[list[str]]:
    """Begin to resolve a name; the address that a host spells out is found at once."""
    found: futures.Future[list[str]] = futures.Future()
    if is_address(host):
        found.set_result([host])
    else:
        threading.Thread(target=_ask_resolver, args=(host, found), name="klingkit-resolve", daemon=True).start()
    return found


def resolved(host: str, found: futures.Future[list[str]]) -> list[str]:
    """Return the addresses that were found, the preferred one first.

    Raises:
        httpcore.ConnectError: There is none.
    """
    try:
        return found.result()
    except (OSError, UnicodeError, OverflowError) as error:
        raise httpcore.ConnectError(f"{host}: {error}") from error


def is_address(host: str) -> bool:
    """Return whether a host name is an address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _ask_resolver(host: str, found: futures.Future[list[str]]) -> None:
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        found.set_result([str(address[0]) for *_, address in infos])
    except Exception as error:  # noqa: BLE001 - the waiting thread judges it
        found.set_exception(error)
