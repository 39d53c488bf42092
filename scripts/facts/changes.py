"""List the changes between the facts of two versions of a document."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Literal, TypeAlias

from attrs import frozen

from scripts.documents import Value
from scripts.documents.facts import canonical
from scripts.facts.impact import Impact, impact_of_fact, impact_of_place
from scripts.facts.sheets import FactsByPlace, FactValues, operations_of

Kind: TypeAlias = Literal["added", "removed", "changed"]

QUERY = "query."
OPERATION = "operation"
"""Name of the fact that a page describes an operation."""
OPERATIONS = {"": ("request", "response", "headers", "callback"), QUERY: ("request", "response")}
"""Prefix of an operation -> first parts of the places that belong to it; others belong to the page as a whole."""
MEMBER_KINDS = {"request": "field", "response": "field", "headers": "header", "models": "model"}
"""First part of a place -> what a place below it is; one that is added or removed is one change."""


@frozen(kw_only=True)
class Change:
    """A fact that changed: one row of a report."""

    where: str
    """A place, without the prefix of its operation."""
    operation: str | None
    """Method and path; None for facts of the page as a whole."""
    fact: str
    was: Value
    now: Value
    impact: Impact

    @property
    def kind(self) -> Kind:
        """Whether the fact was added, removed or changed."""
        return "added" if self.was is None else "removed" if self.now is None else "changed"


def changes(was: FactsByPlace, now: FactsByPlace, prefixes: Iterable[str] = ("", QUERY)) -> list[Change]:
    """Return each changed fact of the operations with these prefixes and of the page as a whole.

    A field or an operation that was added or removed is one change.
    """
    scope = frozenset(prefixes)
    old, new = operations_of(was).keys(), operations_of(now).keys()
    # A page in which no operation was recognised has lost none: its fields are compared.
    came_or_went: frozenset[str] = scope & (old ^ new) if old and new else frozenset()
    common = scope - came_or_went
    rows = [_operation_change(prefix, was, now) for prefix in sorted(came_or_went)]
    for place in sorted({*was, *now}):
        if in_scope(place, common):
            rows += _place_changes(place, was.get(place), now.get(place), _operation_of_place(place, was, now))
    return rows


def in_scope(place: str, prefixes: AbstractSet[str]) -> bool:
    """Whether a place belongs to one of these operations, or to the page as a whole."""
    prefix, rest = split_prefix(place)
    return prefix in prefixes or rest.partition(".")[0] not in OPERATIONS[prefix]


def split_prefix(place: str) -> tuple[str, str]:
    """Return the prefix of the operation (empty or ``query.``) and the rest of a place."""
    return (QUERY, place.removeprefix(QUERY)) if place.startswith(QUERY) else ("", place)


def member_kind(place: str) -> str | None:
    """Return what a place is (field, header or model) if it can be added or removed as a whole, else None."""
    first, _, rest = split_prefix(place)[1].partition(".")
    return MEMBER_KINDS.get(first) if rest and rest != "sample" else None


def _operation_change(prefix: str, was: FactsByPlace, now: FactsByPlace) -> Change:
    old, new = (_method_and_path(prefix, facts) for facts in (was, now))
    return Change(
        where=prefix.removesuffix(".") or "request",
        operation=old or new,
        fact=OPERATION,
        was=old,
        now=new,
        impact="breaking" if old else "additive",
    )


def _place_changes(
    place: str, was: FactValues | None, now: FactValues | None, operation: str | None
) -> Iterator[Change]:
    where, kind = split_prefix(place)[1], member_kind(place)
    if kind and (was is None or now is None):
        yield Change(
            where=where, operation=operation, fact=kind, was=was, now=now, impact=impact_of_place(where, was, now)
        )
        return
    old, new = was or {}, now or {}
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if canonical(before) != canonical(after):
            impact = impact_of_fact(where, name, before, after)
            yield Change(where=where, operation=operation, fact=name, was=before, now=after, impact=impact)


def _operation_of_place(place: str, was: FactsByPlace, now: FactsByPlace) -> str | None:
    prefix, rest = split_prefix(place)
    if rest.partition(".")[0] not in OPERATIONS[prefix]:
        return None
    return _method_and_path(prefix, was) or _method_and_path(prefix, now)


def _method_and_path(prefix: str, facts: FactsByPlace) -> str | None:
    """Method and path of an operation; of contradictory ones the first."""
    operations = operations_of(facts).get(prefix)
    return " ".join(operations[0]) if operations else None
