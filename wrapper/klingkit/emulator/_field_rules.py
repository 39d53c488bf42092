"""Rules that a document sets for the fields of a request, as values to be put into tables.

A rule's `fault` says what is wrong with the value of a field, by the field's name, or None.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv6Address
from reprlib import repr as short
from typing import Any, Protocol, TypeGuard

# RFC 3986, section 3; what stands between the brackets of an IP literal is judged apart.
_PLAIN = r"[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}"
_URI = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.-]*:
    (?://(?:(?:{_PLAIN}|:)*@)?(?:\[(?P<address>[^\]]+)\]|(?:{_PLAIN})*)(?::[0-9]*)?(?=[/?\#]|\Z)|(?!//))
    (?:{_PLAIN}|[:@/])*
    (?:\?(?:{_PLAIN}|[:@/?])*)?
    (?:\#(?:{_PLAIN}|[:@/?])*)?""",
    re.VERBOSE,
)


_FUTURE = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")


class Rule(Protocol):
    """What a value must be."""

    def fault(self, name: str, value: object) -> str | None:
        """What is wrong with the value of the field `name`; None: nothing."""
        ...


@dataclass(frozen=True)
class Text:
    """A string of `most` characters (code points) at most; None: of any length."""

    most: int | None = None

    def fault(self, name: str, value: object) -> str | None:
        """Not a string, or too long."""
        if not isinstance(value, str):
            return f"{name} must be a string, is {short(value)}"
        if self.most is not None and len(value) > self.most:
            return f"{name} has {len(value)} characters, may have {self.most}"
        return None


@dataclass(frozen=True)
class Uri:
    """A string that is a URI (RFC 3986), of any scheme."""

    def fault(self, name: str, value: object) -> str | None:
        """Not a string, or no URI."""
        match = _URI.fullmatch(value) if isinstance(value, str) else None
        if match and (match["address"] is None or _is_literal(match["address"])):
            return None
        return f"{name} must be a URI, is {short(value)}"


@dataclass(frozen=True)
class Choice:
    """One of some strings."""

    options: tuple[str, ...]

    def fault(self, name: str, value: object) -> str | None:
        """None of them."""
        if isinstance(value, str) and value in self.options:
            return None
        return f"{name} must be one of {', '.join(self.options)} (a string), is {short(value)}"


@dataclass(frozen=True)
class Flag:
    """A JSON true or false."""

    def fault(self, name: str, value: object) -> str | None:
        """Neither."""
        return None if isinstance(value, bool) else f"{name} must be true or false, is {short(value)}"


@dataclass(frozen=True)
class Number:
    """A JSON number from `least` to `most`, both included, in steps of `step` from zero.

    What is None sets no limit.
    """

    least: int | None = None
    most: int | None = None
    step: str | None = None

    def fault(self, name: str, value: object) -> str | None:
        """No number, out of range, or between the steps."""
        if not is_number(value):
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
class Whole:
    """A JSON number without a fraction: 5, and 5.0 too, which JSON does not tell apart."""

    def fault(self, name: str, value: object) -> str | None:
        """No number, or one with a fraction."""
        if is_number(value) and value % 1 == 0:
            return None
        return f"{name} must be an integer, is {short(value)}"


@dataclass(frozen=True)
class Count:
    """One of some whole numbers, as a JSON number or as a string of its digits."""

    options: tuple[int, ...]

    def fault(self, name: str, value: object) -> str | None:
        """None of them."""
        digits = [str(option) for option in self.options]
        if (is_number(value) and value in self.options) or value in digits:
            return None
        return f"{name} must be one of {', '.join(digits)}, is {short(value)}"


@dataclass(frozen=True)
class Fields:
    """A JSON object: some fields it must have, some it may have; others only if it is `open`."""

    required: Mapping[str, Rule]
    optional: Mapping[str, Rule]
    open: bool = False

    def fault(self, name: str, value: object) -> str | None:
        """No object, or the first fault among its fields. The body itself has the name ""."""
        if not is_object(value):
            return f"{name} must be an object, is {short(value)}"
        return next(self._faults(f"{name}." if name else "", value), None)

    def _faults(self, within: str, value: Mapping[str, object]) -> Iterator[str]:
        rules = {**self.required, **self.optional}
        yield from (f"{within}{name} is missing" for name in self.required if name not in value)
        for name, field in value.items():
            if rule := rules.get(name):
                if fault := rule.fault(f"{within}{name}", field):
                    yield fault
            elif not self.open:
                yield f"{within}{short(name)} is unknown; known: {', '.join(rules)}"


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number. To Python, true and false are numbers as well."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def _is_literal(address: str) -> bool:
    """Whether this may stand between the brackets of a URI: an IPv6 address without a zone, or one of the future."""
    try:
        return bool(_FUTURE.fullmatch(address)) or IPv6Address(address).scope_id is None
    except ValueError:
        return False
