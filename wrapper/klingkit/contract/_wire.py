"""One request to a service, and what its answer means."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias, cast

import httpx

__all__ = ["Meaning", "ask", "meaning", "sketch", "task_id"]

Meaning: TypeAlias = Literal["accepted", "refused", "key", "busy", "credit", "broken", "redirect"]

LONGEST: Final = 1 << 20
"""Bytes of an answer that are read."""

BUSY: Final = frozenset({429, 455, 503, 504, 1302, 1303, 5001, 5002})
CREDIT: Final = frozenset({402, 433, 1100, 1101, 1102})
KEY: Final = frozenset({401, 403, 1000, 1001, 1002, 1003, 1004, 1103, 1304})
SUCCESS: Final = frozenset({0, 200})


def ask(client: httpx.Client, request: httpx.Request, timeout: float) -> httpx.Response:
    """Send a request and read the answer, within `timeout` seconds altogether.

    Raises:
        httpx.HTTPError: There was no answer, or none that ended in time and within 1 MiB.
    """
    end = time.monotonic() + timeout
    answer = client.send(request, stream=True)
    try:
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if len(content) > LONGEST:
                raise httpx.ReadError(f"the answer has more than {LONGEST} bytes")
            if time.monotonic() > end:
                raise httpx.ReadTimeout(f"the answer did not end within {timeout:g} s")
    finally:
        answer.close()
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
    return httpx.Response(answer.status_code, headers=headers, content=bytes(content), request=request)


def meaning(answer: httpx.Response) -> Meaning:
    """Tell what an answer says: by its code, wherever it stands, before its HTTP status."""
    if answer.is_redirect or answer.status_code == 304:
        return "redirect"
    code = _code(answer)
    for word, codes in (("credit", CREDIT), ("busy", BUSY), ("key", KEY)):
        if code in codes:
            return cast("Meaning", word)
    if answer.status_code >= 400:
        status = answer.status_code
        return "key" if status in KEY else "busy" if status in BUSY else "broken" if status >= 500 else "refused"
    if code is None or code in SUCCESS:
        return "accepted"
    return "broken" if code in {500, 5000} else "refused"


def task_id(answer: httpx.Response) -> str | None:
    """Find the id of a task that an answer tells of."""
    body = _object(answer)
    holders = (_mapping(body.get("data")), body)
    found = (holder.get(name) for holder in holders for name in ("taskId", "task_id"))
    return next((str(one) for one in found if one), None)


def sketch(answer: httpx.Response) -> str:
    """Say in a few words what was answered: its status, its code, its own words."""
    body = _object(answer)
    said = body.get("msg") or body.get("message")
    code = f", code {body['code']}" if "code" in body else ""
    return f"HTTP {answer.status_code}{code}{f': {str(said)[:80]}' if said else ''}"


def _code(answer: httpx.Response) -> int | None:
    """The code of a body, a number or one in a string; `success` is 0, other words are -1."""
    code = _object(answer).get("code")
    if code is None:
        return None
    if isinstance(code, str) and code.lower() == "success":
        return 0
    try:
        return int(code)
    except (TypeError, ValueError):
        return -1


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        return _mapping(answer.json())
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
