"""Compile schemas to expressions of `klingkit_api.checks`, which the generator's templates print."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import attrs

from scripts.codegen.between import rules
from scripts.specs.spec import without_conditionals

CLASSES = {
    "string": "Text",
    "integer": "Integer",
    "number": "Number",
    "boolean": "Boolean",
    "null": "Null",
    "array": "List",
}
TEXT = {"minLength": "min_length", "maxLength": "max_length"}
NUMBER = {"minimum": "minimum", "maximum": "maximum", "multipleOf": "multiple_of"}
ARRAY = {"minItems": "min_items", "maxItems": "max_items", "uniqueItems": "unique"}
KEYWORDS = {"string": TEXT, "integer": NUMBER, "number": NUMBER, "array": {"items": "item", **ARRAY}}
OBJECT = {"additionalProperties", "properties", "required", "type"}
ANNOTATIONS = {
    "contentMediaType",
    "contentSchema",
    "default",
    "description",
    "examples",
}


URI = "uri"
FILE = "uri of a file"
"""What `URI` becomes in the field of an address at which the service fetches a file."""


class UnsupportedSchemaError(Exception):
    """A schema has a keyword that no check would enforce."""


def annotate(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of the spec whose object schemas have the checks of their fields.

    `x-checks`: field -> arguments of `checked`; `x-held`: the fields that are lists and are sent, thus held as tuples;
    `x-between`: the rules between fields, which the generator itself does not know.
    """
    schemas = spec["components"]["schemas"]
    sent = _sent(spec)
    checked = {
        name: {**schema, **_checked(_Compiler(name, schema, schemas, sent=name in sent)), "x-between": rules(whole)}
        for name, whole in schemas.items()
        for schema in [_without_conditionals(whole)]
        if schema.get("type") == "object"
    }
    return {**spec, "components": {**spec["components"], "schemas": {**schemas, **checked}}}


def _checked(compiler: "_Compiler") -> dict[str, Any]:
    checks = compiler.fields()
    held = [field for field, check in checks.items() if compiler.sent and "List(" in check]
    return {"x-checks": checks, "x-held": held}


def _without_conditionals(schema: Mapping[str, Any]) -> dict[str, Any]:
    rest = without_conditionals(schema.get("allOf", ()))
    kept = {key: value for key, value in schema.items() if key != "allOf"}
    return {**kept, **({"allOf": rest} if rest else {})}


def _sent(spec: Mapping[str, Any]) -> set[str]:
    """Return the schemas of what a client sends: the closed ones, requests' bodies, and all within."""
    schemas = spec["components"]["schemas"]
    operations = [operation for path in spec.get("paths", {}).values() for operation in path.values()]
    waiting = [name for name, it in schemas.items() if it.get("additionalProperties") is False]
    waiting += _names([operation.get("requestBody") for operation in operations])
    sent: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in sent:
            sent.add(name)
            waiting += _names(schemas[name])
    return sent


def _names(part: object) -> Iterator[str]:
    """Return the component schemas that a part of the spec refers to."""
    node: Any = part
    if isinstance(part, dict):
        if "$ref" in node:
            yield str(node["$ref"]).rpartition("/")[2]
        node = list(node.values())
    for child in cast("list[object]", node) if isinstance(node, list) else ():
        yield from _names(child)


@attrs.frozen
class _Compiler:
    """Writes the checks of one object schema."""

    name: str
    schema: Mapping[str, Any]
    schemas: Mapping[str, Any]
    sent: bool

    def fields(self) -> dict[str, str]:
        openness = self.schema.get("additionalProperties", True)
        self._end_if_unchecked(_rules(self.schema).keys() - OBJECT)
        self._end_if_unchecked(set() if isinstance(openness, bool) else {"additionalProperties"})
        required = self.schema.get("required", ())
        return {
            field: f'"{field}", {self._check(_marked(field, schema))}'
            + ("" if field in required else ", optional=True")
            for field, schema in self.schema.get("properties", {}).items()
        }

    def _check(self, schema: Mapping[str, Any]) -> str:
        rules = _rules(schema)
        if not self.sent:
            rules.pop("format", None)  # what is read may be written in any way
        expression = self._expression(rules)
        self._end_if_unchecked(rules)
        return expression

    def _end_if_unchecked(self, rules: Iterable[str]) -> None:
        if left := ", ".join(sorted(rules)):
            raise UnsupportedSchemaError(f"{self.name}: no check for {left}")

    def _expression(self, rules: dict[str, Any]) -> str:
        """Return the check for the rules, and remove those that it covers."""
        if ref := rules.pop("$ref", None):
            return self._referred(ref.rpartition("/")[2])
        if options := rules.pop("anyOf", None) or rules.pop("oneOf", None):
            return _call("AnyOf", map(self._check, options))
        kinds = rules.pop("type", [])
        if "const" in rules:
            return _call("Choice", [repr(rules.pop("const"))])
        if "enum" in rules:
            return _call("Choice", map(repr, rules.pop("enum")))
        return self._typed([kinds] if isinstance(kinds, str) else kinds, rules)

    def _referred(self, name: str) -> str:
        target = self.schemas[name]
        return f"Model({name})" if target.get("type") == "object" else self._check(target)

    def _typed(self, kinds: list[str], rules: dict[str, Any]) -> str:
        if not kinds:
            return "Anything()"
        checks = [self._one(kind, rules) for kind in kinds]
        if "string" in kinds and rules.get("format") in (URI, FILE):
            del rules["format"]
        for kind in kinds:
            for key in KEYWORDS.get(kind, ()):
                rules.pop(key, None)
        return checks[0] if len(checks) == 1 else _call("AnyOf", checks)

    def _one(self, kind: str, rules: dict[str, Any]) -> str:
        if kind not in CLASSES:
            raise UnsupportedSchemaError(f"{self.name}: an inline {kind}; make it a component")
        if kind == "array":
            return _call("List", [self._item(rules.get("items", {})), *_limits(ARRAY, rules)])
        limits = _limits(KEYWORDS.get(kind, {}), rules)
        if kind == "string" and self.sent:
            limits.append("sendable=True")
        if kind == "string" and rules.get("format") in (URI, FILE):
            limits += ["uri=True"] if rules["format"] == URI else ["uri=True", "file=True"]
        return _call(CLASSES[kind], limits)

    def _item(self, schema: Mapping[str, Any]) -> str:
        check = self._check(schema)
        if self.sent and "List(" in check:
            raise UnsupportedSchemaError(f"{self.name}: a list in a list, which could be changed afterwards")
        return check


def _marked(field: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a field with its format, or that of its items, marked if it is the address of a file."""
    if not field.endswith(("url", "urls")) or field.startswith("callback"):
        return schema
    marked = {**schema, "format": FILE} if schema.get("format") == URI else schema
    return {**marked, "items": _marked(field, schema["items"])} if "items" in schema else marked


def _rules(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of a schema that limit values, without those that only describe them."""
    return {key: rule for key, rule in schema.items() if key not in ANNOTATIONS and not key.startswith("x-")}


def _limits(arguments: Mapping[str, str], rules: Mapping[str, Any]) -> list[str]:
    """Return the keywords among the rules as arguments of a check."""
    return [f"{argument}={rules[key]!r}" for key, argument in arguments.items() if key in rules]


def _call(function: str, arguments: Iterable[str]) -> str:
    return f"{function}({', '.join(arguments)})"
