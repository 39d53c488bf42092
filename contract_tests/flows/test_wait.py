"""Waiting, driven by hand: bounded by its deadline alone, an hour in no time."""

from collections.abc import Callable

import httpx
import pytest

from contract_tests.support.kie import API, CAT, REF, created, finished, record, refused
from contract_tests.support.script import Answer, Script
from klingkit import (
    AuthenticationError,
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
from klingkit._tasks import generate, get, wait, watch

UNKNOWN = refused(422, 200, "recordInfo is null")


def wait_for(script: Script, timeout: float = 900.0, emit: Callable[[Task], object] | None = None) -> Task:
    return script.run(wait(API, REF, timeout=timeout, polling=Fixed(5.0)), emit)


def test_returns_the_finished_task():
    seen: list[Task] = []
    task = wait_for(Script(record("waiting"), record("generating"), record("generating"), finished()), emit=seen.append)
    assert task.status == "succeeded"
    assert [video.url for video in task.videos] == ["http://media.test/cat.mp4"]
    assert [update.vendor_status for update in seen] == ["waiting", "generating", "success"]


def test_an_hour_of_waiting_ends_at_its_deadline():
    script = Script(*[record("waiting")] * 720)
    with pytest.raises(WaitTimeout, match="'waiting' after 3590 s") as caught:
        wait_for(script, 3590.0)
    assert script.clock == 3590.0
    assert caught.value.ref == REF
    assert caught.value.task is not None
    assert caught.value.task.vendor_status == "waiting"


TROUBLES: list[Answer] = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("gone"),
    httpx.Response(502, content=b"<html>"),
    httpx.Response(200, content=b""),
    httpx.Response(200, json=None),
    httpx.Response(200, json={"code": 200, "data": None}),
    refused(429, 429),
    refused(500),
    refused(455, 455),
    refused(777),
    record("a word nobody knows"),
    UNKNOWN,
    refused(404, 404),
]


def test_absorbs_every_passing_trouble():
    task = wait_for(Script(*TROUBLES[-2:], *TROUBLES[:-2] * 4, finished()))
    assert task.status == "succeeded"


def test_a_timeout_tells_the_last_trouble():
    with pytest.raises(WaitTimeout, match="state unknown") as caught:
        wait_for(Script(*[httpx.ReadTimeout("slow")] * 3), 15.0)
    assert "ReadTimeout" in str(caught.value.__cause__)
    assert isinstance(caught.value, TimeoutError)


def test_a_task_still_unknown_after_the_grace_does_not_exist():
    script = Script(*[UNKNOWN] * 20)
    with pytest.raises(NotFound) as caught:
        wait_for(script)
    assert 30.0 < script.clock <= 40.0
    assert caught.value.ref == REF


def test_a_wrong_key_ends_the_wait_and_names_the_task():
    with pytest.raises(AuthenticationError) as caught:
        wait_for(Script(record("waiting"), refused(401, 401)))
    assert caught.value.ref == REF


def test_a_failed_task_raises_its_reason():
    failed = record("fail", failCode="501", failMsg="内容违规")
    with pytest.raises(TaskFailed, match="内容违规") as caught:
        wait_for(Script(failed))
    assert (caught.value.code, caught.value.vendor_message, caught.value.ref) == ("501", "内容违规", REF)
    assert caught.value.task is not None
    assert caught.value.retryable is None


def test_a_failure_without_a_reason_says_so():
    with pytest.raises(TaskFailed, match="no reason given"):
        wait_for(Script(record("fail")))


def test_watching_yields_the_failed_task_and_ends():
    script = Script(record("waiting"), record("fail"))
    watching = watch(API, REF, timeout=60.0, polling=Fixed(5.0))
    assert [task.status for task in script.iterate(watching)] == ["queued", "failed"]


def test_watching_may_be_left_early():
    script = Script(record("waiting"))
    watching = script.iterate(watch(API, REF, timeout=60.0, polling=Fixed(5.0)))
    assert next(watching).status == "queued"
    watching.close()
    assert script.answers == []


def test_an_interruption_says_which_task_goes_on():
    interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        wait_for(Script(record("waiting"), interruption))
    assert interruption.__notes__ == [f"task {REF} goes on"]


def test_an_error_in_on_update_comes_through():
    def broken(task: Task) -> None:
        raise LookupError(task.status)

    with pytest.raises(LookupError, match="queued"):
        wait_for(Script(record("waiting")), emit=broken)


def test_no_query_outlasts_the_deadline():
    script = Script(record("waiting"), record("waiting"), record("waiting"))
    with pytest.raises(WaitTimeout):
        wait_for(script, 12.0)
    assert [effect.timeout for effect in script.effects if hasattr(effect, "timeout")] == [12.0, 7.0, 2.0]
    assert script.slept == [5.0, 5.0, 2.0]


@pytest.mark.parametrize("timeout", [0, -5, float("nan")])
def test_a_time_limit_leaves_time(timeout: float):
    with pytest.raises(InvalidRequest, match="timeout"):
        wait_for(Script(), timeout)


def test_the_vendors_advice_slows_down():
    script = Script(*[record("waiting")] * 40)
    with pytest.raises(WaitTimeout):
        script.run(wait(API, REF, timeout=200.0, polling=VendorAdvice()))
    assert len(script.slept) == 28
    assert script.slept[0] == 2.5
    assert script.slept[-2] == 20.0


def make(script: Script, unclaimed: list[TaskRef], timeout: float = 60.0) -> Task:
    flow = generate(API, CAT, timeout=timeout, polling=Fixed(5.0), submit_timeout=60.0, unclaimed=unclaimed)
    return script.run(flow)


def test_generating_submits_and_waits():
    unclaimed: list[TaskRef] = []
    script = Script(created(), record("waiting"), finished())
    assert make(script, unclaimed).ref == REF
    assert (script.paid, unclaimed) == (1, [])


def test_generating_pays_nothing_for_a_wait_that_cannot_be():
    script = Script()
    with pytest.raises(InvalidRequest, match="timeout"):
        make(script, [], timeout=0)
    assert script.paid == 0


def test_interrupted_while_waiting_the_paid_task_is_kept():
    unclaimed: list[TaskRef] = []
    with pytest.raises(KeyboardInterrupt):
        make(Script(created(), record("waiting"), KeyboardInterrupt()), unclaimed)
    assert unclaimed == [REF]


def test_failing_while_waiting_the_error_names_the_task():
    unclaimed: list[TaskRef] = []
    with pytest.raises(KlingkitError) as caught:
        make(Script(created(), refused(401)), unclaimed)
    assert (caught.value.ref, unclaimed) == (REF, [])


@pytest.mark.parametrize("ref", ["native:text2video:a", "kie@other:jobs:a", "kie:veo:a"])
def test_a_task_of_another_api_or_account_is_refused_before_sending(ref: str):
    script = Script()
    with pytest.raises(InvalidRequest, match="belongs elsewhere"):
        script.run(get(API, TaskRef.parse(ref), timeout=30.0))
    assert script.effects == []
