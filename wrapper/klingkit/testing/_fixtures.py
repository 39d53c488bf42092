"""The values of the fixtures `klingkit_server` and `klingkit_client`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import httpx

from klingkit import AsyncClient, Client
from klingkit.contract import Api
from klingkit.contract._contract import check_api
from klingkit.emulator import Emulator
from klingkit.providers import Provider
from klingkit.providers._registry import ADAPTERS
from klingkit.testing._transport import EmulatorTransport

__all__ = ["Clients", "Server"]

HOST: Final = "http://localhost"


@dataclass(frozen=True)
class Server:
    """An emulator on a port.

    Attributes:
        url: Its base URL, to be configured in your service as the API's.
        emulator: The emulator itself.
    """

    url: str
    emulator: Emulator


@dataclass(frozen=True)
class Clients:
    """Makes clients of an emulator in process, without a socket. There is nothing to close.

    They keep to no limits of an account (`pacing=None`), so that a refusal that a test sets up is met at once.

    An API is given by its name, or as an object with options of its own: `Native(key, host, dialect="official")`.
    Whatever host the object has, the emulator responds.
    """

    emulator: Emulator

    def __call__(self, api: Api | Provider[Any], key: str = "emulator") -> Client[Any]:
        """Make a blocking client.

        Args:
            api: An API's name, or an object of its class.
            key: The API key; used with a name only.

        Raises:
            ValueError: There is no API of this name.
        """
        http = httpx.Client(transport=EmulatorTransport(self.emulator))
        return Client(_provider(api, key), http=http, pacing=None)

    def asynchronous(self, api: Api | Provider[Any], key: str = "emulator") -> AsyncClient[Any]:
        """Make a client for asyncio or trio; arguments and errors are those of a call."""
        http = httpx.AsyncClient(transport=EmulatorTransport(self.emulator))
        return AsyncClient(_provider(api, key), http=http, pacing=None)


def _provider(api: Api | Provider[Any], key: str) -> Provider[Any]:
    return cast("Any", ADAPTERS[check_api(api)](key, HOST)) if isinstance(api, str) else api
