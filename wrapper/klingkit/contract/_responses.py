"""One request to a service, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final, Literal, TypeAlias, cast

import httpx

from klingkit._flow._deadline import deadline, in_time

__all__ = ["Meaning", "ask", "code", "in_words", "is_object", "meaning", "sketch", "task_id"]

Meaning: TypeAlias = Literal["accepted", "refused", "key", "busy", "credit", "broken", "redirect"]

LONGEST: Final = 1 << 20
"""Bytes of an answer that are read."""

BUSY: Final = frozenset({429, 455, 503, 504, 1302, 1303, 5001, 5002})
CREDIT: Final = frozenset({402, 433, 1100, 1101, 1102})
KEY: Final = frozenset({401, 403, 1000, 1001, 1002, 1003, 1004, 1103, 1304})
SUCCESS: Final = frozenset({0, 200})


def ask(client: httpx.Client, request: httpx.Request, timeout: float) -> httpx.Response:
    """Send a request and read the answer, within `timeout` seconds altogether, of a client that `obey_deadlines`.

    Raises:
        httpx.HTTPError: There was no answer, or none that ended in time and within 1 MiB.
    """
    content = bytearray()
    with deadline(timeout), closing(client.send(request, stream=True)) as answer:
        for part in answer.iter_bytes():
            content += part
            if len(content) > LONGEST:
                raise httpx.ReadError(f"the answer has more than {LONGEST} bytes")
            in_time(request)
    headers = [(name, value) for name, value in answer.headers.multi_items() if name != "content-encoding"]
    return httpx.Response(answer.status_code, headers=headers, content=bytes(content), request=request)


def meaning(answer: httpx.Response) -> Meaning:
    """Tell what an answer says: by its code, wherever it stands, before its HTTP status."""
    if answer.is_redirect or answer.status_code == 304:
        return "redirect"
    told = code(answer)
    for word, codes in (("credit", CREDIT), ("busy", BUSY), ("key", KEY)):
        if told in codes:
            return cast("Meaning", word)
    if answer.status_code >= 400:
        status = answer.status_code
        return "key" if status in KEY else "busy" if status in BUSY else "broken" if status >= 500 else "refused"
    if told is None or told in SUCCESS:
        return "accepted"
    return "broken" if told in {500, 5000} else "refused"


def task_id(answer: httpx.Response) -> str | None:
    """Find the id of a task that an answer tells of."""
    body = _object(answer)
    holders = (_mapping(body.get("data")), body)
    found = (holder.get(name) for holder in holders for name in ("taskId", "task_id"))
    return next((str(one) for one in found if one), None)


def sketch(answer: httpx.Response) -> str:
    """Say in a few words what was answered: its status, its code, its own words; what is no JSON, as it begins."""
    body = _object(answer)
    said = body.get("msg") or body.get("message") if is_object(answer) else answer.text
    told = f", code {body['code']}" if "code" in body else ""
    return f"HTTP {answer.status_code}{told}{f': {str(said)[:80]}' if said else ''}"


def is_object(answer: httpx.Response) -> bool:
    """Tell whether a body is what the APIs speak: a JSON object."""
    return isinstance(_json(answer), Mapping)


def in_words(answer: httpx.Response) -> bool:
    """Tell whether the code of a body is a string, as relays write it."""
    return isinstance(_object(answer).get("code"), str)


def code(answer: httpx.Response) -> int | None:
    """The code of a body, a number or one in a string; `success` is 0, other words are -1."""
    told = _object(answer).get("code")
    if told is None:
        return None
    if isinstance(told, str) and told.lower() == "success":
        return 0
    try:
        return int(told)
    except (TypeError, ValueError, OverflowError):
        return -1


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    return _mapping(_json(answer))


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
