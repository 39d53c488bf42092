"""Bodies at the limits that a spec sets, and beyond them: right bodies with one field changed."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from scripts.specs.spec import Node, Spec, creating, resolved, validator

LONG: Final = 6000
"""Characters, more than any documented limit."""
ALIENS: Final[tuple[Any, ...]] = (None, True, False, 0, 1, -1, 5, 10, 5.0, 0.5, "", "5", "10", "a", "雨", [], ["a"], {})
"""Values of every kind, put into every field."""
URIS: Final = (f"https://studio.example/{'a' * LONG}?a=b#c", "urn:isbn:1", "x:", "http://[2001:db8::1]:8/")
NO_URIS: Final = ("studio.example/done", "//studio.example", "http://a b/", "http://studio.example/雨", "http://[::1/")
NEAR: Final = ("-0.1", "-0.05", "-1e-9", "1e-9", "0.05", "0.1", "1")
"""Steps to both sides of a limit."""
STRANGER: Final = "unknown"
"""A field that no document has."""


def bodies(spec: Spec) -> Iterator[Any]:
    """Yield the spec's own examples, each of them with each field changed, and what is no object at all."""
    yield from (alien for alien in ALIENS if not isinstance(alien, dict))
    for example in examples(spec):
        yield example
        yield from changed(spec, creating(spec).body or {}, example)


def examples(spec: Spec) -> list[dict[str, Any]]:
    """Return the bodies that a spec shows."""
    content = creating(spec).node["requestBody"]["content"]["application/json"]
    return [example["value"] for example in content["examples"].values()]


def changed(spec: Spec, schema: Node, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an object with one of its fields left out, added, or given another value, at any depth."""
    for form in taking(spec, schema, base):
        yield {name: base[name] for name in form.get("required", ())}
        yield {**base, STRANGER: "a"}
        for name, field in form.get("properties", {}).items():
            yield _without(base, name)
            yield from ({**base, name: value} for value in _values(spec, field, base.get(name)))


def choices(spec: Spec, schema: Node, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an object with each other choice for each of its fields that has some, or without it, at any depth."""
    yield base
    for form in taking(spec, schema, base):
        for name, field in form.get("properties", {}).items():
            if listed := [choice for option in forms(spec, field) for choice in _listed(option)]:
                yield from (_without(base, name), *({**base, name: choice} for choice in listed))
            if isinstance(base.get(name), dict):
                yield from ({**base, name: inner} for inner in choices(spec, field, base[name]))


def taking(spec: Spec, schema: Node, value: Any) -> list[Node]:
    """Return the alternatives of a schema that take a value."""
    return [form for form in forms(spec, schema) if validator(spec, form).is_valid(value)]


def _without(base: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in base.items() if key != name}


def _listed(form: Node) -> list[Any]:
    if "const" in form:
        return [form["const"]]
    choices: list[Any] = form.get("enum", [True, False] if form.get("type") == "boolean" else [])
    return choices


def forms(spec: Spec, schema: Node) -> Iterator[Node]:
    """Yield the alternatives that a schema comes to in the end."""
    schema = resolved(spec, schema)
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if not options:
        yield schema
    for option in options:
        yield from forms(spec, option)


def _values(spec: Spec, field: Node, present: Any) -> Iterator[Any]:
    yield from ALIENS
    if isinstance(present, dict):
        yield from changed(spec, field, present)
    for form in forms(spec, field):
        if choices := _listed(form):
            yield from _beside(choices)
        elif form.get("type") == "string":
            yield from _texts(form.get("maxLength", LONG))
        elif form.get("type") in {"number", "integer"}:
            yield from _numbers(form)


def _beside(choices: list[Any]) -> Iterator[Any]:
    """Each choice, and what looks like it."""
    for choice in choices:
        yield from (choice, f"{choice} ", f"0{choice}", str(choice).upper(), str(choice)[:-1], [choice])
        if str(choice).isdigit():
            yield from (int(choice), str(choice), float(choice), int(choice) + 0.5, int(choice) + 5)


def _texts(most: int) -> Iterator[str]:
    yield from (*URIS, *NO_URIS)
    for letter in ("a", "字", "😀"):
        yield from (letter * most, letter * (most + 1))


def _numbers(form: Node) -> Iterator[float]:
    """Both limits with what is near, and the tenths between them."""
    limits = [form.get("minimum", -(10**9)), form.get("maximum", 10**9)]
    yield from limits
    yield from (float(Decimal(repr(limit)) + Decimal(step)) for limit in limits for step in (*NEAR, "-1"))
    yield from (tenth / 10 for tenth in range(11))
