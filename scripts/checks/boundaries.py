"""JSON values at and beyond the limits of a schema, for specs and documents alike.

A value is yielded whether it is valid or not; a validator decides. So one list serves a schema and whatever is
held against it.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle, islice
from typing import Any, Final

from scripts.codegen.runtime.rules import Difference, Sum, parsed
from scripts.specs.spec import Node, Spec, conditionals, is_list, is_object, resolved, validator

LONG: Final = 10_000
"""Characters, more than any documented limit."""
BEYOND_ALL_LIMITS: Final = 10**6
"""A number beyond any documented limit."""
MANY: Final = 12
"""Items of a list, more than anybody would guess as its limit."""
JUNK: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 5, 10, 5.0, 5.5, 0.5),
    *("", "5", "10", "a", "雨", [], ["a"], [5], [{}], {}),
)
"""Values of every kind, put into every field."""
CHARACTERS_BY_SIZE: Final = ("a", "字", "😀")
"""One, three and four bytes of UTF-8; each is one character."""
ORDINARY: Final = "a"
"""A text without a format."""
URI: Final = "https://studio.example/a"
URIS: Final = (f"https://studio.example/{'a' * LONG}?a=b#c", "urn:isbn:1", "x:", "http://[2001:db8::1]:8/")
FILES: Final = tuple(
    f"https://studio.example/a.{suffix}"
    for suffix in ("jpg", "JPG", "jpeg", "JPEG", "png", "PNG", "mp4", "MP4", "mov", "MOV", "png?a=b", "mov#a", "mp4s")
)
"""URLs of images and videos, as rules distinguish them by their suffixes, and one of neither."""
NO_URIS: Final = ("studio.example/done", "//studio.example", "http://a b/", "http://studio.example/雨", "http://[::1/")
NEAR: Final = ("-1", "-0.1", "-0.05", "-1e-9", "1e-9", "0.05", "0.1", "1")
"""Steps to both sides of a limit."""
UNKNOWN: Final = "unknown"
"""A field that no document has."""

Candidate = tuple[str, Any]
"""The path of the field that was changed, and the whole value with the change."""


def objects(spec: Spec, schema: Node) -> Iterator[Candidate]:
    """Yield objects with the required fields alone and with all, each of these changed, and what is no object."""
    yield from (("", value) for value in JUNK if not is_object(value))
    yield from ((name, base) for name, base in with_each_optional_field(spec, schema))
    yield from changed(spec, schema, ordinary(spec, schema))


def with_each_optional_field(spec: Spec, schema: Node) -> Iterator[Candidate]:
    """Yield an object with its required fields alone, with each optional one beside them, and with all."""
    node = resolved(spec, schema)
    least = ordinary(spec, node)
    rest = {name: ordinary(spec, field) for name, field in node.get("properties", {}).items() if name not in least}
    yield "", least
    yield from ((name, {**least, name: value}) for name, value in rest.items())
    yield "", {**least, **rest}


def changed(spec: Spec, schema: Node, base: dict[str, Any]) -> Iterator[Candidate]:
    """Yield an object with one of its fields left out, added, or given another value, at any depth."""
    for form in matching_forms(spec, schema, base):
        yield "", {name: base[name] for name in form.get("required", ())}
        yield from between(spec, form, base)
        yield UNKNOWN, {**base, UNKNOWN: [{"deep": 1}]}
        for name, field in form.get("properties", {}).items():
            yield name, without(base, name)
            for path, value in values(spec, field, base.get(name)):
                yield f"{name}.{path}".removesuffix("."), {**base, name: value}


def choices(spec: Spec, schema: Node, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an object with each other choice for each of its fields that has some, or without it, at any depth."""
    yield base
    for form in matching_forms(spec, schema, base):
        for name, field in form.get("properties", {}).items():
            if listed := [choice for option in forms(spec, field) for choice in _listed(option)]:
                yield from (without(base, name), *({**base, name: choice} for choice in listed))
            if is_object(base.get(name)):
                yield from ({**base, name: inner} for inner in choices(spec, field, base[name]))


def values(spec: Spec, schema: Node, present: Any = None) -> Iterator[Candidate]:
    """Yield values for a field at its limits, beyond them, and of other kinds; `present` is the one it has."""
    yield from (("", value) for value in JUNK)
    for form in forms(spec, schema):
        if listed := _listed(form):
            yield from (("", value) for value in _lookalikes(listed))
        elif form.get("type") == "string":
            yield from (("", value) for value in _texts(form))
        elif form.get("type") in {"number", "integer"}:
            yield from (("", value) for value in _numbers(form))
        elif form.get("type") == "array":
            yield from _lists(spec, form)
        elif "properties" in form:
            held = present if is_object(present) and _allows(spec, form, present) else ordinary(spec, form)
            yield from with_each_optional_field(spec, form)
            yield from changed(spec, form, held)


def between(spec: Spec, form: Node, base: dict[str, Any]) -> Iterator[Candidate]:
    """Yield an object at the limits of each rule between its fields, and beyond them."""
    yield from _at_rules(spec, form, form, base)
    for rule in conditionals(form):
        for demands, met in ((rule.get("then", {}), True), (rule.get("else", {}), False)):
            full = _meeting(spec, form, demands, _where(spec, form, rule["if"], base, met=met))
            yield "", full
            yield from _at_rules(spec, form, demands, full)
            yield from _at_rules(spec, form, form, full)
            for name in {**demands.get("properties", {}), **dict.fromkeys(demands.get("required", ()))}:
                yield name, without(full, name)
                field = form["properties"].get(name, {})
                yield from ((name, {**full, name: value}) for _, value in values(spec, field, full.get(name)))


def _where(spec: Spec, form: Node, condition: Node, base: dict[str, Any], *, met: bool) -> dict[str, Any]:
    """Return an object that meets a condition, or not, as far as that takes no more than ordinary values."""
    if met:
        return _meeting(spec, form, condition, base)
    fields = condition.get("properties", {}).items()
    return {**base, **{name: not rule["const"] for name, rule in fields if isinstance(rule.get("const"), bool)}}


def _meeting(spec: Spec, form: Node, demands: Node, base: dict[str, Any]) -> dict[str, Any]:
    """Return an object with ordinary values for fields that do not meet demands."""
    rules, fields = demands.get("properties", {}), form["properties"]
    kept = {name: value for name, value in base.items() if rules.get(name) is not False}
    wrong = [name for name in rules if name in kept and not _allows(spec, rules[name], kept[name])]
    missing = [name for name in demands.get("required", ()) if name in fields and name not in kept]
    found = {name: {**without(resolved(spec, fields[name]), "default"), **rules[name]} for name in wrong}
    found |= {name: {**resolved(spec, fields[name]), **rules.get(name, {})} for name in missing}
    return {**kept, **{name: ordinary(spec, field) for name, field in found.items()}}


def _at_rules(spec: Spec, form: Node, demands: Node, base: dict[str, Any]) -> Iterator[Candidate]:
    for rule in map(parsed, demands.get("x-rules", ())):
        match rule:
            case Sum(items=items, total=total):
                name, _, number = items.partition(".")
                item = ordinary(spec, resolved(spec, form["properties"][name])["items"])
                whole = int(base[total])
                for parts in ([whole], [whole - 1], [whole - 1, 1], [whole - 1, 2], [whole - 2, 1]):
                    yield name, {**base, name: [{**item, number: part} for part in parts]}
            case Difference(fields=(end, start), defaults=(last, first)):
                rest = without(without(base, start), end)
                for size in (rule.minimum - 1, rule.minimum, rule.maximum, rule.maximum + 1, -rule.minimum):
                    yield end, {**rest, end: first + size}
                    yield start, {**rest, start: last - size}
                    yield end, {**rest, start: 1000, end: 1000 + size}
            case _:
                pass


def ordinary(spec: Spec, schema: Node) -> Any:
    """Return a plain value that a schema allows, its default if it has one; of an object, its required fields alone."""
    node = resolved(spec, schema)
    if "default" in node:
        return node["default"]
    form = next(forms(spec, node))
    if listed := _listed(form):
        return listed[0]
    if "properties" in form:
        found = _meeting(spec, form, {"required": form.get("required", ())}, {})
        for rule in conditionals(form):
            met = "then" if _allows(spec, rule["if"], found) else "else"
            found = _meeting(spec, form, rule.get(met, {}), found)
        return found
    return _ordinary_value(spec, form)


def _ordinary_value(spec: Spec, form: Node) -> Any:
    match form.get("type"):
        case "object":
            return {}
        case "array":
            return _several(spec, form.get("items", {}), form.get("minItems", 0))
        case "number" | "integer":
            return form.get("minimum", form.get("maximum", 0))
        case "null":
            return None
        case _:
            return URI if form.get("format") == "uri" else ORDINARY * max(form.get("minLength", 0), 1)


def matching_forms(spec: Spec, schema: Node, value: Any) -> list[Node]:
    """Return the alternatives of a schema that allow a value."""
    return [form for form in forms(spec, schema) if _allows(spec, form, value)]


def forms(spec: Spec, schema: Node) -> Iterator[Node]:
    """Yield the alternatives that a schema comes to in the end."""
    schema = resolved(spec, schema)
    kinds = schema.get("type")
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    options += [{**schema, "type": kind} for kind in kinds] if is_list(kinds) else []
    if not options:
        yield schema
    for option in options:
        yield from forms(spec, option)


def without(base: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object without one of its fields."""
    return {key: value for key, value in base.items() if key != name}


def _allows(spec: Spec, schema: Node, value: Any) -> bool:
    return validator(spec, schema).is_valid(value)


def _listed(form: Node) -> list[Any]:
    if "const" in form:
        return [form["const"]]
    listed: list[Any] = form.get("enum", [True, False] if form.get("type") == "boolean" else [])
    return listed


def _lookalikes(listed: list[Any]) -> Iterator[Any]:
    """Yield each choice, and what looks like it."""
    yield "other"
    for choice in listed:
        yield from (choice, f"{choice} ", f"0{choice}", str(choice).upper(), str(choice).lower(), str(choice)[:-1])
        yield [choice]
        if str(choice).isdigit():
            yield from (
                int(choice),
                str(choice),
                float(choice),
                int(choice) + 0.5,
                int(choice) + 5,
                str(int(choice) + 5),
            )


def _texts(form: Node) -> Iterator[str]:
    yield from (*URIS, *NO_URIS)
    least, most = form.get("minLength", 0), form.get("maxLength", LONG)
    for letter in CHARACTERS_BY_SIZE:
        yield from (letter * length for length in (least - 1, least, most, most + 1) if length > 0)


def _numbers(form: Node) -> Iterator[float]:
    """Yield both limits with what is near, steps from the lower one, and something between."""
    low: Any = form.get("exclusiveMinimum", form.get("minimum", -BEYOND_ALL_LIMITS))
    high: Any = form.get("exclusiveMaximum", form.get("maximum", BEYOND_ALL_LIMITS))
    yield from (low, high, low + (high - low) * 0.35)
    yield from (float(Decimal(repr(limit)) + Decimal(step)) for limit in (low, high) for step in NEAR)
    step = Decimal(repr(form.get("multipleOf", 0.1)))
    yield from (float(Decimal(repr(low)) + step * count) for count in range(11))


def _lists(spec: Spec, form: Node) -> Iterator[Candidate]:
    """Yield lists of as many items as there may be, of one less and one more, with an item twice, with odd items."""
    item = form.get("items", {})
    least, most = form.get("minItems", 0), form.get("maxItems", MANY)
    for count in sorted({least - 1, least, least + 1, most, most + 1} - {-1}):
        yield "", _several(spec, item, count)
    one = ordinary(spec, item)
    yield "", [one] * max(least, 2)
    rest = _several(spec, item, least)[1:]
    if item.get("format") == "uri":
        yield from (("", [*files, *rest]) for files in ([FILES[0], FILES[-2]], *([file] * 2 for file in FILES)))
        yield from (("", [file, *rest]) for file in FILES)
    yield from ((path, [value, *rest]) for path, value in values(spec, item))


def _several(spec: Spec, item: Node, count: int) -> list[Any]:
    """Return so many right items, no two alike where the schema of an item knows so many."""
    judge = validator(spec, item)
    right = [ordinary(spec, item), *(value for _, value in values(spec, item) if count > 1 and judge.is_valid(value))]
    distinct = {json.dumps(value): value for value in right if len(json.dumps(value)) < LONG} if count > 1 else {}
    return list(islice(cycle(distinct.values() or right[:1]), count))
