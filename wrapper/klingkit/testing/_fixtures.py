"""What the fixtures of the pytest plugin hand out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from klingkit import AsyncClient, Client
from klingkit.contract import Api
from klingkit.contract._contract import named
from klingkit.emulator import Emulator
from klingkit.kie import Kie
from klingkit.native import Native
from klingkit.providers import Provider
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
    """Makes clients of an emulator in process; `close` closes them.

    Whose API is said by its name, or by an object with options of its own, `Native(key, host, wire="official")` say.
    Whichever host that has, the emulator answers.
    """

    emulator: Emulator
    _open: list[httpx.Client] = field(default_factory=list[httpx.Client])

    def __call__(self, api: Api | Provider[Any], key: str = "emulator") -> Client[Any]:
        """Make a blocking client; the key goes with a name.

        Raises:
            ValueError: There is no API of this name.
        """
        made = _made(api, key)
        http = httpx.Client(transport=transport(self.emulator))
        self._open.append(http)
        return Client(made, http=http)

    def asynchronous(self, api: Api | Provider[Any], key: str = "emulator") -> AsyncClient[Any]:
        """Make a client for asyncio or trio."""
        return AsyncClient(_made(api, key), http=httpx.AsyncClient(transport=transport(self.emulator)))

    def close(self) -> None:
        """Close what was made; an asynchronous client holds nothing open."""
        for http in self._open:
            http.close()


def _made(api: Api | Provider[Any], key: str) -> Provider[Any]:
    return APIS[named(api)](key, HOST) if isinstance(api, str) else api
