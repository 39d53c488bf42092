"""Whether a value agrees with what is told of its field."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from scripts.documents._document import Value, canonical

TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


def kind(value: Any) -> str | None:
    """The type of a JSON value; None for null."""
    return TYPES.get(type(value))


def agrees(value: Any, told: dict[str, Value]) -> bool:
    """Whether a value is one that is told to be possible; of several values_of, one suffices."""
    return all(
        any(_CHECKS[name](value, limit) for limit in values_of(told[name]))
        for name in _CHECKS.keys() & told.keys()
        if not (name == "enum" and told.get("open"))
    )


def values_of(value: Value) -> list[Value]:
    """Every telling of a fact: itself, unless the page is at odds with itself."""
    return list(value["told"]) if isinstance(value, dict) and "told" in value else [value]


def _is(value: Any, told: str) -> bool:
    found = kind(value)
    whole = isinstance(value, float) and value.is_integer()
    return (
        found == told
        or (told == "number" and found == "integer")
        or (told == "integer" and whole)
        or told not in TYPES.values()
    )


def _number(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, limit: kind(value) not in {"integer", "number"} or bool(holds(value, limit))


def _sized(kinds: type[str] | type[list[Any]], holds: Callable[[int, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, limit: not isinstance(value, kinds) or bool(holds(len(value), limit))


def _is_address(value: Any, told: str) -> bool:
    if told != "uri" or not isinstance(value, str) or not value:
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and parts.netloc)


_CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "type": _is,
    "items": lambda value, told: not isinstance(value, list) or all(item is None or _is(item, told) for item in value),
    "enum": lambda value, told: isinstance(value, list | dict) or canonical(value) in map(canonical, told),
    "max_length": _sized(str, lambda size, limit: size <= limit),
    "min_length": _sized(str, lambda size, limit: size >= limit),
    "max_items": _sized(list, lambda size, limit: size <= limit),
    "min_items": _sized(list, lambda size, limit: size >= limit),
    "minimum": _number(lambda value, limit: value >= limit),
    "maximum": _number(lambda value, limit: value <= limit),
    "exclusive_minimum": _number(lambda value, limit: value > limit),
    "exclusive_maximum": _number(lambda value, limit: value < limit),
    "step": _number(lambda value, limit: Decimal(repr(value)) % Decimal(repr(limit)) == 0),
    "format": _is_address,
}
