"""One interface for both kinds of client, so that one test body drives either."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio.to_thread
import httpx
import pytest

from klingkit import AsyncClient, Client, Task
from klingkit.kie import Kie


class AnyClient:
    """Wraps either kind of client so that its methods are awaited; those of a blocking client run in a thread."""

    def __init__(self, client: Client[Any] | AsyncClient[Any]) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if isinstance(self.client, AsyncClient) or not callable(method):
            return method

        async def in_a_thread(*args: Any, **options: Any) -> Any:
            return await anyio.to_thread.run_sync(functools.partial(method, *args, **options))

        return in_a_thread

    async def collect_updates(self, *args: Any, **options: Any) -> list[Task]:
        """Return all updates that `watch` yields."""
        if isinstance(self.client, Client):
            watching = self.client.watch(*args, **options)
            return await anyio.to_thread.run_sync(functools.partial(list, watching))
        async with aclosing(self.client.watch(*args, **options)) as updates:
            return [task async for task in updates]


@asynccontextmanager
async def open_client(kind: str, api: Kie, **options: Any) -> AsyncIterator[AnyClient]:
    """Open a "sync" or "async" client, and close it after the block."""
    if kind == "sync":
        with Client(api, **options) as client:
            yield AnyClient(client)
    else:
        async with AsyncClient(api, **options) as client:
            yield AnyClient(client)


def user_http_client(kind: str, handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> Any:
    """Make a user's httpx client ("sync" or "async"), whose transport is this function."""
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    return make(transport=httpx.MockTransport(handler), **options)


CLIENT_KINDS: list[tuple[str, str]] = [("sync", "asyncio"), ("async", "asyncio"), ("async", "trio")]
EACH_CLIENT_KIND = pytest.mark.parametrize(("kind", "anyio_backend"), CLIENT_KINDS)
"""Runs a test three times: with a blocking client, and with an async one under asyncio and under trio."""
