"""Tests that a vendor's texts cannot control a terminal, forge a line of a log or fill a disk."""

import json
import logging
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import ApiCase
from contract_tests.support.script import Script
from klingkit import DownloadError, Fixed, KlingkitError, TaskFailed, WaitTimeout
from klingkit._downloads import download
from klingkit._submit import submit
from klingkit._tasks import confirm, wait
from klingkit._text import MAX_QUOTE, printable

HOSTILE_TEXT = "\x1b[2J\r\nERROR forged\x00\x9b\u2028\u202egnp.4pm\u2066" + "\U0001f600" * 20_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a cat in the rain", "a cat in the rain"),
        ("积分不足\u3000请充值 é \U0001f600", "积分不足\u3000请充值 é \U0001f600"),
        ("one\ntwo\r\x1b[31m", r"one\ntwo\r\x1b[31m"),
        ("\x00\x7f\x85\x9b", r"\x00\x7f\x85\x9b"),
        ("\u2028\u2029\u202e\u2066\u200b\ufeff\ud800", r"\u2028\u2029\u202e\u2066\u200b\ufeff\ud800"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
        ("\n" * 299, r"\n" * 149 + "\\…"),
    ],
)
def test_a_text_is_shown_on_one_short_line(text: str, shown: str):
    assert printable(text) == shown
    assert printable(shown) == shown


def is_harmless(text: str, limit: int) -> bool:
    return text.isprintable() and len(text) <= limit


def hostile_responses(api_case: ApiCase) -> list[httpx.Response]:
    """Return responses with a hostile text wherever an API has a text."""
    texts: list[Any] = [
        {"code": 401, "msg": HOSTILE_TEXT, "message": HOSTILE_TEXT, "request_id": HOSTILE_TEXT},
        {"code": HOSTILE_TEXT, "error": {"message": HOSTILE_TEXT, "code": HOSTILE_TEXT}},
        {"code": 200, "data": {"taskId": [HOSTILE_TEXT], "task_id": [HOSTILE_TEXT], "state": "success"}},
        {
            "code": 0,
            "data": {"task_id": HOSTILE_TEXT, "taskId": HOSTILE_TEXT, "task_status": "succeed", "state": "success"},
        },
        HOSTILE_TEXT,
    ]
    return [httpx.Response(200, content=json.dumps(body).encode()) for body in texts]


def test_errors_and_logs_of_hostile_texts_are_short(api_case: ApiCase, caplog):
    caplog.set_level(logging.DEBUG, "klingkit")
    for response in hostile_responses(api_case):
        for flow in (
            submit(api_case.api, api_case.request, timeout=60.0, unclaimed=[]),
            wait(api_case.api, api_case.ref, timeout=20.0, polling=Fixed(5.0)),
        ):
            with pytest.raises(KlingkitError) as caught:
                Script(*[response] * 9).run(flow)
            error: BaseException | None = caught.value
            while error is not None:
                assert is_harmless(str(error), 2000), type(error)
                error = error.__cause__
            vendor_message = caught.value.vendor_message
            assert vendor_message is None or vendor_message == HOSTILE_TEXT[:10_000]
    assert caplog.records
    assert all(is_harmless(record.getMessage(), 3000) for record in caplog.records)


def test_a_hostile_status_is_shown_short(api_case: ApiCase, caplog):
    """The vendor chooses the name of a status; unknown ones do not end a wait."""
    caplog.set_level(logging.DEBUG, "klingkit")
    waiting = json.loads(api_case.waiting().content)
    text = json.dumps(waiting)
    for name in ("waiting", "submitted"):
        text = text.replace(f'"{name}"', json.dumps(HOSTILE_TEXT))
    script = Script(*[httpx.Response(200, content=text.encode())] * 9)
    with pytest.raises(WaitTimeout) as caught:
        script.run(wait(api_case.api, api_case.ref, timeout=20.0, polling=Fixed(5.0)))
    assert is_harmless(str(caught.value), 500)
    assert all(is_harmless(record.getMessage(), 3 * MAX_QUOTE) for record in caplog.records)
    assert caught.value.task is not None
    with pytest.raises(DownloadError) as refused:
        Script().run(download(api_case.api, caught.value.task, None, timeout=5.0))  # type: ignore[arg-type]  # the destination is not used
    assert is_harmless(str(refused.value), 500)


def test_a_failed_tasks_reason_is_shown_short_and_kept_whole(api_case: ApiCase):
    with pytest.raises(TaskFailed) as caught:
        Script(api_case.failed(HOSTILE_TEXT)).run(wait(api_case.api, api_case.ref, timeout=20.0, polling=Fixed(5.0)))
    assert is_harmless(str(caught.value), 600)
    assert (caught.value.vendor_message, caught.value.reason) == (HOSTILE_TEXT[:10_000], HOSTILE_TEXT)


def test_an_event_of_a_hostile_task_is_rejected_briefly(api_case: ApiCase):
    with pytest.raises(KlingkitError) as caught:
        Script(*hostile_responses(api_case)[:1]).run(confirm(api_case.api, f"no event {HOSTILE_TEXT}", timeout=5.0))  # type: ignore[arg-type]  # invalid on purpose
    assert is_harmless(str(caught.value), 2000)
