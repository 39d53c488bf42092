"""The steps of a job, driven by hand: what is done in which order, and what each outcome leads to."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from contract_tests.batch.conftest import START, request
from klingkit import (
    AuthenticationError,
    Client,
    ContentRefused,
    DownloadError,
    Failure,
    InvalidRequest,
    MalformedResponse,
    NetworkError,
    NotFound,
    Pacing,
    RateLimited,
    SlotsFull,
    SubmissionUncertain,
    Task,
    TaskRef,
    Video,
)
from klingkit._models import Cost
from klingkit.batch import JobRow, Ledger
from klingkit.batch._effects import Download, File, Get, Search, Step, Submit, Write
from klingkit.batch._steps import Rules, advance
from klingkit.batch._transitions import created
from klingkit.kie import Job
from klingkit.native import Native, Text2Video

REF = TaskRef("kie", "jobs", "t-1")
OTHER = TaskRef("kie", "jobs", "t-2")


class Hand:
    """Drives steps: transactions are run, everything else is the test's."""

    def __init__(self, ledger: Ledger, steps: Any) -> None:
        self.ledger, self.steps = ledger, steps
        self.result: Any = None
        self.effect: Any = None
        self._on(lambda: self.steps.send(None))

    def send(self, outcome: Any) -> Any:
        """Give an outcome, or an error; return what is to be done next, or the result."""
        if isinstance(outcome, BaseException):
            return self._on(lambda: self.steps.throw(outcome))
        return self._on(lambda: self.steps.send(outcome))

    def _on(self, step: Any) -> Any:
        try:
            self.effect = step()
            while isinstance(self.effect, Write):
                self.effect = self.steps.send(self.ledger.database.run(self.effect.run))
        except StopIteration as end:
            self.effect, self.result = None, end.value
            return self.result
        return self.effect


def native_rules(ledger: Ledger) -> Rules:
    with Client(Native("key-of-nobody", "http://native.test")) as client:
        return ledger.rules(client)


NATIVE = Text2Video(prompt="a cat", model_name="kling-v1-6", mode="std")


def queue(ledger: Ledger, rules: Rules, key: str = "a", output: str | None = "a.mp4", what: Any = None) -> JobRow:
    ledger.enqueue([ledger.new_job(rules.api, key, what or request(), batch="b", output=output)])
    return row(ledger, key)


def row(ledger: Ledger, key: str = "a") -> JobRow:
    found = ledger.job(key)
    assert found is not None
    return found


def submitted(ledger: Ledger, rules: Rules, **options: Any) -> JobRow:
    job = queue(ledger, rules, **options)
    Hand(ledger, advance(rules, job.id)).send(REF)
    return row(ledger, job.key)


def ended(status: Any = "succeeded", **values: Any) -> Task:
    return Task(REF, status, videos=(Video("http://media.test/a"),), **values)


def test_the_intent_is_durable_before_the_request_leaves(ledger, rules):
    job = queue(ledger, rules)
    hand = Hand(ledger, advance(rules, job.id))
    assert isinstance(hand.effect, Submit)
    assert hand.effect.request == request()
    assert (row(ledger).state, row(ledger).next_at) == ("intent", START + 75.0)


def test_a_job_runs_to_its_file(ledger, rules, time):
    job = queue(ledger, rules)
    hand = Hand(ledger, advance(rules, job.id))
    assert hand.send(REF) == Step(2.5)
    assert (row(ledger).state, row(ledger).task) == ("submitted", REF)
    time.now += 2.5
    hand = Hand(ledger, advance(rules, job.id))
    assert hand.effect == Get(REF)
    assert hand.send(Task(REF, "running")) == Step(2.5)
    time.now += 40
    hand = Hand(ledger, advance(rules, job.id))
    assert hand.send(Task(REF, "running")) == Step(7.5)
    hand = Hand(ledger, advance(rules, job.id))
    task = ended(cost=Cost(Decimal(55), "credits"))
    assert hand.send(task) == Download(task, Path("a.mp4"))
    assert row(ledger).state == "ready"
    assert hand.send(File(Path("a.mp4"), "00ff", 7)) == Step(None)
    assert row(ledger).record() == {
        "key": "a",
        "batch": "b",
        "state": "done",
        "ref": "kie:jobs:t-1",
        "file": "a.mp4",
        "sha256": "00ff",
        "size": 7,
        "cost": {"amount": 55.0, "unit": "credits"},
        "error": None,
        "estimate": None,
        "external_task_id": None,
    }
    assert Hand(ledger, advance(rules, job.id)).result == Step(None)


def test_without_a_file_the_end_of_the_task_is_the_end(ledger, rules):
    job = submitted(ledger, rules, output=None)
    assert Hand(ledger, advance(rules, job.id)).send(ended()) == Step(None)
    assert row(ledger).state == "done"


def test_a_failed_query_is_made_again_whatever_it_says(ledger, rules):
    job = submitted(ledger, rules)
    assert Hand(ledger, advance(rules, job.id)).send(NotFound("none", retry_after=9.0)) == Step(9.0)
    assert row(ledger).state == "submitted"


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (Failure(message="no luck"), "TaskFailed", "no luck"),
        (Failure(message="no", content_refused=True), "TaskRefused", "no"),
        (None, "TaskFailed", "no reason given"),
    ],
)
def test_a_failed_task_ends_its_job_alone(ledger, rules, failure, kind, message):
    job = submitted(ledger, rules)
    assert Hand(ledger, advance(rules, job.id)).send(ended("failed", failure=failure)) == Step(None)
    assert (row(ledger).state, row(ledger).error, row(ledger).message) == ("failed", kind, message)
    assert ledger.retry("a").state == "queued"
    assert row(ledger).message == "before: kie:jobs:t-1"


UNCERTAIN = SubmissionUncertain("lost")


@pytest.mark.parametrize(
    ("error", "state", "step"),
    [
        (NetworkError("no route"), "queued", Step(1.0)),
        (RateLimited("too fast", retry_after=30.0), "queued", Step(30.0)),
        (SlotsFull("full"), "queued", Step(1.0)),
        (ContentRefused("not this"), "failed", Step(None)),
        (MalformedResponse("what?"), "failed", Step(None)),
        (UNCERTAIN, "uncertain", Step(None)),
        (SubmissionUncertain("lost", ref=REF), "submitted", Step(2.5)),
    ],
)
def test_what_comes_of_the_paid_request(ledger, rules, error, state, step):
    job = queue(ledger, rules)
    assert Hand(ledger, advance(rules, job.id)).send(error) == step
    assert row(ledger).state == state
    assert row(ledger).error == (None if state == "submitted" else type(error).__name__)


def test_a_wrong_key_halts_all_and_is_no_fault_of_the_job(ledger, rules):
    job = queue(ledger, rules)
    error = AuthenticationError("wrong key")
    assert Hand(ledger, advance(rules, job.id)).send(error) == Step(60.0, error)
    assert (row(ledger).state, row(ledger).next_at) == ("queued", START + 60.0)


def test_an_uncertain_job_is_never_sent_again(ledger, rules, time):
    job = queue(ledger, rules)
    Hand(ledger, advance(rules, job.id)).send(UNCERTAIN)
    time.now += 1e6
    assert Hand(ledger, advance(rules, job.id)).result == Step(None)
    assert ledger.overdue() == []


def test_an_intent_past_its_deadline_is_uncertain(ledger, rules, time):
    job = queue(ledger, rules)
    Hand(ledger, advance(rules, job.id))  # the process ends here
    assert Hand(ledger, advance(rules, job.id)).result == Step(75.0)
    time.now += 75.0
    assert ledger.overdue(grace=0.0) == [job.id]
    assert Hand(ledger, advance(rules, job.id)).result == Step(None)
    assert row(ledger).state == "uncertain"


def test_a_late_response_is_recorded_from_uncertain(ledger, rules, time):
    job = queue(ledger, rules)
    stopped = Hand(ledger, advance(rules, job.id))
    time.now += 75.0
    Hand(ledger, advance(rules, job.id))
    assert row(ledger).state == "uncertain"
    assert stopped.send(REF) == Step(2.5)
    assert (row(ledger).state, row(ledger).task) == ("submitted", REF)


def test_the_proof_that_nothing_was_created_counts_when_it_comes_late(ledger, rules, time):
    job = queue(ledger, rules)
    stopped = Hand(ledger, advance(rules, job.id))
    time.now += 75.0
    Hand(ledger, advance(rules, job.id))
    stopped.send(NetworkError("nothing was sent"))
    assert row(ledger).state == "queued"


def test_what_comes_after_the_end_of_a_job_changes_nothing(ledger, rules, time):
    """Its row is gone, or its payment has another outcome already."""
    job = queue(ledger, rules)
    first = Hand(ledger, advance(rules, job.id))
    current = row(ledger)
    ledger.database.run(lambda connection, now: created(connection, now, current, REF))
    first.send(NetworkError("no route"))
    assert row(ledger).state == "submitted"
    gone = evolve(job, id=99)
    ledger.database.run(lambda connection, now: created(connection, now, gone, REF))


def test_a_second_task_of_a_job_is_noted_and_replaces_nothing(ledger, rules, time):
    job = queue(ledger, rules)
    stopped = Hand(ledger, advance(rules, job.id))
    time.now += 75.0
    Hand(ledger, advance(rules, job.id))
    ledger.resolve("a", "pay-again")
    time.now += 75.0
    again = Hand(ledger, advance(rules, job.id))
    stopped.send(REF)
    assert (row(ledger).state, row(ledger).message) == ("intent", "another task: kie:jobs:t-1")
    again.send(OTHER)
    assert row(ledger).task == OTHER


def test_a_request_that_this_version_does_not_know_fails_alone(ledger, rules):
    job = queue(ledger, rules)
    change = """UPDATE klingkit_jobs SET request = '{"class": "Kling99", "fields": {}}'"""
    ledger.database.run(lambda connection, _: connection.exec_driver_sql(change))
    assert Hand(ledger, advance(rules, job.id)).result == Step(None)
    assert "Kling99" in (row(ledger).message or "")


def test_an_unchecked_job_is_stored_and_sent_as_it_is(ledger, rules):
    what = Job("kling-9", {"prompt": "a cat", "nested": {"a": [1, 2]}})
    job = queue(ledger, rules, what=what)
    assert Hand(ledger, advance(rules, job.id)).effect.request == what


# Searches, where a task has an external id


def uncertain(ledger: Ledger) -> tuple[Rules, JobRow]:
    rules = native_rules(ledger)
    job = queue(ledger, rules, what=NATIVE)
    hand = Hand(ledger, advance(rules, job.id))
    assert hand.effect.job.external_id
    assert hand.send(UNCERTAIN) == Step(2.0)
    return rules, row(ledger)


def test_a_task_that_may_exist_is_searched_for(ledger):
    rules, job = uncertain(ledger)
    hand = Hand(ledger, advance(rules, job.id))
    assert isinstance(hand.effect, Search)
    ref = TaskRef("native", "text2video", "t-1")
    assert hand.send(ref) == Step(0.0)
    assert (row(ledger).state, row(ledger).task) == ("submitted", ref)


def test_searches_become_rare_and_end(ledger, time):
    rules, job = uncertain(ledger)
    for later, pause in ((2.0, 2.0), (30.0, 32.0), (100.0, 60.0), (500.0, None)):
        time.now += later
        step = Hand(ledger, advance(rules, job.id)).send(NotFound("none yet"))
        assert step.delay == (pause if pause is None else pytest.approx(pause))
    assert row(ledger).state == "uncertain"


def test_the_search_is_for_the_id_that_the_intent_carried(ledger, time):
    rules = native_rules(ledger)
    job = queue(ledger, rules, what=NATIVE)
    sent = Hand(ledger, advance(rules, job.id)).effect.job.external_id
    time.now += 75.0
    hand = Hand(ledger, advance(rules, job.id))
    query = next(hand.effect.flow)
    assert str(query.request.url).endswith(f"/{sent}")


# Downloads


def test_a_download_that_failed_is_made_again_and_costs_nothing(ledger, rules, time):
    job = submitted(ledger, rules)
    passing = DownloadError("cut off")
    passing.again = "ask"
    hand = Hand(ledger, advance(rules, job.id))
    hand.send(ended())
    assert hand.send(passing) == Step(7.5)
    hand = Hand(ledger, advance(rules, job.id))
    assert hand.effect == Get(REF)
    assert hand.send(NetworkError("no route")) == Step(1.0)
    hand = Hand(ledger, advance(rules, job.id))
    hand.send(ended())
    assert hand.send(DownloadError("no folder")) == Step(None)
    assert (row(ledger).state, row(ledger).error) == ("failed", "DownloadError")
    assert ledger.retry("a").state == "ready"


# Whose job it is


def test_jobs_of_another_account_or_ledger_are_refused(ledger, rules):
    job = queue(ledger, rules)
    with pytest.raises(InvalidRequest, match=r"client: one of kie http://kie\.test"):
        Hand(ledger, advance(native_rules(ledger), job.id))
    with pytest.raises(InvalidRequest, match="not 99"):
        Hand(ledger, advance(rules, 99))


def test_a_refused_job_has_a_time_of_its_own(open_ledger, api, time):
    ledger = open_ledger(pacing=Pacing(creations=1))
    with Client(api) as client:
        rules = ledger.rules(client)
    ledger.enqueue([ledger.new_job(api, f"{n}", request(), batch="b") for n in range(4)])
    Hand(ledger, advance(rules, 1)).send(REF)
    delays = [Hand(ledger, advance(rules, n)).result.delay for n in (2, 3, 4)]
    assert delays == [pytest.approx(each) for each in (10.0, 20.0, 30.0)]
