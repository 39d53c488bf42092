"""What the APIs have in common on the way in: where a request was sent, and JSON bodies read strictly.

What is refused here is put into words by the API whose path it is.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from klingkit.emulator import _json
from klingkit.emulator.apis._errors import Problem, Refused
from klingkit.emulator.http._classification import SLASH, path_in

MOST_BYTES = 1024 * 1024  # of a request's body


class ApiRoute(Route):
    """A path of an API, for one method. An escaped slash is part of an id, as it is of the names that owners give."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> None:
        super().__init__(path, endpoint)
        # No document has HEAD, which Starlette adds to GET, and which would count as a query.
        self.methods = {method}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request comes here, and what its path says."""
        match, child = super().matches({**scope, "path": path_in(scope)})
        told: dict[str, str] = child.get("path_params", {})
        told.update({name: told[name].replace(SLASH, "/") for name in self.param_convertors if name in told})
        return match, child


def origin(request: Request) -> str:
    """The base URL that films are named by: the emulator's public one, or what the request says it was sent to."""
    return request.app.state.public_url or str(request.base_url).rstrip("/")


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
