"""Video downloads, without a key, as from a file host: the whole file or a range of it."""

import re
from email.utils import formatdate
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._sample_videos import Label
from klingkit.emulator.tasks._table import Tasks
from klingkit.emulator.tasks._task import State, Task

# One range; for several, or anything else, the response is the whole file, as RFC 9110 (14.2)
# allows. Eighteen digits are more than any file has.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.IGNORECASE)
_URL = re.compile(r"https?://[^?#]+/media/([^/?#]+)\.mp4(?:\?[^#]*)?", re.IGNORECASE)
_SECONDS = re.compile("[0-9]{1,12}")


def video_url(base_url: str, task: Task, *, first: bool = False, **marks: int) -> str:
    """Return the URL of the task's video.

    Args:
        base_url: scheme, host and port.
        task: one that has succeeded.
        first: the first URL, even if it has expired; else one that has not.
        marks: more parameters: `until`, when it expires, in Unix seconds; `watermark`.
    """
    renewals = 0 if first else task.renewals
    query = urlencode({"renewed": renewals, **marks} if renewals else marks)
    return f"{base_url}/media/{task.id}.mp4{query and f'?{query}'}"


def task_id_in(url: str) -> str | None:
    """Return the id of the task whose video has this URL; None if it is no video's."""
    match = _URL.fullmatch(url)
    return match and match[1]


def media_route(tasks: Tasks, clock: Clock) -> Route:
    """Return the route of the videos of all tasks that succeeded."""

    # Starlette's FileResponse needs a file, and rejects ranges that are to be ignored.
    async def video(request: Request) -> Response:
        task = tasks.get(request.path_params["task_id"])
        if task is None or task.state is not State.SUCCEEDED:
            raise HTTPException(404, "there is no such file")
        until = request.query_params.get("until", "")
        if _SECONDS.fullmatch(until) and clock.now() >= int(until):
            raise HTTPException(403, "this link has expired")
        return video_response(task, request)

    return Route("/media/{task_id}.mp4", video, methods=["GET"])


def video_response(task: Task, request: Request) -> Response:
    """Return the video of a task that has succeeded, or the requested range of it."""
    content = video_file(task)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{task.id}"',
        "Last-Modified": formatdate(task.ended, usegmt=True),
    }
    part = _requested_range(request, headers, len(content))
    if part is None:
        return Response(content, 200, headers, media_type="video/mp4")
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    return Response(content[part.start : part.stop], 206, headers, media_type="video/mp4")


def video_file(task: Task) -> bytes:
    """Return the task's own file: its sample video, and a label that no other task's file has."""
    label = Label(task_id=task.id, model=task.request.model, prompt=task.request.prompt)
    return task.request.video.read() + label.box()


def _requested_range(request: Request, headers: dict[str, str], size: int) -> range | None:
    """Return the requested bytes; None for the whole file."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    unchanged = request.headers.get("If-Range", headers["ETag"])
    if not match or request.method != "GET":
        return None
    if unchanged not in {headers["ETag"], headers["Last-Modified"]}:
        return None
    return _range(match[1], match[2], size)


def _range(first: str, last: str, size: int) -> range | None:
    if not (first or last) or (first and last and int(last) < int(first)):
        return None  # malformed, so ignored
    start = int(first) if first else size - min(int(last), size)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= stop:
        raise HTTPException(416, "no such range", headers={"Content-Range": f"bytes */{size}"})
    return range(start, stop)
