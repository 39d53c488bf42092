"""What the APIs have in common on the way in: bearer keys, and JSON bodies read strictly.

Refusals are Starlette's HTTPException; the API whose path it is puts them into its own words.
"""

import re
from collections.abc import Collection
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from klingkit.emulator import _json

MOST_BYTES = 1024 * 1024  # of a request's body

_BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)


def bearer(request: Request, keys: Collection[str] | None) -> str:
    """The API key of the request.

    Raises:
        HTTPException: 401, it has none, or one that is not among `keys` (None: any will do).
    """
    match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if match is None:
        raise _unauthorized("send the header Authorization: Bearer <API key>")
    if keys is not None and match[1] not in keys:
        raise _unauthorized("unknown API key")
    return match[1]


def _unauthorized(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": "Bearer"})


def origin(request: Request) -> str:
    """Scheme, host and port the request was sent to, as it sees them."""
    return str(request.base_url).rstrip("/")


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object in the request's body.

    Raises:
        HTTPException: 400, it is something else, or larger than MOST_BYTES. No document lists
            413 or 415, so every body that can't be read is an invalid request.
    """
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(400, "the Content-Type must be application/json")
    try:
        return _json.read_object(await _read(request))
    except ValueError as error:
        raise HTTPException(400, f"the body is no JSON object: {error}") from error


async def _read(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            # Too much is read to its end, and dropped: a sender cut off would not see the answer.
            if len(body) <= MOST_BYTES:
                body += chunk
    except ClientDisconnect as error:
        raise ValueError("it ended early") from error
    if len(body) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    return body
