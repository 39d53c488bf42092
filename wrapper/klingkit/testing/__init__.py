"""For the tests of a service that makes videos: no key, no money, and no request that the vendor would reject.

    EmulatorTransport(Emulator())   # the emulator in process, for `httpx.Client` and `httpx.AsyncClient`
    Router()                        # mocked responses; every request and response is checked against the spec
    Callbacks("kie").signed("success")              # callbacks for its endpoint; forged and late ones, too
    callbacks("kie")                # a hypothesis strategy of all callbacks that the spec allows

With pytest, the fixtures `klingkit_emulator`, `klingkit_server`, `klingkit_client`, `klingkit_router`,
`klingkit_callbacks` and `klingkit_clock` are available without an import.
"""

from __future__ import annotations

from importlib import import_module

try:
    for _required in ("hypothesis", "jsonschema_rs", "pytest", "respx", "starlette", "uvicorn"):
        import_module(_required)
except ImportError as _error:
    raise ImportError('klingkit.testing needs its extra: pip install "klingkit[testing]"', name=__name__) from _error

from klingkit.testing._callbacks import Callback, Callbacks
from klingkit.testing._fixtures import Clients, Server
from klingkit.testing._router import Exchange, Router
from klingkit.testing._routes import Routes
from klingkit.testing._strategy import callbacks
from klingkit.testing._transport import EmulatorTransport

__all__ = [
    "Callback",
    "Callbacks",
    "Clients",
    "EmulatorTransport",
    "Exchange",
    "Router",
    "Routes",
    "Server",
    "callbacks",
]
