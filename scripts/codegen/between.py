"""Compile the rules between the fields of a schema to expressions of `klingkit_api.rules`."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from scripts.codegen.runtime.rules import parsed
from scripts.specs.spec import conditionals

LISTS = {"minItems": "min_items", "maxItems": "max_items"}


class UnsupportedRuleError(Exception):
    """A rule has a keyword that no check would enforce."""


def rules(schema: Mapping[str, Any]) -> list[str]:
    """Return an expression for each rule of an object's schema."""
    return [*_notes(schema), *map(_when, conditionals(schema))]


def _when(rule: Mapping[str, Any]) -> str:
    parts = {"condition": "if", "then": "then", "otherwise": "else"}
    given = {name: _part(rule[key]) for name, key in parts.items() if key in rule}
    return f"When({_named(given)})"


def _part(schema: Mapping[str, Any]) -> str:
    _end_if_unknown(schema.keys() - {"required", "properties", "x-rules"})
    fields = (f'"{name}": {_check(field)}' for name, field in schema.get("properties", {}).items())
    given = {
        "required": repr(tuple(schema.get("required", ()))),
        "fields": f"{{{', '.join(fields)}}}",
        "rules": f"({''.join(f'{it}, ' for it in _notes(schema))})",
    }
    return f"Part({_named({name: text for name, text in given.items() if text not in ('()', '{}')})})"


def _check(schema: Any) -> str:
    if schema is False:
        return "Absent()"
    match schema:
        case {"const": value, **rest} if not rest:
            return f"Choice({value!r})"
        case {"pattern": pattern, **rest} if not rest:
            return f"Matches({pattern!r})"
        case {"contains": item, **rest} if not rest:
            return f"Contains({_check(item)})"
        case _:
            _end_if_unknown(schema.keys() - LISTS)
            return f"List(Anything(), {_named({LISTS[key]: value for key, value in schema.items()})})"


def _notes(schema: Mapping[str, Any]) -> Iterator[str]:
    for entry in schema.get("x-rules", ()):
        rule = parsed(entry)
        if rule is None:
            raise UnsupportedRuleError(f"no check for {dict(entry)}")
        yield f"{type(rule).__name__}({_named({name: repr(it) for name, it in attrs.asdict(rule).items()})})"


def _named(arguments: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _end_if_unknown(keywords: set[str]) -> None:
    if keywords:
        raise UnsupportedRuleError(f"no check for {', '.join(sorted(keywords))}")
