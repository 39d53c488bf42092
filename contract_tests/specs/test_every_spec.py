"""What holds for every spec in openapi/."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import openapi_spec_validator
import pytest

Node = dict[str, Any]
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SOURCE = re.compile(r"^(field|(?P<document>00[0-4]): .+)$")


def walk(node: object, where: str = "") -> Iterator[tuple[str, Node]]:
    """Every object of the spec and its place, examples left out: they are data."""
    if isinstance(node, dict):
        yield where, node
    for key, child in children(node):
        if key not in {"example", "examples", "default", "const"}:
            yield from walk(child, f"{where}/{key}")


def children(node: object) -> list[tuple[Any, Any]]:
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list) else []


def operations(spec: Node) -> Iterator[tuple[str, Node]]:
    for where, node in walk(spec):
        for method in METHODS & node.keys():
            if isinstance(node[method], dict) and "responses" in node[method]:
                yield f"{where}/{method}", node[method]


def sourced(spec: Node) -> Iterator[tuple[str, Node]]:
    """All that must name its source: operations, schemas, properties, parameters, responses, keys, hosts."""
    yield from operations(spec)
    for kind in ("schemas", "responses", "securitySchemes"):
        yield from spec["components"][kind].items()
    for server in spec["servers"]:
        yield from server.get("variables", {}).items()
    for where, node in walk(spec):
        if isinstance(node.get("properties"), dict):
            yield from ((f"{where}/{name}", child) for name, child in node["properties"].items())
        for parameter in node.get("parameters", ()) if "responses" in node else ():
            yield f"{where}/{parameter['name']}", parameter
            yield f"{where}/{parameter['name']}/schema", parameter["schema"]


def badly_sourced(spec: Node) -> list[str]:
    return [where for where, node in sourced(spec) if not well_sourced(node, spec)]


def well_sourced(node: Node, spec: Node) -> bool:
    source = node.get("x-source", [])
    matches = [SOURCE.match(entry) for entry in ([source] if isinstance(source, str) else source)]
    documents = spec["info"]["x-documents"].keys() | {None}
    return bool(matches) and all(match and match["document"] in documents for match in matches)


def violations(spec: Node, schema: Node, value: object) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": spec["components"]})
    return [f"{value!r}: {error.message}" for error in validator.iter_errors(value)]


def examples(spec: Node) -> Iterator[tuple[Node, object]]:
    """Every example with the schema that it must satisfy."""
    for _, node in walk(spec):
        listed = node.get("examples")
        if isinstance(listed, list):
            yield from ((node, value) for value in listed)
        elif isinstance(listed, dict) and "schema" in node:
            yield from ((node["schema"], entry["value"]) for entry in listed.values())
        if "example" in node:
            yield node["schema"], node["example"]


def json_strings(spec: Node) -> Iterator[tuple[Node, str]]:
    """Every JSON text inside an example, with the schema of what it holds."""
    holders = {
        name: child["contentSchema"]
        for _, node in walk(spec)
        if isinstance(node.get("properties"), dict)
        for name, child in node["properties"].items()
        if "contentSchema" in child
    }
    for schema, value in examples(spec):
        if "contentSchema" in schema and isinstance(value, str):
            yield schema["contentSchema"], value
        for _, node in walk(value):
            yield from ((holders[name], node[name]) for name in holders if node.get(name))


def test_is_openapi_3_1(spec):
    assert spec["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(spec)


def test_everything_names_its_source(spec):
    assert badly_sourced(spec) == []


@pytest.mark.parametrize("source", [[], "", "000", "009: request", "000: ", "somewhere"])
def test_a_missing_or_malformed_source_is_found(spec, source):
    broken = copy.deepcopy(spec)
    name, schema = next(iter(broken["components"]["schemas"].items()))
    field = next(iter(schema["properties"]))
    schema["properties"][field]["x-source"] = source

    assert badly_sourced(broken) == [f"/components/schemas/{name}/{field}"]


def test_values_from_the_field_are_marked_as_such(spec):
    marked = [node for _, node in walk(spec) if "x-field-values" in node]
    assert [node for node in marked if "field" not in node["x-source"]] == []
    for node in marked:
        schema = {**node, "components": spec["components"]}
        assert all(jsonschema_rs.Draft202012Validator(schema).is_valid(value) for value in node["x-field-values"])


def test_no_schema_has_a_title(spec):
    """The generator would name modules after it."""
    titled = [where for where, node in walk(spec["components"]["schemas"]) if "title" in node]
    assert titled == []


def test_security_stands_on_each_operation(spec):
    """The generator ignores it at the root, and then takes a client without a key."""
    assert "security" not in spec
    assert [where for where, operation in operations(spec) if "security" not in operation] == []


def test_every_operation_towards_the_service_needs_the_key(spec):
    ours = [node for where, node in operations(spec) if "/callbacks/" not in where]
    scheme = next(iter(spec["components"]["securitySchemes"]))
    assert [node["security"] for node in ours] == [[{scheme: []}]] * len(ours)


def test_examples_satisfy_their_schemas(spec):
    found = [line for schema, value in examples(spec) for line in violations(spec, schema, value)]
    assert found == []


def test_json_inside_examples_satisfies_its_schema(spec):
    found = [line for schema, text in json_strings(spec) for line in violations(spec, schema, json.loads(text))]
    assert found == []


def test_links_lead_to_an_operation_and_name_its_parameters(spec):
    parameters = {
        operation["operationId"]: {entry["name"] for entry in operation.get("parameters", ())}
        for _, operation in operations(spec)
    }
    links = [link for _, node in walk(spec) for link in node.get("links", {}).values()]
    for link in links:
        assert link["parameters"].keys() == parameters[link["operationId"]]
