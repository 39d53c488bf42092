"""Tests that a stale token is replaced once, in submissions, queries and searches, and that queries wait for turns."""

import asyncio
import time

import httpx
import pytest

from contract_tests.flows.test_limiter import shared
from contract_tests.support.apis import NATIVE
from contract_tests.support.kie import KIE_API, created_response, error_response, finished_response, task_response
from contract_tests.support.script import Script
from contract_tests.support.world import World
from klingkit import AuthenticationError, Pacing, RateLimited, SubmissionUncertain, WaitTimeout
from klingkit._flow import Send
from klingkit._limiter import Limits
from klingkit._polling import Fixed
from klingkit._query import get
from klingkit._submit import submit
from klingkit._tasks import wait
from klingkit.native import Native

SECRET = "s3cr3t-of-nobody-0123456789abcdef"
LOST_RESPONSE = httpx.ReadTimeout("slow")


def signing_adapter() -> Native:
    return Native(base_url="http://native.test", access_key="access", secret_key=SECRET)


def stale_token_response(code: int) -> httpx.Response:
    return httpx.Response(401, json={"code": code, "message": "token", "request_id": "r1"})


def queries(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Send) and not effect.paid]


@pytest.mark.parametrize("code", [1003, 1004])
def test_a_stale_token_is_replaced_and_the_paid_request_resent(code: int):
    script = Script(stale_token_response(code), NATIVE.created())
    assert script.run(submit(signing_adapter(), NATIVE.request, timeout=60.0, unclaimed=[])) == NATIVE.ref
    assert script.paid == 2
    assert script.slept == [0.0]


@pytest.mark.parametrize("code", [1000, 1001, 1002])
def test_an_invalid_token_is_not_replaced(code: int):
    script = Script(stale_token_response(code))
    with pytest.raises(AuthenticationError):
        script.run(submit(signing_adapter(), NATIVE.request, timeout=60.0, unclaimed=[]))
    assert script.paid == 1


def test_a_token_is_replaced_once():
    script = Script(stale_token_response(1004), stale_token_response(1004))
    with pytest.raises(AuthenticationError) as caught:
        script.run(submit(signing_adapter(), NATIVE.request, timeout=60.0, unclaimed=[]))
    assert script.paid == 2
    assert caught.value.code == 1004


def test_a_fixed_key_is_not_sent_again():
    script = Script(stale_token_response(1004))
    with pytest.raises(AuthenticationError):
        script.run(submit(NATIVE.api, NATIVE.request, timeout=60.0, unclaimed=[]))
    assert script.paid == 1


def test_a_query_replaces_a_stale_token():
    script = Script(stale_token_response(1003), NATIVE.finished())
    assert script.run(get(signing_adapter(), NATIVE.ref, timeout=30.0)).status == "succeeded"
    script = Script(stale_token_response(1003), stale_token_response(1003))
    with pytest.raises(AuthenticationError):
        script.run(get(signing_adapter(), NATIVE.ref, timeout=30.0))


def test_the_query_with_another_token_has_the_time_that_is_left():
    def respond_late(effect: Send) -> httpx.Response:
        script.clock += 20.0
        return stale_token_response(1003)

    script = Script(respond_late, NATIVE.finished())
    assert script.run(get(signing_adapter(), NATIVE.ref, timeout=30.0)).status == "succeeded"
    assert [effect.timeout for effect in script.effects if isinstance(effect, Send)] == [30.0, 10.0]


def test_a_query_out_of_time_is_not_sent_again():
    def respond_too_late(effect: Send) -> httpx.Response:
        script.clock += 30.0
        return stale_token_response(1003)

    script = Script(respond_too_late)
    with pytest.raises(AuthenticationError):
        script.run(get(signing_adapter(), NATIVE.ref, timeout=30.0))


@pytest.mark.parametrize("code", [1003, 1004])
def test_a_search_replaces_a_stale_token(code: int):
    record = {**NATIVE.waiting().json(), "task_info": {"external_task_id": "order/7"}, "created_at": time.time()}
    script = Script(LOST_RESPONSE, stale_token_response(code), httpx.Response(200, json=record))
    flow = submit(signing_adapter(), NATIVE.request, timeout=60.0, unclaimed=[], external_task_id="order/7")
    assert script.run(flow) == NATIVE.ref
    assert (script.paid, script.slept) == (1, [1.0])


def test_each_search_replaces_its_token_once():
    script = Script(LOST_RESPONSE, *[stale_token_response(1004)] * 8)
    with pytest.raises(SubmissionUncertain) as caught:
        script.run(submit(signing_adapter(), NATIVE.request, timeout=60.0, unclaimed=[], external_task_id="order/7"))
    assert (len(queries(script)), caught.value.external_task_id) == (8, "order/7")


def test_a_search_out_of_time_replaces_no_token():
    """A further query would exceed the time limit."""

    def respond_late(effect: Send) -> httpx.Response:
        script.clock += effect.timeout
        return stale_token_response(1004)

    script = Script(LOST_RESPONSE, respond_late, respond_late, respond_late, respond_late, respond_late)
    with pytest.raises(SubmissionUncertain):
        script.run(submit(signing_adapter(), NATIVE.request, timeout=0.5, unclaimed=[], external_task_id="order/7"))
    assert script.clock <= 0.5


def test_a_search_with_a_fixed_key_has_no_other_token():
    script = Script(LOST_RESPONSE, *[stale_token_response(1004)] * 4)
    with pytest.raises(SubmissionUncertain):
        script.run(submit(NATIVE.api, NATIVE.request, timeout=60.0, unclaimed=[], external_task_id="order/7"))
    assert len(queries(script)) == 4


# Turns of queries

REF = KIE_API.read_submission(created_response())


def test_queries_are_sent_at_their_rate_and_in_their_order():
    seen: list[float] = []

    def respond(time: float, _: httpx.Request) -> httpx.Response:
        seen.append(time)
        return task_response("waiting")

    world = World(respond, lambda: 0.0)
    limits = Limits.of(Pacing(queries_per_second=10), world.clock)
    runs = [world.start(get(KIE_API, REF, timeout=30.0, limits=shared(limits))) for _ in range(100)]
    world.run()
    assert [run.error for run in runs] == [None] * 100
    assert max(sum(start <= it < start + 1 for it in seen) for start in seen) == 10
    assert seen[-1] == pytest.approx(1009.0)
    assert sorted(run.ended or 0.0 for run in runs) == [run.ended for run in runs]


def test_a_retry_after_of_one_query_is_kept_by_all():
    responses = [error_response(429, 429, **{"Retry-After": "20"}), *[task_response("waiting")] * 3]
    seen: list[float] = []

    def respond(time: float, _: httpx.Request) -> httpx.Response:
        seen.append(time)
        return responses.pop(0)

    world = World(respond, lambda: 0.5)
    limits = Limits.of(Pacing(), world.clock)
    first = world.start(get(KIE_API, REF, timeout=30.0, limits=shared(limits)))
    others = [world.start(get(KIE_API, REF, timeout=60.0, limits=shared(limits)), 5.0 + number) for number in range(3)]
    hasty = world.start(get(KIE_API, REF, timeout=5.0, limits=shared(limits)), 6.0)
    world.run()
    assert isinstance(first.error, RateLimited)
    assert [type(run.error) for run in others] == [type(None)] * 3
    assert min(seen[1:]) >= 1021.0
    assert isinstance(hasty.error, RateLimited)
    assert str(hasty.error).startswith(
        "nothing was sent: no turn in 0.0 s; the pause after a refusal lasts 15.0 s more"
    )
    assert (hasty.error.again, hasty.error.ref, hasty.error.api) == ("ask", REF, "kie")
    assert hasty.error.retry_after == pytest.approx(15.0)
    assert hasty.ended == 1006.0


def test_a_query_that_waited_for_its_turn_has_its_own_time_left():
    script = Script(task_response("waiting"), task_response("waiting"))
    limits = Limits.of(Pacing(queries_per_second=0.1), lambda: script.clock)
    script.run(get(KIE_API, REF, timeout=8.0, queue_time=20.0, limits=shared(limits)))
    script.run(get(KIE_API, REF, timeout=8.0, queue_time=6.0, limits=shared(limits)))
    sends = [effect for effect in script.effects if hasattr(effect, "queue_time")]
    assert [(it.timeout, it.queue_time) for it in sends] == [(8.0, 20.0), (4.0, 0.0)]  # type: ignore[union-attr]  # all are Sends


def test_a_cancelled_query_leaves_its_turn_to_the_next():
    world = World(lambda *_: task_response("waiting"), lambda: 0.0)
    limits = Limits.of(Pacing(queries_per_second=1), world.clock)
    runs = [world.start(get(KIE_API, REF, timeout=30.0, limits=shared(limits))) for _ in range(4)]
    world.run(1000.5)
    for run in runs[1:3]:
        world.interrupt(run, asyncio.CancelledError())
    world.run()
    assert runs[3].ended == pytest.approx(1001.0, abs=0.01)


def test_a_wait_outlasts_a_pause_of_all_queries():
    script = Script(task_response("waiting"), finished_response())
    limits = Limits.of(Pacing(), lambda: script.clock)
    limits.queries.window.close(0.0, 100.0)
    with pytest.raises(WaitTimeout, match="the last query failed: nothing was sent: no turn in"):
        script.run(wait(KIE_API, REF, timeout=50.0, polling=Fixed(20.0), limits=shared(limits)))
    assert (
        script.run(wait(KIE_API, REF, timeout=80.0, polling=Fixed(20.0), limits=shared(limits))).status == "succeeded"
    )
    assert script.clock == 80.0
