"""Draft the schemas for a document that no spec describes yet, ready to be pasted into a spec.

Every fact of the document that a schema can express is in the draft. Descriptions that the spec already has for a field
of the same name are taken over; the others are left to be written, and the linter refuses the placeholder.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from scripts.documents import Document, Value, values_of
from scripts.facts.changes import QUERY
from scripts.facts.sheets import FactsByPlace, FactValues
from scripts.specs.files import apis, load
from scripts.specs.lint.values import PLACEHOLDER
from scripts.specs.spec import Node, Spec, resolved

Schemas = dict[str, Node]
"""Name -> schema, as under `components.schemas`."""
KEYWORDS = {
    "format": "format",
    "pattern": "pattern",
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "step": "multipleOf",
    "min_items": "minItems",
    "max_items": "maxItems",
    "unique_items": "uniqueItems",
    "max_bytes": "x-max-bytes",
    "media_types": "x-media-types",
}
WORDING = ("description", "examples")
_SIZES = ("min_pixels", "max_pixels", "min_ratio", "max_ratio", "min_seconds", "max_seconds")
_EXPRESSED = frozenset(
    [
        *KEYWORDS,
        *_SIZES,
        "type",
        "required",
        "default",
        "enum",
        "open",
        "nullable",
        "items",
        "unit",
        "difference",
        "stated_by",
    ]
)
"""The facts that a schema, or a hint of its own, expresses."""
UNITS = {"s": "seconds", "ms": "milliseconds"}


def draft(document: Document, number: str | None = None) -> Schemas:
    """Return the schemas of the body of the request; if the page has no request, of the response."""
    page = _Page(document.facts, number or next_number(), *_known_fields(document.api))
    name = class_name(document.models[0]) if document.models else ""
    if _has_envelope(document.facts):
        return {f"Create{name}": page.envelope(name), name: page.object("request.input", closed=True)}
    if page.fields("request"):
        return {name or "Request": page.object("request", closed=True)}
    response = "response" if page.fields("response") else f"{QUERY}response"
    return {name or "Response": page.object(response, closed=False)}


def next_number() -> str:
    """Return the first number that no spec has given to a document."""
    given = (int(number) for api in apis() for number in load(api)["info"].get("x-documents", {}))
    return f"{max(given, default=-1) + 1:03}"


def class_name(model: str) -> str:
    """Return the name of a schema for the id of a model: `kling-2.6/text-to-video` -> `Kling26TextToVideo`."""
    words = re.split(r"[^A-Za-z0-9]+", re.sub(r"\bv(?=\d)", "", model))
    return "".join(word[:1].upper() + word[1:] for word in words)


Component = tuple[str, Node, str]
"""The reference to a component, what it demands, and its description."""


@frozen
class _Page:
    """The facts of a page, its number in the spec, and the descriptions that the spec has for fields."""

    facts: FactsByPlace
    number: str
    wording: Mapping[str, Node]
    components: Mapping[str, list[Component]]
    """Name of a field -> the components that fields of this name refer to."""

    def fields(self, place: str) -> list[str]:
        """The names directly below a place that belong to a body."""
        below = (where.removeprefix(f"{place}.") for where in self.facts if where.startswith(f"{place}."))
        names = dict.fromkeys(where.partition(".")[0] for where in below)
        return [name for name in names if name != "sample" and "in" not in self._of(f"{place}.{name}")]

    def envelope(self, name: str) -> Node:
        """A request that holds the model, its input, and perhaps an address for the callback."""
        schema = self.object("request", closed=True)
        fields, input_ = schema["properties"], f"#/components/schemas/{name}"
        ordered = {"model": fields["model"], "input": {"$ref": input_, "x-source": self._source("request.input")}}
        required = dict.fromkeys(("model", "input", *schema["required"]))
        return {
            **schema,
            "required": list(required),
            "properties": {**ordered, **{field: fields[field] for field in fields if field not in ordered}},
        }

    def object(self, place: str, *, closed: bool) -> Node:
        """An object at a place, with its fields."""
        return {
            "description": _placeholder({}),
            **self._members(place, closed=closed, between={"x-source": self._source(place)}),
        }

    def _members(self, place: str, *, closed: bool, between: Node) -> Node:
        names = self.fields(place)
        required = [name for name in names if _first(self._of(f"{place}.{name}"), "required")]
        return {
            "type": "object",
            **({"additionalProperties": False} if closed else {}),
            **({"required": required} if required else {}),
            **between,
            "properties": {name: self._field(name, f"{place}.{name}", closed=closed) for name in names},
        }

    def _field(self, name: str, place: str, *, closed: bool) -> Node:
        facts = self._of(place)
        schema = _value_schema(facts)
        if self.fields(place):
            members = self._members(place, closed=closed, between={})
            schema = {**schema, **({"items": members} if _first(facts, "type") == "array" else members)}
        hints = [*_facts_without_keyword(facts)]
        for reference, demands, text in self.components.get(name, ()):
            if demands == schema:
                rest = {} if all(hint in text for hint in hints) else {"description": _placeholder(facts)}
                return {"$ref": reference, **rest, "x-source": self._source(place)}
        known = self.wording.get(name, {})
        fits = known and all(hint in known["description"] for hint in hints)
        described = known if fits else {"description": _placeholder(facts)}
        return {"description": "", **schema, **described, "x-source": self._source(place)}

    def _source(self, place: str) -> str:
        return f"{self.number}: {place}"

    def _of(self, place: str) -> FactValues:
        return self.facts.get(place, {})


def _has_envelope(facts: FactsByPlace) -> bool:
    model = facts.get("request.model", {})
    return len(_first(model, "enum") or ()) == 1 and any(place.startswith("request.input.") for place in facts)


def _known_fields(api: str | None) -> tuple[dict[str, Node], dict[str, list[Component]]]:
    """The descriptions with examples, and the components, that a spec has for fields of its requests, by name.

    Of the descriptions only those without numbers that most requests have: they fit any model.
    """
    spec: Spec = load(api) if api in apis() else {"components": {"schemas": {}}}
    found: dict[str, list[Node]] = {}
    components: dict[str, list[Component]] = {}
    for schema in spec["components"]["schemas"].values():
        for name, node in schema.get("properties", {}).items() if schema.get("additionalProperties") is False else ():
            whole = resolved(spec, node)
            found.setdefault(name, []).append({key: whole[key] for key in WORDING if key in whole})
            if "$ref" in node:
                demands = {key: value for key, value in whole.items() if key not in (*WORDING, "x-source")}
                components.setdefault(name, []).append((node["$ref"], demands, whole.get("description", "")))
    usual = {name: max(nodes, key=nodes.count) for name, nodes in found.items()}
    return {name: node for name, node in usual.items() if _is_reusable(node, found[name])}, components


def _is_reusable(usual: Node, nodes: list[Node]) -> bool:
    text = usual.get("description", "")
    return bool(text) and not re.search(r"\d", text) and nodes.count(usual) > len(nodes) / 2


def _placeholder(facts: FactValues) -> str:
    """The placeholder of a description, with the facts that a schema has no keyword for."""
    hints = "; ".join(_facts_without_keyword(facts))
    return f"{PLACEHOLDER} ({hints})" if hints else PLACEHOLDER


def _facts_without_keyword(facts: FactValues) -> Iterator[str]:
    if unit := _first(facts, "unit"):
        yield UNITS[unit]
    for name in _SIZES:
        if name in facts:
            yield f"{'at least' if name.startswith('min') else 'at most'} {_first(facts, name)} {name[4:]}"
    if limits := _first(facts, "difference"):
        yield " - ".join(limits["of"]) + f" from {limits.get('minimum')} to {limits.get('maximum')}"
    yield from (f"{name}: {_first(facts, name)}" for name in facts if name.removeprefix("items.") not in _EXPRESSED)
    for name in facts:
        yield from (f"{name} stated as {value}, too" for value in values_of(facts[name])[1:])


def _value_schema(facts: FactValues) -> Node:
    """A schema for one value, fields apart."""
    kind = _first(facts, "type")
    typed = {"type": [kind, "null"] if _first(facts, "nullable") else kind} if kind else {}
    items = {name.removeprefix("items."): facts[name] for name in facts if name.startswith("items.")}
    inner = {"type": facts["items"]} if "items" in facts else {}
    return {
        **_choices(facts, typed),
        **_default(facts),
        **{keyword: _first(facts, name) for name, keyword in KEYWORDS.items() if name in facts},
        **({"items": _value_schema({**inner, **items})} if kind == "array" and (inner or items) else {}),
    }


def _choices(facts: FactValues, typed: Node) -> Node:
    values = _in_field_type(_first(facts, "enum") or [], facts)
    if _first(facts, "open") and values:
        return {"anyOf": [{**typed, "enum": values}, typed]}
    if len(values) == 1:
        return {"const": values[0], "default": values[0]}
    nullable = [None] if values and _first(facts, "nullable") else []
    return {**typed, **({"enum": [*values, *nullable]} if values else {})}


def _default(facts: FactValues) -> Node:
    value = _first(facts, "default")
    if value is None or (isinstance(value, dict) and "sha256" in value):  # the vendor's prose is no default of ours
        return {}
    return {"default": _in_field_type([value], facts)[0]}


def _in_field_type(values: Iterable[Value], facts: FactValues) -> list[Any]:
    """Values of their field's type: documents print the strings of digits like numbers."""
    return [str(value) if _first(facts, "type") == "string" else value for value in values]


def _first(facts: FactValues, name: str) -> Value:
    """The first value that the page states for a fact."""
    return values_of(facts[name])[0] if name in facts else None
