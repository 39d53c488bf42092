"""Waiting, driven by hand: bounded by its deadline alone, an hour in no time."""

import queue
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.support import kie
from contract_tests.support.apis import FILM, KIE, ApiCase
from contract_tests.support.script import Answer, Script
from klingkit import (
    AuthenticationError,
    ConfigurationError,
    Fixed,
    InvalidRequest,
    KlingkitError,
    NotFound,
    Task,
    TaskFailed,
    TaskRef,
    VendorAdvice,
    WaitTimeout,
)
from klingkit._flow import Effect, Outcome, Send, Sleep, Woken
from klingkit._polling import Polling
from klingkit._query import get
from klingkit._tasks import MIN_PAUSE, generate, wait, watch


def wait_for(
    case: ApiCase,
    script: Script,
    timeout: float = 900.0,
    emit: Callable[[Task], object] | None = None,
    polling: Polling = Fixed(5.0),  # noqa: B008 - a value
) -> Task:
    return script.run(wait(case.api, case.ref, timeout=timeout, polling=polling), emit)


def test_returns_the_finished_task(case: ApiCase):
    seen: list[Task] = []
    task = wait_for(case, Script(case.waiting(), case.running(), case.running(), case.finished()), emit=seen.append)
    assert task.status == "succeeded"
    assert [video.url for video in task.videos] == [FILM]
    assert [update.vendor_status for update in seen] == [
        case.words[status] for status in ("queued", "running", "succeeded")
    ]


def test_an_hour_of_waiting_ends_at_its_deadline(case: ApiCase):
    script = Script(*[case.waiting()] * 720)
    with pytest.raises(WaitTimeout, match="after 3590 s") as caught:
        wait_for(case, script, 3590.0)
    assert script.clock == 3590.0
    assert caught.value.ref == case.ref
    assert caught.value.task is not None
    assert caught.value.task.vendor_status == case.words["queued"]


def troubles(case: ApiCase) -> list[Answer]:
    """All that passes by itself, short of the end."""
    return [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, json=None),
        httpx.Response(200, json={"code": 200, "data": None}),
        httpx.Response(200, json={"code": 777, "message": "what?"}),
        case.refused(429),
        case.refused(500),
        case.record("a word nobody knows"),
    ]


def test_absorbs_every_passing_trouble(case: ApiCase):
    fresh = case.refused(404)
    assert wait_for(case, Script(fresh, *troubles(case) * 4, case.finished())).status == "succeeded"


@pytest.mark.parametrize("trouble", [kie.refused(455, 455), kie.refused(422, 200, "recordInfo is null")])
def test_absorbs_kies_own_troubles(trouble: httpx.Response):
    assert wait_for(KIE, Script(trouble, KIE.finished())).status == "succeeded"


def test_a_timeout_tells_the_last_trouble(case: ApiCase):
    with pytest.raises(WaitTimeout, match="state unknown") as caught:
        wait_for(case, Script(*[httpx.ReadTimeout("slow")] * 4), 15.0)
    assert "ReadTimeout" in str(caught.value.__cause__)
    assert isinstance(caught.value, TimeoutError)


def test_a_task_still_unknown_after_the_grace_does_not_exist(case: ApiCase):
    script = Script(*[case.refused(404)] * 20)
    with pytest.raises(NotFound) as caught:
        wait_for(case, script)
    assert 30.0 < script.clock <= 40.0
    assert caught.value.ref == case.ref


def test_a_wrong_key_ends_the_wait_and_names_the_task(case: ApiCase):
    with pytest.raises(AuthenticationError) as caught:
        wait_for(case, Script(case.waiting(), case.refused(401)))
    assert caught.value.ref == case.ref


def test_a_failed_task_raises_its_reason(case: ApiCase):
    with pytest.raises(TaskFailed, match="内容违规") as caught:
        wait_for(case, Script(case.failed("内容违规")))
    assert (caught.value.vendor_message, caught.value.ref) == ("内容违规", case.ref)
    assert caught.value.task is not None
    assert caught.value.retryable is False


def test_a_failure_without_a_reason_says_so(case: ApiCase):
    with pytest.raises(TaskFailed, match="no reason given"):
        wait_for(case, Script(case.failed()))


def test_watching_yields_the_failed_task_and_ends(case: ApiCase):
    script = Script(case.waiting(), case.failed())
    watching = watch(case.api, case.ref, timeout=60.0, polling=Fixed(5.0))
    assert [task.status for task in script.iterate(watching)] == ["queued", "failed"]


def test_watching_may_be_left_early(case: ApiCase):
    script = Script(case.waiting())
    watching = script.iterate(watch(case.api, case.ref, timeout=60.0, polling=Fixed(5.0)))
    assert next(watching).status == "queued"
    watching.close()
    assert script.answers == []


def test_an_interruption_says_which_task_goes_on(case: ApiCase):
    interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        wait_for(case, Script(case.waiting(), interruption))
    assert interruption.__notes__ == [f"task {case.ref} goes on"]


def test_an_error_in_on_update_comes_through(case: ApiCase):
    def broken(task: Task) -> None:
        raise LookupError(task.status)

    with pytest.raises(LookupError, match="queued"):
        wait_for(case, Script(case.waiting()), emit=broken)


def test_no_query_outlasts_the_deadline_and_the_last_looks_close_to_it(case: ApiCase):
    script = Script(*[case.waiting()] * 4)
    with pytest.raises(WaitTimeout):
        wait_for(case, script, 12.0)
    assert [effect.timeout for effect in script.effects if hasattr(effect, "timeout")] == [12.0, 7.0, 2.0, 1.0]
    assert script.slept == [5.0, 5.0, 1.0, 1.0]


@pytest.mark.parametrize("timeout", [0, -5, float("nan")])
def test_a_time_limit_leaves_time(case: ApiCase, timeout: float):
    with pytest.raises(InvalidRequest, match="timeout"):
        wait_for(case, Script(), timeout)


def test_the_vendors_advice_slows_down(case: ApiCase):
    script = Script(*[case.waiting()] * 40)
    with pytest.raises(WaitTimeout):
        script.run(wait(case.api, case.ref, timeout=200.0, polling=VendorAdvice()))
    assert len(script.slept) == 29
    assert script.slept[0] == 2.5
    assert script.slept[-3] == 20.0


def test_a_service_that_asks_for_time_gets_it_each_time_as_it_says(case: ApiCase):
    busy, busier = case.refused(429), case.refused(429)
    busy.headers["Retry-After"], busier.headers["Retry-After"] = "11", "40"
    script = Script(busy, case.waiting(), busier, case.finished())
    wait_for(case, script)
    assert script.slept == [11.0, 5.0, 40.0]


@pytest.mark.parametrize("body", [b"<html>", b""])
def test_a_gateway_that_asks_for_time_gets_it_too(case: ApiCase, body: bytes):
    busy = httpx.Response(503, content=body, headers={"Retry-After": "11"})
    script = Script(busy, httpx.Response(429, content=body, headers={"Retry-After": "12"}), case.finished())
    wait_for(case, script)
    assert script.slept == [11.0, 12.0]


class Storm(Script):
    """Every pause with an inbox is ended by a callback after a moment."""

    moment = 0.01
    inbox: queue.Queue[object] = queue.Queue()

    def perform(self, effect: Effect) -> Outcome:
        if isinstance(effect, Sleep) and effect.inbox is not None:
            self.clock += self.moment
            return Woken(None)
        return super().perform(effect)

    @property
    def queried(self) -> int:
        return sum(isinstance(effect, Send) for effect in self.effects)


def test_a_storm_of_callbacks_is_no_storm_of_queries(case: ApiCase):
    script = Storm(*[case.waiting()] * 100)
    with pytest.raises(WaitTimeout):
        script.run(wait(case.api, case.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert 50 <= script.queried <= 61


def test_a_callback_is_looked_into_as_soon_as_it_comes(case: ApiCase):
    script = Storm(case.waiting(), case.finished())
    script.moment = 7.0
    script.run(wait(case.api, case.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert script.clock == 7.0


def test_a_callback_is_looked_into_although_a_service_asks_for_patience(case: ApiCase):
    busy = case.refused(429)
    busy.headers["Retry-After"] = "11"
    script = Storm(busy, case.finished())
    script.run(wait(case.api, case.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert script.clock == 1.0


def test_no_service_silences_a_wait_for_longer_than_a_minute(case: ApiCase):
    busy = case.refused(429)
    busy.headers["Retry-After"] = "3600"
    script = Script(busy, busy, case.finished())
    wait_for(case, script, timeout=900.0)
    assert script.slept == [60.0, 60.0]


def test_a_short_wait_looks_once_more_before_its_end(case: ApiCase):
    script = Script(case.waiting(), case.finished())
    wait_for(case, script, timeout=1.0)
    assert script.slept == [0.5]


def test_a_policy_that_does_not_tell_seconds_is_named(case: ApiCase):
    class Silent:
        def pause(self, elapsed: float) -> Any:
            return None

    with pytest.raises(InvalidRequest, match="pauses for None") as caught:
        wait_for(case, Script(case.waiting()), polling=Silent())
    assert caught.value.ref == case.ref


def test_a_callback_lengthens_no_pause(case: ApiCase):
    script = Storm(*[case.waiting()] * 3, case.finished())
    script.run(wait(case.api, case.ref, timeout=60.0, polling=Fixed(0.2), events=script.inbox))
    assert script.clock == pytest.approx(0.6)


@pytest.mark.parametrize("pause", [0.0, -3.0, float("nan")])
def test_a_policy_that_leaves_no_pause_is_given_one(case: ApiCase, pause: float):
    class Restless:
        def pause(self, elapsed: float) -> float:
            return pause

    script = Script(*[case.waiting()] * 3, case.finished())
    script.run(wait(case.api, case.ref, timeout=60.0, polling=Restless()))
    assert script.slept == [MIN_PAUSE] * 3


@pytest.mark.parametrize("during", [Send, Sleep])
def test_a_client_closed_meanwhile_says_which_task_goes_on(case: ApiCase, during: type[Effect]):
    class Closing(Script):
        def perform(self, effect: Effect) -> Outcome:
            if isinstance(effect, during):
                raise ConfigurationError("this client is closed")
            return super().perform(effect)

    with pytest.raises(ConfigurationError) as caught:
        wait_for(case, Closing(case.waiting()))
    assert (caught.value.ref, caught.value.api) == (case.ref, case.name)


def test_an_error_about_another_task_stays_about_it(case: ApiCase):
    another = TaskRef(case.name, case.ref.route, "another")

    def broken(_: Task) -> None:
        raise KlingkitError("odd", ref=another)

    unclaimed: list[TaskRef] = []
    script = Script(case.created(), case.waiting())
    flow = generate(case.api, case.request, timeout=60.0, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed)
    with pytest.raises(KlingkitError) as caught:
        script.run(flow, broken)
    assert (caught.value.ref, unclaimed) == (another, [case.ref])


def test_a_failed_task_names_the_exchange_that_told_of_it(case: ApiCase):
    answer = case.failed("no cats")
    answer = httpx.Response(200, json={**answer.json(), "request_id": "r-77"})
    with pytest.raises(TaskFailed) as caught:
        wait_for(case, Script(answer))
    assert caught.value.request_id == "r-77"


def make(case: ApiCase, script: Script, unclaimed: list[TaskRef], timeout: float = 60.0) -> Task:
    flow = generate(
        case.api, case.request, timeout=timeout, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed
    )
    return script.run(flow)


def test_generating_submits_and_waits(case: ApiCase):
    unclaimed: list[TaskRef] = []
    script = Script(case.created(), case.waiting(), case.finished())
    assert make(case, script, unclaimed).ref == case.ref
    assert (script.paid, unclaimed) == (1, [])


def test_generating_pays_nothing_for_a_wait_that_cannot_be(case: ApiCase):
    script = Script()
    with pytest.raises(InvalidRequest, match="timeout"):
        make(case, script, [], timeout=0)
    assert script.paid == 0


def test_interrupted_while_waiting_the_paid_task_is_kept(case: ApiCase):
    unclaimed: list[TaskRef] = []
    with pytest.raises(KeyboardInterrupt):
        make(case, Script(case.created(), case.waiting(), KeyboardInterrupt()), unclaimed)
    assert unclaimed == [case.ref]


def test_failing_while_waiting_the_error_names_the_task(case: ApiCase):
    unclaimed: list[TaskRef] = []
    with pytest.raises(KlingkitError) as caught:
        make(case, Script(case.created(), case.refused(401)), unclaimed)
    assert (caught.value.ref, unclaimed) == (case.ref, [])


@pytest.mark.parametrize("ref", ["other:text2video:a", "{}@other:{}:a", "{}:veo:a"])
def test_a_task_of_another_api_or_account_is_refused_before_sending(case: ApiCase, ref: str):
    script = Script()
    with pytest.raises(InvalidRequest, match="belongs elsewhere"):
        script.run(get(case.api, TaskRef.parse(ref.format(case.name, case.ref.route)), timeout=30.0))
    assert script.effects == []
