"""Hypothesis strategies for responses, which schemathesis draws from the specs.

Schemathesis draws only requests. So each response schema becomes the request body of an operation in a
document made for this purpose.

`valid` responses are those that the spec allows, `of tasks` are valid and contain a plausible task, `invalid` ones are
those that the spec forbids.
"""

import json
from functools import cache
from typing import Any, Literal, TypeAlias

import schemathesis
from attrs import frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode

from contract_tests.support.apis import KIE, NATIVE, RELAY
from contract_tests.support.leaks import SECRETS
from scripts.checks.golden_kie import STATES as KIE_STATES
from scripts.checks.golden_official import FAILURE, SUCCESS
from scripts.checks.golden_official import STATES as OFFICIAL_STATES
from scripts.checks.responses import schemas
from scripts.specs.files import load
from scripts.specs.spec import Node

Responses: TypeAlias = SearchStrategy["Response"]
Kind: TypeAlias = Literal["valid", "of tasks", "invalid"]

EXAMPLES_PER_KIND = 18

API_CASES = {case.name: case for case in (KIE, NATIVE, RELAY)}
RESULTS = [None, "", "{}", '{"resultUrls":["https://media.example/a.mp4"]}', '{"resultUrls":["a","b"]}', "{", "[]"]
TIME: Node = {"type": ["integer", "null"], "minimum": 1_000_000_000_000, "maximum": 4_000_000_000_000}
ID: Node = {"type": "string", "pattern": "^[!-~]{1,30}$"}
VIDEO: Node = {"type": "object", "properties": {"url": {"enum": [None, "", "https://media.example/a.mp4"]}}}


@frozen
class Response:
    """A body under an HTTP status; bytes are sent as they are."""

    status: int
    body: Any


def repeatable(examples: int) -> settings:
    """Return settings that draw this many examples, the same in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


@cache
def drawn(kind: Kind, api: str, exchange_kind: str) -> tuple[Response, ...]:
    """Return some responses of a kind to one kind of exchange, drawn once for all tests."""
    if kind == "of tasks":
        return tuple(
            response
            for subject in SUBJECTS
            for response in _draw(EXAMPLES_PER_KIND // 3, _strategy_of_tasks(api, exchange_kind, subject))
        )
    mode = GenerationMode.POSITIVE if kind == "valid" else GenerationMode.NEGATIVE
    return tuple(_draw(EXAMPLES_PER_KIND, _strategy_of_kind(api, exchange_kind, mode)))


def _draw(examples: int, strategy: Responses) -> list[Response]:
    """Draw responses; leave out those with the tests' keys, which Hypothesis finds in the source and would try."""
    responses_drawn: list[Response] = []

    @settings(repeatable(examples), phases=[Phase.generate])
    @given(strategy)
    def collect(response: Response) -> None:
        responses_drawn.append(response)

    collect()
    return [response for response in responses_drawn if not any(secret in repr(response.body) for secret in SECRETS)]


def _strategy_of_tasks(api: str, exchange_kind: str, subject: str) -> Responses:
    bodies = _strategy(_document_of_responses(api, subject), f"/{exchange_kind}/200", GenerationMode.POSITIVE)
    return st.builds(Response, st.just(200), bodies)


def _strategy_of_kind(api: str, exchange_kind: str, mode: GenerationMode) -> Responses:
    statuses_by_schema: dict[str, list[int]] = {}
    for (exchange, status), schema in _response_schemas(api).items():
        if exchange == exchange_kind:
            statuses_by_schema.setdefault(json.dumps(schema, sort_keys=True), []).append(status)
    return st.one_of(
        [
            st.builds(Response, st.sampled_from(statuses), _bodies(api, exchange_kind, statuses[0], mode))
            for statuses in statuses_by_schema.values()
        ]
    )


def _bodies(api: str, exchange_kind: str, status: int, mode: GenerationMode) -> SearchStrategy[Any]:
    return _strategy(_document_of_responses(api), f"/{exchange_kind}/{status}", mode)


def _strategy(document: Any, path: str, mode: GenerationMode) -> SearchStrategy[Any]:
    operation = document[path]["POST"]
    strategy: SearchStrategy[Any] = operation.as_strategy(generation_mode=mode).map(lambda case: case.body)
    return strategy


@cache
def _document_of_responses(api: str, subject: str = "") -> Any:
    """Return a document with a POST for each kind of exchange and status; with a subject, all bodies are about it."""
    schemas_by_place = _response_schemas(api)
    if subject:
        schemas_by_place = {
            exchange: {"allOf": [schema, _narrow(api, exchange[0], subject)]}
            for exchange, schema in schemas_by_place.items()
        }
    paths = {
        f"/{exchange_kind}/{status}": {"post": _operation_with_body(schema)}
        for (exchange_kind, status), schema in schemas_by_place.items()
    }
    info = {"title": f"Responses of {api}", "version": "1"}
    components = {"schemas": load(api)["components"]["schemas"]}
    return schemathesis.openapi.from_dict({"openapi": "3.1.0", "info": info, "paths": paths, "components": components})


def _operation_with_body(schema: Node) -> Node:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, "responses": {"200": {"description": "Read."}}}


@cache
def _response_schemas(api: str) -> dict[tuple[str, int], Node]:
    return {(exchange_kind, int(status)): schema for (exchange_kind, status), schema in schemas(load(api))}


def _narrow(api: str, exchange_kind: str, subject: str) -> Node:
    """Return a schema of responses on a subject."""
    failures = [501] if subject == "failure" else []  # kie may report a failed task by this code
    code = {"enum": [200, *failures] if api == "kie" else [0]}
    if subject == "nothing in particular":
        return {"properties": {"code": code}}
    task = (_kie_record if api == "kie" else _official_task)(SUBJECTS[subject][api != "kie"])
    if exchange_kind == "create":
        task = {"type": "object", "required": task["required"][:1], "properties": {task["required"][0]: ID}}
    enveloped = {"required": ["code", "data"], "properties": {"code": code, "data": task}}
    bare = {**task, "properties": {**task["properties"], "code": code}}
    if exchange_kind == "callback" and api != "kie":
        return bare
    return {"anyOf": [bare, enveloped]} if api == "native" else enveloped


SUBJECTS: dict[str, tuple[list[str], list[str]]] = {
    "progress": ([*KIE_STATES], [*OFFICIAL_STATES]),
    "success": (["success"], [*SUCCESS]),
    "failure": (["fail"], [*FAILURE]),
    "nothing in particular": ([], []),
}
"""What responses may be about -> the states of kie.ai and those of the official APIs that mean it."""


def _kie_record(vendor_states: list[str]) -> Node:
    times = dict.fromkeys(["createTime", "updateTime", "completeTime"], TIME)
    known = {"taskId": ID, "state": {"enum": vendor_states}, "resultJson": {"enum": RESULTS}, **times}
    return {"type": "object", "required": ["taskId", "state"], "properties": known}


def _official_task(vendor_states: list[str]) -> Node:
    times = dict.fromkeys(["created_at", "updated_at"], TIME)
    videos = {"type": "array", "items": VIDEO, "maxItems": 3}
    result = {"type": ["object", "null"], "properties": {"videos": videos}}
    known = {"task_id": ID, "task_status": {"enum": vendor_states}, "task_result": result, **times}
    return {"type": "object", "required": ["task_id", "task_status"], "properties": known}
