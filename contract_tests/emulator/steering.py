"""How tests steer an emulator in process: by its control paths."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from klingkit.emulator import AfterSeconds, Emulator, VirtualClock

ALLOWED = {"Host": "localhost", "X-Klingkit-Emulator": "1"}


def ask(
    emulator: Emulator, method: str, path: str, headers: Mapping[str, str] = ALLOWED, **more: Any
) -> httpx.Response:
    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(emulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=dict(headers), **more)

    return asyncio.run(exchange())


def get(emulator: Emulator, path: str) -> Any:
    answer = ask(emulator, "GET", f"/_emulator/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(emulator: Emulator, path: str, body: object = None) -> Any:
    more: dict[str, Any] = {} if body is None else {"json": body}
    answer = ask(emulator, "POST", f"/_emulator/{path}", **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(emulator: Emulator, method: str, path: str, status: int, **more: Any) -> str:
    answer = ask(emulator, method, f"/_emulator/{path}", **more)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    return str(answer.json()["error"])


def slow(**options: Any) -> Emulator:
    return Emulator(clock=VirtualClock(), finish=AfterSeconds(60), post=lambda url, body: 204, **options)
