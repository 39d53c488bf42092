"""Mutation operators for values: types, null, choices, constants, defaults, limits, formats.

Left out, for they change nothing: the type of a choice or a constant dropped or widened (the values listed are of their
types), `integer` turned into `number` beside whole choices (5.0 is 5), limits added to choices and constants, and the
least number of properties where one is required. A union gets null and other types as alternatives of their own (see
`schemas`), not inside of each alternative.
"""

from collections.abc import Iterator
from typing import Any

from scripts.mutation.sites import UNIONS, Edit, Operator, Site, spliced, without
from scripts.specs.spec import Node, is_list

PLAIN = ("string", "integer", "number", "boolean", "object", "array")
WIDER = {
    "string": "integer",
    "integer": "string",
    "number": "string",
    "boolean": "string",
    "object": "array",
    "array": "string",
}
"""Type -> the type that it is most easily mistaken for."""
SAMPLES: dict[str, Any] = {"string": "text", "integer": 1, "number": 1, "boolean": False}
COUNTS = ("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
LISTED = ("enum", "const")
ADDED: dict[str, dict[str, Any]] = {
    "string": {"maxLength": 255, "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"},
    "integer": {"minimum": 0, "maximum": 100},
    "number": {"minimum": 0, "maximum": 100, "multipleOf": 0.1},
    "array": {"minItems": 1, "maxItems": 1, "uniqueItems": True},
    "object": {"minProperties": 1},
}
"""Limits that somebody may guess, by type."""
FORMATS = {"string": ("uri", "date-time"), "integer": ("int32",), "number": ("float",)}


def types(site: Site) -> Iterator[Edit]:
    """Mistake a type for each other one; drop or add one of several; drop all of them."""
    stated = site.node.get("type")
    if is_list(stated):
        yield from _several(site.node, stated)
    elif isinstance(stated, str) and "enum" not in site.node:
        for other in PLAIN:
            if other != stated:
                yield Edit("change type", "/type", {**site.node, "type": other}, other)
    if stated and not _listed(site.node):
        yield Edit("drop type", "/type", without(site.node, "type"))


def _several(node: Node, stated: list[str]) -> Iterator[Edit]:
    for index, kind in enumerate(stated):
        yield Edit(_null(kind, "drop"), "/type", {**node, "type": spliced(stated, index)}, kind)
    for other in (*PLAIN, "null"):
        if other not in stated and not (other == "integer" and "number" in stated):
            yield Edit(_null(other, "add"), "/type", {**node, "type": [*stated, other]}, other)


def _null(kind: str, verb: str) -> str:
    return {"drop": "forbid null", "add": "allow null"}[verb] if kind == "null" else f"{verb} type"


def wider(site: Site) -> Iterator[Edit]:
    """Allow null, or the type most easily mistaken for the stated one; give a type to a schema without one."""
    stated = site.node.get("type")
    if isinstance(stated, str) and not _listed(site.node) and not site.is_alternative:
        for operator, other in (("allow null", "null"), ("add type", WIDER[stated])):
            yield Edit(operator, "/type", {**site.node, "type": [stated, other]}, other)
    if not site.node.keys() & {"type", "$ref", *LISTED, *UNIONS}:
        for other in (*PLAIN, "null"):
            yield Edit("add type", "/type", {**site.node, "type": other}, other)


def _listed(node: Node) -> bool:
    return any(key in node for key in LISTED)


def choices(site: Site) -> Iterator[Edit]:
    """Drop each choice, add one, allow null, write them as another type, or leave the choice open."""
    listed = site.node.get("enum")
    if listed is None:
        return
    for index, choice in enumerate(listed):
        yield Edit("drop choice", f"/enum/{index}", {**site.node, "enum": spliced(listed, index)}, repr(choice))
    other = _another(listed)
    yield Edit("add choice", "/enum", {**site.node, "enum": [*listed, other]}, repr(other))
    yield Edit("open choices", "/enum", without(site.node, "enum"))
    if None not in listed:
        edited = {**site.node, "type": [site.node["type"], "null"], "enum": [*listed, None]}
        yield Edit("allow null", "/enum", edited)
    yield from _as_other_type(site.node, listed)


def _another(listed: list[Any]) -> Any:
    numbers = [choice for choice in listed if isinstance(choice, int)]
    return max(numbers) + 5 if len(numbers) == len(listed) else "other"


def _as_other_type(node: Node, listed: list[Any]) -> Iterator[Edit]:
    if all(isinstance(choice, str) and choice.isdigit() for choice in listed):
        yield Edit("change type", "/enum", _retyped(node, "integer", int), "integer")
    elif all(isinstance(choice, int) for choice in listed):
        yield Edit("change type", "/enum", _retyped(node, "string", str), "string")
    else:
        yield Edit("change type", "/type", {**node, "type": "integer"}, "integer")


def _retyped(node: Node, kind: str, convert: Any) -> Node:
    default = {"default": convert(node["default"])} if "default" in node else {}
    return {**node, "type": kind, "enum": [convert(choice) for choice in node["enum"]], **default}


def constants(site: Site) -> Iterator[Edit]:
    """Change a constant, with its default; leave it open; allow null."""
    if "const" in site.node:
        other = f"{site.node['const']}-2"
        defaults = {"default": other} if "default" in site.node else {}
        yield Edit("change constant", "/const", {**site.node, "const": other, **defaults}, other)
        yield Edit("open constant", "/const", {**without(site.node, "const"), "type": "string"})
        edited = {**without(site.node, "const"), "enum": [site.node["const"], None]}
        yield Edit("allow null", "/const", edited)


def defaults(site: Site) -> Iterator[Edit]:
    """Change or drop a default, or give one to a property without."""
    if "default" in site.node:
        yield Edit("drop default", "/default", without(site.node, "default"))
        for other in _other_defaults(site.node):
            yield Edit("change default", "/default", {**site.node, "default": other}, repr(other))
    elif site.is_property:
        for other in _likely_defaults(site.node):
            yield Edit("add default", "/default", {**site.node, "default": other}, repr(other))


def _other_defaults(node: Node) -> list[Any]:
    default = node["default"]
    if "enum" in node:
        return [choice for choice in node["enum"] if choice != default]
    if isinstance(default, bool):
        return [not default]
    return [1 if default != 1 else 0] if isinstance(default, int | float) else []


def _likely_defaults(node: Node) -> list[Any]:
    stated = node.get("type", "")
    first = node["enum"][0] if "enum" in node else SAMPLES.get(stated if isinstance(stated, str) else stated[0])
    return [] if first is None else [first]


def limits(site: Site) -> Iterator[Edit]:
    """Shift each limit both ways, drop it, or make it exclusive."""
    for key in (*COUNTS, *BOUNDS, "multipleOf"):
        if key in site.node:
            for other in _near(site.node, key):
                yield Edit("shift limit", f"/{key}", {**site.node, key: other}, str(other))
            yield Edit("drop limit", f"/{key}", without(site.node, key))
    if site.node.get("uniqueItems"):
        yield Edit("drop limit", "/uniqueItems", without(site.node, "uniqueItems"))
    for key in ("minimum", "maximum"):
        if key in site.node:
            strict = f"exclusive{key.capitalize()}"
            edited = {**without(site.node, key), strict: site.node[key]}
            yield Edit("make limit exclusive", f"/{key}", edited)


def _near(node: Node, key: str) -> list[Any]:
    limit = node[key]
    if key == "multipleOf":
        return [limit / 2, limit * 2]
    if key in COUNTS or node.get("type") == "integer":
        steps: tuple[float, ...] = (1,)
    else:
        steps = (node.get("multipleOf", 0.1), 0.5, 1e-3)
    near = (round(limit + sign * step, 6) for step in dict.fromkeys(steps) for sign in (-1, 1))
    return [other for other in near if key not in COUNTS or other >= 0]


def more_limits(site: Site) -> Iterator[Edit]:
    """Add a limit where there is none."""
    if _listed(site.node):
        return
    for kind in _stated(site.node):
        for key, limit in ADDED.get(kind, {}).items():
            if key not in site.node and not (key == "minProperties" and site.node.get("required")):
                yield Edit("add limit", f"/{key}", {**site.node, key: limit}, str(limit))


def _stated(node: Node) -> list[str]:
    stated = node.get("type", [])
    return [stated] if isinstance(stated, str) else stated


def formats(site: Site) -> Iterator[Edit]:
    """Drop, change or add a format; drop or change the media type of what a string holds."""
    for key, other in (("format", "date-time"), ("contentMediaType", "text/plain")):
        if key in site.node:
            yield Edit("drop format", f"/{key}", without(site.node, key))
            yield Edit("change format", f"/{key}", {**site.node, key: other}, other)
    if "format" not in site.node and not _listed(site.node):
        for kind in _stated(site.node):
            for other in FORMATS.get(kind, ()):
                yield Edit("add format", "/format", {**site.node, "format": other}, other)


OPERATORS: tuple[Operator, ...] = (
    types,
    wider,
    choices,
    constants,
    defaults,
    limits,
    more_limits,
    formats,
)
"""What is done to every schema."""
