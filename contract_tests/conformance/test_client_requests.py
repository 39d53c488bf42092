"""Tests that the client sends only what the specs allow and what was requested, and no value that a type refuses."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance.request_strategies import (
    BODY_VALIDATORS,
    JSON_VALUES,
    SPECS,
    TASK_IDS,
    assert_method_url_and_headers,
    recording_client,
    sent_as_requested,
    sent_by,
)
from contract_tests.conformance.response_strategies import API_CASES, repeatable
from contract_tests.support.video_cases import VideoCase, video_cases
from klingkit import InvalidRequest, TaskRef
from klingkit.kie import Job
from klingkit_api.errors import InvalidValue
from scripts.checks.client_requests import KEY, RequestClass, adapters, can_express, request_classes, typed_verdicts
from scripts.checks.generated_classes import own_fields
from scripts.specs.spec import query_operation, validator

ADAPTERS = [adapter for api in API_CASES for adapter in adapters(api)]


def name(request_class: Any) -> str:
    return (
        request_class.documented.document
        if isinstance(request_class, RequestClass)
        else f"{request_class.name}-{getattr(request_class, 'dialect', 'document')}"
    )


each_model = pytest.mark.parametrize(
    ("adapter", "request_class"),
    [(adapter, request_class) for adapter in ADAPTERS for request_class in request_classes(adapter.name)],
    ids=name,
)
each_adapter = pytest.mark.parametrize("adapter", ADAPTERS, ids=name)


@each_model
def test_a_typed_request_is_sent_as_the_spec_allows(adapter: Any, request_class: RequestClass):
    sent_as_requested(adapter, request_class.typed, repeatable(40))


@pytest.mark.parametrize("case", [*video_cases()], ids=str)
def test_every_option_of_every_document_is_sent_as_the_spec_allows(case: VideoCase):
    for adapter in adapters(case.api):
        if can_express(adapter, case.request):
            body = json.loads(adapter.submit(case.request, callback_url="https://studio.example/done").content)
            BODY_VALIDATORS[case.api].validate(body)


@pytest.mark.parametrize("api", API_CASES)
def test_the_validators_refuse_what_no_spec_allows(api):
    invalid: list[Any] = [{}, [], None, {"prompt": 5}, {"model": "?", "input": {}}]
    assert not any(map(BODY_VALIDATORS[api].is_valid, invalid))


UNUSUAL_IDS = ["a/b", "%2F", "a?b=c&d#e", "..%2f", "0", "+ü猫😀", "x" * 512, "...", "a;b,c"]


@each_adapter
def test_query_sends_the_id_unchanged(adapter: Any):
    operation = query_operation(SPECS[adapter.name])
    (parameter,) = operation.node["parameters"]
    schema_validator = validator(SPECS[adapter.name], parameter["schema"])
    with recording_client(adapter) as (client, sent_requests):

        @repeatable(30)
        @given(TASK_IDS | st.sampled_from(UNUSUAL_IDS))
        def check(task_id: str) -> None:
            ref = TaskRef(adapter.name, adapter.route, task_id)
            sent = sent_by(client, sent_requests, lambda request_class: request_class.get(ref))
            assert (sent.method, sent.content) == ("GET", b"")
            assert sent.headers["authorization"] == f"Bearer {KEY}"
            assert sent.headers["accept"] == "application/json"
            assert "content-type" not in sent.headers
            schema_validator.validate(task_id)
            base = adapter.base_url + operation.path
            if parameter["in"] == "query":
                assert str(sent.url).split("?")[0] == base
                assert parse_qs(sent.url.query.decode(), strict_parsing=True) == {parameter["name"]: [task_id]}
            else:
                prefix = base.removesuffix("{%s}" % parameter["name"])  # noqa: UP031 - braces
                raw = f"{sent.url.scheme}://{sent.url.netloc.decode()}{sent.url.raw_path.decode()}"
                assert raw.startswith(prefix)
                assert "/" not in raw.removeprefix(prefix)
                assert "?" not in raw
                assert unquote(raw.removeprefix(prefix)) == task_id

        check()


@each_model
def test_what_a_type_refuses_is_never_sent(adapter: Any, request_class: RequestClass):
    """No request can be made with a refused value, or changed to one; after the attempts it has its old values.

    Rules between fields are left to the tests of the classes: fields may be assigned one by one.
    """
    request = request_class.least
    verdicts = typed_verdicts(adapter.name, request_class.documented.document)
    with recording_client(adapter) as (client, sent_requests):
        before = sent_by(client, sent_requests, lambda client: client.submit(request)).body
        for argument, field in own_fields(request_class.typed).items():
            name = field.name
            schema_validator = validator({}, request_class.documented.typed["properties"][name])
            values = [value[name] for path, value, allowed in verdicts if path == name in value and not allowed]
            refused_values = [value for value in values if not schema_validator.is_valid(value)]
            assert refused_values
            for value in (*refused_values, "\ud83d"):
                with pytest.raises(InvalidValue):
                    setattr(request, argument, value)
                with pytest.raises(InvalidValue):
                    attrs.evolve(request, **{argument: value})
        assert sent_by(client, sent_requests, lambda client: client.submit(request)).body == before


INVALID_URLS = [
    "",
    "studio.example/done",
    "ftp://studio.example",
    "https://",
    "https://a b",
    "https://studio.example/猫",
    5,
]
INVALID_EXTRAS: list[Any] = [[], "x", {"a": {1}}, {"a": float("nan")}]
INVALID_IDS = ["", ".", "..", "a b", "a\nb", "x" * 513, 5, "\ud83d"]


@each_adapter
def test_invalid_arguments_are_never_sent(adapter: Any):
    """Invalid URLs, ids and extras, and requests of another API or of none, are refused."""
    request = request_classes(adapter.name)[0].least
    requests_of_other_apis = [
        request_class.least for api in API_CASES if api != adapter.name for request_class in request_classes(api)
    ]
    overriding_extra = {"model": "x"} if adapter.name == "kie" else {"prompt": "x"}
    invalid_submissions: list[tuple[Any, dict[str, Any]]] = [
        *[(other, {}) for other in (*requests_of_other_apis, None, {}, request.to_dict(), type(request), "a cat")],
        *[(request, {"callback_url": url}) for url in INVALID_URLS],
        *[(request, {"external_task_id": task_id}) for task_id in INVALID_IDS],
        *[(request, {"extra": extra}) for extra in (overriding_extra, *INVALID_EXTRAS)],
    ]
    with recording_client(adapter) as (client, sent_requests):
        for request_class, options in invalid_submissions:
            with pytest.raises(InvalidRequest):
                client.submit(request_class, **options)
        assert sent_requests == []


@each_adapter
def test_job_and_extras_are_sent_unchanged(adapter: Any):
    """No spec describes them, so they are passed through unchanged."""
    names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
    free_fields = st.dictionaries(names, JSON_VALUES, max_size=3)
    model_field = "model" if adapter.name == "kie" else "model_name"
    with recording_client(adapter) as (client, sent_requests):

        @repeatable(20)
        @given(names, free_fields, free_fields)
        def check(model: str, parameters: dict[str, Any], extra: dict[str, Any]) -> None:
            job = Job(
                model, {field: value for field, value in parameters.items() if field not in {model_field, *extra}}
            )
            free_extra = {field: value for field, value in extra.items() if field not in {model_field, "input"}}
            sent = sent_by(client, sent_requests, lambda request_class: request_class.submit(job, extra=free_extra))
            assert_method_url_and_headers(adapter, sent)
            job_fields = {"input": job.input} if adapter.name == "kie" else job.input
            assert sent.body == {model_field: model, **job_fields, **free_extra}

        check()
