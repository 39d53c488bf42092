"""A spec as data: its operations, its schemas, and validators for them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias, TypeGuard, cast

import jsonschema_rs
from attrs import frozen

from scripts.codegen.runtime.rules import Keyword
from scripts.specs.baseline import by_place, escaped, is_noted, is_unchanged, reached

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
SINGLE = ("items", "additionalProperties", "contentSchema", "contains", "propertyNames", "not")
LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
MAPPED = ("properties", "patternProperties", "dependentSchemas", "$defs")
"""Keywords whose value is a schema, a list of schemas, or schemas by name; rules between fields are not among them."""
RULES: Mapping[str, Any] = {"x-rules": Keyword}
"""Keywords that JSON Schema does not have, and what judges them."""


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
    if len(node) == 1:
        return resolved(spec, target)
    return {**resolved(spec, target), **{key: value for key, value in node.items() if key != "$ref"}}


_validators: dict[int, jsonschema_rs.Draft202012Validator] = {}
"""Identity of a schema of a remembered spec -> its validator, where all that it refers to is unchanged."""


def validator(spec: Spec, schema: Node) -> jsonschema_rs.Draft202012Validator:
    """Return a validator for a schema of the spec, formats and `x-rules` included."""
    if not is_settled(spec, schema):
        return _validator(schema, reached(spec, schema))
    if id(schema) not in _validators:
        _validators[id(schema)] = _validator(schema, reached(spec, schema))
    return _validators[id(schema)]


def is_settled(spec: Spec, schema: Node) -> bool:
    """Whether a schema and all that it refers to are as in a remembered spec: then so is all that follows from it."""
    return is_noted(schema) and all(is_unchanged(*component) for component in reached(spec, schema).items())


def plain_validator(spec: Spec, schema: Node) -> jsonschema_rs.Draft202012Validator:
    """Return a validator that knows JSON Schema alone, as other tools do: it passes over `x-rules`."""
    return _validator(schema, reached(spec, schema), {})


def _validator(
    schema: Node, needed: Mapping[str, Node], keywords: Mapping[str, Any] = RULES
) -> jsonschema_rs.Draft202012Validator:
    whole = {**schema, "components": tree(needed)}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, keywords=cast("Any", keywords))


def conditionals(schema: Mapping[str, Any]) -> list[Node]:
    """Return the rules between fields that a schema has as `if` with `then` or `else`, within its `allOf`."""
    return [part for part in schema.get("allOf", ()) if "if" in part]


def without_conditionals(parts: Iterable[Node]) -> list[Node]:
    """Return the parts of an `allOf` that are schemas to be merged, not rules between fields."""
    return [part for part in parts if "if" not in part]


def tree(components: Mapping[str, Node]) -> Node:
    """Return components by kind and name, as a spec has them."""
    found: Node = {}
    for where, node in components.items():
        kind, name = where.removeprefix("/components/").split("/")
        found.setdefault(kind, {})[name.replace("~1", "/").replace("~0", "~")] = node
    return found


def walk(node: object, where: str = "") -> Iterator[tuple[str, Node]]:
    """Yield every object of a spec that is contract rather than data, with its JSON pointer."""
    return iter(_walked(where, node))


@by_place
def _walked(where: str, node: object) -> list[tuple[str, Node]]:
    found: list[tuple[str, Node]] = [(where, node)] if is_object(node) else []
    naming = names_things(where)
    for key, child in _children(node):
        if naming or key not in DATA:
            found += _walked(f"{where}/{escaped(str(key))}", child)
    return found


def schemas(spec: Spec) -> dict[str, Node]:
    """Map JSON pointers to all schemas, at any depth."""
    components = spec.get("components", {}).get("schemas", {})
    roots = [(f"/components/schemas/{escaped(name)}", node) for name, node in components.items()]
    roots += [
        (f"{where}/schema", node["schema"])
        for where, node in walk(spec)
        if isinstance(node.get("schema"), dict) and not names_things(where)
    ]
    found: dict[str, Node] = {}
    for root in roots:
        found.update(within(*root))
    return found


@by_place
def within(where: str, node: Node) -> list[tuple[str, Node]]:
    """Return a schema and all that it holds, with their JSON pointers; references are not followed."""
    found = [(where, node)]
    for key, child in subschemas(node):
        found += within(f"{where}/{key}", child)
    return found


def subschemas(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield the schemas that a schema holds directly, no rules between fields, each with its pointer from there."""
    yield from ((key, node[key]) for key in SINGLE if isinstance(node.get(key), dict))
    for key in LISTED:
        yield from ((f"{key}/{place}", part) for place, part in enumerate(node.get(key, ())) if "if" not in part)
    yield from ((f"{key}/{escaped(name)}", child) for key in MAPPED for name, child in node.get(key, {}).items())


@cache
def names_things(where: str) -> bool:
    """Whether the keys of the object at a JSON pointer are names rather than keywords."""
    naming = False
    for part in where.split("/"):
        naming = not naming and part in NAMED  # below names, a keyword is a name, too
    return naming


def _children(node: object) -> list[tuple[Any, Any]]:
    """Return the objects and lists directly within a node, each with its key."""
    return [(key, child) for key, child in keyed(node) if isinstance(child, dict | list)]


def _schema(holder: Mapping[str, Any] | None) -> Node | None:
    content = (holder or {}).get("content", {})
    schema: Node | None = content.get("application/json", {}).get("schema")
    return schema
