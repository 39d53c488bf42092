"""Mutation operators for rules between fields: `if` with `then` or `else`, and `x-rules`.

Left out, for it changes nothing: what the `if` of a rule requires dropped (the field is required anyway).
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from scripts.mutation.sites import Edit, Operator, Site, renamed, spliced, without
from scripts.specs.baseline import escaped
from scripts.specs.spec import is_list, is_object

PROSE: Final = ("description", "x-source")
X_RULES: Final = "x-rules"

_Change = tuple[str, str, Any, str]


def rules(site: Site) -> Iterator[Edit]:
    """Drop, rename or change each part of each rule between the fields of an object."""
    for key in ("allOf", X_RULES):
        listed = site.node.get(key, [])
        for index, rule in enumerate(listed):
            if key == X_RULES or "if" in rule:
                rest = {key: spliced(listed, index)} if len(listed) > 1 else {}
                yield Edit("drop rule", f"/{key}/{index}", {**without(site.node, key), **rest})
                for operator, part, changed, detail in _changed(rule):
                    edited = {**site.node, key: spliced(listed, index, changed)}
                    yield Edit(operator, f"/{key}/{index}{part}", edited, detail)


def _changed(value: Any, key: str = "") -> Iterator[_Change]:
    """Yield a part of a rule with each part of its own changed."""
    if is_object(value):
        yield from _changed_entries(value, key)
    elif is_list(value):
        for index, child in enumerate(value):
            yield "drop part of rule", f"/{index}", spliced(value, index), "" if is_object(child) else repr(child)
            for operator, part, changed, detail in _changed(child):
                yield operator, f"/{index}{part}", spliced(value, index, changed), detail
    else:
        yield from (("change rule", "", other, repr(other)) for other in _others(value, key))


def _changed_entries(value: dict[str, Any], key: str) -> Iterator[_Change]:
    for name, child in value.items():
        here = f"/{escaped(name)}"
        is_idle = key == "if" and name == "required"
        if name not in PROSE and not is_idle:
            yield "drop part of rule", here, without(value, name), ""
            yield "rename part of rule", here, renamed(value, name, f"{name}0"), f"{name}0"
        for operator, part, changed, detail in _changed(child, name) if name not in PROSE else ():
            if operator == "change rule" or not is_idle:
                yield operator, f"{here}{part}", {**value, name: changed}, detail


def _others(value: Any, key: str) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value - 1, value + 1]
    return [*_narrower(value)] if key == "pattern" else [f"{value}0"]


def _narrower(pattern: str) -> Iterator[str]:
    """Yield a pattern without each alternative of each of its groups."""
    for group in re.finditer(r"\(([^()]*)\)", pattern):
        options = group[1].split("|")
        for index in range(len(options)):
            yield f"{pattern[: group.start(1)]}{'|'.join(spliced(options, index))}{pattern[group.end(1) :]}"


OPERATORS: tuple[Operator, ...] = (rules,)
"""What is done to every schema."""
