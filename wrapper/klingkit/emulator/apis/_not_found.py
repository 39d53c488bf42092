"""Errors for paths and methods that no API has, with directions to those there are."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match, Route

from klingkit.emulator.apis._errors import ApiError, ErrorReason
from klingkit.emulator.apis._requests import base_url
from klingkit.emulator.http._classification import raw_path

MAX_PATH = 200  # characters of a path that are repeated
MAX_PARTS = 8  # leading parts of a path that may be a surplus

_SLASHES = re.compile("/{2,}")


def not_found(request: Request, error: HTTPException, near: Sequence[Route], every: Sequence[Route]) -> ApiError:
    """Translate the framework's error for a path or method that no route has.

    Args:
        request: the request.
        error: the framework's error.
        near: the routes of the API that seems to be meant.
        every: those of all.
    """
    message = _message(request, near, every)
    if error.status_code != 405:
        return ApiError(ErrorReason.PATH, message)
    here = [route for route in every if route.matches(request.scope)[0] is Match.PARTIAL]
    return ApiError(ErrorReason.METHOD, message, {"Allow": ", ".join(_methods(here))})


def _message(request: Request, near: Sequence[Route], every: Sequence[Route]) -> str:
    path = raw_path(request.scope)
    shown = path if len(path) <= MAX_PATH else f"{path[:MAX_PATH]}…"
    message = f"the emulator has no {request.method} {shown}"
    if found := _surplus(path, every):
        surplus, operation = found
        return f"{message}: {surplus} is too much; the base URL is {base_url(request)}, the path {operation}"
    paths = dict.fromkeys(route.path for route in near)
    known = [f"{' and '.join(_methods(one for one in near if one.path == path))} {path}" for path in paths]
    return f"{message}; it has {', '.join(known)}"


def _surplus(path: str, routes: Iterable[Route]) -> tuple[str, str] | None:
    """Return the surplus before the path of an operation (`/v1` if the base URL ended in it), and the path."""
    plain = _SLASHES.sub("/", path).rstrip("/")
    starts = islice((slash.start() for slash in re.finditer("/", plain)), MAX_PARTS)
    known = (at for at in starts if any(route.path_regex.match(plain[at:]) for route in routes))
    start = next(known, None)
    if start is None or plain[start:] == path:
        return None
    return plain[:start] or "a slash", plain[start:]


def _methods(routes: Iterable[Route]) -> list[str]:
    return [method for route in routes for method in route.methods or ()]
