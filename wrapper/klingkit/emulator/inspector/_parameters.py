"""Parameters of the control paths, read strictly: from the query, and from a JSON body."""

from collections.abc import Collection, Mapping
from reprlib import repr as short
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from klingkit.emulator import _json
from klingkit.emulator._field_rules import is_number

MAX_BODY = 65_536  # bytes
UNLIMITED = 1e300

Default = TypeVar("Default", int, None)


def integer_parameter(request: Request, name: str, default: Default, least: int, most: int = 10**18) -> int | Default:
    """Read a whole number in the query.

    Raises:
        ValueError: it is something else.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdecimal() and len(text) <= 18 and least <= int(text) <= most:
        return int(text)
    raise ValueError(f"{name} must be a whole number from {least} to {most}, is {short(text)}")


def choice_parameter(request: Request, name: str, options: Collection[str]) -> str | None:
    """Read one of some words in the query; None if it is absent or empty.

    Raises:
        ValueError: it is none of them.
    """
    word = request.query_params.get(name)
    if not word:
        return None
    if word not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, is {short(word)}")
    return word


async def read_fields(request: Request, known: Collection[str] | None = None) -> dict[str, Any]:
    """Read the fields of the JSON object in the body; no body is an empty one.

    Args:
        request: the request.
        known: the valid fields; None: they are checked elsewhere.

    Raises:
        ValueError: it is something else, too large, or has other fields.
    """
    content = await _read(request)
    try:
        fields = _json.read_object(content or b"{}")
    except ValueError as error:
        raise ValueError(f"the body is no JSON object: {error}") from error
    if known is not None and (unknown := next((name for name in fields if name not in known), None)):
        raise ValueError(f"{short(unknown)} is unknown; known: {', '.join(known)}")
    return fields


async def _read(request: Request) -> bytes:
    content = bytearray()
    try:
        async for part in request.stream():
            content += part
            if len(content) > MAX_BODY:
                raise ValueError(f"the body has more than {MAX_BODY} bytes")
    except ClientDisconnect as error:
        raise ValueError("the body ended early") from error
    return bytes(content)


def number_field(
    fields: Mapping[str, Any], name: str, default: float | None = None, *, most: float = UNLIMITED
) -> float:
    """Read a number among the fields, from zero up.

    Raises:
        ValueError: it is missing, or something else.
    """
    value = fields.get(name, default)
    if value is None:
        raise ValueError(f"{name} is missing")
    if not is_number(value) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a number from 0 to {most:.12g}, is {short(value)}")
    return float(value)


def text_field(fields: Mapping[str, Any], name: str) -> str | None:
    """Read a string among the fields; None if it is absent.

    Raises:
        ValueError: it is something else.
    """
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be a string, is {short(value)}")
    return value
