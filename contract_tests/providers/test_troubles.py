"""What the adapters read from an answer beside its body, and what an answer about an id of ours proves."""

import json
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import ALL, KIE, NATIVE, RELAY, Speech
from klingkit import InvalidRequest, KlingkitError, MalformedResponse

EACH = pytest.mark.parametrize("speech", ALL, ids=lambda speech: speech.name)
KNOWN = pytest.mark.parametrize("speech", [NATIVE, RELAY], ids=["native", "relay"])

NOON = "Wed, 21 Oct 2026 12:00:00 GMT"


def asked_to_wait(speech: Speech, headers: dict[str, str], content: bytes = b"<html>") -> float | None:
    with pytest.raises(KlingkitError) as caught:
        speech.api.read(speech.ref, httpx.Response(503, content=content, headers=headers))
    return caught.value.retry_after


@EACH
@pytest.mark.parametrize(
    ("stated", "date", "seconds"),
    [
        ("7", "", 7.0),
        ("Wed, 21 Oct 2026 12:00:30 GMT", NOON, 30.0),
        ("Wed, 21 Oct 2026 14:00:30 +0200", NOON, 30.0),
        ("Wed, 21 Oct 2026 11:59:00 GMT", NOON, 0.0),
        ("Wed, 21 Oct 2026 12:00:30 GMT", "", None),
        ("Wed, 21 Oct 2026 12:00:30 GMT", "noon", None),
        ("Wed, 21 Oct 2026 12:00:30", NOON, None),
        ("soon", NOON, None),
        ("Wed, 99 Oct 2026 12:00:30 GMT", NOON, None),
        ("Wed, 21 Oct 99999999999 12:00:30 GMT", NOON, None),
        ("nan", NOON, None),
    ],
)
def test_a_time_to_wait_may_be_a_moment_and_counts_from_the_answers_own_date(
    speech: Speech, stated: str, date: str, seconds: float | None
):
    headers = {"Retry-After": stated, **({"Date": date} if date else {})}
    assert asked_to_wait(speech, headers) == seconds
    assert asked_to_wait(speech, headers, b'{"code": 500}') == seconds


@EACH
@pytest.mark.parametrize("body", [b"<html>", b'{"code": 500, "message": "odd"}'])
def test_the_name_of_an_exchange_may_stand_in_a_header(speech: Speech, body: bytes):
    with pytest.raises(KlingkitError) as caught:
        speech.api.read(speech.ref, httpx.Response(500, content=body, headers={"X-Request-Id": "r-8"}))
    assert caught.value.request_id == "r-8"


@EACH
def test_the_name_in_the_body_goes_first(speech: Speech):
    answer = httpx.Response(500, json={"code": 500, "request_id": "r-9"}, headers={"X-Request-Id": "r-8"})
    with pytest.raises(KlingkitError) as caught:
        speech.api.read(speech.ref, answer)
    assert caught.value.request_id == "r-9"


@KNOWN
def test_the_task_of_our_id_has_an_id_of_its_own_or_says_ours(speech: Speech):
    def found(answer: httpx.Response) -> str:
        return str(speech.api.found(answer, "order/7").id)

    def confirmed(task_id: str, name: str) -> httpx.Response:
        answer = speech.created(task_id).json()
        (answer.get("data") or answer)["task_info"] = {"external_task_id": name}
        return httpx.Response(200, json=answer)

    assert found(speech.created("t1")) == "t1"
    assert found(confirmed("order/7", "order/7")) == "order/7"
    for answer in (speech.created("order/7"), confirmed("t1", "order/8")):
        with pytest.raises(MalformedResponse, match="order/7"):
            found(answer)


@KNOWN
def test_a_request_says_which_id_it_carries(speech: Speech):
    def carried(**options: Any) -> str | None:
        name: str | None = speech.api.external_id_of(speech.api.submit(speech.request, **options))
        return name

    assert carried() is None
    assert carried(extra={"external_task_id": None}) is None
    assert carried(external_task_id="order/7") == carried(extra={"external_task_id": "order/7"}) == "order/7"
    with pytest.raises(InvalidRequest, match="external_task_id"):
        carried(extra={"external_task_id": 7})


def test_an_api_without_such_ids_carries_none():
    call = KIE.api.submit(KIE.request, extra={"external_task_id": "order/7"})
    assert json.loads(call.content)["external_task_id"] == "order/7"
    assert KIE.api.external_id_of(call) is None
