"""The golden responses, read by the client, and compared with what each means (`GoldenResponse.reads`)."""

from collections.abc import Callable, Iterator
from typing import Any

from contract_tests.conformance.mocked_client import RESENDS, MockedClient, called_back
from contract_tests.conformance.response_oracle import id_in, moment, record_of, reference
from contract_tests.conformance.response_strategies import Response
from klingkit import KlingkitError, RateLimited, Task, TaskRef
from scripts.checks import golden, responses


def misread(client: MockedClient, place: golden.Place) -> list[Any]:
    """The golden responses that are misread, and in what."""
    read_here = [(it, [*differences(it, read(client, it))]) for it in golden_at(client.case.name, place)]
    return [(it, problems) for it, problems in read_here if problems]


def golden_at(api: str, place: golden.Place) -> list[golden.GoldenResponse]:
    """The golden responses of an API at a place."""
    return [it for it in responses.responses(api) if it.place == place]


def read(client: MockedClient, it: golden.GoldenResponse) -> Task | TaskRef | KlingkitError:
    response = Response(it.status, it.body)
    if it.place == "callback":
        return called_back(client.case, response)
    if it.place == "query":
        return client.query(requested(client.case.name, it.body) or client.case.ref, response)
    outcome = client.submit(response)
    assert client.paid == (1 + RESENDS if isinstance(outcome, RateLimited) else 1)
    return outcome


def requested(api: str, body: Any) -> TaskRef | None:
    """The task that a response names, if it names one."""
    return reference(api, id_in(api, record_of(api, body))) if isinstance(body, dict) else None


def differences(it: golden.GoldenResponse, outcome: Task | TaskRef | KlingkitError) -> Iterator[tuple[str, Any, Any]]:
    """The facts that were read otherwise."""
    for fact, expected in it.reads.items():
        if (found := FACTS[fact](outcome)) != (moment(expected) if fact in TIMES else expected):
            yield fact, expected, found
    if isinstance(outcome, Task) and outcome.raw != it.body:
        yield "raw", it.body, outcome.raw


def fact(name: str) -> Callable[[Any], Any]:
    """An attribute, where an outcome has it."""
    return lambda outcome: getattr(outcome, name, "none")


def failure(task: Any) -> Any:
    """The code and the words of a failure."""
    return (task.failure.code, task.failure.message) if getattr(task, "failure", None) else None


def of_videos(name: str) -> Callable[[Any], Any]:
    """An attribute of each video."""
    return lambda task: tuple(getattr(video, name) for video in getattr(task, "videos", ()))


TIMES = ("created", "updated", "completed")
FACTS: dict[str, Callable[[Any], Any]] = {
    **{name: fact(name) for name in ("id", "status", "progress", "code", "request_id", *TIMES)},
    "error": lambda outcome: type(outcome).__name__,
    "message": fact("vendor_message"),
    "word": fact("vendor_status"),
    "ref": lambda error: getattr(getattr(error, "ref", None), "id", None),
    "urls": of_videos("url"),
    "seconds": of_videos("duration"),
    "cost": lambda task: str(task.cost),
    "failure": failure,
}
"""How each fact of a golden reading is found in the outcome."""
