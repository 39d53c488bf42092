"""Tests that a submission whose outcome is uncertain is searched for by an external id, never paid for again."""

import asyncio
import copy
import logging
import pickle
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.kie import API_KEY
from contract_tests.support.script import Script, ScriptedOutcome, interrupted
from klingkit import (
    ConfigurationError,
    Fixed,
    InvalidRequest,
    NetworkError,
    SubmissionUncertain,
    TaskRef,
    UnclaimedTask,
    UnreadableSubmission,
)
from klingkit._flow import Effect, Interrupted, Outcome, Send, Sleep
from klingkit._query import get
from klingkit._submit import submit
from klingkit._tasks import generate
from klingkit.kie import Kie
from klingkit.native import Job

LOST_RESPONSE = httpx.ReadTimeout("slow")

EACH_API = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=lambda case: case.name)


def queries(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Send) and not effect.paid]


def task_with_id(api_case: ApiCase, name: str, age: float = 0.0) -> httpx.Response:
    """Return a task with an external id, created `age` seconds ago."""
    response = api_case.waiting().json()
    created = int((time.time() - age) * 1000)
    (response.get("data") or response).update({"task_info": {"external_task_id": name}, "created_at": created})
    return httpx.Response(200, json=response)


def submit_with_id(api_case: ApiCase, script: Script, name: str | None = "order/7") -> TaskRef:
    flow = submit(api_case.api, api_case.request, timeout=60.0, unclaimed=[], external_task_id=name)
    return script.run(flow)


@EACH_API
def test_a_lost_response_is_recovered_by_the_external_id(api_case: ApiCase):
    script = Script(LOST_RESPONSE, task_with_id(api_case, "order/7"))
    assert submit_with_id(api_case, script) == api_case.ref
    assert script.paid == 1
    assert [request.url.raw_path.decode().rpartition("/")[2] for request in queries(script)] == ["order%2F7"]


@EACH_API
def test_the_search_is_repeated_until_the_task_is_found(api_case: ApiCase):
    errors: list[ScriptedOutcome] = [api_case.refused(404), httpx.ConnectError("refused"), api_case.refused(500)]
    script = Script(api_case.refused(500), *errors, task_with_id(api_case, "order/7"))
    assert submit_with_id(api_case, script) == api_case.ref
    assert script.slept == [1.0, 2.0, 4.0, 8.0]


@EACH_API
def test_a_fruitless_search_is_uncertain_and_nothing_is_resent(api_case: ApiCase):
    script = Script(LOST_RESPONSE, *[api_case.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        submit_with_id(api_case, script)
    assert script.paid == 1
    assert caught.value.request is api_case.request


@EACH_API
def test_an_older_task_with_the_same_id_is_not_accepted(api_case: ApiCase):
    """The user may have used the id before; the error has it for a later query."""
    script = Script(LOST_RESPONSE, *[task_with_id(api_case, "order/7", age=3600.0)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        submit_with_id(api_case, script)
    assert (script.paid, len(queries(script)), caught.value.external_task_id) == (1, 4, "order/7")


@EACH_API
def test_a_task_as_old_as_a_long_submission_is_accepted(api_case: ApiCase):
    """The time that the submission took does not make its task old."""

    def lose_response(_: Effect) -> httpx.ReadTimeout:
        script.clock += 3600.0
        return LOST_RESPONSE

    script = Script(lose_response, task_with_id(api_case, "order/7", age=3601.0))
    flow = submit(api_case.api, api_case.request, timeout=7200.0, unclaimed=[], external_task_id="order/7")
    assert script.run(flow) == api_case.ref


@EACH_API
def test_without_an_external_id_there_is_no_search(api_case: ApiCase):
    script = Script(LOST_RESPONSE)
    with pytest.raises(SubmissionUncertain):
        submit_with_id(api_case, script, None)
    assert queries(script) == []


@EACH_API
def test_there_is_no_search_if_nothing_was_sent(api_case: ApiCase):
    script = Script(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(NetworkError):
        submit_with_id(api_case, script)
    assert queries(script) == []


@EACH_API
def test_external_ids_gives_every_task_an_id(api_case: ApiCase):
    api = api_case.make(API_KEY, "http://x.test", external_ids=True)
    sent_ids = []
    for _ in range(2):
        script = Script(
            LOST_RESPONSE, lambda effect: task_with_id(api_case, effect.request.url.path.rpartition("/")[2])
        )
        assert script.run(submit(api, api_case.request, timeout=60.0, unclaimed=[])) == api_case.ref
        sent_ids.append(queries(script)[0].url.path.rpartition("/")[2])
    assert len(set(sent_ids)) == 2
    assert all(len(name) == 32 for name in sent_ids)


def submit_with_ids(
    api_case: ApiCase, script: Script, *, timeout: float = 60.0, request: Any = None, **options: Any
) -> TaskRef:
    """Submit with an adapter that gives every task an id."""
    api = api_case.make(API_KEY, "http://x.test", external_ids=True)
    return script.run(submit(api, request or api_case.request, timeout=timeout, unclaimed=[], **options))


def sent_id(script: Script) -> str:
    """Return the external id in the paid request."""
    paid = next(effect for effect in script.effects if isinstance(effect, Send) and effect.paid)
    return str(httpx.Response(200, content=paid.request.content).json()["external_task_id"])


@EACH_API
def test_the_error_carries_the_id_for_a_later_query(api_case: ApiCase):
    script = Script(LOST_RESPONSE, *[api_case.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        submit_with_ids(api_case, script)
    error = caught.value
    assert error.external_task_id == sent_id(script)
    assert error.external_task_id in str(error)
    for copied in (copy.copy(error), pickle.loads(pickle.dumps(SubmissionUncertain("odd", external_task_id="a")))):
        assert copied.external_task_id
        assert copied.external_task_id in str(copied)
    later_script = Script(task_with_id(api_case, error.external_task_id))
    assert (
        later_script.run(get(api_case.api, api_case.api.external_ref(error.external_task_id), timeout=30.0)).status
        == "queued"
    )


@EACH_API
def test_an_unreadable_response_carries_the_id(api_case: ApiCase):
    script = Script(httpx.Response(200, content=b"<html>"), *[api_case.refused(404)] * 4)
    with pytest.raises(UnreadableSubmission) as caught:
        submit_with_ids(api_case, script)
    assert caught.value.external_task_id == sent_id(script)


class Interrupting(Script):
    """Raises an error at the first effect of a class that follows the payment and a pause."""

    def __init__(self, effect_class: type[Effect], error: BaseException, *responses: ScriptedOutcome) -> None:
        super().__init__(*responses)
        self.effect_class, self.error = effect_class, error

    def perform(self, effect: Effect) -> Outcome:
        if self.paid and isinstance(effect, self.effect_class) and len(self.slept) >= 1:
            raise self.error
        return super().perform(effect)


@EACH_API
@pytest.mark.parametrize("effect_class", [Send, Sleep])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, asyncio.CancelledError, SystemExit])
def test_an_interrupted_search_notes_the_doubt_and_the_id(api_case: ApiCase, effect_class, interruption, caplog):
    script = Interrupting(effect_class, interruption(), LOST_RESPONSE, api_case.refused(404))
    with caplog.at_level(logging.WARNING, "klingkit"), pytest.raises(interruption) as caught:
        submit_with_ids(api_case, script)
    notes = " ".join(caught.value.__notes__)
    assert "a task may exist" in notes
    assert sent_id(script) in notes
    assert sent_id(script) in caplog.text


def test_an_uncertain_submission_of_a_closed_client_keeps_its_cause():
    """The flow raises the doubt when the client is closed, with the lost response as its cause."""
    flow = submit(NATIVE.api, NATIVE.request, timeout=60.0, unclaimed=[], external_task_id="order/7")
    outcome: Outcome = None
    while not isinstance(effect := flow.send(outcome), Sleep):
        outcome = LOST_RESPONSE if isinstance(effect, Send) else 0.0
    with pytest.raises(SubmissionUncertain, match=r"a task may exist.*order/7") as caught:
        flow.throw(ConfigurationError("this client is closed"))
    assert caught.value.__cause__ is LOST_RESPONSE


@EACH_API
def test_a_bug_of_an_adapter_during_a_search_raises_the_doubt(api_case: ApiCase, monkeypatch):
    api = api_case.api

    def broken(*_: object) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(api, "read_search", broken)
    script = Script(LOST_RESPONSE, *[api_case.waiting()] * 4)
    with pytest.raises(SubmissionUncertain):
        script.run(submit(api, api_case.request, timeout=60.0, unclaimed=[], external_task_id="order/7"))


@EACH_API
@pytest.mark.parametrize("reply", [LOST_RESPONSE, None])
def test_an_interrupted_submission_notes_the_id(api_case: ApiCase, reply: httpx.ReadTimeout | None):
    stop = KeyboardInterrupt()
    script = Script(interrupted(reply, stop) if reply else lambda _: Interrupted(stop))
    with pytest.raises(KeyboardInterrupt):
        submit_with_ids(api_case, script)
    assert sent_id(script) in stop.__notes__[0]


@EACH_API
@pytest.mark.parametrize("user_id", ["order/7", None])
def test_unclaimed_tasks_say_what_was_requested(api_case: ApiCase, user_id: str | None):
    """Several interrupted submissions can be told apart by request, external id and time."""
    api, unclaimed = api_case.make(API_KEY, "http://x.test", external_ids=True), list[UnclaimedTask]()
    began = datetime.now(UTC)
    for task_id in ("t-1", "t-2"):
        job = Job("kling-v1-6", {"prompt": f"cat {task_id}"})
        script = Script(interrupted(api_case.created(task_id), KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            script.run(submit(api, job, timeout=60.0, unclaimed=unclaimed, external_task_id=user_id))
        unclaimed_task = unclaimed[-1]
        assert (unclaimed_task.ref.id, unclaimed_task.request, unclaimed_task.external_task_id) == (
            task_id,
            job,
            sent_id(script),
        )
        assert unclaimed_task.time is not None
        assert began <= unclaimed_task.time <= datetime.now(UTC)
    assert [str(unclaimed_task) for unclaimed_task in unclaimed] == [
        str(unclaimed_task.ref) for unclaimed_task in unclaimed
    ]


@EACH_API
def test_an_interrupted_generation_keeps_the_external_id(api_case: ApiCase):
    api, unclaimed = api_case.make(API_KEY, "http://x.test", external_ids=True), list[UnclaimedTask]()
    script = Script(api_case.created(), KeyboardInterrupt())
    options: dict[str, Any] = {"timeout": 60.0, "polling": Fixed(5.0), "submit_timeout": 60.0, "unclaimed": unclaimed}
    with pytest.raises(KeyboardInterrupt):
        script.run(generate(api, api_case.request, **options))
    assert [(unclaimed_task.ref, unclaimed_task.external_task_id) for unclaimed_task in unclaimed] == [
        (api_case.ref, sent_id(script))
    ]


ID_PLACES: dict[str, dict[str, Any]] = {
    "as an argument": {"external_task_id": "order/7"},
    "as a further field": {"extra": {"external_task_id": "order/7"}},
    "beside a null": {"external_task_id": "order/7", "extra": {"external_task_id": None}},
    "in the input of a job": {"request": Job("kling-v1-6", {"prompt": "a cat", "external_task_id": "order/7"})},
}


@EACH_API
@pytest.mark.parametrize("place", ID_PLACES)
def test_an_id_of_the_user_is_searched_for_wherever_it_was_given(api_case: ApiCase, place: str):
    script = Script(LOST_RESPONSE, task_with_id(api_case, "order/7"))
    assert submit_with_ids(api_case, script, **ID_PLACES[place]) == api_case.ref
    assert sent_id(script) == "order/7"
    assert queries(script)[0].url.raw_path.endswith(b"/order%2F7")


NULL_IDS: dict[str, dict[str, Any]] = {
    "as a further field": {"extra": {"external_task_id": None}},
    "in the input of a job": {"request": Job("kling-v1-6", {"prompt": "a cat", "external_task_id": None})},
}


@EACH_API
@pytest.mark.parametrize("place", NULL_IDS)
def test_a_null_id_counts_as_no_id(api_case: ApiCase, place: str):
    script = Script(api_case.created())
    assert submit_with_ids(api_case, script, **NULL_IDS[place]) == api_case.ref
    assert len(sent_id(script)) == 32


@EACH_API
@pytest.mark.parametrize("name", ["a b", "..", "", 7, ["x"]])
def test_an_invalid_external_id_is_refused_before_paying(api_case: ApiCase, name: object):
    script = Script()
    with pytest.raises(InvalidRequest, match="external_task_id"):
        submit_with_ids(api_case, script, extra={"external_task_id": name})
    assert script.paid == 0


def test_an_api_without_external_ids_has_no_search():
    script = Script(LOST_RESPONSE)
    with pytest.raises(SubmissionUncertain) as caught:
        script.run(
            submit(Kie(API_KEY), KIE.request, timeout=60.0, unclaimed=[], extra={"external_task_id": "order/7"}),
        )
    assert (queries(script), caught.value.external_task_id) == ([], None)


class SlowService(Script):
    """Every exchange takes all its time and fails."""

    def perform(self, effect: Effect) -> Outcome:
        if isinstance(effect, Send):
            self.clock += effect.timeout
        return super().perform(effect)


@EACH_API
@pytest.mark.parametrize("timeout", [0.5, 5.0, 60.0])
def test_a_search_ends_within_its_time(api_case: ApiCase, timeout: float):
    script = SlowService(*[httpx.ReadTimeout("slow")] * 9)
    with pytest.raises(SubmissionUncertain):
        submit_with_ids(api_case, script, timeout=timeout)
    assert queries(script)
    assert script.clock <= timeout


@EACH_API
def test_all_searches_are_made_within_the_time(api_case: ApiCase):
    """Three quarters of the time limit are for the payment, the last second for the last search."""

    def respond_late(effect: Send) -> httpx.ReadTimeout:
        script.clock += effect.timeout
        return LOST_RESPONSE

    script = Script(respond_late, *[api_case.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain):
        submit_with_ids(api_case, script, timeout=20.0)
    assert script.slept == [1.0, 2.0, 1.0]


@EACH_API
def test_a_response_that_only_echoes_the_id_is_not_accepted(api_case: ApiCase):
    """Some relays echo the id of the query."""
    script = Script(LOST_RESPONSE, *[api_case.created("order/7")] * 4)
    with pytest.raises(SubmissionUncertain):
        submit_with_id(api_case, script)
    assert script.paid == 1
    assert len(queries(script)) == 4
