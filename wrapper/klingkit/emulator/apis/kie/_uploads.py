"""Uploads of files, as the vendor's page on them has it (observed.md: kie-upload)."""

import binascii
import re
import threading
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from mimetypes import guess_type
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._errors import HTTP_CODES, ApiError, ErrorCode, ErrorReason
from klingkit.emulator.apis._requests import ApiRoute, base_url, read_body
from klingkit.emulator.profiles._kie import BASE64_UPLOAD, STREAM_UPLOAD, URL_UPLOAD
from klingkit.emulator.tasks._clock import Clock

MAX_STREAM = 100_000_000  # bytes of a streamed file; the page states none, this is what it advises for URLs
MAX_BASE64 = 10_000_000  # bytes of a file in base64, as the page advises
MAX_JSON = 4 * MAX_BASE64 // 3 + 10_000  # bytes of a body with such a file
MAX_FORM = MAX_STREAM + 10_000  # bytes of a form with a streamed file
KEPT_BYTES = 16_000_000  # of all files together; the oldest is forgotten first, and the newest is kept however large
KEPT_FILES = 1_000
READ_AT_ONCE = 2  # files in base64, for the memory that they take; others wait until one is read
READ_SECONDS = 10.0  # that one may take, so that it cannot keep others waiting
DAYS = 3  # that a file is kept for
PLACEHOLDER = b"This stands for a file of another host, which the emulator does not fetch.\n"

_DATA = re.compile(r"data:([^;,]*)(?:;[^;,]*)*?;base64,", re.IGNORECASE)
_PATH = re.compile(r"[^\x00-\x1f\\?#]{1,200}")


@dataclass(frozen=True)
class _File:
    """A file that was uploaded; times are Unix seconds."""

    id: str
    folder: str
    name: str
    original: str
    media_type: str
    content: bytes
    uploaded: float

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def expires(self) -> float:
        return self.uploaded + DAYS * 86_400


class Uploads:
    """The three ways to upload a file, and the files. Errors have HTTP statuses in each dialect.

    Args:
        keys: the valid keys.
        clock: decides when files are deleted.
    """

    codes: Mapping[ErrorReason, ErrorCode] = HTTP_CODES
    error_status: int | None = None

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._files: dict[str, _File] = {}  # by their paths, the oldest first
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._being_read = 0
        self.routes: list[Route] = [
            ApiRoute(STREAM_UPLOAD, self.stream, "POST"),
            ApiRoute(BASE64_UPLOAD, self.base64, "POST"),
            ApiRoute(URL_UPLOAD, self.url, "POST"),
        ]
        self.file_routes: list[Route] = [
            Route("/files/{path:path}", self.file),
            Route("/download/{file_id}", self.file),
        ]

    async def stream(self, request: Request) -> Response:
        """Keep the file of a form."""
        self._keys.plain_owner(request)
        form = await _read_form(request)
        try:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise _wrong("file is missing, or no file")
            content = await file.read()
        finally:
            await form.close()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return self._keep(request, fields, content, file.filename or "", file.content_type or "")

    async def base64(self, request: Request) -> Response:
        """Keep the file in a text."""
        self._keys.plain_owner(request)
        async with self._turn():
            body = await read_body(request, MAX_JSON)
        text = body.pop("base64Data", None)
        if not isinstance(text, str):
            raise _wrong("base64Data must be text")
        head = _DATA.match(text)
        try:
            encoded = memoryview(text.encode("ascii"))
            del text  # and no copy of a slice: there may be several files of 13 MB at once
            content = binascii.a2b_base64(encoded[head.end() if head else 0 :], strict_mode=True)
        except (binascii.Error, ValueError) as error:
            raise _wrong(f"base64Data must be Base64: {error}") from error
        if len(content) > MAX_BASE64:
            raise _wrong(f"the file has {len(content)} bytes, may have {MAX_BASE64} in this way")
        return self._keep(request, body, content, "", head[1] if head else "")

    async def url(self, request: Request) -> Response:
        """Record the name and the type of a file elsewhere, which is not fetched."""
        self._keys.plain_owner(request)
        body = await read_body(request)
        url = body.get("fileUrl")
        try:
            parts = urlsplit(url) if isinstance(url, str) else None
        except ValueError:
            parts = None
        if parts is None or parts.scheme not in {"http", "https"} or not parts.netloc:
            raise _wrong("fileUrl must be an http or https URL")
        return self._keep(request, body, PLACEHOLDER, PurePosixPath(parts.path).name, "")

    async def file(self, request: Request) -> Response:
        """Return a file, by its path or its id."""
        path, file_id = request.path_params.get("path"), request.path_params.get("file_id")
        with self._lock:
            found = next((file for file in self._files.values() if path == file.path or file_id == file.id), None)
        if found is None or self._clock.now() >= found.expires:
            return PlainTextResponse("there is no such file", 404)
        return Response(found.content, media_type=found.media_type)

    def error(self, code: int | str, message: str) -> object:
        """Return an error in the envelope of uploads."""
        return {"success": False, "code": code, "msg": message}

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        """Wait until another file may be read, and bound the time that it takes."""
        while self._being_read >= READ_AT_ONCE:  # noqa: ASYNC110 - an event belongs to one loop; there may be several
            await anyio.sleep(0.01)
        self._being_read += 1
        try:
            with anyio.fail_after(READ_SECONDS):
                yield
        except TimeoutError as error:
            raise _wrong(f"the body took more than {READ_SECONDS:g} s") from error
        finally:
            self._being_read -= 1

    def _keep(
        self, request: Request, fields: dict[str, Any], content: bytes, original: str, media_type: str
    ) -> Response:
        if not content:
            raise _wrong("the file is empty")
        folder = _checked("uploadPath", fields.get("uploadPath")).strip("/")
        number = next(self._numbers)
        made_up = f"{number:012x}{PurePosixPath(original).suffix}"
        name = _checked("fileName", fields.get("fileName") or made_up)
        if "/" in name:
            raise _wrong("fileName must be no path")
        media_type = media_type or guess_type(name)[0] or guess_type(original)[0] or "application/octet-stream"
        file = _File(f"file_{number:012x}", folder, name, original or name, media_type, content, self._clock.now())
        with self._lock:
            self._files.pop(file.path, None)  # a file of this name is replaced
            self._files[file.path] = file
            while len(self._files) > 1 and (len(self._files) > KEPT_FILES or self._bytes() > KEPT_BYTES):
                del self._files[next(iter(self._files))]
        return JSONResponse({"success": True, "code": 200, "msg": "success", "data": _record(file, base_url(request))})

    def _bytes(self) -> int:
        return sum(len(each.content) for each in self._files.values())


def _record(file: _File, base_url: str) -> dict[str, object]:
    return {
        "fileId": file.id,
        "fileName": file.name,
        "originalName": file.original,
        "fileSize": len(file.content),
        "mimeType": file.media_type,
        "uploadPath": file.folder,
        "fileUrl": f"{base_url}/files/{quote(file.path)}",
        "downloadUrl": f"{base_url}/download/{file.id}",
        "uploadTime": _time(file.uploaded),
        "expiresAt": _time(file.expires),
    }


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _checked(field: str, value: object) -> str:
    """Return the text of a path or a name."""
    if not isinstance(value, str) or not value.strip("/ "):
        raise _wrong(f"{field} is missing, or no text")
    if not _PATH.fullmatch(value) or {".", ".."} & set(value.split("/")):
        raise _wrong(f"{field} must be a plain path of at most 200 characters")
    return value


def _wrong(message: str) -> ApiError:
    return ApiError(ErrorReason.UNREADABLE, message)  # 400, which the page has for whatever is wrong


async def _read_form(request: Request) -> FormData:
    """Read a form, whose file goes to the disk if it is large."""
    if not request.headers.get("Content-Type", "").lower().startswith("multipart/form-data"):
        raise _wrong("the Content-Type must be multipart/form-data")
    try:
        return await MultiPartParser(request.headers, _bounded(request), max_files=1, max_fields=10).parse()
    except (MultiPartException, ValueError) as error:
        raise _wrong(f"the form can't be read: {error}") from error


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    """Yield a body; of one that is too large, the excess is read and dropped, so that the client sees the response."""
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= MAX_FORM:
                yield chunk
    except ClientDisconnect as error:
        raise MultiPartException("it ended early") from error
    if size > MAX_FORM:
        raise MultiPartException(f"more than {MAX_FORM} bytes")
