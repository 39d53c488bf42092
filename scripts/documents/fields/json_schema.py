"""A JSON schema -> facts at the places of its fields."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from scripts.documents.facts import Facts, Unreadable, digest, place
from scripts.documents.fields import sentences
from scripts.documents.markdown.blocks import marked

Schema: TypeAlias = Mapping[str, Any]

DEEP = 8
"""How deep fields lie at most: a schema may refer to itself."""
_NAMES = {
    "maxLength": "max_length",
    "minLength": "min_length",
    "minimum": "minimum",
    "maximum": "maximum",
    "multipleOf": "step",
    "format": "format",
    "maxItems": "max_items",
    "minItems": "min_items",
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
        _read_one(facts, at, resolved(child, root), names, required=name in required)
        read_schema(facts, at, _below(child, root), root, names)
    for name in required - whole.get("properties", {}).keys():
        facts.add(place(where, str(name)), "required", value=True)


def resolved(schema: Schema, root: Schema, depth: int = 0) -> dict[str, Any]:
    """The schema with its references and its parts (`allOf` and the like) merged."""
    if not isinstance(schema, Mapping) or depth > DEEP:
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
        node = node.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(node, Mapping) else None
    if node is None:
        raise Unreadable("schema", f"{reference} points nowhere")
    return node


def _below(child: Schema, root: Schema, depth: int = 0) -> Schema:
    """The schema with the fields below a field: its own, or that of the items of a list."""
    whole = resolved(child, root)
    items = whole.get("items")
    return _below(items, root, depth + 1) if isinstance(items, Mapping) and depth < DEEP else whole


def _read_one(facts: Facts, at: str, schema: dict[str, Any], names: frozenset[str], *, required: bool) -> None:
    facts.add(at, "required", required)
    kind = _kind(facts, at, schema)
    for key, name in _NAMES.items():
        if key in schema:
            facts.add(at, name, schema[key])
    for name in ("minimum", "maximum"):
        bound = schema.get(f"exclusive{name.capitalize()}")
        if bound is not None and bound is not False:
            facts.add(at, f"exclusive_{name}", schema.get(name) if bound is True else bound)
    _read_values(facts, at, schema)
    if isinstance(text := schema.get("description"), str):
        _read_description(facts, at, marked(text), kind, names, required=required)


def _kind(facts: Facts, at: str, schema: dict[str, Any]) -> str | None:
    named = schema.get("type")
    kinds = [one for one in (named if isinstance(named, list) else [named]) if one is not None]
    if "null" in kinds or schema.get("nullable") is True:
        facts.add(at, "nullable", value=True)
    kind = next((str(one) for one in kinds if one != "null"), None)
    if kind:
        facts.add(at, "type", kind)
    items = schema.get("items")
    if isinstance(items, Mapping) and items.get("type"):
        if items["type"] != "object":
            facts.add(at, "items", items["type"])
        for key in ("format", "enum", "maxLength"):
            if key in items:
                facts.add(at, _NAMES.get(key, key), items[key])
    return kind


def _read_values(facts: Facts, at: str, schema: dict[str, Any]) -> None:
    if isinstance(schema.get("enum"), list):
        facts.add(at, "enum", _sorted(schema["enum"]))
    if "const" in schema:
        facts.add(at, "enum", [schema["const"]])
    for key in ("x-apidog-enum", "x-apifox-enum"):
        listed = schema.get(key)
        if (
            isinstance(listed, list)
            and "enum" in schema
            and (values := [one["value"] for one in listed if isinstance(one, Mapping) and "value" in one])
        ):
            facts.add(at, "enum", _sorted(values))
    if schema.get("default") not in (None, ""):
        default = schema["default"]
        facts.add(at, "default", digest(default) if isinstance(default, str) else default)
    if schema.get("deprecated") is True:
        facts.add(at, "deprecated", value=True)


def _read_description(
    facts: Facts, at: str, text: str, kind: str | None, names: frozenset[str], *, required: bool
) -> None:
    for name, value in sentences.facts_of(text, kind, names):
        if name != "media_types" or "response." not in at:
            facts.add(at, name, value)
    if unit := sentences.unit(text):
        facts.add(at, "unit", unit)
    called = sentences.described(text)
    if called is not None and called != required:
        facts.add(at, "described_as", "required" if called else "optional")


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (isinstance(value, str), value))
