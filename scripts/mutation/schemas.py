"""Mutation operators for the structure of schemas: properties, references, alternatives, required, open and closed.

Left out, for it changes nothing: `additionalProperties: true` dropped (true is what its absence means), and `oneOf`
turned into `anyOf` (a test shows that no value satisfies two alternatives of a `oneOf`). Null is added to a union as an
alternative of its own, and not to each alternative.
"""

from collections.abc import Iterator

from scripts.mutation.operations import other_case
from scripts.mutation.sites import HOLDERS, OBSERVED, UNIONS, Edit, Operator, Site, renamed, spliced, without
from scripts.specs.baseline import escaped
from scripts.specs.spec import Node, resolved

STRAY: Node = {"description": "Something else.", "type": "string", "x-source": OBSERVED}
PROSE = ("description", "x-source", "examples")
"""What stays when a schema is emptied."""


def properties(site: Site) -> Iterator[Edit]:
    """Drop or rename a property, and with it the mark that it is required."""
    fields = site.node.get("properties", {})
    for name in fields:
        part = f"/properties/{escaped(name)}"
        dropped = {**site.node, "properties": without(fields, name)}
        yield Edit("drop property", part, _requiring(dropped, set(_required(site.node)) - {name}))
        other = other_case(name)
        edited = {**site.node, "properties": renamed(fields, name, other)}
        required = {other if field == name else field for field in _required(site.node)}
        yield Edit("rename property", part, _requiring(edited, required), other)


def more_properties(site: Site) -> Iterator[Edit]:
    """Add a property, optional or required."""
    if "properties" in site.node:
        edited = {**site.node, "properties": {**site.node["properties"], "extra": STRAY}}
        yield Edit("add optional property", "/properties", edited)
        yield Edit("add required property", "/properties", _requiring(edited, {*_required(site.node), "extra"}))


def required(site: Site) -> Iterator[Edit]:
    """Toggle whether a property is required."""
    for name in site.node.get("properties", {}):
        edited = _requiring(site.node, set(_required(site.node)) ^ {name})
        yield Edit("toggle required", f"/properties/{escaped(name)}", edited)


def _required(node: Node) -> list[str]:
    listed: list[str] = node.get("required", [])
    return listed


def _requiring(node: Node, names: set[str]) -> Node:
    """Return the node with these fields required, in the order of its properties."""
    ordered = [name for name in node["properties"] if name in names]
    return {**node, "required": ordered} if ordered else without(node, "required")


def openness(site: Site) -> Iterator[Edit]:
    """Close an open object, or open a closed one."""
    if _is_object(site.node):
        closed = site.node.get("additionalProperties") is False
        edited = {**site.node, "additionalProperties": closed}
        yield Edit("open object" if closed else "close object", "/additionalProperties", edited)


def _is_object(node: Node) -> bool:
    return node.get("type") == "object" or "properties" in node


def references(site: Site) -> Iterator[Edit]:
    """Mistake one schema for a neighbour of its type, or for anything at all."""
    if "$ref" in site.node:
        for other in _neighbours(site):
            yield Edit("swap schema", "/$ref", {**site.node, "$ref": f"#/components/schemas/{other}"}, other)
        yield Edit("allow anything", "/$ref", without(site.node, "$ref"))


def _neighbours(site: Site) -> list[str]:
    """Return the schemas before and after the one referred to, among those of its type if there are others."""
    schemas = site.spec["components"]["schemas"]
    name = site.node["$ref"].rpartition("/")[2]
    alike = [other for other, schema in schemas.items() if schema.get("type") == schemas[name].get("type")]
    circle = alike if len(alike) > 1 else list(schemas)
    index = circle.index(name)
    others = [circle[index - 1], circle[(index + 1) % len(circle)]]
    return [other for other in dict.fromkeys(others) if other != name]


def alternatives(site: Site) -> Iterator[Edit]:
    """Drop an alternative, or add one."""
    for kind in UNIONS:
        if kind not in site.node:
            continue
        listed = site.node[kind]
        for index, alternative in enumerate(listed):
            if "if" in alternative:
                continue  # a rule between fields
            edited = {**site.node, kind: spliced(listed, index)}
            yield Edit("drop alternative", f"/{kind}/{index}", edited, _name(alternative))
        if kind == "allOf":
            continue  # whatever is added leaves nothing allowed
        types = {entry for option in listed for entry in _types(resolved(site.spec, option))}
        for other in ("null", "string", "integer", "object"):
            if other not in types:
                edited = {**site.node, kind: [*listed, {"type": other}]}
                yield Edit("add alternative", f"/{kind}", edited, other)


def _name(schema: Node) -> str:
    return str(schema["$ref"].rpartition("/")[2] if "$ref" in schema else schema.get("type", ""))


def _types(schema: Node) -> list[str]:
    stated = schema.get("type", [])
    return [stated] if isinstance(stated, str) else stated


def unions(site: Site) -> Iterator[Edit]:
    """Allow exactly one alternative where at least one is meant."""
    if "anyOf" in site.node:
        yield Edit("make anyOf oneOf", "/anyOf", renamed(site.node, "anyOf", "oneOf"))


def nullability(site: Site) -> Iterator[Edit]:
    """Allow null beside what is referred to."""
    if "$ref" in site.node and not site.is_alternative:
        beside = without(site.node, "$ref")
        options = [{"$ref": site.node["$ref"]}, {"type": "null"}]
        yield Edit("allow null", "/$ref", {**beside, "oneOf": options})


def holders(site: Site) -> Iterator[Edit]:
    """Drop the schema of items, or of what a string holds."""
    for key in HOLDERS:
        if key in site.node:
            yield Edit("drop schema", f"/{key}", without(site.node, key))


OPERATORS: tuple[Operator, ...] = (
    properties,
    more_properties,
    required,
    openness,
    references,
    alternatives,
    unions,
    nullability,
    holders,
)
"""What is done to every schema."""
