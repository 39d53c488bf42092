"""What a request is about, told by its method and path alone: which API, which operation, which task."""

import re
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import parse_qs

Api: TypeAlias = Literal["kie", "native", "relay"]
Operation: TypeAlias = Literal["create", "query", "list", "media", "other"]

CREATE = "/api/v1/jobs/createTask"
RECORD = "/api/v1/jobs/recordInfo"
NATIVE = "/v1/videos/text2video"
RELAY = "/kling/v1/videos/text2video"

_FILM = re.compile(r"/media/([^/]+)\.mp4")


class Concern(NamedTuple):
    """What a request is about. `api` is None where the path belongs to no API, as a film's does.

    `task_id` is what the request calls the task by: its id, or a name that its owner gave it.
    """

    api: Api | None
    operation: Operation
    task_id: str | None = None


def concern(method: str, path: str, query: str = "") -> Concern:
    """What a request for this path, its escapes undone, is about.

    Args:
        method: the HTTP method, in capitals.
        path: without the query.
        query: as it stands behind the question mark.
    """
    if film := _FILM.fullmatch(path):
        return Concern(None, "media" if method in {"GET", "HEAD"} else "other", film[1])
    if path.startswith("/api/"):
        return _kie(method, path, query)
    if path.startswith("/kling/"):
        return _kling("relay", RELAY, method, path)
    native = path.startswith(("/v1/", "/account/"))  # the official hosts have the account beside the version
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
        return Concern(api, "query", task_id)
    return Concern(api, "other")
