"""JSON payloads of the APIs, made from checked arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from klingkit.contract import Api, Contract
from klingkit.emulator.profiles import PROFILES
from klingkit.providers._payloads import Payloads
from klingkit.providers._registry import ADAPTERS

__all__ = ["Urls", "check_options", "http_status", "of", "task_record", "upload_response"]

Urls: TypeAlias = str | Sequence[str]


def of(api: Api) -> Payloads:
    """Return the forms of an API."""
    return ADAPTERS[api].payloads


def check_options(
    api: Api, states: Sequence[object], *, video: Urls = (), reason: str | None = None, unlisted: bool
) -> None:
    """Check that states are known, and that a video or a reason goes with one of them.

    Raises:
        ValueError: A state is unknown, and `unlisted` is False; or no state comes with a video or a reason.
    """
    known = of(api)
    unknown = [] if unlisted else [state for state in states if known.status_of(state) is None]
    if unknown:
        raise ValueError(
            f"state: one of {', '.join(known.states)}, not {unknown[0]!r}; `unlisted=True` allows any other"
        )
    for name, given, end in (("video", video, "succeeded"), ("reason", reason, "failed")):
        if given and not any(known.status_of(state) in {end, None} for state in states):
            words = " or ".join(word for word in known.states if known.status_of(word) == end)
            raise ValueError(f"{name}: comes with {words} only, not with {' or '.join(map(str, states))}: {given!r}")


def task_record(api: Api, state: Any, task_id: Any, *, video: Urls = (), reason: str | None = None) -> dict[str, Any]:
    """Make the record of a task; video and reason are left out where the state does not come with them."""
    status = of(api).status_of(state)
    urls = [] if status not in {"succeeded", None} else [video] if isinstance(video, str) else list(video)
    return of(api).record(state, task_id, urls, reason if reason and status in {"failed", None} else "")


def upload_response(url: str) -> dict[str, Any]:
    """Make the body of the response to an upload."""
    return {"success": True, "code": 200, "msg": "success", "data": {"fileUrl": url}}


def http_status(api: Api, code: int, operation: Literal["create", "query", "upload"]) -> int:
    """Return the HTTP status that goes with a code, as the services pair them; an unknown code is a status itself.

    Raises:
        ValueError: The spec declares no such status: the code is another API's, or one that no document names.
    """
    codes = PROFILES[api].codes
    meaning = codes.get(code)
    status = meaning.status if meaning else code
    if operation == "upload":
        if meaning:
            return status
    elif status in Contract(api).statuses(operation):
        return status
    equivalents = of(api).equivalent_codes
    other, known = equivalents.get(code), ", ".join(map(str, dict.fromkeys(equivalents.values())))
    hint = f"use {other} ({codes[other].message})" if other else f"use one like {known}, or name a status"
    raise ValueError(f"code: {api} has no {code}; {hint}")
