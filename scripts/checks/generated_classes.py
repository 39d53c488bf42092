"""Compare the generated classes with a spec: each accepts exactly what its schema allows, at every limit."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass
from typing import Any

import attrs

from klingkit_api.checks import UNSET, AnyOf, Check, Choice, Field
from klingkit_api.errors import InvalidValue
from scripts.checks.boundaries import objects
from scripts.specs.files import load
from scripts.specs.paths import listed
from scripts.specs.spec import Node, Spec, is_list, is_object, resolved, validator

CHECKED_ELSEWHERE = frozenset({"contentMediaType", "contentSchema"})
"""Keywords that the client checks, and no class: the JSON in a string is read by itself."""


def problems(api: str, spec: Spec) -> list[str]:
    """Return where a class accepts what its schema refuses, or refuses what it allows."""
    found = (problem for name in models(api) for problem in disagreements(api, name, spec))
    return [f"{api}: {problem}" for problem in dict.fromkeys(found)]


def compared(api: str) -> int:
    """Count the values that are compared."""
    return sum(len(verdicts(api, name)) for name in models(api))


@cache
def models(api: str) -> dict[str, Any]:
    """Return the generated classes of an API that stand for objects, by the names of their schemas."""
    module = import_module(f"klingkit_api.{api}.models")
    return {name: value for name, value in vars(module).items() if isclass(value) and attrs.has(value)}


@cache
def verdicts(api: str, name: str) -> tuple[tuple[str, Any, bool], ...]:
    """Return objects at the limits of a committed schema, each with the field changed and the verdict of its class."""
    spec, model = load(api), models(api)[name]
    return tuple((path, it, accepts(model, it)) for path, it in objects(spec, spec["components"]["schemas"][name]))


def accepts(model: Any, value: Any) -> bool:
    """Whether a class reads JSON as one of its own, and writes it again as it was."""
    try:
        return bool(model.from_dict(value).to_dict() == value)
    except InvalidValue:
        return False


def disagreements(api: str, name: str, spec: Spec) -> Iterator[str]:
    """Yield a sentence for each value on which a class and the schema of its name disagree."""
    schema = spec["components"]["schemas"].get(name)
    if schema is None:
        yield f"{name} is a generated class, and no schema"
        return
    yield from _other_words(api, name, schema, spec)
    judge = validator({"components": _without(spec["components"])}, _without(schema))
    for path, value, accepted in verdicts(api, name):
        if judge.is_valid(value) != accepted:
            verb = "takes what its schema refuses" if accepted else "refuses what its schema allows"
            yield f"{name} {verb}, for the sake of {path or 'the whole'}: {short(value)}"


def own_fields(model: Any) -> dict[str, Field]:
    """Return the fields of a class by the names of its arguments, which JSON may spell otherwise."""
    named = {field.alias or field.name: field.validator for field in attrs.fields(model)}
    return {name: field for name, field in named.items() if isinstance(field, Field)}


def argument_names(model: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the names of a class's arguments."""
    return {name: values[field.name] for name, field in own_fields(model).items() if field.name in values}


def short(value: Any) -> str:
    """Return a value as JSON, cut off where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _other_words(api: str, name: str, schema: Node, spec: Spec) -> Iterator[str]:
    """Yield differences in fields, choices and defaults, whether or not others are allowed."""
    rules = schema.get("properties", {})
    fields = {field.name: field for field in own_fields(models(api)[name]).values()}
    if fields.keys() != rules.keys():
        yield f"{name} has the fields {[*fields]}, and its schema {[*rules]}"
    for field in fields.keys() & rules.keys():
        known, stated = _choices(fields[field].check), listed(spec, resolved(spec, rules[field]))
        if sorted(known, key=repr) != sorted(stated, key=repr):
            yield f"{name}.{field} knows {known}, and its schema lists {stated}"
    filled = {field: rule["default"] for field, rule in rules.items() if "default" in rule}
    ours = _defaults(models(api)[name])
    if repr(sorted(filled.items())) != repr(sorted(ours.items())):  # True is 1
        yield f"{name} fills in {ours}, and its schema {filled}"


def _defaults(model: Any) -> dict[str, Any]:
    """Return the defaults of a class by their names in JSON."""
    filled = {field.alias or field.name: field.default for field in attrs.fields(model)}
    named = {field.name: filled[name] for name, field in own_fields(model).items()}
    return {name: value for name, value in named.items() if value not in (attrs.NOTHING, UNSET)}


def _choices(check: Check) -> list[Any]:
    """Return the values that a check lists, whether or not others are allowed."""
    if isinstance(check, AnyOf):
        return [value for option in check.options for value in _choices(option)]
    return list(check.values) if isinstance(check, Choice) else []


def _without(node: Any) -> Any:
    """Return a schema without the keywords that are checked elsewhere."""
    if is_object(node):
        kept = {key: held for key, held in node.items() if key not in CHECKED_ELSEWHERE or is_object(held)}
        return {key: _without(held) for key, held in kept.items() if key != "contentSchema"}
    return [_without(held) for held in node] if is_list(node) else node
