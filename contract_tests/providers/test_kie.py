"""Tests of the requests of the kie adapter."""

import json
import math
import sys
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import CAT_REQUEST, KIE_API, QUERY_URL, REQUEST_BY_MODEL, SUBMIT_URL, TASK_REF
from contract_tests.support.limits import max_length
from klingkit import (
    InvalidRequest,
    TaskRef,
)
from klingkit.kie import Job, Kling25TurboPro, Kling26TextToVideo
from klingkit.providers.kie import CREATE_PATH, QUERY_PATH
from klingkit_api.kie.api.jobs import create_task, get_record_info
from klingkit_api.kie.models import CreateKling26TextToVideo


def sent_body(request: Any, **options: Any) -> dict[str, Any]:
    """Return the body that would be sent."""
    body: dict[str, Any] = json.loads(KIE_API.submit(request, **options).content)
    return body


@pytest.mark.parametrize("model", REQUEST_BY_MODEL)
def test_a_typed_request_names_its_model(model: str):
    request = REQUEST_BY_MODEL[model]
    assert sent_body(request) == {"model": model, "input": request.to_dict()}


def test_documented_defaults_are_sent_because_the_server_does_not_apply_them():
    assert sent_body(CAT_REQUEST)["input"] == {
        "prompt": "a cat in the rain",
        "sound": False,
        "aspect_ratio": "1:1",
        "duration": "5",
    }


def test_requests_have_method_url_and_headers():
    request = KIE_API.submit(CAT_REQUEST, callback_url="https://studio.example/done")
    assert (request.method, str(request.url)) == ("POST", SUBMIT_URL)
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("klingkit/")
    assert json.loads(request.content)["callBackUrl"] == "https://studio.example/done"
    query = KIE_API.query(TASK_REF)
    assert (query.method, str(query.url)) == ("GET", f"{QUERY_URL}?taskId={TASK_REF.id}")


def test_paths_equal_those_of_the_generated_client():
    body = create_task._get_kwargs(body=CreateKling26TextToVideo(input_=CAT_REQUEST))
    assert (body["method"], body["url"]) == ("post", CREATE_PATH)
    query = get_record_info._get_kwargs(task_id=TASK_REF.id)
    assert (query["method"], query["url"], query["params"]) == ("get", QUERY_PATH, {"taskId": TASK_REF.id})


@pytest.mark.parametrize("prompt", ["雪落在湖面上", "🐈 meows", 'quotes " and \\', "line\nbreak", " x "])
def test_prompts_are_sent_unchanged(prompt: str):
    assert sent_body(Kling26TextToVideo(prompt=prompt))["input"]["prompt"] == prompt


def test_an_id_is_quoted_in_the_url():
    query = KIE_API.query(TaskRef("kie", "jobs", "a&b=c/../d#e"))
    assert query.url.path == QUERY_PATH
    assert dict(query.url.params) == {"taskId": "a&b=c/../d#e"}


def test_a_job_is_sent_unchanged():
    job = Job("veo/next", {"prompt": "x" * 9000, "anything": [1, None]})
    assert sent_body(job, callback_url="http://x.example/") == {
        "model": "veo/next",
        "input": {"prompt": "x" * 9000, "anything": [1, None]},
        "callBackUrl": "http://x.example/",
    }
    assert sent_body(job) == {"model": "veo/next", "input": dict(job.input)}


def test_extra_fields_are_merged_and_replace_nothing():
    body = sent_body(CAT_REQUEST, extra={"seed": 7, "input": {"style": "ink"}})
    assert (body["seed"], body["input"]["style"], body["input"]["prompt"]) == (7, "ink", CAT_REQUEST.prompt)
    job = Job("m", {"nested": {"a": 1}})
    assert sent_body(job, extra={"input": {"nested": {"b": 2}}})["input"] == {"nested": {"a": 1, "b": 2}}
    assert job == Job("m", {"nested": {"a": 1}})


@pytest.mark.parametrize(
    ("extra", "named_field"),
    [({"model": "x"}, "model"), ({"input": {"prompt": "y"}}, r"input\.prompt"), ({"input": 3}, "input")],
)
def test_extra_fields_replace_no_checked_field(extra: dict[str, Any], named_field: str):
    with pytest.raises(InvalidRequest, match=f"extra: {named_field}"):
        KIE_API.submit(CAT_REQUEST, extra=extra)


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
def test_a_callback_url_must_be_an_http_url(url: str):
    with pytest.raises(InvalidRequest, match="callback_url"):
        KIE_API.submit(CAT_REQUEST, callback_url=url)


@pytest.mark.parametrize("request_", [None, {"prompt": "a"}, "a cat", CreateKling26TextToVideo(input_=CAT_REQUEST)])
def test_requests_of_other_types_are_refused(request_: Any):
    with pytest.raises(InvalidRequest, match=r"a type of klingkit\.kie"):
        KIE_API.submit(request_)


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}, b"x", "\ud800"])
def test_values_that_are_not_json_are_refused(value: Any):
    with pytest.raises(InvalidRequest, match="JSON"):
        KIE_API.submit(Job("m", {"x": value}))


def test_endless_nesting_is_refused():
    nested: dict[str, Any] = {}
    for _ in range(sys.getrecursionlimit() * 3):
        nested = {"x": nested}
    with pytest.raises(InvalidRequest, match="JSON"):
        KIE_API.submit(Job("m", nested))


MAX_PROMPT = max_length("kling-2.6/text-to-video")
INVALID_REQUESTS = [
    (lambda: Kling26TextToVideo(prompt="x" * (MAX_PROMPT + 1)), "prompt", f"{MAX_PROMPT}", f"{MAX_PROMPT + 1}"),
    (lambda: Kling26TextToVideo(prompt="x", duration=5), "duration", "'10'", "5"),  # type: ignore[arg-type]  # invalid on purpose
    (lambda: Kling25TurboPro(prompt="x", cfg_scale=0.55), "cfg_scale", "multiple of 0.1", "0.55"),
    (lambda: Kling26TextToVideo(prompt="x", sound="false"), "sound", "true or false", "'false'"),  # type: ignore[arg-type]  # invalid on purpose
]


@pytest.mark.parametrize(("make", "field", "limit", "value"), INVALID_REQUESTS)
def test_an_error_of_invalid_input_names_field_limit_and_value(make, field: str, limit: str, value: str):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is checked below
        make()
    assert field in str(caught.value)
    assert limit in str(caught.value)
    assert value in str(caught.value)


def test_a_request_cannot_be_made_invalid_by_assignment():
    request = Kling26TextToVideo(prompt="a cat")
    with pytest.raises(ValueError, match="aspect_ratio"):
        request.aspect_ratio = "21:9"  # type: ignore[assignment]  # invalid on purpose
    with pytest.raises(ValueError, match="prompt"):
        request.prompt = "x" * (MAX_PROMPT + 1)
    assert request == Kling26TextToVideo(prompt="a cat")


def test_a_job_does_not_change_with_the_callers_parameters():
    parameters: dict[str, Any] = {"images": ["a"]}
    job = Job("m", parameters)
    parameters["images"].append("b")
    parameters["seed"] = 7
    assert job.input == {"images": ["a"]}


@pytest.mark.parametrize("arguments", [(None,), ("",), ("m", None), ("m", [1]), (7, {})])
def test_a_job_needs_a_model_and_parameters(arguments: Any):
    with pytest.raises(InvalidRequest, match=r"model|input"):
        Job(*arguments)


def test_kie_has_no_external_ids():
    with pytest.raises(InvalidRequest, match="external_task_id"):
        KIE_API.submit(CAT_REQUEST, external_task_id="order-7")
    assert KIE_API.external_ref("order-7") is None
    response = httpx.Response(200, json={"data": {"taskId": "t1", "task_info": {"external_task_id": "order-7"}}})
    with pytest.raises(InvalidRequest, match="order-7"):
        KIE_API.read_search(response, "order-7", within=0.0)
