"""ASGI middleware before the APIs: it rejects what is not served, lets in pages of allowed origins, bounds bodies."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from klingkit.emulator.http._access import Access
from klingkit.emulator.http._asgi import MAX_BODY, App, Message, Receive, Scope, Send
from klingkit.emulator.http._classification import request_info

MAX_INCOMING = 6 * MAX_BODY  # bytes of all the bodies that are under way at once
LARGE = 65_536  # bytes of a body after which the connection is closed: the server's buffers keep their size
PREFLIGHT_SECONDS = "600"  # that a browser remembers the response to a preflight


class Guard:
    """Guards an application.

    Args:
        app: the application.
        access: who may send requests.
    """

    def __init__(self, app: App, access: Access) -> None:
        self._app = app
        self._access = access
        self._incoming = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        if origin := self._access.allowed_origin(scope):
            send = _readable_by(origin, send)
        shown = request_info(scope).operation == "media"
        if rejection := self._access.rejection(scope, at_address=True, shown=shown):
            await rejection(scope, receive, send)
        elif origin and scope["method"] == "OPTIONS":
            await _preflight(scope)(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def send_and_close(message: Message) -> None:
            if size > LARGE and message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        async def receive_bounded() -> Message:
            nonlocal size
            message = await receive()
            more = min(
                len(message.get("body", b"")), MAX_BODY - size
            )  # more than that, only uploads keep, and bound themselves
            if self._incoming + more > MAX_INCOMING:
                return {"type": "http.disconnect"}  # the body has ended early, as far as the application sees
            size += more
            self._incoming += more
            return message

        try:
            await self._app(scope, receive_bounded, send_and_close)
        finally:
            self._incoming -= size


def _preflight(scope: Scope) -> Response:
    """Return the response to a browser that wants to know what a page may send."""
    requested = Headers(raw=scope["headers"]).get("access-control-request-headers", "")
    headers = {
        "Access-Control-Allow-Methods": "GET, HEAD, POST",
        "Access-Control-Allow-Headers": requested,
        "Access-Control-Allow-Private-Network": "true",
        "Access-Control-Max-Age": PREFLIGHT_SECONDS,
    }
    return Response(status_code=204, headers=headers)


def _readable_by(origin: str, send: Send) -> Send:
    """Add the headers by which a browser lets the page of this origin read a response."""

    async def send_readable(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Range, ETag"
            headers.add_vary_header("Origin")
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_readable
