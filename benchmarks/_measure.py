"""Costs of ways that do the same thing, measured in turn, so that what else the machine does falls on all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from math import inf
from statistics import quantiles
from typing import Any, Final, TypeAlias

from attrs import field, frozen

__all__ = ["Cost", "Outcome", "Stopwatch", "Table", "Value", "compared", "percentile_95", "ratio"]


PEERS: Final = frozenset(
    {"httpx2", "aiohttp", "openai", "runwayml", "replicate", "fal-client", "google-genai"},
)
"""Libraries that are measured where they can be: they are not installed for development."""


@frozen
class Cost:
    """Seconds that one call took: of the process's processor time, and of the clock."""

    cpu: float
    wall: float


class Stopwatch:
    """Measures this process from when it is made."""

    def __init__(self) -> None:
        gc.collect()
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def cost(self, calls: int = 1) -> Cost:
        """Return what each of the calls cost that were made since."""
        return Cost((time.process_time() - self._cpu) / calls, (time.perf_counter() - self._wall) / calls)


@frozen
class Value:
    """A median with its quartiles; all three are alike where there is one measurement."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, *values: float) -> Value:
        """Summarise measurements."""
        low, median, high = quantiles([*values, *values[:1]] if len(values) == 1 else values, method="inclusive")
        return cls(median, low, high)


Rounds: TypeAlias = Mapping[str, Sequence[Cost]]
"""The costs of each way, one for each round."""


@frozen
class Table:
    """Ways that do the same thing, and whom to compare them with."""

    title: str
    baseline: str
    rounds: Rounds


@frozen
class Outcome:
    """What a part has measured: tables, single values by name, who was left out for which reason; when and where."""

    tables: Sequence[Table] = ()
    values: Mapping[str, Value] = field(factory=dict[str, Value])
    left_out: Mapping[str, str] = field(factory=dict[str, str])
    where: str = ""

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Outcome:
        """Read what `attrs.asdict` has made."""
        tables = [
            Table(
                it["title"],
                it["baseline"],
                {name: [Cost(**cost) for cost in it["rounds"][name]] for name in it["rounds"]},
            )
            for it in stored["tables"]
        ]
        values = {name: Value(**value) for name, value in stored["values"].items()}
        return cls(tables, values, stored["left_out"], stored["where"])


def compared(
    title: str, ways: Mapping[str, Callable[[int], Cost]], calls: int, rounds: int, left_out: dict[str, str]
) -> Table:
    """Measure the ways in turn, each with so many calls a round; the first one is the baseline.

    A peer that fails at a call is left out, for a reason that goes into `left_out`.
    """
    names = [name for name, way in ways.items() if _works(name, way, left_out)]
    found: dict[str, list[Cost]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)  # each round begins with another one
        for name in names[first:] + names[:first]:
            found[name].append(ways[name](calls))
    return Table(title, next(iter(ways)), found)


def _works(name: str, way: Callable[[int], Cost], left_out: dict[str, str]) -> bool:
    if name not in PEERS:
        return True
    try:
        way(1)
    except ImportError as error:
        left_out[name] = f"not installed: {error}"
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are measured
        left_out[name] = f"{type(error).__name__}: {error}"
    return name not in left_out


def ratio(one: Sequence[Cost], other: Sequence[Cost]) -> Value:
    """Return how much more of the processor the first takes, round by round."""
    return Value.of(*(a.cpu / b.cpu for a, b in zip(one, other, strict=True)))


def percentile_95(values: Sequence[float]) -> float:
    """Return the value that 95 in 100 do not exceed."""
    return inf if not values else sorted(values)[: int(0.95 * len(values)) + 1][-1]
