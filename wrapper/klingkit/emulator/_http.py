"""What the APIs have in common on the way in: where a request was sent, and JSON bodies read strictly.

What is refused here is put into words by the API whose path it is.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._refusals import Problem, Refused

MOST_BYTES = 1024 * 1024  # of a request's body


def api_route(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> Route:
    """A path of an API. No document has HEAD, which Starlette adds to GET, and which would count as a query."""
    route = Route(path, endpoint)
    route.methods = {method}
    return route


def origin(request: Request) -> str:
    """Scheme, host and port the request was sent to, as it sees them."""
    return str(request.base_url).rstrip("/")


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object in the request's body.

    Raises:
        Refused: it is something else, or larger than MOST_BYTES. No document lists 413 or 415,
            so every body that can't be read is an invalid request.
    """
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(Problem.UNREADABLE, "the Content-Type must be application/json")
    try:
        return _json.read_object(await _read(request))
    except ValueError as error:
        raise Refused(Problem.UNREADABLE, f"the body is no JSON object: {error}") from error


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
