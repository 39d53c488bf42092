"""Requests to the control paths (`/_emulator/...`) of an emulator in process."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from klingkit.emulator import AfterSeconds, Emulator, VirtualClock

HEADERS = {
    "Host": "localhost",
    "X-Klingkit-Emulator": "1",
}  # without these, the emulator rejects it as a request of another site


def send_request(
    emulator: Emulator, method: str, path: str, headers: Mapping[str, str] = HEADERS, **options: Any
) -> httpx.Response:
    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(emulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=dict(headers), **options)

    return asyncio.run(exchange())


def get(emulator: Emulator, path: str) -> Any:
    response = send_request(emulator, "GET", f"/_emulator/{path}")
    assert response.status_code == 200, response.text
    return response.json()


def post(emulator: Emulator, path: str, body: object = None) -> Any:
    options: dict[str, Any] = {} if body is None else {"json": body}
    response = send_request(emulator, "POST", f"/_emulator/{path}", **options)
    assert response.status_code == 200, response.text
    return response.json()


def error_of(emulator: Emulator, method: str, path: str, status: int, **options: Any) -> str:
    response = send_request(emulator, method, f"/_emulator/{path}", **options)
    assert (response.status_code, list(response.json())) == (status, ["error"])
    return str(response.json()["error"])


def slow_emulator(**options: Any) -> Emulator:
    """Return an emulator whose tasks take 60 s of its virtual clock, and whose callbacks all get HTTP 204."""
    return Emulator(clock=VirtualClock(), finish=AfterSeconds(60), post=lambda url, body: 204, **options)
