"""A server that responds to a paid request only when the test says so."""

import threading

import anyio
import pytest

from contract_tests.support.hostile import Exchange
from contract_tests.support.kie import created, record

CREATED = created().content


EACH_BACKEND = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


class SlowServer:
    """Responds to a paid request once `respond_now` is set; to any other at once."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.respond_now = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if exchange.request.startswith(b"GET"):
            exchange.respond(record("waiting").content)
            return
        self.arrived.set()
        assert self.respond_now.wait(10)
        exchange.respond(CREATED)

    async def arrival(self) -> None:
        assert await anyio.to_thread.run_sync(self.arrived.wait, 10)
