"""What must hold of every response that a client reads: checks that raise where it does not."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import klingkit
from contract_tests.conformance import response_oracle as oracle
from contract_tests.conformance.mocked_client import RESENDS, MockedClient, called_back, content
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


def created(client: MockedClient, response: Response) -> str:
    """A spec-valid response to a paid request: the task that it names, or the error that it means."""
    api = client.case.name
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


def queried(client: MockedClient, response: Response) -> str:
    """A spec-valid response to a query: its task without loss, or the error that it means."""
    case = client.case
    ref = oracle.named(case.name, response.body) or case.ref
    outcome = client.query(ref, response)
    error = oracle.query_error(case.name, response.status, response.body)
    if error:
        assert isinstance(outcome, KlingkitError)
        assert type(outcome) is getattr(klingkit, error)
        assert (outcome.http_status, outcome.ref) == (response.status, ref)
        _assert_explained(case.name, response, outcome)
        return error
    return _task_or(MalformedResponse, case.name, response, outcome, ref)


def received(case: Any, response: Response) -> str:
    """A spec-valid callback: its task without loss, or rejected because it names none."""
    ref = oracle.named(case.name, response.body)
    outcome = called_back(case, response)
    if ref is None:
        assert isinstance(outcome, CallbackRejected)
        return "CallbackRejected"
    return _task_or(CallbackRejected, case.name, response, outcome, ref)


def created_by_nonsense(client: MockedClient, response: Response) -> str:
    """Any response to a paid request: never another exception, a wrong id, a lost one or a second payment."""
    outcome = client.submit(response)
    body, task_id = _readable(response), None
    if isinstance(body, dict):
        task_id = oracle.id_in(client.case.name, oracle.record_of(client.case.name, body))
    ref = oracle.reference(client.case.name, str(task_id) if type(task_id) is int else task_id)
    _paid_once(client, outcome)
    named = outcome if isinstance(outcome, TaskRef) else outcome.ref
    assert named == ref
    if ref is not None:
        assert isinstance(outcome, TaskRef | SubmissionUncertain)
    if isinstance(outcome, KlingkitError) and not isinstance(outcome, SubmissionUncertain):
        assert 400 <= response.status < 500 or response.status < 300
        assert response.status not in oracle.LOST
    return type(outcome).__name__


def queried_nonsense(client: MockedClient, response: Response) -> str:
    """Any response to a query: a task of this id that keeps every word, or an error of ours."""
    body = _readable(response)
    api, ref = client.case.name, client.case.ref
    named = oracle.named(api, body) if isinstance(body, dict) else None
    outcome = client.query(ref, response)
    if isinstance(outcome, Task):
        assert named in (None, ref)
        _harmless(outcome, ref, response)
    else:
        assert (outcome.ref, outcome.http_status) == (ref, response.status)
    return type(outcome).__name__


def received_nonsense(case: Any, response: Response) -> str:
    """Any callback: a task of its own id, or rejected."""
    outcome = called_back(case, response)
    if isinstance(outcome, Task):
        body = _readable(response)
        task_id = oracle.id_in(case.name, oracle.record_of(case.name, body))
        assert outcome.ref.id == str(task_id)
        _harmless(outcome, outcome.ref, response)
    else:
        assert isinstance(outcome, CallbackRejected)
    return type(outcome).__name__


def of_any_kind(client: MockedClient, at: golden.Place) -> Iterator[tuple[golden.GoldenResponse, str]]:
    """Read every known field at a place with every kind of value; yield the responses and their outcomes."""
    for shape in responses.shapes(client.case.name):
        some = [it for it in shape.places if it[0] == at][::5]  # errors are alike under each status
        for (place, status), body, (path, kind) in product(some, shape.bodies, shape.fields.items()):
            for label, value in PROBES if not path.endswith("[]") and "{}" not in path else ():
                response = Response(status, replaced(body, steps(path), value))
                allowed = label in golden.KINDS[kind]
                reading = (VALID if allowed else ANY)[place]
                yield golden.GoldenResponse(place, response.body, {}, status, allowed), reading(client, response)


PROBES = dict(golden.PROBES).items()
"""One value of each kind."""
VALID: dict[str, Callable[[MockedClient, Response], str]] = {
    "create": created,
    "query": queried,
    "callback": lambda client, response: received(client.case, response),
}
ANY: dict[str, Callable[[MockedClient, Response], str]] = {
    "create": created_by_nonsense,
    "query": queried_nonsense,
    "callback": lambda client, response: received_nonsense(client.case, response),
}
"""What must hold of valid responses at each place, and of any."""


def _harmless(task: Task, ref: TaskRef, response: Response) -> None:
    assert task.ref == ref
    assert task.raw == _readable(response)
    assert isinstance(task.vendor_status, str)
    assert task.vendor_status
    assert not task.videos or task.status == "succeeded"
    assert (task.failure is None) == (task.status != "failed")


def _paid_once(client: MockedClient, outcome: Outcome) -> None:
    """Only what is proven to have created nothing, because it came too fast, was sent again."""
    assert client.paid == (1 + RESENDS if isinstance(outcome, RateLimited) else 1)


def _assert_explained(api: str, response: Response, error: KlingkitError) -> None:
    assert error.code == oracle.code_of(response.status, response.body)
    if api == "kie" or "msg" not in response.body:
        assert (error.vendor_message or None) == oracle.message_of(response.body)
    if isinstance(response.body.get("request_id"), str):
        assert (error.request_id or "") == response.body["request_id"][:300]


def _task_or(unreadable: type[KlingkitError], api: str, response: Response, outcome: Outcome, ref: TaskRef) -> str:
    """The task as it is reported; an error where its state cannot be known."""
    word = oracle.word_of(api, response.status, response.body)
    record = oracle.record_of(api, response.body)
    status = oracle.status_of(api, word, record, failed=_failed(api, response)) if word else None
    urls = _urls(api, record) if status == "succeeded" else ()
    another = oracle.id_in(api, record) not in (None, ref.id)
    if not word or urls is None or another:
        assert isinstance(outcome, unreadable)
        return type(outcome).__name__
    assert isinstance(outcome, Task)
    _harmless(outcome, ref, response)
    assert (outcome.vendor_status, outcome.status) == (word, status)
    assert tuple(video.url for video in outcome.videos) == urls
    _assert_times(api, record, outcome)
    return outcome.status


def _failed(api: str, response: Response) -> bool:
    """Whether the code says that the task has failed."""
    return oracle.code_of(response.status, response.body) in oracle.MEANINGS[api].failed


def _assert_times(api: str, record: Any, task: Task) -> None:
    names = {"created": ("createTime", "created_at"), "updated": ("updateTime", "updated_at")}
    for attribute, (of_kie, of_others) in names.items():
        stamp = record.get(of_kie if api == "kie" else of_others)
        if isinstance(stamp, int | float) and 1e12 <= stamp <= 4e12:
            assert getattr(task, attribute) == oracle.moment(stamp)


def _urls(api: str, record: Any) -> tuple[str, ...] | None:
    """The addresses of the videos; None where they cannot be read."""
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


def _readable(response: Response) -> Any:
    """The JSON of a body, None where it is none."""
    try:
        return json.loads(content(response))
    except (ValueError, RecursionError):
        return None
