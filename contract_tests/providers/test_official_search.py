"""Tests which responses are accepted in a search for a task by its external id."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from klingkit import InvalidRequest, MalformedResponse
from klingkit.providers import _common

EACH_API = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])

NOON = "Wed, 21 Oct 2026 12:00:00 GMT"
AT_NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)


def found_task(api_case: ApiCase, task_id: str, *, age: float | None = 5.0, **fields: Any) -> httpx.Response:
    """Return a response, dated noon, with a task that is `age` seconds old."""
    response = api_case.created(task_id).json()
    created = None if age is None else int((AT_NOON.timestamp() - age) * 1000)
    (response.get("data") or response).update({"created_at": created, **fields})
    return httpx.Response(200, json=response, headers={"Date": NOON})


def external_id_field(name: str) -> dict[str, Any]:
    return {"task_info": {"external_task_id": name}}


ID_PLACES: dict[str, dict[str, Any]] = {
    "in the task's information": external_id_field("order/7"),
    "in the task": {"external_task_id": "order/7"},
    "within what a relay wraps": {"data": external_id_field("order/7")},
    "beside a relay's own": {**external_id_field("of-the-relay"), "data": {"data": external_id_field("order/7")}},
}


@EACH_API
@pytest.mark.parametrize("place", ID_PLACES)
@pytest.mark.parametrize("task_id", ["t1", "order/7"])
def test_a_task_that_repeats_the_external_id_is_accepted(api_case: ApiCase, place: str, task_id: str):
    ref = api_case.api.read_search(found_task(api_case, task_id, **ID_PLACES[place]), "order/7", within=60.0)
    assert (ref.api, ref.id) == (api_case.name, task_id)


@EACH_API
@pytest.mark.parametrize("fields", [{}, {"task_info": {}}, {"external_task_id": ""}, {"task_info": None}], ids=str)
@pytest.mark.parametrize("task_id", ["t1", "order/7"])
def test_a_task_without_the_external_id_is_refused(api_case: ApiCase, fields: dict[str, Any], task_id: str):
    with pytest.raises(MalformedResponse, match=r"'order/7': the response names no such id"):
        api_case.api.read_search(found_task(api_case, task_id, **fields), "order/7", within=60.0)


@EACH_API
def test_a_task_of_another_external_id_is_refused(api_case: ApiCase):
    with pytest.raises(MalformedResponse, match="'order/7': the response names 'order/8'"):
        api_case.api.read_search(found_task(api_case, "t1", **external_id_field("order/8")), "order/7", within=60.0)


@EACH_API
@pytest.mark.parametrize(
    ("age", "within", "accepted"),
    [(0, 0, True), (299, 0, True), (301, 0, False), (3899, 3600, True), (3901, 3600, False), (-900, 0, True)],
)
@pytest.mark.parametrize("date", ["Date", "no date"])
def test_a_task_older_than_the_payment_is_refused(
    api_case: ApiCase, age: float, within: float, accepted: bool, date: str, monkeypatch
):
    """A difference of some minutes between the clocks is allowed."""
    response = found_task(api_case, "t1", age=age, **external_id_field("order/7"))
    if date != "Date":
        del response.headers["Date"]
        monkeypatch.setattr(_common, "clock", lambda: AT_NOON)
    if accepted:
        assert api_case.api.read_search(response, "order/7", within=within).id == "t1"
    else:
        with pytest.raises(MalformedResponse, match=r"'order/7': the response names task 't1', created at 2026-10-21"):
            api_case.api.read_search(response, "order/7", within=within)


@EACH_API
def test_a_task_without_a_creation_time_is_refused(api_case: ApiCase):
    with pytest.raises(MalformedResponse, match="does not say when task 't1' was created"):
        api_case.api.read_search(
            found_task(api_case, "t1", age=None, **external_id_field("order/7")), "order/7", within=60.0
        )


@EACH_API
def test_a_response_without_a_date_uses_our_clock(api_case: ApiCase, monkeypatch):
    """The test uses the real clock."""
    monkeypatch.undo()
    now_in_ms = int(datetime.now(UTC).timestamp() * 1000)
    response = found_task(api_case, "t1", **external_id_field("order/7"), created_at=now_in_ms)
    del response.headers["Date"]
    assert api_case.api.read_search(response, "order/7", within=0.0).id == "t1"


@EACH_API
def test_the_external_id_of_a_request_is_read(api_case: ApiCase):
    def external_id(**options: Any) -> str | None:
        found_id: str | None = api_case.api.external_id_of(api_case.api.submit(api_case.request, **options))
        return found_id

    assert external_id() is None
    assert external_id(extra={"external_task_id": None}) is None
    assert external_id(external_task_id="order/7") == external_id(extra={"external_task_id": "order/7"}) == "order/7"
    with pytest.raises(InvalidRequest, match="external_task_id"):
        external_id(extra={"external_task_id": 7})


def test_kie_requests_have_no_external_id():
    call = KIE.api.submit(KIE.request, extra={"external_task_id": "order/7"})
    assert json.loads(call.content)["external_task_id"] == "order/7"
    assert KIE.api.external_id_of(call) is None
