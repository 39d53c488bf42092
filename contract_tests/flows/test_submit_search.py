"""What mends a submission without paying twice: a look for the task by an id of our own."""

import asyncio
import copy
import logging
import pickle
import time
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.kie import KEY
from contract_tests.support.script import Answer, Script, interrupted
from klingkit import (
    ConfigurationError,
    InvalidRequest,
    NetworkError,
    SubmissionUncertain,
    TaskRef,
    UnreadableSubmission,
)
from klingkit._flow import Effect, Interrupted, Outcome, Send, Sleep
from klingkit._query import get
from klingkit._submit import SEARCH_TIME, submit
from klingkit.kie import Kie
from klingkit.native import Job

LOST = httpx.ReadTimeout("slow")

known = pytest.mark.parametrize("case", [NATIVE, RELAY], ids=lambda case: case.name)


def asked(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Send) and not effect.paid]


def named(case: ApiCase, name: str, age: float = 0.0) -> httpx.Response:
    """A task that carries the id its owner gave it, created so many seconds ago."""
    answer = case.waiting().json()
    created = int((time.time() - age) * 1000)
    (answer.get("data") or answer).update({"task_info": {"external_task_id": name}, "created_at": created})
    return httpx.Response(200, json=answer)


def pay(case: ApiCase, script: Script, name: str | None = "order/7") -> TaskRef:
    flow = submit(case.api, case.request, timeout=60.0, unclaimed=[], external_task_id=name)
    return script.run(flow)


@known
def test_a_lost_answer_is_made_good_by_asking_for_our_own_id(case: ApiCase):
    script = Script(LOST, named(case, "order/7"))
    assert pay(case, script) == case.ref
    assert script.paid == 1
    assert [request.url.raw_path.decode().rpartition("/")[2] for request in asked(script)] == ["order%2F7"]


@known
def test_a_task_may_take_a_moment_to_be_found(case: ApiCase):
    trouble: list[Answer] = [case.refused(404), httpx.ConnectError("refused"), case.refused(500)]
    script = Script(case.refused(500), *trouble, named(case, "order/7"))
    assert pay(case, script) == case.ref
    assert script.slept == [1.0, 2.0, 4.0, 8.0]


@known
def test_not_to_be_found_proves_nothing_and_is_never_paid_for_again(case: ApiCase):
    script = Script(LOST, *[case.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        pay(case, script)
    assert script.paid == 1
    assert caught.value.request is case.request


@known
def test_an_older_task_of_the_same_name_is_not_what_was_paid_for(case: ApiCase):
    """The user may have used the id before; the doubt says it, so that he can ask for himself."""
    script = Script(LOST, *[named(case, "order/7", age=3600.0)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        pay(case, script)
    assert (script.paid, len(asked(script)), caught.value.external_task_id) == (1, 4, "order/7")


@known
def test_a_task_as_old_as_a_long_submission_is_what_was_paid_for(case: ApiCase):
    """Time that the payment itself took does not make its task an old one."""

    def lost(_: Effect) -> httpx.ReadTimeout:
        script.clock += 3600.0
        return LOST

    script = Script(lost, named(case, "order/7", age=3601.0))
    flow = submit(case.api, case.request, timeout=7200.0, unclaimed=[], external_task_id="order/7")
    assert script.run(flow) == case.ref


@known
def test_without_an_id_of_ours_nobody_can_look(case: ApiCase):
    script = Script(LOST)
    with pytest.raises(SubmissionUncertain):
        pay(case, script, None)
    assert asked(script) == []


@known
def test_what_was_never_sent_is_not_looked_for(case: ApiCase):
    script = Script(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(NetworkError):
        pay(case, script)
    assert asked(script) == []


@known
def test_every_task_gets_an_id_of_its_own_where_that_is_wanted(case: ApiCase):
    api = case.make(KEY, "http://x.test", external_ids=True)
    sent = []
    for _ in range(2):
        script = Script(LOST, lambda effect: named(case, effect.request.url.path.rpartition("/")[2]))
        assert script.run(submit(api, case.request, timeout=60.0, unclaimed=[])) == case.ref
        sent.append(asked(script)[0].url.path.rpartition("/")[2])
    assert len(set(sent)) == 2
    assert all(len(name) == 32 for name in sent)


def tried(case: ApiCase, script: Script, *, timeout: float = 60.0, request: Any = None, **options: Any) -> TaskRef:
    """Submit with ids of ours for every task."""
    api = case.make(KEY, "http://x.test", external_ids=True)
    return script.run(submit(api, request or case.request, timeout=timeout, unclaimed=[], **options))


def sent_id(script: Script) -> str:
    """The id that the paid request carried."""
    paid = next(effect for effect in script.effects if isinstance(effect, Send) and effect.paid)
    return str(httpx.Response(200, content=paid.request.content).json()["external_task_id"])


@known
def test_a_task_that_was_not_found_can_be_asked_for_later(case: ApiCase):
    script = Script(LOST, *[case.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        tried(case, script)
    error = caught.value
    assert error.external_task_id == sent_id(script)
    assert error.external_task_id in str(error)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(SubmissionUncertain("odd", external_task_id="a")))):
        assert twin.external_task_id
        assert twin.external_task_id in str(twin)
    later = Script(named(case, error.external_task_id))
    assert later.run(get(case.api, case.api.external_ref(error.external_task_id), timeout=30.0)).status == "queued"


@known
def test_an_unreadable_answer_leaves_the_id_too(case: ApiCase):
    script = Script(httpx.Response(200, content=b"<html>"), *[case.refused(404)] * 4)
    with pytest.raises(UnreadableSubmission) as caught:
        tried(case, script)
    assert caught.value.external_task_id == sent_id(script)


class Stopped(Script):
    """Whoever looks for a task is stopped by this, at the second effect of this kind that follows the payment."""

    def __init__(self, kind: type[Effect], error: BaseException, *answers: Answer) -> None:
        super().__init__(*answers)
        self.kind, self.error = kind, error

    def perform(self, effect: Effect) -> Outcome:
        if self.paid and isinstance(effect, self.kind) and len(self.slept) >= 1:
            raise self.error
        return super().perform(effect)


@known
@pytest.mark.parametrize("kind", [Send, Sleep])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_an_interrupted_look_leaves_the_doubt_and_the_id(case: ApiCase, kind, interruption, caplog):
    script = Stopped(kind, interruption(), LOST, case.refused(404))
    with caplog.at_level(logging.WARNING, "klingkit"), pytest.raises(interruption) as caught:
        tried(case, script)
    notes = " ".join(caught.value.__notes__)
    assert "a task may exist" in notes
    assert sent_id(script) in notes
    assert sent_id(script) in caplog.text


@known
@pytest.mark.parametrize("kind", [Send, Sleep])
def test_a_client_closed_during_a_look_leaves_the_doubt_and_the_id(case: ApiCase, kind: type[Effect]):
    closed = ConfigurationError("this client is closed")
    script = Stopped(kind, closed, LOST, case.refused(404))
    with pytest.raises(SubmissionUncertain) as caught:
        tried(case, script)
    told = " ".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "a task may exist" in told
    assert sent_id(script) in told


def test_whoever_closes_a_client_during_a_look_is_told_of_the_doubt():
    """The flow itself raises it, with its first cause."""
    flow = submit(NATIVE.api, NATIVE.request, timeout=60.0, unclaimed=[], external_task_id="order/7")
    outcome: Outcome = None
    while not isinstance(effect := flow.send(outcome), Sleep):
        outcome = LOST if isinstance(effect, Send) else 0.0
    with pytest.raises(SubmissionUncertain, match=r"a task may exist.*order/7") as caught:
        flow.throw(ConfigurationError("this client is closed"))
    assert caught.value.__cause__ is LOST


@known
def test_an_adapter_that_breaks_during_a_look_hides_no_doubt(case: ApiCase, monkeypatch):
    api = case.api

    def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(api, "read_search", broken)
    script = Script(LOST, *[case.waiting()] * 4)
    with pytest.raises(SubmissionUncertain):
        script.run(submit(api, case.request, timeout=60.0, unclaimed=[], external_task_id="order/7"))


@known
@pytest.mark.parametrize("reply", [LOST, None])
def test_an_interrupted_payment_leaves_the_id(case: ApiCase, reply: httpx.ReadTimeout | None):
    stop = KeyboardInterrupt()
    script = Script(interrupted(reply, stop) if reply else lambda _: Interrupted(stop))
    with pytest.raises(KeyboardInterrupt):
        tried(case, script)
    assert sent_id(script) in stop.__notes__[0]


WAYS: dict[str, dict[str, Any]] = {
    "as an argument": {"external_task_id": "order/7"},
    "as a further field": {"extra": {"external_task_id": "order/7"}},
    "beside a null": {"external_task_id": "order/7", "extra": {"external_task_id": None}},
    "in the input of a job": {"request": Job("kling-v1-6", {"prompt": "a cat", "external_task_id": "order/7"})},
}


@known
@pytest.mark.parametrize("way", WAYS)
def test_an_id_of_the_users_own_is_looked_for_however_it_was_given(case: ApiCase, way: str):
    script = Script(LOST, named(case, "order/7"))
    assert tried(case, script, **WAYS[way]) == case.ref
    assert sent_id(script) == "order/7"
    assert asked(script)[0].url.raw_path.endswith(b"/order%2F7")


NULLS: dict[str, dict[str, Any]] = {
    "as a further field": {"extra": {"external_task_id": None}},
    "in the input of a job": {"request": Job("kling-v1-6", {"prompt": "a cat", "external_task_id": None})},
}


@known
@pytest.mark.parametrize("way", NULLS)
def test_an_id_that_is_null_is_as_good_as_none(case: ApiCase, way: str):
    script = Script(case.created())
    assert tried(case, script, **NULLS[way]) == case.ref
    assert len(sent_id(script)) == 32


@known
@pytest.mark.parametrize("name", ["a b", "..", "", 7, ["x"]])
def test_an_id_that_no_query_could_ask_for_is_refused_before_paying(case: ApiCase, name: object):
    script = Script()
    with pytest.raises(InvalidRequest, match="external_task_id"):
        tried(case, script, extra={"external_task_id": name})
    assert script.paid == 0


def test_an_api_that_knows_no_such_ids_takes_the_field_and_looks_for_nothing():
    script = Script(LOST)
    with pytest.raises(SubmissionUncertain) as caught:
        script.run(
            submit(Kie(KEY), KIE.request, timeout=60.0, unclaimed=[], extra={"external_task_id": "order/7"}),
        )
    assert (asked(script), caught.value.external_task_id) == ([], None)


class Slow(Script):
    """Every exchange takes all its time and comes to nothing."""

    def perform(self, effect: Effect) -> Outcome:
        if isinstance(effect, Send):
            self.clock += effect.timeout
        return super().perform(effect)


@known
@pytest.mark.parametrize("timeout", [0.5, 5.0, 60.0])
def test_a_look_takes_no_longer_than_it_may(case: ApiCase, timeout: float):
    script = Slow(*[httpx.ReadTimeout("slow")] * 9)
    with pytest.raises(SubmissionUncertain):
        tried(case, script, timeout=timeout)
    assert asked(script)
    assert script.clock <= timeout + SEARCH_TIME


@known
def test_answers_are_looked_for_to_the_end_of_the_time(case: ApiCase):
    """Where answers come at once, all looks are done, the last of them with a second to go."""
    script = Script(LOST, *[case.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain):
        tried(case, script, timeout=0.5)
    assert script.slept == [1.0, 2.0, 4.0, 7.0]


@known
def test_an_answer_that_merely_repeats_the_id_proves_nothing(case: ApiCase):
    """Some relays echo what they were asked after."""
    script = Script(LOST, *[case.created("order/7")] * 4)
    with pytest.raises(SubmissionUncertain):
        pay(case, script)
    assert script.paid == 1
    assert len(asked(script)) == 4
