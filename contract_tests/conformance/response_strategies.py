"""Strategies of responses, drawn from the specs by schemathesis.

Schemathesis draws requests only. So each response schema becomes the request body of an operation in a document made
for it. `valid` responses are those that the spec allows, `of tasks` are valid and contain a plausible task, `invalid`
ones are those that the spec forbids.
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

EXAMPLES = 18

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
def drawn(kind: Kind, api: str, place: str) -> tuple[Response, ...]:
    """Some responses of a kind at a place, drawn once for all tests."""
    if kind == "of tasks":
        return tuple(
            response for subject in SUBJECTS for response in _some(EXAMPLES // 3, _of_tasks(api, place, subject))
        )
    mode = GenerationMode.POSITIVE if kind == "valid" else GenerationMode.NEGATIVE
    return tuple(_some(EXAMPLES, _anywhere(api, place, mode)))


def _some(examples: int, responses: Responses) -> list[Response]:
    """Responses without the keys of the tests, which Hypothesis finds in their source and likes to try."""
    found: list[Response] = []

    @settings(repeatable(examples), phases=[Phase.generate])
    @given(responses)
    def collect(response: Response) -> None:
        found.append(response)

    collect()
    return [response for response in found if not any(secret in repr(response.body) for secret in SECRETS)]


def _of_tasks(api: str, place: str, subject: str) -> Responses:
    bodies = _strategy(_document_of_responses(api, subject), f"/{place}/200", GenerationMode.POSITIVE)
    return st.builds(Response, st.just(200), bodies)


def _anywhere(api: str, place: str, mode: GenerationMode) -> Responses:
    alike: dict[str, list[int]] = {}
    for (where, status), schema in _response_schemas(api).items():
        if where == place:
            alike.setdefault(json.dumps(schema, sort_keys=True), []).append(status)
    return st.one_of(
        [
            st.builds(Response, st.sampled_from(statuses), _bodies(api, place, statuses[0], mode))
            for statuses in alike.values()
        ]
    )


def _bodies(api: str, place: str, status: int, mode: GenerationMode) -> SearchStrategy[Any]:
    return _strategy(_document_of_responses(api), f"/{place}/{status}", mode)


def _strategy(document: Any, path: str, mode: GenerationMode) -> SearchStrategy[Any]:
    operation = document[path]["POST"]
    strategy: SearchStrategy[Any] = operation.as_strategy(generation_mode=mode).map(lambda case: case.body)
    return strategy


@cache
def _document_of_responses(api: str, subject: str = "") -> Any:
    """Return a document with a POST for each place and status; with a subject, all bodies are about it."""
    schemas_by_place = _response_schemas(api)
    if subject:
        schemas_by_place = {
            where: {"allOf": [schema, _narrow(api, where[0], subject)]} for where, schema in schemas_by_place.items()
        }
    paths = {
        f"/{place}/{status}": {"post": _operation_with_body(schema)}
        for (place, status), schema in schemas_by_place.items()
    }
    info = {"title": f"Responses of {api}", "version": "1"}
    components = {"schemas": load(api)["components"]["schemas"]}
    return schemathesis.openapi.from_dict({"openapi": "3.1.0", "info": info, "paths": paths, "components": components})


def _operation_with_body(schema: Node) -> Node:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, "responses": {"200": {"description": "Read."}}}


@cache
def _response_schemas(api: str) -> dict[tuple[str, int], Node]:
    return {(place, int(status)): schema for (place, status), schema in schemas(load(api))}


def _narrow(api: str, place: str, subject: str) -> Node:
    """Return a schema of responses on a subject."""
    failures = [501] if subject == "failure" else []  # kie may report a failed task by this code
    code = {"enum": [200, *failures] if api == "kie" else [0]}
    if subject == "nothing in particular":
        return {"properties": {"code": code}}
    task = (_kie_record if api == "kie" else _official_task)(SUBJECTS[subject][api != "kie"])
    if place == "create":
        task = {"type": "object", "required": task["required"][:1], "properties": {task["required"][0]: ID}}
    enveloped = {"required": ["code", "data"], "properties": {"code": code, "data": task}}
    bare = {**task, "properties": {**task["properties"], "code": code}}
    if place == "callback" and api != "kie":
        return bare
    return {"anyOf": [bare, enveloped]} if api == "native" else enveloped


SUBJECTS: dict[str, tuple[list[str], list[str]]] = {
    "progress": ([*KIE_STATES], [*OFFICIAL_STATES]),
    "success": (["success"], [*SUCCESS]),
    "failure": (["fail"], [*FAILURE]),
    "nothing in particular": ([], []),
}
"""What responses may be about, and the words for it of kie.ai and of the others."""


def _kie_record(words: list[str]) -> Node:
    times = dict.fromkeys(["createTime", "updateTime", "completeTime"], TIME)
    known = {"taskId": ID, "state": {"enum": words}, "resultJson": {"enum": RESULTS}, **times}
    return {"type": "object", "required": ["taskId", "state"], "properties": known}


def _official_task(words: list[str]) -> Node:
    times = dict.fromkeys(["created_at", "updated_at"], TIME)
    videos = {"type": "array", "items": VIDEO, "maxItems": 3}
    result = {"type": ["object", "null"], "properties": {"videos": videos}}
    known = {"task_id": ID, "task_status": {"enum": words}, "task_result": result, **times}
    return {"type": "object", "required": ["task_id", "task_status"], "properties": known}
