"""Ten thousand tasks waited for by one call, in a process of its own: `python -m benchmarks.batch WAY URL TASKS`.

A task ends 4 s after its first query, and is queried every 5 s: two queries a task, a thousand tasks' each second. The
time that the first queries of all take is no lateness: that counts from a task's own first query, and the pause.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

from benchmarks._measure import Outcome, Stopwatch, Value, percentile_95
from benchmarks._server import serving, spans
from klingkit import AsyncClient, Fixed, TaskRef
from klingkit.kie import Kie

__all__ = ["measure"]

TASKS, SECONDS, PAUSE, TIMEOUT = 10_000, 4.0, 5.0, 600.0


def memory(name: str) -> int:
    """Return a measure of this process's memory in KiB: VmRSS, what it has; VmHWM, the most that it had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def wait_all(url: str, refs: list[TaskRef], pause: float) -> int:
    """Wait by `AsyncClient.wait_all`; return how many succeeded."""

    async def run() -> int:
        async with AsyncClient(Kie("key-of-nobody-0123456789", url)) as client:
            results = await client.wait_all(refs, timeout=TIMEOUT, polling=Fixed(pause))
        return sum(it.error is None for it in results)

    return asyncio.run(run())


def as_completed(url: str, refs: list[TaskRef], pause: float) -> int:
    """Wait by `AsyncClient.as_completed`; return how many succeeded."""

    async def run() -> int:
        async with (
            AsyncClient(Kie("key-of-nobody-0123456789", url)) as client,
            client.as_completed(refs, timeout=TIMEOUT, polling=Fixed(pause)) as results,
        ):
            return sum([it.error is None async for it in results])

    return asyncio.run(run())


WAYS: dict[str, Callable[[str, list[TaskRef], float], int]] = {"wait_all": wait_all, "as_completed": as_completed}


def warm_up(url: str) -> None:
    """Load what queries need, so that it is not taken for what waiting needs."""
    ref = TaskRef("kie", "jobs", "warm-up")

    async def query() -> None:
        async with AsyncClient(Kie("key-of-nobody-0123456789", url)) as client:
            await client.get(ref)

    asyncio.run(query())


def run(way: str, url: str, tasks: int, pause: float) -> None:
    """Wait once, and print what it took."""
    warm_up(url)
    WAYS[way](url, [], pause)
    refs = [TaskRef("kie", "jobs", f"{way}-{number}") for number in range(tasks)]
    before, watch = memory("VmRSS"), Stopwatch()
    succeeded = WAYS[way](url, refs, pause)
    cost, peak = watch.cost(tasks), memory("VmHWM")
    found = {"succeeded": succeeded, "cpu": cost.cpu, "wall": cost.wall, "before": before, "peak": peak}
    print(json.dumps(found))  # noqa: T201


def measure(*, tiny: bool = False) -> Outcome:
    """Run all ways, each in a process of its own, against a server of its own."""
    tasks, pause, seconds = (5, 0.05, 0.04) if tiny else (TASKS, PAUSE, SECONDS)
    values: dict[str, Value] = {}
    for way in WAYS:
        with serving(seconds) as url:
            command = [sys.executable, "-m", "benchmarks.batch", way, url, str(tasks), str(pause)]
            ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own
            found: dict[str, Any] = json.loads(ran.stdout)
            late = percentile_95(spans(url)) - pause
        values[f"{way}: CPU, ms a task"] = Value.of(found["cpu"] * 1000)
        values[f"{way}: late, s"] = Value.of(max(late, 0.0) if found["succeeded"] == tasks else inf)
        values[f"{way}: all in, s"] = Value.of(found["wall"] * tasks)
        values[f"{way}: peak, MB"] = Value.of(found["peak"] * 1024 / 1e6)
        values[f"{way}: KB a task"] = Value.of((found["peak"] - found["before"]) * 1.024 / tasks)
    return Outcome(values=values)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
