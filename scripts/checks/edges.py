"""Values at the limits of objects and beyond them, by the rules that a generated class carries, or by others."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

import attrs
from attrs import frozen

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

LONG = 10_000
"""Characters in a text that has no limit: more than any documented one."""
FAR = 10**6
"""A number beyond any documented limit."""
LETTERS = ("a", "字", "😀")
"""One, three and four bytes of UTF-8; each is one character."""
STEPS = 10
UNKNOWN: Mapping[str, Any] = {"unknown": [{"deep": 1}]}
URIS: tuple[str, ...] = ("https://studio.example/done?a=b#c", "urn:isbn:1", "x:", "http://[2001:db8::1]:8/%20")
NO_URIS: tuple[str, ...] = (
    "no URI",
    "studio.example/done",
    "//studio.example",
    "http://a b/",
    "http://[::1/",
    "http://雨/",
)
JUNK: tuple[Any, ...] = (None, True, 5, 5.5, "a", "", [], ["a"], [5], [{}], {})


@frozen
class Rules:
    """What an object may hold."""

    fields: Mapping[str, Field]
    """By the names of a class's arguments, which JSON may spell otherwise."""
    needed: frozenset[str]
    """Arguments without which there is no instance."""
    open: bool = False
    """Whether it may hold what nobody knows."""


RulesOf: TypeAlias = Callable[[Any], Rules]


@cache
def own(model: Any) -> Rules:
    """The rules that a generated class carries."""
    named = {field.alias or field.name: field for field in attrs.fields(model)}
    return Rules(
        fields={name: field.validator for name, field in named.items() if isinstance(field.validator, Field)},
        needed=frozenset(name for name, field in named.items() if field.default is attrs.NOTHING),
        open=hasattr(model, "additional_keys"),
    )


def within(check: Check, rules: RulesOf = own) -> list[Any]:
    """Values that may just pass; the first is an ordinary one."""
    match check:
        case List():
            return _lists(check, rules)
        case Text(min_length=least, max_length=limit):
            texts = ["a" * max(least, 1), "a" * least, *(letter * (limit or LONG) for letter in LETTERS)]
            return list(URIS) if check.uri else texts
        case Number():
            return _scale(check)
        case Model(model=model):
            return list(right(model, rules))
        case AnyOf(options=options):
            return [value for option in options for value in within(option, rules)]
    return _plain(check)


def right(model: Any, rules: RulesOf = own) -> Iterator[Any]:
    """Instances: with what is needed alone; each field at each edge, and left out if it may be; all fields."""
    fields = rules(model).fields
    least = _needed(model, rules)
    yield model(**least)
    full: dict[str, Any] = {}
    for name, field in fields.items():
        for value in (*within(field.check, rules), *([UNSET] if field.optional else [])):
            yield model(**{**least, name: value})
            full[name] = full[name] if value is UNSET else value
    yield model(**full)


def suspects(model: Any, rules: RulesOf = own) -> Iterator[tuple[str, Any]]:
    """JSON that may be wrong, each for one reason, and the field that would be to blame.

    Other kinds, a little too much, something missing, something unknown.
    """
    least = model(**_needed(model, rules)).to_dict()
    yield from (("", value) for value in JUNK)
    yield "unknown", {**least, **UNKNOWN}
    for field in rules(model).fields.values():
        yield field.name, {name: value for name, value in least.items() if name != field.name}
        for value in (*JUNK, *beyond(field.check)):
            yield field.name, {**least, field.name: value}
        for inner in _models(field.check):
            for name, value in suspects(inner, rules):
                held = [value] if isinstance(field.check, List) else value
                yield f"{field.name}.{name}".removesuffix("."), {**least, field.name: held}


def allows(check: Check, value: Any, rules: RulesOf) -> bool:
    """Whether JSON passes a check, objects by the rules that are theirs."""
    match check:
        case Model(model=model):
            return isinstance(value, dict) and _allows_all(rules(model), value, rules)
        case AnyOf(options=options):
            return any(allows(option, value, rules) for option in options)
        case List(item=item):
            lengths = attrs.evolve(check, item=Anything())
            return lengths.refuses(value) is None and all(allows(item, one, rules) for one in value)
    return check.refuses(check.load(value)) is None


def _allows_all(whole: Rules, value: Mapping[str, Any], rules: RulesOf) -> bool:
    fields = {field.name: field for field in whole.fields.values()}
    needed = {name for name, field in fields.items() if not field.optional}
    known = value.keys() & fields.keys()
    return (
        needed <= value.keys()
        and (whole.open or known == value.keys())
        and all(allows(fields[name].check, value[name], rules) for name in known)
    )


def defaults(model: Any) -> dict[str, Any]:
    """What a class fills in, by the names in JSON."""
    filled = {field.alias or field.name: field.default for field in attrs.fields(model)}
    fields = own(model).fields
    return {field.name: filled[name] for name, field in fields.items() if filled[name] not in (attrs.NOTHING, UNSET)}


def choices(check: Check) -> list[Any]:
    """The values that a check lists, be others allowed or not."""
    if isinstance(check, AnyOf):
        return [value for option in check.options for value in choices(option)]
    return list(check.values) if isinstance(check, Choice) else []


def _needed(model: Any, rules: RulesOf) -> Mapping[str, Any]:
    """Arguments without which there is no instance."""
    mine = rules(model)
    return {name: within(field.check, rules)[0] for name, field in mine.fields.items() if name in mine.needed}


def _plain(check: Check) -> list[Any]:
    match check:
        case Choice(values=values):
            return list(values)
        case Boolean():
            return [True, False]
        case Null():
            return [None]
        case Anything():
            return list(JUNK)
    raise TypeError(f"no values for {check!r}")


def _lists(check: List, rules: RulesOf) -> list[Any]:
    """Lists of each item alone, as short as may be, and as long."""
    items = within(check.item, rules)
    most = max(2, check.min_items) if check.max_items is None else check.max_items
    single = [[item] for item in items if check.min_items <= 1 <= most]
    return [
        *single,
        _of_length(items, max(check.min_items, 1)),
        _of_length(items, check.min_items),
        _of_length(items, most),
    ]


def _of_length(items: list[Any], length: int) -> list[Any]:
    return (items * (length // len(items) + 1))[:length]


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
        case Text(uri=True):
            yield from NO_URIS
        case List(item=item):
            yield from _beside_lists(check)
            yield from ([value] for value in (*JUNK, *beyond(item)))
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


def _beside_lists(check: List) -> Iterator[list[Any]]:
    """Lists of one item too many, too few, and the same item twice."""
    items = [item.to_dict() if hasattr(item, "to_dict") else item for item in within(check.item)]
    if check.max_items is not None:
        yield _of_length(items, check.max_items + 1)
    if check.min_items:
        yield _of_length(items, check.min_items - 1)
    yield items[:1] * 2


def _models(check: Check) -> Iterator[Any]:
    """The generated classes that a value may be of."""
    match check:
        case Model(model=model):
            yield model
        case List(item=item):
            yield from _models(item)
        case AnyOf(options=options):
            for option in options:
                yield from _models(option)
