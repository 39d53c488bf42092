"""Paths of fields in schemas, and of values in JSON.

`a.b` is a field of a field, `a[]` stands for the items of a list, `a{}` for the JSON that a string holds.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from scripts.specs.spec import Node, Spec, is_list, keyed, resolved

ABSENT: Final[Any] = object()
"""Stands for a value that is left out."""


def fields(spec: Spec, schema: Node) -> dict[str, list[Node]]:
    """Map each path to the schemas there, one for each alternative that has the field."""
    found: dict[str, list[Node]] = {}
    for path, node in _walk(spec, schema, "", ()):
        found.setdefault(path, []).append(node)
    return found


def _walk(spec: Spec, schema: Node, path: str, seen: Sequence[str]) -> Iterator[tuple[str, Node]]:
    """Yield all fields below a schema, with their paths; a schema that refers to itself is walked once."""
    if schema.get("$ref") in seen:
        return
    seen = (*seen, schema["$ref"]) if "$ref" in schema else seen
    node = resolved(spec, schema)
    for kind in ("anyOf", "oneOf", "allOf"):
        for option in node.get(kind, ()):
            yield from _walk(spec, option, path, seen)
    below = {f"{path}.{name}" if path else name: inner for name, inner in node.get("properties", {}).items()}
    below |= {f"{path}{mark}": node[key] for key, mark in (("items", "[]"), ("contentSchema", "{}")) if key in node}
    for where, inner in below.items():
        yield where, resolved(spec, inner)
        yield from _walk(spec, inner, where, seen)


def listed(spec: Spec, node: Node) -> list[Any]:
    """Return the values that a schema lists, those of its alternatives included."""
    options = [resolved(spec, option) for kind in ("anyOf", "oneOf") for option in node.get(kind, ())]
    own = node.get("enum", [node["const"]] if "const" in node else [])
    return [*own, *(value for option in options for value in listed(spec, option))]


def steps(path: str) -> tuple[str | int, ...]:
    """Split a path into its keys; lists are entered at their first item."""
    return tuple(0 if step == "[]" else step for step in re.findall(r"\[\]|[^.\[\]]+", path))


def replaced(value: Any, way: Sequence[str | int], new: Any) -> Any:
    """Return a value changed at a path of keys; all other parts are shared with the original."""
    if not way:
        return new
    step, *rest = way
    if is_list(value):
        return [replaced(item, rest, new) if index == step else item for index, item in enumerate(value)]
    inner = replaced(value.get(step), rest, new)
    return {key: held for key, held in {**value, step: inner}.items() if held is not ABSENT}


def at(value: Any, way: Sequence[str | int]) -> Any:
    """Return the value at a path of keys, or None."""
    for step in way:
        value = dict(keyed(value)).get(step)
    return value
