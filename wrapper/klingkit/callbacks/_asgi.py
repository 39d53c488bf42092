"""The part of ASGI that receiving a POST needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from klingkit.callbacks._replies import Reply

__all__ = ["handle_lifespan", "read_body", "send_reply"]


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
