"""Holding signals back while a task is paid for and its reference is written."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["held_back"]

SIGNALS: Final = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]


@contextmanager
def held_back(note: Callable[[str], object]) -> Generator[None]:
    """Deliver Ctrl-C, termination and hang-up only when the block has ended; a paid request takes 60 s at most."""
    received: list[int] = []

    def keep(number: int, _: FrameType | None) -> None:
        received.append(number)
        note("waiting for the response to the paid request, 60 s at most")

    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, keep)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in received[:1]:  # not reached where the block raised: its error says more
        signal.raise_signal(number)
