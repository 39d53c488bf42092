"""Rules on values: examples, defaults and choices are allowed by their schemas, and examples name no real host."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import chain
from typing import Any, TypeAlias

import jsonschema_rs

from scripts.specs.baseline import by_node, escaped, reached
from scripts.specs.lint.index import Finding, Index, Rule, at, followed
from scripts.specs.spec import Node, Spec, is_list, is_object, keyed
from scripts.specs.spec import validator as validator_of

HOST = re.compile(r"https?://([^/\s\"'\\?#:]+)")
ROOT = re.compile(r"/components/schemas/[^/]+|/.*/schema")
UNIONS = ("anyOf", "oneOf")
PLACEHOLDER = "TODO"
"""The description in the draft of a schema, to be replaced."""
SHOWN = 60  # characters of a value that a message shows

Value: TypeAlias = tuple[str, str, Any]
"""Where a value stands, the JSON pointer of its schema, and the value."""


def valid_schemas(index: Index) -> Iterator[Finding]:
    """Every schema is valid by the meta-schema of JSON Schema."""
    for where, node in index.new_schemas.items():
        if ROOT.fullmatch(where):
            try:
                jsonschema_rs.meta.validate(node)
            except jsonschema_rs.ValidationError as error:
                yield where, f"is no schema: {error.message}"


def valid_values(index: Index) -> Iterator[Finding]:
    """Every example, default, constant and listed value is allowed by its schema."""
    yield from invalid_values(index.spec, [*_new_examples(index), *_listed(index)])


def valid_embedded_json(index: Index) -> Iterator[Finding]:
    """A string in an example that must hold JSON does, and its content is allowed by `contentSchema`."""
    yield from invalid_embedded_json(index.spec, _new_examples(index))


def example_hosts(index: Index) -> Iterator[Finding]:
    """Addresses in examples use hosts that are reserved for examples (RFC 2606)."""
    for where, _, value in _new_examples(index):
        for host in HOST.findall(json.dumps(value)):
            if not host.endswith(".example"):
                yield where, f"shows the host {host}; those of examples end in .example"


def missing_examples(index: Index) -> Iterator[Finding]:
    """Every body of a request, every form of it, every callback and every successful response has an example."""
    for call in index.calls:
        requests, responses = call.bodies
        good = {where: node for where, node in responses.items() if f"{call.where}/responses/2" in where}
        for where, node in (requests | good).items():
            shown = _examples_of(index.spec, node)
            if "schema" in node and not shown:
                yield where, "has no example"
            elif not call.incoming and where in requests and _is_new(index, where):
                yield from _forms_without_example(index, f"{where}/schema", shown)


def examples(index: Index) -> Iterator[Value]:
    """Yield every example, with its schema."""
    for where in index.schemas:
        yield from _examples_at(index, where)


def _new_examples(index: Index) -> Iterator[Value]:
    """Yield the examples that are new, or whose schema is."""
    for where in index.schemas:
        if index.is_new(where) or where.removesuffix("/schema") in index.new_nodes:
            yield from _examples_at(index, where)


def _examples_at(index: Index, where: str) -> Iterator[Value]:
    """Yield the examples in a schema, and those beside it in a parameter or a media type."""
    yield from (
        (f"{where}/examples/{place}", where, it) for place, it in enumerate(index.schemas[where].get("examples", ()))
    )
    holder = where.removesuffix("/schema")
    if holder != where and holder in index.nodes:
        yield from ((f"{holder}{end}", where, value) for end, value in _beside(index.nodes[holder]))


def invalid_values(spec: Spec, tried: Sequence[Value]) -> Iterator[Finding]:
    """Yield the values that their schemas do not allow."""
    for place, why in _schema_errors(spec, tried).items():
        where, _, value = tried[place]
        shown = json.dumps(value, ensure_ascii=False)
        yield where, f"{shown if len(shown) <= SHOWN else f'{shown[:SHOWN]}...'} is not allowed by its schema: {why}"


def invalid_embedded_json(spec: Spec, tried: Iterable[Value]) -> Iterator[Finding]:
    """Yield the strings within values that must hold JSON and do not, or hold JSON that their schemas do not allow."""
    read: list[Value] = []
    holds = cache(partial(_can_hold_json, spec))
    for where, schema, text in chain.from_iterable(_json_strings(spec, *it) for it in tried if holds(it[1])):
        try:
            read.append((where, schema, json.loads(text)))
        except ValueError as error:
            yield where, f"holds a text that is not JSON: {error}"
    yield from invalid_values(spec, read)


def missing_description(index: Index) -> Iterator[Finding]:
    """No description is still the placeholder of a draft."""
    for where, node in index.nodes.items():
        if PLACEHOLDER in str(node.get("description", "")):
            yield f"{where}/description", f"is still to be written: {PLACEHOLDER}"


RULES: tuple[Rule, ...] = (
    valid_schemas,
    valid_values,
    valid_embedded_json,
    example_hosts,
    missing_examples,
    missing_description,
)


def _beside(node: Node) -> Iterator[tuple[str, Any]]:
    """Yield the examples of a parameter or a media type, each with its pointer from there."""
    if "example" in node:
        yield "/example", node["example"]
    for name, entry in node.get("examples", {}).items():
        yield f"/examples/{escaped(name)}/value", entry.get("value")


def _examples_of(spec: Spec, node: Node) -> list[Any]:
    """Return the examples of a media type, or of its schema."""
    _, schema = followed(spec, "", node.get("schema", {}))
    return [value for _, value in _beside(node)] or schema.get("examples", [])


def _is_new(index: Index, where: str) -> bool:
    """Whether a media type, or its schema, is not what a remembered spec has there."""
    schema = f"{where}/schema"
    return where in index.new_nodes or (schema in index.schemas and index.is_new(schema))


def _forms_without_example(index: Index, where: str, shown: list[Any]) -> Iterator[Finding]:
    """Yield the forms of a body that no example has."""
    parts = index.schemas.get(where, {})
    for form in (f"{where}/{key}/{place}" for key in UNIONS for place, _ in enumerate(parts.get(key, ()))):
        try:
            allows = validator_of(index.spec, at(index.spec, form)).is_valid
        except ValueError:
            continue  # another rule reports what is no schema
        if not any(map(allows, shown)):
            yield form, "is a form without an example"


def _listed(index: Index) -> Iterator[Value]:
    """Yield the defaults, constants and listed values of schemas that are new."""
    for where, node in index.schemas.items():
        if not index.is_new(where):
            continue
        yield from ((f"{where}/{key}", where, node[key]) for key in ("default", "const") if key in node)
        for key in ("enum", "x-field-values"):
            yield from ((f"{where}/{key}/{place}", where, value) for place, value in enumerate(node.get(key, ())))


def _can_hold_json(spec: Spec, schema: str) -> bool:
    """Whether a schema, or what it refers to, says of some string that it holds JSON; few do."""
    node = at(spec, schema)
    return any(map(_describes_content, (node, *reached(spec, node).values())))


@by_node
def _describes_content(node: Any) -> bool:
    held = keyed(node)
    return any(key == "contentSchema" or _describes_content(child) for key, child in held)


def _json_strings(spec: Spec, where: str, schema: str, value: object) -> Iterator[Value]:
    """Yield every string within a value that must hold JSON, with the schema of its content."""
    here, node = followed(spec, schema, at(spec, schema))
    if isinstance(value, str) and value and "contentSchema" in node:
        yield where, f"{here}/contentSchema", value
    for key in (*UNIONS, "allOf"):
        for place, _ in enumerate(node.get(key, ())):
            yield from _json_strings(spec, where, f"{here}/{key}/{place}", value)
    fields = value if is_object(value) else {}
    for name in node.get("properties", {}).keys() & fields.keys():
        yield from _json_strings(spec, f"{where}/{name}", f"{here}/properties/{escaped(name)}", fields[name])
    for place, item in enumerate(value if is_list(value) and "items" in node else ()):
        yield from _json_strings(spec, f"{where}/{place}", f"{here}/items", item)


def _schema_errors(spec: Spec, tried: Sequence[Value]) -> dict[int, str]:
    """Map the position of each invalid value to the reason; validate all at once, since compiling takes the time."""
    if not tried:
        return {}
    items = [at(spec, schema) for _, schema, _ in tried]
    try:
        validator = validator_of(spec, {"prefixItems": items})
    except ValueError as error:
        return {0: f"one of the schemas cannot be read: {error}"}
    errors = validator.iter_errors([value for _, _, value in tried])
    return {int(error.instance_path[0]): error.message for error in errors}
