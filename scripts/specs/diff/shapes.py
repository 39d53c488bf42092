"""Schemas as lists of simple alternatives, so that the same meaning in another layout compares as the same.

`type: [string, "null"]`, an `anyOf` of both, a `$ref` to either: all are one alternative that is a string and one that
is null. What stands beside a union, and every part of an `allOf`, goes into each alternative.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import combinations
from typing import Any

from attrs import frozen

from scripts.specs.spec import Node, Spec, conditionals, is_list, is_object, resolved, without_conditionals

UNIONS = ("anyOf", "oneOf")
ANYTHING = "anything"
"""The kind of a schema that has no type."""
HINTS = {"properties": "object", "required": "object", "additionalProperties": "object", "items": "array"}
"""Keyword -> the type it applies to; a schema without `type` allows other types, too."""
NOTES = frozenset(
    {"description", "summary", "title", "example", "examples", "externalDocs", "$comment", "deprecated", "links"}
)
"""Keywords that describe a value and do not limit it."""
FIELD_RULES = "rules between fields"
"""The key of a merged object for its rules between fields, of both notations."""
MOST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LEAST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")


@frozen(eq=False)
class Alternative:
    """A schema of one type."""

    kind: str
    node: Node
    """Its keywords; neither references nor unions are left in it, except in what it holds."""
    values: tuple[Any, ...] | None
    """The choices; None if any value of the type is allowed."""
    name: str
    """The name of its component; empty if it is defined where it is used."""


def alternatives(spec: Spec, node: Node, name: str = "") -> list[Alternative]:
    """Return the alternatives that a schema allows."""
    name = node.get("$ref", name).rpartition("/")[2] or name
    rule = merged(spec, node)
    for union in UNIONS:
        if union in rule:
            beside = {key: value for key, value in rule.items() if key != union and _is_limit(key)}
            parts = [{"allOf": [beside, part]} if beside else part for part in rule[union]]
            return [found for part in parts for found in alternatives(spec, part)]
    return [found for kind in _kinds(rule) if (found := _of_kind(kind, rule, name))]


def is_ambiguous(spec: Spec, node: Node) -> bool:
    """Whether two alternatives of a `oneOf` may allow the same value, which it then refuses."""
    parts = [alternatives(spec, part) for part in merged(spec, node).get("oneOf", ())]
    return any(_overlap(one, other) for ones, others in combinations(parts, 2) for one in ones for other in others)


def listed_fields(form: Alternative) -> dict[str, list[Any]]:
    """Return the fields of an object that have choices: they may distinguish it from other forms."""
    fields = ((name, _values(node)) for name, node in form.node.get("properties", {}).items())
    return {name: values for name, values in fields if values}


def merged(spec: Spec, node: Node) -> Node:
    """Return a schema with `$ref` and `allOf` merged into it."""
    rule = resolved(spec, node)
    parts = [merged(spec, part) for part in without_conditionals(rule.get("allOf", ()))]
    rules = [_limiting(it) for it in (*rule.get("x-rules", ()), *conditionals(rule))]
    own = {key: value for key, value in rule.items() if key != "allOf"}
    return reduce(_both, parts, {**own, **({FIELD_RULES: rules} if rules else {})})


def _limiting(rule: Any) -> Any:
    """Return a rule between fields without what only describes it."""
    if is_object(rule):
        return {key: _limiting(held) for key, held in rule.items() if key not in (*NOTES, "x-source")}
    return [_limiting(held) for held in rule] if is_list(rule) else rule


def matches(kind: str, value: Any) -> bool:
    """Whether a value is of a kind."""
    if isinstance(value, bool) or value is None:
        return kind == {True: "boolean", False: "boolean", None: "null"}[value]
    kinds = {str: {"string"}, int: {"integer", "number"}, float: {"number"}, list: {"array"}, dict: {"object"}}
    return kind in kinds[type(value)]


def _overlap(one: Alternative, other: Alternative) -> bool:
    if one.kind != other.kind:
        return ANYTHING in (one.kind, other.kind)
    if one.kind == "object":
        ours, theirs = listed_fields(one), listed_fields(other)
        return all(_common(ours[name], theirs[name]) for name in ours.keys() & theirs.keys())
    return one.values is None or other.values is None or any(value in other.values for value in one.values)


def _is_limit(key: str) -> bool:
    return key not in NOTES and key != "default" and not key.startswith("x-")


def _kinds(rule: Node) -> list[str]:
    listed = rule.get("type")
    if listed is not None:
        return [listed] if isinstance(listed, str) else listed
    if values := _values(rule):
        return list(dict.fromkeys(next(kind for kind in KINDS if matches(kind, value)) for value in values))
    return [*dict.fromkeys(HINTS[key] for key in rule if key in HINTS), ANYTHING]


def _of_kind(kind: str, rule: Node, name: str) -> Alternative | None:
    listed = _values(rule)
    values = None if listed is None else tuple(value for value in listed if matches(kind, value))
    return None if values == () and listed else Alternative(kind, rule, values, name)


def _values(rule: Node) -> list[Any] | None:
    return [rule["const"]] if "const" in rule else rule.get("enum")


KINDS = ("null", "boolean", "string", "integer", "number", "array", "object")


def _both(one: Node, other: Node) -> Node:
    """Return a schema with the limits of both."""
    shared = {key: JOINED[key](one[key], other[key]) for key in one.keys() & other.keys() & JOINED.keys()}
    return {**one, **other, **shared}


def _fields(one: Mapping[str, Node], other: Mapping[str, Node]) -> dict[str, Node]:
    shared = {name: {"allOf": [one[name], other[name]]} for name in one.keys() & other.keys()}
    return {**one, **other, **shared}


def _common(one: Any, other: Any) -> list[Any]:
    listed = other if is_list(other) else [other]
    return [value for value in (one if is_list(one) else [one]) if value in listed]


JOINED: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": _fields,
    "required": lambda one, other: list(dict.fromkeys([*one, *other])),
    "type": _common,
    "enum": _common,
    "additionalProperties": lambda one, other: one and other,
    **dict.fromkeys(MOST, min),
    **dict.fromkeys(LEAST, max),
}
