"""Classification of requests by method and path: API, operation and task.

Each request is classified once, on its way in; the result stays in its ASGI scope.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import parse_qs, quote, unquote

from klingkit.emulator.http._asgi import Scope

Api: TypeAlias = Literal["kie", "native", "relay"]
Operation: TypeAlias = Literal["create", "query", "list", "upload", "media", "other"]

KIE_CREATE = "/api/v1/jobs/createTask"
KIE_QUERY = "/api/v1/jobs/recordInfo"
KIE_STREAM_UPLOAD = "/api/file-stream-upload"
KIE_BASE64_UPLOAD = "/api/file-base64-upload"
KIE_URL_UPLOAD = "/api/file-url-upload"
KIE_UPLOADS = (KIE_STREAM_UPLOAD, KIE_BASE64_UPLOAD, KIE_URL_UPLOAD)
NATIVE = "/v1/videos/text2video"
RELAY = "/kling/v1/videos/text2video"

SLASH = "\udc2f"
"""Stands for an escaped slash in a decoded path. It is a lone surrogate, which no decoded text contains."""

_KEY = "klingkit.request"
_ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)
_MEDIA = re.compile(rf"/media/([^/{SLASH}]+)\.mp4")


@dataclass
class RequestInfo:
    """What is known about a request.

    Attributes:
        api: None if the path belongs to no API, as a video's does.
        operation: what it does.
        task_id: the id in the request: the task's own, or its owner's external id. The API replaces it by the task's
            own once it has found, or created, the task.
        path: decoded; an escaped slash, which separates nothing, is SLASH.
        query: the query string, still encoded.
    """

    api: Api | None
    operation: Operation
    task_id: str | None = None
    path: str = ""
    query: str = ""


def classify(scope: Scope) -> RequestInfo:
    """Classify a request, and keep the result in its scope."""
    path, query = _decoded_path(scope), scope["query_string"].decode("latin-1")
    info = _classified(scope["method"], path, query)
    info.path, info.query = path, query
    scope[_KEY] = info
    return info


def request_info(scope: Scope) -> RequestInfo:
    """Return what `classify` has found."""
    info: RequestInfo = scope[_KEY]
    return info


def carries_file(path: str) -> bool:
    """Return whether the bodies of this path are users' files: those are not recorded."""
    return path in {KIE_STREAM_UPLOAD, KIE_BASE64_UPLOAD} or path.startswith(("/files/", "/download/"))


def raw_path(scope: Scope) -> str:
    """Return the path of a request as it was sent, still encoded."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def _decoded_path(scope: Scope) -> str:
    path = _ESCAPED_SLASH.sub(SLASH, raw_path(scope))
    return unquote(path) if SLASH in path else str(scope["path"])


def _classified(method: str, path: str, query: str) -> RequestInfo:
    if video := _MEDIA.fullmatch(path):
        return RequestInfo(None, "media" if method in {"GET", "HEAD"} else "other", video[1])
    normal = f"/{path.lstrip('/')}"  # with too many slashes, it is still the API that reports the wrong path
    if normal.startswith("/api/"):
        return _kie(method, path, query)
    if normal.startswith("/kling/"):
        return _kling("relay", RELAY, method, path)
    native = normal.startswith(("/v1/", "/account/"))  # the official hosts have the account beside the version
    return _kling("native", NATIVE, method, path) if native else RequestInfo(None, "other")


def _kie(method: str, path: str, query: str) -> RequestInfo:
    if (method, path) == ("POST", KIE_CREATE):
        return RequestInfo("kie", "create")
    if method == "POST" and path in KIE_UPLOADS:
        return RequestInfo("kie", "upload")
    if (method, path) == ("GET", KIE_QUERY):
        ids = parse_qs(query).get("taskId", [])
        return RequestInfo("kie", "query", ids[0] if ids else None)
    return RequestInfo("kie", "other")


def _kling(api: Api, base: str, method: str, path: str) -> RequestInfo:
    if path == base:
        return RequestInfo(api, "create" if method == "POST" else "list" if method == "GET" else "other")
    task_id = path.removeprefix(f"{base}/")
    if method == "GET" and task_id not in {path, ""} and "/" not in task_id:
        return RequestInfo(api, "query", task_id.replace(SLASH, "/"))
    return RequestInfo(api, "other")
