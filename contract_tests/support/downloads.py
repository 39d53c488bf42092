"""Responses to downloads that are driven by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import API, REF, finished
from contract_tests.support.mp4_files import MP4
from contract_tests.support.script import Script
from klingkit import Task, Video
from klingkit._flow import Fetch, Fetched

URL = "http://media.test/cat.mp4?signature=secret"
FRESH = "http://media.test/cat.mp4?signature=another"
TASK = API.read_task(REF, finished(URL))
BROKEN = httpx.ReadError("reset")
DATED = "Wed, 21 Oct 2026 07:28:00 GMT"

Respond = Callable[[Fetch], Fetched]


def response(status: int, body: bytes = b"", error: httpx.RequestError | None = None, **headers: Any) -> Respond:
    """Respond as a driver does: the body goes into the sink if the sink takes it."""
    lines = {name.replace("_", "-"): str(value) for name, value in headers.items() if value != ""}
    stated = httpx.Headers([(name.encode(), value.encode("latin-1")) for name, value in lines.items()])

    def perform(effect: Fetch) -> Fetched:
        if effect.sink.begin(status, stated) and body:
            effect.sink.write(body)
        return Fetched(status, stated, error)

    return perform


def whole(upto: int = 200, error: httpx.RequestError | None = None, content: bytes = MP4, **headers: Any) -> Respond:
    """Respond 200 with the video, or its first `upto` bytes."""
    return response(200, content[:upto], error, **{"Content_Length": len(content), "ETag": '"1"'} | headers)


def rest(start: int, upto: int = 200, error: httpx.RequestError | None = None, total: int = 200, **headers: Any):
    """Respond 206 with the missing rest."""
    return response(206, MP4[start:upto], error, Content_Range=f"bytes {start}-{total - 1}/{total}", **headers)


def redirect(location: str, status: int = 302) -> Respond:
    return response(status, Location=location)


def requests(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Fetch)]


def ranges(script: Script) -> list[str | None]:
    return [request.headers.get("Range") for request in requests(script)]


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def interrupt(fetch_file: Callable[..., bytes], upto: int = 30, source: Task | Video = TASK, **headers: Any) -> None:
    """Begin a download that is then interrupt."""

    def break_off(effect: Fetch) -> Fetched:
        whole(upto, **headers)(effect)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_file(Script(break_off), source)
