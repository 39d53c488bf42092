"""A JSON schema -> facts at the places of its fields."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, TypeAlias

from scripts.documents.facts import Facts, Unreadable, digest, fact_name, listed, mapping, place
from scripts.documents.fields import sentences
from scripts.documents.fields.limits import NamedValue
from scripts.documents.markdown.blocks import marked

Schema: TypeAlias = Mapping[str, Any]

DEEP = 8
"""How deep fields lie at most: a schema may refer to itself."""
KEYWORDS = {
    "maxLength": "max_length",
    "minLength": "min_length",
    "minimum": "minimum",
    "maximum": "maximum",
    "multipleOf": "step",
    "format": "format",
    "maxItems": "max_items",
    "minItems": "min_items",
    "uniqueItems": "unique_items",
    "pattern": "pattern",
}


def read_body(facts: Facts, where: str, schema: Schema, root: Schema) -> None:
    """Read the schema of a request or a response as a whole; its type is a fact only if it is no object."""
    kind = resolved(schema, root).get("type")
    if kind not in (None, "object"):
        facts.add(where, "type", kind)
    read_schema(facts, where, _below(schema, root), root)


def read_schema(facts: Facts, where: str, schema: Schema, root: Schema, names: frozenset[str] = frozenset()) -> None:
    """Read the schema of the object at a place, and of all fields below it."""
    if where.count(".") > DEEP:  # a schema may hold itself
        return
    whole = resolved(schema, root)
    names = names | frozenset(whole.get("properties", {}))
    if whole.get("additionalProperties") is False:
        facts.add(where, "closed", value=True)
    required = set(whole.get("required", ()) or ())
    for name, child in whole.get("properties", {}).items():
        at = place(where, str(name))
        _read_one(facts, at, resolved(child, root), root, names, required=name in required)
        read_schema(facts, at, _below(child, root), root, names)
    for name in required - whole.get("properties", {}).keys():
        facts.add(place(where, str(name)), "required", value=True)


def resolved(schema: Any, root: Schema, depth: int = 0) -> dict[str, Any]:
    """The schema with its references and its parts (`allOf` and the like) merged."""
    schema = mapping(schema)
    if depth > DEEP:
        return {}
    whole: dict[str, Any] = {}
    parts = [_target(schema["$ref"], root)] if isinstance(schema.get("$ref"), str) else []
    parts += [part for name in ("allOf", "anyOf", "oneOf") for part in schema.get(name) or ()]
    for part in (
        *(resolved(part, root, depth + 1) for part in parts),
        {k: v for k, v in schema.items() if k not in {"$ref", "allOf", "anyOf", "oneOf"}},
    ):
        for key, value in part.items():
            if key == "properties" and isinstance(whole.get(key), dict):
                whole[key] = {**whole[key], **value}
            elif key == "required" and isinstance(whole.get(key), list) and isinstance(value, list):
                whole[key] = [*whole[key], *value]
            else:
                whole[key] = value
    return whole


def _target(reference: str, root: Schema) -> Any:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = mapping(node).get(part.replace("~1", "/").replace("~0", "~"))
    if node is None:
        raise Unreadable("schema", f"{reference} points nowhere")
    return node


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
