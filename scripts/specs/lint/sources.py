"""Rules on `x-source` and the other `x-` notes, and on titles.

Every fact names its place in a document, or an observation of the running service.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.specs.baseline import by_node, escaped
from scripts.specs.field import (
    BOUNDS,
    CHOICES,
    ID,
    RETIRED,
    SHARED,
    is_observed_alone,
    observation_ids,
    observations,
    observed,
    observed_values,
    sources,
)
from scripts.specs.lint.index import Finding, Index, Rule, followed
from scripts.specs.spec import Node

SOURCE = re.compile(rf"field: {ID}|(?!field:)(?P<document>[^:\s]+): (?P<place>\S+)")
FIELD = re.compile(r"(?:query\.)?(?:request|response)\.(?:.*\.)?(?P<name>[^.]+)")
"""The place of a field; other places (codes, notes, a callback) may describe any field."""
SOURCED = ("schemas", "responses", "parameters", "requestBodies", "headers", "securitySchemes")
HEADER = {"name", "required", "type", "sample"}


def sourced(index: Index) -> Iterator[tuple[str, Node]]:
    """Yield every node that must name its source, with its JSON pointer."""
    for kind in SOURCED:
        for name, node in index.spec.get("components", {}).get(kind, {}).items():
            yield f"/components/{kind}/{escaped(name)}", node
    for place, server in enumerate(index.spec.get("servers", [])):
        yield from ((f"/servers/{place}/variables/{name}", it) for name, it in server.get("variables", {}).items())
    for call in index.calls:
        yield call.where, call.node
        yield from ((where, node) for where, node in call.responses.items() if "$ref" not in node)
        for where, parameter in call.parameters.items():
            yield where, parameter
            yield f"{where}/schema", parameter.get("schema", {})
    for where, schema in index.new_schemas.items():
        yield from _properties(where, schema)


def missing_source(index: Index) -> Iterator[Finding]:
    """Every fact names its source."""
    yield from ((where, "has no x-source") for where, node in sourced(index) if not sources(node))


def malformed_source(index: Index) -> Iterator[Finding]:
    """A source is an observation, or a place in a document or in all, named once."""
    for where, node in index.new_nodes.items():
        for source in sources(node):
            if not isinstance(source, str) or not SOURCE.fullmatch(source):
                yield where, f"x-source {source!r} is neither `field: <id>` nor `<document>: <place>`"
        if len(set(map(str, sources(node)))) < len(sources(node)):
            yield where, "x-source names a place twice"


def unknown_document(index: Index) -> Iterator[Finding]:
    """The documents that sources name, and no others, are in info.x-documents."""
    documents = index.spec["info"].get("x-documents", {}).keys()
    named: set[str] = set()
    for where, node in index.nodes.items():
        found = _documents(node)
        named |= found
        for document in sorted(found - documents):
            yield where, f"x-source names document {document}, which info.x-documents lacks"
    yield from (("/info/x-documents", f"no x-source names document {number}") for number in documents - named)


@by_node
def _documents(node: Node) -> frozenset[str]:
    """Return the documents that a node names alone, not with all others."""
    found = [match["document"] for source in sources(node) if (match := SOURCE.fullmatch(str(source)))]
    return frozenset(document for document in found if document and f"{document}: " != SHARED)


def unknown_observation(index: Index) -> Iterator[Finding]:
    """Every observation that sources name is an entry of openapi/field.yaml."""
    for where, node in index.new_nodes.items():
        for name in observation_ids(node):
            if name not in observations():
                yield where, f"x-source names observation {name}, which openapi/field.yaml lacks"


def values_of_observations(index: Index) -> Iterator[Finding]:
    """Limits and choices that only observations support are those that the observations state."""
    for where, node in index.new_nodes.items():
        if not observation_ids(node):
            continue
        states, alone = observed_values(node, observations()), is_observed_alone(node)
        # Beside `x-retired` the observation is about that, and the choices are the document's.
        held = node.get("x-field-values", None if "x-retired" in node else node.get(CHOICES))
        if held is not None:
            yield from ((where, why) for why in _other_choices(held, states.get(CHOICES, [])))
        for keyword in sorted(BOUNDS & (node.keys() | states.keys())) if alone else ():
            if states.get(keyword, []) != [value for value in [node.get(keyword)] if value is not None]:
                yield where, f"has {keyword} {node.get(keyword)}, and the observations state {states.get(keyword)}"


def source_of_another_field(index: Index) -> Iterator[Finding]:
    """No field names the place of a sibling field as its source."""
    for parent, schema in index.new_schemas.items():
        for where, node in _properties(parent, schema):
            others = schema["properties"].keys() - {where.rpartition("/")[2]}
            for source in sources(node):
                place = FIELD.fullmatch(str(source).partition(": ")[2])
                if place and place["name"] in others:
                    yield where, f"x-source {source!r} is the place of another field"


def one_field_one_source(index: Index) -> Iterator[Finding]:
    """No field has lost a source: those that are alike, or share a place in a document, name the same ones."""
    fields: dict[str, list[tuple[str, Node]]] = {}
    for where, node in index.nodes.items():
        holder, _, name = where.rpartition("/")
        if holder.endswith("/properties") and sources(node):
            fields.setdefault(name, []).append((where, node))
    for nodes in fields.values():
        most: dict[str, frozenset[str]] = {}
        alike: dict[str, frozenset[str]] = {}
        for _, node in nodes:
            for place in _places(node):
                most[place] = max(most.get(place, frozenset()), _places(node), key=len)
            alike[_but_sources(node)] = max(alike.get(_but_sources(node), frozenset()), _named(node), key=len)
        for where, node in nodes:
            beside = alike[_but_sources(node)]
            lost = {lost for place in _places(node) for lost in most[place] - _places(node)}
            lost |= beside - _named(node) if _named(node) < beside else set()
            yield from ((where, f"does not name {source!r}, as a field like it does") for source in sorted(lost))


def source_of_holder(index: Index) -> Iterator[Finding]:
    """An object that names documents names the place that holds its fields; unions, where one form names its own."""
    for where, node in index.new_schemas.items():
        held = _places(node)
        holders = {
            place.removesuffix(f".{name}")
            for name, field in node.get("properties", {}).items()
            for place in _places(field)
            if place.endswith(f".{name}")
        }
        known = {place.partition(": ")[2] for place in held}
        listing = {place for field in node.get("properties", {}).values() for place in _places(field)}
        for place in sorted(it for it in listing - held if it.endswith(": codes")):
            yield where, f"does not name {place!r}, which one of its fields does"
        for place in sorted(holders) if held else ():
            if place.partition(": ")[2] not in known:
                yield where, f"does not name {place!r}, which holds its fields"
        for kind in ("anyOf", "oneOf"):
            forms = [form for form in node.get(kind, ()) if form.keys() & {"x-source", "enum", "const"}]
            if any(map(sources, forms)) and not all(map(sources, forms)):
                yield where, f"has a form in {kind} without an x-source beside one with it"


def callback_sources(index: Index) -> Iterator[Finding]:
    """The body of a callback names a source of the callback."""
    for call in index.calls:
        for where, media in call.bodies[0].items() if call.incoming else ():
            _, schema = followed(index.spec, f"{where}/schema", media.get("schema", {}))
            if not set(map(str, sources(schema))) & set(map(str, sources(call.node))):
                yield where, f"has a schema that names no source of the callback: {sources(call.node)}"


@by_node
def _but_sources(node: Node) -> str:
    """Return a key that is equal for nodes that differ by their sources alone."""
    return json.dumps({key: value for key, value in node.items() if key != "x-source"}, sort_keys=True)


@by_node
def _named(node: Node) -> frozenset[str]:
    return frozenset(map(str, sources(node)))


@by_node
def _places(node: Node) -> frozenset[str]:
    """Return the places in documents that a node names."""
    return frozenset(str(source) for source in sources(node) if observed(source) is None)


def no_titles(index: Index) -> Iterator[Finding]:
    """No schema has a title: the generator would name modules after it."""
    for where, node in index.new_nodes.items():
        if "title" in node and where != "/info":
            yield where, "has a title, after which the generator would name modules"


def field_values(index: Index) -> Iterator[Finding]:
    """Values marked as observed cite an observation, and are in the enum that they annotate."""
    for where, node in index.new_nodes.items():
        if "x-field-values" not in node:
            continue
        values: list[Any] = node["x-field-values"]
        if not observation_ids(node):
            yield where, "has x-field-values without an x-source `field: <id>`"
        if not values or len(set(map(repr, values))) < len(values):
            yield where, "has x-field-values that are empty or listed twice"
        yield from (
            (where, f"x-field-values has {value!r}, which enum lacks")
            for value in values
            if value not in node.get("enum", values)
        )


def retired_values(index: Index) -> Iterator[Finding]:
    """The choices in `x-retired` are those that the observations state, each with its day."""
    for where, node in index.new_nodes.items():
        stated = observed_values(node, observations()).get(RETIRED, []) if RETIRED in node or "enum" in node else []
        expected = {value: day for each in stated for value, day in each.items() if value in node.get("enum", ())}
        if node.get(RETIRED, {}) != expected:
            yield where, f"has {RETIRED} {node.get(RETIRED)}, and the observations state {expected}"


def document_notes(index: Index) -> Iterator[Finding]:
    """The notes of what a document states have their form.

    `x-doc-headers`: its headers; `x-doc-required`: the fields that it calls required, where the spec requires others;
    `x-poll-seconds`: the least and the most seconds between two queries.
    """
    for where, node in index.new_nodes.items():
        for header in node.get("x-doc-headers", ()):
            if header.keys() != HEADER:
                yield where, f"x-doc-headers has {sorted(header)}, not {sorted(HEADER)}"
        lacking = set(node.get("x-doc-required", ())) - node.get("properties", {}).keys()
        yield from ((where, f"x-doc-required names {name!r}, which is no property") for name in sorted(lacking))
        seconds = node.get("x-poll-seconds", [1, 2])
        if not (len(seconds) == 2 and 0 < seconds[0] <= seconds[1]):
            yield where, f"x-poll-seconds {seconds} is not a least and a most"
        if "x-doc-headers" in node and not any(place.endswith(": headers") for place in _places(node)):
            yield where, "has x-doc-headers, and names no document's place `headers`"


RULES: tuple[Rule, ...] = (
    missing_source,
    malformed_source,
    unknown_document,
    unknown_observation,
    values_of_observations,
    source_of_another_field,
    one_field_one_source,
    source_of_holder,
    callback_sources,
    no_titles,
    field_values,
    retired_values,
    document_notes,
)


def _other_choices(held: list[Any], choices: list[Any]) -> Iterator[str]:
    yield from (f"lacks the choice {value!r} that an observation states" for value in choices if value not in held)
    yield from (f"has the choice {value!r} that no observation states" for value in held if value not in choices)


def _properties(where: str, schema: Node) -> Iterator[tuple[str, Node]]:
    for name, node in schema.get("properties", {}).items():
        yield f"{where}/properties/{escaped(name)}", node
