"""The documented limits of requests, as JSON schemas: derived from the facts files, with their waivers applied.

This is the one oracle that tests and checks share. It reads neither the generated classes nor the emulator, so that
each of them can be held against it; nor the specs, except for rules between fields: pages state them in prose, which no
reader makes facts of. They are read twice, for the specs and for the emulator, and the check `emulator` compares both.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from attrs import frozen

from scripts.documents import values_of
from scripts.facts.sheets import NONE, FactsByPlace, FactValues, Sheet, sheets
from scripts.specs.files import apis as described_apis
from scripts.specs.files import load
from scripts.specs.models import models
from scripts.specs.spec import Node, Spec, conditionals, resolved

KEYWORDS: Final[Mapping[str, str]] = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusive_minimum": "exclusiveMinimum",
    "exclusive_maximum": "exclusiveMaximum",
    "step": "multipleOf",
    "format": "format",
}
"""Name of a fact -> the keyword of a schema that holds a single value to it."""
OF_LISTS: Final[Mapping[str, str]] = {"min_items": "minItems", "max_items": "maxItems", "unique_items": "uniqueItems"}
BODY: Final = "request"
WRAPPED: Final = "input"
"""The field in which some APIs wrap all that is about the video."""


@frozen
class DocumentedRequest:
    """The request that one document describes."""

    document: str
    api: str
    models: tuple[str, ...]
    body: Node
    """The schema of the body that is sent."""
    typed: Node
    """The schema of what is about the video alone, as the client's typed requests hold it: closed."""
    callback: str
    """The name of the field for the callback's address; empty if the document has none."""

    @property
    def is_wrapped(self) -> bool:
        """Whether what is about the video is wrapped in a field of the body."""
        return WRAPPED in self.body["properties"]


def documented(api: str, committed: Iterable[Sheet] | None = None) -> list[DocumentedRequest]:
    """Return the request of each document of an API, in the order of the facts files; committed ones are read once."""
    return [*_committed(api)] if committed is None else _requests(api, committed)


@cache
def _committed(api: str) -> list[DocumentedRequest]:
    return _requests(api, sheets())


def _requests(api: str, found: Iterable[Sheet]) -> list[DocumentedRequest]:
    return [_request(sheet) for sheet in found if sheet.api == api and BODY in sheet.facts]


@cache
def apis() -> tuple[str, ...]:
    """List the APIs that documents describe."""
    return tuple(dict.fromkeys(sheet.api for sheet in sheets() if sheet.api is not None))


def settled(sheet: Sheet) -> FactsByPlace:
    """Return the facts of a document about its request, with waivers applied."""
    facts = {
        place: {name: values_of(value)[0] for name, value in values.items()}
        for place, values in sheet.facts.items()
        if place == BODY or place.startswith(f"{BODY}.")
    }
    for waiver in sheet.waivers:
        place, _, name = waiver.fact.rpartition(".")
        if waiver.fact in facts and waiver.spec == NONE:
            del facts[waiver.fact]
        elif place in facts:
            facts[place] = {key: value for key, value in facts[place].items() if key != name}
            facts[place] |= {} if waiver.spec == NONE else {name: waiver.spec}
    return {place: values for place, values in facts.items() if place.rpartition(".")[2] != "sample"}


def defaults(schema: Node) -> dict[str, Any]:
    """Return path -> default of each field that may be left out, those of inner objects included."""
    found: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        if "default" in field and "const" not in field:
            found[name] = field["default"]
        if name in schema.get("required", ()):
            found |= {f"{name}.{inner}": value for inner, value in defaults(field).items()}
    return found


def _request(sheet: Sheet) -> DocumentedRequest:
    facts = settled(sheet)
    body = _object(facts, BODY)
    callback = str(sheet.facts.get("callback", {}).get("field", ""))
    fields: dict[str, Node] = body["properties"]
    about = {name: field for name, field in fields.items() if name != callback}
    typed = fields.get(WRAPPED) or {**body, "properties": about, "additionalProperties": False}
    _add_rules(sheet, typed)
    return DocumentedRequest(sheet.document, str(sheet.api), sheet.models, body, typed, callback)


def _add_rules(sheet: Sheet, typed: Node) -> None:
    """Add the rules between fields that the committed spec, if there is one, has for the models of a document."""
    if sheet.api in described_apis():
        spec = load(sheet.api)
        for model in models(spec):
            if model.name in sheet.models:
                _copy_rules(spec, spec["components"]["schemas"][model.request], typed)


def _copy_rules(spec: Spec, source: Node, target: Node) -> None:
    schema = resolved(spec, source)
    rules = {"allOf": conditionals(schema), "x-rules": schema.get("x-rules")}
    target.update({key: listed for key, listed in rules.items() if listed})
    for name, field in target.get("properties", {}).items():
        if name in schema.get("properties", {}):
            _copy_rules(spec, schema["properties"][name], field)
    if "items" in target and "items" in schema:
        _copy_rules(spec, schema["items"], target["items"])


def _object(facts: FactsByPlace, place: str) -> Node:
    names = [*_below(facts, place)]
    return {
        "type": "object",
        "required": [name for name in names if facts[f"{place}.{name}"].get("required")],
        "properties": {name: _field(facts, f"{place}.{name}") for name in names},
        "additionalProperties": bool(facts.get(place, {}).get("open")),
    }


def _below(facts: FactsByPlace, place: str) -> Iterator[str]:
    """Return the names of the fields directly below a place."""
    for where in facts:
        holder, _, name = where.rpartition(".")
        if holder == place:
            yield name


def _field(facts: FactsByPlace, place: str) -> Node:
    values = facts[place]
    inner = _object(facts, place) if [*_below(facts, place)] else None
    if values.get("type") == "array":
        limits = {keyword: values[name] for name, keyword in OF_LISTS.items() if name in values}
        return {"type": "array", **limits, "items": inner or _value(_of_items(values))}
    return inner or _value(values)


def _of_items(values: FactValues) -> FactValues:
    """Return those facts of a list that are about its items: pages state them with the list itself."""
    own = {name: value for name, value in values.items() if name not in {"type", "items", "default", "required"}}
    inner = {name.removeprefix("items."): value for name, value in own.items()}
    return {**inner, **({"type": values["items"]} if "items" in values else {})}


def _value(values: FactValues) -> Node:
    kind = values.get("type")
    typed: Node = {"type": kind} if kind else {}
    limits = {keyword: values[name] for name, keyword in KEYWORDS.items() if name in values}
    choices = [_printed(choice, kind) for choice in values.get("enum", ())]
    default = {"default": _printed(values["default"], kind)} if "default" in values else {}
    if choices and values.get("open"):
        return {"anyOf": [{**typed, "enum": choices}, {**typed, **limits}], **default}
    listed = {"const": choices[0]} if len(choices) == 1 else {"enum": choices} if choices else {}
    return {**typed, **limits, **listed, **default}


def _printed(value: Any, kind: Any) -> Any:
    """Return a value in the type of its field: pages print a string of digits like a number."""
    return str(value) if kind == "string" else value
