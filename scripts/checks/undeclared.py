"""Validate a recorded value against its schema, and find what the schema does not declare."""

from collections.abc import Collection, Iterator
from typing import Any

from scripts.checks.boundaries import forms
from scripts.checks.exchanges import UNREADABLE, read
from scripts.specs.spec import Node, Spec, is_list, is_object, validator

MEDIA_TYPE = "application/json"


def gaps(spec: Spec, schema: Node, value: Any, where: str, *, named: Collection[str] = ()) -> Iterator[str]:
    """Yield what a schema refuses in a value, and what it does not declare: fields, words, JSON inside of strings.

    Args:
        spec: Holds what the schema refers to.
        schema: For the value.
        value: As it was recorded.
        where: What to call its place.
        named: Fields whose values must be among some that are listed.
    """
    for error in validator(spec, schema).iter_errors(value):
        place = "/".join(map(str, error.instance_path))
        yield f"{where} {place}: {error.message[:200]}"
    yield from _undeclared(spec, [schema], value, where, named)


def _undeclared(spec: Spec, schemas: list[Node], value: Any, where: str, named: Collection[str]) -> Iterator[str]:
    options = [form for schema in schemas for form in forms(spec, schema)]
    if is_object(value):
        for name, held in value.items():
            fields = [form["properties"][name] for form in options if name in form.get("properties", {})]
            if not fields and any("properties" in form for form in options):
                yield f"{where}/{name} is not declared"
            yield from _undeclared(spec, fields, held, f"{where}/{name}", named)
    elif is_list(value):
        items = [form["items"] for form in options if "items" in form]
        for held in value:
            yield from _undeclared(spec, items, held, f"{where}/-", named)
    else:
        yield from _unnamed(options, value, where, listed=where.rpartition("/")[2] in named)
        if isinstance(value, str):
            yield from _inside(spec, schemas, value, where)


def _unnamed(options: list[Node], value: Any, where: str, *, listed: bool) -> Iterator[str]:
    """Yield a word or code that is not in the list, even if the list is open."""
    choices = [choice for form in options for choice in form.get("enum", ())]
    if value is not None and value not in choices and (choices or listed):
        yield f"{where} is {value!r}, which is not among the values that are named"


def _inside(spec: Spec, schemas: list[Node], text: str, where: str) -> Iterator[str]:
    """Yield findings in JSON within a string, which must be declared as such."""
    held = read(text.encode()) if text.startswith("{") else UNREADABLE
    if held is UNREADABLE:
        return
    holders = [form for schema in schemas for form in forms(spec, schema)]
    if {form.get("contentMediaType") for form in holders} != {MEDIA_TYPE}:
        yield f"{where} holds JSON, and is not declared to"
    inner = [form["contentSchema"] for form in holders if "contentSchema" in form]
    if not inner:
        yield f"{where} holds JSON without a schema"
    for schema in inner:
        yield from gaps(spec, schema, held, f"{where}(JSON)")
