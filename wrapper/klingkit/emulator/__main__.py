"""``python -m klingkit.emulator``."""

import os
import signal
from types import FrameType


def leave(number: int, _: FrameType | None) -> None:
    """Exit at once, without a traceback: nothing has begun."""
    os._exit(128 + number)


if __name__ == "__main__":
    for _number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(_number) is not signal.SIG_IGN:
            signal.signal(_number, leave)

    from klingkit.emulator._cli import main  # after the signals: loading takes a while

    main()
    os._exit(0)  # all is closed; no thread, and no clean-up of Python's own, delays the end
