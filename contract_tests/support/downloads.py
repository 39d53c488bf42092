"""Responses for download flows that `Script` drives: each function returns what performs a `Fetch` effect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.support.kie import KIE_API, TASK_REF, finished_response
from contract_tests.support.mp4_files import MP4
from contract_tests.support.script import Script
from klingkit import Task, Video
from klingkit._flow import Fetch, Fetched

VIDEO_URL = "http://media.test/cat.mp4?signature=secret"
FRESH_URL = "http://media.test/cat.mp4?signature=another"
FINISHED_TASK = KIE_API.read_task(TASK_REF, finished_response(VIDEO_URL))
CONNECTION_RESET = httpx.ReadError("reset")
LAST_MODIFIED = "Wed, 21 Oct 2026 07:28:00 GMT"

Respond = Callable[[Fetch], Fetched]


def respond_with(status: int, body: bytes = b"", error: httpx.RequestError | None = None, **headers: Any) -> Respond:
    """Respond as a driver does: write the body to the effect's sink, if the sink accepts the headers."""
    fields = {name.replace("_", "-"): str(value) for name, value in headers.items() if value != ""}
    received_headers = httpx.Headers([(name.encode(), value.encode("latin-1")) for name, value in fields.items()])

    def perform(effect: Fetch) -> Fetched:
        if effect.sink.begin(status, received_headers) and body:
            effect.sink.write(body)
        return Fetched(status, received_headers, error)

    return perform


def respond_whole(
    upto: int = 200, error: httpx.RequestError | None = None, content: bytes = MP4, **headers: Any
) -> Respond:
    """Respond 200 with the video, or its first `upto` bytes."""
    return respond_with(200, content[:upto], error, **{"Content_Length": len(content), "ETag": '"1"'} | headers)


def respond_rest(
    start: int, upto: int = 200, error: httpx.RequestError | None = None, total: int = 200, **headers: Any
):
    """Respond 206 with the bytes from `start` on."""
    return respond_with(206, MP4[start:upto], error, Content_Range=f"bytes {start}-{total - 1}/{total}", **headers)


def respond_redirect(location: str, status: int = 302) -> Respond:
    return respond_with(status, Location=location)


def sent_requests(script: Script) -> list[httpx.Request]:
    return [effect.request for effect in script.effects if isinstance(effect, Fetch)]


def requested_ranges(script: Script) -> list[str | None]:
    return [request.headers.get("Range") for request in sent_requests(script)]


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def interrupt_download(
    fetch_file: Callable[..., bytes], upto: int = 30, source: Task | Video = FINISHED_TASK, **headers: Any
) -> None:
    """Begin a download that Ctrl-C interrupts after `upto` bytes."""

    def press_ctrl_c(effect: Fetch) -> Fetched:
        respond_whole(upto, **headers)(effect)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_file(Script(press_ctrl_c), source)
