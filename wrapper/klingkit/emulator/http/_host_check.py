"""Protection of the page and the control paths; the APIs themselves are open.

A page of another site can make a browser on this machine send any request to the emulator. It can't send one under
a name of this machine, nor with a header of its own. So the Host header is checked, and whatever changes something
needs a header.
"""

import re
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse

from klingkit.emulator.http._asgi import App, Message, Receive, Scope, Send

HEADER = "X-Klingkit-Emulator"

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::[0-9]{0,5})?")


class HostCheck:
    """ASGI application that passes control paths to `control` after a check, and all others to `apis`.

    Args:
        apis: serves all other paths.
        control: serves the page and the control paths.
        hosts: names that are allowed beside this machine's own, as `normalize_hosts` returns them.
    """

    def __init__(self, apis: App, control: App, *, hosts: Collection[str]) -> None:
        self._apis = apis
        self._control = control
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        if scope["type"] == "lifespan":
            await _confirm_lifespan(receive, send)
        if scope["type"] != "http":
            return
        if not is_control_path(scope["path"]):
            await self._apis(scope, receive, send)
            return
        app = self._rejection(scope) or self._control
        await app(scope, receive, _with_safe_headers(send))

    def _rejection(self, scope: Scope) -> App | None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or not self._is_allowed(_host_name(hosts[0])):
            host = hosts[0] if hosts else "none"
            return PlainTextResponse(f"Host is {host}, must be this machine's or one that was allowed\n", 421)
        if scope["method"] in {"GET", "HEAD"}:
            return None
        if not any(name == HEADER.lower().encode() and value.strip() for name, value in scope["headers"]):
            return JSONResponse({"error": f"the header {HEADER} is missing; any value will do"}, 403)
        return None

    def _is_allowed(self, host: str | None) -> bool:
        return host is not None and (host in self._hosts or is_loopback(host))


def _with_safe_headers(send: Send) -> Send:
    """Add headers that forbid browsers to guess the content type, and to cache unless the response allows it."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return with_headers


async def _confirm_lifespan(receive: Receive, send: Send) -> None:
    """Confirm startup and shutdown to the server; there is nothing to do for either."""
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


def is_control_path(path: str) -> bool:
    """Return whether this is a path of the page or a control path."""
    return path in {"/", "/_emulator"} or path.startswith("/_emulator/")


def is_loopback(host: str) -> bool:
    """Return whether this is a name or an address of the machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def normalize_hosts(option: str, hosts: Collection[str]) -> frozenset[str]:
    """Return names and addresses in the form in which Host headers are compared, without ports.

    Raises:
        ValueError: one can never be in a Host header; the error names the option and the value.
    """
    return frozenset(_normalized(option, host) for host in hosts)


def _normalized(option: str, host: str) -> str:
    try:
        return str(ip_address(host))  # an IPv6 address needs no brackets here
    except ValueError:
        name = _host_name(host)
    if name is None:
        raise ValueError(f"{option}: a host must be a name or an address, like box.example, is {host!r}")
    return name


def _host_name(host: str) -> str | None:
    """Return the name or address in a Host header, without its port; None if it is invalid."""
    match = _HOST.fullmatch(host.lower())
    if match is None or match["name"]:
        return match and match["name"]
    try:
        return str(IPv6Address(match["six"]))
    except ValueError:
        return None
