"""A server that behaves as the vendors' documents say: no key, no money, real MP4 answers.

It speaks kie.ai's job API, and Kling's own as documented and as relayed. Use it in process
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
    from klingkit.emulator.faults._rules import Faults
    from klingkit.emulator.journal._exchanges import Exchange, Message
    from klingkit.emulator.journal._views import TaskView
    from klingkit.emulator.tasks._clock import Clock, SystemClock, VirtualClock
    from klingkit.emulator.tasks._finish import AfterQueries, AfterSeconds, AtOnce, Finish
    from klingkit.emulator.tasks._sample_videos import Label, read_label
    from klingkit.emulator.tasks._table import Failure
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
    "Faults",
    "Finish",
    "Label",
    "Message",
    "SystemClock",
    "TaskView",
    "VirtualClock",
    "read_label",
]

_HOMES = (
    *("tasks._clock", "tasks._sample_videos", "tasks._finish", "faults._fault", "faults._rules"),
    *("journal._exchanges", "webhooks._deliveries", "tasks._table", "journal._views", "apis._services", "_emulator"),
)

if None in map(find_spec, ("starlette", "uvicorn")):
    # With the name, `python -m` tells it in one line.
    raise ImportError("the emulator needs its extra: pip install klingkit[emulator]", name=__name__)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used; so the command can be interrupted before it has loaded all."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = (import_module(f"{__name__}.{home}") for home in _HOMES)  # lazily: the heaviest comes last
    value = globals()[name] = next(vars(home)[name] for home in homes if name in vars(home))
    return value


def __dir__() -> list[str]:
    return __all__
