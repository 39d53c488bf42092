"""Strict reading, and compact writing, of JSON."""

import json
from typing import Any, TypeGuard

from klingkit.emulator._field_rules import is_object


def write(value: object) -> str:
    """Return the value as compact JSON text, in Unicode."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_object(text: bytes | bytearray) -> dict[str, Any]:
    """Read a JSON object by the rules of RFC 8259 and I-JSON (RFC 7493).

    Raises:
        ValueError: not UTF-8, no JSON, no object, a name twice, NaN, a lone surrogate, nested
            too deeply.
    """
    try:
        value = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_reject)
        if b"\\u" in text:  # only an escape makes a lone surrogate
            write(value).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not is_object(value):
        raise ValueError("it is another kind of value")
    return value


def is_text(value: object) -> TypeGuard[str]:
    """Return whether this is a string that UTF-8 can encode: without a lone surrogate."""
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


def _reject(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")
