"""Receivers of both kinds, whose deliveries are awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import httpx

from contract_tests.support.apis import ApiCase
from klingkit import AsyncClient, Client
from klingkit.callbacks import AsyncReceiver, Receiver


class AnyReceiver:
    """One kind of receiver, whose deliveries are awaited."""

    def __init__(self, receiver: Receiver | AsyncReceiver) -> None:
        self.receiver = receiver

    async def deliver(self, response: httpx.Response | bytes, headers: Any = (), path: str = "") -> tuple[int, str]:
        body = response if isinstance(response, bytes) else response.content
        if isinstance(self.receiver, AsyncReceiver):
            reply = await self.receiver.handle(body, headers, path)
        else:
            reply = await anyio.to_thread.run_sync(self.receiver.handle, body, headers, path)
        return reply.status, reply.text


@asynccontextmanager
async def receiving(kind: str, case: ApiCase, handler: Any = None, **options: Any) -> AsyncIterator[AnyReceiver]:
    if kind == "sync":
        with Client(case.api) as client:
            yield AnyReceiver(Receiver(client, handler, **options))
    else:
        async with AsyncClient(case.api) as client:
            yield AnyReceiver(AsyncReceiver(client, handler, **options))
