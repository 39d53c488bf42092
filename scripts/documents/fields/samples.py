"""Samples of requests and responses: the fields that they show, and where they contradict the documented ones."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from scripts.documents.facts import MODEL, Facts, Value, canonical, listed, mapping, place, values_of
from scripts.documents.fields.lenient_json import loads

TYPES: dict[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


@frozen
class Sample:
    """A sample under the place of what it is a sample of; no data if nothing of it can be read."""

    root: str
    data: Any
    valid: bool = True


def kind(value: Any) -> str | None:
    """The type of a JSON value; None for null."""
    return TYPES.get(type(value))


def keys(data: Any, path: tuple[str, ...] = ()) -> frozenset[str] | None:
    """The names at a path of a sample; None if there is no object."""
    if isinstance(data, list):
        known = [names for item in listed(data) if (names := keys(item, path)) is not None]
        return frozenset[str]().union(*known) if known else None
    if not isinstance(data, dict):
        return None
    return keys(mapping(data).get(path[0]), path[1:]) if path else frozenset(map(str, mapping(data)))


def read_shown_fields(facts: Facts, samples: list[Sample]) -> None:
    """Read what only the samples show: fields that no table has, and null."""
    known = facts.values
    for sample in samples:
        _show(facts, known, sample.root, sample.data)


def compare_samples(facts: Facts, samples: list[Sample]) -> None:
    """Add whether samples are JSON, their code of success, and where their values contradict what is known."""
    known = facts.values
    for sample in samples:
        facts.add(f"{sample.root}.sample", "valid", sample.valid)
        for name, value in mapping(sample.data).items() if sample.root == "request" else ():
            if MODEL.fullmatch(name) and isinstance(value, str) and value:
                facts.mention("sample", value)
        _compare(facts, known, sample.root, sample.data)
        _read_success(facts, sample)


def read_samples(facts: Facts, samples: list[Sample]) -> None:
    """Read what samples show, and compare them, where nothing else has to be read in between."""
    read_shown_fields(facts, samples)
    compare_samples(facts, samples)


def parsed(value: Any) -> tuple[dict[str, Any] | None, bool]:
    """The object that a string carries as JSON, if it carries one, and whether it is without fault."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None, True
    data, valid = loads(value)
    return (mapping(data) if isinstance(data, dict) else None), valid


def _show(facts: Facts, known: dict[str, dict[str, Value]], where: str, value: Any) -> None:
    """Read the fields that only the sample shows, and where it shows null."""
    for name, child in _children(value):
        at = place(where, name)
        if child is None:
            facts.add(at, "nullable", value=True)
        elif "type" not in known.get(at, {}):
            facts.add(at, "type", kind(child))
            facts.add(at, "stated_by", "sample")
        if isinstance(child, list) and "items" not in known.get(at, {}):
            for item in listed(child):
                if item is not None:
                    facts.add(at, "items", kind(item))
        inner, _ = parsed(child)
        if inner is None or not _like_a_request(inner, known):
            _show(facts, known, at, inner or child)


def _compare(facts: Facts, known: dict[str, dict[str, Value]], where: str, value: Any) -> None:
    """Add the type or the choice of a sample where the page states others: the page contradicts itself."""
    for name, child in _children(value):
        at = place(where, name)
        stated = known.get(at, {})
        types, choices = (values_of(stated[fact]) if fact in stated else [] for fact in ("type", "enum"))
        if child is not None and types and not any(_is(child, type_) for type_ in types):
            facts.add(at, "type", kind(child))
        elif _is_choice(child) and choices and not stated.get("open") and not _among(child, choices):
            facts.add(at, "enum", [child])
        _compare(facts, known, at, child)


def _is_choice(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)


def _among(value: Any, lists: list[list[Any]]) -> bool:
    return any(canonical(value) in map(canonical, listed) for listed in lists)


def _is(value: Any, stated: str) -> bool:
    found = kind(value)
    whole = isinstance(value, float) and value.is_integer()
    return (
        found == stated
        or (stated == "number" and found == "integer")
        or (stated == "integer" and whole)
        or stated not in TYPES.values()
    )


def _read_success(facts: Facts, sample: Sample) -> None:
    """Read the code of a sample that shows a success: one that carries data."""
    code, data = mapping(sample.data).get("code"), mapping(sample.data).get("data")
    if sample.root.endswith("response") and isinstance(code, int) and mapping(data):
        facts.add("codes", "success", code)


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    yield from ((str(name), child) for name, child in mapping(value).items())
    for item in listed(value):
        yield from _children(item)


def _like_a_request(data: dict[str, Any], known: dict[str, dict[str, Value]]) -> bool:
    names = {at.split(".")[1] for at in known if at.startswith("request.") and at != "request.sample"}
    return bool(data) and len(names & data.keys()) * 2 >= len(data)
