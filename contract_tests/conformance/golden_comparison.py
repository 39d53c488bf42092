"""Compares what the client reads from each golden response with its stated meaning (`GoldenResponse.reads`)."""

from collections.abc import Callable, Iterator
from typing import Any

from contract_tests.conformance.mocked_client import RESENDS, MockedClient, read_callback
from contract_tests.conformance.response_oracle import id_in, record_of, reference, utc_time
from contract_tests.conformance.response_strategies import Response
from klingkit import KlingkitError, RateLimited, Task, TaskRef
from scripts.checks import golden, responses


def misread(client: MockedClient, exchange_kind: golden.ExchangeKind) -> list[Any]:
    """Return the golden responses that the client misreads, each with the differences."""
    readings = [
        (golden_response, [*differences(golden_response, read(client, golden_response))])
        for golden_response in golden_responses(client.api_case.name, exchange_kind)
    ]
    return [(golden_response, problems) for golden_response, problems in readings if problems]


def golden_responses(api: str, exchange_kind: golden.ExchangeKind) -> list[golden.GoldenResponse]:
    """Return the golden responses of an API to one kind of exchange."""
    found = [each for each in responses.responses(api) if each.exchange_kind == exchange_kind]
    assert found, f"no golden response of {api} to {exchange_kind}"
    return found


def read(client: MockedClient, golden_response: golden.GoldenResponse) -> Task | TaskRef | KlingkitError:
    response = Response(golden_response.status, golden_response.body)
    if golden_response.exchange_kind == "callback":
        return read_callback(client.api_case, response)
    if golden_response.exchange_kind == "query":
        return client.query(named_ref(client.api_case.name, golden_response.body) or client.api_case.ref, response)
    outcome = client.submit(response)
    assert client.paid == (1 + RESENDS if isinstance(outcome, RateLimited) else 1)
    return outcome


def named_ref(api: str, body: Any) -> TaskRef | None:
    """Return the reference of the task that a response names, if it names one."""
    return reference(api, id_in(api, record_of(api, body))) if isinstance(body, dict) else None


def differences(
    golden_response: golden.GoldenResponse, outcome: Task | TaskRef | KlingkitError
) -> Iterator[tuple[str, Any, Any]]:
    """Yield the facts that were read differently: the name, the stated and the read value."""
    for fact, expected in golden_response.reads.items():
        if (read_value := FACTS[fact](outcome)) != (utc_time(expected) if fact in TIMES else expected):
            yield fact, expected, read_value
    if isinstance(outcome, Task) and outcome.raw != golden_response.body:
        yield "raw", golden_response.body, outcome.raw


def attribute(name: str) -> Callable[[Any], Any]:
    """Return a reader of an outcome's attribute; it reads "none" where the outcome has none."""
    return lambda outcome: getattr(outcome, name, "none")


def failure(task: Any) -> Any:
    """Return the code and the message of a failure."""
    return (task.failure.code, task.failure.message) if getattr(task, "failure", None) else None


def attribute_of_videos(name: str) -> Callable[[Any], Any]:
    """Return a reader of an attribute of each video."""
    return lambda task: tuple(getattr(video, name) for video in getattr(task, "videos", ()))


TIMES = ("created", "updated", "completed")
FACTS: dict[str, Callable[[Any], Any]] = {
    **{name: attribute(name) for name in ("id", "status", "progress", "code", "request_id", *TIMES)},
    "error": lambda outcome: type(outcome).__name__,
    "message": attribute("vendor_message"),
    "word": attribute("vendor_status"),
    "ref": lambda error: getattr(getattr(error, "ref", None), "id", None),
    "urls": attribute_of_videos("url"),
    "seconds": attribute_of_videos("duration"),
    "cost": lambda task: str(task.cost),
    "failure": failure,
}
"""Fact of a golden response -> a function that reads it from the outcome."""
