"""Convert a JSON schema into facts, so that it can be compared with those of a document.

Only the notation changes: a `const` is an `enum` of one; a union with null is ``nullable``; a union of listed values
and their bare type is ``open``; what was observed alone (`x-source: "field: <id>"`, `x-field-values`) is left out.
A keyword for which documents have no fact keeps its own name, so that it is reported as a difference.
"""

import re
from typing import Any, cast

from scripts.facts.sheets import FactValues
from scripts.specs.field import is_observed_alone
from scripts.specs.spec import Node, Spec, resolved, without_conditionals

NAMES = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "uniqueItems": "unique_items",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "step",
    "x-max-bytes": "max_bytes",
    "x-media-types": "media_types",
}
UNIONS = ("anyOf", "oneOf")
NOT_FACTS = frozenset(
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
"""Word in a description -> unit: schemas have no keyword for units."""
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}


def facts_of_schema(spec: Spec, schema: Node) -> FactValues:
    """Return the facts that a schema states about a value; those of its fields are not among them."""
    node = resolved(spec, schema)
    facts = {NAMES.get(key, key): node[key] for key in node if _is_fact(key)}
    for union in UNIONS:
        if union in node:
            facts |= _union_facts(spec, node[union])
    for part in without_conditionals(node.get("allOf", ())):
        facts |= facts_of_schema(spec, part)
    return (
        facts | _type_facts(node) | _open_facts(node) | _value_facts(node) | _item_facts(spec, node) | _text_facts(node)
    )


def _is_fact(key: str) -> bool:
    return key in NAMES or not (key in NOT_FACTS or key.startswith("x-"))


def fields_of_schema(spec: Spec, schema: Node) -> frozenset[str] | None:
    """Return the names of the fields of an object; None if the schema is not one of an object."""
    node = resolved(spec, schema)
    parts = [fields_of_schema(spec, part) for union in (*UNIONS, "allOf") for part in node.get(union, ())]
    found = [frozenset[str](node["properties"])] if "properties" in node else []
    found += [part for part in parts if part is not None]
    return frozenset[str]().union(*found) if found or node.get("type") == "object" else None


def _type_facts(node: Node) -> FactValues:
    if "type" not in node:
        return {}
    named: Any = node["type"]
    listed = cast("list[str]", named if isinstance(named, list) else [named])
    types = sorted(kind for kind in listed if kind != "null")
    return {
        **({"type": types[0] if len(types) == 1 else types} if types else {}),
        **({"nullable": True} if "null" in listed else {}),
    }


def _open_facts(node: Node) -> FactValues:
    """Whether other fields are accepted: a fact only where the schema states it, since that is the default."""
    return {"open": True} if node.get("additionalProperties") is True else {}


def _value_facts(node: Node) -> FactValues:
    values = [node["const"]] if "const" in node else node.get("enum", [])
    documented = [value for value in values if value not in node.get("x-field-values", ())]
    types = {TYPES[type(value)] for value in values if type(value) in TYPES}
    # An observed value that the enum lacks is a mistake of the spec: as a fact of its own, it differs from any page.
    unlisted = [value for value in node.get("x-field-values", ()) if values and value not in values]
    return {
        **({"x-field-values": unlisted} if unlisted else {}),
        **({"enum": sorted(documented, key=str)} if documented else {}),
        **({"type": types.pop()} if len(types) == 1 and "type" not in node else {}),
    }


def _item_facts(spec: Spec, node: Node) -> FactValues:
    """The facts of the items of a list; items that are objects have places of their own."""
    if not isinstance(node.get("items"), dict):
        return {}
    facts = facts_of_schema(spec, node["items"])
    kind = facts.pop("type", "any")
    return {"items": kind} | ({} if kind == "object" else {f"items.{name}": facts[name] for name in facts})


def _text_facts(node: Node) -> FactValues:
    """The facts that stand in text, not in keywords: that a string holds JSON, and the unit of a number."""
    units = [UNITS[word] for word in re.findall(r"\w+", node.get("description", "")) if word in UNITS]
    return {
        **({"format": "json"} if node.get("contentMediaType") == JSON and "format" not in node else {}),
        **({"unit": units[0]} if units else {}),
    }


def _union_facts(spec: Spec, alternatives: list[Node]) -> FactValues:
    documented = [part for part in alternatives if not is_observed_alone(resolved(spec, part))]
    parts = [facts for facts in (facts_of_schema(spec, part) for part in documented) if facts != {"nullable": True}]
    nullable = {"nullable": True} if len(parts) < len(documented) else {}
    return {**_merged_alternatives(parts), **nullable}


def _merged_alternatives(parts: list[FactValues]) -> FactValues:
    bare_types: list[Any] = [part["type"] for part in parts if part.keys() == {"type"}]
    if len(parts) == 2 and len(bare_types) == 1 and all(part.get("type") == bare_types[0] for part in parts):
        return {**parts[0], **parts[1], "open": True}
    return parts[0] if len(parts) == 1 else {"alternatives": parts}
