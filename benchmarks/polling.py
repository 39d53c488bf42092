"""Polling policies on invented durations: `python -m benchmarks.polling [TASKS]`; nothing is queried, no time passes.

For each distribution of durations, `TASKS` (500) tasks are waited for by each policy. Printed are the queries a task,
and the seconds from the end of a task to the query that found it ended, both on average. The optimum knows the
distribution, and weighs queries as `LearnedPolling` does; that one has seen 64 tasks before, and learns from each.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable
from math import erfc, exp, log, sqrt
from statistics import fmean

from klingkit import Fixed, LearnedPolling, Polling, VendorAdvice
from klingkit._learned import KEPT, _Fit

KIND = "a model"
SPREAD = log(300 / 90) / 1.645
"""Of the logarithms of durations of which half end before 90 s, and one of twenty after 300 s."""


class Doubling:
    """Pauses of 1, 2, 4, ... seconds, up to a minute."""

    def pause(self, elapsed: float) -> float:
        """Return what doubles the time since the beginning, and a second."""
        return min(elapsed + 1.0, 60.0)


class Optimum(_Fit):
    """Knows the distribution."""

    def __init__(self, left: Callable[[float], float]) -> None:
        self._left = left  # type: ignore[method-assign]


def waited(durations: Iterable[float], pause: Callable[[float], float], learn: Callable[[float], object]) -> str:
    """Wait for tasks; return the average queries and lateness."""
    queries, late = [], []
    for duration in durations:
        time, count = 0.0, 1  # the first query is made at once
        while time < duration:
            time, count = time + pause(time), count + 1
        queries.append(count)
        late.append(time - duration)
        learn(duration)
    return f"{fmean(queries):6.1f} queries, {fmean(late):5.2f} s late"


def learned(durations: list[float]) -> str:
    """Wait by a policy that has seen the first durations."""
    policy = LearnedPolling()
    for duration in durations[:KEPT]:
        policy.learn(KIND, duration)
    return waited(
        durations[KEPT:], lambda age: policy.pause_for(KIND, age) or 5.0, lambda duration: policy.learn(KIND, duration)
    )


def main(tasks: int = 500) -> None:
    """Print a table for each distribution."""
    draw = random.Random(1)  # noqa: S311 - nothing is secret
    always = [300.0] * (KEPT + 20)
    varying = [exp(draw.gauss(log(90), SPREAD)) for _ in range(KEPT + tasks)]
    mixed = [draw.choice((60, 300)) * exp(draw.gauss(0, 0.03)) for _ in range(KEPT + tasks)]
    fixed: dict[str, Polling] = {
        "Fixed(5)": Fixed(5.0),
        "Fixed(7.2)": Fixed(7.2),
        "VendorAdvice": VendorAdvice(),
        "doubling": Doubling(),
    }
    optimum = Optimum(lambda age: erfc((log(max(age, 0.001)) - log(90)) / SPREAD / sqrt(2)) / 2 + 1e-12)
    for name, durations in {
        "always 300 s": always,
        "lognormal, 90 s, 1 of 20 over 300 s": varying,
        "60 s or 300 s": mixed,
    }.items():
        print(name)  # noqa: T201
        for policy, polling in fixed.items():
            print(f"  {policy:15}", waited(durations[KEPT:], polling.pause, lambda _: None))  # noqa: T201
        print(f"  {'LearnedPolling':15}", learned(durations))  # noqa: T201
        if durations is varying:
            print(f"  {'optimum':15}", waited(durations[KEPT:], optimum.pause, lambda _: None))  # noqa: T201


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
