"""The generated classes against a spec: each takes exactly what its schema allows, tried at every limit."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import isclass
from typing import Any

import attrs

from klingkit_api.errors import InvalidValue
from scripts.checks.edges import UNKNOWN, choices, defaults, own, right, suspects
from scripts.specs.paths import listed
from scripts.specs.spec import Node, Spec, resolved, validator


def problems(api: str, spec: Spec) -> list[str]:
    """Return where a class takes what its schema refuses, or refuses what it allows."""
    found = (problem for name in models(api) for problem in disagreements(api, name, spec))
    return [f"{api}: {problem}" for problem in dict.fromkeys(found)]


@cache
def models(api: str) -> dict[str, Any]:
    """The generated classes of an API that stand for objects, by the names of their schemas."""
    module = import_module(f"klingkit_api.{api}.models")
    return {name: value for name, value in vars(module).items() if isclass(value) and attrs.has(value)}


@cache
def taken(api: str, name: str) -> tuple[Any, ...]:
    """JSON objects that a class takes."""
    model = models(api)[name]
    objects = [it.to_dict() for it in right(model)]
    return (*objects, {**objects[0], **UNKNOWN}) if own(model).open else tuple(objects)


@cache
def refused(api: str, name: str) -> tuple[tuple[str, Any], ...]:
    """JSON that a class refuses, and the field that is to blame."""
    return tuple((field, value) for field, value in suspects(models(api)[name]) if not takes(models(api)[name], value))


def takes(model: Any, value: Any) -> bool:
    """Whether a class reads JSON as one of its own."""
    try:
        model.from_dict(value)
    except InvalidValue:
        return False
    return True


def disagreements(api: str, name: str, spec: Spec) -> Iterator[str]:
    """Return what a class and the schema of its name do not judge alike, one sentence for each value."""
    schema = spec["components"]["schemas"].get(name)
    if schema is None:
        yield f"{name} is a generated class, and no schema"
        return
    yield from _other_words(api, name, schema, spec)
    judge = validator(spec, schema)
    for value in taken(api, name):
        if not judge.is_valid(value):
            yield f"{name} takes what its schema refuses: {short(value)}"
    for path, value in refused(api, name):
        if judge.is_valid(value):
            yield f"{name} refuses what its schema allows, for the sake of {path or 'the whole'}: {short(value)}"


def _other_words(api: str, name: str, schema: Node, spec: Spec) -> Iterator[str]:
    """Fields, choices and defaults are the same, be others allowed or not."""
    rules = schema.get("properties", {})
    fields = {field.name: field for field in own(models(api)[name]).fields.values()}
    if fields.keys() != rules.keys():
        yield f"{name} has the fields {[*fields]}, and its schema {[*rules]}"
    for field in fields.keys() & rules.keys():
        known, stated = choices(fields[field].check), listed(spec, resolved(spec, rules[field]))
        if sorted(known, key=repr) != sorted(stated, key=repr):
            yield f"{name}.{field} knows {known}, and its schema lists {stated}"
    filled = {field: rule["default"] for field, rule in rules.items() if "default" in rule}
    ours = defaults(models(api)[name])
    if repr(sorted(filled.items())) != repr(sorted(ours.items())):  # True is 1
        yield f"{name} fills in {ours}, and its schema {filled}"


def short(value: Any) -> str:
    """A value as JSON, its beginning where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."
