"""Run a call to its end although its caller is cancelled: the outcome of a paid request must be known."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, Final, TypeVar, cast

import anyio

__all__ = ["current_loop", "is_over", "load_backends", "log_interruption", "loop_caller", "run_uncancelled"]

T = TypeVar("T")

LOG: Final = logging.getLogger("klingkit")

_TASKS: set[asyncio.Task[None]] = set()
"""Strong references: the event loop keeps weak ones alone."""


async def run_uncancelled(
    call: Callable[[], Awaitable[T]], seconds: float, over: anyio.Event
) -> tuple[T | None, BaseException | None]:
    """Run a call in a task of its own; return its result, and the first exception that tried to end the wait.

    A shield holds off anyio's cancellation. asyncio's own cancellation and trio's Ctrl-C pass through shields: after
    those the wait goes on, for the `seconds` that the call takes at most. The result is None if the event loop itself
    ended. `over` is set when the call has ended.
    """
    results: list[T] = []

    async def finish() -> None:
        try:
            results.append(await call())
        finally:
            over.set()

    _start_task(finish)
    interruption: BaseException | None = None
    while not over.is_set():
        try:
            with anyio.CancelScope(shield=True):
                await over.wait()
        except GeneratorExit:  # the loop is gone
            raise
        except BaseException as error:  # noqa: BLE001 - raised once the outcome is known
            interruption = interruption or log_interruption(error, seconds)
    return (results[0] if results else None), interruption


def log_interruption(interruption: BaseException, seconds: float) -> BaseException:
    """Log why an interrupted paid exchange seems to hang; return the interruption."""
    LOG.warning("interrupted; a paid request is under way, waiting for its end, %.0f s at most", seconds)
    return interruption


def loop_caller() -> Callable[[Callable[[], object]], object]:
    """Return a function that calls another in this event loop, from any thread, as long as the loop runs."""
    if (trio := _trio()) is not None:
        return partial(_quietly, trio.lowlevel.current_trio_token().run_sync_soon, trio.RunFinishedError)
    return partial(_quietly, asyncio.get_running_loop().call_soon_threadsafe, RuntimeError)


def current_loop() -> object:
    """Return an object that stands for this event loop, and lives as long as it."""
    trio = _trio()
    return asyncio.get_running_loop() if trio is None else trio.lowlevel.current_trio_token()


def load_backends() -> None:
    """Import what anyio would import in the first call: a child that is forked meanwhile would wait for it for ever."""
    for name in ("asyncio", *(["trio"] if "trio" in sys.modules else [])):
        import_module(f"anyio._backends._{name}")


def is_over(loop: object) -> bool:
    """Return whether an event loop, as `current_loop` returned it, has ended."""
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    token = cast("Any", loop)
    try:
        token.run_sync_soon(list)  # does nothing, but in a loop that has ended
    except sys.modules["trio"].RunFinishedError:
        return True
    return False


def _quietly(soon: Callable[..., object], gone: type[Exception], function: Callable[[], object]) -> None:
    with suppress(gone):
        soon(function)


def _trio() -> Any:
    """Return the trio module when called in a trio task, else None."""
    trio = cast("Any", sys.modules.get("trio"))
    with suppress(RuntimeError):  # not in a task; `in_trio_task` would say so, but came with trio 0.29
        return trio if trio is not None and trio.lowlevel.current_task() else None
    return None


def _start_task(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start a task that the end of its creator does not cancel."""
    if (trio := _trio()) is not None:
        trio.lowlevel.spawn_system_task(function, context=contextvars.copy_context())
        return
    task = asyncio.get_running_loop().create_task(function())
    asyncio._unregister_task(task)  # noqa: SLF001 - documented; `asyncio.run` cancels all tasks it knows when it ends
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
