"""Protection of the page and the control paths.

Beside the check of Host and origin, whatever changes something needs a header, which no page of another site can send.
"""

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse

from klingkit.emulator.http._access import READING, Access
from klingkit.emulator.http._asgi import App, Message, Receive, Scope, Send

HEADER = "X-Klingkit-Emulator"


class HostCheck:
    """ASGI application that passes control paths to `control` after a check, and all others to `apis`.

    Args:
        apis: serves all other paths, and checks them itself.
        control: serves the page and the control paths.
        access: who may send requests.
    """

    def __init__(self, apis: App, control: App, *, access: Access) -> None:
        self._apis = apis
        self._control = control
        self._access = access

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
        if rejection := self._access.rejection(scope):
            return rejection
        if scope["method"] in READING:
            return None
        if not any(name == HEADER.lower().encode() and value.strip() for name, value in scope["headers"]):
            return JSONResponse({"error": f"the header {HEADER} is missing; any value will do"}, 403)
        return None


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
