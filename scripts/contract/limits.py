"""The generated classes against a spec: each takes exactly what its schema allows, tried at every limit."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from inspect import isclass
from typing import Any

import attrs
import jsonschema_rs

from scripts.contract.edges import UNKNOWN, checks, defaults, is_open, right, wrong
from scripts.contract.paths import fields, listed
from scripts.contract.spec import Spec


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
    objects = [instance.to_dict() for instance in right(model)]
    return (*objects, {**objects[0], **UNKNOWN}) if is_open(model) else tuple(objects)


@cache
def refused(api: str, name: str) -> tuple[tuple[str, Any], ...]:
    """JSON that a class refuses, and the field that is to blame."""
    return tuple(wrong(models(api)[name]))


def disagreements(api: str, name: str, spec: Spec) -> Iterator[str]:
    """Return what a class and the schema of its name do not judge alike, one sentence for each value."""
    schema = spec["components"]["schemas"].get(name)
    if schema is None:
        yield f"{name} is a generated class, and no schema"
        return
    # formats are notes to a class: the one that matters, that of callback addresses, is checked by the client
    judge = jsonschema_rs.Draft202012Validator({**schema, "components": spec["components"]})
    filled = {field: rule["default"] for field, rule in schema.get("properties", {}).items() if "default" in rule}
    own = {path: value for path, value in defaults(models(api)[name]).items() if "." not in path}
    if filled != own:
        yield f"{name} fills in {own}, and its schema {filled}"
    for path, nodes in fields(spec, schema).items():
        field = next((it for it in checks(models(api)[name]).values() if it.name == path), None)
        for choice in (choice for node in nodes for choice in listed(spec, node)):
            if field and field.check.refuses(choice):
                yield f"{name} refuses {choice!r} for {path}, which its schema lists"
    for value in taken(api, name):
        if not judge.is_valid(value):
            yield f"{name} takes what its schema refuses: {_short(value)}"
    for path, value in refused(api, name):
        if judge.is_valid(value):
            yield f"{name} refuses what its schema allows, for the sake of {path or 'the whole'}: {_short(value)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}..."
