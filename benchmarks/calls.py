"""What a query costs beside bare httpx: `python -m benchmarks.calls`; with aiohttp installed, beside that too.

Printed is the processor time of a call in microseconds, the least of several rounds in turn, and its ratio to httpx:
for blocking calls, and for async ones, 1, 100 and 1,000 at once. The local server has a process of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final

import httpx

from benchmarks.waits import serving
from klingkit import AsyncClient, Client, TaskRef
from klingkit.kie import Kie
from klingkit_api.kie import AuthenticatedClient
from klingkit_api.kie.api.jobs import get_record_info

KEY: Final = "key-of-nobody-0123456789"
HEADERS: Final = {"Authorization": f"Bearer {KEY}"}
REF: Final = TaskRef("kie", "jobs", "t-1")
ROUNDS: Final = 7
CALLS: Final = 500


def blocking(url: str) -> None:
    """Compare blocking calls."""
    path = f"{url}/api/v1/jobs/recordInfo?taskId={REF.id}"
    with (
        httpx.Client(headers=HEADERS) as http,
        AuthenticatedClient(url, KEY) as generated,
        Client(Kie(KEY, url)) as client,
    ):
        calls: dict[str, Callable[[], object]] = {
            "httpx": lambda: http.get(path).json(),
            "generated": lambda: get_record_info.sync(client=generated, task_id=REF.id),
            "klingkit": lambda: client.get(REF),
        }
        best: dict[str, float] = {}
        for _ in range(ROUNDS):
            for name, call in calls.items():
                call()
                began = time.process_time()
                for _ in range(CALLS):
                    call()
                note(best, name, (time.process_time() - began) / CALLS)
    report("blocking", best)


async def asynchronous(url: str, at_once: int) -> None:
    """Compare async calls."""
    path = f"{url}/api/v1/jobs/recordInfo?taskId={REF.id}"
    aiohttp = _aiohttp()
    best: dict[str, float] = {}
    for _ in range(ROUNDS if at_once < CALLS else 2):
        async with AsyncExitStack() as opened:
            http = await opened.enter_async_context(httpx.AsyncClient(headers=HEADERS, timeout=None))
            client = await opened.enter_async_context(AsyncClient(Kie(KEY, url)))

            async def get(http: httpx.AsyncClient = http) -> object:
                return (await http.get(path)).json()

            async def query(client: AsyncClient = client) -> object:
                return await client.get(REF, timeout=120)

            note(best, "httpx", await processor_time(get, at_once))
            note(best, "klingkit", await processor_time(query, at_once))
            if aiohttp is not None:
                session = await opened.enter_async_context(aiohttp.ClientSession(headers=HEADERS))

                async def fetch(session: Any = session) -> object:
                    async with session.get(path) as response:
                        return await response.json()

                note(best, "aiohttp", await processor_time(fetch, at_once))
    report(f"{at_once} at once", best)


def _aiohttp() -> Any:
    try:
        return importlib.import_module("aiohttp")
    except ImportError:
        return None


async def processor_time(call: Callable[[], Awaitable[object]], at_once: int) -> float:
    """Return what a call costs, in seconds, when so many are under way."""
    calls = 2 * max(CALLS, at_once)
    numbers = iter(range(calls))

    async def work() -> None:
        for _ in numbers:
            await call()

    began = time.process_time()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return (time.process_time() - began) / calls


def note(best: dict[str, float], name: str, seconds: float) -> None:
    """Keep the least of several rounds."""
    best[name] = min(seconds, best.get(name, seconds))


def report(what: str, best: dict[str, float]) -> None:
    """Print what a call costs, and the ratios."""
    shown = (f"{name} {took * 1e6:.0f} us ({took / best['httpx']:.2f})" for name, took in best.items())
    print(f"{what}: {', '.join(shown)}", flush=True)  # noqa: T201


if __name__ == "__main__":
    with serving(0.0) as base:
        blocking(base)
        for count in (1, 100, 1000):
            asyncio.run(asynchronous(base, count))
