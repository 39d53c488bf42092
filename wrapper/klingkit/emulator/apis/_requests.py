"""Requests to the APIs: their routes, their base URLs, and JSON bodies that are read strictly."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from klingkit.emulator import _json
from klingkit.emulator.apis._errors import ApiError, ErrorReason
from klingkit.emulator.http._asgi import MAX_BODY
from klingkit.emulator.http._classification import request_info
from klingkit.emulator.profiles._profile import SLASH


class ApiRoute(Route):
    """A path of an API, for one method. An escaped slash is part of an id: owners may use one in theirs."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str) -> None:
        super().__init__(path, endpoint)
        # No document has HEAD, which Starlette adds to GET, and which would count as a query.
        self.methods = {method}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the decoded path, and restore the slashes in its parameters."""
        match, child = super().matches({**scope, "path": request_info(scope).path})
        parameters: dict[str, str] = child.get("path_params", {})
        for name in self.param_convertors.keys() & parameters.keys():
            parameters[name] = parameters[name].replace(SLASH, "/")
        return match, child


def base_url(request: Request) -> str:
    """Return the base URL of videos: the emulator's public one, or that of the request."""
    return request.app.state.public_url or str(request.base_url).rstrip("/")


def text_of(value: object) -> str:
    """Return a field that is text where a document says so, and may be anything for a model that none names."""
    return value if isinstance(value, str) else ""


async def read_body(request: Request, limit: int = MAX_BODY) -> dict[str, Any]:
    """Read the JSON object in the request's body.

    Raises:
        ApiError: it is something else, or larger than `limit` bytes. No document lists 413 or 415,
            so every body that can't be read is an invalid request.
    """
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise ApiError(ErrorReason.UNREADABLE, "the Content-Type must be application/json")
    try:
        return _json.read_object(await _read(request, limit))
    except ValueError as error:
        raise ApiError(ErrorReason.UNREADABLE, f"the body is no JSON object: {error}") from error


async def _read(request: Request, limit: int) -> bytearray:
    body = bytearray()
    try:
        async for chunk in request.stream():
            # The excess is read and dropped: a client that is cut off would not see the response.
            if len(body) <= limit:
                body += chunk
    except ClientDisconnect as error:
        raise ValueError("it ended early") from error
    if len(body) > limit:
        raise ValueError(f"more than {limit} bytes")
    return body
