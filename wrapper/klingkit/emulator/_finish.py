"""When a task ends by itself. `Emulator.finish_task` and `fail_task` end it sooner."""

import math
from dataclasses import dataclass
from typing import Protocol


class Finish(Protocol):
    """A policy: asked right after a task was made and again at every query of it."""

    @property
    def delay(self) -> float:
        """Seconds after which a task ends even if nobody asks; infinite: never."""
        ...

    def over(self, *, queries: int, age: float) -> bool:
        """Whether a task queried so many times, `age` seconds old, has ended."""
        ...


@dataclass(frozen=True)
class AtOnce:
    """A task ends as it is made. Its callback may overtake the answer that tells its id."""

    @property
    def delay(self) -> float:
        """Nothing is left to wait for."""
        return math.inf

    def over(self, *, queries: int, age: float) -> bool:  # noqa: ARG002
        """Always."""
        return True


@dataclass(frozen=True)
class AfterQueries:
    """A task ends as its `count`-th query arrives, which is the first to see it ended.

    The `count - 1` queries before see it waiting. A task that nobody queries never ends, and
    sends no callback. `AfterQueries(0)` is `AtOnce()`.

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

    def over(self, *, queries: int, age: float) -> bool:  # noqa: ARG002
        """Whether the query that counts has come."""
        return queries >= self.count


@dataclass(frozen=True)
class AfterSeconds:
    """A task ends `seconds` after it was made, on the emulator's clock, asked or not.

    With `math.inf` tasks end by hand only.

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

    def over(self, *, queries: int, age: float) -> bool:  # noqa: ARG002
        """Whether the time is up."""
        return age >= self.seconds
