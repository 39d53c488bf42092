"""A batch on one machine, against the emulator over HTTP: each job ends alone, and another run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.batch.conftest import request
from klingkit import AsyncClient, AuthenticationError, Fixed, InvalidRequest, Pacing
from klingkit.batch import Batch, Budget, Ledger, LedgerError, Outcome, _batch
from klingkit.emulator import AfterSeconds, AtOnce, Emulator, Fault, read_label
from klingkit.kie import Kie


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with_ = Emulator(finish=AtOnce(), keys={"key-of-nobody"})
    yield with_
    with_.close()


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    with emulator.serve() as served:
        yield served


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with the real time, which the emulator has too."""
    with Ledger(tmp_path / "ledger.db", polling=Fixed(0.02)) as opened:
        yield opened


class Runner:
    """Adds and runs jobs of a batch."""

    def __init__(self, ledger: Ledger, url: str, folder: Path) -> None:
        self.ledger, self.url, self.folder, self.key = ledger, url, folder, "key-of-nobody"
        self.batch: Any = None

    def add(self, *keys: str, **options: Any) -> None:
        api = Kie(self.key, self.url)
        self.ledger.enqueue(
            self.ledger.new_job(api, key, request(key), batch="b", output=str(self.folder / f"{key}.mp4"), **options)
            for key in keys
        )

    def run(self, **options: Any) -> Outcome:
        async def main() -> Outcome:
            async with AsyncClient(Kie(self.key, self.url), pacing=None) as client:
                batch = self.batch = Batch(self.ledger, client, "b", **options)
                return await batch.run()

        return asyncio.run(main())


@pytest.fixture
def runner(ledger: Ledger, url: str, tmp_path: Path) -> Runner:
    return Runner(ledger, url, tmp_path)


def test_all_jobs_end_with_their_own_video(runner, emulator, tmp_path):
    runner.add(*"abcde")
    seen: list[dict[Any, int]] = []
    assert runner.run(on_change=seen.append, at_once=2) == Outcome({"done": 5})
    assert {read_label(tmp_path / f"{task.prompt}.mp4").task_id for task in emulator.tasks} == {
        task.id for task in emulator.tasks
    }
    assert seen[-1] == {"done": 5}
    assert runner.run() == Outcome({"done": 5})
    assert len(emulator.tasks) == 5


def test_a_budget_that_suffices_stops_nothing(runner):
    runner.add("a", "b")
    assert runner.run(budget=Budget.parse("2 jobs")) == Outcome({"done": 2})


def test_a_failed_or_refused_job_ends_alone(runner, emulator):
    emulator.faults.add(Fault("fail", prompt="bad"))
    emulator.faults.add(Fault("refuse", operation="create", prompt="worse", code=422))
    runner.add("a", "bad", "worse", "b")
    assert runner.run().counts == {"done": 2, "failed": 2}


def test_a_lost_response_is_uncertain_and_is_not_paid_again(runner, emulator):
    emulator.faults.add(Fault("drop", operation="create", after=True, prompt="a"))
    runner.add("a", "b")
    for _ in range(2):
        assert runner.run().counts == {"done": 1, "uncertain": 1}
    assert len(emulator.tasks) == 2


def test_a_wrong_key_halts_the_batch(runner, emulator):
    runner.key = "wrong"
    runner.add("a", "b")
    outcome = runner.run(at_once=1)
    assert isinstance(outcome.halt, AuthenticationError)
    assert outcome.counts == {"queued": 2}
    assert not emulator.tasks


@pytest.mark.parametrize(
    ("budget", "estimate", "paid"),
    [("2 jobs", None, 2), ("130 credits", 55.0, 2), ("130 credits", None, 0)],
)
def test_a_budget_holds_over_all_runs(runner, emulator, budget, estimate, paid):
    runner.add("a", "b", "c", estimate=estimate)
    assert str(Budget.parse(budget)) == budget
    for _ in range(2):
        outcome = runner.run(budget=Budget.parse(budget))
        assert outcome.exhausted
        assert outcome.counts == ({"done": paid} if paid else {}) | {"queued": 3 - paid}
    assert len(emulator.tasks) == paid


@pytest.mark.parametrize("text", ["", "5", "-1 jobs", "5 dollars", "nan credits"])
def test_a_budget_that_cannot_be_read(text):
    with pytest.raises(InvalidRequest, match="budget: such as '20 jobs' or '5000 credits'"):
        Budget.parse(text)


def test_a_stopped_batch_goes_on_with_another_run(tmp_path, ledger):
    emulator = Emulator(finish=AfterSeconds(3600))
    with emulator.serve() as url:
        runner = Runner(ledger, url, tmp_path)
        runner.add("a", "b", "c")

        def stop_when_paid(counts: dict[Any, int]) -> None:
            if counts.get("submitted") == 3:
                runner.batch.stop()

        outcome = runner.run(on_change=stop_when_paid)
        assert outcome == Outcome({"submitted": 3}, stopped=True)
        for task in emulator.tasks:
            emulator.finish_task(task.id)
        assert runner.run().counts == {"done": 3}
    assert len(emulator.tasks) == 3


def test_a_batch_that_is_stopped_before_it_begins_pays_nothing(runner, emulator):
    runner.add("a")

    async def main() -> Outcome:
        async with AsyncClient(Kie(runner.key, runner.url), pacing=None) as client:
            batch = Batch(runner.ledger, client, "b")
            batch.stop()
            return await batch.run()

    assert asyncio.run(main()) == Outcome({"queued": 1}, stopped=True)
    assert not emulator.tasks


def test_the_accounts_limit_is_kept(tmp_path, url, emulator):
    with Ledger(tmp_path / "l.db", polling=Fixed(0.02), pacing=Pacing(creations=2, per=0.2)) as ledger:
        runner = Runner(ledger, url, tmp_path)
        runner.add(*"abcdef")
        assert runner.run().counts == {"done": 6}
    times = sorted(task.created for task in emulator.tasks)
    assert all(later - earlier >= 0.2 for earlier, later in zip(times, times[2:], strict=False))


def test_an_error_of_the_ledger_ends_the_run_and_is_raised(runner, emulator, monkeypatch):
    runner.add("a", "b")

    def broken(*_: Any) -> Any:
        raise LedgerError("the file is damaged")

    monkeypatch.setattr(_batch, "advance", broken)
    with pytest.raises(LedgerError, match="damaged"):
        runner.run()
    assert runner.ledger.counts()["submitted"] == len(emulator.tasks)


def test_an_error_of_one_step_ends_the_run_when_the_others_have_paid(runner, emulator, monkeypatch):
    runner.add("a", "b")

    def broken(*_: Any) -> Any:
        raise LedgerError("the file is damaged")
        yield

    monkeypatch.setattr(_batch, "advance", broken)
    with pytest.raises(LedgerError, match="damaged"):
        runner.run()
    assert "intent" not in runner.ledger.counts()


def failing(ledger: Ledger, monkeypatch: Any, times: int, again: Any) -> None:
    """Let the ledger's database fail so often."""
    start, left = ledger.database.start, [times]

    def start_(run: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            error = LedgerError("gone")
            error.again = again
            raise error
        return start(run)

    monkeypatch.setattr(ledger.database, "start", start_)


def test_a_database_that_is_gone_for_a_while_is_waited_for(runner, monkeypatch):
    monkeypatch.setattr(_batch, "OUTAGE_PAUSE", 0.0)
    runner.add("a")
    failing(runner.ledger, monkeypatch, 3, "ask")
    assert runner.run().counts == {"done": 1}


@pytest.mark.parametrize(("again", "outage"), [("never", 60.0), ("ask", -1.0)])
def test_a_database_that_stays_away_is_an_error(runner, monkeypatch, again, outage):
    monkeypatch.setattr(_batch, "OUTAGE", outage)
    runner.add("a")
    failing(runner.ledger, monkeypatch, 3, again)
    with pytest.raises(LedgerError, match="gone"):
        runner.run()


def test_a_batch_has_a_name(runner):
    with pytest.raises(InvalidRequest, match="name"):
        Batch(runner.ledger, AsyncClient(Kie("key-of-nobody", runner.url)), "")
