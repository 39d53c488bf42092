"""Resolve the sources that all documents of an API share, for one of its documents.

A node with the source ``all: <place>`` stands for that place in each document of the API that states it, so that a new
page changes no list of sources. Of codes, and of other choices, each document need state its own alone: those that
only other documents state are left to them. What no document states is left in, so that it differs from every one.
"""

import pickle
import re
from collections.abc import Iterable, Iterator
from typing import Any

from scripts.documents import Value, values_of
from scripts.facts.sheets import FactsByPlace, named_places
from scripts.specs.field import SHARED, shared_place, sources
from scripts.specs.spec import Node, Spec, walk

STATUS = re.compile(r"/responses/(\d+)$")
CODES = "codes"


def own_spec(spec: Spec, number: str, facts: FactsByPlace, others: Iterable[FactsByPlace]) -> Spec:
    """Return a copy of a spec in which shared sources are those of one document, or left to the others."""
    own: Spec = pickle.loads(pickle.dumps(spec))  # noqa: S301 - our own; several times as fast as deepcopy
    rest = list(others)
    mine, theirs = set(named_places(facts)), {place for it in rest for place in named_places(it)}
    statuses = _statuses(spec)
    for pointer, node in walk(own):
        shared = [place for place in map(shared_place, sources(node)) if place is not None]
        for place in shared:
            own_values, other_values = _stated_choices([facts], place), _stated_choices(rest, place)
            foreign = [value for value in other_values if value not in own_values]
            _leave_out(node, "enum", foreign)
            _leave_out(node, "x-field-values", [*own_values, *other_values])
            stated = place in mine or place not in theirs
            if place == CODES and (status := statuses.get(pointer)) is not None:
                stated = stated and status not in foreign
            node["x-source"] = [*_own_sources(node, place, number if stated else None)]
    return own


def _leave_out(node: Node, keyword: str, values: list[Value]) -> None:
    if keyword in node:
        node[keyword] = [value for value in node[keyword] if value not in values]


def _own_sources(node: Node, place: str, number: str | None) -> Iterator[str]:
    for source in sources(node):
        if source != f"{SHARED}{place}":
            yield source
        elif number is not None:
            yield f"{number}: {place}"


def _stated_choices(pages: Iterable[FactsByPlace], place: str) -> list[Any]:
    """Every choice that pages state at a place."""
    stated: list[list[Any]] = [it for page in pages for it in values_of(page.get(place, {}).get("enum", []))]
    return [value for values in stated for value in values]


def _statuses(spec: Spec) -> dict[str, int]:
    """JSON pointer of each response -> the HTTP status that it is for, if there is but one."""
    found: dict[str, set[int]] = {}
    for pointer, node in walk(spec):
        if match := STATUS.search(pointer):
            where = node["$ref"].removeprefix("#") if "$ref" in node else pointer
            found.setdefault(where, set()).add(int(match[1]))
    return {pointer: statuses.pop() for pointer, statuses in found.items() if len(statuses) == 1}
