"""The kie adapter: our requests as HTTP, its answers as our values; no client in sight."""

import json
import math
import sys
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from attrs import asdict

from contract_tests.support.kie import API, CAT, CREATE, KEY, QUERY, REF, REQUESTS, finished, record, refused
from klingkit import (
    ApiError,
    ConfigurationError,
    Failure,
    InvalidRequest,
    KlingkitError,
    MalformedResponse,
    NotFound,
    ServerError,
    SubmissionUncertain,
    TaskRef,
    UnreadableSubmission,
    Video,
)
from klingkit.kie import Job, Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo
from klingkit.providers.kie import CREATE_PATH, MENDED, QUERY_PATH
from klingkit_api.kie.api.jobs import create_task, get_record_info
from klingkit_api.kie.models import CreateKling26TextToVideo, RecordInfo


def sent(request: Any, **options: Any) -> dict[str, Any]:
    """Return the body that would be sent."""
    body: dict[str, Any] = json.loads(API.submit(request, **options).content)
    return body


@pytest.mark.parametrize("model", REQUESTS)
def test_a_typed_request_names_its_model(model: str):
    request = REQUESTS[model]
    assert sent(request) == {"model": model, "input": request.to_dict()}


def test_documented_defaults_are_sent_because_the_server_does_not_apply_them():
    assert sent(CAT)["input"] == {
        "prompt": "a cat in the rain",
        "sound": False,
        "aspect_ratio": "1:1",
        "duration": "5",
    }


def test_asks_as_every_service_wants_to_be_asked():
    request = API.submit(CAT, callback_url="https://studio.example/done")
    assert (request.method, str(request.url)) == ("POST", CREATE)
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("klingkit/")
    assert json.loads(request.content)["callBackUrl"] == "https://studio.example/done"
    query = API.query(REF)
    assert (query.method, str(query.url)) == ("GET", f"{QUERY}?taskId={REF.id}")


def test_addresses_are_those_of_the_generated_client():
    body = create_task._get_kwargs(body=CreateKling26TextToVideo(input_=CAT))
    assert (body["method"], body["url"]) == ("post", CREATE_PATH)
    query = get_record_info._get_kwargs(task_id=REF.id)
    assert (query["method"], query["url"], query["params"]) == ("get", QUERY_PATH, {"taskId": REF.id})


@pytest.mark.parametrize("prompt", ["雪落在湖面上", "🐈 meows", 'quotes " and \\', "line\nbreak", ""])
def test_prompts_arrive_as_they_were_written(prompt: str):
    assert sent(Kling26TextToVideo(prompt=prompt))["input"]["prompt"] == prompt


def test_an_id_is_quoted_into_the_address():
    query = API.query(TaskRef("kie", "jobs", "a&b=c/../d#e"))
    assert query.url.path == QUERY_PATH
    assert dict(query.url.params) == {"taskId": "a&b=c/../d#e"}


def test_a_job_is_sent_as_it_is():
    job = Job("veo/next", {"prompt": "x" * 9000, "anything": [1, None]})
    assert sent(job, callback_url="http://x.test/") == {
        "model": "veo/next",
        "input": {"prompt": "x" * 9000, "anything": [1, None]},
        "callBackUrl": "http://x.test/",
    }
    assert sent(job) == {"model": "veo/next", "input": dict(job.input)}


def test_extra_fields_are_merged_and_replace_nothing():
    body = sent(CAT, extra={"seed": 7, "input": {"style": "ink"}})
    assert (body["seed"], body["input"]["style"], body["input"]["prompt"]) == (7, "ink", CAT.prompt)
    job = Job("m", {"nested": {"a": 1}})
    assert sent(job, extra={"input": {"nested": {"b": 2}}})["input"] == {"nested": {"a": 1, "b": 2}}
    assert job == Job("m", {"nested": {"a": 1}})


@pytest.mark.parametrize(
    ("extra", "named"),
    [({"model": "x"}, "model"), ({"input": {"prompt": "y"}}, r"input\.prompt"), ({"input": 3}, "input")],
)
def test_extra_fields_cannot_undo_what_was_checked(extra: dict[str, Any], named: str):
    with pytest.raises(InvalidRequest, match=f"extra: {named}"):
        API.submit(CAT, extra=extra)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "done",
        "ftp://x/y",
        "http://",
        "//x/y",
        "http://[",
        "http://x:port/",
        "http://x/a b",
        "http://例え.jp/",
        "http://x/%",
        7,
    ],
)
def test_a_callback_goes_to_the_web(url: str):
    with pytest.raises(InvalidRequest, match="callback_url"):
        API.submit(CAT, callback_url=url)


def test_kie_has_no_ids_of_ours():
    with pytest.raises(InvalidRequest, match="external_task_id"):
        API.submit(CAT, external_task_id="mine")


@pytest.mark.parametrize("request_", [None, {"prompt": "a"}, "a cat", CreateKling26TextToVideo(input_=CAT)])
def test_another_kind_of_request_is_refused(request_: Any):
    with pytest.raises(InvalidRequest, match=r"one that klingkit\.kie offers"):
        API.submit(request_)


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}, b"x", "\ud800"])
def test_what_is_no_json_is_refused(value: Any):
    with pytest.raises(InvalidRequest, match="JSON"):
        API.submit(Job("m", {"x": value}))


def test_endless_nesting_is_refused():
    deep: dict[str, Any] = {}
    for _ in range(sys.getrecursionlimit() * 3):
        deep = {"x": deep}
    with pytest.raises(InvalidRequest, match="JSON"):
        API.submit(Job("m", deep))


BAD = [
    (lambda: Kling26TextToVideo(prompt="x" * 1001), "prompt", "1000", "1001"),
    (lambda: Kling21Pro(prompt="x" * 5001, image_url="u"), "prompt", "5000", "5001"),
    (lambda: Kling25TurboPro(prompt="x" * 2501), "prompt", "2500", "2501"),
    (lambda: Kling21Pro(prompt="x", image_url="u", negative_prompt="x" * 501), "negative_prompt", "500", "501"),
    (lambda: Kling26TextToVideo(prompt="x", aspect_ratio="21:9"), "aspect_ratio", "9:16", "21:9"),  # type: ignore[arg-type]
    (lambda: Kling26TextToVideo(prompt="x", duration=5), "duration", "'10'", "5"),  # type: ignore[arg-type]
    (lambda: Kling25TurboPro(prompt="x", cfg_scale=1.5), "cfg_scale", "at most 1", "1.5"),
    (lambda: Kling25TurboPro(prompt="x", cfg_scale=0.55), "cfg_scale", "multiple of 0.1", "0.55"),
    (lambda: Kling26TextToVideo(prompt="x", sound="false"), "sound", "true or false", "'false'"),  # type: ignore[arg-type]
    (lambda: Kling26TextToVideo(prompt=None), "prompt", "string", "None"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "field", "limit", "value"), BAD)
def test_bad_input_names_field_limit_and_value(make, field: str, limit: str, value: str):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is checked below
        make()
    assert field in str(caught.value)
    assert limit in str(caught.value)
    assert value in str(caught.value)


def test_a_request_cannot_be_made_wrong_afterwards():
    request = Kling26TextToVideo(prompt="a cat")
    with pytest.raises(ValueError, match="aspect_ratio"):
        request.aspect_ratio = "21:9"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="prompt"):
        request.prompt = "x" * 1001
    assert request == Kling26TextToVideo(prompt="a cat")


# Reading


def test_reads_a_finished_task():
    task = API.read(REF, finished("https://media.test/1.mp4", "https://media.test/2.mp4"))
    assert task.status == "succeeded"
    assert task.done
    assert task.videos == (Video("https://media.test/1.mp4"), Video("https://media.test/2.mp4"))
    assert task.created == datetime(2025, 9, 11, 9, 49, 24, 490000, UTC)
    assert task.completed == datetime(2025, 9, 11, 9, 51, 4, 490000, UTC)
    assert task.failure is None
    assert task.raw["data"]["taskId"] == REF.id


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("waiting", "queued"),
        ("queuing", "queued"),
        ("generating", "running"),
        ("pondering", "running"),
        ("fail", "failed"),
    ],
)
def test_unknown_words_keep_waiting_and_no_video_comes_before_success(word: str, status: str):
    """000's sample shows a result on a waiting task: the state decides."""
    task = API.read(REF, record(word, resultJson='{"resultUrls": ["https://media.test/stale.mp4"]}'))
    assert (task.status, task.vendor_status, task.videos) == (status, word, ())


@pytest.mark.parametrize("code", ["501", 501])
def test_reads_why_it_failed(code: object):
    task = API.read(REF, record("fail", failCode=code, failMsg="内容违规"))
    assert task.failure == Failure(str(code), "内容违规")
    assert API.read(REF, record("fail", failCode="", failMsg=None)).failure == Failure()


def test_a_failure_may_come_under_its_own_code():
    answer = httpx.Response(200, json={"code": 501, "msg": "failed", "data": {"taskId": REF.id, "state": "fail"}})
    assert API.read(REF, answer).status == "failed"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"createTime": "1757584164490"}, {"created": datetime(2025, 9, 11, 9, 49, 24, 490000, UTC)}),
        ({"createTime": 1757584164}, {"created": datetime(2025, 9, 11, 9, 49, 24, tzinfo=UTC)}),
        ({"createTime": None}, {"created": None}),
        ({"createTime": "yesterday"}, {"created": None}),
        ({"createTime": 1e300}, {"created": None}),
        ({"createTime": True}, {"created": None}),
        ({"createTime": [1]}, {"created": None}),
        ({"updateTime": 1757584164490.0}, {"updated": datetime(2025, 9, 11, 9, 49, 24, 490000, UTC)}),
        ({"progress": 50}, {"progress": 0.5}),
        ({"progress": "50%"}, {"progress": 0.5}),
        ({"progress": 250}, {"progress": 1.0}),
        ({"progress": {"odd": 1}}, {"progress": None}),
        ({"progress": "NaN"}, {"progress": None}),
        ({"progress": 10**400}, {"progress": None}),
        ({"failMsg": {"reason": "odd"}}, {"status": "queued"}),
        ({"param": {"model": "m"}}, {"status": "queued"}),
        ({"brandNew": {"x": [1]}}, {"status": "queued"}),
        ({"taskId": None}, {"status": "queued"}),
    ],
)
def test_side_facts_are_read_leniently(fields: dict[str, Any], expected: dict[str, Any]):
    """Nothing beside state and result may cost the user a paid video."""
    task = asdict(API.read(REF, record("waiting", **fields)), recurse=False)
    assert {name: task[name] for name in expected} == expected
    if "brandNew" in fields:
        assert task["raw"]["data"]["brandNew"] == {"x": [1]}


@pytest.mark.parametrize(("status", "code"), [(500, 500), (200, 500), (503, 200), (404, 404)])
def test_what_an_error_says_of_a_task_is_not_believed(status: int, code: int):
    """A gateway's trouble is no failure of the task: whoever believed it would pay again."""
    body = {"code": code, "msg": "trouble", "data": {"taskId": REF.id, "state": "fail"}}
    with pytest.raises(ApiError):
        API.read(REF, httpx.Response(status, json=body))


@pytest.mark.parametrize("status", [200, 501])
def test_the_code_501_tells_of_a_failed_task_and_why(status: int):
    body = {"code": 501, "msg": "bad thing", "data": {"taskId": REF.id}}
    assert API.read(REF, httpx.Response(status, json=body)).failure == Failure(501, "bad thing")
    with pytest.raises(ServerError):
        API.read(REF, httpx.Response(status, json={"code": 501, "msg": "bad thing", "data": None}))


@pytest.mark.parametrize("task_id", [True, ["x"], 1.5])
def test_an_id_that_is_none_is_uncertain(task_id: object):
    with pytest.raises(UnreadableSubmission):
        API.submitted(httpx.Response(200, json={"code": 200, "data": {"taskId": task_id}}))


@pytest.mark.parametrize("other", [None, ""])
def test_an_id_may_stand_under_its_other_name(other: object):
    answer = httpx.Response(200, json={"code": 200, "data": {"taskId": other, "task_id": "x"}})
    assert API.submitted(answer).id == "x"


def test_every_field_of_the_record_is_read_leniently():
    wire = {attribute.validator.name for attribute in RecordInfo.__attrs_attrs__ if attribute.validator}  # type: ignore[attr-defined]
    assert wire == set(MENDED)


@pytest.mark.parametrize("result", ['{"resultObject": {"text": "hi"}}', "{}", "", None, '{"resultUrls": null}'])
def test_a_model_that_writes_text_has_no_videos(result: str | None):
    task = API.read(REF, record("success", resultJson=result))
    assert (task.status, task.videos) == ("succeeded", ())


def test_a_result_may_be_an_object_and_odd_urls_are_left_out():
    result = {"resultUrls": ["https://media.test/1.mp4", None, 3]}
    assert API.read(REF, record("success", resultJson=result)).videos == (Video("https://media.test/1.mp4"),)


@pytest.mark.parametrize("result", ["{", "<html>", "[]", "[" * 100_000])
def test_a_broken_result_is_malformed(result: str):
    with pytest.raises(MalformedResponse, match="resultJson"):
        API.read(REF, record("success", resultJson=result))


def test_a_record_of_another_task_is_malformed():
    with pytest.raises(MalformedResponse, match="another task, 'b'"):
        API.read(REF, record("waiting", taskId="b"))


BODIES = [b"", b"null", b"[]", b"<html>", b'"x"', b"1", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a": NaN', b"{}" * 2]


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 422, 429, 455, 500, 502, 599])
@pytest.mark.parametrize("body", BODIES)
def test_what_cannot_be_read_is_malformed_at_any_status(status: int, body: bytes):
    with pytest.raises(MalformedResponse, match=f"HTTP {status} with an unreadable answer") as caught:
        API.read(REF, httpx.Response(status, content=body))
    assert caught.value.http_status == status
    assert caught.value.reason


@pytest.mark.parametrize("data", [None, [], "x", {}, {"taskId": REF.id}, {"state": None}])
def test_success_without_a_record_is_malformed(data: object):
    with pytest.raises(MalformedResponse, match="no record"):
        API.read(REF, httpx.Response(200, json={"code": 200, "data": data}))


@pytest.mark.parametrize("answer", [refused(422, 200, "recordInfo is null"), refused(404, 404), refused(404)])
def test_an_unknown_task_is_not_found(answer: httpx.Response):
    with pytest.raises(NotFound) as caught:
        API.read(REF, answer)
    assert caught.value.code in {404, 422}


@pytest.mark.parametrize("code", range(0, 1000, 7))
def test_every_no_is_an_api_error(code: int):
    if code != 200:
        with pytest.raises((ApiError, InvalidRequest)) as caught:
            API.read(REF, refused(code))
        assert caught.value.code == code


def test_a_code_nobody_knows_goes_by_its_status():
    with pytest.raises(NotFound):
        API.read(REF, refused(1203, 404))
    with pytest.raises(ServerError):
        API.read(REF, httpx.Response(502, json={"error": "bad gateway"}))


@pytest.mark.parametrize(("stated", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("-1", None), ("inf", None)])
def test_reads_how_long_to_wait(stated: str, seconds: float | None):
    with pytest.raises(KlingkitError) as caught:
        API.read(REF, refused(429, 429, **{"Retry-After": stated}))
    assert caught.value.retry_after == seconds


# Configuration


def test_the_environment_says_who_and_where(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "from-the-environment")
    monkeypatch.setenv("KIE_BASE_URL", "http://127.0.0.1:8900/")
    assert Kie().auth.token() == "from-the-environment"
    assert Kie().base_url == "http://127.0.0.1:8900"
    assert Kie("given", "https://kie.test").base_url == "https://kie.test"
    monkeypatch.delenv("KIE_BASE_URL")
    assert Kie().base_url == "https://api.kie.ai"


def test_a_missing_key_names_the_variable_and_the_free_way(monkeypatch):
    monkeypatch.delenv("KIE_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=r"KIE_API_KEY.*klingkit\.emulator"):
        Kie()


@pytest.mark.parametrize("key", ["a b", "a\n", "ключ", "a\x00"])
def test_a_key_that_no_header_can_carry_is_not_shown(key: str):
    with pytest.raises(ConfigurationError, match="KIE_API_KEY") as caught:
        Kie(key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["kie.test", "ftp://kie.test", "http://", "http://x:port", "/v1", "http://x:99999", "http://a..b"]
)
def test_a_host_is_an_absolute_web_address(url: str):
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL"):
        Kie(KEY, url)


def test_the_key_shows_nowhere():
    assert KEY not in repr(API)
    assert KEY not in repr(API.auth)


def test_an_account_is_part_of_the_reference():
    api = Kie(KEY, "http://kie.test", "acme")
    answer = httpx.Response(200, json={"code": 200, "data": {"taskId": "a"}})
    assert str(api.submitted(answer)) == "kie@acme:jobs:a"


@pytest.mark.parametrize("account", ["", "a b", "a:b", "a@b", "账户"])
def test_an_account_that_no_reference_can_carry_is_refused_before_anything_is_paid_for(account: str):
    with pytest.raises(ConfigurationError, match="account"):
        Kie(KEY, "http://kie.test", account)


@pytest.mark.parametrize("url", ["https://user:secret@kie.test", "https://kie.test/?x=1", "https://kie.test/#f"])
def test_a_host_is_a_host_and_no_more(url: str):
    """A password in it would take the place of the key, and show in reprs."""
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL") as caught:
        Kie(KEY, url)
    assert "secret" not in str(caught.value)


def test_an_empty_key_is_not_another_accounts(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "of-another-account")
    for nothing in ("", 5, b"x"):
        with pytest.raises(ConfigurationError, match="API key"):
            Kie(nothing)  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [(None,), ("",), ("m", None), ("m", [1]), (7, {})])
def test_a_job_is_a_model_and_parameters(arguments: Any):
    with pytest.raises(InvalidRequest, match=r"model|input"):
        Job(*arguments)


def test_an_unknown_status_that_says_success_is_success():
    assert API.submitted(httpx.Response(201, json={"data": {"taskId": "a"}})).id == "a"


def test_a_lost_client_proves_nothing():
    with pytest.raises(SubmissionUncertain):
        API.submitted(refused(499, 499))
