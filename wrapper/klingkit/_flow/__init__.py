"""Flows: what to do, described by generators; how to do it is left to an IO.

A flow yields effects and is sent their outcomes. It never touches a socket or a clock, so that a test can drive it
by hand. `SyncIO` and `AsyncIO` perform the effects; they are the only I/O of the package.
"""

from klingkit._flow._async import AsyncIO
from klingkit._flow._body import UNREADABLE
from klingkit._flow._contents import flaw
from klingkit._flow._drive import run, stream
from klingkit._flow._effects import (
    Effect,
    Emit,
    Fetch,
    Fetched,
    Flow,
    Inbox,
    Interrupted,
    Now,
    Outcome,
    Reply,
    Send,
    Sink,
    Sleep,
    Stream,
    Woken,
    fetch,
    now,
    send,
    sleep,
)
from klingkit._flow._failures import NEVER_LEFT
from klingkit._flow._files import PartFile
from klingkit._flow._guard import PrivateAddress
from klingkit._flow._marks import Mark
from klingkit._flow._sync import SyncIO

__all__ = [
    "NEVER_LEFT",
    "UNREADABLE",
    "AsyncIO",
    "Effect",
    "Emit",
    "Fetch",
    "Fetched",
    "Flow",
    "Inbox",
    "Interrupted",
    "Mark",
    "Now",
    "Outcome",
    "PartFile",
    "PrivateAddress",
    "Reply",
    "Send",
    "Sink",
    "Sleep",
    "Stream",
    "SyncIO",
    "Woken",
    "fetch",
    "flaw",
    "now",
    "run",
    "send",
    "sleep",
    "stream",
]
