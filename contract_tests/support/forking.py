"""Runs a function in a forked child, and says when it hangs."""

from __future__ import annotations

import os
import select
import signal
import warnings
from collections.abc import Callable


def in_child(call: Callable[[], object], seconds: float = 10.0) -> str:
    """Return the text of what a function returns, or raises, in a forked child; "hung" if it does neither in time."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks is what is tested
        pid = os.fork()
    if pid == 0:
        text = ""
        try:
            text = str(call())
        except BaseException as error:  # noqa: BLE001 - the parent looks at it
            text = f"{type(error).__name__}: {error}"
        finally:
            os.write(theirs, text.encode())
            os._exit(0)
    os.close(theirs)
    try:
        if not select.select([ours], [], [], seconds)[0]:
            os.kill(pid, signal.SIGKILL)
            return "hung"
        return os.read(ours, 65536).decode()
    finally:
        os.close(ours)
        os.waitpid(pid, 0)
