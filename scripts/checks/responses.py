"""Compare the golden responses with a spec: it allows those that the client must read, and no others."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import Any, TypeAlias

import jsonschema_rs
from attrs import frozen

from scripts.checks import golden_kie, golden_official
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.golden import KINDS, NEWER, PROBES, Golden, GoldenResponse, Place, Shape
from scripts.specs.paths import ABSENT, at, fields, replaced, steps
from scripts.specs.spec import Node, Spec, is_object, is_settled, operations, resolved, validator

Where: TypeAlias = tuple[Place, int | str]

GOLDENS: Mapping[str, Golden] = {
    "kie": golden_kie.GOLDEN,
    "native": golden_official.golden("native"),
    "relay": golden_official.golden("relay"),
}
METHODS: Mapping[str, Place] = {"post": "create", "get": "query"}
JSON = "application/json"
OBSERVED = "x-field-values"
"""The note of a spec for listed values that only the running services show."""
ASSUMED = frozenset({"default", "format"})
"""What specs like to add, and no response shows."""


@frozen
class Declared:
    """A schema and the places where it stands."""

    places: tuple[Where, ...]
    schema: Node
    judge: jsonschema_rs.Draft202012Validator

    def __str__(self) -> str:
        return ", ".join(f"{place} {status}" for place, status in self.places)


@cache
def responses(api: str) -> list[GoldenResponse]:
    """Return all golden responses of an API."""
    return GOLDENS[api].responses()


@cache
def shapes(api: str) -> tuple[Shape, ...]:
    """Return the fields that responses of an API have."""
    return GOLDENS[api].shapes


def problems(api: str, spec: Spec) -> list[str]:
    """Return where a spec disagrees with the golden responses."""
    stated = dict(schemas(spec))
    known = {place for shape in shapes(api) for place in shape.places}
    found = chain(
        (f"{place} {status} is known, and no JSON declared for it" for place, status in sorted(known - stated.keys())),
        (f"{place} {status} is declared, and not known" for place, status in sorted(stated.keys() - known, key=str)),
        *(_against_remembered(api, spec, declared) for declared in _distinct(spec, stated)),
        _meanings(api, spec),
        _observed_states(api, spec, stated),
        _links(api, spec),
        _callbacks(spec),
    )
    return [f"{api}: {problem}" for problem in dict.fromkeys(found)]


def compared(api: str) -> int:
    """Count the responses that are compared, and the fields that are tried."""
    return len(responses(api)) + sum(len(shape.fields) for shape in shapes(api))


def schemas(spec: Spec) -> Iterator[tuple[Where, Node]]:
    """Yield each place where a client reads JSON, and its schema; callbacks count as HTTP 200."""
    for operation in operations(spec):
        place = METHODS.get(operation.method)
        for status, response in operation.node["responses"].items() if place else ():
            yield from _json((place, int(status) if status.isdigit() else status), resolved(spec, response))
        for callback in operation.node.get("callbacks", {}).values():
            for item in callback.values():
                yield from _json(("callback", 200), item.get("post", {}).get("requestBody", {}))


def _json(where: Any, holder: Node) -> Iterator[tuple[Where, Node]]:
    schema = holder.get("content", {}).get(JSON, {}).get("schema")
    if schema is not None:
        yield where, schema


def _distinct(spec: Spec, stated: Mapping[Where, Node]) -> Iterator[Declared]:
    """Yield each schema once, with all places that refer to it."""
    places: dict[str, list[Where]] = {}
    for where, schema in stated.items():
        places.setdefault(json.dumps(schema, sort_keys=True), []).append(where)
    for alike in places.values():
        schema = stated[alike[0]]
        yield Declared(tuple(alike), schema, validator(spec, schema))


# Whole responses, then field by field


_remembered: dict[tuple[tuple[Where, ...], int], list[str]] = {}
"""Places and identity of a schema of a remembered spec, where all that it refers to is unchanged -> what is wrong."""


def _against_remembered(api: str, spec: Spec, declared: Declared) -> Iterable[str]:
    if not is_settled(spec, declared.schema):
        return _against(api, spec, declared)
    key = (declared.places, id(declared.schema))
    if key not in _remembered:
        _remembered[key] = [*_against(api, spec, declared)]
    return _remembered[key]


def _against(api: str, spec: Spec, declared: Declared) -> Iterator[str]:
    """Yield where a schema disagrees with the golden responses of its places."""
    for response in responses(api):
        if (response.place, response.status) in declared.places and declared.judge.is_valid(
            response.body
        ) != response.allowed:
            yield f"{declared} {'refuses' if response.allowed else 'allows'} {_short(response.body)}"
    known = [shape for shape in shapes(api) if set(shape.places) & set(declared.places)]
    stated = fields(spec, declared.schema)
    for path in sorted(stated.keys() ^ {path for shape in known for path in shape.fields}):
        yield f"{declared}: {path} is {'declared, and not known' if path in stated else 'known, and not declared'}"
    for path, key in ((path, key) for path, nodes in stated.items() for node in nodes for key in ASSUMED & node.keys()):
        yield f"{declared}: {path} has a {key}, which no source states"
    for shape in known:
        plain = {path: kind for path, kind in shape.fields.items() if "{}" not in path}
        yield from (f"{declared}: {problem}" for problem in _kinds(plain, shape.bodies, declared.judge))
        yield from (f"{declared}: {problem}" for problem in _strings(spec, shape, stated))


def _kinds(kinds: Mapping[str, str], bodies: Iterable[Any], judge: jsonschema_rs.Draft202012Validator) -> Iterator[str]:
    """Try every field with values of every kind."""
    for body in bodies:
        if is_object(body) and not judge.is_valid({**body, **NEWER}):
            yield "there can be no new fields"
    for path, kind in kinds.items():
        way, allowed = steps(path), KINDS[kind]
        for label, value in PROBES:
            if value is ABSENT and (not path or path.endswith("[]")):
                continue  # there is nothing to leave out
            if any(judge.is_valid(replaced(body, way, value)) != (label in allowed) for body in bodies):
                yield f"{path or 'it'} {'cannot' if label in allowed else 'can'} be {label} ({_short(value)})"


def _strings(spec: Spec, shape: Shape, stated: Mapping[str, list[Node]]) -> Iterator[str]:
    """Try the JSON within strings with values of every kind."""
    for path in [path for path in shape.fields if path.endswith("{}")]:
        outer = path.removesuffix("{}")
        inner = {name.removeprefix(path).removeprefix("."): kind for name, kind in shape.fields.items() if path in name}
        bodies = [json.loads(at(body, steps(outer))) for body in shape.bodies]
        for node in stated.get(outer, ()):
            if node.get("contentMediaType") != JSON:
                yield f"{outer} holds JSON, and is declared to hold {node.get('contentMediaType')}"
            for problem in _kinds(inner, bodies, validator(spec, node.get("contentSchema", {}))):
                yield f"in {outer}, {problem}"


def _short(value: Any) -> str:
    text = "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."


# Meanings of statuses, links and callbacks


def _meanings(api: str, spec: Spec) -> Iterator[str]:
    """Each status has the response with its name."""
    known = GOLDENS[api].meanings
    for operation in operations(spec):
        for status, node in operation.node["responses"].items():
            name = node.get("$ref", "").rpartition("/")[2]
            if name != known.get(status, ""):
                yield f"{operation} {status} is {name or 'no shared response'}, and means {known.get(status)}"


def _observed_states(api: str, spec: Spec, stated: Mapping[Where, Node]) -> Iterator[str]:
    """Words that only the running services show are noted where the documented ones stand."""
    observed, name = GOLDENS[api].observed_states, ENDPOINTS[api].state
    for where, schema in stated.items():
        for path, nodes in fields(spec, schema).items():
            for node in nodes if path.rpartition(".")[2] == name else ():
                if tuple(node.get(OBSERVED, ())) != observed:
                    yield f"{where}: {path} notes {node.get(OBSERVED)} as observed, and observed are {observed}"


def _callbacks(spec: Spec) -> Iterator[str]:
    """A callback always has a body, which is JSON, and nothing else that a receiver could look for."""
    for operation in operations(spec):
        for name, addresses in operation.node.get("callbacks", {}).items():
            for item in addresses.values():
                node = item.get("post", {})
                body = node.get("requestBody", {})
                if (body.get("required"), [*body.get("content", ())]) != (True, [JSON]):
                    yield f"the callback {name} always has a body, of {JSON}"
                replies = node.get("responses", {})
                if node.get("operationId") != name or [*replies] != ["200"] or "content" in replies["200"]:
                    yield f"the callback {name} is called so, and takes any reply of status 200 without reading it"
                if node.get("security") != [] or node.get("parameters"):
                    yield f"the callback {name} has neither key nor parameters"


def _links(api: str, spec: Spec) -> Iterator[str]:
    """The id that a creation gives is what the query takes."""
    stated = {operation.method: operation for operation in operations(spec)}
    if not {"post", "get"} <= stated.keys():
        return
    links = [
        link for response in stated["post"].node["responses"].values() for link in response.get("links", {}).values()
    ]
    named = {node["name"] for node in stated["get"].node.get("parameters", ())}
    if not links:
        yield "no link leads from a created task to its query"
    for link in links:
        if link.get("operationId") != stated["get"].node.get("operationId"):
            yield f"a created task leads to {link.get('operationId')}, which is not its query"
        if link.get("parameters", {}).keys() != named:
            yield f"a link gives {sorted(link.get('parameters', {}))}, and the query takes {sorted(named)}"
        for expression in link.get("parameters", {}).values():
            yield from _expression(api, expression)


def _expression(api: str, expression: str) -> Iterator[str]:
    """It finds the id in the document's own response, which comes first, and never anything else."""
    pointer = re.fullmatch(r"\$response\.body#/(.+)", expression)
    found = [
        (at(response.body, pointer[1].split("/")) if pointer else None, response.reads["id"])
        for response in responses(api)
        if response.place == "create" and response.allowed and "id" in response.reads
    ]
    if found[0][0] is None or any(value not in (None, made) for value, made in found):
        yield f"{expression} does not find the id of a created task"
