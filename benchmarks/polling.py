"""Polling policies on invented durations; nothing is queried, no time passes: `python -m benchmarks polling`.

Tasks are waited for by each policy. Measured are the queries a task, and the seconds from the end of a task to the
query that found it ended, both on average. The optimum knows the distribution, and weighs queries as `LearnedPolling`
does; that one has seen 64 tasks before, and learns from each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import erfc, exp, log, sqrt
from statistics import fmean
from typing import Final

from benchmarks._measure import Outcome, Value
from klingkit import Fixed, LearnedPolling, Polling, VendorAdvice
from klingkit._learned import KEPT, _Fit  # pyright: ignore[reportPrivateUsage] - the way it weighs queries

__all__ = ["measure"]

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
        self._known = left

    def _left(self, age: float) -> float:
        return self._known(age)


FIXED: Final[Mapping[str, Polling]] = {
    "Fixed(5)": Fixed(5.0),
    "Fixed(7.2)": Fixed(7.2),
    "VendorAdvice": VendorAdvice(),
    "doubling": Doubling(),
}


def waited(
    durations: Iterable[float], pause: Callable[[float], float], learn: Callable[[float], object] = id
) -> dict[str, Value]:
    """Wait for tasks; return the average queries and lateness."""
    queries, late = list[float](), list[float]()
    for duration in durations:
        time, count = 0.0, 1  # the first query is made at once
        while time < duration:
            time, count = time + pause(time), count + 1
        queries.append(count)
        late.append(time - duration)
        learn(duration)
    return {"queries a task": Value.of(fmean(queries)), "late, s": Value.of(fmean(late))}


def learned(durations: Sequence[float]) -> dict[str, Value]:
    """Wait by a policy that has seen the first durations."""
    policy = LearnedPolling()
    for duration in durations[:KEPT]:
        policy.learn(KIND, duration)
    return waited(
        durations[KEPT:], lambda age: policy.pause_for(KIND, age) or 5.0, lambda duration: policy.learn(KIND, duration)
    )


def measure(*, tiny: bool = False) -> Outcome:
    """Wait by each policy, for each distribution of durations."""
    draw, tasks = random.Random(1), 5 if tiny else 500  # noqa: S311 - nothing is secret
    kinds = {
        "always 300 s": [300.0] * (KEPT + 20),
        "lognormal": [exp(draw.gauss(log(90), SPREAD)) for _ in range(KEPT + tasks)],
        "60 s or 300 s": [draw.choice((60, 300)) * exp(draw.gauss(0, 0.03)) for _ in range(KEPT + tasks)],
    }
    optimum = Optimum(lambda age: erfc((log(max(age, 0.001)) - log(90)) / SPREAD / sqrt(2)) / 2 + 1e-12)
    values: dict[str, Value] = {}
    for name, durations in kinds.items():
        policies = {**FIXED, "optimum": optimum} if name == "lognormal" else FIXED
        found = {policy: waited(durations[KEPT:], polling.pause) for policy, polling in policies.items()}
        for policy, measured in {**found, "": learned(durations)}.items():
            prefix = f"{name}, {policy}" if policy else name
            values |= {f"{prefix}: {what}": value for what, value in measured.items()}
    return Outcome(values=values)
