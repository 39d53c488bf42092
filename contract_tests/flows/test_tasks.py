"""Tests of waits on a scripted driver, whose clock makes an hour take no time: only the deadline bounds them."""

import json
import queue
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract_tests.support import kie
from contract_tests.support.apis import KIE, VIDEO_URL, ApiCase
from contract_tests.support.script import Script, ScriptedOutcome
from klingkit import (
    AuthenticationError,
    ConfigurationError,
    ContentRefused,
    Fixed,
    InvalidRequest,
    KlingkitError,
    LearnedPolling,
    NotFound,
    NoVideo,
    Task,
    TaskFailed,
    TaskRef,
    TaskRefused,
    UnclaimedTask,
    VendorAdvice,
    WaitTimeout,
)
from klingkit._flow import Effect, Outcome, Send, Sleep, Woken
from klingkit._learned import ENOUGH, KEPT, LONGEST
from klingkit._polling import Polling
from klingkit._query import get
from klingkit._tasks import MIN_PAUSE, generate, wait, watch


def wait_for(
    api_case: ApiCase,
    script: Script,
    timeout: float = 900.0,
    emit: Callable[[Task], object] | None = None,
    polling: Polling = Fixed(5.0),  # noqa: B008 - a value
) -> Task:
    return script.run(wait(api_case.api, api_case.ref, timeout=timeout, polling=polling), emit)


def test_wait_returns_the_finished_task(api_case: ApiCase):
    seen: list[Task] = []
    script = Script(api_case.waiting(), api_case.running(), api_case.running(), api_case.finished())
    task = wait_for(api_case, script, emit=seen.append)
    assert task.status == "succeeded"
    assert [video.url for video in task.videos] == [VIDEO_URL]
    assert [update.vendor_status for update in seen] == [
        api_case.vendor_states[status] for status in ("queued", "running", "succeeded")
    ]


def test_a_wait_learns_how_long_its_task_took():
    """Learned durations decide the pauses of the next wait; the times in the record count, not those of queries."""
    policy = LearnedPolling(Fixed(5.0))
    for _ in range(ENOUGH):
        script = Script(kie.task_response("waiting"), kie.finished_response())
        assert wait_for(KIE, script, polling=policy).done
        assert script.slept == [5.0]
    assert policy.durations() == {"kie": (100.0,) * ENOUGH}
    script = Script(
        kie.task_response("waiting", createTime=None), kie.task_response("generating"), kie.finished_response()
    )
    wait_for(KIE, script, polling=policy)
    assert 5 < script.slept[0] <= LONGEST


def test_without_the_times_of_the_service_nothing_is_learned():
    policy = LearnedPolling()
    for times in ({"completeTime": None}, {"createTime": None}, {"createTime": 1757584264490}):
        record = kie.task_response(
            "success", resultJson='{"resultUrls": ["http://m.test/a"]}', completeTime=1757584264490
        )
        body = record.json()
        body["data"] |= times
        wait_for(KIE, Script(httpx.Response(200, json=body)), polling=policy)
    assert policy.durations() == {}


def test_an_adapter_that_names_no_kinds_of_tasks_learns_all_as_one():
    class Adapter:
        """An adapter of the user's own, with the methods that `Provider` asks for."""

        def __getattr__(self, name: str) -> Any:
            if name == "kind_of":
                raise AttributeError(name)
            return getattr(KIE.api, name)

    policy = LearnedPolling()
    wait_of_own = wait(Adapter(), KIE.ref, timeout=900.0, polling=policy)
    assert Script(kie.finished_response()).run(wait_of_own).done
    assert policy.durations() == {"kie jobs": (100.0,)}


@pytest.mark.parametrize(("age", "low", "high"), [(290, 5, 13), (100, 59, 60), (-100, 59, 60)])
def test_a_task_that_waited_before_is_as_old_as_its_record_says(age: int, low: float, high: float):
    """A wait that is resumed after a restart counts from the creation of the task; clocks may differ a little."""
    policy = LearnedPolling(Fixed(5.0))
    for _ in range(KEPT):
        policy.learn("kie kling-2.6/text-to-video 5 s", 300.0)
    created = (datetime.now(UTC) - timedelta(seconds=age)).timestamp() * 1000
    param = json.dumps({"input": {"prompt": "a cat", "duration": "5"}})
    waiting = kie.task_response("waiting", model="kling-2.6/text-to-video", param=param, createTime=int(created))
    script = Script(waiting, kie.finished_response())
    wait_for(KIE, script, polling=policy)
    assert low < script.slept[0] <= high


def test_a_success_without_a_video_is_an_error(api_case: ApiCase):
    """No caller shall get an IndexError at `task.videos[0]`; a later query may name a video."""
    success_without_video = api_case.record(api_case.vendor_states["succeeded"])
    with pytest.raises(NoVideo, match="names no video") as caught:
        wait_for(api_case, Script(success_without_video))
    assert (caught.value.ref, caught.value.again) == (api_case.ref, "ask")
    assert caught.value.task is not None
    assert caught.value.task.raw == success_without_video.json()
    (last,) = Script(success_without_video).iterate(watch(api_case.api, api_case.ref, timeout=9.0, polling=Fixed(5.0)))
    assert (last.status, last.videos) == ("succeeded", ())


def test_refused_content_is_a_failure_and_an_invalid_request(api_case: ApiCase):
    with pytest.raises(ContentRefused, match="flagged by the safety system") as caught:
        wait_for(api_case, Script(api_case.failed("flagged by the safety system")))
    assert isinstance(caught.value, TaskRefused)
    assert isinstance(caught.value, TaskFailed)
    assert (caught.value.again, caught.value.retryable, caught.value.ref) == ("never", False, api_case.ref)


def test_an_hour_of_waiting_ends_at_its_deadline(api_case: ApiCase):
    script = Script(*[api_case.waiting()] * 720)
    with pytest.raises(WaitTimeout, match="after 3590 s") as caught:
        wait_for(api_case, script, 3590.0)
    assert script.clock == 3590.0
    assert caught.value.ref == api_case.ref
    assert caught.value.task is not None
    assert caught.value.task.vendor_status == api_case.vendor_states["queued"]


def transient_errors(api_case: ApiCase) -> list[ScriptedOutcome]:
    """Return errors and states that do not end a wait."""
    return [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        httpx.Response(502, content=b"<html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, json=None),
        httpx.Response(200, json={"code": 200, "data": None}),
        httpx.Response(200, json={"code": 777, "message": "what?"}),
        api_case.refused(429),
        api_case.refused(500),
        api_case.record("an unknown state"),
    ]


def test_transient_errors_do_not_end_a_wait(api_case: ApiCase):
    script = Script(api_case.refused(404), *transient_errors(api_case) * 4, api_case.finished())
    assert wait_for(api_case, script).status == "succeeded"


@pytest.mark.parametrize("error", [kie.error_response(455, 455), kie.error_response(422, 200, "recordInfo is null")])
def test_transient_errors_of_kie_do_not_end_a_wait(error: httpx.Response):
    assert wait_for(KIE, Script(error, KIE.finished())).status == "succeeded"


def test_a_wait_timeout_has_the_last_error_as_its_cause(api_case: ApiCase):
    with pytest.raises(WaitTimeout, match="state unknown") as caught:
        wait_for(api_case, Script(*[httpx.ReadTimeout("slow")] * 4), 15.0)
    assert "ReadTimeout" in str(caught.value.__cause__)
    assert isinstance(caught.value, TimeoutError)


def test_a_task_unknown_after_the_grace_period_is_not_found(api_case: ApiCase):
    script = Script(*[api_case.refused(404)] * 20)
    with pytest.raises(NotFound) as caught:
        wait_for(api_case, script)
    assert 30.0 < script.clock <= 40.0
    assert caught.value.ref == api_case.ref


def test_an_invalid_key_ends_the_wait_and_the_error_names_the_task(api_case: ApiCase):
    with pytest.raises(AuthenticationError) as caught:
        wait_for(api_case, Script(api_case.waiting(), api_case.refused(401)))
    assert caught.value.ref == api_case.ref


@pytest.mark.parametrize(("reason", "kind"), [("内容违规", TaskRefused), ("too dark", TaskFailed), (None, TaskFailed)])
def test_a_failed_task_raises_its_reason(api_case: ApiCase, reason: str | None, kind: type[TaskFailed]):
    response = httpx.Response(200, json={**api_case.failed(reason).json(), "request_id": "r-77"})
    with pytest.raises(kind, match=reason or "no reason given") as caught:
        wait_for(api_case, Script(response))
    assert (caught.value.vendor_message, caught.value.ref) == (reason, api_case.ref)
    assert (type(caught.value), caught.value.task is not None, caught.value.request_id) == (kind, True, "r-77")
    assert caught.value.retryable is (False if kind is TaskRefused else None)


def test_watch_yields_the_failed_task_and_ends(api_case: ApiCase):
    script = Script(api_case.waiting(), api_case.failed())
    watching = watch(api_case.api, api_case.ref, timeout=60.0, polling=Fixed(5.0))
    assert [task.status for task in script.iterate(watching)] == ["queued", "failed"]


def test_an_interruption_notes_the_task(api_case: ApiCase):
    interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        wait_for(api_case, Script(api_case.waiting(), interruption))
    assert interruption.__notes__ == [f"task {api_case.ref} goes on"]


def test_an_error_of_on_update_is_raised(api_case: ApiCase):
    def broken(task: Task) -> None:
        raise LookupError(task.status)

    with pytest.raises(LookupError, match="queued"):
        wait_for(api_case, Script(api_case.waiting()), emit=broken)


def test_queries_are_bounded_by_the_deadline_with_one_close_to_it(api_case: ApiCase):
    script = Script(*[api_case.waiting()] * 4)
    with pytest.raises(WaitTimeout):
        wait_for(api_case, script, 12.0)
    assert [effect.timeout for effect in script.effects if hasattr(effect, "timeout")] == [12.0, 7.0, 2.0, 1.0]
    assert script.slept == [5.0, 5.0, 1.0, 1.0]


def test_vendor_advice_slows_down(api_case: ApiCase):
    script = Script(*[api_case.waiting()] * 40)
    with pytest.raises(WaitTimeout):
        script.run(wait(api_case.api, api_case.ref, timeout=200.0, polling=VendorAdvice()))
    assert len(script.slept) == 29
    assert script.slept[0] == 2.5
    assert script.slept[-3] == 20.0


def throttled(api_case: ApiCase, seconds: int) -> httpx.Response:
    response = api_case.refused(429)
    response.headers["Retry-After"] = str(seconds)
    return response


def test_retry_after_lengthens_the_pause_to_a_minute_at_most(api_case: ApiCase):
    first, *others = (throttled(api_case, seconds) for seconds in (11, 40, 3600))
    script = Script(first, api_case.waiting(), *others, api_case.finished())
    wait_for(api_case, script)
    assert script.slept == [11.0, 5.0, 40.0, 60.0]


class Callbacks(Script):
    """A driver on which a callback ends each pause with an inbox after a delay."""

    delay = 0.01
    inbox: queue.Queue[object] = queue.Queue()

    def perform(self, effect: Effect) -> Outcome:
        if isinstance(effect, Sleep) and effect.inbox is not None:
            self.clock += self.delay
            return Woken(None)
        return super().perform(effect)

    @property
    def queried(self) -> int:
        return sum(isinstance(effect, Send) for effect in self.effects)


def test_many_callbacks_cause_one_query_a_second(api_case: ApiCase):
    script = Callbacks(*[api_case.waiting()] * 100)
    with pytest.raises(WaitTimeout):
        script.run(wait(api_case.api, api_case.ref, timeout=60.0, polling=Fixed(20.0), events=script.inbox))
    assert 50 <= script.queried <= 61


@pytest.mark.parametrize(
    ("first", "delay", "pause", "ended"),
    [
        ([ApiCase.waiting], 7.0, 20.0, 7.0),
        ([lambda api_case: throttled(api_case, 11)], 0.01, 20.0, 1.0),
        ([ApiCase.waiting] * 3, 0.01, 0.2, 0.6),
    ],
    ids=["it queries at once", "it ends a pause of Retry-After", "it lengthens no pause"],
)
def test_a_callback_ends_a_pause(api_case: ApiCase, first: list[Any], delay: float, pause: float, ended: float):
    script = Callbacks(*(response(api_case) for response in first), api_case.finished())
    script.delay = delay
    script.run(wait(api_case.api, api_case.ref, timeout=60.0, polling=Fixed(pause), events=script.inbox))
    assert script.clock == pytest.approx(ended)


def test_a_short_wait_queries_once_more_before_its_end(api_case: ApiCase):
    script = Script(api_case.waiting(), api_case.finished())
    wait_for(api_case, script, timeout=1.0)
    assert script.slept == [0.5]


class OwnPolling:
    """A policy of the user's own."""

    def __init__(self, pause: Any) -> None:
        self.pause = lambda elapsed: pause


def test_a_policy_that_returns_no_number_is_named(api_case: ApiCase):
    with pytest.raises(InvalidRequest, match="pauses for None") as caught:
        wait_for(api_case, Script(api_case.waiting()), polling=OwnPolling(None))
    assert caught.value.ref == api_case.ref


@pytest.mark.parametrize("pause", [0.0, -3.0, float("nan")])
def test_a_policy_without_a_pause_gets_the_minimum(api_case: ApiCase, pause: float):
    script = Script(*[api_case.waiting()] * 3, api_case.finished())
    script.run(wait(api_case.api, api_case.ref, timeout=60.0, polling=OwnPolling(pause)))
    assert script.slept == [MIN_PAUSE] * 3


@pytest.mark.parametrize("effect_class", [Send, Sleep])
def test_closing_the_client_during_a_wait_names_the_task(api_case: ApiCase, effect_class: type[Effect]):
    class Closing(Script):
        def perform(self, effect: Effect) -> Outcome:
            if isinstance(effect, effect_class):
                raise ConfigurationError("this client is closed")
            return super().perform(effect)

    with pytest.raises(ConfigurationError) as caught:
        wait_for(api_case, Closing(api_case.waiting()))
    assert (caught.value.ref, caught.value.api) == (api_case.ref, api_case.name)


def test_an_error_about_another_task_keeps_its_reference(api_case: ApiCase):
    another = TaskRef(api_case.name, api_case.ref.route, "another")

    def broken(_: Task) -> None:
        raise KlingkitError("odd", ref=another)

    unclaimed: list[UnclaimedTask] = []
    script = Script(api_case.created(), api_case.waiting())
    flow = generate(
        api_case.api, api_case.request, timeout=60.0, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed
    )
    with pytest.raises(KlingkitError) as caught:
        script.run(flow, broken)
    assert (caught.value.ref, [task.ref for task in unclaimed]) == (another, [api_case.ref])


def run_generate(api_case: ApiCase, script: Script, unclaimed: list[UnclaimedTask], timeout: float = 60.0) -> Task:
    flow = generate(
        api_case.api, api_case.request, timeout=timeout, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed
    )
    return script.run(flow)


def test_generate_submits_and_waits(api_case: ApiCase):
    unclaimed: list[UnclaimedTask] = []
    script = Script(api_case.created(), api_case.waiting(), api_case.finished())
    assert run_generate(api_case, script, unclaimed).ref == api_case.ref
    assert (script.paid, unclaimed) == (1, [])


def test_generate_checks_the_wait_before_paying(api_case: ApiCase):
    script = Script()
    with pytest.raises(InvalidRequest, match="timeout"):
        run_generate(api_case, script, [], timeout=0)
    assert script.paid == 0


def test_interrupting_generate_keeps_the_task(api_case: ApiCase):
    unclaimed: list[UnclaimedTask] = []
    with pytest.raises(KeyboardInterrupt):
        run_generate(api_case, Script(api_case.created(), api_case.waiting(), KeyboardInterrupt()), unclaimed)
    (unclaimed_task,) = unclaimed
    assert (unclaimed_task.ref, unclaimed_task.request) == (api_case.ref, api_case.request)
    assert str(unclaimed_task) == str(api_case.ref)
    assert unclaimed_task.time is not None
    assert abs((datetime.now(UTC) - unclaimed_task.time).total_seconds()) < 60


def test_an_error_while_generating_names_the_task(api_case: ApiCase):
    unclaimed: list[UnclaimedTask] = []
    with pytest.raises(KlingkitError) as caught:
        run_generate(api_case, Script(api_case.created(), api_case.refused(401)), unclaimed)
    assert (caught.value.ref, unclaimed) == (api_case.ref, [])


@pytest.mark.parametrize("ref", ["other:text2video:a", "{}@other:{}:a", "{}:veo:a"])
def test_a_task_of_another_api_or_account_is_refused_before_sending(api_case: ApiCase, ref: str):
    script = Script()
    with pytest.raises(InvalidRequest, match="belongs elsewhere"):
        script.run(get(api_case.api, TaskRef.parse(ref.format(api_case.name, api_case.ref.route)), timeout=30.0))
    assert not any(isinstance(effect, Send) for effect in script.effects)
