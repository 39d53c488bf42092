"""What a query costs, beside HTTP libraries and clients of other services: blocking ones, and many async at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

from benchmarks._measure import Cost, Outcome, Stopwatch, Table, Value, compared, ratio
from benchmarks._server import serving
from benchmarks._ways import ASYNCHRONOUS, BLOCKING, Asynchronous, Blocking, check

__all__ = ["measure"]

AT_ONCE = {1: (300, 5), 100: (600, 5), 1000: (2000, 3)}
"""By the number of calls at once: how many are made a round, and how many rounds."""


def measure(*, tiny: bool = False) -> Outcome:
    """Measure blocking calls, and async ones at each number at once."""
    left_out: dict[str, str] = {}
    sizes = {1: (4, 2), 1000: (6, 2)} if tiny else AT_ONCE
    with serving() as url:
        ways = {name: partial(blocking_cost, url, way) for name, way in BLOCKING.items()}
        blocking = compared("blocking", ways, *((4, 2) if tiny else (200, 9)), left_out)
        many: dict[int, Table] = {}
        for at_once, size in sizes.items():
            costs = {name: partial(async_cost, url, way, at_once) for name, way in ASYNCHRONOUS.items()}
            many[at_once] = compared(f"async, {at_once:,} at once", costs, *size, left_out)
    return Outcome((blocking, *many.values()), _blocking_ratios(blocking) | _async_ratios(many), left_out)


def blocking_cost(url: str, way: Blocking, calls: int) -> Cost:
    """Return what a call costs whose connection is open."""
    with way(url) as query:
        check(query())
        watch = Stopwatch()
        for _ in range(calls):
            query()
        return watch.cost(calls)


def async_cost(url: str, way: Asynchronous, at_once: int, calls: int) -> Cost:
    """Return what a call costs when so many are under way, with the connections that are made for them."""

    async def run() -> Cost:
        async with way(url) as query:
            check(await query())
            watch, numbers = Stopwatch(), iter(range(calls))

            async def work() -> None:
                for _ in numbers:
                    await query()

            await asyncio.gather(*(work() for _ in range(min(at_once, calls))))
            return watch.cost(calls)

    return asyncio.run(run())


def _blocking_ratios(table: Table) -> dict[str, Value]:
    rounds = table.rounds
    return {
        "Client.get / httpx": ratio(rounds["klingkit"], rounds["httpx"]),
        "generated / httpx": ratio(rounds["generated"], rounds["httpx"]),
    }


def _async_ratios(tables: Mapping[int, Table]) -> dict[str, Value]:
    many, alone = tables[1000].rounds, tables[1].rounds["klingkit"]
    values = {
        f"1000 at once / {name}": ratio(many["klingkit"], many[name]) for name in ("httpx", "aiohttp") if name in many
    }
    return {**values, "1000 at once / 1 at once": ratio(many["klingkit"], alone[: len(many["klingkit"])])}
