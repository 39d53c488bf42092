"""A JSON schema -> facts at the places of its fields."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from scripts.documents.facts import Facts, digest, fact_name, listed, mapping, place
from scripts.documents.fields import sentences
from scripts.documents.fields.limits import NamedValue
from scripts.documents.fields.schema_parts import DEEP, KEYWORDS, Schema, resolved, unread_keywords
from scripts.documents.markdown.blocks import marked


def read_body(facts: Facts, where: str, schema: Schema, root: Schema) -> None:
    """Read the schema of a request or a response as a whole; its type is a fact only if it is no object."""
    kind = resolved(schema, root).get("type")
    _skip_unread(facts, where, schema, root)
    if kind not in (None, "object"):
        facts.add(where, "type", kind)
    read_schema(facts, where, _below(schema, root), root)


def read_schema(facts: Facts, where: str, schema: Schema, root: Schema, names: frozenset[str] = frozenset()) -> None:
    """Read the schema of the object at a place, and of all fields below it."""
    whole = resolved(schema, root)
    if where.count(".") > DEEP:  # a schema may hold itself
        if whole.get("properties"):
            facts.skip(where, f"fields that lie deeper than {DEEP} are not read")
        return
    names = names | frozenset(whole.get("properties", {}))
    if whole.get("additionalProperties") is False:
        facts.add(where, "closed", value=True)
    required = set(whole.get("required", ()) or ())
    for name, child in whole.get("properties", {}).items():
        at = place(where, str(name))
        _skip_unread(facts, at, child, root)
        _read_one(facts, at, resolved(child, root), root, names, required=name in required)
        read_schema(facts, at, _below(child, root), root, names)
    for name in required - whole.get("properties", {}).keys():
        facts.add(place(where, str(name)), "required", value=True)
        facts.skip(place(where, str(name)), "it is required, and no property describes it")


def _skip_unread(facts: Facts, at: str, schema: Any, root: Schema) -> None:
    for what in unread_keywords(schema, root):
        facts.skip(at, f"{what} is not read")


def _below(child: Schema, root: Schema, depth: int = 0) -> Schema:
    """The schema with the fields below a field: its own, or that of the items of a list."""
    whole = resolved(child, root)
    items = mapping(whole.get("items"))
    return _below(items, root, depth + 1) if items and depth < DEEP else whole


def _read_one(
    facts: Facts, at: str, schema: dict[str, Any], root: Schema, names: frozenset[str], *, required: bool
) -> None:
    facts.add(at, "required", required)
    for name, value in chain(_types(schema), _limits(schema), _values(schema), _items(schema, root)):
        facts.add(at, name, value)
    if isinstance(text := schema.get("description"), str):
        _read_description(facts, at, marked(text), _kind(schema), names, required=required)


def _kinds(schema: Schema) -> list[str]:
    named = schema.get("type")
    return [str(one) for one in listed(named) or [named] if one is not None]


def _kind(schema: Schema) -> str | None:
    return next((kind for kind in _kinds(schema) if kind != "null"), None)


def _types(schema: Schema) -> Iterator[NamedValue]:
    if "null" in _kinds(schema) or schema.get("nullable") is True:
        yield "nullable", True
    if kind := _kind(schema):
        yield "type", kind


def _limits(schema: Schema) -> Iterator[NamedValue]:
    yield from ((name, schema[key]) for key, name in KEYWORDS.items() if key in schema)
    for name in ("minimum", "maximum"):
        bound = schema.get(f"exclusive{name.capitalize()}")
        if bound is not None and bound is not False:
            yield f"exclusive_{name}", schema.get(name) if bound is True else bound
    if isinstance(schema.get("enum"), list):
        yield "enum", schema["enum"]
    if "const" in schema:
        yield "enum", [schema["const"]]


def _values(schema: Schema) -> Iterator[NamedValue]:
    for key in ("x-apidog-enum", "x-apifox-enum") if "enum" in schema else ():
        if values := [one["value"] for one in map(mapping, listed(schema.get(key))) if "value" in one]:
            yield "enum", values
    if (default := schema.get("default")) not in (None, ""):
        yield "default", digest(default) if isinstance(default, str) else default
    if schema.get("deprecated") is True:
        yield "deprecated", True


def _items(schema: Schema, root: Schema) -> Iterator[NamedValue]:
    """The type of the items of a list and, unless they are objects with places of their own, their limits."""
    items = resolved(schema.get("items"), root)
    if kind := _kind(items) or ("object" if "properties" in items else None):
        yield "items", kind
    if kind != "object":
        yield from ((f"items.{name}", value) for name, value in _limits(items))


def _read_description(
    facts: Facts, at: str, text: str, kind: str | None, names: frozenset[str], *, required: bool
) -> None:
    facts.describe(at, text)
    for name, value in sentences.facts_of(text, kind, names):
        if name in {"minimum", "maximum"} and kind == "string" and "enum" in facts.at(at):
            continue  # the choices say it
        if name != "media_types" or "response." not in at:
            facts.add(at, fact_name(name, kind), value)
    if (unit := sentences.unit(text)) and kind not in {"array", "object"}:
        facts.add(at, "unit", unit)
    called = sentences.described(text)
    if called is not None and called != required:
        facts.add(at, "described_as", "required" if called else "optional")
