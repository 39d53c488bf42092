"""Rules for JSON fields, as values that can be put into tables.

The `problem` of a rule says what is wrong with the value of a field: it names the field, the limit and the value.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv6Address
from reprlib import repr as short
from typing import Any, Protocol, TypeGuard

# RFC 3986, section 3. IP literals are checked separately, as the grammar of IPv6 is too long for a pattern.
# Runs of plain characters are possessive: a repeated group would remember each of a million characters.
_PLAIN = r"A-Za-z0-9._~!$&'()*+,;=\-"
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_URI = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.-]*:
    (?://(?:(?:[{_PLAIN}:]++|{_ESCAPED})*+@)?(?:\[(?P<address>[^\]]+)\]|(?:[{_PLAIN}]++|{_ESCAPED})*+)(?::[0-9]*)?
        (?=[/?\#]|\Z)|(?!//))
    (?:[{_PLAIN}:@/]++|{_ESCAPED})*+
    (?:\?(?:[{_PLAIN}:@/?]++|{_ESCAPED})*+)?
    (?:\#(?:[{_PLAIN}:@/?]++|{_ESCAPED})*+)?""",
    re.VERBOSE,
)


_FUTURE_ADDRESS = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")


class FieldRule(Protocol):
    """A rule for the value of a field."""

    def problem(self, name: str, value: object) -> str | None:
        """Return what is wrong with the value of the field `name`; None if nothing is."""
        ...


@dataclass(frozen=True)
class Text:
    """A string of at most `most` characters (code points); None: of any length."""

    most: int | None = None

    def problem(self, name: str, value: object) -> str | None:
        """Reject other types, and longer strings."""
        if not isinstance(value, str):
            return f"{name} must be a string, is {short(value)}"
        if self.most is not None and len(value) > self.most:
            return f"{name} has {len(value)} characters, may have {self.most}"
        return None


@dataclass(frozen=True)
class Uri:
    """A string that is a URI (RFC 3986), of any scheme."""

    def problem(self, name: str, value: object) -> str | None:
        """Reject what is no URI."""
        match = _URI.fullmatch(value) if isinstance(value, str) else None
        if match and (match["address"] is None or _is_ip_literal(match["address"])):
            return None
        return f"{name} must be a URI, is {short(value)}"


@dataclass(frozen=True)
class Choice:
    """One of some strings."""

    options: tuple[str, ...]

    def problem(self, name: str, value: object) -> str | None:
        """Reject what is none of the options."""
        if isinstance(value, str) and value in self.options:
            return None
        return f"{name} must be one of {', '.join(self.options)} (a string), is {short(value)}"


@dataclass(frozen=True)
class Flag:
    """A JSON true or false."""

    def problem(self, name: str, value: object) -> str | None:
        """Reject other types."""
        return None if isinstance(value, bool) else f"{name} must be true or false, is {short(value)}"


@dataclass(frozen=True)
class Number:
    """A JSON number from `least` to `most`, both included, in steps of `step` from zero.

    None sets no limit.
    """

    least: int | None = None
    most: int | None = None
    step: str | None = None

    def problem(self, name: str, value: object) -> str | None:
        """Reject other types, and numbers out of range or between the steps."""
        if not is_number(value) or not math.isfinite(value):
            return f"{name} must be a number, is {short(value)}"
        if self.least is not None and value < self.least:
            return f"{name} must be {self.least} at least, is {short(value)}"
        if self.most is not None and value > self.most:
            return f"{name} must be {self.most} at most, is {short(value)}"
        # As the decimal that was written: in binary, 0.3 is no multiple of 0.1.
        if self.step is not None and Decimal(repr(value)) % Decimal(self.step):
            return f"{name} must be a multiple of {self.step}, is {short(value)}"
        return None


@dataclass(frozen=True)
class Integer:
    """A JSON number without a fraction, from `least` to `most`: 5, and 5.0 too, which JSON does not distinguish.

    None sets no limit.
    """

    least: int | None = None
    most: int | None = None

    def problem(self, name: str, value: object) -> str | None:
        """Reject other types, numbers with a fraction, and those out of range."""
        if is_number(value) and value % 1 == 0:
            return Number(self.least, self.most).problem(name, value)
        return f"{name} must be an integer, is {short(value)}"


@dataclass(frozen=True)
class IntegerChoice:
    """One of some integers, as a JSON number or as a string of its digits."""

    options: tuple[int, ...]

    def problem(self, name: str, value: object) -> str | None:
        """Reject what is none of the options."""
        digits = [str(option) for option in self.options]
        if (is_number(value) and value in self.options) or value in digits:
            return None
        return f"{name} must be one of {', '.join(digits)}, is {short(value)}"


@dataclass(frozen=True)
class ListOf:
    """A JSON array of `least` to `most` items, each of which the rule `item` allows. None sets no limit."""

    item: FieldRule
    least: int = 0
    most: int | None = None

    def problem(self, name: str, value: object) -> str | None:
        """Reject other types, too few or too many items, and name the first wrong item by its index."""
        if not is_list(value):
            return f"{name} must be an array, is {short(value)}"
        if len(value) < self.least:
            return f"{name} has {len(value)} items, must have {self.least} at least"
        if self.most is not None and len(value) > self.most:
            return f"{name} has {len(value)} items, may have {self.most}"
        return next(filter(None, (self.item.problem(f"{name}[{at}]", one) for at, one in enumerate(value))), None)


@dataclass(frozen=True)
class Fields:
    """A JSON object with required and optional fields; others are allowed only if it is `open`."""

    required: Mapping[str, FieldRule]
    optional: Mapping[str, FieldRule]
    allow_unknown: bool = False

    def problem(self, name: str, value: object) -> str | None:
        """Reject other types, and return the first problem of the fields. The body itself has the name ""."""
        if not is_object(value):
            return f"{name} must be an object, is {short(value)}"
        return next(self._problems(f"{name}." if name else "", value), None)

    def _problems(self, prefix: str, value: Mapping[str, object]) -> Iterator[str]:
        rules = {**self.required, **self.optional}
        yield from (f"{prefix}{name} is missing" for name in self.required if name not in value)
        for name, field in value.items():
            if rule := rules.get(name):
                if problem := rule.problem(f"{prefix}{name}", field):
                    yield problem
            elif not self.allow_unknown:
                yield f"{prefix}{short(name)} is unknown; known: {', '.join(rules)}"


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a JSON value is a number. To Python, true and false are numbers as well."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    """Return whether a JSON value is an array."""
    return isinstance(value, list)


def _is_ip_literal(address: str) -> bool:
    """Return whether this may stand in the brackets of a URI: an IPv6 address without a zone, or a future address."""
    try:
        return bool(_FUTURE_ADDRESS.fullmatch(address)) or IPv6Address(address).scope_id is None
    except ValueError:
        return False
