"""Find the facts file of a page by method, path and models, never by the name of its file.

The facts of one model are those of pages that name it; a page that names none is known by its operation, where that is
no matter of one model.
"""

from collections.abc import Iterable

from attrs import frozen

from scripts.documents import Document
from scripts.documents.facts import canonical
from scripts.facts.changes import QUERY, member_kind
from scripts.facts.sheets import FactsByPlace, Sheet, operations_of

MOVED_PAGE_SHARE = 0.7
"""From this share of common fields on, a page with an unknown path is a known page whose path changed."""
FIELDS = {"": "request.", QUERY: f"{QUERY}response."}
"""Prefix of an operation -> the places of its characteristic fields."""


@frozen
class Match:
    """The facts file to compare a page with, and the operations to compare."""

    sheet: Sheet | None
    """None if the page is about a new subject."""
    prefixes: tuple[str, ...] = ("", QUERY)
    """The operations to compare."""


def match(document: Document, sheets: Iterable[Sheet]) -> Match:
    """Find the facts file of a page."""
    known = list(sheets)
    if "" not in operations_of(document.facts) and not document.models:
        return Match(_by_operation(document, known, QUERY), (QUERY,))
    if document.models:
        return Match(_by_models(document, known))
    return Match(_by_operation(document, [sheet for sheet in known if len(sheet.models) != 1], ""))


def nearest(document: Document, sheets: Iterable[Sheet]) -> Sheet | None:
    """Return the facts file with the most facts in common with a page."""
    return max(sheets, key=lambda sheet: similarity(document.facts, sheet.facts), default=None)


def similarity(one: FactsByPlace, other: FactsByPlace) -> float:
    """Return the share of equal facts among all facts of two pages, from 0 to 1."""
    ours, theirs = (
        {(where, name, canonical(value)) for where, name, value in _flat_facts(facts)} for facts in (one, other)
    )
    return len(ours & theirs) / max(1, len(ours | theirs))


def _by_models(document: Document, known: list[Sheet]) -> Sheet | None:
    """The facts file of one of the models: with the same operation, else with similar fields (the path changed)."""
    of_model = [sheet for sheet in known if {*sheet.models} & {*document.models}]
    same = [sheet for sheet in of_model if _shares_operation(document, sheet)]
    return nearest(document, same or [sheet for sheet in of_model if _has_the_fields(document, sheet, "")])


def _by_operation(document: Document, known: list[Sheet], prefix: str) -> Sheet | None:
    """The facts file with the same operation, best with no other; else with similar fields (the path changed)."""
    ours = {*operations_of(document.facts).get(prefix, ())}
    same = [sheet for sheet in known if ours & {*sheet.operations.get(prefix, ())}]
    alike = [sheet for sheet in known if _has_the_fields(document, sheet, prefix)]
    alone = [sheet for sheet in same if sheet.operations.keys() == operations_of(document.facts).keys()]
    return nearest(document, alone or same or alike)


def _has_the_fields(document: Document, sheet: Sheet, prefix: str) -> bool:
    ours, theirs = ({place for place in facts if _is_field(place, prefix)} for facts in (document.facts, sheet.facts))
    return len(ours & theirs) >= MOVED_PAGE_SHARE * max(1, len(ours | theirs))


def _is_field(place: str, prefix: str) -> bool:
    return place.startswith(FIELDS[prefix]) and member_kind(place) is not None


def _shares_operation(document: Document, sheet: Sheet) -> bool:
    ours = operations_of(document.facts)
    return any({*ours[prefix]} & {*sheet.operations.get(prefix, ())} for prefix in ours)


def _flat_facts(facts: FactsByPlace) -> Iterable[tuple[str, str, object]]:
    return ((where, name, value) for where, values in facts.items() for name, value in values.items())
