"""The inspector page: static files that load nothing from other sites."""

import re
from importlib import resources

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from klingkit.emulator.profiles import APIS

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css"}

OPTIONS = "".join(f"<option>{api}" for api in APIS).encode()
"""The APIs to choose from."""

_NAME = re.compile(r"[a-z0-9_-]+\.([a-z]+)")


def page_routes() -> list[Route]:
    """Return the routes of the page, and of its scripts and styles."""
    return [Route("/", _index, methods=["GET"]), Route("/_emulator/page/{name}", _part, methods=["GET"])]


async def _index(_: Request) -> Response:
    return _file("index.html")


async def _part(request: Request) -> Response:
    return _file(request.path_params["name"])


def _file(name: str) -> Response:
    match = _NAME.fullmatch(name)
    kind = KINDS.get(match[1]) if match else None
    file = resources.files("klingkit.emulator.inspector").joinpath("page", name)
    if kind is None or not file.is_file():
        raise HTTPException(404, f"the page has no file {name!r}")
    content = file.read_bytes().replace(b"<!--apis-->", OPTIONS)
    return Response(content, 200, HEADERS, media_type=f"{kind}; charset=utf-8")
