"""What must hold of every answer that a client reads: checks that raise where it does not."""

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import klingkit
from contract_tests.conformance import told
from contract_tests.conformance.exchange import SECOND_ATTEMPTS, Exchange, called_back, content
from contract_tests.conformance.mirror import Answer
from klingkit import (
    CallbackRejected,
    KlingkitError,
    MalformedResponse,
    RateLimited,
    SubmissionUncertain,
    Task,
    TaskRef,
)
from scripts.checks import golden
from scripts.checks import responses as answers
from scripts.specs.paths import replaced, steps

Outcome = Task | TaskRef | KlingkitError


def created(exchange: Exchange, answer: Answer) -> str:
    """A spec-valid answer to a paid request: the task that it names, or the error that it means."""
    api = exchange.case.name
    outcome = exchange.submit(answer)
    meaning, ref = told.creation(api, answer.status, answer.body)
    _paid_once(exchange, outcome)
    if meaning == "created":
        assert outcome == ref
        return meaning
    assert isinstance(outcome, KlingkitError)
    assert (type(outcome).__name__, outcome.ref) == (meaning, ref)
    if meaning != "UnreadableSubmission":
        _tells(api, answer, outcome)
    assert outcome.http_status == answer.status
    return meaning


def asked(exchange: Exchange, answer: Answer) -> str:
    """A spec-valid answer to a query: its task without loss, or the error that it means."""
    case = exchange.case
    ref = told.reference(case.name, told.id_in(case.name, told.record_of(case.name, answer.body))) or case.ref
    outcome = exchange.ask(ref, answer)
    refusal = told.refusal(case.name, answer.status, answer.body)
    if refusal:
        assert isinstance(outcome, KlingkitError)
        assert type(outcome) is getattr(klingkit, refusal)
        assert (outcome.http_status, outcome.ref) == (answer.status, ref)
        _tells(case.name, answer, outcome)
        return refusal
    return _task_or(MalformedResponse, case.name, answer, outcome, ref)


def received(case: Any, answer: Answer) -> str:
    """A spec-valid callback: its task without loss, or rejected because it tells of none."""
    ref = told.reference(case.name, told.id_in(case.name, told.record_of(case.name, answer.body)))
    outcome = called_back(case, answer)
    if ref is None:
        assert isinstance(outcome, CallbackRejected)
        return "CallbackRejected"
    return _task_or(CallbackRejected, case.name, answer, outcome, ref)


def paid_for_nonsense(exchange: Exchange, answer: Answer) -> str:
    """Any answer to a paid request: never another exception, a wrong id, a lost one or a second payment."""
    outcome = exchange.submit(answer)
    body, task_id = _readable(answer), None
    if isinstance(body, dict):
        task_id = told.id_in(exchange.case.name, told.record_of(exchange.case.name, body))
    ref = told.reference(exchange.case.name, str(task_id) if type(task_id) is int else task_id)
    _paid_once(exchange, outcome)
    named = outcome if isinstance(outcome, TaskRef) else outcome.ref
    assert named == ref
    if ref is not None:
        assert isinstance(outcome, TaskRef | SubmissionUncertain)
    if isinstance(outcome, KlingkitError) and not isinstance(outcome, SubmissionUncertain):
        assert 400 <= answer.status < 500 or answer.status < 300
        assert answer.status not in told.LOST
    return type(outcome).__name__


def told_nonsense(exchange: Exchange, answer: Answer) -> str:
    """Any answer to a query: a task of this id that keeps every word, or an error of ours."""
    body = _readable(answer)
    api, ref = exchange.case.name, exchange.case.ref
    named = told.reference(api, told.id_in(api, told.record_of(api, body))) if isinstance(body, dict) else None
    outcome = exchange.ask(ref, answer)
    if isinstance(outcome, Task):
        assert named in (None, ref)
        _harmless(outcome, ref, answer)
    else:
        assert (outcome.ref, outcome.http_status) == (ref, answer.status)
    return type(outcome).__name__


def received_nonsense(case: Any, answer: Answer) -> str:
    """Any callback: a task of its own id, or rejected."""
    outcome = called_back(case, answer)
    if isinstance(outcome, Task):
        body = _readable(answer)
        task_id = told.id_in(case.name, told.record_of(case.name, body))
        assert outcome.ref.id == str(task_id)
        _harmless(outcome, outcome.ref, answer)
    else:
        assert isinstance(outcome, CallbackRejected)
    return type(outcome).__name__


def of_any_kind(exchange: Exchange, at: golden.Place) -> Iterator[tuple[golden.Answer, str]]:
    """Read every known field at a place with every kind of value; yield the answers and what they were read as."""
    for shape in answers.shapes(exchange.case.name):
        some = [it for it in shape.places if it[0] == at][::5]  # errors are alike under each status
        for (place, status), body, (path, kind) in product(some, shape.bodies, shape.fields.items()):
            for label, value in PROBES if not path.endswith("[]") and "{}" not in path else ():
                answer = Answer(status, replaced(body, steps(path), value))
                allowed = label in golden.KINDS[kind]
                reading = (VALID if allowed else ANY)[place]
                yield golden.Answer(place, answer.body, {}, status, allowed), reading(exchange, answer)


PROBES = dict(golden.PROBES).items()
"""One value of each kind."""
VALID: dict[str, Callable[[Exchange, Answer], str]] = {
    "create": created,
    "ask": asked,
    "callback": lambda exchange, answer: received(exchange.case, answer),
}
ANY: dict[str, Callable[[Exchange, Answer], str]] = {
    "create": paid_for_nonsense,
    "ask": told_nonsense,
    "callback": lambda exchange, answer: received_nonsense(exchange.case, answer),
}
"""What must hold of valid answers at each place, and of any."""


def _harmless(task: Task, ref: TaskRef, answer: Answer) -> None:
    assert task.ref == ref
    assert task.raw == _readable(answer)
    assert isinstance(task.vendor_status, str)
    assert task.vendor_status
    assert not task.videos or task.status == "succeeded"
    assert (task.failure is None) == (task.status != "failed")


def _paid_once(exchange: Exchange, outcome: Outcome) -> None:
    """Only what is proven to have created nothing, because it came too fast, was sent again."""
    assert exchange.paid == (1 + SECOND_ATTEMPTS if isinstance(outcome, RateLimited) else 1)


def _tells(api: str, answer: Answer, error: KlingkitError) -> None:
    assert error.code == told.code_of(answer.status, answer.body)
    if api == "kie" or "msg" not in answer.body:
        assert (error.vendor_message or None) == told.message_of(answer.body)
    if isinstance(answer.body.get("request_id"), str):
        assert (error.request_id or "") == answer.body["request_id"]


def _task_or(unreadable: type[KlingkitError], api: str, answer: Answer, outcome: Outcome, ref: TaskRef) -> str:
    """The task as told; unreadable where nobody could say what became of it."""
    word = told.word_of(api, answer.status, answer.body)
    record = told.record_of(api, answer.body)
    status = told.status_of(api, word) if word else None
    urls = _urls(api, record) if status == "succeeded" else ()
    another = told.id_in(api, record) not in (None, ref.id)
    if not word or urls is None or another:
        assert isinstance(outcome, unreadable)
        return type(outcome).__name__
    assert isinstance(outcome, Task)
    _harmless(outcome, ref, answer)
    assert (outcome.vendor_status, outcome.status) == (word, status)
    assert tuple(video.url for video in outcome.videos) == urls
    _told_times(api, record, outcome)
    return outcome.status


def _told_times(api: str, record: Any, task: Task) -> None:
    names = {"created": ("createTime", "created_at"), "updated": ("updateTime", "updated_at")}
    for attribute, (of_kie, of_others) in names.items():
        stamp = record.get(of_kie if api == "kie" else of_others)
        if isinstance(stamp, int | float) and 1e12 <= stamp <= 4e12:
            assert getattr(task, attribute) == told.moment(stamp)


def _urls(api: str, record: Any) -> tuple[str, ...] | None:
    """The addresses of the films; None where they cannot be read."""
    if api != "kie":
        return told.films(record)
    try:
        result = json.loads(record.get("resultJson") or "{}")
    except ValueError:
        return None
    urls = result.get("resultUrls") if isinstance(result, dict) else None
    return None if not isinstance(result, dict) else tuple(url for url in urls or () if isinstance(url, str))


def _readable(answer: Answer) -> Any:
    """The JSON of a body, None where it is none."""
    try:
        return json.loads(content(answer))
    except (ValueError, RecursionError):
        return None
