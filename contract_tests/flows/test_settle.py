"""What mends a submission without paying twice: a fresh token, or a look for the task by an id of our own."""

import httpx
import pytest

from contract_tests.support.apis import NATIVE, RELAY, Speech
from contract_tests.support.kie import KEY
from contract_tests.support.script import Answer, Script
from klingkit import AuthenticationError, NetworkError, SubmissionUncertain, TaskRef
from klingkit._flow import Send
from klingkit._tasks import get, submit
from klingkit.native import Native

SECRET = "s3cr3t-of-nobody-0123456789abcdef"
LOST = httpx.ReadTimeout("slow")

known = pytest.mark.parametrize("speech", [NATIVE, RELAY], ids=lambda speech: speech.name)


def signed() -> Native:
    return Native(base_url="http://native.test", access_key="access", secret_key=SECRET)


def stale(code: int) -> httpx.Response:
    return httpx.Response(401, json={"code": code, "message": "token", "request_id": "r1"})


def asked(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Send) and not effect.paid]


@pytest.mark.parametrize("code", [1003, 1004])
def test_a_token_of_the_wrong_age_is_replaced_and_the_request_paid_for_once_more(code: int):
    script = Script(stale(code), NATIVE.created())
    assert script.run(submit(signed(), NATIVE.request, timeout=60.0, unclaimed=[])) == NATIVE.ref
    assert script.paid == 2
    assert script.slept == [0.0]


@pytest.mark.parametrize("code", [1000, 1001, 1002])
def test_a_token_that_is_wrong_is_not_replaced(code: int):
    script = Script(stale(code))
    with pytest.raises(AuthenticationError):
        script.run(submit(signed(), NATIVE.request, timeout=60.0, unclaimed=[]))
    assert script.paid == 1


def test_a_token_is_replaced_once():
    script = Script(stale(1004), stale(1004))
    with pytest.raises(AuthenticationError) as caught:
        script.run(submit(signed(), NATIVE.request, timeout=60.0, unclaimed=[]))
    assert script.paid == 2
    assert caught.value.code == 1004


def test_a_plain_key_is_not_sent_again():
    script = Script(stale(1004))
    with pytest.raises(AuthenticationError):
        script.run(submit(NATIVE.api, NATIVE.request, timeout=60.0, unclaimed=[]))
    assert script.paid == 1


def test_asking_replaces_a_token_too():
    script = Script(stale(1003), NATIVE.finished())
    assert script.run(get(signed(), NATIVE.ref, timeout=30.0)).status == "succeeded"
    script = Script(stale(1003), stale(1003))
    with pytest.raises(AuthenticationError):
        script.run(get(signed(), NATIVE.ref, timeout=30.0))


def named(speech: Speech, name: str) -> httpx.Response:
    """A task that carries the id its owner gave it."""
    answer = speech.waiting().json()
    (answer.get("data") or answer)["task_info"] = {"external_task_id": name}
    return httpx.Response(200, json=answer)


def pay(speech: Speech, script: Script, name: str | None = "order/7") -> TaskRef:
    flow = submit(speech.api, speech.request, timeout=60.0, unclaimed=[], external_task_id=name)
    return script.run(flow)


@known
def test_a_lost_answer_is_made_good_by_asking_for_our_own_id(speech: Speech):
    script = Script(LOST, named(speech, "order/7"))
    assert pay(speech, script) == speech.ref
    assert script.paid == 1
    assert [request.url.raw_path.decode().rpartition("/")[2] for request in asked(script)] == ["order%2F7"]


@known
def test_a_task_may_take_a_moment_to_be_found(speech: Speech):
    trouble: list[Answer] = [speech.refused(404), httpx.ConnectError("refused"), speech.refused(500)]
    script = Script(speech.refused(500), *trouble, named(speech, "order/7"))
    assert pay(speech, script) == speech.ref
    assert script.slept == [1.0, 2.0, 4.0, 8.0]


@known
def test_not_to_be_found_proves_nothing_and_is_never_paid_for_again(speech: Speech):
    script = Script(LOST, *[speech.refused(404)] * 4)
    with pytest.raises(SubmissionUncertain) as caught:
        pay(speech, script)
    assert script.paid == 1
    assert caught.value.request is speech.request


@known
def test_the_task_of_another_name_is_not_ours(speech: Speech):
    with pytest.raises(SubmissionUncertain):
        pay(speech, Script(LOST, *[named(speech, "order/8")] * 4))


@known
def test_without_an_id_of_ours_nobody_can_look(speech: Speech):
    script = Script(LOST)
    with pytest.raises(SubmissionUncertain):
        pay(speech, script, None)
    assert asked(script) == []


@known
def test_what_was_never_sent_is_not_looked_for(speech: Speech):
    script = Script(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(NetworkError):
        pay(speech, script)
    assert asked(script) == []


@known
def test_every_task_gets_an_id_of_its_own_where_that_is_wanted(speech: Speech):
    api = speech.make(KEY, "http://x.test", external_ids=True)
    sent = []
    for _ in range(2):
        script = Script(LOST, speech.waiting())
        assert script.run(submit(api, speech.request, timeout=60.0, unclaimed=[])) == speech.ref
        sent.append(asked(script)[0].url.path.rpartition("/")[2])
    assert len(set(sent)) == 2
    assert all(len(name) == 32 for name in sent)
