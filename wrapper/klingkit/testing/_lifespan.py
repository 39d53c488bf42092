"""What an ASGI application does before its first request, and after its last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from importlib import import_module
from typing import Any, Final

import anyio

from klingkit.testing._call import Call

__all__ = ["Lifespan"]

SCOPE: Final = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}

PATIENCE: Final = 5.0
"""Seconds that an application has for its shutdown."""


class Lifespan:
    """An application's life in one event loop, of asyncio or trio, with its calls.

    One that knows of no such thing, and raises at once, is left alone, as servers do.

    Args:
        app: The application.
        told: Whether it is told of its start and end.

    Attributes:
        state: What its startup has left for its requests.
        up: It has started, or failed.
    """

    def __init__(self, app: Any, *, told: bool) -> None:
        self.state: dict[str, Any] = {}
        self.up = anyio.Event()
        self._app = app
        self._closing, self._over = anyio.Event(), anyio.Event()
        self._scope = anyio.CancelScope()
        self._calls: set[Call] = set()
        self._asked = self._spoke = self._started = False
        self._failure: BaseException | None = None
        self._unheard: BaseException | None = None
        if told:
            _spawn(self._live)
        else:
            self.up.set()
            self._over.set()

    def call(self, scope: dict[str, Any], content: bytes) -> Call:
        """Have it answer a request.

        Raises:
            BaseException: What its startup has raised.
        """
        if not self._started and self._failure:
            raise self._failure
        call = Call(self._app, {**scope, "state": dict(self.state)}, content)
        self._calls.add(call)

        async def run() -> None:
            await call.run()
            self._calls.discard(call)
            self._unheard = self._unheard or call.unheard

        _spawn(run)
        return call

    async def end(self) -> None:
        """Have it shut down, wait for that, and end what is still at work.

        Raises:
            TimeoutError: It takes longer than 5 s.
            BaseException: What its shutdown has raised, or a task of its own that nobody has waited for.
        """
        self._closing.set()
        with anyio.move_on_after(PATIENCE) as limit:
            await self._over.wait()
        for scope in (self._scope, *(call.scope for call in self._calls)):
            scope.cancel()
        if limit.cancelled_caught:
            raise TimeoutError(f"the application has not shut down within {PATIENCE:g} s")
        error = self._unheard or (self._failure if self._started else None)
        if error:
            raise error

    async def _live(self) -> None:
        try:
            with self._scope:
                await self._app({**SCOPE, "state": self.state}, self._receive, self._send)
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for it; trio would end with it
            self._failure = error if self._spoke or not isinstance(error, Exception) else None
        finally:
            self.up.set()
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
            self.up.set()


def _spawn(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a task that is no part of the one that starts it: its requests end before it does."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import_module("trio").lowlevel.spawn_system_task(run, context=copy_context())
        return
    task = loop.create_task(run())
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)


TASKS: Final[set[asyncio.Task[None]]] = set()
"""Those of asyncio, which forgets what nobody holds."""
