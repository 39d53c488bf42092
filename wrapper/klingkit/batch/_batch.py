"""Work a batch off on one machine: a job that waits is a row of the ledger, and not a coroutine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from attrs import field, frozen
from sqlalchemy import Connection, func, select

from klingkit._async_client import AsyncClient
from klingkit._base import KlingkitError, invalid
from klingkit.batch._budget import Budget
from klingkit.batch._database import LedgerError
from klingkit.batch._drive import drive_async, run_async
from klingkit.batch._effects import Step, Steps
from klingkit.batch._jobs import State
from klingkit.batch._ledger import Ledger
from klingkit.batch._schema import JOBS
from klingkit.batch._steps import advance, claiming, pay

__all__ = ["Batch", "Outcome"]

AT_ONCE: Final = 48
"""Jobs that something is done for at once."""

OUTAGE: Final = 60.0
"""Seconds for which the ledger's database may be gone."""

OUTAGE_PAUSE: Final = 1.0

LONGEST_PAUSE: Final = 5.0
"""Seconds after which the ledger is looked at again, whatever it said: another process may have changed it."""

SHORTEST_PAUSE: Final = 0.005

WAITING: Final = ("intent", "submitted", "ready", "uncertain")


@frozen
class Outcome:
    """How a run of a batch ended."""

    counts: dict[State, int] = field(factory=dict[State, int])
    """How many jobs are in each state."""
    stopped: bool = False
    """Whether it was stopped before all had ended."""
    halt: KlingkitError | None = None
    """What keeps all jobs from being paid for: the key, or the credit of the account."""
    exhausted: bool = False
    """Whether the budget is used up."""


@frozen
class Look:
    """What the ledger has to do for a batch."""

    due: list[int]
    queued: bool
    """Whether a job may be paid for."""
    wait: float
    """Seconds until something is due; infinite: nothing is left to do."""


class Batch:
    """Runs the jobs of one batch until each has ended. Another run, after whatever ended this one, goes on.

    Args:
        ledger: Has the jobs.
        client: Makes the requests. Give it `pacing=None`: the ledger keeps to the limits of the account.
        name: The name of the batch.
        budget: How much it may cost in all.
        at_once: How many requests and downloads may be under way.
        on_change: Called with the counts of the states when they have changed.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: AsyncClient[Any],
        name: str,
        *,
        budget: Budget | None = None,
        at_once: int = AT_ONCE,
        on_change: Callable[[dict[State, int]], object] | None = None,
    ) -> None:
        if not name:
            raise invalid("name", "a text", name)
        self._ledger, self._client, self._name, self._budget = ledger, client, name, budget
        self._rules = ledger.rules(client)
        self._at_once, self._on_change = at_once, on_change
        self._active: set[int] = set()
        self._wake = anyio.Event()
        self._claim_at = 0.0
        self._stopped = self._exhausted = False
        self._halt: KlingkitError | None = None
        self._error: Exception | None = None
        self._shown: dict[State, int] = {}
        self._free: TaskGroup | None = None

    def stop(self) -> None:
        """Pay for nothing more, and end as soon as the payments that are under way have a response."""
        self._stopped = True
        self._wake.set()
        if self._free is not None:
            self._free.cancel_scope.cancel()

    async def run(self) -> Outcome:
        """Work the batch off.

        Raises:
            LedgerError: The ledger cannot be used; nothing is lost, and another run goes on.
        """
        async with anyio.create_task_group() as paying, anyio.create_task_group() as free:
            self._free = free
            try:
                await self._loop(paying, free)
            except Exception as error:  # noqa: BLE001 - raised when the payments that are under way have ended
                self._fail(error)
        if self._error is not None:
            raise self._error
        counts = await self._show()
        return Outcome(counts, self._stopped, self._halt, self._exhausted)

    async def _loop(self, paying: TaskGroup, free: TaskGroup) -> None:
        while not self._stopped:
            self._wake = anyio.Event()
            look: Look = await self._write(self._look)
            for job_id in look.due:
                self._start(free, job_id, advance(self._rules, job_id))
            pause = min(look.wait, await self._pay(paying)) if look.queued else look.wait
            if not self._active and pause == inf:
                return
            await self._show()
            with anyio.move_on_after(min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)):
                await self._wake.wait()

    async def _pay(self, paying: TaskGroup) -> float:
        """Pay for as many jobs as may be paid for now; return the seconds after which to come back."""
        now, free = anyio.current_time(), self._at_once - len(self._active)
        if self._halt or self._exhausted:
            return inf
        if now < self._claim_at or free <= 0:
            return max(self._claim_at - now, LONGEST_PAUSE if free <= 0 else 0.0)
        claim = self._rules.claim(free, batch=self._name, budget=self._budget)
        claimed, begun = await drive_async(self._ledger.database, self._client, claiming(claim))
        for job in claimed.jobs:
            self._start(paying, job.id, pay(self._rules, job, begun))
        self._exhausted = claimed.exhausted
        self._claim_at = now + (max(claimed.until - claimed.now, SHORTEST_PAUSE) if not claimed.jobs else 0.0)
        return self._claim_at - now

    def _start(self, group: TaskGroup, job_id: int, steps: Steps[Step]) -> None:
        self._active.add(job_id)
        group.start_soon(self._do, job_id, steps)

    async def _do(self, job_id: int, steps: Steps[Step]) -> None:
        try:
            step = await drive_async(self._ledger.database, self._client, steps)
            self._halt = self._halt or step.halt
        except Exception as error:  # noqa: BLE001 - raised when the payments that are under way have ended
            self._fail(error)
        finally:
            self._active.discard(job_id)
            self._wake.set()

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.stop()

    async def _write(self, run: Any) -> Any:
        """Read from the ledger; its database may be gone for a while."""
        deadline = anyio.current_time() + OUTAGE
        while True:
            try:
                return await run_async(self._ledger.database, run)
            except LedgerError as error:
                if error.again != "ask" or anyio.current_time() > deadline:
                    raise
                await anyio.sleep(OUTAGE_PAUSE)

    def _look(self, connection: Connection, now: float) -> Look:
        ours = (JOBS.c.account == self._rules.account) & (JOBS.c.batch == self._name)
        waiting = ours & JOBS.c.state.in_(WAITING) & JOBS.c.next_at.is_not(None)
        query = select(JOBS.c.id).where(waiting & (JOBS.c.next_at <= now)).order_by(JOBS.c.next_at, JOBS.c.id)
        free = self._at_once - len(self._active)
        found = connection.execute(query.limit(self._at_once + len(self._active))).scalars()
        due = [each for each in found if each not in self._active][: max(free, 0)]
        later = connection.execute(select(func.min(JOBS.c.next_at)).where(waiting & (JOBS.c.next_at > now))).scalar()
        queued = select(func.min(JOBS.c.next_at)).where(ours & (JOBS.c.state == "queued"))
        next_queued = connection.execute(queued).scalar()
        may_pay = next_queued is not None and next_queued <= now
        times = [each - now for each in (later, None if may_pay else next_queued) if each is not None]
        if self._halt or self._exhausted:
            times = [each - now for each in (later,) if each is not None]
        return Look(due, may_pay, min(times, default=inf))

    async def _show(self) -> dict[State, int]:
        counts: dict[State, int] = await self._write(partial(_counts, batch=self._name))
        if self._on_change is not None and counts != self._shown:
            self._shown = counts
            self._on_change(counts)
        return counts


def _counts(connection: Connection, _: float, *, batch: str) -> dict[State, int]:
    query = select(JOBS.c.state, func.count()).where(JOBS.c.batch == batch).group_by(JOBS.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
