# Written by `make generate` from scripts/codegen/runtime/rules.py; never edited by hand.
"""Rules between the fields of one object, judged on its JSON: the `if` and `then` of a schema, and its `x-rules`."""
# ruff: noqa: D102 - every check and every rule does what `Check` and `Rule` document

import re
from collections.abc import Mapping, Sequence
from reprlib import repr as short
from typing import Any, Final, cast

import attrs

from .checks import UNSET, Check, Rule
from .errors import InvalidValue

__all__ = [
    "DIFFERENCE",
    "SUM",
    "Absent",
    "Contains",
    "Difference",
    "Keyword",
    "Matches",
    "Part",
    "Sum",
    "When",
    "parsed",
]

SUM: Final = frozenset({"sum", "equals"})
"""The keys of an entry of `x-rules` about a sum."""
NOTES: Final = frozenset({"description", "x-source"})


class Absent(Check):
    """Allows no value: the field must be left out."""

    def refuses(self, value: object) -> str:  # noqa: ARG002 - whatever it is
        return "absent"


@attrs.frozen
class Matches(Check):
    """A string in which a pattern is found."""

    pattern: str

    def refuses(self, value: object) -> str | None:
        return None if isinstance(value, str) and re.search(self.pattern, value) else f"like {self.pattern}"


@attrs.frozen
class Contains(Check):
    """A list with an item that a check allows."""

    item: Check

    def refuses(self, value: object) -> str | None:
        items = cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()
        return None if any(self.item.refuses(item) is None for item in items) else "a list with such an item"


@attrs.frozen
class Part:
    """The demands of a rule: fields that must be there, checks of fields that are, and more rules."""

    required: tuple[str, ...] = ()
    fields: Mapping[str, Check] = attrs.field(factory=dict[str, Check])
    rules: tuple[Rule, ...] = ()

    def problem(self, values: Mapping[str, Any]) -> InvalidValue | None:
        """The error for the first demand that is not met."""
        for name in self.required:
            if name not in values:
                return InvalidValue(name, "present", UNSET)
        for name, check in self.fields.items():
            if name in values and (found := check.problem(values[name])):
                return found.under(name)
        return next(filter(None, (rule.problem(values) for rule in self.rules)), None)


@attrs.frozen
class When:
    """Demands that hold where a condition does, and others where it does not."""

    condition: Part
    then: Part = Part()
    otherwise: Part = Part()

    def problem(self, values: Mapping[str, Any]) -> InvalidValue | None:
        part = self.otherwise if self.condition.problem(values) else self.then
        found = part.problem(values)
        return self._with_condition(found, values) if found else None

    def _with_condition(self, found: InvalidValue, values: Mapping[str, Any]) -> InvalidValue:
        """Add the fields of the condition, with their values, to an error that names other fields."""
        field, limit = found.field or "", found.limit or ""
        others = {name: short(values[name]) for name in self.condition.fields if name in values and name != field}
        if not others or ", " in field:
            return found
        where = " and ".join(f"{name} is {value}" for name, value in others.items())
        return InvalidValue(", ".join((field, *others)), f"{limit} where {where}", found.value)


@attrs.frozen
class Sum:
    """A number in each item of a list adds up to another field, which may be a string of digits."""

    items: str
    """The list and the number, as `list.number`."""
    total: str

    def problem(self, values: Mapping[str, Any]) -> InvalidValue | None:
        name, _, number = self.items.partition(".")
        parts = [_number(item.get(number)) for item in _objects(values.get(name))]
        total = _number(values.get(self.total))
        if not parts or total is None or None in parts:
            return None  # empty, absent or of a wrong type, which others report
        added = sum(filter(None, parts))
        limit = f"such that {name}[].{number} adds up to {total}"
        return None if added == total else InvalidValue(f"{name}, {self.total}", limit, added)


@attrs.frozen
class Difference:
    """One number less another is within limits; each may be left out, and is then its default."""

    fields: tuple[str, str]
    defaults: tuple[float, float]
    minimum: float
    maximum: float

    def problem(self, values: Mapping[str, Any]) -> InvalidValue | None:
        first, second = (_number(values.get(*pair)) for pair in zip(self.fields, self.defaults, strict=True))
        if first is None or second is None:
            return None  # of a wrong type, which others report
        difference, words = first - second, f"such that {' - '.join(self.fields)} is"
        for wrong, limit in (
            (difference < self.minimum, f"at least {self.minimum}"),
            (difference > self.maximum, f"at most {self.maximum}"),
        ):
            if wrong:
                return InvalidValue(", ".join(self.fields), f"{words} {limit}", difference)
        return None


DIFFERENCE: Final = frozenset(attrs.fields_dict(Difference)) - {"fields"} | {"difference"}


def parsed(entry: Mapping[str, Any]) -> Sum | Difference | None:
    """Return the rule that an entry of `x-rules` states; None if it is no rule that is known."""
    keys = frozenset(entry.keys() - NOTES)
    if keys == SUM:
        return Sum(entry["sum"], entry["equals"])
    if keys == DIFFERENCE and len(entry["difference"]) == len(entry["defaults"]) == 2:
        return Difference(tuple(entry["difference"]), tuple(entry["defaults"]), entry["minimum"], entry["maximum"])
    return None


class Keyword:
    """The keyword `x-rules` for validators of JSON Schema."""

    def __init__(self, schema: object, value: Sequence[Mapping[str, Any]], path: object) -> None:  # noqa: ARG002 - of validators
        self._rules = [rule for rule in map(parsed, value) if rule]

    def validate(self, instance: Any) -> None:
        """Raise the error for the first rule that an object breaks; other values have no fields."""
        for rule in self._rules if isinstance(instance, Mapping) else ():
            if problem := rule.problem(cast("Mapping[str, Any]", instance)):
                raise problem


def _number(value: object) -> float | None:
    """Return a number, or that of a string of digits; None for any other value."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _objects(value: object) -> Sequence[Mapping[str, Any]]:
    """Return the items of a list, those that are no objects as empty ones."""
    items = cast("Sequence[object]", value) if isinstance(value, list) else ()
    return [cast("Mapping[str, Any]", item) if isinstance(item, Mapping) else {} for item in items]
