"""A behaviour of the scripted server that holds back the response to a paid request until the test releases it."""

import threading

import anyio
import pytest

from contract_tests.support.kie import created_response, task_response
from contract_tests.support.scripted_server import ServerExchange

CREATED = created_response().content


EACH_ASYNC_BACKEND = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])


class SlowServer:
    """Responds to a paid request once `respond_now` is set, and to a query at once."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self.respond_now = threading.Event()

    def __call__(self, exchange: ServerExchange) -> None:
        if exchange.request.startswith(b"GET"):
            exchange.respond(task_response("waiting").content)
            return
        self.arrived.set()
        assert self.respond_now.wait(10)
        exchange.respond(CREATED)

    async def arrival(self) -> None:
        assert await anyio.to_thread.run_sync(self.arrived.wait, 10)
