"""Tests of relays with response formats of their own."""

from typing import Any

import pytest

from contract_tests.emulator.dialects import FlatRelay, WrappedRelay
from contract_tests.emulator.kit import Kie, Native
from klingkit.emulator import AfterSeconds, Emulator, VirtualClock

NEW_YEAR = 1_764_547_200_000  # the start of the virtual clock, in milliseconds


@pytest.mark.parametrize("dialect", ["relay", "relay-flat"])
def test_other_apis_do_not_have_the_format_of_a_relay(dialect: Any) -> None:
    for api_class in (Kie, Native):
        api = api_class(Emulator(clock=VirtualClock(), dialect=dialect))
        assert api.states(api.create_task()) == ["succeeded"]
        assert api.message(api.query("x"), "task")


def test_a_wrapped_record_changes_with_queries_and_time() -> None:
    api = WrappedRelay.on_emulator(AfterSeconds(60))
    task_id = api.create_task()
    assert task_id.startswith("task_")
    assert [api.record(task_id)["status"] for _ in range(3)] == ["SUBMITTED", "QUEUED", "QUEUED"]
    assert api.record(task_id)["progress"] == "0%"
    api.emulator.clock.advance(30)
    assert (api.record(task_id)["progress"], api.record(task_id)["start_time"]) == ("50%", NEW_YEAR // 1000 + 30)
    api.emulator.clock.advance(30)
    record = api.record(task_id)
    inner = record.pop("data")
    assert record == {
        "task_id": task_id,
        "action": "textGenerate",
        "status": "SUCCESS",
        "fail_reason": "",
        "submit_time": NEW_YEAR // 1000,
        "start_time": NEW_YEAR // 1000 + 30,
        "finish_time": NEW_YEAR // 1000 + 60,
        "progress": "100%",
    }
    assert (inner["code"], inner["message"], inner["data"]["task_status"]) == (0, "SUCCEED", "succeed")
    assert inner["data"]["task_result"]["videos"][0]["duration"] == "5"


def test_a_wrapped_failure_has_a_reason() -> None:
    api = WrappedRelay.on_emulator(AfterSeconds(60))
    first, second = api.create_task(), api.create_task()
    api.emulator.fail_task(first, message="no cats")
    api.emulator.fail_task(second)
    record = api.record(first)
    assert (record["status"], record["fail_reason"], record["progress"]) == ("FAILURE", "no cats", "100%")
    assert record["data"]["data"]["task_status_msg"] == "no cats"
    assert api.record(second)["fail_reason"]


def test_a_flat_record_has_a_url_or_an_error() -> None:
    api = FlatRelay.on_emulator(AfterSeconds(60))
    first, second, third = api.create_task(), api.create_task(), api.create_task()
    waiting: dict[str, Any] = {"url": "", "format": "", "metadata": {}, "error": None}
    assert api.record(first) == {"task_id": first, "status": "queued", **waiting}
    api.emulator.finish_task(first)
    assert api.record(first) == {
        "task_id": first,
        "status": "completed",
        "url": f"http://emulator/media/{first}.mp4",
        "format": "mp4",
        "metadata": {"duration": 5, "model": FlatRelay.models[-1]},
        "error": None,
    }
    api.emulator.fail_task(second, code="1301", message="no cats")
    api.emulator.fail_task(third)
    assert api.record(second) | waiting == {"task_id": second, "status": "failed", **waiting}
    assert api.record(second)["error"] == {"code": "1301", "message": "no cats"}
    assert api.record(third)["error"]["message"]
