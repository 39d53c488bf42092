"""Tests of the checks of a service: free checks never create a task, and each kind of mistake is reported."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest

from contract_tests.contract.servers import Request, Response, json_response, serve_dripping_response, serve_responses
from contract_tests.support.limits import max_length
from klingkit._base import APIS
from klingkit.contract import Report, check_service
from klingkit.contract import _responses as responses
from klingkit.contract import _service as service
from klingkit.contract._limits import limit_cases
from klingkit.emulator import Emulator

API_KEY = "key-of-nobody"
FREE_CHECKS = ["wrong key", "no key", "unknown task", "body that is not JSON", "invented model"]
REJECTION: dict[str, Any] = {"code": 422, "msg": "no", "data": None}


def outcomes(report: Report) -> dict[str, str]:
    return {check.name: check.outcome for check in report.checks}


def details(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.checks}


def reject_all(request: Request) -> Response:
    """Reject every request as a service should."""
    key = request.headers.get("Authorization")
    return json_response(401, {"code": 401}) if key != f"Bearer {API_KEY}" else json_response(400, {"code": 400})


@pytest.mark.parametrize("api", APIS)
def test_the_emulator_passes_and_creates_no_task(api):
    with Emulator(keys={API_KEY}).serve() as url:
        report = check_service(api, url, key=API_KEY)
    assert outcomes(report) == dict.fromkeys(FREE_CHECKS, "passed")
    assert (report.exit_code, report.accepted, report.tasks) == (0, 0, ())
    assert report.table().endswith("5 passed, 0 failed, 0 could not be run; nothing was accepted")


@pytest.mark.parametrize("api", APIS)
def test_the_emulator_of_the_official_hosts_passes(api):
    with Emulator(keys={API_KEY}, dialect="official").serve() as url:
        assert check_service(api, url, key=API_KEY).exit_code == 0


@pytest.mark.parametrize("dialect", ["relay", "relay-flat"])
def test_a_relay_with_text_codes_passes_with_a_remark(dialect):
    with Emulator(keys={API_KEY}, dialect=dialect).serve() as url:
        report = check_service("relay", url, key=API_KEY)
    assert outcomes(report) == dict.fromkeys(FREE_CHECKS, "passed")
    detail = details(report)["unknown task"]
    assert detail.startswith("HTTP 400, code task_not_exist")
    assert detail.endswith('; not in the spec, but known: code: is "task_not_exist", must be an integer')


def test_a_403_rejects_the_key_also_where_the_spec_does_not_declare_it():
    def reject(request: Request) -> Response:
        response = reject_all(request)
        return json_response(403, {"code": 403, "msg": "no access"}) if response.status == 401 else response

    with serve_responses(reject) as server:
        report, without_valid_key = (check_service("kie", server.url, key=key) for key in (API_KEY, "another"))
    assert outcomes(report) == dict.fromkeys(FREE_CHECKS, "passed")
    assert "403: no access; not in the spec, but known: status: is 403" in details(report)["wrong key"]
    assert details(without_valid_key)["unknown task"].endswith("the key is not valid here")
    assert [check.outcome for check in without_valid_key.checks] == [
        "passed",
        "passed",
        "unknown",
        "unknown",
        "unknown",
    ]


@pytest.mark.parametrize("body", [{}, {"error": "forbidden"}])
def test_an_undeclared_status_without_a_code_fails(body):
    with serve_responses(lambda _: json_response(403, body)) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert set(outcomes(report).values()) == {"failed"}


def test_a_relay_without_a_code_fails():
    with serve_responses(lambda _: json_response(400, {"message": "no"})) as server:
        report = check_service("relay", server.url, key=API_KEY)
    assert details(report)["unknown task"] == "HTTP 400: no; code: is missing"


@pytest.mark.parametrize("status", [403, 429, 503])
def test_the_response_of_a_gateway_proves_nothing(status):
    with serve_responses(lambda _: Response(status, b"error code: 1010", {"Content-Type": "text/plain"})) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert (set(outcomes(report).values()), report.exit_code) == ({"unknown"}, 2)
    expected = f"HTTP {status}: error code: 1010; not JSON: the response of a gateway, which proves nothing"
    assert details(report)["wrong key"] == expected
    doubt = "; whether a task was created is unknown" if status >= 500 else ""
    assert details(report)["invented model"] == f"{expected}{doubt}"


def test_a_server_error_may_have_created_a_task():
    with serve_responses(lambda _: json_response(500, {"code": 500})) as server:
        report = check_service("kie", server.url, key=API_KEY)
    outcome_is_unknown = {
        name: detail.endswith("whether a task was created is unknown") for name, detail in details(report).items()
    }
    assert outcome_is_unknown == {name: name in {"body that is not JSON", "invented model"} for name in FREE_CHECKS}


@pytest.mark.parametrize(
    ("body", "outcome", "detail"),
    [
        (b'{"code": 1e999}', "failed", "HTTP 422, code inf; code: is null, must be an integer"),
        (b'{"code": 422, "msg": "half \\ud800"}', "passed", r"HTTP 422, code 422: half \ud800"),
        (
            b'{"code": 422, "msg": "\\u001b[2Jred\\npassed   wrong key\\u202e"}',
            "passed",
            r"HTTP 422, code 422: \x1b[2Jred\npassed   wrong key\u202e",
        ),
    ],
    ids=["infinite", "surrogate", "escapes"],
)
def test_a_malformed_response_leaves_the_report_readable(body, outcome, detail):
    with serve_responses(lambda _: Response(422, body, {"Content-Type": "application/json"})) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert (outcomes(report)["unknown task"], details(report)["unknown task"]) == (outcome, detail)
    assert len(report.table().encode().splitlines()) == len(FREE_CHECKS) + 1
    assert json.loads(report.to_json().encode("ascii"))["checks"][2]["detail"] == detail


def failing_in_check(name: str, error: BaseException):
    """Return a replacement of `_result` that raises an error in one check."""
    result = service._result

    def result_or_error(contract, probe, request, response):
        if probe.name == name:
            raise error
        return result(contract, probe, request, response)

    return result_or_error


def test_an_error_in_one_check_leaves_the_others(monkeypatch):
    """The report has the tasks that were created before the error."""
    monkeypatch.setattr(service, "_result", failing_in_check("unknown task", ZeroDivisionError("odd")))
    with serve_responses(lambda _: json_response(200, {"code": 200, "data": {"taskId": "t-\x1b1"}})) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert outcomes(report)["unknown task"] == "unknown"
    assert details(report)["unknown task"] == "a response that could not be checked (ZeroDivisionError('odd'))"
    assert report.table().endswith(r"maybe billed: 2; tasks: t-\x1b1, t-\x1b1")


def test_an_interruption_reports_the_tasks_so_far(monkeypatch):
    monkeypatch.setattr(service, "_result", failing_in_check("invented model", KeyboardInterrupt()))
    with (
        serve_responses(lambda _: json_response(200, {"code": 200, "data": {"taskId": "t-1"}})) as server,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        check_service("kie", server.url, key=API_KEY)
    (note,) = caught.value.__notes__
    assert note.endswith("0 passed, 4 failed, 0 could not be run; accepted, and maybe billed: 1; tasks: t-1")


@pytest.mark.parametrize("api", APIS)
def test_the_emulator_rejects_every_excess_of_a_limit(api):
    with Emulator(keys={API_KEY}).serve() as url:
        report = check_service(api, url, key=API_KEY, spend=True)
    limits = len(list(limit_cases(api)))
    assert limits >= 8
    assert (len(report.checks), set(outcomes(report).values())) == (len(FREE_CHECKS) + limits, {"passed"})


@pytest.mark.parametrize("api", APIS)
def test_no_free_request_could_become_a_video(api):
    """This holds for the most lenient service: no creation has a prompt, an image or the name of a model."""
    with serve_responses(reject_all) as server:
        check_service(api, server.url, key=API_KEY)
    creations = [request.body for request in server.requests if request.method == "POST"]
    assert len(creations) == 2
    for body in creations:
        assert b"prompt" not in body
        assert b"image" not in body
        assert b"kling-v" not in body
        assert b"kling/" not in body


def test_requests_beyond_a_limit_have_no_callback_url():
    with serve_responses(reject_all) as server:
        check_service("kie", server.url, key=API_KEY, spend=True)
    bodies = [json.loads(request.body) for request in server.requests[len(FREE_CHECKS) :]]
    assert all(body.keys() <= {"model", "input"} for body in bodies)
    assert {len(body.get("input", {}).get("prompt", "")) for body in bodies} >= {
        max_length(model) + 1 for model in ("kling-2.6/text-to-video", "kling/v2-1-pro")
    }


def test_a_service_that_accepts_any_key():
    with serve_responses(lambda _: json_response(422, REJECTION)) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert outcomes(report) == {**dict.fromkeys(FREE_CHECKS, "passed"), "wrong key": "failed", "no key": "failed"}
    assert details(report)["wrong key"] == "HTTP 422, code 422: no; rejected, but not for its key"
    assert report.exit_code == 1


def test_a_service_that_creates_a_task_for_any_request():
    with serve_responses(
        lambda _: json_response(200, {"code": 200, "msg": "success", "data": {"taskId": "t-1"}})
    ) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert set(outcomes(report).values()) == {"failed"}
    assert (
        details(report)["invented model"]
        == "HTTP 200, code 200: success; the request was accepted; task t-1 may be billed"
    )
    assert details(report)["wrong key"] == "HTTP 200, code 200: success; the service accepts any key, or none"
    assert (report.accepted, report.tasks) == (2, ("t-1", "t-1"))
    assert report.table().endswith("accepted, and maybe billed: 2; tasks: t-1, t-1")
    assert json.loads(report.to_json())["tasks"] == ["t-1", "t-1"]


def test_a_service_that_accepts_without_a_task_id():
    with serve_responses(lambda _: json_response(200, {"code": 0, "message": "SUCCEED", "data": None})) as server:
        report = check_service("relay", server.url, key=API_KEY)
    assert "a task may have been created and billed" in details(report)["invented model"]
    assert report.table().endswith("accepted, and maybe billed: 2; tasks: ids unknown")


def test_a_service_that_is_more_lenient_than_its_document():
    def accept_long_prompts(request: Request) -> Response:
        if b"prompt" in request.body and len(json.loads(request.body).get("prompt", "")) > max_length("kling-v1"):
            return json_response(200, {"code": 0, "data": {"task_id": "t-9"}})
        return reject_all(request)

    with serve_responses(accept_long_prompts) as server:
        report = check_service("relay", server.url, key=API_KEY, spend=True)
    assert [check.name for check in report.checks if check.outcome == "failed"] == [
        f"kling-v1-6 prompt: {max_length('kling-v1') + 1} characters"
    ]
    assert report.tasks == ("t-9",)


def test_a_service_that_responds_with_html():
    with serve_responses(lambda _: Response(404, b"<h1>Not found</h1>", {"Content-Type": "text/html"})) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert set(outcomes(report).values()) == {"failed"}
    assert details(report)["unknown task"] == (
        "HTTP 404: <h1>Not found</h1>; headers.content-type: is text/html, must be application/json"
    )


@pytest.mark.parametrize("response", [json_response(404, {"code": 404}), json_response(200, {"code": 404})])
def test_a_service_without_the_path_proves_nothing_by_rejecting_a_creation(response):
    with serve_responses(lambda _: response) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert list(outcomes(report).values()) == ["failed", "failed", "passed", "unknown", "unknown"]
    assert details(report)["invented model"].endswith("there may be no such path here, which proves nothing")


@pytest.mark.parametrize("prefix", ["", "x" * 60])
def test_a_key_that_is_echoed_is_masked(prefix):
    """This holds also where a long text is cut within the key."""
    body = {"code": "a word", "msg": f"{prefix}bad key: {API_KEY}", "data": {"taskId": [f"{prefix[:45]}{API_KEY}"]}}
    with serve_responses(lambda _: json_response(422, body)) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert "<key>" in report.table()
    assert API_KEY[:8] not in report.table() + report.to_json()


def test_responses_are_checked_below_a_path_with_dots():
    with serve_responses(lambda _: json_response(422, {"code": "a word"})) as server:
        report = check_service("kie", f"{server.url}/a/../b/.", key=API_KEY)
    assert server.requests[0].path.startswith("/b/api/v1/")
    assert "code: is" in details(report)["unknown task"]


def test_a_redirect_is_not_followed():
    with serve_responses(lambda _: json_response(307, {}, Location="/elsewhere")) as server:
        report = check_service("native", server.url, key=API_KEY)
    assert len(server.requests) == len(FREE_CHECKS)
    assert details(report)["unknown task"].startswith("HTTP 307; a redirect, not followed; status: is 307")


@pytest.mark.parametrize(
    ("response", "outcome", "detail"),
    [
        (
            json_response(500, {"code": 500, "msg": "oh"}),
            "failed",
            "HTTP 500, code 500: oh; a server error is not a rejection",
        ),
        (json_response(200, {"code": 500}), "failed", "HTTP 200, code 500; a server error is not a rejection"),
        (json_response(429, {"code": 429}), "unknown", "HTTP 429, code 429; the service is busy: try again later"),
        (
            json_response(200, {"code": 402, "msg": "poor"}),
            "unknown",
            "HTTP 200, code 402: poor; the account cannot pay, which proves nothing",
        ),
        (json_response(401, {"code": 401}), "unknown", "HTTP 401, code 401; the key is not valid here"),
        (
            json_response(422, {"code": "a word"}),
            "failed",
            'HTTP 422, code a word; code: is "a word", must be an integer',
        ),
        (json_response(200, {"code": 422}), "passed", "HTTP 200, code 422"),
        (json_response(404, []), "failed", "HTTP 404: []; body: is [], must be an object"),
    ],
    ids=["500", "500 in 200", "429", "402 in 200", "401", "a word", "422 in 200", "a list"],
)
def test_what_a_response_proves(response, outcome, detail):
    with serve_responses(lambda _: response) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert (outcomes(report)["unknown task"], details(report)["unknown task"]) == (outcome, detail)


def test_success_may_be_a_text_code():
    with serve_responses(lambda _: json_response(200, {"code": "success", "data": {"task_id": 7}})) as server:
        report = check_service("relay", server.url, key=API_KEY)
    assert report.tasks == ("7", "7")


def test_checks_that_need_a_key_are_not_run_without_one():
    with Emulator(keys={API_KEY}).serve() as url:
        report = check_service("kie", url)
    assert [check.outcome for check in report.checks] == ["passed", "passed", "unknown", "unknown", "unknown"]
    assert details(report)["unknown task"] == "needs a valid key"
    assert report.exit_code == 2


def test_a_service_that_closes_the_connection():
    with serve_responses(lambda _: None) as server:
        report = check_service("kie", server.url, key=API_KEY)
    assert report.exit_code == 2
    assert details(report)["unknown task"].startswith("no response (RemoteProtocolError")
    assert details(report)["invented model"].endswith("whether a task was created is unknown")


def test_a_response_that_is_too_long_is_not_read_further():
    with serve_responses(lambda _: Response(404, b"x" * (responses.MAX_BYTES + 1))) as server:
        report = check_service("kie", server.url)
    assert "more than 1048576 bytes" in details(report)["wrong key"]


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["headers", "body"])
def test_the_timeout_bounds_a_dripping_response(beginning):
    started = time.monotonic()
    with serve_dripping_response(beginning) as url:
        report = check_service("kie", url, timeout=0.2)
    assert time.monotonic() - started < 5
    assert details(report)["wrong key"] == "no response (ReadTimeout within 0.2 s)"


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, True])
def test_an_invalid_timeout(timeout):
    with pytest.raises(ValueError, match=r"timeout: more than 0 and at most 10,000,000 seconds, not"):
        check_service("kie", "http://127.0.0.1:9", timeout=timeout)


def test_a_service_below_a_path():
    with serve_responses(reject_all) as server:
        report = check_service("relay", f"{server.url}/ai/", key=API_KEY)
    assert server.requests[-1].path == "/ai/kling/v1/videos/text2video"
    assert report.exit_code == 0


@pytest.mark.parametrize(
    "url",
    [
        *("kie.ai", "ftp://kie.ai", "http://", "http:///v1", "http://h/?a=1", "http://h?", "http://h/#a", "http://h#"),
        *("http://u:p@h", "http://u@h", "http://@h", "http://h:99999", "http://h:0", "http://h:port", "http://h:-1"),
        *(
            " http://h",
            "http://h ",
            "http://h h",
            "http://h/a b",
            "http://h\n",
            "http://h\\a",
            "http://[::1",
            "http://é",
        ),
    ],
    ids=repr,
)
def test_an_invalid_base_url(url):
    with pytest.raises(ValueError, match="base_url: an absolute http or https URL"):
        check_service("kie", url)


@pytest.mark.parametrize("key", ["", "a b", "schlüssel", "a\n"], ids=["empty", "blank", "not ascii", "line"])
def test_an_invalid_key(key):
    with pytest.raises(ValueError, match="key: printable ASCII characters without spaces") as caught:
        check_service("kie", "http://127.0.0.1:9", key=key)
    assert not key or key not in str(caught.value)
