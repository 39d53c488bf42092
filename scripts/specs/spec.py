"""A spec as data: its operations, its schemas, and validators for them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard

import jsonschema_rs
from attrs import frozen

Spec: TypeAlias = dict[str, Any]
Node: TypeAlias = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DATA = frozenset({"example", "examples", "default", "const", "enum", "value"})
"""Keys whose content is data, not contract."""
NAMED = (
    "properties",
    "patternProperties",
    "$defs",
    "schemas",
    "responses",
    "callbacks",
    "variables",
    "securitySchemes",
)
"""Objects whose keys are names of the vendor, not keywords."""
SINGLE = ("items", "additionalProperties", "contentSchema", "contains", "propertyNames", "not", "if", "then", "else")
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
MAPPED = ("properties", "patternProperties", "dependentSchemas", "$defs")
"""Keywords whose value is a schema, a list of schemas, or schemas by name."""


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

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(spec: Spec) -> Iterator[Operation]:
    """Yield the operations that clients may call; callbacks, which they receive, are not among them."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(path, method, item[method])


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is a list."""
    return isinstance(value, list)


def keyed(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return what an object holds with its names, or a list with its positions; nothing of any other value."""
    return value.items() if is_object(value) else enumerate(value) if is_list(value) else ()


def paid_operation(spec: Spec) -> Operation:
    """Return the operation that creates a task, which costs money."""
    return next(operation for operation in operations(spec) if operation.method == "post")


def query_operation(spec: Spec) -> Operation:
    """Return the operation that queries a task."""
    return next(operation for operation in operations(spec) if operation.method == "get")


def resolved(spec: Spec, node: Node) -> Node:
    """Return the node itself, or what it refers to; keys beside a `$ref` are laid over what it refers to."""
    if "$ref" not in node:
        return node
    target: Any = spec
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return {**resolved(spec, target), **{key: value for key, value in node.items() if key != "$ref"}}


def validator(spec: Spec, schema: Node) -> jsonschema_rs.Draft202012Validator:
    """Return a validator for a schema of the spec, formats included."""
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": spec.get("components", {})}, validate_formats=True
    )


def walk(node: object, where: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every object of a spec that is contract rather than data, with its JSON pointer."""
    ahead: list[tuple[str, object]] = [(where, node)]
    while ahead:  # a stack, for nested generators would hand each object through all levels
        where, node = ahead.pop()
        if is_object(node):
            yield where, node
        inner = [
            (f"{where}/{escaped(str(key))}", child)
            for key, child in _children(node)
            if key not in DATA or names_things(where)
        ]
        ahead += reversed(inner)


def schemas(spec: Spec) -> dict[str, Node]:
    """Map JSON pointers to all schemas, at any depth."""
    components = spec.get("components", {}).get("schemas", {})
    roots = [(f"/components/schemas/{escaped(name)}", node) for name, node in components.items()]
    roots += [
        (f"{where}/schema", node["schema"])
        for where, node in walk(spec)
        if isinstance(node.get("schema"), dict) and not names_things(where)
    ]
    return {where: node for root in roots for where, node in within(*root)}


def within(where: str, node: Node) -> Iterator[tuple[str, Node]]:
    """Yield a schema and all that it holds, with their JSON pointers; references are not followed."""
    yield where, node
    for key, child in subschemas(node):
        yield from within(f"{where}/{key}", child)


def subschemas(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the schemas that a schema holds directly, each with its pointer from there."""
    yield from ((key, node[key]) for key in SINGLE if isinstance(node.get(key), dict))
    yield from ((f"{key}/{place}", child) for key in LISTED for place, child in enumerate(node.get(key, ())))
    yield from ((f"{key}/{escaped(name)}", child) for key in MAPPED for name, child in node.get(key, {}).items())


def names_things(where: str) -> bool:
    """Whether the keys of the object at a JSON pointer are names rather than keywords."""
    naming = False
    for part in where.split("/"):
        naming = not naming and part in NAMED  # below names, a keyword is a name, too
    return naming


def escaped(key: str) -> str:
    """Return a key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _children(node: object) -> list[tuple[Any, Any]]:
    """Return the objects and lists directly within a node, each with its key."""
    return [(key, child) for key, child in keyed(node) if isinstance(child, dict | list)]


def _schema(holder: Mapping[str, Any] | None) -> Node | None:
    content = (holder or {}).get("content", {})
    schema: Node | None = content.get("application/json", {}).get("schema")
    return schema
