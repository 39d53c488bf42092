"""The checks of fields in the generated models: which values they allow, and how they become JSON."""
# ruff: noqa: D102 - every check does what `Check` documents

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import Any, Final, Literal, Protocol, cast

import attrs

from .errors import InvalidValue
from .uris import is_uri

__all__ = [
    "UNSET",
    "UPLOAD_FIRST",
    "AnyOf",
    "Anything",
    "Boolean",
    "Choice",
    "Integer",
    "List",
    "Model",
    "Null",
    "Number",
    "Text",
    "Unset",
    "checked",
    "hold",
    "is_uri",
    "read_closed",
    "read_open",
    "write",
]


class Unset:
    """The type of a field that is left out."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"  # copies and pickles are the one UNSET, as `is` demands


UNSET = Unset()

UPLOAD_FIRST: Final = "; a file of yours has no address yet: upload it first, with Client.upload"
"""What to do with a path, or with data, in place of the address of a file."""


class Check:
    """A check of a value."""

    def refuses(self, value: object) -> str | None:
        """The limit that the value breaks, in words; None when it may pass."""
        raise NotImplementedError

    def problem(self, value: object) -> InvalidValue | None:
        """The error for a value that breaks a limit; of a list, for its first wrong item."""
        limit = self.refuses(value)
        return None if limit is None else InvalidValue("", limit, value)

    def load(self, value: object) -> object:
        """The Python value for a JSON value, not yet checked."""
        return value

    def dump(self, value: Any) -> Any:
        """The JSON value for a checked Python value."""
        return value


class Anything(Check):
    """Allows any value."""

    def refuses(self, value: object) -> None:
        """Never."""


class Null(Check):
    """Allows None alone."""

    def refuses(self, value: object) -> str | None:
        return None if value is None else "null"


class Boolean(Check):
    """Allows True and False, nothing that equals them."""

    def refuses(self, value: object) -> str | None:
        return None if isinstance(value, bool) else "true or false"


@attrs.frozen
class Text(Check):
    """A string; lengths are counted in code points."""

    min_length: int = 0
    max_length: int | None = None
    sendable: bool = False
    """Whether it must survive the way to UTF-8: a lone half of a surrogate pair does not."""
    uri: bool = False
    file: bool = False
    """Whether it is the address of a file, for which users give a path."""

    def refuses(self, value: object) -> str | None:
        if not isinstance(value, str):
            return "a string"
        if self.max_length is not None and len(value) > self.max_length:
            return f"at most {self.max_length} characters"
        if len(value) < self.min_length:
            return f"at least {self.min_length} characters"
        if self.sendable and not _encodable(value):
            return "free of lone surrogates"
        if not self.uri or is_uri(value):
            return None
        return "a URI (RFC 3986)" + (UPLOAD_FIRST if self.file and not value.startswith(("http:", "https:")) else "")


class Choice(Check):
    """Allows one of a few values, types included: neither 1 nor True is "1"."""

    def __init__(self, *values: str | float) -> None:
        self.values = values

    def refuses(self, value: object) -> str | None:
        for choice in self.values:
            if _same_type(value, choice) and value == choice:
                return None
        words = ", ".join(map(repr, self.values))
        return words if len(self.values) == 1 else f"one of {words}"

    def load(self, value: object) -> object:
        return value if isinstance(value, str) else _whole(value)


@attrs.frozen
class Number(Check):
    """Allows finite ints and floats; multiples are judged by the decimal digits, as written."""

    minimum: float | None = None
    maximum: float | None = None
    multiple_of: float | None = None

    def refuses(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "a number"
        if isinstance(value, float) and not isfinite(value):
            return "finite"
        if self.minimum is not None and value < self.minimum:
            return f"at least {self.minimum}"
        if self.maximum is not None and value > self.maximum:
            return f"at most {self.maximum}"
        if self.multiple_of is not None and _exact(value) % _exact(self.multiple_of):
            return f"a multiple of {self.multiple_of}"
        return None


class Integer(Number):
    """Allows an int; JSON's 5.0 is one."""

    def refuses(self, value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "an integer"
        return super().refuses(value)

    def load(self, value: object) -> object:
        return _whole(value)


@attrs.frozen
class List(Check):
    """A list, each item checked; a tuple in Python where it is to be sent."""

    item: Check
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False

    def refuses(self, value: object) -> str | None:
        if not isinstance(value, list | tuple):
            return "a list"
        items = cast("Sequence[object]", value)
        if self.max_items is not None and len(items) > self.max_items:
            return f"at most {self.max_items} items"
        if len(items) < self.min_items:
            return f"at least {self.min_items} items"
        if refusal := next(filter(None, map(self.item.refuses, items)), None):
            return f"a list, each item {refusal}"
        return "free of repeated items" if self.unique and _repeats(items) else None

    def problem(self, value: object) -> InvalidValue | None:
        for index, item in enumerate(_items(value)):
            if found := self.item.problem(item):
                return found.under(f"[{index}]")
        return super().problem(value)

    def load(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        items = cast("list[object]", value)
        return [_under(f"[{index}]", self.item.load, item) for index, item in enumerate(items)]

    def dump(self, value: Sequence[Any]) -> list[Any]:
        return [_under(f"[{index}]", self.item.dump, item) for index, item in enumerate(value)]


class Rule(Protocol):
    """A rule between the fields of a model."""

    def problem(self, values: Mapping[str, Any], /) -> InvalidValue | None:
        """The error for the JSON values of the fields by their names; None when they may pass."""
        ...


class Generated(Protocol):
    """The methods that every generated model has."""

    @classmethod
    def from_dict(cls, src_dict: object) -> object:
        """The model for a JSON object."""

    def to_dict(self) -> dict[str, Any]:
        """The JSON object for the model."""
        ...


@attrs.frozen
class Model(Check):
    """Allows an object of another generated model."""

    model: type[Generated]

    def refuses(self, value: object) -> str | None:
        return None if isinstance(value, self.model) else f"a {self.model.__name__}"

    def load(self, value: object) -> object:
        return self.model.from_dict(value)

    def dump(self, value: Generated) -> dict[str, Any]:
        return value.to_dict()


class AnyOf(Check):
    """Allows what one of the options allows; JSON becomes the first that accepts it whole."""

    def __init__(self, *options: Check) -> None:
        self.options = options

    def refuses(self, value: object) -> str | None:
        refusals = [option.refuses(value) for option in self.options]
        return None if None in refusals else " or ".join(filter(None, refusals))

    def problem(self, value: object) -> InvalidValue | None:
        if any(option.refuses(value) is None and option.problem(value) is None for option in self.options):
            return None
        problems = (option.problem(value) for option in self.options)  # each a sentence: made only now
        return next((found for found in problems if found and found.field), None) or super().problem(value)

    def load(self, value: object) -> object:
        nested = None
        for option in self.options:
            try:
                loaded = option.load(value)
            except InvalidValue as finding:
                nested = nested or (finding if finding.field else None)
                continue
            if option.refuses(loaded) is None:
                return loaded
        if nested:
            raise nested  # more precise than "not one of the options"
        return value

    def dump(self, value: Any) -> Any:
        for option in self.options:
            if option.refuses(value) is None:
                return option.dump(value)
        return value


@attrs.frozen
class Field:
    """The validator of one attribute: attrs runs it on construction and on assignment."""

    name: str
    check: Check
    optional: bool = False

    def __call__(self, _model: object, _attribute: object, value: object) -> None:
        if value is UNSET and self.optional:
            return
        if problem := self.check.problem(value):
            raise problem.under(self.name)

    def take(self, source: dict[str, object]) -> object:
        """Remove the field from a JSON object and load it."""
        if self.name in source:
            return _under(self.name, self.check.load, source.pop(self.name))
        if self.optional:
            return UNSET
        raise InvalidValue(self.name, "present", UNSET)


def checked(name: str, check: Check, *, optional: bool = False) -> Any:
    """Return a Field, typed as Any, since attrs would derive the attribute's type from the validator."""
    return Field(name, check, optional)


def hold(value: object) -> Any:
    """Return a sequence as a tuple, which cannot change unchecked; anything else unchanged, for the check to refuse."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        return tuple(cast("Sequence[object]", value))
    return value


def read_open(model: type, source: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a model's arguments from a JSON object, and the fields that it does not know."""
    if not isinstance(source, Mapping):
        raise InvalidValue("", "an object", source)
    rest = dict(cast("Mapping[str, Any]", source))
    return {name: field.take(rest) for name, field in _fields(model)}, rest


def read_closed(model: type, source: object) -> dict[str, Any]:
    """Return a model's arguments from a JSON object that may have no other fields."""
    known, rest = read_open(model, source)
    for name, value in rest.items():
        raise InvalidValue(str(name), "absent, there is no such field", value)
    return known


def write(model: attrs.AttrsInstance) -> dict[str, Any]:
    """Return the JSON object for a model's fields, without those left out; refuse what breaks a rule between fields."""
    values = ((field, getattr(model, name)) for name, field in _fields(type(model)))
    found = {field.name: _under(field.name, field.check.dump, value) for field, value in values if value is not UNSET}
    rules: tuple[Rule, ...] = getattr(model, "RULES", ())
    for problem in filter(None, (rule.problem(found) for rule in rules)):
        raise problem
    return found


@cache
def _fields(model: type[attrs.AttrsInstance]) -> tuple[tuple[str, Field], ...]:
    return tuple(
        (attribute.name, attribute.validator)
        for attribute in attrs.fields(model)
        if isinstance(attribute.validator, Field)
    )


def _items(value: object) -> Sequence[object]:
    """Return the items of a list or tuple; anything else has none."""
    return cast("Sequence[object]", value) if isinstance(value, list | tuple) else ()


def _under(name: str, convert: Callable[[object], object], value: object) -> object:
    try:
        return convert(value)
    except InvalidValue as finding:
        raise finding.under(name) from None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _repeats(items: Sequence[object]) -> bool:
    """Whether two items are equal in JSON, where 1 is 1.0 and not true."""
    return any(
        one == other and isinstance(one, bool) == isinstance(other, bool)
        for index, one in enumerate(items)
        for other in items[:index]
    )


def _same_type(value: object, choice: object) -> bool:
    return isinstance(value, type(choice)) and isinstance(value, bool) == isinstance(choice, bool)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _exact(number: float) -> Fraction:
    return Fraction(repr(float(number)) if isinstance(number, float) else number)
