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
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

import httpx
from attrs import evolve, frozen

from klingkit._arguments import check_timeout, describe, error_context
from klingkit._base import KlingkitError, invalid
from klingkit._catalogue import Model, Option, models
from klingkit._errors import Maintenance, NetworkError, RateLimited, ServerError
from klingkit._flow import Flow, Progress, UploadStream, now, send, sleep
from klingkit._media_types import HEAD, of_content, of_name, suffix_of
from klingkit._models import UploadedFile
from klingkit.providers import Provider
from klingkit.providers._common import is_web_url
from klingkit.providers._envelope import is_rejection

__all__ = ["UPLOAD_TIMEOUT", "Source", "upload"]

T = TypeVar("T")

Source: TypeAlias = str | os.PathLike[str] | bytes

UPLOAD_TIMEOUT: Final = 600.0

RETRY_PAUSES: Final = (1.0, 3.0)
"""Seconds before an upload is sent again."""

SMALL: Final = 1_000_000
"""Bytes up to which data in memory go in one JSON body, as the vendor advises (field: kie-upload)."""

RETRIED: Final = (NetworkError, ServerError, RateLimited, Maintenance)
"""Errors of an upload that may pass by themselves."""

SOURCES: Final = "a path, bytes, an http or https URL, or a base64 data: URI"


@frozen
class _File:
    """What is uploaded: a path, or bytes, or the URL of a file that the service fetches itself."""

    content: Path | bytes | str
    name: str = ""
    size: int | None = None
    media_type: str | None = None

    def open(self) -> AbstractContextManager[BinaryIO | str]:
        """Open what the adapter sends.

        Raises:
            InvalidRequest: The file cannot be opened.
        """
        if isinstance(self.content, Path):
            return _open(self.content)
        if isinstance(self.content, str):
            return nullcontext(self.content)
        if len(self.content) > SMALL:
            return BytesIO(self.content)
        data = base64.b64encode(self.content).decode("ascii")
        return nullcontext(f"data:{self.media_type or 'application/octet-stream'};base64,{data}")


def upload(
    api: Provider[Any],
    source: Source,
    *,
    request: type | None = None,
    field: str | None = None,
    media_type: str | None = None,
    timeout: float,
    on_progress: Progress | None = None,
) -> Flow[UploadedFile]:
    """Upload a file; if a request and its field are given, check its type and size first.

    `on_progress` is called while the body is sent; the flow emits nothing.
    """
    with error_context(api):
        deadline = (yield from now()) + check_timeout(timeout)
        model, option = _option(api, request, field)
        file = _file(source, media_type)
        if model and option:
            _check_limits(model, option, file)
        name = f"{uuid.uuid4().hex}{suffix_of(file.media_type, file.name)}"
        return (yield from _upload(api, file, name, deadline, on_progress))


def _upload(
    api: Provider[Any], file: _File, name: str, deadline: float, on_progress: Progress | None
) -> Flow[UploadedFile]:
    for pause in chain(RETRY_PAUSES, [None]):
        try:
            uploaded = yield from _try(api, file, name, deadline - (yield from now()), on_progress)
        except RETRIED as error:
            wait = max(pause or 0.0, error.retry_after or 0.0)
            if pause is None or not _may_pass(error) or (yield from now()) + wait >= deadline:
                raise
        else:
            known = {"name": name, "size": file.size, "media_type": file.media_type}
            missing = {key: value for key, value in known.items() if getattr(uploaded, key) is None}
            return evolve(uploaded, **cast("dict[str, Any]", missing))
        yield from sleep(wait)
    raise AssertionError  # pragma: no cover - the last try has no pause


def _try(
    api: Provider[Any], file: _File, name: str, timeout: float, on_progress: Progress | None
) -> Flow[UploadedFile]:
    """Send a file once; it is open for as long as that takes."""
    with file.open() as content:
        request = api.upload(content, name=name, media_type=file.media_type)
        body = UploadStream(request, on_progress)
        try:
            response = yield from send(request, timeout=timeout)
        except httpx.RequestError as error:
            if body.failure is None:
                raise NetworkError(f"no response to the upload: {describe(error)}") from error
            response = None
    if response is None:
        raise cast("Exception", body.failure)  # it is the callback's own, or about the file
    return api.read_upload(response)


def _may_pass(error: KlingkitError) -> bool:
    """Return whether an error may pass by itself: a rejection that only has no documented code does not."""
    codes = (error.code, error.http_status) if isinstance(error, ServerError) else ()
    return not any(isinstance(code, int) and is_rejection(code) for code in codes)


def _file(source: object, media_type: str | None) -> _File:
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
        url = cast("str", source)
        name = urlsplit(url).path
        return _File(url, name, None, media_type or of_name(name))
    if isinstance(source, os.PathLike) or (isinstance(source, str) and "://" not in source):
        return _path(Path(cast("os.PathLike[str]", source)), media_type)
    raise invalid("source", SOURCES, source)


def _is_media_type(text: object) -> bool:
    if not isinstance(text, str) or text.count("/") != 1:
        return False
    return all(part and part.isascii() and not set(part) - _TOKEN for part in text.split("/"))


_TOKEN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+")
"""The characters of a type, or a subtype (RFC 6838)."""


def _path(path: Path, media_type: str | None) -> _File:
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # a ValueError: null bytes
        raise invalid("source", "an existing file", str(path)) from error
    if not stat.S_ISREG(found.st_mode):
        raise invalid("source", "a regular file", str(path))
    if not found.st_size:
        raise invalid("source", "a file that is not empty", str(path))
    with _open(path) as file:
        head = file.read(HEAD)
    return _File(path, path.name, found.st_size, media_type or of_content(head) or of_name(path.name))


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise invalid("source", f"a file that can be read ({error.strerror})", str(path)) from error


def _data(data: bytes, media_type: str | None, stated: str | None = None) -> _File:
    if not data:
        raise invalid("source", "data that are not empty", data)
    return _File(data, "", len(data), media_type or of_content(data[:HEAD]) or stated)


def _data_uri(uri: str, media_type: str | None) -> _File:
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


def _check_limits(model: Model, option: Option, file: _File) -> None:
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
