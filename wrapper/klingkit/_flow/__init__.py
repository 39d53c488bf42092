"""Flows are generators that describe what to do; a driver, `SyncIO` or `AsyncIO`, performs it.

A flow yields effects and is sent their outcomes. It touches neither a socket nor a clock, so the logic is written once
for both kinds of client, and a test can drive it by hand. All network I/O of the package is in here; the drivers are
not imported with it, for they load httpcore, and the async one asyncio.
"""

from klingkit._flow._body import UNREADABLE
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
from klingkit._flow._foreign import raised_by_handler
from klingkit._flow._guard import is_private, literal_addresses
from klingkit._flow._network import PrivateAddress, destination, through
from klingkit._flow._requests import STALL_LIMITS
from klingkit._flow._transport_errors import NEVER_LEFT, ClientClosed
from klingkit._flow._upload_stream import Progress, UploadStream

__all__ = [
    "NEVER_LEFT",
    "STALL_LIMITS",
    "UNREADABLE",
    "ClientClosed",
    "Effect",
    "Emit",
    "Fetch",
    "Fetched",
    "Flow",
    "Inbox",
    "Interrupted",
    "Now",
    "Outcome",
    "PrivateAddress",
    "Progress",
    "Reply",
    "Send",
    "Sink",
    "Sleep",
    "Stream",
    "UploadStream",
    "Woken",
    "destination",
    "fetch",
    "is_private",
    "literal_addresses",
    "now",
    "raised_by_handler",
    "run",
    "send",
    "sleep",
    "stream",
    "through",
]
