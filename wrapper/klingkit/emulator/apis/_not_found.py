"""What is said of a path that no API has, or not by this method: what there is instead."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Match, Route

from klingkit.emulator.apis._errors import Problem, Refused
from klingkit.emulator.apis._requests import origin
from klingkit.emulator.http._classification import sent_path

MOST = 200  # characters of a path that are repeated
PARTS = 8  # of a path that may be too much

_SLASHES = re.compile("/{2,}")


def unrouted(request: Request, error: HTTPException, near: Sequence[Route], every: Sequence[Route]) -> Refused:
    """The framework's own two refusals, with directions.

    Args:
        request: it leads nowhere.
        error: what the framework says.
        near: the paths of the API that seems to be meant.
        every: those of all.
    """
    detail = _directions(request, near, every)
    if error.status_code != 405:
        return Refused(Problem.PATH, detail)
    here = [route for route in every if route.matches(request.scope)[0] is Match.PARTIAL]
    return Refused(Problem.METHOD, detail, {"Allow": ", ".join(_methods(here))})


def _directions(request: Request, near: Sequence[Route], every: Sequence[Route]) -> str:
    path = sent_path(request.scope)
    shown = path if len(path) <= MOST else f"{path[:MOST]}…"
    said = f"the emulator has no {request.method} {shown}"
    if found := _surplus(path, every):
        surplus, meant = found
        return f"{said}: {surplus} is too much; the base URL is {origin(request)}, the path {meant}"
    paths = dict.fromkeys(route.path for route in near)
    there = [f"{' and '.join(_methods(one for one in near if one.path == path))} {path}" for path in paths]
    return f"{said}; it has {', '.join(there)}"


def _surplus(path: str, routes: Iterable[Route]) -> tuple[str, str] | None:
    """What stands in the path beside that of an operation, as a base URL with a version brings it, and the path."""
    plain = _SLASHES.sub("/", path).rstrip("/")
    starts = islice((slash.start() for slash in re.finditer("/", plain)), PARTS)
    known = (at for at in starts if any(route.path_regex.match(plain[at:]) for route in routes))
    start = next(known, None)
    if start is None or plain[start:] == path:
        return None
    return plain[:start] or "a slash", plain[start:]


def _methods(routes: Iterable[Route]) -> list[str]:
    return [method for route in routes for method in route.methods or ()]
