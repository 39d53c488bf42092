"""Read the envelope of a response: its body, its code, its message, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from klingkit._flow import UNREADABLE
from klingkit.providers import _common as common
from klingkit.providers._codes import Code
from klingkit.providers._states import status_of

__all__ = ["body_of", "code_of", "is_rejection", "message_of", "own_code", "shown_code"]


def body_of(response: httpx.Response) -> Mapping[str, Any]:
    if response.extensions.get(UNREADABLE):
        raise common.Unreadable(response.extensions[UNREADABLE])
    return common.json_object(response.content)


def code_of(envelope: Mapping[str, Any], status: int) -> Code:
    """Return the vendor's code, as a number if it is one."""
    code = envelope.get("code")
    if isinstance(code, int | float) or (isinstance(code, str) and code.isascii() and code.isdigit()):
        number = common.integer(code)
        return status if number is None else number
    if isinstance(code, str) and code:
        return "success" if status_of(code) == "succeeded" else code
    return 200 if 200 <= status < 300 else status


def shown_code(envelope: Mapping[str, Any], code: Code, status: int) -> Code:
    """Return the code to show: a relay's own is in its `error`; the HTTP status decides what it proves."""
    own = envelope.get("code") not in (None, "")
    return code if own else code_of(common.as_object(envelope.get("error")), status)


def own_code(envelope: Mapping[str, Any]) -> object:
    """Return the code that the body itself states, here or in its `error`."""
    return envelope.get("code") or common.as_object(envelope.get("error")).get("code")


def message_of(envelope: Mapping[str, Any]) -> str | None:
    """Return the vendor's message from wherever it is: relays and gateways put it in `error` or `detail`."""
    error = envelope.get("error")
    inside = common.as_object(error)
    places = (
        *(envelope.get("msg"), envelope.get("message")),
        *(inside.get("message"), inside.get("msg")),
        *(error if isinstance(error, str) else None, envelope.get("detail")),
    )
    return next((common.text(message) for message in places if message), None)


def is_rejection(status: int) -> bool:
    """Return whether an HTTP status alone proves that nothing was done; 499 means a gateway lost its client."""
    return 400 <= status < 500 and status not in {408, 409, 499}
