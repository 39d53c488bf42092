"""Requests in process: event loops and interrupted requests."""

from typing import Any

import anyio
import pytest

from contract_tests.emulator.kit import Kie, Kind, every_api
from klingkit.emulator import Emulator


@every_api
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_application_runs_on_asyncio_and_trio(kind: Kind, backend: str) -> None:
    api = kind()
    task_id = kind.id_in(api.ask("POST", kind.create_path, json=kind.body(), backend=backend))
    record = kind.data(api.ask("GET", kind.path_of(task_id), backend=backend))
    assert record[kind.state] == kind.vendor_states["succeeded"]


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
