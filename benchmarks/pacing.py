"""Many submissions at once on one client, against the limits of an account: `python -m benchmarks.pacing LIMIT` serves.

An emulator in a process of its own takes 20 creations in any 2 s, or has 20 slots in which each task runs for 1 s.
Submissions are made at once, by tasks of an `AsyncClient` and by threads of a `Client`; with slots, each is followed by
a wait. The client knows the limit, or learns it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

from attrs import frozen

from benchmarks._measure import Outcome, Value
from klingkit import AsyncClient, Client, Fixed, KlingkitError, Pacing
from klingkit.emulator import AfterSeconds, Emulator
from klingkit.emulator.tasks import _quotas
from klingkit.native import Native, Text2Video

__all__ = ["measure"]

RATE, WINDOW = 20, 2.0
SLOTS, RUNS = 20, 1.0
TIMEOUT = 600.0
POLLING = Fixed(0.1)
REQUEST = Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat in the rain")


class Way(Protocol):
    """Makes submissions at once; counts how they ended."""

    def __call__(self, url: str, pacing: Pacing, submissions: int, *, waits: bool) -> Counter[str]: ...


def serve(limit: str) -> None:
    """Serve an emulator with one kind of limit; at the end of the standard input, print what it has recorded."""
    _quotas.WINDOW = WINDOW
    limits: dict[str, Any] = {"rate": RATE} if limit == "rate" else {"slots": SLOTS}
    emulator = Emulator(dialect="official", finish=AfterSeconds(RUNS), kept=20_000, **limits)
    with emulator.serve() as url:
        print(url, flush=True)  # noqa: T201
        sys.stdin.read()
    created = sorted(task.created for task in emulator.tasks)
    span = WINDOW if limit == "rate" else RUNS
    most = max((sum(start <= other < start + span for other in created) for start in created), default=0)
    statuses = Counter(it.status for it in emulator.requests if it.operation == "create")
    print(json.dumps({"most": most, "refused": statuses[429], "created": len(created)}))  # noqa: T201


def threaded(url: str, pacing: Pacing, submissions: int, *, waits: bool) -> Counter[str]:
    """Submit in threads that share one `Client`."""
    with (
        Client(Native("key-of-nobody-0123456789", url, dialect="official"), pacing=pacing) as client,
        ThreadPoolExecutor(submissions) as threads,
    ):

        def submit(_: int) -> str:
            try:
                ref = client.submit(REQUEST, timeout=TIMEOUT)
                if waits:
                    client.wait(ref, timeout=TIMEOUT, polling=POLLING)
            except KlingkitError as error:
                return type(error).__name__
            return "done"

        return Counter(threads.map(submit, range(submissions)))


def gathered(url: str, pacing: Pacing, submissions: int, *, waits: bool) -> Counter[str]:
    """Submit in tasks that share one `AsyncClient`."""

    async def submit(client: AsyncClient[Any]) -> str:
        try:
            ref = await client.submit(REQUEST, timeout=TIMEOUT)
            if waits:
                await client.wait(ref, timeout=TIMEOUT, polling=POLLING)
        except KlingkitError as error:
            return type(error).__name__
        return "done"

    async def main() -> Counter[str]:
        async with AsyncClient(Native("key-of-nobody-0123456789", url, dialect="official"), pacing=pacing) as client:
            return Counter(await asyncio.gather(*(submit(client) for _ in range(submissions))))

    return asyncio.run(main())


@contextmanager
def serving(limit: str) -> Generator[tuple[str, dict[str, int]]]:
    """Serve in a process of its own while the block lasts; yield the URL, and what is recorded once it has ended."""
    command = [sys.executable, "-m", "benchmarks.pacing", limit]
    recorded: dict[str, int] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout
        yield server.stdout.readline().strip(), recorded
        recorded |= json.loads(server.communicate()[0])


@frozen
class Run:
    """How one way of submitting went."""

    excess: int
    """By how many the emulator counted more than the limit: creations in a window, or tasks at once."""
    lost: int
    refused: int
    slower: float
    """How much longer it took than the shortest possible time."""


def submitted(setting: tuple[Way, str, Pacing], submissions: int) -> Run:
    """Run one way of submitting against an emulator of its own."""
    way, limit, pacing = setting
    slots = limit == "slots"
    best = (-(-submissions // SLOTS) * RUNS) if slots else (-(-submissions // RATE) - 1) * WINDOW
    with serving(limit) as (url, recorded):
        began = time.monotonic()
        ended = way(url, pacing, submissions, waits=slots)
        took = time.monotonic() - began
    lost = submissions - min(ended["done"], recorded["created"])
    return Run(recorded["most"] - (SLOTS if slots else RATE), lost, recorded["refused"], took / best if best else 1.0)


def measure(*, tiny: bool = False) -> Outcome:
    """Run all ways of submitting, those of one kind of client at once: they wait for most of the time."""
    settings: dict[str, tuple[str, Pacing]] = {
        "rate": ("rate", Pacing(creations=RATE, per=WINDOW)),
        "rate, learned": ("rate", Pacing(per=WINDOW)),
        "slots": ("slots", Pacing(slots=SLOTS)),
        "slots, learned": ("slots", Pacing()),
    }
    ways: dict[str, Way] = {"gather": gathered, "threads": threaded}
    found: dict[str, Run] = {}
    for kind, way in ways.items():
        names = [f"{kind}, {name}" for name in settings]
        runs = [(way, *setting) for setting in settings.values()]
        with ThreadPoolExecutor(len(runs)) as threads:
            found |= zip(names, threads.map(partial(submitted, submissions=2 if tiny else 200), runs), strict=True)
    values = {f"{name}: times the shortest": Value.of(run.slower) for name, run in found.items()}
    values |= {f"{name}: refused": Value.of(run.refused) for name, run in found.items()}
    known = [run for name, run in found.items() if name.endswith("rate")]
    values["creations over the limit"] = Value.of(max(0, *(run.excess for run in known)))
    values["submissions lost"] = Value.of(sum(run.lost for run in found.values()))
    return Outcome(values=values)


if __name__ == "__main__":
    serve(sys.argv[1])
