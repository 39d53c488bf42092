"""Tests that tokens that are too old or too new are replaced once, in submissions, queries and searches."""

import time

import httpx
import pytest

from contract_tests.support.apis import NATIVE
from contract_tests.support.script import Script
from klingkit import AuthenticationError, SubmissionUncertain
from klingkit._flow import Send
from klingkit._query import get
from klingkit._submit import submit
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
