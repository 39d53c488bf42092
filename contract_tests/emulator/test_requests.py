"""Tests of requests in process: event loops and interrupted requests."""

from typing import Any

import anyio
import pytest

from contract_tests.emulator.kit import ApiClass, Kie, every_api
from klingkit.emulator import Emulator


@every_api
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_application_runs_on_asyncio_and_trio(api_class: ApiClass, backend: str) -> None:
    api = api_class()
    task_id = api_class.id_in(api.request("POST", api_class.create_path, json=api_class.body(), backend=backend))
    record = api_class.data(api.request("GET", api_class.path_of(task_id), backend=backend))
    assert record[api_class.state] == api_class.vendor_states["succeeded"]


def test_a_client_that_disconnects_causes_no_exception() -> None:
    """An exception would be logged as a traceback."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"authorization", b"Bearer k"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": Kie.create_path, "headers": headers, "query_string": b""}
    anyio.run(Emulator().app, scope, receive, send)
    assert sent[0]["status"] == 400
