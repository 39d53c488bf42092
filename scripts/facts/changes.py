"""What changed between the facts of two texts about the same subject."""

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
"""The fact that a page describes one."""
OPERATIONS = {"": ("request", "response", "headers", "callback"), QUERY: ("request", "response")}
"""Prefix of its places -> the first parts of the places that belong to an operation; all others are the page's."""
MEMBERS = {"request": "field", "response": "field", "headers": "header", "models": "model"}
"""First part of a place -> what a place below it is, if it comes or goes as a whole."""


@frozen(kw_only=True)
class Change:
    """One row of a report."""

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
        """What happened."""
        return "added" if self.was is None else "removed" if self.now is None else "changed"


def changes(was: FactsByPlace, now: FactsByPlace, prefixes: Iterable[str] = ("", QUERY)) -> list[Change]:
    """Each fact that differs, in the operations with these prefixes and about the page as a whole.

    A field that came or went is one row, and so is an operation.
    """
    scope = frozenset(prefixes)
    old, new = operations_of(was).keys(), operations_of(now).keys()
    moved: frozenset[str] = scope & (old ^ new) if old and new else frozenset()
    common = scope - moved
    rows = [_operation(prefix, was, now) for prefix in sorted(moved)]
    for place in sorted({*was, *now}):
        if in_scope(place, common):
            rows += _of_place(place, was.get(place), now.get(place), _label(place, was, now))
    return rows


def in_scope(place: str, prefixes: AbstractSet[str]) -> bool:
    """Whether a place belongs to one of these operations, or to the page as a whole."""
    prefix, rest = split(place)
    return prefix in prefixes or rest.partition(".")[0] not in OPERATIONS[prefix]


def split(place: str) -> tuple[str, str]:
    """The prefix of a place, and the rest."""
    return (QUERY, place.removeprefix(QUERY)) if place.startswith(QUERY) else ("", place)


def member(place: str) -> str | None:
    """What this place is, if it is one of several that may come and go."""
    first, _, rest = split(place)[1].partition(".")
    return MEMBERS.get(first) if rest and rest != "sample" else None


def _operation(prefix: str, was: FactsByPlace, now: FactsByPlace) -> Change:
    old, new = (_named(prefix, facts) for facts in (was, now))
    return Change(
        where=prefix.removesuffix(".") or "request",
        operation=old or new,
        fact=OPERATION,
        was=old,
        now=new,
        impact="breaking" if old else "additive",
    )


def _of_place(place: str, was: FactValues | None, now: FactValues | None, operation: str | None) -> Iterator[Change]:
    where, kind = split(place)[1], member(place)
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


def _label(place: str, was: FactsByPlace, now: FactsByPlace) -> str | None:
    prefix, rest = split(place)
    if rest.partition(".")[0] not in OPERATIONS[prefix]:
        return None
    return _named(prefix, was) or _named(prefix, now)


def _named(prefix: str, facts: FactsByPlace) -> str | None:
    """Method and path of an operation; of contradictory ones the first."""
    operations = operations_of(facts).get(prefix)
    return " ".join(operations[0]) if operations else None
