"""Waiting, driven by hand: bounded by its deadline alone, an hour in no time."""

import queue
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from contract_tests.support import kie
from contract_tests.support.apis import FILM, KIE, Speech
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
from klingkit._tasks import BREATH, generate, get, wait, watch


def wait_for(
    speech: Speech,
    script: Script,
    timeout: float = 900.0,
    emit: Callable[[Task], object] | None = None,
    polling: Polling = Fixed(5.0),  # noqa: B008 - a value
) -> Task:
    return script.run(wait(speech.api, speech.ref, timeout=timeout, polling=polling), emit)


def test_returns_the_finished_task(speech: Speech):
    seen: list[Task] = []
    task = wait_for(
        speech, Script(speech.waiting(), speech.running(), speech.running(), speech.finished()), emit=seen.append
    )
    assert task.status == "succeeded"
    assert [video.url for video in task.videos] == [FILM]
    assert [update.vendor_status for update in seen] == [
        speech.words[status] for status in ("queued", "running", "succeeded")
    ]


def test_an_hour_of_waiting_ends_at_its_deadline(speech: Speech):
    script = Script(*[speech.waiting()] * 720)
    with pytest.raises(WaitTimeout, match="after 3590 s") as caught:
        wait_for(speech, script, 3590.0)
    assert script.clock == 3590.0
    assert caught.value.ref == speech.ref
    assert caught.value.task is not None
    assert caught.value.task.vendor_status == speech.words["queued"]


def troubles(speech: Speech) -> list[Answer]:
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
        speech.refused(429),
        speech.refused(500),
        speech.record("a word nobody knows"),
    ]


def test_absorbs_every_passing_trouble(speech: Speech):
    fresh = speech.refused(404)
    assert wait_for(speech, Script(fresh, *troubles(speech) * 4, speech.finished())).status == "succeeded"


@pytest.mark.parametrize("trouble", [kie.refused(455, 455), kie.refused(422, 200, "recordInfo is null")])
def test_absorbs_kies_own_troubles(trouble: httpx.Response):
    assert wait_for(KIE, Script(trouble, KIE.finished())).status == "succeeded"


def test_a_timeout_tells_the_last_trouble(speech: Speech):
    with pytest.raises(WaitTimeout, match="state unknown") as caught:
        wait_for(speech, Script(*[httpx.ReadTimeout("slow")] * 4), 15.0)
    assert "ReadTimeout" in str(caught.value.__cause__)
    assert isinstance(caught.value, TimeoutError)


def test_a_task_still_unknown_after_the_grace_does_not_exist(speech: Speech):
    script = Script(*[speech.refused(404)] * 20)
    with pytest.raises(NotFound) as caught:
        wait_for(speech, script)
    assert 30.0 < script.clock <= 40.0
    assert caught.value.ref == speech.ref


def test_a_wrong_key_ends_the_wait_and_names_the_task(speech: Speech):
    with pytest.raises(AuthenticationError) as caught:
        wait_for(speech, Script(speech.waiting(), speech.refused(401)))
    assert caught.value.ref == speech.ref


def test_a_failed_task_raises_its_reason(speech: Speech):
    with pytest.raises(TaskFailed, match="内容违规") as caught:
        wait_for(speech, Script(speech.failed("内容违规")))
    assert (caught.value.vendor_message, caught.value.ref) == ("内容违规", speech.ref)
    assert caught.value.task is not None
    assert caught.value.retryable is False


def test_a_failure_without_a_reason_says_so(speech: Speech):
    with pytest.raises(TaskFailed, match="no reason given"):
        wait_for(speech, Script(speech.failed()))


def test_watching_yields_the_failed_task_and_ends(speech: Speech):
    script = Script(speech.waiting(), speech.failed())
    watching = watch(speech.api, speech.ref, timeout=60.0, polling=Fixed(5.0))
    assert [task.status for task in script.iterate(watching)] == ["queued", "failed"]


def test_watching_may_be_left_early(speech: Speech):
    script = Script(speech.waiting())
    watching = script.iterate(watch(speech.api, speech.ref, timeout=60.0, polling=Fixed(5.0)))
    assert next(watching).status == "queued"
    watching.close()
    assert script.answers == []


def test_an_interruption_says_which_task_goes_on(speech: Speech):
    interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        wait_for(speech, Script(speech.waiting(), interruption))
    assert interruption.__notes__ == [f"task {speech.ref} goes on"]


def test_an_error_in_on_update_comes_through(speech: Speech):
    def broken(task: Task) -> None:
        raise LookupError(task.status)

    with pytest.raises(LookupError, match="queued"):
        wait_for(speech, Script(speech.waiting()), emit=broken)


def test_no_query_outlasts_the_deadline_and_the_last_looks_close_to_it(speech: Speech):
    script = Script(*[speech.waiting()] * 4)
    with pytest.raises(WaitTimeout):
        wait_for(speech, script, 12.0)
    assert [effect.timeout for effect in script.effects if hasattr(effect, "timeout")] == [12.0, 7.0, 2.0, 1.0]
    assert script.slept == [5.0, 5.0, 1.0, 1.0]


@pytest.mark.parametrize("timeout", [0, -5, float("nan")])
def test_a_time_limit_leaves_time(speech: Speech, timeout: float):
    with pytest.raises(InvalidRequest, match="timeout"):
        wait_for(speech, Script(), timeout)


def test_the_vendors_advice_slows_down(speech: Speech):
    script = Script(*[speech.waiting()] * 40)
    with pytest.raises(WaitTimeout):
        script.run(wait(speech.api, speech.ref, timeout=200.0, polling=VendorAdvice()))
    assert len(script.slept) == 29
    assert script.slept[0] == 2.5
    assert script.slept[-3] == 20.0


def test_a_service_that_asks_for_time_gets_it_each_time_as_it_says(speech: Speech):
    busy, busier = speech.refused(429), speech.refused(429)
    busy.headers["Retry-After"], busier.headers["Retry-After"] = "11", "40"
    script = Script(busy, speech.waiting(), busier, speech.finished())
    wait_for(speech, script)
    assert script.slept == [11.0, 5.0, 40.0]


@pytest.mark.parametrize("body", [b"<html>", b""])
def test_a_gateway_that_asks_for_time_gets_it_too(speech: Speech, body: bytes):
    busy = httpx.Response(503, content=body, headers={"Retry-After": "11"})
    script = Script(busy, httpx.Response(429, content=body, headers={"Retry-After": "12"}), speech.finished())
    wait_for(speech, script)
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


def test_a_storm_of_callbacks_is_no_storm_of_queries(speech: Speech):
    script = Storm(*[speech.waiting()] * 100)
    with pytest.raises(WaitTimeout):
        script.run(wait(speech.api, speech.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert 50 <= script.queried <= 61


def test_a_callback_is_looked_into_as_soon_as_it_comes(speech: Speech):
    script = Storm(speech.waiting(), speech.finished())
    script.moment = 7.0
    script.run(wait(speech.api, speech.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert script.clock == 7.0


def test_a_callback_is_looked_into_although_a_service_asks_for_patience(speech: Speech):
    busy = speech.refused(429)
    busy.headers["Retry-After"] = "11"
    script = Storm(busy, speech.finished())
    script.run(wait(speech.api, speech.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert script.clock == 1.0


def test_no_service_silences_a_wait_for_longer_than_a_minute(speech: Speech):
    busy = speech.refused(429)
    busy.headers["Retry-After"] = "3600"
    script = Script(busy, busy, speech.finished())
    wait_for(speech, script, timeout=900.0)
    assert script.slept == [60.0, 60.0]


def test_a_short_wait_looks_once_more_before_its_end(speech: Speech):
    script = Script(speech.waiting(), speech.finished())
    wait_for(speech, script, timeout=1.0)
    assert script.slept == [0.5]


def test_a_policy_that_does_not_tell_seconds_is_named(speech: Speech):
    class Silent:
        def pause(self, elapsed: float) -> Any:
            return None

    with pytest.raises(InvalidRequest, match="pauses for None") as caught:
        wait_for(speech, Script(speech.waiting()), polling=Silent())
    assert caught.value.ref == speech.ref


def test_a_callback_lengthens_no_pause(speech: Speech):
    script = Storm(*[speech.waiting()] * 3, speech.finished())
    script.run(wait(speech.api, speech.ref, timeout=60.0, polling=Fixed(0.2), events=script.inbox))
    assert script.clock == pytest.approx(0.6)


@pytest.mark.parametrize("pause", [0.0, -3.0, float("nan")])
def test_a_policy_that_leaves_no_pause_is_given_one(speech: Speech, pause: float):
    class Restless:
        def pause(self, elapsed: float) -> float:
            return pause

    script = Script(*[speech.waiting()] * 3, speech.finished())
    script.run(wait(speech.api, speech.ref, timeout=60.0, polling=Restless()))
    assert script.slept == [BREATH] * 3


@pytest.mark.parametrize("during", [Send, Sleep])
def test_a_client_closed_meanwhile_says_which_task_goes_on(speech: Speech, during: type[Effect]):
    class Closing(Script):
        def perform(self, effect: Effect) -> Outcome:
            if isinstance(effect, during):
                raise ConfigurationError("this client is closed")
            return super().perform(effect)

    with pytest.raises(ConfigurationError) as caught:
        wait_for(speech, Closing(speech.waiting()))
    assert (caught.value.ref, caught.value.api) == (speech.ref, speech.name)


def test_an_error_about_another_task_stays_about_it(speech: Speech):
    another = TaskRef(speech.name, speech.ref.route, "another")

    def broken(_: Task) -> None:
        raise KlingkitError("odd", ref=another)

    unclaimed: list[TaskRef] = []
    script = Script(speech.created(), speech.waiting())
    flow = generate(
        speech.api, speech.request, timeout=60.0, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed
    )
    with pytest.raises(KlingkitError) as caught:
        script.run(flow, broken)
    assert (caught.value.ref, unclaimed) == (another, [speech.ref])


def test_a_failed_task_names_the_exchange_that_told_of_it(speech: Speech):
    answer = speech.failed("no cats")
    answer = httpx.Response(200, json={**answer.json(), "request_id": "r-77"})
    with pytest.raises(TaskFailed) as caught:
        wait_for(speech, Script(answer))
    assert caught.value.request_id == "r-77"


def make(speech: Speech, script: Script, unclaimed: list[TaskRef], timeout: float = 60.0) -> Task:
    flow = generate(
        speech.api, speech.request, timeout=timeout, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed
    )
    return script.run(flow)


def test_generating_submits_and_waits(speech: Speech):
    unclaimed: list[TaskRef] = []
    script = Script(speech.created(), speech.waiting(), speech.finished())
    assert make(speech, script, unclaimed).ref == speech.ref
    assert (script.paid, unclaimed) == (1, [])


def test_generating_pays_nothing_for_a_wait_that_cannot_be(speech: Speech):
    script = Script()
    with pytest.raises(InvalidRequest, match="timeout"):
        make(speech, script, [], timeout=0)
    assert script.paid == 0


def test_interrupted_while_waiting_the_paid_task_is_kept(speech: Speech):
    unclaimed: list[TaskRef] = []
    with pytest.raises(KeyboardInterrupt):
        make(speech, Script(speech.created(), speech.waiting(), KeyboardInterrupt()), unclaimed)
    assert unclaimed == [speech.ref]


def test_failing_while_waiting_the_error_names_the_task(speech: Speech):
    unclaimed: list[TaskRef] = []
    with pytest.raises(KlingkitError) as caught:
        make(speech, Script(speech.created(), speech.refused(401)), unclaimed)
    assert (caught.value.ref, unclaimed) == (speech.ref, [])


@pytest.mark.parametrize("ref", ["other:text2video:a", "{}@other:{}:a", "{}:veo:a"])
def test_a_task_of_another_api_or_account_is_refused_before_sending(speech: Speech, ref: str):
    script = Script()
    with pytest.raises(InvalidRequest, match="belongs elsewhere"):
        script.run(get(speech.api, TaskRef.parse(ref.format(speech.name, speech.ref.route)), timeout=30.0))
    assert script.effects == []
