"""Rules on schemas: requests closed, responses open, and the shapes that the generator understands."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from scripts.specs.baseline import escaped
from scripts.specs.lint.index import Finding, Index, Rule, reach
from scripts.specs.spec import Node, Spec, is_list, resolved, without_conditionals

NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
TEXT = frozenset({"minLength", "maxLength", "pattern"})
LISTS = frozenset({"items", "minItems", "maxItems", "uniqueItems", "prefixItems", "contains"})
OBJECTS = frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"})
CONTENT = frozenset({"contentMediaType", "contentSchema", "contentEncoding"})
UNIONS = ("anyOf", "oneOf")
NOTES = frozenset({"description", "examples"})
"""Keywords that describe a value and do not limit it."""
KEYWORDS = (
    NUMBERS | TEXT | LISTS | OBJECTS | CONTENT | NOTES | {*UNIONS, "allOf", "$ref", "type", "format", "enum", "const"}
) | {"default"}
"""The keywords that specs here may use; any other is a mistake, or needs a check in the generated code first."""
LIMITS = (NUMBERS | TEXT | {"minItems", "maxItems", "uniqueItems", "format", "minProperties", "maxProperties"}) - {
    "items"
}
OF_TYPE = (
    {key: {"number", "integer"} for key in NUMBERS}
    | {key: {"string"} for key in TEXT | CONTENT}
    | {key: {"array"} for key in LISTS}
    | {key: {"object"} for key in OBJECTS}
)
"""Keyword -> the types that it limits or describes."""
PAIRS = (
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
COMPONENT = re.compile(r"/components/schemas/[^/]+")
NAMES = {bool: "boolean", str: "string", int: "number", float: "number", list: "array", dict: "object"}


def keywords(index: Index) -> Iterator[Finding]:
    """Every keyword is known, applies to the type beside it, and is not lost beside a reference."""
    for where, node in index.new_schemas.items():
        used = [key for key in node if not key.startswith("x-")]
        yield from (
            (where, f"{key!r} is no keyword that is known here") for key in used if key not in {*KEYWORDS, "title"}
        )
        if "$ref" in node:
            lost = [key for key in used if key not in NOTES | {"$ref"}]
            yield from ((where, f"the generator loses {key!r} beside $ref") for key in lost)
        types = _types(node)
        wrong = [key for key in used if key in OF_TYPE and types and not types & OF_TYPE[key]]
        yield from ((where, f"{key!r} does not apply to {' or '.join(sorted(types))}") for key in wrong)


def limits(index: Index) -> Iterator[Finding]:
    """No lower limit is greater than the upper limit beside it."""
    for where, node in index.new_schemas.items():
        for least, most in PAIRS:
            if least in node and most in node and node[least] > node[most]:
                yield where, f"{least} {node[least]} is more than {most} {node[most]}"


def required_properties(index: Index) -> Iterator[Finding]:
    """Each required name is a property, and is listed once."""
    for where, node in index.new_schemas.items():
        required = node.get("required", [])
        lacking = [name for name in required if name not in node.get("properties", {})]
        yield from ((where, f"requires {name!r}, which is no property") for name in lacking)
        if len(set(required)) < len(required):
            yield where, "requires a property twice"


def enums(index: Index) -> Iterator[Finding]:
    """The values of an enum are of one type, each listed once; a const has itself as its default."""
    for where, node in index.new_schemas.items():
        values = node.get("enum", [])
        types = {NAMES[type(value)] for value in values if value is not None}
        if "enum" in node and len(types) != 1:
            yield where, f"enum mixes {' and '.join(sorted(types)) or 'nothing'}; the generator drops such an operation"
        if len(set(map(repr, values))) < len(values):
            yield where, "enum has a value twice"
        if "const" in node and node.get("default", ...) != node["const"]:
            yield where, "const needs a default alike, or the generator takes another's body for it"


def compositions(index: Index) -> Iterator[Finding]:
    """Unions and merged schemas have a form that the generator supports."""
    for where, node in index.schemas.items():
        if "discriminator" in node:
            yield where, "the generator ignores discriminator; a const in each alternative tells them apart"
        yield from (
            (where, f"{why}") for why in _badly_merged(index.spec, without_conditionals(node.get("allOf", ())), node)
        )
        for key in UNIONS:
            if key in node and len(node[key]) < 2:
                yield where, f"{key} has no two alternatives"


def _badly_merged(spec: Spec, parts: list[Node], node: Node) -> Iterator[str]:
    if len(parts) == 1 and "default" not in node:
        yield "the generator drops an allOf of one; refer to it"
    names = [name for part in parts for name in resolved(spec, part).get("properties", {})]
    twice = sorted({name for name in names if names.count(name) > 1})
    yield from (f"the generator cannot merge {name!r}, which two parts of allOf have" for name in twice)


def distinguishable_forms(index: Index) -> Iterator[Finding]:
    """No form of a oneOf, or of a response, accepts what a later form is for: the generator tries them in order."""
    for where, node in index.schemas.items():
        forms = [resolved(index.spec, form) for form in node.get("oneOf", ())]
        if where in index.responses:
            forms += [resolved(index.spec, form) for form in node.get("anyOf", ())]
        objects = [form for form in forms if "properties" in form]
        for place, form in enumerate(objects):
            if any(_accepts_all_of(form, later) for later in objects[place + 1 :]):
                yield where, f"form {place} would be taken for a later one: no required field tells them apart"


def _accepts_all_of(form: Node, later: Node) -> bool:
    fields, others = form["properties"], later["properties"]
    missing = [name for name in form.get("required", ()) if name not in others]
    fixed = [name for name in fields if "const" in fields[name] and fields[name]["const"] != _const(others, name)]
    return not missing and not fixed


def _const(fields: dict[str, Node], name: str) -> Any:
    return fields.get(name, {}).get("const", ...)


def typed_requests(index: Index) -> Iterator[Finding]:
    """A field of a request has a type, and a list has items."""
    for where, node in index.requests.items():
        if not node.keys() & {"$ref", "type", "enum", "const", *UNIONS, "allOf"}:
            yield where, "takes anything: it has no type"
        if "array" in _types(node) and "items" not in node:
            yield where, "is a list of anything: it has no items"


def closed_requests(index: Index) -> Iterator[Finding]:
    """A request's objects state whether they are closed, and are all closed or all open, from the body down."""
    closed = {where: node for where, node in index.forms.items() if _is_closed(node)}
    within_closed = reach(index.spec, closed)
    within_open = reach(index.spec, {where: node for where, node in index.forms.items() if where not in closed})
    for where, node in index.requests.items():
        if "object" not in _types(node):
            continue
        if "additionalProperties" not in node:
            yield where, "does not state by additionalProperties whether it is closed"
        elif _is_closed(node) and where not in within_closed:
            yield where, "is closed, though what holds it is open"
        elif not _is_closed(node) and where not in within_open:
            yield where, "is open, though what holds it is closed"


def consistent_forms(index: Index) -> Iterator[Finding]:
    """The forms of a body are all closed or all open."""
    for call in index.calls:
        for where, node in call.bodies[0].items():
            forms = [resolved(index.spec, form) for key in UNIONS for form in node.get("schema", {}).get(key, ())]
            if len(set(map(_is_closed, forms))) > 1:
                yield f"{where}/schema", "has closed forms and open ones"


def open_responses(index: Index) -> Iterator[Finding]:
    """A response may have more fields, longer texts and greater numbers than are known, and no default is filled in."""
    for where, node in index.responses.items():
        if _is_closed(node):
            yield where, "is a response, and closed: a new field would make it unreadable"
        yield from ((where, f"is a response, and limited by {key!r}") for key in sorted(node.keys() & LIMITS))
        if "default" in node:
            yield where, "is a response, and has a default: an absent value would seem to have been sent"


def open_enums(index: Index) -> Iterator[Finding]:
    """An enum in a response has its bare type as a further alternative: an unknown word must still be read."""
    ended = {
        f"{where}/anyOf/{place}"
        for where, node in index.responses.items()
        for place, part in enumerate(node.get("anyOf", ()))
        if _is_open(index.spec, part, node["anyOf"])
    }
    for where, node in index.responses.items():
        listed = resolved(index.spec, node).keys() & {"enum", "const"}
        if listed and where not in ended and not COMPONENT.fullmatch(where):
            yield where, "is a closed list of words in a response: put it into anyOf, with its bare type after it"


def nullable_responses(index: Index) -> Iterator[Finding]:
    """A field of a response that may be absent may be null, too."""
    for where, node in index.responses.items():
        for name, field in node.get("properties", {}).items():
            if name not in node.get("required", ()) and not _takes_null(index.spec, field):
                yield f"{where}/properties/{escaped(name)}", "may be absent from a response, so it must allow null, too"


RULES: tuple[Rule, ...] = (
    keywords,
    limits,
    required_properties,
    enums,
    compositions,
    distinguishable_forms,
    typed_requests,
    closed_requests,
    consistent_forms,
    open_responses,
    open_enums,
    nullable_responses,
)


def _types(node: Node) -> set[str]:
    listed = node.get("type", [])
    return set(listed) if is_list(listed) else {listed}


def _is_closed(node: Node) -> bool:
    return node.get("additionalProperties") is False


def _is_open(spec: Spec, part: Node, alternatives: Iterable[Node]) -> bool:
    """Whether one of the alternatives is the bare type of this list of words."""
    listed = resolved(spec, part)
    bare = [other for other in alternatives if not resolved(spec, other).keys() & {"enum", "const"}]
    return any(_types(listed) and _types(listed) <= _types(resolved(spec, other)) for other in bare)


def _takes_null(spec: Spec, node: Node) -> bool:
    target = resolved(spec, node)
    forms = [form for key in UNIONS for form in target.get(key, ())]
    if forms:
        return any(_takes_null(spec, form) for form in forms)
    return "null" in _types(target) or not target.keys() & {"type", "enum", "const", "allOf"}
