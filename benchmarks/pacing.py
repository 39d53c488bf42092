"""Many submissions at once on one client: `python -m benchmarks.pacing [SUBMISSIONS]`.

An emulator in a process of its own takes 20 creations in any 2 s, or has 20 slots in which each task runs for 1 s.
`SUBMISSIONS` (200) are made at once, by tasks of an `AsyncClient` and by threads of a `Client`; with slots, each is
followed by a wait. The client knows the limit, or learns it. Printed are what the emulator recorded, the most
creations in any window, or the most tasks at once, and the refusals; how many submissions were lost; and the time that
all took, against the shortest possible.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from klingkit import AsyncClient, Client, Fixed, KlingkitError, Pacing
from klingkit.emulator import AfterSeconds, Emulator
from klingkit.emulator.tasks import _quotas
from klingkit.native import Native, Text2Video

RATE, WINDOW = 20, 2.0
SLOTS, RUNS = 20, 1.0
TIMEOUT = 600.0
POLLING = Fixed(0.1)
REQUEST = Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat in the rain")


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
        Client(Native("key-of-nobody", url, dialect="official"), pacing=pacing) as client,
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
        async with AsyncClient(Native("key-of-nobody", url, dialect="official"), pacing=pacing) as client:
            return Counter(await asyncio.gather(*(submit(client) for _ in range(submissions))))

    return asyncio.run(main())


@contextmanager
def serving(limit: str) -> Generator[tuple[str, dict[str, int]]]:
    """Serve in a process of its own while the block lasts; yield the URL, and what is recorded once it has ended."""
    command = [sys.executable, "-m", "benchmarks.pacing", "serve", limit]
    recorded: dict[str, int] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout
        yield server.stdout.readline().strip(), recorded
        recorded |= json.loads(server.communicate()[0])


def measure(name: str, limit: str, run: Callable[..., Counter[str]], pacing: Pacing, submissions: int) -> None:
    """Run one way of submitting against an emulator of its own, and print how it went."""
    waits = limit == "slots"
    best = (-(-submissions // SLOTS) * RUNS) if waits else (-(-submissions // RATE) - 1) * WINDOW
    with serving(limit) as (url, recorded):
        began = time.monotonic()
        ended = run(url, pacing, submissions, waits=waits)
        took = time.monotonic() - began
    lost = sum(ended.values()) - ended["done"]
    window = f"at most {recorded['most']} in {RUNS if waits else WINDOW:g} s, {recorded['refused']} refused"
    print(f"{name}: {recorded['created']} created, {window}, {lost} lost; {took:.1f} s, at best {best:.1f} s")  # noqa: T201


def main(submissions: int = 200) -> None:
    """Run all ways of submitting."""
    ways: dict[str, Callable[..., Counter[str]]] = {"AsyncClient": gathered, "Client, threads": threaded}
    for name, run in ways.items():
        known = Pacing(creations=RATE, per=WINDOW)
        measure(f"{name}, {RATE} in {WINDOW:g} s, known", "rate", run, known, submissions)
        measure(f"{name}, {RATE} in {WINDOW:g} s, learned", "rate", run, Pacing(per=WINDOW), submissions)
        measure(f"{name}, {SLOTS} slots, known", "slots", run, Pacing(slots=SLOTS), submissions)
        measure(f"{name}, {SLOTS} slots, learned", "slots", run, Pacing(), submissions)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        main(*map(int, sys.argv[1:]))
