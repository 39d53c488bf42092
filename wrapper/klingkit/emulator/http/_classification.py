"""What a request is about, told by its method and path alone: which API, which operation, which task."""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qs, quote, unquote

Api: TypeAlias = Literal["kie", "native", "relay"]
Operation: TypeAlias = Literal["create", "query", "list", "media", "other"]

CREATE = "/api/v1/jobs/createTask"
RECORD = "/api/v1/jobs/recordInfo"
NATIVE = "/v1/videos/text2video"
RELAY = "/kling/v1/videos/text2video"

SLASH = "\udc2f"
"""Stands for an escaped slash in a path whose other escapes are undone; no text that comes over a wire holds it."""

_ESCAPED = re.compile("%2f", re.IGNORECASE)
_FILM = re.compile(rf"/media/([^/{SLASH}]+)\.mp4")


class Concern(NamedTuple):
    """What a request is about. `api` is None where the path belongs to no API, as a film's does.

    `task_id` is what the request calls the task by: its id, or a name that its owner gave it.
    """

    api: Api | None
    operation: Operation
    task_id: str | None = None


def sent_path(scope: Mapping[str, Any]) -> str:
    """The path of a request as it was sent, with its escapes."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def path_in(scope: Mapping[str, Any]) -> str:
    """The path of a request, its escapes undone; an escaped slash, which parts nothing, is SLASH."""
    path = _ESCAPED.sub(SLASH, sent_path(scope))
    return unquote(path) if SLASH in path else str(scope["path"])


def concern(method: str, path: str, query: str = "") -> Concern:
    """What a request for this path is about.

    Args:
        method: the HTTP method, in capitals.
        path: as `path_in` tells it.
        query: as it stands behind the question mark.
    """
    if film := _FILM.fullmatch(path):
        return Concern(None, "media" if method in {"GET", "HEAD"} else "other", film[1])
    meant = f"/{path.lstrip('/')}"  # whoever writes one slash too many is answered by the API all the same
    if meant.startswith("/api/"):
        return _kie(method, path, query)
    if meant.startswith("/kling/"):
        return _kling("relay", RELAY, method, path)
    native = meant.startswith(("/v1/", "/account/"))  # the official hosts have the account beside the version
    return _kling("native", NATIVE, method, path) if native else Concern(None, "other")


def _kie(method: str, path: str, query: str) -> Concern:
    if (method, path) == ("POST", CREATE):
        return Concern("kie", "create")
    if (method, path) == ("GET", RECORD):
        asked = parse_qs(query).get("taskId", [])
        return Concern("kie", "query", asked[0] if asked else None)
    return Concern("kie", "other")


def _kling(api: Api, base: str, method: str, path: str) -> Concern:
    if path == base:
        return Concern(api, "create" if method == "POST" else "list" if method == "GET" else "other")
    task_id = path.removeprefix(f"{base}/")
    if method == "GET" and task_id not in {path, ""} and "/" not in task_id:
        return Concern(api, "query", task_id.replace(SLASH, "/"))
    return Concern(api, "other")
