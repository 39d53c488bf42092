"""Values at the limits of the generated classes and beyond them, read off the checks that the classes carry."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from klingkit_api.checks import (
    UNSET,
    AnyOf,
    Anything,
    Boolean,
    Check,
    Choice,
    Field,
    Integer,
    List,
    Model,
    Null,
    Number,
    Text,
)
from klingkit_api.errors import InvalidValue

LONG = 10_000
"""Characters in a text that has no limit: more than any documented one."""
FAR = 10**6
"""A number beyond any documented limit."""
LETTERS = ("a", "字", "😀")
"""One, three and four bytes of UTF-8; each is one character."""
STEPS = 10
UNKNOWN: Mapping[str, Any] = {"unknown": [{"deep": 1}]}
JUNK: tuple[Any, ...] = (None, True, 5, 5.5, "a", "", [], ["a"], [5], [{}], {})


def checks(model: type) -> dict[str, Field]:
    """Argument -> what it may hold and what it is called in JSON."""
    return {
        field.alias or field.name: field.validator
        for field in attrs.fields(model)
        if isinstance(field.validator, Field)
    }


def within(check: Check) -> list[Any]:
    """Values that may just pass; the first is an ordinary one."""
    match check:
        case Text(min_length=least, max_length=limit):
            return ["a" * max(least, 1), "a" * least, *(letter * (limit or LONG) for letter in LETTERS)]
        case Choice(values=values):
            return list(values)
        case Number():
            return _scale(check)
        case Model(model=model):
            return list(right(model))
        case AnyOf(options=options):
            return [value for option in options for value in within(option)]
    return _plain(check)


def right(model: type) -> Iterator[Any]:
    """Instances: with what is needed alone; each field at each edge, and left out if it may be; all fields."""
    least = _needed(model)
    yield model(**least)
    full: dict[str, Any] = {}
    for name, field in checks(model).items():
        for value in (*within(field.check), *([UNSET] if field.optional else [])):
            yield model(**{**least, name: value})
            full[name] = full[name] if value is UNSET else value
    yield model(**full)


def wrong(model: Any) -> Iterator[tuple[str, Any]]:
    """JSON that the class refuses, each for one reason, with the name of the field that is to blame."""
    for name, value in _suspects(model):
        try:
            model.from_dict(value)
        except InvalidValue:
            yield name, value


def defaults(model: type) -> dict[str, Any]:
    """What the class fills in, by path; nothing below a field that may be left out."""
    found: dict[str, Any] = {}
    for field in attrs.fields(model):
        check = field.validator
        if isinstance(check, Field) and field.default is attrs.NOTHING and isinstance(check.check, Model):
            found |= {f"{check.name}.{path}": value for path, value in defaults(check.check.model).items()}
        elif isinstance(check, Field) and field.default not in (attrs.NOTHING, UNSET):
            found[check.name] = field.default
    return found


def is_open(model: type) -> bool:
    """Whether a class keeps fields that it does not know."""
    return hasattr(model, "additional_keys")


def _suspects(model: Any) -> Iterator[tuple[str, Any]]:
    """JSON that may be wrong: other kinds, a little too much, something missing, something unknown."""
    least = model(**_needed(model)).to_dict()
    yield from (("", value) for value in JUNK)
    yield "unknown", {**least, **UNKNOWN}
    for field in checks(model).values():
        yield field.name, {name: value for name, value in least.items() if name != field.name}
        for value in (*JUNK, *beyond(field.check)):
            yield field.name, {**least, field.name: value}
        for inner in _models(field.check):
            for name, value in _suspects(inner):
                yield f"{field.name}.{name}".removesuffix("."), {**least, field.name: value}


def _needed(model: type) -> Mapping[str, Any]:
    """Arguments without which there is no instance."""
    needed = {field.alias or field.name for field in attrs.fields(model) if field.default is attrs.NOTHING}
    return {name: within(field.check)[0] for name, field in checks(model).items() if name in needed}


def _plain(check: Check) -> list[Any]:
    match check:
        case Boolean():
            return [True, False]
        case Null():
            return [None]
        case List(item=item):
            return [[], within(item)[:2], within(item)[:1]]
        case Anything():
            return list(JUNK)
    raise TypeError(f"no values for {check!r}")


def _scale(check: Number) -> list[float]:
    """Both ends, and something between: each step where there are steps."""
    low = -FAR if check.minimum is None else check.minimum
    high = FAR if check.maximum is None else check.maximum
    if isinstance(check, Integer):
        return [0, low, high]
    if check.multiple_of is None:
        return [high, low, low + (high - low) * 0.35, low + (high - low) * 1e-9]
    step = Decimal(repr(check.multiple_of))
    steps = [float(Decimal(repr(low)) + step * count) for count in range(STEPS + 1)]
    return [high, low, *(value for value in steps if value <= high)]


def beyond(check: Check) -> Iterator[Any]:
    """Values of the same kind a little further, and what looks alike; some of them may pass."""
    match check:
        case Text(max_length=int(limit)):
            yield from (letter * (limit + 1) for letter in LETTERS)
        case Choice(values=values):
            yield from (twin for value in values for twin in _twins(value))
        case Boolean():
            yield from (0, 1, "true")
        case Number():
            yield from _beside(check)
        case AnyOf(options=options):
            for option in options:
                yield from beyond(option)


def _twins(value: str | float) -> Iterator[object]:
    """What looks like a choice, and is none."""
    yield from (f"{value} ", f"0{value}", f"{value}"[:-1], [value], "other")
    if isinstance(value, str):
        yield from (value.upper(), *([int(value)] if value.isdecimal() else []))
    else:
        yield from (str(value), value + 0.5, value + 5)


def _beside(check: Number) -> Iterator[Any]:
    """Numbers just outside the limits and between the steps, and one in a string."""
    yield from (0.5, 0.25, "0")
    if check.minimum is not None:
        yield check.minimum - 0.1
    if check.maximum is not None:
        yield check.maximum + 0.1


def _models(check: Check) -> Iterator[Any]:
    """The generated classes that a value may be of."""
    match check:
        case Model(model=model):
            yield model
        case AnyOf(options=options):
            for option in options:
                yield from _models(option)
