"""What the adapters read from an answer beside its body, and what an answer about an id of ours proves."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from klingkit import InvalidRequest, MalformedResponse
from klingkit.providers import _common

KNOWN = pytest.mark.parametrize("case", [NATIVE, RELAY], ids=["native", "relay"])

NOON = "Wed, 21 Oct 2026 12:00:00 GMT"
AT_NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)


def told(case: ApiCase, task_id: str, *, age: float | None = 5.0, **fields: Any) -> httpx.Response:
    """A task so many seconds old at noon, as an answer of noon tells of it."""
    answer = case.created(task_id).json()
    created = None if age is None else int((AT_NOON.timestamp() - age) * 1000)
    (answer.get("data") or answer).update({"created_at": created, **fields})
    return httpx.Response(200, json=answer, headers={"Date": NOON})


def named(name: str) -> dict[str, Any]:
    return {"task_info": {"external_task_id": name}}


REPEATED: dict[str, dict[str, Any]] = {
    "in the task's information": named("order/7"),
    "in the task": {"external_task_id": "order/7"},
    "within what a relay wraps": {"data": named("order/7")},
    "beside a relay's own": {**named("of-the-relay"), "data": {"data": named("order/7")}},
}


@KNOWN
@pytest.mark.parametrize("where", REPEATED)
@pytest.mark.parametrize("task_id", ["t1", "order/7"])
def test_the_task_of_our_id_is_the_one_that_repeats_it(case: ApiCase, where: str, task_id: str):
    ref = case.api.read_search(told(case, task_id, **REPEATED[where]), "order/7", within=60.0)
    assert (ref.api, ref.id) == (case.name, task_id)


@KNOWN
@pytest.mark.parametrize("fields", [{}, {"task_info": {}}, {"external_task_id": ""}, {"task_info": None}], ids=str)
@pytest.mark.parametrize("task_id", ["t1", "order/7"])
def test_a_task_that_does_not_repeat_our_id_may_be_anybodys(case: ApiCase, fields: dict[str, Any], task_id: str):
    with pytest.raises(MalformedResponse, match=r"'order/7': the response names no such id"):
        case.api.read_search(told(case, task_id, **fields), "order/7", within=60.0)


@KNOWN
def test_a_task_of_another_id_is_not_ours(case: ApiCase):
    with pytest.raises(MalformedResponse, match="'order/7': the response names 'order/8'"):
        case.api.read_search(told(case, "t1", **named("order/8")), "order/7", within=60.0)


@KNOWN
@pytest.mark.parametrize(
    ("age", "within", "ours"),
    [(0, 0, True), (299, 0, True), (301, 0, False), (3899, 3600, True), (3901, 3600, False), (-900, 0, True)],
)
@pytest.mark.parametrize("date", ["Date", "no date"])
def test_a_task_older_than_the_payment_had_our_id_before(
    case: ApiCase, age: float, within: float, ours: bool, date: str, monkeypatch
):
    """Some minutes are left to clocks that differ."""
    answer = told(case, "t1", age=age, **named("order/7"))
    if date != "Date":
        del answer.headers["Date"]
        monkeypatch.setattr(_common, "clock", lambda: AT_NOON)
    if ours:
        assert case.api.read_search(answer, "order/7", within=within).id == "t1"
    else:
        with pytest.raises(MalformedResponse, match=r"'order/7': the response names task 't1', created at 2026-10-21"):
            case.api.read_search(answer, "order/7", within=within)


@KNOWN
def test_a_task_of_unknown_age_may_be_an_old_one(case: ApiCase):
    with pytest.raises(MalformedResponse, match="does not say when task 't1' was created"):
        case.api.read_search(told(case, "t1", age=None, **named("order/7")), "order/7", within=60.0)


@KNOWN
def test_our_own_clock_is_looked_at(case: ApiCase, monkeypatch):
    """What the fixture replaces is the time."""
    monkeypatch.undo()
    fresh = int(datetime.now(UTC).timestamp() * 1000)
    answer = told(case, "t1", **named("order/7"), created_at=fresh)
    del answer.headers["Date"]
    assert case.api.read_search(answer, "order/7", within=0.0).id == "t1"


@KNOWN
def test_a_request_says_which_id_it_carries(case: ApiCase):
    def carried(**options: Any) -> str | None:
        name: str | None = case.api.external_id_of(case.api.submit(case.request, **options))
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
