"""Termination and hang-up interrupt a command as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["interruptible"]

SIGNALS: Final = [number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]


@contextmanager
def interruptible() -> Generator[None]:
    """Raise `KeyboardInterrupt` at termination and hang-up while the block lasts; what is ignored stays ignored."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    handled = [number for number in SIGNALS if handlers[number] is not signal.SIG_IGN]  # as under nohup
    for number in handled:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, handlers[number])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
