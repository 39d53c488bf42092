"""Many plain waits at once on one client, as a user writes them: gathered, and in threads.

Tasks end 8 s after their first query, and are queried every 5 s. Lateness counts from the first of the queries every
5 s, the first at once, that can find the task ended.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import ceil, inf

from benchmarks._measure import Outcome, Stopwatch, Value, percentile_95
from benchmarks._server import serving
from benchmarks._ways import KEY
from klingkit import AsyncClient, Client, Fixed, KlingkitError, TaskRef
from klingkit.kie import Kie

__all__ = ["measure"]

SECONDS, PAUSE, TIMEOUT = 8.0, 5.0, 120.0


class Ends:
    """How many waits ended, and when."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._took: list[float] = []

    def note(self, error: KlingkitError | None) -> None:
        """Take the end of a wait."""
        self._took.append(inf if error else time.monotonic() - self._began)

    def late(self, due: float) -> float:
        """Return how late 95 in 100 ended at most; infinite if one of all did not."""
        return inf if inf in self._took else max(percentile_95(self._took) - due, 0.0)


def gathered(url: str, waits: int, pause: float) -> Ends:
    """Gather plain waits of one `AsyncClient`."""
    ends = Ends()

    async def wait(client: AsyncClient, number: int) -> None:
        error: KlingkitError | None = None
        try:
            await client.wait(TaskRef("kie", "jobs", f"a{number}"), timeout=TIMEOUT, polling=Fixed(pause))
        except KlingkitError as raised:
            error = raised
        ends.note(error)

    async def run() -> None:
        async with AsyncClient(Kie(KEY, url)) as client:
            await asyncio.gather(*(wait(client, number) for number in range(waits)))

    asyncio.run(run())
    return ends


def threaded(url: str, waits: int, pause: float) -> Ends:
    """Wait in threads that share one `Client`."""
    ends = Ends()

    def wait(client: Client, number: int) -> None:
        error: KlingkitError | None = None
        try:
            client.wait(TaskRef("kie", "jobs", f"s{number}"), timeout=TIMEOUT, polling=Fixed(pause))
        except KlingkitError as raised:
            error = raised
        ends.note(error)

    with Client(Kie(KEY, url)) as client, ThreadPoolExecutor(waits) as threads:
        list(threads.map(partial(wait, client), range(waits)))
    return ends


def measure(*, tiny: bool = False) -> Outcome:
    """Run all kinds of waiting, each against a server of its own."""
    pause, seconds = (0.05, 0.08) if tiny else (PAUSE, SECONDS)
    kinds: dict[str, tuple[Callable[[str, int, float], Ends], int]] = {
        "gather of 1,000": (gathered, 1000),
        "gather of 3,000": (gathered, 3000),
        "500 threads": (threaded, 500),
    }
    values: dict[str, Value] = {}
    for name, (run, waits) in kinds.items():
        with serving(seconds) as url:
            count = 3 if tiny else waits
            watch = Stopwatch()
            ends = run(url, count, pause)
            values[f"{name}: CPU, ms a wait"] = Value.of(watch.cost(count).cpu * 1000)
            values[f"{name}: late, s"] = Value.of(ends.late(ceil(seconds / pause) * pause))
    return Outcome(values=values)
