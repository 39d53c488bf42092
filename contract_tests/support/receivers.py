"""One interface for both kinds of webhook receiver, so that one test body drives either."""

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
    """Wraps either kind of receiver; `deliver` returns the status and text of its reply."""

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
async def open_receiver(
    kind: str, api_case: ApiCase, handler: Any = None, **options: Any
) -> AsyncIterator[AnyReceiver]:
    if kind == "sync":
        with Client(api_case.api) as client:
            yield AnyReceiver(Receiver(client, handler, **options))
    else:
        async with AsyncClient(api_case.api) as client:
            yield AnyReceiver(AsyncReceiver(client, handler, **options))
