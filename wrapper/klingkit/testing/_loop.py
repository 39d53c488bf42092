"""An event loop in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from typing import Any, Final, TypeVar

__all__ = ["Loop", "Stopped"]

Result = TypeVar("Result")

PATIENCE: Final = 5.0
"""Seconds that tasks have to end when they are cancelled."""


class Stopped(Exception):
    """The loop has ended, and with it what was asked of it."""


class Loop:
    """Runs coroutines for whichever thread asks, until it is closed, or one of its tasks exits from the process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._asking = threading.Lock()
        self._over = False
        self._why = "it was closed"
        self._thread = threading.Thread(target=self._run, name="klingkit-in-process", daemon=True)
        self._thread.start()

    def ask(self, run: Coroutine[Any, Any, Result]) -> Result:
        """Wait for a coroutine's result.

        Raises:
            Stopped: There will be none.
            BaseException: What it has raised.
        """
        with self._asking:
            if self._over:
                run.close()
                raise Stopped(self._why)
            future = asyncio.run_coroutine_threadsafe(_outcome(run), self._loop)
        try:
            result, error = future.result()
        except CancelledError:
            raise Stopped(self._why) from None
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # there is one where there is no error

    def close(self) -> None:
        """Cancel what is left, and wait for the thread."""
        with self._asking:
            if not self._over:
                self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2 * PATIENCE)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        except BaseException as error:  # noqa: BLE001 - asyncio lets SystemExit of any task end the loop
            self._why = f"it was ended by {error!r}"
        with self._asking:
            self._over = True  # what was asked before this is among the tasks that are cancelled
        self._loop.run_until_complete(_cancel())
        self._loop.close()


async def _outcome(run: Coroutine[Any, Any, Result]) -> tuple[Result | None, BaseException | None]:
    """Result and error: one that is raised in a task, SystemExit say, may end the loop."""
    try:
        return await run, None
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - raised by `ask`
        return None, error


async def _cancel() -> None:
    await asyncio.sleep(0)  # what was asked for becomes a task
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=PATIENCE)
    await asyncio.get_running_loop().shutdown_asyncgens()
