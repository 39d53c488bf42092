"""The next step that an error's text names: the URL that was not found, the clock, the host, the model."""

from __future__ import annotations

import re
from typing import Final

import httpx

from klingkit._auth import AccessKey, Auth
from klingkit._catalogue import models
from klingkit.providers import _common as common
from klingkit.providers._codes import Code

__all__ = ["about_retired", "about_time", "about_url", "is_about_time", "where"]

WRONG_URL: Final = frozenset({301, 302, 303, 307, 308, 404, 405})
"""Statuses with which a server says that an API is not at this URL."""

NOT_FOUND: Final = frozenset({404, 405, 1202, 1203})
"""Codes with which an API says, under a status of success, that it has no such path, or no such task."""

_REPEATED: Final = re.compile(r"((?:/[^/]+)+)\1(?=/|$)")
"""A path whose part follows itself, as where a base URL ends with what the API's paths begin with."""

_TIME: Final = re.compile(
    r"\b(?:jwt|nbf|iat)\b|\b(?:token|signature|authori[sz]ation)\b.*\b(?:expired|not\b.*\b(?:valid|active))|过期|未生效",
    re.IGNORECASE | re.DOTALL,
)
"""Words about a signed token that is too old or too new."""

AGREES: Final = 5.0
"""Seconds by which two clocks may differ and still agree."""


def where(response: httpx.Response) -> str:
    """Return method and URL of a response's request, without its query; empty if it has none."""
    try:
        request = response.request
    except RuntimeError:
        return ""
    return f"{request.method} {request.url.copy_with(query=None)}"


def about_url(response: httpx.Response, code: Code = 200) -> str:
    """Return the URL of a request, if the response says that the API is not there, and what may be wrong with it."""
    requested, at_fault = where(response), response.status_code in WRONG_URL
    if not requested or not (at_fault or code in NOT_FOUND):
        return ""
    if repeated := _REPEATED.search(response.request.url.path):
        return f"; {requested} repeats {repeated[1]!r}: leave it out of base_url"
    if not at_fault:
        return ""
    target = response.headers.get("Location")
    return f"; {requested}" + (f" redirects to {target[:200]!r}: set base_url to what is right" if target else "")


def about_retired(api: str, response: httpx.Response) -> str:
    """Return since when the vendor has retired the model of a refused creation; empty if it has not."""
    try:
        name = common.json_object(response.request.content).get("model_name")
    except (RuntimeError, common.Unreadable):  # no request, or a query
        return ""
    retired = next((model.retired for model in models(api) if model.name == name), None)
    return f"; the vendor retired {name} on {retired}" if retired else ""


def is_about_time(message: str | None) -> bool:
    """Return whether a vendor's message is about a signed token that is too old or too new."""
    return bool(message and _TIME.search(message))


def about_time(response: httpx.Response, auth: Auth) -> str:
    """Return what to do about a token that is too old or too new: only that of an access key is signed here."""
    signed = isinstance(auth, AccessKey)
    return _about_clock(response) if signed else "; the token you gave is too old or too new: give a newer one"


def _about_clock(response: httpx.Response) -> str:
    """Return by how much this machine's clock, which signs tokens, differs from the service's."""
    date = common.http_date(response.headers.get("Date", ""))
    if date is None:
        return "; check this machine's clock: it dates the tokens"
    ahead = (common.clock() - date).total_seconds()
    if abs(ahead) <= AGREES:
        return "; this machine's clock, which dates the tokens, agrees with the service's"
    off = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}"
    return f"; this machine's clock, which dates the tokens, is {off} the service's"
