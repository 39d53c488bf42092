"""A server that answers a paid request only when the test says so."""

import threading

import anyio
import pytest

from contract_tests.support.hostile import Exchange
from contract_tests.support.kie import created, record

CREATED = created().content


EACH_BACKEND = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


class SlowServer:
    """Answers a paid request only when the test says so; any other at once."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.answer_now = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        if exchange.request.startswith(b"GET"):
            exchange.answer(record("waiting").content)
            return
        self.arrived.set()
        assert self.answer_now.wait(10)
        exchange.answer(CREATED)

    async def arrival(self) -> None:
        assert await anyio.to_thread.run_sync(self.arrived.wait, 10)
