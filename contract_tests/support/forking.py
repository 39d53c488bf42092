"""Runs a function in a forked child process."""

from __future__ import annotations

import os
import select
import signal
import warnings
from collections.abc import Callable


def result_text_in_child(call: Callable[[], object], seconds: float = 10.0) -> str:
    """Run a function in a forked child; return `str` of its result, or its exception as text.

    The result is "hung" if the child does not finish in time.
    """
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # tests fork a process with threads on purpose
        pid = os.fork()
    if pid == 0:
        text = ""
        try:
            text = str(call())
        except BaseException as error:  # noqa: BLE001 - the parent reads it
            text = f"{type(error).__name__}: {error}"
        finally:
            os.write(write_end, text.encode())
            os._exit(0)
    os.close(write_end)
    try:
        if not select.select([read_end], [], [], seconds)[0]:
            os.kill(pid, signal.SIGKILL)
            return "hung"
        return os.read(read_end, 65536).decode()
    finally:
        os.close(read_end)
        os.waitpid(pid, 0)
