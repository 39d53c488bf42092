"""Tests that the list of an account's tasks is read page by page, that each task is yielded once, and where it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.script import Script
from klingkit import ConfigurationError, InvalidRequest, KlingkitError, MalformedResponse, NetworkError, RateLimited
from klingkit._flow import Send
from klingkit._listing import tasks
from klingkit.providers import _official

START = datetime(2026, 10, 1, tzinfo=UTC)

official_apis = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=str)


def record(hour: int | None, status: str = "succeed", task_id: str | None = None) -> dict[str, Any]:
    """Return a task that was created so many hours after `START`, and has its id from that."""
    created = {} if hour is None else {"created_at": round((START + timedelta(hours=hour)).timestamp() * 1000)}
    return {"task_id": task_id or f"t{hour}", "task_status": status, **created}


def page_response(*records: object) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "message": "SUCCEED", "data": list(records)})


def listed(script: Script, api_case: ApiCase = NATIVE, **options: Any) -> list[str]:
    """Return the ids that are yielded."""
    arguments = {"since": None, "until": None, "status": None, "timeout": 30.0} | options
    return [task.ref.id for task in script.iterate(tasks(api_case.api, **arguments))]


def requested_pages(script: Script) -> list[str]:
    return [effect.request.url.params["pageNum"] for effect in script.effects if isinstance(effect, Send)]


@official_apis
def test_pages_are_queried_until_one_is_empty(api_case: ApiCase):
    """A relay may have smaller pages than those that were requested."""
    script = Script(page_response(record(9), record(8)), page_response(record(7)), page_response())
    assert listed(script, api_case) == ["t9", "t8", "t7"]
    assert requested_pages(script) == ["1", "2", "3"]
    assert script.paid == 0


def test_a_task_that_a_new_one_moved_to_the_next_page_is_yielded_once():
    script = Script(page_response(record(9), record(8)), page_response(record(8), record(7)), page_response())
    assert listed(script) == ["t9", "t8", "t7"]


def test_a_service_that_gives_the_same_page_again_ends_the_list():
    script = Script(page_response(record(9), record(8)), page_response(record(9), record(8)))
    assert listed(script) == ["t9", "t8"]


def test_the_last_page_that_there_can_be_ends_the_list(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_official, "PAGES", 2)
    script = Script(page_response(record(9), record(8)), page_response(record(7), record(6)))
    assert listed(script) == ["t9", "t8", "t7", "t6"]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"since": START + timedelta(hours=2)}, ["t3", "t2", "none"]),
        ({"until": START + timedelta(hours=2)}, ["t2", "t1", "none"]),
        ({"since": START + timedelta(hours=2), "until": START + timedelta(hours=2)}, ["t2", "none"]),
        ({"status": "failed"}, ["t1"]),
        ({"status": "succeeded"}, ["t3", "t2", "none"]),
    ],
)
def test_tasks_are_selected_by_time_and_status(options: Any, ids: list[str]):
    """A task without a time may be of any."""
    pages = [record(3), record(2)], [record(1, "failed"), record(None, task_id="none")]
    assert listed(Script(*(page_response(*page) for page in pages), page_response()), **options) == ids


def test_pages_of_older_tasks_alone_are_not_queried():
    script = Script(page_response(record(9), record(4)), page_response(record(3), record(2)))
    assert listed(script, since=START + timedelta(hours=5)) == ["t9"]
    assert requested_pages(script) == ["1"]


@pytest.mark.parametrize("first", [(record(1), record(2)), (record(1), record(None, task_id="none"))])
def test_where_the_order_is_another_one_all_pages_are_queried(first: Any):
    script = Script(page_response(*first), page_response(record(9)), page_response())
    assert listed(script, since=START + timedelta(hours=5))[-1] == "t9"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.ReadTimeout("slow"), NetworkError),
        (httpx.Response(429, json={"code": 1302, "message": "slower"}), RateLimited),
        (httpx.Response(200, json={"code": 0, "data": {"task_id": "t1"}}), MalformedResponse),
        (page_response({"task_id": "t1"}), MalformedResponse),
        (page_response("t1"), MalformedResponse),
    ],
)
def test_an_error_of_a_page_ends_the_list(response: Any, error: type[KlingkitError]):
    with pytest.raises(error) as caught:
        listed(Script(response))
    assert (caught.value.api, caught.value.again) != ("native", "pay")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"since": datetime(2026, 10, 1)}, "since"),  # noqa: DTZ001 - without a time zone on purpose
        ({"until": "2026-10-01"}, "until"),
        ({"status": "done"}, "status"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_an_invalid_argument_is_refused_before_the_first_task_is_requested(options: Any, field: str):
    arguments = {"since": None, "until": None, "status": None, "timeout": 30.0} | options
    with pytest.raises(InvalidRequest, match=f"^{field}: "):
        tasks(NATIVE.api, **arguments)


def test_an_api_without_a_list_says_so_at_once():
    with pytest.raises(ConfigurationError, match="kie has no list of tasks"):
        tasks(KIE.api, since=None, until=None, status=None, timeout=30.0)
    with pytest.raises(ConfigurationError, match="kie has no list of tasks"):
        KIE.api.read_list(page_response(), None)
