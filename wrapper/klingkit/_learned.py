"""A polling policy that learns how long tasks take, and queries when one is likely to end."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import erfc, exp, inf, log, sqrt
from pathlib import Path
from typing import Final
from uuid import uuid4

from klingkit._base import invalid
from klingkit._fork import PerProcess
from klingkit._models import Task
from klingkit._polling import Polling, VendorAdvice

__all__ = ["LearnedPolling", "LearningWait", "pause_by"]

KEPT: Final = 64
"""Durations that are kept of one kind of task: the last ones, as services become faster and slower."""
ENOUGH: Final = 8
"""Durations that must be known before they decide anything."""
MAX_KINDS: Final = 1000
SHORTEST: Final = 1.0
LONGEST: Final = 60.0
"""Bounds of a pause, in seconds."""
DELAY: Final = 0.195
"""Seconds of lateness that one query is worth. More: fewer queries, later ends (`benchmarks/polling.py` shows both)."""
NARROWEST: Final = 0.01
"""The least bandwidth, relative to the duration: what takes 300 s each time is still looked for from about 290 s on."""
CLOSE: Final = 4.0
"""The most bandwidth, relative to the distance of the nearest durations: two habits are not blurred into one."""
DOUBT: Final = 0.3
"""Durations, of those known, that a task may be unlike: it takes far longer, or less, than any before."""
DAY: Final = 86_400.0
SKEW: Final = 120.0
"""Seconds by which the service's clock may differ from ours: a task that seems older was created before the wait."""


class LearnedPolling:
    """Queries a task when it is likely to end, by how long the last 64 tasks of its kind took.

    Until 8 are known, pauses are those of `before`. Of a kind are tasks of one API, and one model and duration where
    the API's record names them (kie.ai); for the official API and relays use one policy for each model. Use one policy
    for all waits of a program: it may be shared by threads and event loops.

    Args:
        before: The policy until enough is known.

    Raises:
        InvalidRequest: `before` is no policy.
    """

    def __init__(self, before: Polling | None = None) -> None:
        if before is not None and not callable(getattr(before, "pause", None)):
            raise invalid("before", "a policy such as Fixed(5.0)", before)
        self._before: Polling = before or VendorAdvice()
        self._durations: dict[str, tuple[float, ...]] = {}
        self._fits: dict[str, _Fit] = {}
        self._lock = PerProcess(threading.Lock)

    def pause(self, elapsed: float) -> float:
        """Return the pause of a task of an unknown kind, in seconds, `elapsed` seconds after waiting began."""
        return self._before.pause(elapsed)

    def learn(self, kind: str, seconds: float) -> None:
        """Remember how long a task took; `wait` and its like do this by themselves.

        Raises:
            InvalidRequest: `seconds` is no number more than 0.
        """
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < inf:  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise invalid("seconds", "a number more than 0", seconds)
        with self._lock.get():
            durations = self._durations.pop(kind, ())
            self._durations[kind] = (*durations, float(seconds))[-KEPT:]
            self._fits.pop(kind, None)
            while len(self._durations) > MAX_KINDS:
                oldest = next(iter(self._durations))
                del self._durations[oldest]
                self._fits.pop(oldest, None)

    def durations(self) -> Mapping[str, tuple[float, ...]]:
        """Return the durations that are known, in seconds, by kind of task; the newest last."""
        with self._lock.get():
            return dict(self._durations)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the known durations to a file of JSON, which is replaced as a whole; other processes' are not merged.

        Raises:
            OSError: The file cannot be written.
        """
        target = Path(path)
        part = target.with_name(f".{target.name}.{uuid4().hex}.part")
        try:
            part.write_text(json.dumps({"durations": self.durations()}, indent=1), "utf-8")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str], before: Polling | None = None) -> LearnedPolling:
        """Read what `save` wrote; without the file, nothing is known yet.

        Raises:
            InvalidRequest: The file is of something else, or damaged.
            OSError: The file cannot be read.
        """
        policy = cls(before)
        try:
            text = Path(path).read_text("utf-8", "replace")
        except FileNotFoundError:
            return policy
        try:
            for kind, durations in json.loads(text)["durations"].items():
                for seconds in durations:
                    policy.learn(kind, seconds)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
            raise invalid(os.fspath(path), "durations as LearnedPolling.save writes them", text[:100]) from error
        return policy

    def pause_for(self, kind: str, age: float) -> float | None:
        """Return the pause of a task that was created `age` seconds ago; None if not enough is known of its kind."""
        durations = self._durations.get(kind, ())
        if len(durations) < ENOUGH:
            return None
        fit = self._fits.get(kind)
        if fit is None:
            fit = self._fits[kind] = _Fit(durations)
        return fit.pause(age)


class LearningWait:
    """The pauses of one wait: it notes what each query shows, and learns from the end."""

    def __init__(self, policy: LearnedPolling) -> None:
        self._policy = policy
        self._kind: str | None = None
        self._waited = 0.0  # seconds between the creation of the task and the beginning of the wait

    def note(self, task: Task, elapsed: float, api: object) -> None:
        """Note the response of an API to a query, `elapsed` seconds after the wait began."""
        if self._kind is None:
            kind_of: Callable[[Task], str] | None = getattr(api, "kind_of", None)  # most records do not say
            self._kind = kind_of(task) if kind_of else f"{task.ref.api} {task.ref.route}"
            if task.created is not None:
                waited = (datetime.now(UTC) - task.created).total_seconds() - elapsed
                self._waited = min(waited, DAY) if waited >= SKEW else 0.0
        if task.done and task.created is not None and task.completed is not None:
            seconds = (task.completed - task.created).total_seconds()
            if 0 < seconds < DAY:
                self._policy.learn(self._kind, seconds)

    def pause(self, elapsed: float) -> float:
        """Return the seconds until the next query, `elapsed` seconds after the wait began."""
        learned = None if self._kind is None else self._policy.pause_for(self._kind, self._waited + elapsed)
        return self._policy.pause(elapsed) if learned is None else learned


def pause_by(polling: Polling) -> Polling:
    """Return the pauses of one wait by a policy."""
    return LearningWait(polling) if isinstance(polling, LearnedPolling) else polling


class _Fit:
    """The distribution of durations: a kernel density of their logarithms, and a share of doubt with a long tail."""

    def __init__(self, durations: Iterable[float]) -> None:
        logs = sorted(map(log, durations))
        self._kernels = list(zip(logs, _widths(logs), strict=True))
        self._median = exp(logs[len(logs) // 2])
        self._doubt = DOUBT / (len(logs) + DOUBT)

    def pause(self, age: float) -> float:
        """Return the pause that keeps lateness and queries in balance.

        With a hazard h of ending, and queries that are worth c seconds of lateness each, the best gap is sqrt(2c / h);
        as the hazard changes within a gap, sqrt(h / 2c) is summed up to 1.
        """
        gap = total = 0.0
        step = SHORTEST / 2
        left = self._left(age)
        while total < 1 and gap < LONGEST:
            then = self._left(age + gap + step)
            hazard = max(log(left / then), 0.0) / step
            total += sqrt(hazard / (2 * DELAY)) * step
            gap, left, step = gap + step, then, min(step * 1.15, 2.0)
        return min(max(gap, SHORTEST), LONGEST)

    def _left(self, age: float) -> float:
        """Return the share of tasks that take longer."""
        at = log(max(age, 0.001))
        known = sum(_beyond((at - each) / width) for each, width in self._kernels) / len(self._kernels)
        return (1 - self._doubt) * known + self._doubt * self._median / (self._median + age)


def _widths(logs: list[float]) -> Iterator[float]:
    """Yield the width of each kernel: by the spread of all (Silverman's rule), and less where others are close by."""
    count = len(logs)
    mean = sum(logs) / count
    spread = sqrt(sum((each - mean) ** 2 for each in logs) / count)
    middle_half = (logs[3 * count // 4] - logs[count // 4]) / 1.34
    common = 0.9 * (min(spread, middle_half) or spread) * count**-0.2
    close = round(sqrt(count))
    for number, each in enumerate(logs):
        distances = sorted(abs(each - other) for other in logs[max(0, number - close) : number + close + 1])
        yield max(min(common, CLOSE * distances[close]), NARROWEST)


def _beyond(deviations: float) -> float:
    """Return the share of a normal distribution beyond so many standard deviations."""
    return erfc(deviations / sqrt(2)) / 2
