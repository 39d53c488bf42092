"""The results of the checks of a service."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from klingkit.contract._violations import escaped

__all__ = ["Check", "Outcome", "Report"]

Outcome: TypeAlias = Literal["passed", "failed", "unknown"]


@dataclass(frozen=True)
class Check:
    """One check of a service.

    Attributes:
        name: The request that was sent.
        outcome: "unknown" if the check could not be run, or the response proves nothing.
        detail: A summary of the response, and its problems; what is not printable is escaped.
        task_id: The task that was created, which may be billed; None if the response names none.
        accepted: Whether the service accepted the request, so that a task may exist.
    """

    name: str
    outcome: Outcome
    detail: str
    task_id: str | None = None
    accepted: bool = False


@dataclass(frozen=True)
class Report:
    """The results of all checks of one service."""

    api: str
    base_url: str
    checks: tuple[Check, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that were created; each may be billed."""
        return tuple(check.task_id for check in self.checks if check.task_id is not None)

    @property
    def accepted(self) -> int:
        """How many requests were accepted that should have been rejected, with or without a task id."""
        return sum(check.accepted for check in self.checks)

    @property
    def exit_code(self) -> int:
        """0: all passed; 1: some failed; 2: none failed, but some could not be run."""
        outcomes = {check.outcome for check in self.checks}
        return 1 if "failed" in outcomes else 2 if "unknown" in outcomes else 0

    def table(self) -> str:
        """Write one line for each check, and one with the totals."""
        width = max((len(check.name) for check in self.checks), default=0)
        lines = [f"{check.outcome:<8} {check.name:<{width}}  {check.detail}" for check in self.checks]
        counts = Counter(check.outcome for check in self.checks)
        total = f"{counts['passed']} passed, {counts['failed']} failed, {counts['unknown']} could not be run"
        return "\n".join([*lines, f"{self.api} at {self.base_url}: {total}; {self._billed()}"])

    def to_json(self) -> str:
        """Write the report as one JSON object."""
        whole = asdict(self) | {"accepted": self.accepted, "tasks": self.tasks, "exit_code": self.exit_code}
        return json.dumps(whole, indent=2)

    def _billed(self) -> str:
        if not self.accepted:
            return "nothing was accepted"
        return f"accepted, and maybe billed: {self.accepted}; tasks: {escaped(', '.join(self.tasks)) or 'ids unknown'}"
