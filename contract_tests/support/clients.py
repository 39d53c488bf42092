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
    """A client whose methods are awaited; a blocking one runs in a thread."""

    def __init__(self, client: Client[Any] | AsyncClient[Any]) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if isinstance(self.client, AsyncClient) or not callable(method):
            return method

        async def in_a_thread(*args: Any, **options: Any) -> Any:
            return await anyio.to_thread.run_sync(functools.partial(method, *args, **options))

        return in_a_thread

    async def watched(self, *args: Any, **options: Any) -> list[Task]:
        """Return all that watching yields."""
        if isinstance(self.client, Client):
            watching = self.client.watch(*args, **options)
            return await anyio.to_thread.run_sync(functools.partial(list, watching))
        async with aclosing(self.client.watch(*args, **options)) as updates:
            return [task async for task in updates]


@asynccontextmanager
async def opened(kind: str, api: Kie, **options: Any) -> AsyncIterator[AnyClient]:
    """Open one kind of client and close it."""
    if kind == "sync":
        with Client(api, **options) as client:
            yield AnyClient(client)
    else:
        async with AsyncClient(api, **options) as client:
            yield AnyClient(client)


def own_client(kind: str, handler: Callable[[httpx.Request], httpx.Response], **options: Any) -> Any:
    """Make an httpx client of the user's own, of either kind, whose transport is a function."""
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    return make(transport=httpx.MockTransport(handler), **options)


CLIENT_KINDS = [("sync", "asyncio"), ("async", "asyncio"), ("async", "trio")]
EACH_CLIENT = pytest.mark.parametrize(("kind", "anyio_backend"), CLIENT_KINDS)
"""Runs a test blocking, under asyncio and under trio."""
