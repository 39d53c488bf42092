"""kie.ai's job API."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from klingkit.emulator.profiles._codes import KnownCode
from klingkit.emulator.profiles._profile import Operation, Profile

CREATE = "/api/v1/jobs/createTask"
QUERY = "/api/v1/jobs/recordInfo"
STREAM_UPLOAD = "/api/file-stream-upload"
BASE64_UPLOAD = "/api/file-base64-upload"
URL_UPLOAD = "/api/file-url-upload"
UPLOADS = (STREAM_UPLOAD, BASE64_UPLOAD, URL_UPLOAD)

CODES: Final[Mapping[int | str, KnownCode]] = {  # 000, 002, 003; 433, 403: observed.md: kie-sub-key, kie-forbidden
    400: KnownCode(400, "The request can't be read."),
    401: KnownCode(401, "There is no such key."),
    402: KnownCode(402, "The credits are used up."),
    403: KnownCode(403, "The client is not allowed."),
    404: KnownCode(404, "There is no such thing."),
    422: KnownCode(422, "A field is missing or wrong."),
    429: KnownCode(429, "Too many requests."),
    433: KnownCode(433, "The key is over its limit."),
    455: KnownCode(455, "The service is under maintenance."),
    500: KnownCode(500, "Something went wrong inside."),
    501: KnownCode(501, "The generation failed."),
    505: KnownCode(505, "The feature is switched off."),
}


def _classify(method: str, path: str, query: str) -> tuple[Operation, str | None]:
    if (method, path) == ("POST", CREATE):
        return "create", None
    if method == "POST" and path in UPLOADS:
        return "upload", None
    if (method, path) == ("GET", QUERY):
        ids = parse_qs(query).get("taskId", [])
        return "query", ids[0] if ids else None
    return "other", None


def _prompt(body: Any) -> object:
    return body["input"]["prompt"]


KIE: Final = Profile(
    variable="KIE",
    roots=("/api/",),
    classify=_classify,
    prompt=_prompt,
    codes=CODES,
    uploads=UPLOADS,
    files=(STREAM_UPLOAD, BASE64_UPLOAD),
    standard_webhooks=False,
    one_callback=True,
)
