"""The golden answers on their way through the client: read, and compared with what they tell."""

from collections.abc import Iterator
from typing import Any

from contract_tests.conformance.exchange import SECOND_ATTEMPTS, Exchange, called_back
from contract_tests.conformance.mirror import Answer
from contract_tests.conformance.told import moment, reference
from klingkit import KlingkitError, RateLimited, Task, TaskRef
from scripts.contract import answers, golden


def misread(exchange: Exchange, place: golden.Place) -> list[Any]:
    """The golden answers that are read otherwise than told, and in what."""
    read_here = [(it, [*differences(it, read(exchange, it))]) for it in told_at(exchange.speech.name, place)]
    return [(it, problems) for it, problems in read_here if problems]


def told_at(api: str, place: golden.Place) -> list[golden.Answer]:
    """The golden answers of an API at a place."""
    return [it for it in answers.answers(api) if it.place == place]


def read(exchange: Exchange, it: golden.Answer) -> Task | TaskRef | KlingkitError:
    answer = Answer(it.status, it.body)
    if it.place == "callback":
        return called_back(exchange.speech, answer)
    if it.place == "ask":
        return exchange.ask(reference(exchange.speech.name, told_id(it.body)) or exchange.speech.ref, answer)
    outcome = exchange.submit(answer)
    assert exchange.paid == (1 + SECOND_ATTEMPTS if isinstance(outcome, RateLimited) else 1)
    return outcome


def told_id(body: Any) -> Any:
    data = body.get("data") if isinstance(body, dict) else None
    return data.get("taskId") if isinstance(data, dict) else None


def differences(it: golden.Answer, outcome: Task | TaskRef | KlingkitError) -> Iterator[tuple[str, Any, Any]]:
    """The facts that were read otherwise."""
    for fact, expected in it.reads.items():
        if (found := FACTS[fact](outcome)) != (moment(expected) if fact in TIMES else expected):
            yield fact, expected, found
    if isinstance(outcome, Task) and outcome.raw != it.body:
        yield "raw", it.body, outcome.raw


def failure(task: Any) -> Any:
    return task.failure and (task.failure.code, task.failure.message)


TIMES = ("created", "updated", "completed")
FACTS: dict[str, Any] = {
    **{name: (lambda it, name=name: getattr(it, name, "none")) for name in ("id", "status", "progress", *TIMES)},
    "ref": lambda it: it.ref.id if it.ref else None,
    "error": lambda it: type(it).__name__,
    "code": lambda it: it.code,
    "message": lambda it: it.vendor_message,
    "request_id": lambda it: it.request_id,
    "word": lambda it: it.vendor_status,
    "urls": lambda it: tuple(video.url for video in it.videos),
    "seconds": lambda it: tuple(video.duration for video in it.videos),
    "failure": failure,
}
