"""A spec as data: its operations, its schemas, and verdicts by them."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import jsonschema_rs
from attrs import frozen

Spec: TypeAlias = dict[str, Any]
Node: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DATA = frozenset({"example", "examples", "default", "const", "enum", "value"})
"""Keys whose content is data, not contract."""


@frozen
class Operation:
    """One method of one path."""

    path: str
    method: str
    node: Node

    @property
    def body(self) -> Node | None:
        """The schema of its request's body."""
        return _schema(self.node.get("requestBody"))

    def answers(self, spec: Spec) -> dict[int, Node]:
        """HTTP status -> the schema of its answer."""
        found = ((status, _schema(resolved(spec, answer))) for status, answer in self.node["responses"].items())
        return {int(status): schema for status, schema in found if schema is not None}

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(spec: Spec) -> Iterator[Operation]:
    """What clients may call; callbacks, which clients receive, are not among them."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(path, method, item[method])


def creating(spec: Spec) -> Operation:
    """The operation that costs money."""
    return next(operation for operation in operations(spec) if operation.method == "post")


def asking(spec: Spec) -> Operation:
    """The operation that asks for a task."""
    return next(operation for operation in operations(spec) if operation.method == "get")


def resolved(spec: Spec, node: Node) -> Node:
    """The node itself, or what it refers to; keys beside a `$ref` are laid over what it refers to."""
    if "$ref" not in node:
        return node
    target: Any = spec
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return {**resolved(spec, target), **{key: value for key, value in node.items() if key != "$ref"}}


def validator(spec: Spec, schema: Node) -> jsonschema_rs.Draft202012Validator:
    """Verdicts by a schema of the spec, formats included."""
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": spec.get("components", {})}, validate_formats=True
    )


def walk(node: object, where: str = "") -> Iterator[tuple[str, Node]]:
    """Every object of a spec that is contract rather than data, with its JSON pointer."""
    if isinstance(node, dict):
        yield where, node
    for key, child in _children(node):
        if key not in DATA or _names_a_field(where):
            yield from walk(child, f"{where}/{escaped(str(key))}")


def escaped(key: str) -> str:
    """A key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _names_a_field(where: str) -> bool:
    """Whether the keys of this object are names that the vendor gave."""
    return where.endswith(("/properties", "/schemas"))


def _children(node: object) -> list[tuple[Any, Any]]:
    if isinstance(node, dict):
        return list(node.items())
    return list(enumerate(node)) if isinstance(node, list) else []


def _schema(holder: Mapping[str, Any] | None) -> Node | None:
    content = (holder or {}).get("content", {})
    schema: Node | None = content.get("application/json", {}).get("schema")
    return schema
