"""What an ASGI application does before its first request, and after its last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import Any, Final

import anyio

__all__ = ["Lifespan"]

SCOPE: Final = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}


class Lifespan:
    """An application's life in one event loop, of asyncio or trio.

    One that knows of no such thing, and raises at once, is left alone, as servers do.

    Attributes:
        state: What its startup has left for its requests.
    """

    def __init__(self, app: Any) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._task: object = None
        self._up, self._closing, self._over = anyio.Event(), anyio.Event(), anyio.Event()
        self._asked = self._spoke = self._started = False
        self._failure: Exception | None = None

    async def begin(self) -> None:
        """Have it started, and wait for that.

        Raises:
            Exception: What its startup has raised.
        """
        if self._task is None:
            self._task = _spawn(self._live)
        await self._up.wait()
        if not self._started and self._failure:
            raise self._failure

    async def end(self) -> None:
        """Have it shut down, and wait for that.

        Raises:
            Exception: What its shutdown has raised.
        """
        self._closing.set()
        await self._over.wait()
        if self._started and self._failure:
            raise self._failure

    async def _live(self) -> None:
        try:
            await self._app({**SCOPE, "state": self.state}, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            self._failure = error if self._spoke else None
        finally:
            self._up.set()
            self._over.set()

    async def _receive(self) -> dict[str, str]:
        if self._asked:
            await self._closing.wait()
            return {"type": "lifespan.shutdown"}
        self._asked = True
        return {"type": "lifespan.startup"}

    async def _send(self, message: Any) -> None:
        self._spoke = True
        if message["type"].endswith(".failed"):
            self._failure = RuntimeError(f"the application says {message['type']}: {message.get('message', '')}")
        if message["type"] == "lifespan.startup.complete":
            self._started = True
            self._up.set()


def _spawn(run: Callable[[], Coroutine[Any, Any, None]]) -> object:
    """Start a task that is no part of the one that starts it: its requests end before it does."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return import_module("trio").lowlevel.spawn_system_task(run)
    return loop.create_task(run())
