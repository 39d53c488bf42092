"""Policies for when a task moves on by itself. `Emulator.finish_task` and `fail_task` end it sooner.

A task is accepted, then running, then ended. It is running from half of its progress on; APIs that have a word for
that show it. If it is ended by hand sooner, it passes through running all the same.
"""

import math
from dataclasses import dataclass
from typing import Protocol


class Finish(Protocol):
    """A policy, which is evaluated right after a task was made and at every query of it."""

    @property
    def delay(self) -> float:
        """Seconds after which a task ends even without queries; infinite: never."""
        ...

    def progress(self, *, queries: int, age: float) -> float:
        """Return how far a task is that was queried so often and is `age` seconds old: from 0 to 1, its end."""
        ...


@dataclass(frozen=True)
class AtOnce:
    """A task ends as it is made. Its callbacks may overtake the response with its id."""

    @property
    def delay(self) -> float:
        """Infinite: it has ended before."""
        return math.inf

    def progress(self, *, queries: int, age: float) -> float:  # noqa: ARG002 - a policy gets both
        """Always 1."""
        return 1.0


@dataclass(frozen=True)
class AfterQueries:
    """A task ends as its `count`-th query arrives, which is the first to see it ended.

    Of the `count - 1` queries before, those from `count / 2` on see it running. A task that is
    never queried never moves, and sends no callback. `AfterQueries(0)` is `AtOnce()`.

    Raises:
        ValueError: `count` is negative.
    """

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError(f"a task can't end after {self.count} queries")

    @property
    def delay(self) -> float:
        """Infinite: time does not end it."""
        return math.inf

    def progress(self, *, queries: int, age: float) -> float:  # noqa: ARG002 - a policy gets both
        """The share of the queries that have been made."""
        return 1.0 if queries >= self.count else queries / self.count


@dataclass(frozen=True)
class AfterSeconds:
    """A task ends `seconds` after it was made, on the emulator's clock, queried or not.

    It is running after half of them. With `math.inf` tasks end by hand only.

    Raises:
        ValueError: `seconds` is negative or no number.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:  # so written, NaN is rejected, too
            raise ValueError(f"a task can't end after {self.seconds!r} seconds")

    @property
    def delay(self) -> float:
        """The time it takes."""
        return self.seconds

    def progress(self, *, queries: int, age: float) -> float:  # noqa: ARG002 - a policy gets both
        """The share of the time that has passed."""
        return 1.0 if age >= self.seconds else age / self.seconds
