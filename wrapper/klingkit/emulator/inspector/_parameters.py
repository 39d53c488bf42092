"""What is asked of the control paths, read strictly: parameters of the query, and fields of a JSON body."""

from collections.abc import Collection, Mapping
from reprlib import repr as short
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from klingkit.emulator import _json
from klingkit.emulator._field_rules import is_number

MOST = 65_536  # bytes of a body
AGES = 1e300  # seconds; the clock itself knows how far it can go

Default = TypeVar("Default", int, None)


def count(request: Request, name: str, default: Default, least: int, most: int = 10**18) -> int | Default:
    """A whole number in the query.

    Raises:
        ValueError: it is something else.
    """
    given = request.query_params.get(name)
    if given is None:
        return default
    if given.isascii() and given.isdecimal() and len(given) <= 18 and least <= int(given) <= most:
        return int(given)
    raise ValueError(f"{name} must be a whole number from {least} to {most}, is {short(given)}")


def choice(request: Request, name: str, options: Collection[str]) -> str | None:
    """One of some words in the query; none is given, or an empty one: None.

    Raises:
        ValueError: it is none of them.
    """
    given = request.query_params.get(name)
    if not given:
        return None
    if given not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, is {short(given)}")
    return given


async def body(request: Request, known: Collection[str] | None = None) -> dict[str, Any]:
    """The fields of the JSON object in the body; no body is an empty one.

    Args:
        request: the request.
        known: the fields there are; None: they are looked at elsewhere.

    Raises:
        ValueError: it is something else, too large, or has other fields.
    """
    content = await _read(request)
    try:
        given = _json.read_object(content or b"{}")
    except ValueError as error:
        raise ValueError(f"the body is no JSON object: {error}") from error
    if known is not None and (unknown := next((name for name in given if name not in known), None)):
        raise ValueError(f"{short(unknown)} is unknown; known: {', '.join(known)}")
    return given


async def _read(request: Request) -> bytes:
    content = b""
    try:
        async for part in request.stream():
            content += part
            if len(content) > MOST:
                raise ValueError(f"the body has more than {MOST} bytes")
    except ClientDisconnect as error:
        raise ValueError("the body ended early") from error
    return content


def number(given: Mapping[str, Any], name: str, default: float | None = None, *, most: float = AGES) -> float:
    """A number among the fields, from zero up.

    Raises:
        ValueError: it is missing, or something else.
    """
    value = given.get(name, default)
    if value is None:
        raise ValueError(f"{name} is missing")
    if not is_number(value) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a number from 0 to {most:.12g}, is {short(value)}")
    return float(value)


def text(given: Mapping[str, Any], name: str) -> str | None:
    """A string among the fields; None: it is not given.

    Raises:
        ValueError: it is something else.
    """
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be a string, is {short(value)}")
    return value
