"""How much a batch may cost in all, over all of its runs: so many jobs, or credits by the list of prices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import inf
from typing import Literal

from attrs import frozen
from sqlalchemy import Connection, func, select

from klingkit._base import invalid
from klingkit.batch._jobs import JobRow
from klingkit.batch._schema import JOBS

__all__ = ["Budget"]


@frozen
class Budget:
    """So many jobs, or credits."""

    amount: float
    unit: Literal["jobs", "credits"]

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read "20 jobs", or "5000 credits".

        Raises:
            InvalidRequest: It is neither.
        """
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(jobs|credits)\s*", text)
        if match is None:
            raise invalid("budget", "such as '20 jobs' or '5000 credits'", text)
        return cls(float(match[1]), "jobs" if match[2] == "jobs" else "credits")

    def within(self, connection: Connection, batch: str, jobs: Sequence[JobRow]) -> list[JobRow]:
        """Return the first of these jobs that the budget still allows; what may have been paid for is counted."""
        paid = (JOBS.c.batch == batch) & (JOBS.c.ref.is_not(None) | JOBS.c.state.in_(("intent", "uncertain")))
        each = func.count() if self.unit == "jobs" else func.coalesce(func.sum(JOBS.c.estimate), 0.0)
        left = self.amount - connection.execute(select(each).where(paid)).scalar_one()
        allowed: list[JobRow] = []
        for job in jobs:
            left -= 1 if self.unit == "jobs" else inf if job.estimate is None else job.estimate
            if left < 0:
                break
            allowed.append(job)
        return allowed

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}"
