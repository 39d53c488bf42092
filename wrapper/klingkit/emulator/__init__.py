"""A server that behaves as the vendors' documents say: no key, no money, real MP4 answers.

It speaks kie.ai's job API, and Kling's own as documented and as relayed. Use it in process
(`Emulator.app` behind `httpx.ASGITransport`), on a loopback port (`Emulator.serve`), or from a
terminal (``python -m klingkit.emulator``).

It is a second reading of the documents, written by hand and independent of klingkit's own specs
and clients: a misreading on one side shows as a disagreement with the other.
"""

from importlib import import_module

try:
    for _needed in ("starlette", "uvicorn"):
        import_module(_needed)
except ImportError as _error:
    raise ImportError("the emulator needs its extra: pip install klingkit[emulator]") from _error

from klingkit.emulator._clock import Clock, SystemClock, VirtualClock
from klingkit.emulator._deliveries import Delivery
from klingkit.emulator._emulator import Emulator
from klingkit.emulator._exchanges import Exchange, Message
from klingkit.emulator._faults import Fault
from klingkit.emulator._films import Label, read_label
from klingkit.emulator._finish import AfterQueries, AfterSeconds, AtOnce, Finish
from klingkit.emulator._services import Dialect
from klingkit.emulator._strikes import Faults
from klingkit.emulator._tasks import Failure
from klingkit.emulator._views import TaskView

__all__ = [
    "AfterQueries",
    "AfterSeconds",
    "AtOnce",
    "Clock",
    "Delivery",
    "Dialect",
    "Emulator",
    "Exchange",
    "Failure",
    "Fault",
    "Faults",
    "Finish",
    "Label",
    "Message",
    "SystemClock",
    "TaskView",
    "VirtualClock",
    "read_label",
]
