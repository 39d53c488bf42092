"""A first schema for what no spec describes yet, to be read over, described and split by hand."""

from collections.abc import Iterable
from typing import Any

from scripts.documents import Document, Value
from scripts.facts.changes import QUERY
from scripts.facts.sheets import FactsByPlace, FactValues, values_of
from scripts.specs.files import apis, load
from scripts.specs.spec import Node

KEYWORDS = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "step": "multipleOf",
    "format": "format",
}


def draft(document: Document, number: str | None = None) -> Node:
    """The schema of the body of a request; of a page that has none, of the answer."""
    facts, source = document.facts, number or next_number()
    body = {place: told for place, told in facts.items() if not {"in"} & told.keys()}
    if fields(body, "request"):
        return {**_object(body, "request", source, closed=True), "x-source": f"{source}: request"}
    answer = "response" if fields(facts, "response") else f"{QUERY}response"
    return {**_object(facts, answer, source, closed=False), "x-source": f"{source}: {answer}"}


def next_number() -> str:
    """The first number that no spec has given to a document."""
    given = (int(number) for api in apis() for number in load(api)["info"].get("x-documents", {}))
    return f"{max(given, default=-1) + 1:03}"


def fields(facts: FactsByPlace, place: str) -> list[str]:
    """The names directly below a place."""
    below = (where.removeprefix(f"{place}.") for where in facts if where.startswith(f"{place}."))
    return list(dict.fromkeys(name for where in below if (name := where.partition(".")[0]) != "sample"))


def _object(facts: FactsByPlace, place: str, source: str, *, closed: bool) -> Node:
    names = fields(facts, place)
    required = [name for name in names if _first(facts.get(f"{place}.{name}", {}), "required")]
    return {
        "type": "object",
        **({"additionalProperties": False} if closed else {}),
        **({"required": required} if required else {}),
        "properties": {name: _field(facts, f"{place}.{name}", source, closed=closed) for name in names},
    }


def _field(facts: FactsByPlace, place: str, source: str, *, closed: bool) -> Node:
    told = facts.get(place, {})
    schema = _object(facts, place, source, closed=closed) if fields(facts, place) else _scalar(told)
    if _first(told, "type") == "array":
        schema = {"type": "array", **({"items": schema} if "properties" in schema else {})}
    return {**schema, "x-source": f"{source}: {place}"}


def _scalar(told: FactValues) -> Node:
    kind = _first(told, "type")
    typed = {"type": kind} if kind else {}
    limits = {KEYWORDS[name]: _first(told, name) for name in KEYWORDS if name in told}
    return {**_choice(told, typed), **limits, **_default(told)}


def _choice(told: FactValues, typed: Node) -> Node:
    values = _printed(_first(told, "enum") or [], typed)
    if _first(told, "open") and values:
        return {"anyOf": [{**typed, "enum": values}, typed]}
    if len(values) == 1:
        return {"const": values[0], "default": values[0]}
    return {**typed, **({"enum": values} if values else {})}


def _default(told: FactValues) -> Node:
    value = _first(told, "default")
    if value is None or isinstance(value, dict):  # the vendor's prose is no default of ours
        return {}
    return {"default": _printed([value], {"type": _first(told, "type")})[0]}


def _printed(values: Iterable[Value], typed: Node) -> list[Any]:
    """Values as their type wants them: documents print the strings of digits like numbers."""
    return [str(value) if typed.get("type") == "string" else value for value in values]


def _first(told: FactValues, name: str) -> Value:
    """The first telling of a fact."""
    return values_of(told[name])[0] if name in told else None
