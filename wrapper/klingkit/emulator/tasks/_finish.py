"""When a task moves on by itself. `Emulator.finish_task` and `fail_task` end it sooner.

A task is accepted, then under way, then ended. It is under way from half of its progress on; the
APIs that have a word for that show it. Ended by hand before, it has been under way for a moment.
"""

import math
from dataclasses import dataclass
from typing import Protocol


class Finish(Protocol):
    """A policy: asked right after a task was made and again at every query of it."""

    @property
    def delay(self) -> float:
        """Seconds after which a task ends even if nobody asks; infinite: never."""
        ...

    def progress(self, *, queries: int, age: float) -> float:
        """How far a task queried so many times, `age` seconds old, is: from 0 to 1, its end."""
        ...


@dataclass(frozen=True)
class AtOnce:
    """A task ends as it is made. Its callbacks may overtake the answer that tells its id."""

    @property
    def delay(self) -> float:
        """Nothing is left to wait for."""
        return math.inf

    def progress(self, *, queries: int, age: float) -> float:  # noqa: ARG002 - a policy is told both
        """All of it."""
        return 1.0


@dataclass(frozen=True)
class AfterQueries:
    """A task ends as its `count`-th query arrives, which is the first to see it ended.

    Of the `count - 1` queries before, those from `count / 2` on see it under way. A task that
    nobody queries never moves, and sends no callback. `AfterQueries(0)` is `AtOnce()`.

    Raises:
        ValueError: `count` is negative.
    """

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"a task can't end after {self.count} queries")

    @property
    def delay(self) -> float:
        """Time ends nothing."""
        return math.inf

    def progress(self, *, queries: int, age: float) -> float:  # noqa: ARG002 - a policy is told both
        """The share of the queries that have come."""
        return 1.0 if queries >= self.count else queries / self.count


@dataclass(frozen=True)
class AfterSeconds:
    """A task ends `seconds` after it was made, on the emulator's clock, asked or not.

    It is under way after half of them. With `math.inf` tasks end by hand only.

    Raises:
        ValueError: `seconds` is negative or no number.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:  # so written, NaN is refused too
            raise ValueError(f"a task can't end after {self.seconds!r} seconds")

    @property
    def delay(self) -> float:
        """The time it takes."""
        return self.seconds

    def progress(self, *, queries: int, age: float) -> float:  # noqa: ARG002 - a policy is told both
        """The share of the time that is up."""
        return 1.0 if age >= self.seconds else age / self.seconds
