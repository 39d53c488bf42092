"""Who may use the page and the paths that control the emulator; the APIs themselves are open to everybody.

A page of another site can make a browser on this machine ask anything of it. It can't ask under a name of this
machine's, nor add a header of its own.
"""

import re
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Message

from klingkit.emulator.journal._journal import App, Receive, Scope, Send

HEADER = "X-Klingkit-Emulator"

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::[0-9]{0,5})?")


class Gate:
    """The application: the page and the control paths behind a check, everything else as it is.

    Args:
        apis: answers all other paths.
        control: answers the page's and the control paths.
        hosts: names that it answers to beside this machine's own, as `hosts` reads them.
    """

    def __init__(self, apis: App, control: App, *, hosts: Collection[str]) -> None:
        self._apis = apis
        self._control = control
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        if scope["type"] != "http":
            return
        if not is_control(scope["path"]):
            await self._apis(scope, receive, send)
            return
        app = self._refusal(scope) or self._control
        await app(scope, receive, _guarded(send))

    def _refusal(self, scope: Scope) -> App | None:
        given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(given) != 1 or not self._knows(_name(given[0])):
            told = given[0] if given else "none"
            return PlainTextResponse(f"Host is {told}, must be this machine's or one that was allowed\n", 421)
        if scope["method"] in {"GET", "HEAD"}:
            return None
        if not any(name == HEADER.lower().encode() and value.strip() for name, value in scope["headers"]):
            return JSONResponse({"error": f"the header {HEADER} is missing; any value will do"}, 403)
        return None

    def _knows(self, host: str | None) -> bool:
        return host is not None and (host in self._hosts or is_loopback(host))


def _guarded(send: Send) -> Send:
    """An answer that a browser takes for what it says it is, and keeps no copy of unless it says so itself."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return guarded


async def _live(receive: Receive, send: Send) -> None:
    """Tell a server that there is nothing to begin with, or to end."""
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


def is_control(path: str) -> bool:
    """Whether this is a path of the page or the control paths."""
    return path in {"/", "/_emulator"} or path.startswith("/_emulator/")


def is_loopback(host: str) -> bool:
    """Whether this is a name or an address of the machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def hosts(option: str, given: Collection[str]) -> frozenset[str]:
    """Names and addresses as an option has them, in the form that the gate compares; a port is no part of them.

    Raises:
        ValueError: no Host header can ever be one of them; names it, and the option.
    """
    return frozenset(_allowed(option, one) for one in given)


def _allowed(option: str, given: str) -> str:
    try:
        return str(ip_address(given))  # an IPv6 address needs no brackets here
    except ValueError:
        name = _name(given)
    if name is None:
        raise ValueError(f"{option}: a host must be a name or an address, like box.example, is {given!r}")
    return name


def _name(host: str) -> str | None:
    """The name or address in a Host header, without its port; None: it is neither."""
    match = _HOST.fullmatch(host.lower())
    if match is None or match["name"]:
        return match and match["name"]
    try:
        return str(IPv6Address(match["six"]))
    except ValueError:
        return None
