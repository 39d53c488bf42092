"""Sends one request to a service, and classifies the response."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final, Literal, TypeAlias, cast

import httpx

from klingkit._errors import (
    AuthenticationError,
    InsufficientCredit,
    KlingkitError,
    Maintenance,
    PermissionDenied,
    RateLimited,
    ServerError,
    SlotsFull,
)
from klingkit._flow._deadline import check_deadline, deadline
from klingkit.contract._contract import Api
from klingkit.providers._registry import ADAPTERS

__all__ = ["Kind", "classify", "code", "has_text_code", "is_object", "send", "summary", "task_id"]

Kind: TypeAlias = Literal["accepted", "rejected", "key", "busy", "credit", "broken", "redirect"]

MAX_BYTES: Final = 1 << 20
"""Bytes of a response that are read."""

KINDS: Final[Mapping[type[KlingkitError], Kind]] = {
    AuthenticationError: "key",
    PermissionDenied: "key",
    InsufficientCredit: "credit",
    **dict.fromkeys((RateLimited, SlotsFull, Maintenance), "busy"),
    ServerError: "broken",
}
"""The client's error for a code -> what it proves about a service; other errors are rejections."""

UNAVAILABLE: Final = frozenset({503, 504, 5001, 5002})
"""Server errors that pass: unlike others, they say nothing about the service's checks."""

SUCCESS: Final = frozenset(code for adapter in ADAPTERS.values() for code in adapter.success)
"""Of all APIs, whichever is checked: a code that looks like a success may mean that a task is billed."""


def send(client: httpx.Client, request: httpx.Request, timeout: float) -> httpx.Response:
    """Send a request and read the response, within `timeout` seconds altogether.

    Args:
        client: One that `install_backend` has prepared.
        request: The request.
        timeout: Seconds for the whole exchange.

    Raises:
        httpx.HTTPError: There was no response, or none that ended in time and within 1 MiB.
    """
    content = bytearray()
    with deadline(timeout), closing(client.send(request, stream=True)) as response:
        for part in response.iter_bytes():
            content += part
            if len(content) > MAX_BYTES:
                raise httpx.ReadError(f"the response has more than {MAX_BYTES} bytes")
            check_deadline(request)
    headers = [(name, value) for name, value in response.headers.multi_items() if name != "content-encoding"]
    return httpx.Response(response.status_code, headers=headers, content=bytes(content), request=request)


def classify(api: Api, response: httpx.Response) -> Kind:
    """Classify a response: by the vendor's code in its body first, then by its HTTP status."""
    status = response.status_code
    if response.is_redirect or status == 304:
        return "redirect"
    stated = code(response)
    by_code = "accepted" if stated is None or stated in SUCCESS else _kind(api, stated)
    if status < 400 or by_code in {"key", "busy", "credit"}:
        return by_code
    return "broken" if status >= 500 and status not in UNAVAILABLE else _kind(api, status)


def _kind(api: Api, code: int) -> Kind:
    if code in UNAVAILABLE:
        return "busy"
    meaning = ADAPTERS[api].codes.get(code)
    return KINDS.get(meaning.error, "rejected") if meaning else "rejected"


def task_id(response: httpx.Response) -> str | None:
    """Return the id of the task in a response, if it names one."""
    body = _object(response)
    holders = (_mapping(body.get("data")), body)
    found = (holder.get(name) for holder in holders for name in ("taskId", "task_id"))
    return next((str(one) for one in found if one), None)


def summary(response: httpx.Response) -> str:
    """Describe a response in a few words: its status, code and message, or the beginning of what is no JSON."""
    body = _object(response)
    message = body.get("msg") or body.get("message") if is_object(response) else response.text
    stated = f", code {body['code']}" if "code" in body else ""
    return f"HTTP {response.status_code}{stated}{f': {str(message)[:80]}' if message else ''}"


def is_object(response: httpx.Response) -> bool:
    """Return whether a body is a JSON object, as all bodies of the APIs are."""
    return isinstance(_json(response), Mapping)


def has_text_code(response: httpx.Response) -> bool:
    """Return whether the code in a body is a string, as relays write it."""
    return isinstance(_object(response).get("code"), str)


def code(response: httpx.Response) -> int | None:
    """Return the code in a body, a number or one in a string; "success" is 0, other text -1."""
    stated = _object(response).get("code")
    if stated is None:
        return None
    if isinstance(stated, str) and stated.lower() == "success":
        return 0
    try:
        return int(stated)
    except (TypeError, ValueError, OverflowError):
        return -1


def _object(response: httpx.Response) -> Mapping[str, Any]:
    return _mapping(_json(response))


def _json(response: httpx.Response) -> object:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
