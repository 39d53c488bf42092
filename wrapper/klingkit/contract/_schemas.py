"""Validates JSON bodies by the schemas of a spec."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeAlias, cast

from jsonschema_rs import Draft202012Validator

from klingkit.contract._violations import Path, Violation, explain
from klingkit_api.rules import Keyword

__all__ = ["BodySchema", "Node", "resolve"]

Node: TypeAlias = Mapping[str, Any]


class BodySchema:
    """The schema of a JSON body, compiled once.

    Strings that hold JSON with a schema of its own (`contentSchema`) are validated too, unless they are empty.
    """

    def __init__(self, spec: Node, schema: Node) -> None:
        self._whole = _validator(spec, schema)
        self._embedded = [(path, _validator(spec, inner)) for path, inner in _embedded(spec, schema)]

    def violations(self, content: bytes) -> list[Violation]:
        """Validate the bytes of a body."""
        value, error = _parse(content)
        if error:
            return [Violation("body", error)]
        found = _validate(self._whole, value)
        for path, validator in self._embedded:
            text = _at(value, path)
            if isinstance(text, str) and text:
                found += _validate_embedded(validator, text, path)
        return found


def resolve(spec: Node, node: Node) -> Node:
    """Return the node that a `$ref` refers to, or the node itself if it has none."""
    target: Any = node
    while "$ref" in target:
        parts = target["$ref"].removeprefix("#/").split("/")
        target = spec
        for part in parts:
            target = target[part]
    return cast("Node", target)


def _validator(spec: Node, schema: Node) -> Draft202012Validator:
    whole = {**schema, "components": spec["components"]}
    return Draft202012Validator(whole, validate_formats=True, keywords=cast("Any", {"x-rules": Keyword}))


def _validate(validator: Draft202012Validator, value: object, below: Path = ()) -> list[Violation]:
    where = ".".join(map(str, below)) or "body"
    try:
        return explain(validator.iter_errors(value), below)
    except UnicodeEncodeError:
        return [Violation(where, "has half a character: a surrogate without its other half")]
    except ValueError:  # the validator's own limit
        return [Violation(where, "is nested too deeply")]


def _validate_embedded(validator: Draft202012Validator, text: str, path: Path) -> list[Violation]:
    value, error = _parse(text.encode("utf-8", "replace"))
    return [Violation(".".join(map(str, path)), error)] if error else _validate(validator, value, path)


def _parse(content: bytes) -> tuple[Any, str]:
    """Return the value and no error, or no value and the error; NaN and repeated names are errors."""
    try:
        return json.loads(content.decode(), parse_constant=_reject, object_pairs_hook=_unique), ""
    except RecursionError:
        return None, "is nested too deeply"
    except ValueError as error:
        return None, f"is not JSON: {error}"


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is given twice")
    return found


def _at(value: object, path: Path) -> object:
    for name in path:
        value = cast("dict[str | int, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def _embedded(spec: Node, schema: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield the path of each property that holds JSON in a string, with the schema of that JSON."""
    schema = resolve(spec, schema)
    if "contentSchema" in schema:
        yield path, schema["contentSchema"]
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _embedded(spec, branch, path)
    for name, child in schema.get("properties", {}).items():
        yield from _embedded(spec, child, (*path, name))
