"""Tests that log events have a text, and fields with the task."""

import logging

import httpx
import pytest

from contract_tests.support.apis import ApiCase
from contract_tests.support.script import Script
from klingkit import Fixed, SubmissionUncertain, TaskRef
from klingkit._log import log_event
from klingkit._submit import submit
from klingkit._tasks import wait


def logged_fields(caplog) -> list[dict[str, object]]:
    return [record.klingkit for record in caplog.records if record.name == "klingkit"]


def test_submission_and_wait_are_logged_with_their_task(api_case: ApiCase, caplog):
    caplog.set_level(logging.DEBUG, "klingkit")
    script = Script(
        httpx.ConnectError("refused"),
        api_case.created(),
        api_case.waiting(),
        api_case.refused(429),
        api_case.finished(),
    )
    ref = script.run(submit(api_case.api, api_case.request, timeout=60.0, unclaimed=[]))
    script.run(wait(api_case.api, ref, timeout=60.0, polling=Fixed(5.0)))
    events = [(line["event"], line.get("ref")) for line in logged_fields(caplog) if line.get("ref")]
    assert events == [
        ("submitted", str(ref)),
        ("changed", str(ref)),
        ("query-failed", str(ref)),
        ("changed", str(ref)),
    ]
    (paid_again,) = [line for line in logged_fields(caplog) if line["event"] == "paying-again"]
    assert paid_again["error"] == {"kind": "NetworkError", "code": None, "again": "pay"}
    assert paid_again["seconds"] == 0.5


def test_an_uncertain_submission_is_logged(api_case: ApiCase, caplog):
    caplog.set_level(logging.INFO, "klingkit")
    with pytest.raises(SubmissionUncertain):
        Script(api_case.refused(500)).run(submit(api_case.api, api_case.request, timeout=60.0, unclaimed=[]))
    (line,) = logged_fields(caplog)
    assert line["event"] == "submitted"
    assert "ref" not in line
    assert line["error"]["kind"] == "SubmissionUncertain"  # type: ignore[index]  # a line is any JSON


def test_a_record_names_the_calling_line(caplog):
    log_event(logging.ERROR, "odd", "%d things", 2, ref=TaskRef("kie", "jobs", "t1"), count=2, none=None)
    (record,) = caplog.records
    assert (record.filename, record.getMessage()) == ("test_log.py", "2 things")
    assert record.klingkit == {"event": "odd", "ref": "kie:jobs:t1", "count": 2}
