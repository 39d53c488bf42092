"""Finish a call whatever happens to whoever waits for it: what is paid for must be known."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

import anyio

from klingkit._flow._wire import waiting_on

__all__ = ["calls_into_this_loop", "outlast"]

T = TypeVar("T")

_APART: set[asyncio.Task[None]] = set()
"""The event loop keeps weak references alone."""


async def outlast(
    call: Callable[[], Awaitable[T]], seconds: float, over: anyio.Event
) -> tuple[T | None, BaseException | None]:
    """Finish a call in a task of its own; return its result, and what tried to end the wait meanwhile.

    The wait withstands anyio's cancellation by a shield; asyncio's own, which knows of no shields, and trio's Ctrl-C,
    which ignores them, by waiting on, for the `seconds` that the call takes at most. The result is None if the event
    loop itself came to its end. `over` is set when the call has ended.
    """
    results: list[T] = []

    async def finish() -> None:
        try:
            results.append(await call())
        finally:
            over.set()

    _start_apart(finish)
    interruption: BaseException | None = None
    while not over.is_set():
        try:
            with anyio.CancelScope(shield=True):
                await over.wait()
        except GeneratorExit:  # the loop is gone
            raise
        except BaseException as error:  # noqa: BLE001 - it is raised once it is known what was paid for
            interruption = interruption or waiting_on(error, seconds)
    return (results[0] if results else None), interruption


def calls_into_this_loop() -> Callable[[Callable[[], object]], object]:
    """Return what calls a function in the running event loop, from any thread; one that is gone is not called."""
    if (trio := _trio()) is not None:
        return partial(_quietly, trio.lowlevel.current_trio_token().run_sync_soon, trio.RunFinishedError)
    return partial(_quietly, asyncio.get_running_loop().call_soon_threadsafe, RuntimeError)


def _quietly(soon: Callable[..., object], gone: type[Exception], function: Callable[[], object]) -> None:
    with suppress(gone):
        soon(function)


def _trio() -> Any:
    """Return trio's module inside one of its tasks, else None."""
    trio = cast("Any", sys.modules.get("trio"))
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


def _start_apart(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a task that the end of its maker does not cancel."""
    if (trio := _trio()) is not None:
        trio.lowlevel.spawn_system_task(function, context=contextvars.copy_context())
        return
    task = asyncio.get_running_loop().create_task(function())
    asyncio._unregister_task(task)  # noqa: SLF001 - documented; `asyncio.run` cancels all tasks it knows when it ends
    _APART.add(task)
    task.add_done_callback(_APART.discard)
