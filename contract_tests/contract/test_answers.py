"""What the contract says of answers and callbacks: open where the spec is, exact where it is not."""

from __future__ import annotations

import json

import httpx
import pytest

from contract_tests.contract.bodies import creation, query
from klingkit.contract import Contract


def told(api: str, answer: httpx.Response, request: httpx.Request | None = None) -> list[str]:
    return [str(violation) for violation in Contract(api).answer(request or query(api), answer)]  # type: ignore[arg-type]  # a name from the table


def record(**data) -> httpx.Response:
    return httpx.Response(200, json={"code": 200, "data": data})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (record(taskId="t", state="success", resultJson='{"resultUrls": ["https://m.test/a.mp4"]}'), []),
        (record(taskId="t", state="a new word", resultJson="", more={"any": 1}), []),
        (record(state=None, failCode=501), []),
        (record(state=5), ["data.state: is 5, must be a string or null"]),
        (record(failCode=[]), ["data.failCode: is [], must be an integer or a string or null"]),
        (record(resultJson='{"resultUrls": "x"}'), ['data.resultJson.resultUrls: is "x", must be a list or null']),
        (record(resultJson='{"resultUrls": [1]}'), ["data.resultJson.resultUrls.0: is 1, must be a string"]),
        (
            record(param="{"),
            ["data.param: is no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"],
        ),
        (record(resultJson='"\\ud83d"'), ["data.resultJson: has half a character: a surrogate without its other half"]),
        (httpx.Response(200, json={"code": 499, "msg": None, "data": None}), []),
        (
            httpx.Response(200, json={"code": "200", "data": 1}),
            ['code: is "200", must be an integer', "data: is 1, must be an object or null"],
        ),
        (httpx.Response(422, json={"code": 422, "data": []}), []),
        (httpx.Response(422, json={"msg": "no"}), ["code: is missing"]),
        (
            httpx.Response(200, html="<h1>Bad gateway</h1>"),
            ["headers.content-type: is text/html; charset=utf-8, must be application/json"],
        ),
        (
            httpx.Response(302, headers={"Location": "/"}),
            ["status: is 302; 200, 400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505 are declared"],
        ),
    ],
)
def test_answers_of_kie(answer, expected):
    assert told("kie", answer) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"task_id": "a", "task_status": "completed"}, []),
        ({"code": 1102, "message": "no", "data": None}, []),
        ({"code": 0, "data": {"task_id": 5}}, ["data.task_id: is 5, must be a string or null"]),
        ({"task_id": 5}, ["task_id: is 5, must be a string"]),
        (
            {"task_id": "a", "task_result": {"videos": [{"duration": []}]}},
            ["task_result.videos.0.duration: is [], must be a number or a string or null"],
        ),
        ([], ["body: is [], must be an object"]),
    ],
)
def test_answers_of_the_native_api_come_in_two_forms(body, expected):
    assert told("native", httpx.Response(200, json=body)) == expected
    assert told("native", httpx.Response(200, json=body), creation("native")) == expected


def test_what_is_no_operation_has_no_answer_to_judge():
    anything = httpx.Response(500, text="boom")
    assert told("kie", anything, httpx.Request("GET", "https://host.test/")) == []
    assert told("kie", anything, httpx.Request("PUT", "https://host.test/api/v1/jobs/createTask")) == []


@pytest.mark.parametrize(
    ("api", "body", "expected"),
    [
        ("kie", {"code": 200, "data": {"taskId": "t", "state": "success"}}, []),
        ("kie", {"data": {}}, ["code: is missing"]),
        ("kie", {"code": 200, "data": {"resultJson": "[]"}}, ["data.resultJson: is [], must be an object"]),
        ("native", {"task_id": "t", "task_status": "a new word"}, []),
        ("native", {"task_status": "failed"}, ["task_id: is missing"]),
        ("relay", {"task_id": None}, ["task_id: is null, must be a string"]),
    ],
)
def test_callbacks(api, body, expected):
    assert [str(one) for one in Contract(api).callback(json.dumps(body).encode())] == expected
