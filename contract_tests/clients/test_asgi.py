"""Tests of an `AsyncReceiver` as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import respx

from contract_tests.support.apis import ApiCase
from klingkit import AsyncClient
from klingkit.callbacks import AsyncReceiver

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def mounted(api_case: ApiCase, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncClient(api_case.api) as client:
        transport = httpx.ASGITransport(AsyncReceiver(client, **options))
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as http:
            yield http


@respx.mock
async def test_an_async_receiver_is_an_asgi_application(api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    async with mounted(api_case, max_bytes=2000) as http:
        reply = await http.post("/kling", content=api_case.finished().content)
        assert (reply.status_code, reply.text) == (200, "handled")
        assert (await http.get("/kling")).headers["Allow"] == "POST"
        assert (await http.post("/kling", content=b"x" * 2001)).status_code == 413


async def test_a_disconnected_sender_ends_the_request(api_case: ApiCase):
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async with AsyncClient(api_case.api) as client:
        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        await AsyncReceiver(client)(scope, receive, send)
    assert sent[0]["status"] == 413


async def test_the_asgi_lifespan_is_confirmed(api_case: ApiCase):
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    async with AsyncClient(api_case.api) as client:
        receiver = AsyncReceiver(client)
        await receiver({"type": "lifespan"}, receive, send)
        with pytest.raises(RuntimeError, match="not by websocket"):
            await receiver({"type": "websocket"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
