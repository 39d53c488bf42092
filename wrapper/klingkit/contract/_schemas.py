"""JSON values and verdicts on them by the schemas of a spec."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeAlias, cast

from jsonschema_rs import Draft202012Validator

from klingkit.contract._violations import Path, Violation, explain

__all__ = ["Body", "Node", "resolved"]

Node: TypeAlias = Mapping[str, Any]


class Body:
    """A JSON body as a schema of a spec describes it, compiled once.

    Strings that hold JSON of a schema of their own (`contentSchema`) are looked into, unless they are empty.
    """

    def __init__(self, spec: Node, schema: Node) -> None:
        self._whole = _validator(spec, schema)
        self._contents = [(path, _validator(spec, inner)) for path, inner in _contents(spec, schema)]

    def violations(self, content: bytes) -> list[Violation]:
        """Say what the schema forbids in the bytes of a body."""
        value, unreadable = _read(content)
        if unreadable:
            return [Violation("body", unreadable)]
        found = _verdict(self._whole, value)
        for path, validator in self._contents:
            text = _at(value, path)
            if isinstance(text, str) and text:
                found += _within(validator, text, path)
        return found


def resolved(spec: Node, node: Node) -> Node:
    """The node itself, or what it refers to."""
    target: Any = node
    while "$ref" in target:
        parts = target["$ref"].removeprefix("#/").split("/")
        target = spec
        for part in parts:
            target = target[part]
    return cast("Node", target)


def _validator(spec: Node, schema: Node) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": spec["components"]}, validate_formats=True)


def _verdict(validator: Draft202012Validator, value: object, below: Path = ()) -> list[Violation]:
    where = ".".join(map(str, below)) or "body"
    try:
        return explain(validator.iter_errors(value), below)
    except UnicodeEncodeError:
        return [Violation(where, "has half a character: a surrogate without its other half")]
    except ValueError:  # the validator's own limit
        return [Violation(where, "is nested too deeply")]


def _within(validator: Draft202012Validator, text: str, path: Path) -> list[Violation]:
    value, unreadable = _read(text.encode("utf-8", "replace"))
    return [Violation(".".join(map(str, path)), unreadable)] if unreadable else _verdict(validator, value, path)


def _read(content: bytes) -> tuple[Any, str]:
    """Return the value, or why there is none; what parsers are divided on is no JSON."""
    try:
        return json.loads(content.decode(), parse_constant=_refuse, object_pairs_hook=_once), ""
    except RecursionError:
        return None, "is nested too deeply"
    except ValueError as error:
        return None, f"is no JSON: {error}"


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is given twice")
    return found


def _at(value: object, path: Path) -> object:
    for name in path:
        value = cast("dict[str | int, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def _contents(spec: Node, schema: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """The properties that hold JSON in a string, with its schema."""
    schema = resolved(spec, schema)
    if "contentSchema" in schema:
        yield path, schema["contentSchema"]
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _contents(spec, branch, path)
    for name, child in schema.get("properties", {}).items():
        yield from _contents(spec, child, (*path, name))
