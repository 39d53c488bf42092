"""What the fixtures of the pytest plugin hand out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from klingkit import AsyncClient, Client
from klingkit.contract import Api
from klingkit.emulator import Emulator
from klingkit.kie import Kie
from klingkit.native import Native
from klingkit.relay import Relay
from klingkit.testing._transport import transport

__all__ = ["Clients", "Server"]

HOST: Final = "http://localhost"
APIS: Final[dict[Api, Callable[[str, str], Any]]] = {"kie": Kie, "native": Native, "relay": Relay}


@dataclass(frozen=True)
class Server:
    """An emulator on a port.

    Attributes:
        url: Where it is: what a service takes for the API's host.
        emulator: It.
    """

    url: str
    emulator: Emulator


@dataclass(eq=False)
class Clients:
    """Makes clients of an emulator in process; `close` closes them."""

    emulator: Emulator
    _open: list[httpx.Client] = field(default_factory=list[httpx.Client])

    def __call__(self, api: Api, key: str = "emulator") -> Client[Any]:
        """Make a blocking client."""
        http = httpx.Client(transport=transport(self.emulator))
        self._open.append(http)
        return Client(APIS[api](key, HOST), http=http)

    def asynchronous(self, api: Api, key: str = "emulator") -> AsyncClient[Any]:
        """Make a client for asyncio or trio."""
        return AsyncClient(APIS[api](key, HOST), http=httpx.AsyncClient(transport=transport(self.emulator)))

    def close(self) -> None:
        """Close what was made; an asynchronous client holds nothing open."""
        for http in self._open:
            http.close()
