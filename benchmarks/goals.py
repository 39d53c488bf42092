"""What is to be reached, in one place: limits of values that the parts measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from benchmarks._measure import Outcome, Value

__all__ = ["GOALS", "Goal"]


@frozen
class Goal:
    """A limit of a value: at most so much, or `least`, at least."""

    part: str
    value: str
    """The name of the value."""
    limit: float
    text: str
    least: bool = False

    def measured(self, outcomes: Mapping[str, Outcome]) -> Value | None:
        """Return the value; None if it was not measured."""
        outcome = outcomes.get(self.part)
        return outcome.values.get(self.value) if outcome else None

    def is_met(self, value: Value) -> bool:
        """Return whether a value is within the limit."""
        return value.median >= self.limit if self.least else value.median <= self.limit


WAIT: Final = "seconds late, 95 in 100, all done, with queries every 5 s"
CREATIONS: Final = "200 submissions at once, 20 allowed in 2 s"

GOALS: Final = (
    Goal("calls", "Client.get / httpx", 0.75, "CPU of `Client.get` / bare httpx get and JSON"),
    Goal("calls", "generated / httpx", 1.10, "CPU of the generated function / the same"),
    Goal("calls", "1000 at once / httpx", 0.35, "CPU of `AsyncClient.get`, 1,000 at once / httpx's defaults"),
    Goal("calls", "1000 at once / aiohttp", 3.0, "the same / aiohttp"),
    Goal("calls", "1000 at once / 1 at once", 1.2, "CPU of `AsyncClient.get`, 1,000 at once / 1 at once"),
    Goal("import", "klingkit / httpx", 0.10, "CPU of `import klingkit` / `import httpx`"),
    Goal("import", "klingkit: Client, Kie / httpx", 1.5, "CPU of importing `Client` and `Kie` / the same"),
    Goal("construct", "second / first", 0.05, "CPU of making the second `Client` / the first"),
    Goal("waits", "gather of 1,000: late, s", 1.0, f"`gather` of 1,000 `wait`: {WAIT}"),
    Goal("waits", "gather of 3,000: late, s", 1.0, f"`gather` of 3,000 `wait`: {WAIT}"),
    Goal("waits", "500 threads: late, s", 1.0, f"500 threads of `Client.wait`: {WAIT}"),
    Goal("batch", "wait_all: peak, MB", 45.0, "10,000 tasks by `wait_all`, 2 queries each in 10 s: peak memory, MB"),
    Goal("batch", "wait_all: KB a task", 0.6, "the same: KB a task"),
    Goal("batch", "wait_all: late, s", 1.0, "the same: seconds late, 95 in 100, all done"),
    Goal("pacing", "creations over the limit", 0.0, f"{CREATIONS}: creations in any window over the limit"),
    Goal("pacing", "submissions lost", 0.0, f"{CREATIONS}: submissions lost"),
    Goal("polling", "always 300 s: queries a task", 15.0, "learned polling, tasks of always 300 s: queries a task"),
    Goal("polling", "always 300 s: late, s", 2.5, "the same: mean seconds late"),
    Goal(
        "polling",
        "lognormal: queries a task",
        16.0,
        "learned polling, lognormal (90 s, 5 % over 300 s): queries a task",
    ),
    Goal("polling", "lognormal: late, s", 3.6, "the same: mean seconds late"),
    Goal(
        "callbacks",
        "parse_callback / by hand, kie",
        4.0,
        "CPU of `parse_callback`, signed by kie / json.loads and hmac",
    ),
    Goal("callbacks", "parse_callback / by hand, native", 4.0, "CPU of `parse_callback`, signed by Kling / the same"),
    Goal(
        "callbacks",
        "receiver / echo, calls a second of CPU",
        0.7,
        "deliveries to `AsyncReceiver` a second of the server's CPU / Starlette echo",
        least=True,
    ),
)
