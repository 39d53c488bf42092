"""Mutation operators for the keys that begin with `x-`, which hold facts that OpenAPI has no keywords for."""

from collections.abc import Iterator
from typing import Any

from scripts.mutation.between import X_RULES
from scripts.mutation.sites import Edit, Operator, Site, renamed, spliced, without
from scripts.specs.baseline import escaped
from scripts.specs.field import sources
from scripts.specs.spec import is_list, is_object

SOURCE = "x-source"
"""The key that names the source of a fact; it is mutated by dropping one, or all."""


def notes(site: Site) -> Iterator[Edit]:
    """Drop a noted fact, or any part of it; change any value in it."""
    for key, value in site.node.items():
        if key.startswith("x-") and key not in (SOURCE, X_RULES):
            yield Edit("drop note", f"/{key}", without(site.node, key))
            for operator, part, changed, detail in _changed(value):
                yield Edit(operator, f"/{key}{part}", {**site.node, key: changed}, detail)


def lost_sources(site: Site) -> Iterator[Edit]:
    """Drop each source of a node, and all of them."""
    named = sources(site.node)
    for index, source in enumerate(named if len(named) > 1 else ()):
        yield Edit("lose source", f"/{SOURCE}/{index}", {**site.node, SOURCE: spliced(named, index)}, source)
    if named:
        yield Edit("lose sources", f"/{SOURCE}", without(site.node, SOURCE))


_Change = tuple[str, str, Any, str]


def _changed(value: Any) -> Iterator[_Change]:
    if is_object(value):
        yield from _changed_entries(value)
    elif is_list(value):
        yield from _changed_items(value)
    else:
        other = _other(value)
        yield "change note", "", other, str(other)


def _changed_entries(value: dict[str, Any]) -> Iterator[_Change]:
    for key, child in value.items():
        yield "drop note", f"/{escaped(key)}", without(value, key), ""
        yield "rename note", f"/{escaped(key)}", renamed(value, key, f"{key}0"), f"{key}0"
        for operator, part, changed, detail in _changed(child):
            yield operator, f"/{escaped(key)}{part}", {**value, key: changed}, detail


def _changed_items(value: list[Any]) -> Iterator[_Change]:
    for index, child in enumerate(value):
        yield "drop note", f"/{index}", spliced(value, index), "" if is_object(child) else repr(child)
        for operator, part, changed, detail in _changed(child):
            yield operator, f"/{index}{part}", spliced(value, index, changed), detail


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}0"


OPERATORS: tuple[Operator, ...] = (notes, lost_sources)
"""What is done to every site."""
