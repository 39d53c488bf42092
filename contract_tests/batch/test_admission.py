"""How many creations may begin: never more than the limit in any window, and what refusals teach."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from contract_tests.batch.conftest import START, request
from klingkit import Pacing, RateLimited, ServerError, SlotsFull, TaskRef
from klingkit._client import Client
from klingkit.batch import Ledger
from klingkit.batch._admission import admit
from klingkit.batch._steps import Rules
from klingkit.batch._transitions import Claimed, claim, created, refused


class Account:
    """Claims and ends payments, by hand."""

    def __init__(self, ledger: Ledger, api: Any, jobs: int = 30) -> None:
        self.ledger, self.count = ledger, 0
        with Client(api) as client:
            self.rules: Rules = ledger.rules(client)
        ledger.enqueue(ledger.new_job(api, f"{n}", request(), batch="b") for n in range(jobs))

    def claim(self, count: int = 30) -> Claimed:
        by = self.rules.claim(count, batch="b")
        return self.ledger.database.run(lambda connection, now: claim(connection, now, by))

    def create(self, claimed: Claimed) -> None:
        for job in claimed.jobs:
            self.count += 1
            ref = TaskRef("kie", "jobs", f"t-{self.count}")
            self.ledger.database.run(partial(created, job=job, ref=ref, pacing=self.rules.pacing))

    def refuse(self, claimed: Claimed, error: Any) -> None:
        for job in claimed.jobs:
            self.ledger.database.run(partial(refused, job=job, error=error, pacing=self.rules.pacing, again=0.0))


def test_the_limit_holds_in_every_window(open_ledger, api, time):
    account = Account(open_ledger(pacing=Pacing(creations=3, per=10.0)), api)
    created_at: list[float] = []
    for step in range(200):
        claimed = account.claim(1 + step % 4)
        time.now += 0.5 * (step % 3)  # the exchange
        created_at += [time.now] * len(claimed.jobs)
        account.create(claimed)
        time.now += 0.3
    assert len(created_at) == 30
    assert all(later - earlier >= 10.0 for earlier, later in zip(created_at, created_at[3:], strict=False))


def test_a_payment_under_way_counts(open_ledger, api, time):
    account = Account(open_ledger(pacing=Pacing(creations=2)), api)
    assert len(account.claim().jobs) == 2
    time.now += 30.0
    claimed = account.claim()
    assert (claimed.jobs, claimed.until) == ((), time.now + 10.0)


def test_slots_are_taken_by_payments_and_tasks(open_ledger, api, time):
    account = Account(open_ledger(pacing=Pacing(slots=2)), api)
    claimed = account.claim()
    assert len(claimed.jobs) == 2
    account.create(claimed)
    assert account.claim().until == time.now + 1.0


def test_a_refusal_teaches_the_limit_and_a_pause(open_ledger, api, time):
    account = Account(open_ledger(), api)
    account.create(account.claim(4))
    account.refuse(account.claim(1), RateLimited("too fast"))
    closed = account.claim()
    assert not closed.jobs
    assert closed.until == pytest.approx(START + 10.0 / 3)
    time.now += 10.1
    assert len(account.claim().jobs) == 4  # as many as were not refused


def test_one_refusal_alone_teaches_no_limit(open_ledger, api, time):
    account = Account(open_ledger(), api)
    account.refuse(account.claim(1), RateLimited("too fast", retry_after=1e9))
    time.now += 299.0
    assert not account.claim().jobs
    time.now += 2.0
    assert len(account.claim().jobs) == 30


def test_refusals_in_a_row_pause_longer_until_a_success(open_ledger, api, time):
    account = Account(open_ledger(), api)
    pauses = []
    for _ in range(3):
        account.refuse(account.claim(1), RateLimited("too fast"))
        pauses.append(account.claim().until - time.now)
        time.now += pauses[-1]
    assert pauses == [pytest.approx(each) for each in (10 / 3, 20 / 3, 10.0)]
    time.now += 10.0
    account.create(account.claim(1))
    account.refuse(account.claim(1), RateLimited("too fast"))
    assert account.claim().until - time.now == pytest.approx(10 / 3)


@pytest.mark.parametrize("known", [None, 9])
def test_a_learned_limit_grows_to_the_known_one(open_ledger, api, time, known):
    account = Account(open_ledger(pacing=Pacing(creations=known)), api)
    account.create(account.claim(4))
    account.refuse(account.claim(1), RateLimited("too fast"))
    seen = []
    for _ in range(24):
        time.now += 20.0
        seen.append(
            account.ledger.database.run(
                lambda connection, now: admit(connection, now, account.rules.account, account.rules.pacing, 10**6)
            ).count
        )
    assert seen[:3] == ([6, 9, 9] if known else [6, 9, 13])
    assert seen[-1] == (9 if known else 10**6)


def test_full_slots_teach_how_many_there_are(open_ledger, api, time):
    account = Account(open_ledger(), api)
    account.create(account.claim(3))
    account.refuse(account.claim(1), SlotsFull("full"))
    assert account.claim().until == START + 5.0
    time.now += 5.0
    assert not account.claim().jobs
    time.now += 56.0
    account.create(account.claim(1))
    time.now += 60.0
    assert len(account.claim().jobs) == 1


def test_the_last_learned_slot_limit_is_forgotten(open_ledger, api, time):
    account = Account(open_ledger(pacing=Pacing(slots=2)), api)
    account.create(account.claim(1))
    account.refuse(account.claim(1), SlotsFull("full", retry_after=1.0))
    time.now += 60.0
    assert len(account.claim().jobs) == 1


def test_other_errors_teach_nothing(open_ledger, api):
    account = Account(open_ledger(), api)
    account.refuse(account.claim(1), ServerError("no"))
    assert len(account.claim().jobs) == 30
