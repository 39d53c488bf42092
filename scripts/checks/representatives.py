"""A spec with the fewest models that have each kind of field: where a check follows the same code for every model."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from scripts.specs.models import Envelope, envelopes
from scripts.specs.spec import Node, Spec, is_object, paid_operation, resolved

BODY: Final = ("requestBody", "content", "application/json")
PROSE: Final = frozenset(
    {"description", "examples", "title", "x-doc-required", "x-max-bytes", "x-media-types", "x-retired", "x-source"}
)
"""Keys of a schema that limit no value."""


def representative(spec: Spec) -> Spec:
    """Return a spec whose paid operation takes the fewest models that have each kind of field; all, if one schema."""
    return of_models(spec, [it.model for it in fewest(spec)]) if envelopes(spec) else spec


def of_models(spec: Spec, names: Collection[str]) -> Spec:
    """Return a spec whose paid operation takes these models alone; all other parts are shared with the spec."""
    paid = paid_operation(spec)
    body = paid.node["requestBody"]["content"]["application/json"]
    forms = [{"$ref": f"#/components/schemas/{it.schema}"} for it in envelopes(spec) if it.model in names]
    examples = {name: it for name, it in body["examples"].items() if it["value"]["model"] in names}
    new = {**body, "schema": {**body["schema"], "oneOf": forms}, "examples": examples}
    found: Spec = _with(spec, ("paths", paid.path, paid.method, *BODY), new)
    return found


def fewest(spec: Spec) -> list[Envelope]:
    """Choose bodies of the paid operation until each kind of field and rule is in one, in the order of the spec."""
    left = {it: set(kinds(spec, spec["components"]["schemas"][it.schema])) for it in envelopes(spec)}
    chosen: list[Envelope] = []
    while any(left.values()):
        best = max(left, key=lambda it: len(left[it]))
        chosen.append(best)
        left = {it: found - left[best] for it, found in left.items()}
    return [it for it in left if it in chosen]


def kinds(spec: Spec, schema: Node, place: str = "") -> Iterator[str]:
    """Yield what a check could go wrong with: rules of an object; fields with their keywords, whatever their values.

    A field that must be there is another kind than one that may be left out.
    """
    node = resolved(spec, schema)
    yield f"{place} {sorted(node.keys() - PROSE)} {node.get('type')}"
    yield from (f"{place} {rule}" for rule in (*node.get("allOf", ()), *node.get("x-rules", ())))
    for name, field in node.get("properties", {}).items():
        yield f"{place}.{name} is {'' if name in node.get('required', ()) else 'not '}required"
        yield from kinds(spec, field, f"{place}.{name}")
    if "items" in node:
        yield from kinds(spec, node["items"], f"{place}[]")


def _with(node: Any, way: tuple[str, ...], value: Any) -> Any:
    """Return a node with another value at a place; all other parts are shared with it."""
    if not way:
        return value
    assert is_object(node)
    return {**node, way[0]: _with(node[way[0]], way[1:], value)}
