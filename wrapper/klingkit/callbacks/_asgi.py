"""The part of ASGI that receiving a POST needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from klingkit._errors import ConfigurationError
from klingkit.callbacks._replies import Reply

__all__ = ["check_mountable", "handle_lifespan", "read_body", "send_reply"]


def check_mountable(app: Any) -> None:
    """Refuse what a receiver cannot be mounted on, by its classes: Starlette is an extra.

    Raises:
        ConfigurationError: It is neither an application of Starlette or FastAPI nor a router of Starlette.
    """
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(app).__mro__}
    expected = "app: an application of Starlette or FastAPI, or a Router of Starlette"
    if "fastapi.routing.APIRouter" in kinds:
        problem = "an APIRouter, which ignores its prefix for mounts: mount on the application, with the prefix in path"
        raise ConfigurationError(f"{expected}, not {problem}")
    if not kinds & {"starlette.applications.Starlette", "starlette.routing.Router"}:
        raise ConfigurationError(f"{expected}, not {type(app).__name__}")


async def handle_lifespan(receive: Any, send: Any) -> None:
    """Confirm a server's startup and shutdown; there is nothing to prepare."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


async def read_body(receive: Any, max_bytes: int) -> bytes | None:
    """Read a body; None: it is longer than `max_bytes`, or its sender is gone."""
    content = bytearray()
    while True:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > max_bytes or message["type"] != "http.request":
            return None
        if not message.get("more_body"):
            return bytes(content)


async def send_reply(send: Any, reply: Reply, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """Send a reply as plain text."""
    text = reply.text.encode()
    described = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode()), *headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": described})
    await send({"type": "http.response.body", "body": text})
