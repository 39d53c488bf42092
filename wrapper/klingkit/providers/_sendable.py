"""Refuse in typed requests what no service can use, whatever its document states: blank texts, unreachable addresses.

The documents give a prompt no least length, and most addresses no format, so the generated classes allow all of that.
A `Job` and `extra` are sent unchecked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, cast
from urllib.parse import urlsplit

import attrs

from klingkit._base import InvalidRequest, invalid
from klingkit._flow import is_private, literal_addresses
from klingkit.providers._common import is_web_url
from klingkit_api.checks import UPLOAD_FIRST, is_uri

__all__ = ["check_callback_url", "check_fetched", "check_fields", "wrong_request"]

NETWORKS: Final = (
    *(".local", ".internal", ".lan", ".home.arpa", ".home", ".corp", ".intranet", ".localnet", ".localdomain"),
    *(".localhost", ".test", ".invalid"),  # of RFC 6761; its `.example` stands for a public name in documents
)
"""Endings of names that mean a host of one network alone, or none."""

BLANKS: Final = frozenset("\u2800\u3164\u115f\u1160\uffa0")
"""Letters and symbols that show nothing, as Unicode has them."""


def check_fields(request: Any, base_url: str) -> None:
    """Check the fields of a typed request.

    Raises:
        InvalidRequest: A required text is blank, or an address is not one that the service can fetch.
    """
    for name, value, required in _texts(request):
        if required and all(map(_is_blank, value)):
            raise invalid(name, "a text that is not blank", value)
        if value and name.rpartition(".")[2].partition("[")[0].endswith(("url", "urls")):
            check_fetched(name, value, base_url)


def check_fetched(name: str, url: str, base_url: str) -> None:
    """Refuse a URL that the service could not fetch; a path, or data, must be uploaded first.

    Raises:
        InvalidRequest: It is no such URL, or at a private address while the service is not.
    """
    limit = "an http or https URL that the service can fetch"
    upload = "" if url.startswith(("http:", "https:")) else UPLOAD_FIRST
    _check_address(name, limit, url, base_url, otherwise=limit + upload)


def check_callback_url(url: str | None, base_url: str) -> None:
    """Refuse a URL that the service could not call: it must be a URI (002, 003), other characters percent-encoded.

    Raises:
        InvalidRequest: It is no such URL, or at a private address while the service is not.
    """
    if url is not None:
        if not (is_web_url(url) and is_uri(url)):
            raise invalid("callback_url", "an absolute http or https URL of RFC 3986", url)
        _check_address("callback_url", "a URL that the service can call", url, base_url)


def wrong_request(api: str, request: object) -> InvalidRequest:
    """Return the error of a request that an API does not take, and what to use instead."""
    made_in = re.fullmatch(r"klingkit_api\.(\w+)\.models\..*", type(request).__module__)
    if made_in and made_in[1] != api:
        instead = f"; it is one of klingkit.{made_in[1]}: use a Client({made_in[1].capitalize()}())"
    else:
        instead = "" if made_in else "; Job(model, {...}) sends any other"
    text = f"request: a type of klingkit.{api}, not {type(request).__name__}{instead}"
    return InvalidRequest(text, field="request", limit=f"a type of klingkit.{api}", value=request)


def _texts(request: Any) -> Iterator[tuple[str, str, bool]]:
    """Yield the texts of a request, those in lists too: field, value, and whether it is required."""
    kind = cast("type[attrs.AttrsInstance]", type(request))
    for attribute in attrs.fields(kind):
        value = getattr(request, attribute.name)
        if isinstance(value, str):
            yield attribute.name, value, attribute.default is attrs.NOTHING
        elif isinstance(value, tuple):
            for at, item in enumerate(cast("tuple[object, ...]", value)):
                here = f"{attribute.name}[{at}]"
                if isinstance(item, str):
                    yield here, item, True
                else:
                    yield from ((f"{here}.{name}", text, required) for name, text, required in _texts(item))


def _check_address(name: str, limit: str, url: str, base_url: str, *, otherwise: str = "") -> None:
    """Check an address; `otherwise` is the limit to name of a value that is none."""
    if not is_web_url(url):
        raise invalid(name, otherwise or limit, url)
    if _is_private(url) and not _is_private(base_url):
        raise invalid(name, f"{limit}, at a public address", url)


def _is_private(url: str) -> bool:
    """Return whether the host of a URL can be reached from within one network alone, as far as its name shows."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if addresses := literal_addresses(host):
        return any(map(is_private, addresses))
    return "." not in host or host.endswith(NETWORKS)


def _is_blank(character: str) -> bool:
    """Return whether a character shows nothing: white space, or what has no width."""
    return character.isspace() or character in BLANKS or unicodedata.category(character) in {"Cc", "Cf"}
