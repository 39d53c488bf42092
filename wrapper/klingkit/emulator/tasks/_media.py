"""Where the films are fetched: no key, as from a file host; the whole file or a range of it."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from email.utils import formatdate
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._sample_videos import Label
from klingkit.emulator.tasks._table import State, Task, Tasks

# One range; a request for several, or for something else, is answered with the whole file, as
# RFC 9110 (14.2) allows. Eighteen digits are more than any file has.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)
_FILM = re.compile(r"https?://[^?#]+/media/([^/?#]+)\.mp4(?:\?[^#]*)?", re.IGNORECASE)
_MOMENT = re.compile("[0-9]{1,12}")

renewed: ContextVar[Mapping[str, int]] = ContextVar("renewed", default=MappingProxyType({}))
"""Ids of tasks -> how many URLs of their films have expired, for the request that is being answered."""


def media_url(base_url: str, task: Task, *, lasting: bool = False, **marks: int) -> str:
    """Where the task's film is.

    Args:
        base_url: scheme, host and port.
        task: one that has succeeded.
        lasting: the address that it had first; else another than those that have expired.
        marks: what tells the address from others: `until`, when it expires, in Unix seconds; `watermark`.
    """
    times = 0 if lasting else renewed.get().get(task.id, 0)
    query = urlencode({"renewed": times, **marks} if times else marks)
    return f"{base_url}/media/{task.id}.mp4{query and f'?{query}'}"


def filmed(url: str) -> str | None:
    """The id of the task whose film is at an address; None: no film is."""
    match = _FILM.fullmatch(url)
    return match and match[1]


def media_route(tasks: Tasks, clock: Clock) -> Route:
    """The films of all tasks that succeeded."""

    # Starlette's FileResponse is no help: it wants a file, and refuses the ranges to be ignored.
    async def film(request: Request) -> Response:
        task = tasks.get(request.path_params["task_id"])
        if task is None or task.state is not State.SUCCEEDED:
            raise HTTPException(404, "there is no such file")
        until = request.query_params.get("until", "")
        if _MOMENT.fullmatch(until) and clock.now() >= int(until):
            raise HTTPException(403, "this link has expired")
        return film_of(task, request)

    return Route("/media/{task_id}.mp4", film, methods=["GET"])


def film_of(task: Task, request: Request) -> Response:
    """The film of a task that has succeeded, or the range of it that the request asks for."""
    content = video(task)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{task.id}"',
        "Last-Modified": formatdate(task.ended, usegmt=True),
    }
    part = _asked(request, headers, len(content))
    if part is None:
        return Response(content, 200, headers, media_type="video/mp4")
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], 206, headers, media_type="video/mp4")


def video(task: Task) -> bytes:
    """The task's own file: its film, and a label that no other task's has."""
    label = Label(task_id=task.id, model=task.order.model, prompt=task.order.prompt)
    return task.order.film.read() + label.box()


def _asked(request: Request, headers: dict[str, str], size: int) -> range | None:
    """The bytes asked for; None: the whole file."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    unchanged = request.headers.get("If-Range", headers["ETag"])
    if not match or request.method != "GET":
        return None
    if unchanged not in {headers["ETag"], headers["Last-Modified"]}:
        return None
    return _range(match[1], match[2], size)


def _range(first: str, last: str, size: int) -> range | None:
    if not (first or last) or (first and last and int(last) < int(first)):
        return None  # malformed: as if it had not been asked
    start = int(first) if first else size - min(int(last), size)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        raise HTTPException(416, "no such range", headers={"Content-Range": f"bytes */{size}"})
    return range(start, stop)
