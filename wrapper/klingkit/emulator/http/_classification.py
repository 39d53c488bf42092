"""Classification of requests by method and path: API, operation and task.

Each request is classified once, on its way in; the result stays in its ASGI scope.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from klingkit.emulator.http._asgi import Scope
from klingkit.emulator.profiles import APIS, PROFILES, Api
from klingkit.emulator.profiles._profile import SLASH, Operation

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
    known = any(path in profile.files for profile in PROFILES.values())
    return known or path.startswith(("/files/", "/download/"))


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
    for api in APIS:
        if normal.startswith(PROFILES[api].roots):
            return RequestInfo(api, *PROFILES[api].classify(method, path, query))
    return RequestInfo(None, "other")
