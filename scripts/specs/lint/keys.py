"""Rules on keys: each object of a spec has those that are known here, and no others.

OpenAPI has many more. What the generator ignores or no vendor states (`style`, `deprecated`, a response's headers)
would be a fact that nothing looks at, and a slip of the pen in a note (`x-sources`) would lose the note. A key that
becomes necessary is added here, with the check that looks at it.
"""

from collections.abc import Iterator
from typing import Any, Final

from scripts.specs.baseline import escaped, is_unchanged
from scripts.specs.lint.index import Finding, Index, Rule
from scripts.specs.lint.schemas import KEYWORDS
from scripts.specs.spec import METHODS, is_list, is_object

LEAF: Final = ""
"""The kind of a value that is looked at as a whole."""
SOURCE: Final = {"x-source": LEAF}
FILES: Final = ("x-max-bytes", "x-media-types")
"""Limits of the file behind an address: a client checks them before it uploads one."""

Kind = str | tuple[str, str]
"""The kind of an object, or of each object in a list (`each`) or by name (`named`)."""

KEYS: Final[dict[str, dict[str, Kind]]] = {
    "spec": {
        "openapi": LEAF,
        "info": "info",
        "servers": ("each", "server"),
        "tags": ("each", "tag"),
        "paths": ("named", "path"),
        "components": "components",
    },
    "info": dict.fromkeys(("title", "version", "description", "x-documents"), LEAF),
    "server": {"url": LEAF, "description": LEAF, "variables": ("named", "variable")},
    "variable": dict.fromkeys(("description", "enum", "default", "x-source"), LEAF),
    "tag": dict.fromkeys(("name", "description"), LEAF),
    "components": {
        "securitySchemes": ("named", "scheme"),
        "responses": ("named", "response"),
        "parameters": ("named", "parameter"),
        "schemas": ("named", "schema"),
    },
    "scheme": dict.fromkeys(("type", "scheme", "in", "name", "description", "x-source"), LEAF),
    "path": {**dict.fromkeys(METHODS, "operation"), "parameters": ("each", "parameter")},
    "operation": {
        **dict.fromkeys(("operationId", "tags", "summary", "description", "security", *SOURCE), LEAF),
        **dict.fromkeys(("x-poll-seconds", "x-doc-headers"), LEAF),
        "parameters": ("each", "parameter"),
        "requestBody": "body",
        "responses": ("named", "response"),
        "callbacks": ("named", "callback"),
    },
    "parameter": {
        **dict.fromkeys(("name", "in", "required", "description", "example", *SOURCE), LEAF),
        "schema": "schema",
        "examples": ("named", "example"),
    },
    "body": {"required": LEAF, "description": LEAF, "content": ("named", "media")},
    "media": {"schema": "schema", "example": LEAF, "examples": ("named", "example")},
    "example": dict.fromkeys(("value", "summary"), LEAF),
    "response": {
        **dict.fromkeys(("$ref", "description", *SOURCE), LEAF),
        "content": ("named", "media"),
        "links": ("named", "link"),
    },
    "link": dict.fromkeys(("operationId", "parameters", "description"), LEAF),
    "schema": {
        **dict.fromkeys(
            (*KEYWORDS, "title", "x-field-values", "x-retired", "x-doc-required", "x-rules", *FILES, *SOURCE), LEAF
        ),
        "properties": ("named", "schema"),
        **dict.fromkeys(("anyOf", "oneOf"), ("each", "schema")),
        "allOf": ("each", "part"),
        **dict.fromkeys(("items", "contentSchema", "additionalProperties"), "schema"),
    },
}
"""Kind of an object -> its keys, each with the kind of what it holds."""
REFERENCE: Final = frozenset({"$ref"})


def known_keys(index: Index) -> Iterator[Finding]:
    """Every key is known."""
    return _unknown("", index.spec, "spec")


def _unknown(where: str, node: Any, kind: Kind) -> Iterator[Finding]:
    if kind == LEAF or is_unchanged(where, node):
        return
    if isinstance(kind, tuple):
        for place, held in enumerate(node) if is_list(node) else node.items():
            yield from _unknown(f"{where}/{escaped(str(place))}", held, kind[1])
    elif kind == "callback":
        yield from _unknown(where, node, ("named", "path"))
    elif kind == "part":
        yield from () if "if" in node else _unknown(where, node, "schema")  # `conditional_rules` reports of rules
    elif is_object(node) and not (node.keys() == REFERENCE and kind != "spec"):
        for key, held in node.items():
            if key in KEYS[kind]:
                yield from _unknown(f"{where}/{escaped(key)}", held, KEYS[kind][key])
            elif kind != "schema" or key.startswith("x-"):  # `keywords` reports the others
                yield where, f"{key!r} is no key that is known here for a {kind}"


RULES: tuple[Rule, ...] = (known_keys,)
