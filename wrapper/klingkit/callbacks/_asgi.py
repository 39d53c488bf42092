"""The little of ASGI that receiving a POST takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from klingkit.callbacks._replies import Reply

__all__ = ["answer", "body", "live"]


async def live(receive: Any, send: Any) -> None:
    """Start and stop when a server asks to: there is nothing to prepare."""
    for event in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{event}.complete"})


async def body(receive: Any, most: int) -> bytes | None:
    """Read a body, at most so long; None: it is longer, or its sender is gone."""
    content = bytearray()
    while True:
        message = await receive()
        content += message.get("body", b"")
        if len(content) > most or message["type"] != "http.request":
            return None
        if not message.get("more_body"):
            return bytes(content)


async def answer(send: Any, reply: Reply, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    text = reply.text.encode()
    described = [(b"content-type", b"text/plain"), (b"content-length", str(len(text)).encode()), *headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": described})
    await send({"type": "http.response.body", "body": text})
