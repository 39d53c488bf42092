"""Rules that a document sets for the fields of a request, as values to be put into tables.

A rule's `fault` says what is wrong with a value, or None.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from reprlib import repr as short
from typing import Any, Protocol, TypeGuard

# RFC 3986, section 3; coarser in what may stand between the brackets of an IP literal.
_PLAIN = r"[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}"
_URI = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.-]*:
    (?://(?:(?:{_PLAIN}|:)*@)?(?:\[[0-9A-Fa-fv:.]+\]|(?:{_PLAIN})*)(?::[0-9]*)?(?=[/?\#]|\Z)|(?!//))
    (?:{_PLAIN}|[:@/])*
    (?:\?(?:{_PLAIN}|[:@/?])*)?
    (?:\#(?:{_PLAIN}|[:@/?])*)?""",
    re.VERBOSE,
)


class Rule(Protocol):
    """What a value must be."""

    def fault(self, value: object) -> str | None:
        """What is wrong with the value; None: nothing."""
        ...


@dataclass(frozen=True)
class Text:
    """A string of `most` characters (code points) at most; None: of any length."""

    most: int | None = None

    def fault(self, value: object) -> str | None:
        """Not a string, or too long."""
        if not isinstance(value, str):
            return f"must be a string, is {short(value)}"
        if self.most is not None and len(value) > self.most:
            return f"has {len(value)} characters, may have {self.most}"
        return None


@dataclass(frozen=True)
class Uri:
    """A string that is a URI (RFC 3986), of any scheme."""

    def fault(self, value: object) -> str | None:
        """Not a string, or no URI."""
        if isinstance(value, str) and _URI.fullmatch(value):
            return None
        return f"must be a URI, is {short(value)}"


@dataclass(frozen=True)
class Choice:
    """One of some strings."""

    options: tuple[str, ...]

    def fault(self, value: object) -> str | None:
        """None of them."""
        if isinstance(value, str) and value in self.options:
            return None
        return f"must be one of {', '.join(self.options)} (a string), is {short(value)}"


@dataclass(frozen=True)
class Flag:
    """A JSON true or false."""

    def fault(self, value: object) -> str | None:
        """Neither."""
        return None if isinstance(value, bool) else f"must be true or false, is {short(value)}"


@dataclass(frozen=True)
class Number:
    """A JSON number from `least` to `most`, both included, in steps of `step` from zero."""

    least: int
    most: int
    step: str

    def fault(self, value: object) -> str | None:
        """No number, out of range, or between the steps."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return f"must be a number, is {short(value)}"
        if not self.least <= value <= self.most:
            return f"must be from {self.least} to {self.most}, is {short(value)}"
        # As the decimal that was written: in binary, 0.3 is no multiple of 0.1.
        if Decimal(repr(value)) % Decimal(self.step):
            return f"must be a multiple of {self.step}, is {short(value)}"
        return None


@dataclass(frozen=True)
class Fields:
    """A JSON object with these fields and no others: some it must have, some it may have."""

    required: Mapping[str, Rule]
    optional: Mapping[str, Rule]

    def fault(self, value: object) -> str | None:
        """No object, or the first fault among its fields, with the field's name."""
        if not is_object(value):
            return f"must be an object, is {short(value)}"
        return next(self._faults(value), None)

    def _faults(self, value: Mapping[str, object]) -> Iterator[str]:
        rules = {**self.required, **self.optional}
        yield from (f"{name} is missing" for name in self.required if name not in value)
        for name, field in value.items():
            if (rule := rules.get(name)) is None:
                yield f"{short(name)} is unknown; known: {', '.join(rules)}"
            elif fault := rule.fault(field):
                yield f"{name}{'.' if isinstance(rule, Fields) else ' '}{fault}"


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)
