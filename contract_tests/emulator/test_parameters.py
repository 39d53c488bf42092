"""Tests of the parameters of the control paths: limits and errors."""

import asyncio
import json
from typing import Any

import pytest

from contract_tests.emulator.control_client import error_of, slow_emulator
from contract_tests.emulator.kit import Kie
from klingkit.emulator import Emulator


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "message"),
    [
        ("GET", "tasks?limit=0", 400, None, "limit must be a whole number from 1 to 500, is '0'"),
        ("GET", "tasks?limit=501", 400, None, "limit must be"),
        ("GET", "tasks?limit=x", 400, None, "is 'x'"),
        ("GET", "tasks?before=-1", 400, None, "before must be"),
        ("GET", "tasks?state=lost", 400, None, "state must be one of accepted, running, succeeded, failed, is 'lost'"),
        ("GET", "tasks?api=veo", 400, None, "api must be one of kie, native, relay, is 'veo'"),
        ("GET", "requests?only=lost", 400, None, "only must be one of no-task, error, fault, is 'lost'"),
        ("GET", "requests/7", 404, None, "no request 7"),
        ("GET", "requests/x", 404, None, "id must be a number, is 'x'"),
        ("GET", "nothing", 404, None, "Not Found"),
        ("PUT", "state", 405, None, "Method Not Allowed"),
        ("POST", "deliveries/7/resend", 404, None, "no delivery 7"),
        ("POST", "clock/advance", 400, None, "seconds is missing"),
        ("POST", "clock/advance", 400, {"seconds": "60"}, "seconds must be a number from 0 to 1e+300, is '60'"),
        ("POST", "clock/advance", 400, {"seconds": -1}, "seconds must be a number from 0 to 1e+300, is -1"),
        ("POST", "clock/advance", 400, {"seconds": 10**400}, "seconds must be a number from 0 to 1e+300, is 1000"),
        ("POST", "clock/advance", 400, {"seconds": 1e300}, "years 1970 to 9999"),
        ("POST", "clock/advance", 400, {"minutes": 1}, "'minutes' is unknown; known: seconds"),
        ("POST", "clock/advance", 400, [], "the body is no JSON object"),
        ("POST", "wait-idle", 400, {"timeout": 601}, "timeout must be a number from 0 to 600, is 601"),
        ("POST", "faults", 400, {}, "kind is missing"),
        ("POST", "faults", 400, {"kind": "drop", "times": -1}, "times"),
        ("POST", "faults", 400, {"kind": "drop", "x" * 70_000: 1}, "the body has more than 65536 bytes"),
    ],
)
def test_an_invalid_parameter_is_named(method: str, path: str, status: int, body: object, message: str) -> None:
    options = {} if body is None else {"content": json.dumps(body)}
    assert message in error_of(Emulator(), method, path, status, **options)


def test_a_failure_must_be_text() -> None:
    emulator = slow_emulator()
    task_id = Kie(emulator).create_task()
    assert "code must be a string, is 7" in error_of(emulator, "POST", f"tasks/{task_id}/fail", 400, json={"code": 7})
    assert emulator.task(task_id).state == "accepted"


def test_an_incomplete_body_is_rejected() -> None:
    sent: list[Any] = []
    headers = [(b"host", b"localhost"), (b"x-klingkit-emulator", b"1")]
    scope = {"type": "http", "method": "POST", "path": "/_emulator/faults", "query_string": b"", "headers": headers}
    messages = [{"type": "http.disconnect"}, {"type": "http.request", "body": b'{"kind"', "more_body": True}]

    async def receive() -> Any:
        return messages.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Emulator().app(scope, receive, send))
    assert (sent[0]["status"], json.loads(sent[1]["body"])) == (400, {"error": "the body ended early"})
