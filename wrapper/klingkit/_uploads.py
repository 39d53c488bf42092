"""Upload a file, so that the service can fetch it: a flow, the same for blocking and async clients.

An upload costs nothing, so it is sent again after errors that may pass. Each has a file name of its own: another try
replaces what the one before may have left, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, TypeAlias, cast
from urllib.parse import urlsplit

import httpx
from attrs import define, evolve

from klingkit._arguments import check_methods, check_timeout, describe, error_context
from klingkit._base import InvalidRequest, KlingkitError, invalid
from klingkit._catalogue import Model, Option, models
from klingkit._errors import ConfigurationError, Maintenance, MalformedResponse, NetworkError, RateLimited, ServerError
from klingkit._flow import STALL_LIMITS, Flow, Progress, UploadStream, now, send, sleep
from klingkit._media_types import HEAD, of_file, of_name, suffix_of
from klingkit._models import UploadedFile
from klingkit.providers import Provider
from klingkit.providers._adapter import Adapter
from klingkit.providers._common import is_web_url
from klingkit.providers._envelope import is_rejection

__all__ = ["Source", "SourceFile", "open_source", "upload"]

Source: TypeAlias = str | os.PathLike[str] | bytes

RETRY_PAUSES: Final = (1.0, 3.0)
"""Seconds before an upload is sent again."""

MAX_JSON_BYTES: Final = 1_000_000
"""Size up to which data in memory go in one JSON body, as the vendor advises (observed.md: kie-upload)."""

SEND_STALL: Final = 30.0
"""Seconds that a piece of the body may take, if there is time for another try."""

RESPONSE_STALL: Final = 60.0
"""Seconds that the service may take to respond, if there is time for another try; it fetches a URL within 30."""

RETRIED: Final = (NetworkError, ServerError, RateLimited, Maintenance)
"""Errors of an upload that may pass by themselves."""

REQUEST_TIMEOUT: Final = 408

SOURCES: Final = "a path, bytes, an http or https URL, or a base64 data: URI"


@define
class SourceFile:
    """A file to be uploaded: an open one, or bytes, or the URL of a file that the service fetches itself."""

    content: BinaryIO | bytes | str
    name: str = ""
    size: int | None = None
    media_type: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not isinstance(self.content, bytes | str):
            self.content.close()

    def rewound(self) -> BinaryIO | str:
        """Return what the adapter sends, from its beginning.

        Raises:
            InvalidRequest: The file cannot be read any more.
        """
        if isinstance(self.content, str):
            return self.content
        if not isinstance(self.content, bytes):
            with _read_errors(self.name):
                self.content.seek(0)
            return self.content
        if len(self.content) > MAX_JSON_BYTES:
            return BytesIO(self.content)
        data = base64.b64encode(self.content).decode("ascii")
        return f"data:{self.media_type or 'application/octet-stream'};base64,{data}"


def open_source(
    api: Provider[Any],
    source: Source,
    *,
    request: type | None = None,
    field: str | None = None,
    media_type: str | None = None,
) -> SourceFile:
    """Open a file to be uploaded; if a request and its field are given, check its type and size.

    It reads the disk, so async clients call it in a thread.

    Raises:
        ConfigurationError: The API takes no uploads.
        InvalidRequest: The file, or an argument, cannot be used.
    """
    with error_context(api):
        _check_api(api)
        model, option = _option(api, request, field)
        file = _file(source, media_type)
        if model and option:
            try:
                _check_limits(model, option, file)
            except InvalidRequest:
                file.__exit__()
                raise
        return file


def _check_api(api: Provider[Any]) -> None:
    check_methods(api, "upload", "read_upload")
    if getattr(type(api), "upload", None) is Adapter.upload:
        raise ConfigurationError(f"{api.name} has no request for uploads; give it the URL of a public file")


def upload(
    api: Provider[Any], file: SourceFile, *, timeout: float, on_progress: Progress | None = None
) -> Flow[UploadedFile]:
    """Upload an open file.

    `on_progress` is called while the body is sent; the flow emits nothing. What it raises ends the upload.
    """
    with error_context(api):
        deadline = (yield from now()) + check_timeout(timeout)
        name = f"{uuid.uuid4().hex}{suffix_of(file.media_type, file.name)}"
        outcome = yield from _tries(api, file, name, deadline, on_progress)
    if isinstance(outcome, Exception):
        raise outcome
    known = {"name": name, "size": file.size, "media_type": file.media_type}
    missing = {key: value for key, value in known.items() if getattr(outcome, key) is None}
    return evolve(outcome, **cast("dict[str, Any]", missing))


def _tries(
    api: Provider[Any], file: SourceFile, name: str, deadline: float, on_progress: Progress | None
) -> Flow[UploadedFile | Exception]:
    for pause in chain(RETRY_PAUSES, [None]):
        try:
            left = deadline - (yield from now())
            return (yield from _try(api, file, name, left, on_progress, last=pause is None))
        except (*RETRIED, MalformedResponse) as error:
            wait = max(pause or 0.0, error.retry_after or 0.0)
            if pause is None or not _may_pass(error) or (yield from now()) + wait >= deadline:
                raise
        yield from sleep(wait)
    raise AssertionError  # pragma: no cover - the last try has no pause


def _try(
    api: Provider[Any], file: SourceFile, name: str, timeout: float, on_progress: Progress | None, *, last: bool
) -> Flow[UploadedFile | Exception]:
    """Send a file once; return the failure if `on_progress` or the file has one, which no other try would mend."""
    request = api.upload(file.rewound(), name=name, media_type=file.media_type)
    body = UploadStream(request, on_progress)
    if not last:
        limits = {"write": min(SEND_STALL, timeout / 3), "read": min(RESPONSE_STALL, timeout / 2)}
        request.extensions = {**request.extensions, STALL_LIMITS: limits}
    try:
        response = yield from send(request, timeout=timeout)
    except Exception as error:
        if body.failure is not None:
            return body.failure
        if isinstance(error, httpx.RequestError):
            raise NetworkError(f"no response to the upload: {describe(error)}") from error
        raise
    return body.failure or api.read_upload(response)


def _may_pass(error: KlingkitError) -> bool:
    """Return whether an error may pass by itself: a rejection that only has no documented code does not."""
    if isinstance(error, MalformedResponse):
        return error.http_status == REQUEST_TIMEOUT  # of a gateway
    codes = (error.code, error.http_status) if isinstance(error, ServerError) else ()
    return not any(isinstance(code, int) and is_rejection(code) for code in codes)


def _file(source: object, media_type: str | None) -> SourceFile:
    """Look at what shall be uploaded, without reading more of it than its first bytes.

    Raises:
        InvalidRequest: It cannot be uploaded.
    """
    if media_type is not None and not _is_media_type(media_type):
        raise invalid("media_type", "a media type such as image/png", media_type)
    if isinstance(source, bytes):
        return _data(source, media_type)
    if isinstance(source, str) and source[:5].lower() == "data:":
        return _data_uri(source, media_type)
    if is_web_url(source):
        name = urlsplit(source).path
        return SourceFile(source, name, None, media_type or of_name(name))
    if isinstance(source, os.PathLike) or (isinstance(source, str) and "://" not in source):
        return _path(Path(cast("os.PathLike[str]", source)), media_type)
    raise invalid("source", SOURCES, source)


def _is_media_type(text: object) -> bool:
    if not isinstance(text, str) or text.count("/") != 1:
        return False
    return all(part and part.isascii() and not set(part) - _TOKEN for part in text.split("/"))


_TOKEN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+")
"""The characters of a type, or a subtype (RFC 6838)."""


def _path(path: Path, media_type: str | None) -> SourceFile:
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # a ValueError: null bytes
        raise invalid("source", "an existing file", str(path)) from error
    if not stat.S_ISREG(found.st_mode):
        raise invalid("source", "a regular file", str(path))
    if not found.st_size:
        raise invalid("source", "a file that is not empty", str(path))
    with _read_errors(str(path)):
        file = path.open("rb")
        try:
            head = file.read(HEAD)
        except OSError:
            file.close()
            raise
    return SourceFile(file, path.name, found.st_size, media_type or of_file(head, of_name(path.name)))


@contextmanager
def _read_errors(path: str) -> Generator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # a ValueError: it is closed
        reason = getattr(error, "strerror", None) or error
        raise invalid("source", f"a file that can be read ({reason})", path) from error


def _data(data: bytes, media_type: str | None, stated: str | None = None) -> SourceFile:
    if not data:
        raise invalid("source", "data that are not empty", data)
    return SourceFile(data, "", len(data), media_type or of_file(data[:HEAD], stated))


def _data_uri(uri: str, media_type: str | None) -> SourceFile:
    head, comma, text = uri[5:].partition(",")
    kind, _, encoding = head.rpartition(";")
    stated = kind.partition(";")[0].strip().lower()
    try:
        if not comma or encoding.strip().lower() != "base64":
            raise binascii.Error
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise invalid("source", "a data: URI with base64", uri) from error
    return _data(data, media_type, stated if _is_media_type(stated) else None)


def _option(api: Provider[Any], request: object, field: object) -> tuple[Model | None, Option | None]:
    """Find the option of a request by its name, or by the last part of it.

    Raises:
        InvalidRequest: One of them is missing, or there is no such request, or no such field of files.
    """
    if request is None and field is None:
        return None, None
    model = next((it for it in models() if it.request is request and request and it.api == api.name), None)
    if model is None:
        raise invalid(
            "request", f"a class of klingkit.{api.name}, such as Kling21Pro, given together with field", request
        )
    options = [it for it in model.options if it.name.endswith(("url", "urls"))]
    option = next((it for it in options if field in (it.name, it.name.rpartition(".")[2])), None)
    if option is None:
        names = ", ".join(it.name for it in options) or f"none: {model.name} takes no files"
        raise invalid("field", f"a field of {model.name} for the address of a file ({names})", field)
    return model, option


def _check_limits(model: Model, option: Option, file: SourceFile) -> None:
    """Refuse a file of a wrong type, or one that is too large.

    A limit of size belongs to the first of several kinds: a field of images may take a video, which has none.
    """
    kinds, most = option.media_types, option.max_bytes
    if kinds and file.media_type is None:
        limit = f"a file of {_listed(kinds)}, for {model.name}; if it is one, pass media_type=..."
        raise invalid(option.name, limit, "a file of unknown type")
    if kinds and file.media_type not in kinds:
        raise invalid(option.name, f"a file of {_listed(kinds)}, for {model.name}", file.media_type)
    limited = not kinds or _kind(file.media_type) == _kind(kinds[0])
    if most is not None and limited and file.size is not None and file.size > most:
        raise invalid(option.name, f"a file of at most {most} bytes, for {model.name}", file.size)


def _listed(kinds: tuple[str, ...]) -> str:
    return " or ".join(kinds)


def _kind(media_type: str | None) -> str:
    return (media_type or "").partition("/")[0]
