"""Checks of a service: those that are free are free anywhere, and each kind of mistake is named."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest

from contract_tests.contract.servers import Answered, Asked, as_json, dripping, serving
from klingkit.contract import Check, Report, check_service
from klingkit.contract import _responses as responses
from klingkit.contract import _service as service
from klingkit.emulator import Emulator

APIS = ["kie", "native", "relay"]
KEY = "key-of-nobody"
FREE = ["wrong key", "no key", "unknown task", "body that is no JSON", "invented model"]
REFUSED: dict[str, Any] = {"code": 422, "msg": "no", "data": None}


def outcomes(report: Report) -> dict[str, str]:
    return {check.name: check.outcome for check in report.checks}


def details(report: Report) -> dict[str, str]:
    return {check.name: check.detail for check in report.checks}


def proper(request: Asked) -> Answered:
    """Refuses as it should."""
    key = request.headers.get("Authorization")
    return as_json(401, {"code": 401}) if key != f"Bearer {KEY}" else as_json(400, {"code": 400})


@pytest.mark.parametrize("api", APIS)
def test_the_emulator_passes_and_makes_no_task(api):
    with Emulator(keys={KEY}).serve() as url:
        report = check_service(api, url, key=KEY)
    assert outcomes(report) == dict.fromkeys(FREE, "passed")
    assert (report.exit_code, report.accepted, report.tasks) == (0, 0, ())
    assert report.table().endswith("5 passed, 0 failed, 0 could not be run; nothing was accepted")


@pytest.mark.parametrize("api", APIS)
def test_so_it_does_as_the_official_hosts(api):
    with Emulator(keys={KEY}, dialect="official").serve() as url:
        assert check_service(api, url, key=KEY).exit_code == 0


@pytest.mark.parametrize("dialect", ["relay", "relay-flat"])
def test_a_relay_that_says_no_in_words_passes_with_a_remark(dialect):
    with Emulator(keys={KEY}, dialect=dialect).serve() as url:
        report = check_service("relay", url, key=KEY)
    assert outcomes(report) == dict.fromkeys(FREE, "passed")
    told = details(report)["unknown task"]
    assert told.startswith("HTTP 400, code task_not_exist")
    assert told.endswith('; not as the spec has it, but known: code: is "task_not_exist", must be an integer')


def test_a_403_is_a_no_for_the_key_also_where_the_spec_has_none():
    def refuse(request: Asked) -> Answered:
        found = proper(request)
        return as_json(403, {"code": 403, "msg": "no access"}) if found.status == 401 else found

    with serving(refuse) as place:
        report, without = (check_service("kie", place.url, key=key) for key in (KEY, "another"))
    assert outcomes(report) == dict.fromkeys(FREE, "passed")
    assert "403: no access; not as the spec has it, but known: status: is 403" in details(report)["wrong key"]
    assert details(without)["unknown task"].endswith("the key is not valid here")
    assert [check.outcome for check in without.checks] == ["passed", "passed", "unknown", "unknown", "unknown"]


@pytest.mark.parametrize("body", [{}, {"error": "forbidden"}])
def test_an_undeclared_status_without_a_code_is_no_answer_of_the_api(body):
    with serving(lambda _: as_json(403, body)) as place:
        report = check_service("kie", place.url, key=KEY)
    assert set(outcomes(report).values()) == {"failed"}


def test_a_relay_without_a_code_fails():
    with serving(lambda _: as_json(400, {"message": "no"})) as place:
        report = check_service("relay", place.url, key=KEY)
    assert details(report)["unknown task"] == "HTTP 400: no; code: is missing"


@pytest.mark.parametrize("status", [403, 429, 503])
def test_what_a_gateway_says_proves_nothing(status):
    with serving(lambda _: Answered(status, b"error code: 1010", {"Content-Type": "text/plain"})) as place:
        report = check_service("kie", place.url, key=KEY)
    assert (set(outcomes(report).values()), report.exit_code) == ({"unknown"}, 2)
    expected = f"HTTP {status}: error code: 1010; no JSON: a gateway's word, which proves nothing"
    assert details(report)["wrong key"] == expected
    doubt = "; whether a task was made is not known" if status >= 500 else ""
    assert details(report)["invented model"] == f"{expected}{doubt}"


def test_an_error_of_the_server_may_have_made_a_task():
    with serving(lambda _: as_json(500, {"code": 500})) as place:
        report = check_service("kie", place.url, key=KEY)
    ends = {name: told.endswith("whether a task was made is not known") for name, told in details(report).items()}
    assert ends == {name: name in {"body that is no JSON", "invented model"} for name in FREE}


@pytest.mark.parametrize(
    ("body", "outcome", "detail"),
    [
        (b'{"code": 1e999}', "failed", "HTTP 422, code inf; code: is null, must be an integer"),
        (
            b'{"code": 422, "msg": "half \\ud800"}',
            "passed",
            r"HTTP 422, code 422: half \ud800",
        ),
        (
            b'{"code": 422, "msg": "\\u001b[2Jred\\npassed   wrong key\\u202e"}',
            "passed",
            r"HTTP 422, code 422: \x1b[2Jred\npassed   wrong key\u202e",
        ),
    ],
    ids=["infinite", "surrogate", "escapes"],
)
def test_no_answer_spoils_the_report(body, outcome, detail):
    with serving(lambda _: Answered(422, body, {"Content-Type": "application/json"})) as place:
        report = check_service("kie", place.url, key=KEY)
    assert (outcomes(report)["unknown task"], details(report)["unknown task"]) == (outcome, detail)
    assert len(report.table().encode().splitlines()) == len(FREE) + 1
    assert json.loads(report.to_json().encode("ascii"))["checks"][2]["detail"] == detail


def breaking(name: str, error: BaseException):
    """Judges as ever, but for one check."""
    judge = service._judged

    def judged(contract, probe, request, answer):
        if probe.name == name:
            raise error
        return judge(contract, probe, request, answer)

    return judged


def test_what_breaks_one_check_leaves_the_others(monkeypatch):
    """Whatever it is, the tasks that were made before it are told."""
    monkeypatch.setattr(service, "_judged", breaking("unknown task", ZeroDivisionError("odd")))
    with serving(lambda _: as_json(200, {"code": 200, "data": {"taskId": "t-\x1b1"}})) as place:
        report = check_service("kie", place.url, key=KEY)
    assert outcomes(report)["unknown task"] == "unknown"
    assert details(report)["unknown task"] == "an answer that could not be judged (ZeroDivisionError('odd'))"
    assert report.table().endswith(r"maybe billed: 2; tasks: t-\x1b1, t-\x1b1")


def test_an_interruption_tells_what_was_made(monkeypatch):
    monkeypatch.setattr(service, "_judged", breaking("invented model", KeyboardInterrupt()))
    with (
        serving(lambda _: as_json(200, {"code": 200, "data": {"taskId": "t-1"}})) as place,
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        check_service("kie", place.url, key=KEY)
    (note,) = caught.value.__notes__
    assert note.endswith("0 passed, 4 failed, 0 could not be run; accepted, and maybe billed: 1; tasks: t-1")


@pytest.mark.parametrize(("api", "limits"), [("kie", 26), ("native", 9), ("relay", 8)])
def test_the_emulator_keeps_every_limit(api, limits):
    with Emulator(keys={KEY}).serve() as url:
        report = check_service(api, url, key=KEY, spend=True)
    assert (len(report.checks), set(outcomes(report).values())) == (len(FREE) + limits, {"passed"})


@pytest.mark.parametrize("api", APIS)
def test_nothing_that_is_free_could_become_a_video(api):
    """However lenient a server is: no request to create has a prompt, or an image, or the name of a model."""
    with serving(proper) as place:
        check_service(api, place.url, key=KEY)
    creations = [request.body for request in place.asked if request.method == "POST"]
    assert len(creations) == 2
    for body in creations:
        assert b"prompt" not in body
        assert b"image" not in body
        assert b"kling-v" not in body
        assert b"kling/" not in body


def test_a_limit_is_passed_only_when_told_to_spend_and_calls_nobody_back():
    with serving(proper) as place:
        check_service("kie", place.url, key=KEY, spend=True)
    bodies = [json.loads(request.body) for request in place.asked[len(FREE) :]]
    assert all(body.keys() <= {"model", "input"} for body in bodies)
    assert {len(body.get("input", {}).get("prompt", "")) for body in bodies} >= {1001, 2501, 5001}


def test_a_server_that_takes_any_key():
    with serving(lambda _: as_json(422, REFUSED)) as place:
        report = check_service("kie", place.url, key=KEY)
    assert outcomes(report) == {**dict.fromkeys(FREE, "passed"), "wrong key": "failed", "no key": "failed"}
    assert details(report)["wrong key"] == "HTTP 422, code 422: no; refused, but not for its key"
    assert report.exit_code == 1


def test_a_server_that_makes_tasks_of_everything():
    with serving(lambda _: as_json(200, {"code": 200, "msg": "success", "data": {"taskId": "t-1"}})) as place:
        report = check_service("kie", place.url, key=KEY)
    assert set(outcomes(report).values()) == {"failed"}
    assert details(report)["invented model"] == "HTTP 200, code 200: success; it was accepted; task t-1 may be billed"
    assert details(report)["wrong key"] == "HTTP 200, code 200: success; it takes any key, or none"
    assert (report.accepted, report.tasks) == (2, ("t-1", "t-1"))
    assert report.table().endswith("accepted, and maybe billed: 2; tasks: t-1, t-1")
    assert json.loads(report.to_json())["tasks"] == ["t-1", "t-1"]


def test_a_server_that_accepts_without_an_id():
    with serving(lambda _: as_json(200, {"code": 0, "message": "SUCCEED", "data": None})) as place:
        report = check_service("relay", place.url, key=KEY)
    assert "a task may have been made and billed" in details(report)["invented model"]
    assert report.table().endswith("accepted, and maybe billed: 2; tasks: ids unknown")


def test_a_server_that_is_more_lenient_than_its_document():
    def lenient(request: Asked) -> Answered:
        if b"prompt" in request.body and len(json.loads(request.body).get("prompt", "")) > 500:
            return as_json(200, {"code": 0, "data": {"task_id": "t-9"}})
        return proper(request)

    with serving(lenient) as place:
        report = check_service("relay", place.url, key=KEY, spend=True)
    assert [check.name for check in report.checks if check.outcome == "failed"] == ["kling-v1-6 prompt: 501 characters"]
    assert report.tasks == ("t-9",)


def test_a_server_that_answers_html():
    with serving(lambda _: Answered(404, b"<h1>Not found</h1>", {"Content-Type": "text/html"})) as place:
        report = check_service("kie", place.url, key=KEY)
    assert set(outcomes(report).values()) == {"failed"}
    assert details(report)["unknown task"] == (
        "HTTP 404: <h1>Not found</h1>; headers.content-type: is text/html, must be application/json"
    )


@pytest.mark.parametrize("answer", [as_json(404, {"code": 404}), as_json(200, {"code": 404})])
def test_one_that_knows_no_such_path_proves_nothing_by_its_no(answer):
    """It would refuse anything."""
    with serving(lambda _: answer) as place:
        report = check_service("kie", place.url, key=KEY)
    assert list(outcomes(report).values()) == ["failed", "failed", "passed", "unknown", "unknown"]
    assert details(report)["invented model"].endswith("there may be no such path here, which proves nothing")


@pytest.mark.parametrize("before", ["", "x" * 60])
def test_a_key_that_is_echoed_is_blotted_out(before):
    """Also where a long text is cut within it."""
    said = {"code": "a word", "msg": f"{before}bad key: {KEY}", "data": {"taskId": [f"{before[:45]}{KEY}"]}}
    with serving(lambda _: as_json(422, said)) as place:
        report = check_service("kie", place.url, key=KEY)
    assert "<key>" in report.table()
    assert KEY[:8] not in report.table() + report.to_json()


def test_the_path_of_a_url_is_that_which_is_sent():
    """Or nothing would be held against the spec."""
    with serving(lambda _: as_json(422, {"code": "a word"})) as place:
        report = check_service("kie", f"{place.url}/a/../b/.", key=KEY)
    assert place.asked[0].path.startswith("/b/api/v1/")
    assert "code: is" in details(report)["unknown task"]


def test_a_redirect_is_not_followed():
    with serving(lambda _: as_json(307, {}, Location="/elsewhere")) as place:
        report = check_service("native", place.url, key=KEY)
    assert len(place.asked) == len(FREE)
    assert details(report)["unknown task"].startswith("HTTP 307; a redirect, not followed; status: is 307")


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (
            as_json(500, {"code": 500, "msg": "oh"}),
            "failed",
            "HTTP 500, code 500: oh; an error of the server is no refusal",
        ),
        (as_json(200, {"code": 500}), "failed", "HTTP 200, code 500; an error of the server is no refusal"),
        (as_json(429, {"code": 429}), "unknown", "HTTP 429, code 429; the service is busy: come again"),
        (
            as_json(200, {"code": 402, "msg": "poor"}),
            "unknown",
            "HTTP 200, code 402: poor; the account cannot pay, which proves nothing",
        ),
        (as_json(401, {"code": 401}), "unknown", "HTTP 401, code 401; the key is not valid here"),
        (as_json(422, {"code": "a word"}), "failed", 'HTTP 422, code a word; code: is "a word", must be an integer'),
        (as_json(200, {"code": 422}), "passed", "HTTP 200, code 422"),
        (as_json(404, []), "failed", "HTTP 404: []; body: is [], must be an object"),
    ],
    ids=["500", "500 in 200", "429", "402 in 200", "401", "a word", "422 in 200", "a list"],
)
def test_what_an_answer_proves(answer, outcome, detail):
    with serving(lambda _: answer) as place:
        report = check_service("kie", place.url, key=KEY)
    assert (outcomes(report)["unknown task"], details(report)["unknown task"]) == (outcome, detail)


def test_a_code_in_words_is_read_as_relays_write_it():
    with serving(lambda _: as_json(200, {"code": "success", "data": {"task_id": 7}})) as place:
        report = check_service("relay", place.url, key=KEY)
    assert report.tasks == ("7", "7")


def test_without_a_key_what_needs_one_is_not_run():
    with Emulator(keys={KEY}).serve() as url:
        report = check_service("kie", url)
    assert [check.outcome for check in report.checks] == ["passed", "passed", "unknown", "unknown", "unknown"]
    assert details(report)["unknown task"] == "needs a valid key"
    assert report.exit_code == 2


def test_a_server_that_is_silent():
    with serving(lambda _: None) as place:
        report = check_service("kie", place.url, key=KEY)
    assert report.exit_code == 2
    assert details(report)["unknown task"].startswith("no answer (RemoteProtocolError")
    assert details(report)["invented model"].endswith("whether a task was made is not known")


def test_an_answer_without_end_is_left():
    with serving(lambda _: Answered(404, b"x" * (responses.LONGEST + 1))) as place:
        report = check_service("kie", place.url)
    assert "more than 1048576 bytes" in details(report)["wrong key"]


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["headers", "body"])
def test_a_dripping_answer_is_left_in_time(beginning):
    """However often a byte comes: the limit is for the exchange."""
    started = time.monotonic()
    with dripping(beginning) as url:
        report = check_service("kie", url, timeout=0.2)
    assert time.monotonic() - started < 5
    assert details(report)["wrong key"] == "no answer (ReadTimeout within 0.2 s)"


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf, True])
def test_what_can_be_no_time_limit(timeout):
    with pytest.raises(ValueError, match=r"timeout: more than 0 and at most 10,000,000 seconds, not"):
        check_service("kie", "http://127.0.0.1:9", timeout=timeout)


def test_a_gateway_below_a_path():
    with serving(proper) as place:
        report = check_service("relay", f"{place.url}/ai/", key=KEY)
    assert place.asked[-1].path == "/ai/kling/v1/videos/text2video"
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
def test_where_no_service_can_be(url):
    with pytest.raises(ValueError, match="base_url: an absolute http or https URL"):
        check_service("kie", url)


@pytest.mark.parametrize("key", ["", "a b", "schlüssel", "a\n"], ids=["empty", "blank", "not ascii", "line"])
def test_what_can_be_no_key(key):
    with pytest.raises(ValueError, match="key: characters that a header can hold") as caught:
        check_service("kie", "http://127.0.0.1:9", key=key)
    assert not key or key not in str(caught.value)


def test_a_report_counts():
    report = Report("kie", "http://h", (Check("a", "passed", ""), Check("longer", "unknown", "why")))
    assert report.table() == (
        "passed   a       \nunknown  longer  why\n"
        "kie at http://h: 1 passed, 0 failed, 1 could not be run; nothing was accepted"
    )
