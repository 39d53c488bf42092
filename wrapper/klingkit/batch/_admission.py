"""How many creations an account may begin now: its row is locked, so that all processes count together."""

from __future__ import annotations

from math import inf
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from klingkit._base import KlingkitError
from klingkit._errors import RateLimited, SlotsFull
from klingkit._pacing import Pacing
from klingkit.batch._schema import ACCOUNTS, JOBS

__all__ = ["Admission", "admit", "learn", "next_slot"]

MAX_CLOSED: Final = 300.0
"""Seconds of a Retry-After that are heeded at most."""

SLOT_PAUSES: Final = (5.0, 30.0)
"""Seconds, at first and at most, before a creation is tried again after all slots were taken."""

SLOT_RECOVERY: Final = 60.0
"""Seconds after which one more slot is tried than was taken when the service refused."""

UNBOUNDED: Final = 10_000
"""A learned limit that has grown to this is none."""

LOOK_AGAIN: Final = 1.0
"""Seconds after which it is looked again whether a task has ended."""


@frozen
class Admission:
    """How many may be sent now; if none, when to come back, and how far apart several shall come."""

    count: int
    until: float
    spacing: float = LOOK_AGAIN


LOCK: Final = select(ACCOUNTS).where(ACCOUNTS.c.account == bindparam("of")).with_for_update()


def locked(connection: Connection, account: str) -> Row[Any]:
    """Lock the row of an account until the transaction ends; make it if there is none."""
    row = connection.execute(LOCK, {"of": account}).one_or_none()
    if row is None:
        connection.execute(insert(ACCOUNTS).values(account=account))
        row = connection.execute(LOCK, {"of": account}).one()
    return row


def admit(connection: Connection, now: float, account: str, pacing: Pacing, most: int) -> Admission:
    """Return how many creations may begin now, `most` at most.

    What is under way is counted as sent, and what has ended for `per` seconds after its end: the service counted it at
    some time in between. So the service never sees more than the limit in any window.
    """
    row = _recovered(connection, now, locked(connection, account), pacing)
    if row.closed_until > now:
        return Admission(0, row.closed_until)
    slots = _lower(pacing.slots, row.slots) - _running(connection, account)
    if slots <= 0:
        return Admission(0, now + LOOK_AGAIN)
    limit = _lower(pacing.creations, row.creations)
    if limit == inf:
        return Admission(int(min(most, slots)), now)
    counted = JOBS.c.counted
    since = (JOBS.c.account == account) & (counted > now - pacing.per)
    used = connection.execute(select(func.count()).where(since)).scalar_one()
    if used < limit:
        return Admission(int(min(most, slots, limit - used)), now)
    oldest = select(counted).where(since).order_by(counted).offset(int(used - limit)).limit(1)
    free = min(connection.execute(oldest).scalar_one(), now) + pacing.per
    return Admission(0, free, pacing.per / limit)


def next_slot(connection: Connection, account: str, refused: Admission) -> float:
    """Return when a job that was refused comes again: each has its own time, so that all together try at the rate."""
    row = locked(connection, account)
    slot: float = max(row.next_slot + refused.spacing, refused.until)
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.account == account).values(next_slot=slot))
    return slot


def learn(connection: Connection, now: float, account: str, pacing: Pacing, error: KlingkitError | None) -> None:
    """Learn from the outcome of a creation: a refusal shrinks the limit to what was not refused, and pauses."""
    row = locked(connection, account)
    values: dict[str, Any] = {}
    if isinstance(error, RateLimited):
        values = _rate_limited(connection, now, row, pacing, error.retry_after)
    elif isinstance(error, SlotsFull):
        pause = min(SLOT_PAUSES[0] * 2**row.refusals, SLOT_PAUSES[1])
        taken = max(1, _running(connection, account))
        values = {"slots": int(min(_lower(row.slots, None), taken)), "refusals": row.refusals + 1, "changed": now}
        values["closed_until"] = max(row.closed_until, now + max(pause, min(error.retry_after or 0.0, MAX_CLOSED)))
    elif error is None and row.refusals:
        values = {"refusals": 0}
    if values:
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.account == account).values(**values))


def _rate_limited(
    connection: Connection, now: float, row: Row[Any], pacing: Pacing, retry_after: float | None
) -> dict[str, Any]:
    pause = min(pacing.per / 3 * 2 ** min(row.refusals, 5), pacing.per)
    closed = now + max(pause, min(retry_after or 0.0, MAX_CLOSED))
    values = {"closed_until": max(row.closed_until, closed), "refusals": row.refusals + 1, "changed": now}
    recent = (JOBS.c.account == row.account) & (JOBS.c.counted > now - pacing.per)
    used = connection.execute(select(func.count()).where(recent)).scalar_one()
    if used or row.refusals:  # one alone, once, shows nothing of how many would have been taken
        values["creations"] = int(min(_lower(row.creations, None), max(1, used)))
    return values


def _recovered(connection: Connection, now: float, row: Row[Any], pacing: Pacing) -> Row[Any]:
    """Let a limit that was learned grow again, some time after the last refusal."""
    values: dict[str, Any] = {}
    if row.creations is not None and now - row.changed >= 2 * pacing.per:
        grown = row.creations + max(1, row.creations // 2)
        values["creations"] = None if grown >= _lower(pacing.creations, UNBOUNDED) else grown
    if row.slots is not None and now - row.changed >= SLOT_RECOVERY:
        values["slots"] = None if row.slots + 1 >= _lower(pacing.slots, UNBOUNDED) else row.slots + 1
    if not values:
        return row
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.account == row.account).values(**values, changed=now))
    return locked(connection, row.account)


def _running(connection: Connection, account: str) -> int:
    running = JOBS.c.state.in_(("intent", "submitted"))
    return connection.execute(select(func.count()).where((JOBS.c.account == account) & running)).scalar_one()


def _lower(first: int | None, second: int | None) -> float:
    return min(inf if each is None else each for each in (first, second))
