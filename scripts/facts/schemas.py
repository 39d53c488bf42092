"""A JSON schema in the words of facts.

Only the notation differs: a `const` is an `enum` of one; a union with null is ``nullable``; a union of listed values
and their bare type is ``open``; what was observed alone (`x-source: "field: <id>"`, `x-field-values`) is left out.
A keyword that no document could tell stands under its own name, so that it shows as a difference.
"""

import re
from typing import Any

from scripts.facts.sheets import FactValues
from scripts.specs.field import is_observed_alone
from scripts.specs.spec import Node, Spec, resolved

NAMES = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique_items",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "step",
}
UNIONS = ("anyOf", "oneOf")
NO_FACTS = frozenset(
    {
        "$ref",
        "additionalProperties",
        "allOf",
        "const",
        "contentMediaType",
        "contentSchema",
        "description",
        "enum",
        "example",
    }
    | {"examples", "items", "properties", "required", "type", *UNIONS}
)
JSON = "application/json"
UNITS = {"milliseconds": "ms", "seconds": "s"}
"""The word of a description for a unit: schemas have no keyword for it."""
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def told(spec: Spec, schema: Node) -> FactValues:
    """What a schema says of a value, its fields apart."""
    node = resolved(spec, schema)
    facts = {NAMES.get(key, key): node[key] for key in node if key not in NO_FACTS and not key.startswith("x-")}
    for union in UNIONS:
        if union in node:
            facts |= _of_union(spec, node[union])
    for part in node.get("allOf", ()):
        facts |= told(spec, part)
    return facts | _of_type(node) | _of_rest(node) | _of_values(node) | _of_items(spec, node) | _of_text(node)


def fields(spec: Spec, schema: Node) -> frozenset[str] | None:
    """The names of the fields of an object; None of what is none."""
    node = resolved(spec, schema)
    parts = [fields(spec, part) for union in (*UNIONS, "allOf") for part in node.get(union, ())]
    found = [frozenset(node["properties"])] if "properties" in node else []
    found += [part for part in parts if part is not None]
    return frozenset().union(*found) if found or node.get("type") == "object" else None


def _of_type(node: Node) -> FactValues:
    if "type" not in node:
        return {}
    listed = node["type"] if isinstance(node["type"], list) else [node["type"]]
    types = sorted(kind for kind in listed if kind != "null")
    return {
        **({"type": types[0] if len(types) == 1 else types} if types else {}),
        **({"nullable": True} if "null" in listed else {}),
    }


def _of_rest(node: Node) -> FactValues:
    """Fields that are not listed: only what lets them in by name is told, for silence is the default."""
    return {"open": True} if node.get("additionalProperties") is True else {}


def _of_values(node: Node) -> FactValues:
    values = [node["const"]] if "const" in node else node.get("enum", [])
    documented = [value for value in values if value not in node.get("x-field-values", ())]
    types = {TYPES[type(value)] for value in values if type(value) in TYPES}
    stray = [value for value in node.get("x-field-values", ()) if values and value not in values]
    return {
        **({"x-field-values": stray} if stray else {}),
        **({"enum": sorted(documented, key=str)} if documented else {}),
        **({"type": types.pop()} if len(types) == 1 and "type" not in node else {}),
    }


def _of_items(spec: Spec, node: Node) -> FactValues:
    """What is said of a list's items; those that are objects have places of their own."""
    if not isinstance(node.get("items"), dict):
        return {}
    facts = told(spec, node["items"])
    kind = facts.pop("type", "any")
    return {"items": kind} | ({} if kind == "object" else {f"items.{name}": facts[name] for name in facts})


def _of_text(node: Node) -> FactValues:
    """What the text of a schema says beside its keywords: JSON in a string, and the unit of a number."""
    units = [UNITS[word] for word in re.findall(r"\w+", node.get("description", "")) if word in UNITS]
    return {
        **({"format": "json"} if node.get("contentMediaType") == JSON and "format" not in node else {}),
        **({"unit": units[0]} if units else {}),
    }


def _of_union(spec: Spec, alternatives: list[Node]) -> FactValues:
    documented = [part for part in alternatives if not is_observed_alone(resolved(spec, part))]
    parts = [facts for facts in (told(spec, part) for part in documented) if facts != {"nullable": True}]
    nullable = {"nullable": True} if len(parts) < len(documented) else {}
    return {**_united(parts), **nullable}


def _united(parts: list[FactValues]) -> FactValues:
    bare: list[Any] = [part["type"] for part in parts if part.keys() == {"type"}]
    if len(parts) == 2 and len(bare) == 1 and all(part.get("type") == bare[0] for part in parts):
        return {**parts[0], **parts[1], "open": True}
    return parts[0] if len(parts) == 1 else {"alternatives": parts}
