"""The observations of the running services (openapi/field.yaml), and the citations of them in nodes of a spec."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from attrs import frozen

from scripts.specs.files import OBSERVATIONS, read_yaml

PREFIX: Final = "field: "
SHARED: Final = "all: "
"""The prefix of a source that means: this place in every document of the API that has it."""
ID: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
DATE: Final = re.compile(r"\d{4}(-\d\d){0,2}(/\d{4}(-\d\d){0,2})?")
KINDS: Final = frozenset({"vendor", "live", "client", "report", "inferred"})
CONFIDENCES: Final = frozenset({"high", "medium", "low"})
BOUNDS: Final = frozenset(
    {"maxLength", "minLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems", "pattern"}
)
CHOICES: Final = "enum"
RETIRED: Final = "x-retired"
"""The choices that the vendor has retired, each with the day."""


@frozen(kw_only=True)
class Observation:
    """One observation: the claim, its kind of source and date, and the limits and choices it states, by keyword."""

    claim: str
    kind: str
    date: str
    confidence: str
    values: Mapping[str, Any] = {}


@cache
def observations() -> Mapping[str, Observation]:
    """Return the committed observations by id."""
    return {name: Observation(**entry) for name, entry in read_yaml(OBSERVATIONS).items()}


def malformed_entries(entries: Mapping[str, Observation]) -> Iterator[str]:
    """Yield a sentence for each entry without the form described at the head of the file."""
    for name, it in entries.items():
        if not re.fullmatch(ID, name):
            yield f"{name}: is no id of small letters, digits and hyphens"
        if not re.fullmatch(r"[A-Z].*[^.]\.", it.claim) or ". " in it.claim:
            yield f"{name}: the claim is not one sentence"
        if it.kind not in KINDS or it.confidence not in CONFIDENCES:
            yield f"{name}: {it.kind!r} with {it.confidence!r} is no kind of source with a confidence"
        if not DATE.fullmatch(it.date):
            yield f"{name}: {it.date!r} is no date, month, year or span of them"
        if unknown := set(it.values) - BOUNDS - {CHOICES, RETIRED}:
            yield f"{name}: states {sorted(unknown)}, to which no node is held"


def sources(node: Mapping[str, Any]) -> list[Any]:
    """Return the sources that a node names in `x-source`."""
    named: list[Any] | str = node.get("x-source", [])
    return named if isinstance(named, list) else [named]


def observed(source: object) -> str | None:
    """Return the id of the observation that a source cites; None if the source is a place in a document."""
    return source.removeprefix(PREFIX) if isinstance(source, str) and source.startswith(PREFIX) else None


def shared_place(source: object) -> str | None:
    """Return the place that a source names in all documents at once, or None if it names something else."""
    return source.removeprefix(SHARED) if isinstance(source, str) and source.startswith(SHARED) else None


def observation_ids(node: Mapping[str, Any]) -> list[str]:
    """Return the ids of the observations that a node cites."""
    return [name for name in map(observed, sources(node)) if name is not None]


def is_observed_alone(node: Mapping[str, Any]) -> bool:
    """Whether a node has sources, none of which is a document."""
    return bool(sources(node)) and len(observation_ids(node)) == len(sources(node))


def observed_values(node: Mapping[str, Any], entries: Mapping[str, Observation]) -> dict[str, list[Any]]:
    """Return the values that the observations cited by a node state, by keyword: all choices, and each bound."""
    found: dict[str, list[Any]] = {}
    for entry in (entries[name] for name in observation_ids(node) if name in entries):
        for keyword, value in entry.values.items():
            found.setdefault(keyword, []).extend(value if keyword == CHOICES else [value])
    return found
