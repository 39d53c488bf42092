"""Progress on stderr: a line that changes on a terminal; elsewhere a line at each change, and a heartbeat."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TextIO, TypeAlias

from klingkit import Task
from klingkit.cli._output import write

__all__ = ["Update", "is_terminal", "progress", "show_bytes", "show_task"]

HEARTBEAT: Final = 30.0
"""Seconds between two lines that say that a command still runs."""

Update: TypeAlias = Callable[[str, float | None], None]
"""Shows a text, and which part is done, if that is known."""


def is_terminal() -> bool:
    """Return whether stderr is a terminal."""
    stream: TextIO | None = sys.stderr  # None: closed by the shell
    return stream is not None and stream.isatty()


@contextmanager
def progress() -> Generator[Update]:
    """Show progress while the block lasts."""
    with _rich() if is_terminal() else _plain() as update:
        yield update


def show_task(update: Update) -> Callable[[Task], None]:
    """Return a callback that shows each change of a task."""
    return lambda task: update(task.status, task.progress)


def show_bytes(update: Update) -> Callable[[int, int | None], None]:
    """Return a callback that shows how much of a video has arrived."""
    return lambda received, total: update("downloading", received / total if total else None)


@contextmanager
def _rich() -> Generator[Update]:
    from rich.console import Console  # noqa: PLC0415 - an extra, and slow to import
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)  # NO_COLOR is rich's own business
    # Results stay on stdout: rich would write them to stderr.
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        row = bar.add_task("", total=None)
        yield lambda text, part: bar.update(row, description=text, total=None if part is None else 1, completed=part)


@contextmanager
def _plain() -> Generator[Update]:
    lines, ended = Lines(), threading.Event()
    thread = threading.Thread(target=beat, args=(lines, ended), daemon=True)
    thread.start()
    try:
        yield lines.update
    finally:
        ended.set()
        thread.join()


class Lines:
    """Progress as lines: one for each new text."""

    def __init__(self) -> None:
        self.text = ""
        self.part: float | None = None
        self.began = time.monotonic()

    def update(self, text: str, part: float | None) -> None:
        """Write the text if it is new."""
        new, self.text, self.part = text != self.text, text, part
        if new:
            self.write()

    def write(self) -> None:
        """Write the text, the part that is done, and the seconds that have passed."""
        part = "" if self.part is None else f" {self.part:.0%}"
        write(sys.stderr, f"{self.text}{part} ({time.monotonic() - self.began:.0f} s)\n")


def beat(lines: Lines, ended: threading.Event) -> None:
    """Write the last text now and then, until the end."""
    while not ended.wait(HEARTBEAT):
        lines.write()
