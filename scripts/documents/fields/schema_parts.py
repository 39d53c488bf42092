"""The parts of a JSON schema, merged; and what it says of which no fact is made."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from scripts.documents.facts import Unreadable, canonical, listed, mapping

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
"""Keyword of a schema -> the name of the fact."""
_READ = frozenset(
    {
        *KEYWORDS,
        *("type", "nullable", "enum", "const", "default", "deprecated", "items", "properties", "required"),
        *("exclusiveMinimum", "exclusiveMaximum", "additionalProperties"),
    }
)
_WORDS = frozenset({"title", "description", "summary", "example", "examples", "externalDocs"})
_NO_FACTS = _WORDS | {"xml", "$comment", "$schema", "$id", "$defs", "definitions"}


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
                whole[key] = _both(whole[key], value)
            elif key == "required" and isinstance(whole.get(key), list) and isinstance(value, list):
                whole[key] = [*whole[key], *value]
            else:
                whole[key] = value
    return whole


def _both(some: Schema, others: Schema) -> dict[str, Any]:
    """The fields of two parts; what both say of one holds together."""
    twice = {name: {"allOf": [some[name], others[name]]} for name in some.keys() & others.keys()}
    return {**some, **others, **twice}


def _target(reference: str, root: Schema) -> Any:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = mapping(node).get(part.replace("~1", "/").replace("~0", "~"))
    if node is None:
        raise Unreadable("schema", f"{reference} points nowhere")
    return node


def unread_keywords(schema: Any, root: Schema, depth: int = 0) -> Iterator[str]:
    """What a schema says of which no fact is made; its fields have places of their own."""
    if not isinstance(schema, dict):
        yield f"a schema that is {schema!r}"
        return
    whole = resolved(schema, root)
    yield from (f"`{key}`" for key in map(str, whole) if key not in _READ | _NO_FACTS and not key.startswith("x-"))
    yield from (f"`{key}` with different alternatives" for key in _alternatives(mapping(schema), root))
    if len([kind for kind in listed(whole.get("type")) if kind != "null"]) > 1:
        yield "more than one type"
    if mapping(whole.get("additionalProperties")):
        yield "`additionalProperties` with a schema"
    if "items" in whole and depth < DEEP:
        yield from (f"{what} of items" for what in unread_keywords(whole["items"], root, depth + 1))
        if resolved(mapping(resolved(whole["items"], root).get("items")), root).keys() - {"type", *_NO_FACTS}:
            yield "what limits the items of a list in a list"


def _alternatives(schema: Schema, root: Schema, depth: int = 0) -> Iterator[str]:
    """The keywords under which a schema, or a part of it, has alternatives that differ in more than words."""
    parts = [_target(schema["$ref"], root)] if isinstance(schema.get("$ref"), str) else []
    for part in (*parts, *(schema.get("allOf") or ())) if depth < DEEP else ():
        yield from _alternatives(mapping(part), root, depth + 1)
    for key in ("anyOf", "oneOf"):
        found = [resolved(part, root) for part in schema.get(key) or ()]
        bare = [{name: one[name] for name in one.keys() - _WORDS} for one in found if one.get("type") != "null"]
        if len({*map(canonical, bare)}) > 1:
            yield key
