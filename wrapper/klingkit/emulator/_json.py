"""JSON, read more strictly than Python does, and written without a spare byte."""

import json
from typing import Any

from klingkit.emulator._field_rules import is_object


def write(value: object) -> str:
    """The value as JSON text, in Unicode."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_object(text: bytes) -> dict[str, Any]:
    """A JSON object as RFC 8259 and I-JSON (RFC 7493) have it.

    Raises:
        ValueError: not UTF-8, no JSON, no object, a name twice, NaN, a lone surrogate, nested
            too deeply.
    """
    try:
        value = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
        write(value).encode()  # a lone surrogate can't be encoded
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not is_object(value):
        raise ValueError("it is another kind of value")
    return value


def is_text(value: object) -> bool:
    """Whether this is a string that UTF-8 can carry: without a lone surrogate."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")
