"""A server that behaves as the vendors' documents say, without keys and costs, and with MP4 videos.

It emulates kie.ai's job API, and Kling's own as documented and as relayed. Use it in process
(`Emulator.app` behind `httpx.ASGITransport`), on a loopback port (`Emulator.serve`), or from a
terminal (``python -m klingkit.emulator``).

It is a second reading of the documents, written by hand and independent of klingkit's own specs
and clients: a misreading on one side shows as a disagreement with the other.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klingkit.emulator._emulator import Emulator
    from klingkit.emulator.apis._services import Dialect
    from klingkit.emulator.faults._fault import Fault
    from klingkit.emulator.faults._rules import FaultRules
    from klingkit.emulator.journal._exchanges import Exchange, Message
    from klingkit.emulator.journal._views import TaskView
    from klingkit.emulator.tasks._clock import Clock, SystemClock, VirtualClock
    from klingkit.emulator.tasks._finish import AfterQueries, AfterSeconds, AtOnce, Finish
    from klingkit.emulator.tasks._sample_videos import Label, read_label
    from klingkit.emulator.tasks._task import Failure
    from klingkit.emulator.webhooks._deliveries import Delivery

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
    "FaultRules",
    "Finish",
    "Label",
    "Message",
    "SystemClock",
    "TaskView",
    "VirtualClock",
    "read_label",
]

_MODULES = {
    "_emulator": ("Emulator",),
    "apis._services": ("Dialect",),
    "faults._fault": ("Fault",),
    "faults._rules": ("FaultRules",),
    "journal._exchanges": ("Exchange", "Message"),
    "journal._views": ("TaskView",),
    "tasks._clock": ("Clock", "SystemClock", "VirtualClock"),
    "tasks._finish": ("AfterQueries", "AfterSeconds", "AtOnce", "Finish"),
    "tasks._sample_videos": ("Label", "read_label"),
    "tasks._task": ("Failure",),
    "webhooks._deliveries": ("Delivery",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

if None in map(find_spec, ("starlette", "uvicorn")):
    # With its name, `python -m` reports it in one line.
    raise ImportError('the emulator needs its extra: pip install "klingkit[emulator]"', name=__name__)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command can be interrupted while it loads."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
