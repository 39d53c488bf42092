"""Checks of what a client reads from a response; each raises an AssertionError if a property is violated."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import klingkit
from contract_tests.conformance import response_oracle as oracle
from contract_tests.conformance.mocked_client import RESENDS, MockedClient, content, read_callback
from contract_tests.conformance.response_strategies import Response
from klingkit import (
    CallbackRejected,
    KlingkitError,
    MalformedResponse,
    RateLimited,
    SubmissionUncertain,
    Task,
    TaskRef,
)
from scripts.checks import golden, responses
from scripts.specs.paths import replaced, steps

Outcome = Task | TaskRef | KlingkitError


def check_valid_submission(client: MockedClient, response: Response) -> str:
    """Check a spec-valid response to a paid request: it is read as the task that it names, or as its error."""
    api = client.api_case.name
    outcome = client.submit(response)
    meaning, ref = oracle.creation(api, response.status, response.body)
    _paid_once(client, outcome)
    if meaning == "created":
        assert outcome == ref
        return meaning
    assert isinstance(outcome, KlingkitError)
    assert (type(outcome).__name__, outcome.ref) == (meaning, ref)
    if meaning != "UnreadableSubmission":
        _assert_explained(api, response, outcome)
    assert outcome.http_status == response.status
    return meaning


def check_valid_query(client: MockedClient, response: Response) -> str:
    """Check a spec-valid response to a query: it is read as its task without loss, or as its error."""
    api_case = client.api_case
    ref = oracle.named_ref(api_case.name, response.body) or api_case.ref
    outcome = client.query(ref, response)
    error = oracle.query_error(api_case.name, response.status, response.body)
    if error:
        assert isinstance(outcome, KlingkitError)
        assert type(outcome) is getattr(klingkit, error)
        assert (outcome.http_status, outcome.ref) == (response.status, ref)
        _assert_explained(api_case.name, response, outcome)
        return error
    return _check_task(MalformedResponse, api_case.name, response, outcome, ref)


def check_valid_callback(api_case: Any, response: Response) -> str:
    """Check a spec-valid callback: it is read as its task without loss, or rejected because it names none."""
    ref = oracle.named_ref(api_case.name, response.body)
    outcome = read_callback(api_case, response)
    if ref is None:
        assert isinstance(outcome, CallbackRejected)
        return "CallbackRejected"
    return _check_task(CallbackRejected, api_case.name, response, outcome, ref)


def check_any_submission(client: MockedClient, response: Response) -> str:
    """Check any response to a paid request: no foreign exception, no wrong or lost id, no second payment."""
    outcome = client.submit(response)
    body, task_id = _json_or_none(response), None
    if isinstance(body, dict):
        task_id = oracle.id_in(client.api_case.name, oracle.record_of(client.api_case.name, body))
    ref = oracle.reference(client.api_case.name, str(task_id) if type(task_id) is int else task_id)
    _paid_once(client, outcome)
    named_ref = outcome if isinstance(outcome, TaskRef) else outcome.ref
    assert named_ref == ref
    if ref is not None:
        assert isinstance(outcome, TaskRef | SubmissionUncertain)
    if isinstance(outcome, KlingkitError) and not isinstance(outcome, SubmissionUncertain):
        assert 400 <= response.status < 500 or response.status < 300
        assert response.status not in oracle.OPEN_4XX
    return type(outcome).__name__


def check_any_query(client: MockedClient, response: Response) -> str:
    """Check any response to a query: it is read as this task with nothing lost, or as an error of klingkit."""
    body = _json_or_none(response)
    api, ref = client.api_case.name, client.api_case.ref
    named_ref = oracle.named_ref(api, body) if isinstance(body, dict) else None
    outcome = client.query(ref, response)
    if isinstance(outcome, Task):
        assert named_ref in (None, ref)
        _assert_consistent(outcome, ref, response)
    else:
        assert (outcome.ref, outcome.http_status) == (ref, response.status)
    return type(outcome).__name__


def check_any_callback(api_case: Any, response: Response) -> str:
    """Check any callback: it is read as the task that it names, or rejected."""
    outcome = read_callback(api_case, response)
    if isinstance(outcome, Task):
        body = _json_or_none(response)
        task_id = oracle.id_in(api_case.name, oracle.record_of(api_case.name, body))
        assert outcome.ref.id == str(task_id)
        _assert_consistent(outcome, outcome.ref, response)
    else:
        assert isinstance(outcome, CallbackRejected)
    return type(outcome).__name__


def check_every_field(
    client: MockedClient, exchange_kind: golden.ExchangeKind
) -> Iterator[tuple[golden.GoldenResponse, str]]:
    """Check responses with each known field set to each kind of value; yield them and their outcomes."""
    for shape in responses.shapes(client.api_case.name):
        # Every fifth, since errors are alike under each status.
        exchanges = [exchange for exchange in shape.exchanges if exchange[0] == exchange_kind][::5]
        # Neither "[]", an item of a list, nor "{}", what a string holds as JSON, is a place to put a value.
        fields = {path: kind for path, kind in shape.fields.items() if not path.endswith("[]") and "{}" not in path}
        for (kind_of_exchange, status), body, (path, kind) in product(exchanges, shape.bodies, fields.items()):
            for label, value in PROBES:
                response = Response(status, replaced(body, steps(path), value))
                allowed = label in golden.KINDS[kind]
                reading = (CHECKS_OF_VALID_RESPONSES if allowed else CHECKS_OF_ANY_RESPONSE)[kind_of_exchange]
                yield (
                    golden.GoldenResponse(kind_of_exchange, response.body, {}, status, allowed),
                    reading(client, response),
                )


PROBES = dict(golden.PROBES).items()
"""One value of each kind."""
CHECKS_OF_VALID_RESPONSES: dict[str, Callable[[MockedClient, Response], str]] = {
    "create": check_valid_submission,
    "query": check_valid_query,
    "callback": lambda client, response: check_valid_callback(client.api_case, response),
}
CHECKS_OF_ANY_RESPONSE: dict[str, Callable[[MockedClient, Response], str]] = {
    "create": check_any_submission,
    "query": check_any_query,
    "callback": lambda client, response: check_any_callback(client.api_case, response),
}
"""Kind of exchange -> the check of its valid responses, and of any response."""


def _assert_consistent(task: Task, ref: TaskRef, response: Response) -> None:
    assert task.ref == ref
    assert task.raw == _json_or_none(response)
    assert isinstance(task.vendor_status, str)
    assert task.vendor_status
    assert not task.videos or task.status == "succeeded"
    assert (task.failure is None) == (task.status != "failed")


def _paid_once(client: MockedClient, outcome: Outcome) -> None:
    """Assert that a paid request was sent again only after a rate limit, which proves that nothing was created."""
    assert client.paid == (1 + RESENDS if isinstance(outcome, RateLimited) else 1)


def _assert_explained(api: str, response: Response, error: KlingkitError) -> None:
    assert error.code == oracle.code_of(response.status, response.body)
    if api == "kie" or "msg" not in response.body:  # no other document has a `msg`
        assert (error.vendor_message or None) == oracle.message_of(response.body)
    if isinstance(response.body.get("request_id"), str):
        assert (error.request_id or "") == response.body["request_id"][:300]


def _check_task(unreadable: type[KlingkitError], api: str, response: Response, outcome: Outcome, ref: TaskRef) -> str:
    """Check that the task is read as reported, or as the error `unreadable` if its state cannot be known."""
    vendor_state = oracle.vendor_state_of(api, response.status, response.body)
    record = oracle.record_of(api, response.body)
    status = oracle.status_of(api, vendor_state, record, failed=_failed(api, response)) if vendor_state else None
    urls = _urls(api, record) if status == "succeeded" else ()
    another = oracle.names_another_task(api, record, ref)
    if not vendor_state or urls is None or another:
        assert isinstance(outcome, unreadable)
        return type(outcome).__name__
    assert isinstance(outcome, Task)
    _assert_consistent(outcome, ref, response)
    assert (outcome.vendor_status, outcome.status) == (vendor_state, status)
    assert tuple(video.url for video in outcome.videos) == urls
    _assert_times(api, record, outcome)
    return outcome.status


def _failed(api: str, response: Response) -> bool:
    """Return whether the code says that the task has failed."""
    return oracle.code_of(response.status, response.body) in oracle.MEANINGS[api].failed_codes


def _assert_times(api: str, record: Any, task: Task) -> None:
    names = {"created": ("createTime", "created_at"), "updated": ("updateTime", "updated_at")}
    for attribute, (kie_field, official_field) in names.items():
        stamp = record.get(kie_field if api == "kie" else official_field)
        if isinstance(stamp, int | float) and 1e12 <= stamp <= 4e12:
            assert getattr(task, attribute) == oracle.utc_time(stamp)


def _urls(api: str, record: Any) -> tuple[str, ...] | None:
    """Return the URLs of the videos; None if they cannot be read."""
    if api != "kie":
        return oracle.videos(record)
    text = (record.get("resultJson") or "{}").strip()
    try:
        result = {"resultUrls": [text]} if oracle.is_address(text) else json.loads(text)
    except ValueError:
        return None
    urls = result if isinstance(result, list) else result.get("resultUrls") if isinstance(result, dict) else None
    return (
        tuple(url.strip() for url in urls or () if oracle.is_address(url)) if isinstance(result, dict | list) else None
    )


def _json_or_none(response: Response) -> Any:
    """Return the JSON of a body; None if it is no JSON."""
    try:
        return json.loads(content(response))
    except (ValueError, RecursionError):
        return None
