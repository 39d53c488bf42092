"""Who may use the page and the paths that control the emulator; the APIs themselves are open to everybody.

A page of another site can make a browser on this machine ask anything of it. It can't ask under a name of this
machine's, nor add a header of its own.
"""

from collections.abc import Collection
from ipaddress import ip_address

from starlette.responses import JSONResponse, PlainTextResponse

from klingkit.emulator._journal import App, Receive, Scope, Send

HEADER = "X-Klingkit-Emulator"


class Gate:
    """The application: the page and the control paths behind a check, everything else as it is.

    Args:
        apis: answers all other paths.
        control: answers the page's and the control paths.
        hosts: names that it answers to beside this machine's own.
    """

    def __init__(self, apis: App, control: App, *, hosts: Collection[str]) -> None:
        self._apis = apis
        self._control = control
        self._hosts = {_bare(host) for host in hosts}

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
        await app(scope, receive, send)

    def _refusal(self, scope: Scope) -> App | None:
        given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(given) != 1 or not self._knows(_bare(_without_port(given[0]))):
            told = given[0] if given else "none"
            return PlainTextResponse(f"Host is {told}, must be this machine's or one that was allowed\n", 421)
        if scope["method"] in {"GET", "HEAD"}:
            return None
        if not any(name == HEADER.lower().encode() and value.strip() for name, value in scope["headers"]):
            return JSONResponse({"error": f"the header {HEADER} is missing; any value will do"}, 403)
        return None

    def _knows(self, host: str) -> bool:
        return host in self._hosts or is_loopback(host)


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


def _without_port(host: str) -> str:
    """The name or address in a Host header."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _bare(host: str) -> str:
    return host.strip().lower().removesuffix(".")
