"""One request to an ASGI application, in a task of its own."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import anyio
import httpx
from anyio.lowlevel import checkpoint

__all__ = ["Call", "scope_of"]


class Call:
    """What an application does about a request: it may go on after its answer, or when nobody waits for it any more.

    Attributes:
        scope: Cancels it.
        unheard: What it has raised after its answer, when nobody listened any more.
    """

    def __init__(self, app: Any, about: dict[str, Any], content: bytes) -> None:
        self.scope = anyio.CancelScope()
        self.unheard: BaseException | None = None
        self._app, self._about, self._content = app, about, [content]
        self._said, self._heard = anyio.create_memory_object_stream[Any](math.inf)
        self._left = anyio.Event()
        self._answered = False

    async def run(self) -> None:
        """Let it do what it does; whatever it raises is told to whoever listens."""
        try:
            with self.scope:
                await self._app(self._about, self._receive, self._send)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised where the request was sent
            try:
                self._said.send_nowait(error)
            except anyio.BrokenResourceError:
                self.unheard = error if self._answered else None
        finally:
            self._said.close()

    async def next(self) -> Any:
        """Wait for the next message, or an error of the application's; None: there will be none."""
        try:
            return await self._heard.receive()
        except anyio.EndOfStream:
            return None

    def error(self) -> BaseException | None:
        """Look for an error that came together with the last message."""
        with suppress(anyio.WouldBlock, anyio.EndOfStream):
            found: BaseException = self._heard.receive_nowait()
            return found
        return None

    def leave(self) -> None:
        """Listen no longer: to the application, a connection that was closed."""
        self._left.set()
        self._heard.close()

    async def _receive(self) -> dict[str, Any]:
        if self._content:
            return {"type": "http.request", "body": self._content.pop(), "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self._answered = message["type"] == "http.response.body" and not message.get("more_body")
        with suppress(anyio.BrokenResourceError):
            self._said.send_nowait(message)
        if not self._answered:
            await checkpoint()  # it may have no pause of its own; after the last part, an error comes without one


def scope_of(request: httpx.Request) -> dict[str, Any]:
    """Describe a request as ASGI servers do."""
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.split(b"?")[0],
        "query_string": url.query,
        "root_path": "",
        "client": ("127.0.0.1", 123),
        "server": (url.host, url.port),
    }
