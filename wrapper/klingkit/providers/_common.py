"""Helpers of all adapters: configuration, making requests, tolerant reading of JSON values and headers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from math import isfinite
from typing import Any, Final, TypeGuard, cast
from urllib.parse import quote, urlencode, urlsplit

import httpx

from klingkit._auth import AccessKey, Bearer, checked
from klingkit._base import invalid
from klingkit._errors import ConfigurationError, InvalidRequest
from klingkit._models import TaskRef, UploadedFile
from klingkit._text import printable

_SECONDS: Final = re.compile(r"[0-9]+(\.[0-9]+)?")

_MILLISECONDS: Final = 1e11
"""A time stamp above this is in milliseconds: as seconds it would lie beyond the year 5000."""


def bearer(key: str | None, variable: str) -> Bearer:
    """Return the given key, or the one in the environment.

    Raises:
        ConfigurationError: There is none, or it is not valid in a header.
    """
    key = os.environ.get(variable, "") if key is None else key
    if key == "":
        raise ConfigurationError(
            f"no API key: set {variable} or pass api_key=...; the emulator needs no real one and costs nothing: "
            "run `python -m klingkit.emulator`, it prints what to set"
        )
    return Bearer(checked(key, f"the API key ({variable} or api_key=...)"))


def signing(key: str | None, access: str | None, secret: str | None, variables: str) -> AccessKey | None:
    """Return the given pair of keys, or the one in the environment; None if a plain key takes precedence.

    Raises:
        ConfigurationError: There is half of a pair, or both kinds of keys, or a key cannot be used.
    """
    given = access is not None or secret is not None
    if given and key is not None:
        raise ConfigurationError("api_key, or access_key and secret_key: not both")
    if not given and (key is not None or os.environ.get(f"{variables}_API_KEY")):
        return None
    names = [f"{variables}_ACCESS_KEY", f"{variables}_SECRET_KEY"]
    pair = [
        os.environ.get(name, "") if part is None else part for name, part in zip(names, (access, secret), strict=True)
    ]
    if not given and not any(pair):
        return None
    for name, part in zip(names, pair, strict=True):
        if not part:
            raise ConfigurationError(
                f"half of a pair: {name} or {name.removeprefix(f'{variables}_').lower()}=... is missing"
            )
        checked(part, name)
    return AccessKey(pair[0], pair[1])


def base_url(url: str | None, variable: str, default: str, known: str, *, name: str = "base_url") -> str:
    """Return the given host, or the one in the environment, or the documented one; without a slash at the end.

    `name` is that of the argument.

    Raises:
        ConfigurationError: There is none (`known` lists the known ones), or it is no absolute http or https URL.
    """
    url = url or os.environ.get(variable) or default
    if not url:
        raise ConfigurationError(f"no host: set {variable} or pass {name}=...: {known}")
    if not is_web_url(url):
        raise ConfigurationError(f"{name} ({variable}): an absolute http or https URL, not {url!r}")
    parts = urlsplit(url)
    if parts.username is not None or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} ({variable}): a host and a path alone; no password, query or fragment")
    return url.rstrip("/")


def account(name: str | None) -> str | None:
    """Return the name of an account, checked.

    Raises:
        ConfigurationError: It is not valid in a task reference.
    """
    try:
        TaskRef("api", "route", "id", name)
    except InvalidRequest as error:
        raise ConfigurationError(f"account: letters, digits, '.', '_' and '-', not {name!r}") from error
    return name


_PLAIN_URL: Final = re.compile(
    r"https?://(?!\S*xn--)(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{0,62}(?:[/?#][!-~]{0,9999})?", re.IGNORECASE
)
"""Most URLs: those of hosts with plain names, which need no closer look."""


def is_web_url(url: object) -> TypeGuard[str]:
    """Return whether a value is an absolute http or https URL that a client can send to."""
    if not isinstance(url, str) or url[:4].lower() != "http":
        return False
    if _PLAIN_URL.fullmatch(url):
        return True
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return False
        parts.hostname.encode("idna")  # as the resolver does: labels neither empty nor too long
        return parts.port != 0 and bool(httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):
        return False


@cache
def user_agent() -> str:
    """Return our User-Agent: some gateways refuse requests without one."""
    from importlib.metadata import version  # noqa: PLC0415 - takes as long as the rest of this module

    return f"klingkit/{version('klingkit')}"


def common_headers() -> dict[str, str]:
    """Return the headers that every request has."""
    return {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": user_agent()}


def http_request(
    method: str, url: str, *, params: Mapping[str, str] | None = None, body: object = None
) -> httpx.Request:
    """Make a request with the headers that every API takes.

    Raises:
        InvalidRequest: The body cannot be written as JSON.
    """
    url += f"?{urlencode(params, quote_via=quote, safe='')}" if params else ""  # httpx would parse the whole URL twice
    if body is None:
        parsed = _parsed(url)
        model = _without_body(method, f"{parsed.scheme}://{parsed.netloc.decode()}")
        request = httpx.Request(method, parsed, headers=model.headers, stream=model.stream)
        request.read()
        return request
    headers = common_headers()
    try:
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error
    headers["Content-Type"] = "application/json"
    return httpx.Request(method, url, headers=headers, content=content)


_parsed: Final = lru_cache(1024)(httpx.URL)
"""A wait queries the same URL again and again; to parse it takes longer than to make the rest of a request."""


@lru_cache(32)
def _without_body(method: str, origin: str) -> httpx.Request:
    """Return a request whose headers and empty body serve others to this origin: to make them anew is slow."""
    return httpx.Request(method, origin, headers=common_headers())


def with_extra(body: dict[str, Any], extra: object, at: str = "") -> dict[str, Any]:
    """Add a user's extra fields to a body; objects are merged, nothing is replaced.

    Raises:
        InvalidRequest: A field is set already.
    """
    if extra is not None and not is_object(extra):
        raise invalid("extra", "fields and their values", extra)
    for name, value in (extra or {}).items():
        old = body.get(name)
        if is_object(old) and is_object(value):
            body[name] = with_extra(dict(old), value, f"{at}{name}.")
        elif name in body:
            raise InvalidRequest(f"extra: {at}{name} is set by the request itself, to {old!r}")
        else:
            body[name] = value
    return body


class Unreadable(ValueError):
    """A response or callback cannot be read; the text is the reason. Never leaves the package."""

    def __init__(self, reason: str) -> None:
        super().__init__(printable(reason))


def json_object(text: str | bytes) -> Mapping[str, Any]:
    """Parse a JSON object.

    Raises:
        Unreadable: The text is not one.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error) or "nested too deeply") from error
    if not is_object(value):
        raise Unreadable(f"a JSON object was expected, not {type(value).__name__}")
    return value


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, dict) or isinstance(value, Mapping)  # noqa: SIM101 - the first is fast, and the rule


def as_object(value: object) -> Mapping[str, Any]:
    """Return a JSON object as it is, anything else as an empty one: null and absent are alike."""
    return value if is_object(value) else {}


def as_list(value: object) -> list[Any]:
    """Return a JSON list; an empty one for anything else: null and absent are alike."""
    return list(cast("Iterable[Any]", value)) if isinstance(value, list) else []


def number(value: object) -> float | None:
    """Read a number, also from a string ("12", "50%"); None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value.strip().removesuffix("%") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def amount(value: object) -> Decimal | None:
    """Read an amount of money or credits with all its digits; None if it is not one."""
    try:
        found = Decimal(str(value)) if isinstance(value, int | float | str) else Decimal(-1)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def integer(value: object) -> int | None:
    """Read a whole number, also from a string; None if it is not one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # whole as it came: a float would lose the last digits of a long one
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def moment(value: object) -> datetime | None:
    """Read a time stamp in seconds or milliseconds; None if it is missing or not a time."""
    stamp = number(value)
    if not stamp:
        return None
    try:
        return datetime.fromtimestamp(stamp / 1000 if stamp > _MILLISECONDS else stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def iso_moment(value: object) -> datetime | None:
    """Read a time of ISO 8601, in UTC if it names no zone; None if it is missing or not a time."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def uploaded_file(data: object) -> UploadedFile | None:
    """Read the record of an uploaded file; None if it has no URL of it (observed.md: kie-upload)."""
    record = as_object(data)
    url = next((each for each in map(record.get, ("fileUrl", "downloadUrl")) if is_web_url(each)), None)
    if url is None:
        return None
    return UploadedFile(
        url,
        name=text(record.get("fileName")),
        size=integer(record.get("fileSize")),
        media_type=text(record.get("mimeType")),
        expires=iso_moment(record.get("expiresAt")),
        raw=record,
    )


def share(value: object) -> float | None:
    """Read a percentage as a share from 0 to 1; None if it is not one."""
    percent = number(value)
    return None if percent is None else min(max(percent / 100, 0.0), 1.0)


def text(value: object) -> str | None:
    """Read a text, also from a number, or from an object in place of its JSON text."""
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error


def identifier(value: object) -> str | None:
    """Read an id: a string, or a whole number in place of one; None if it is missing.

    Raises:
        Unreadable: It is anything else, or a number that has lost its last digits.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unreadable(f"an id is a string, not {value!r}")


def retry_after(response: httpx.Response) -> float | None:
    """Read the seconds of Retry-After; a date counts from the date of the response."""
    stated = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(stated):
        seconds = float(stated)
        return seconds if isfinite(seconds) else None
    until = http_date(stated)
    return max((until - response_date(response)).total_seconds(), 0.0) if until else None


def response_date(response: httpx.Response) -> datetime:
    """Return the date of a response: its header takes precedence over our clock, which may be off."""
    return http_date(response.headers.get("Date", "")) or clock()


def clock() -> datetime:
    """Return the time of our own clock, for responses without a date."""
    return datetime.now(UTC)


def http_date(stated: str) -> datetime | None:
    """Parse a date of an HTTP header; None if it is not one, or its zone is unknown."""
    try:
        moment = parsedate_to_datetime(stated)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else None


def request_id(response: httpx.Response, envelope: Mapping[str, Any]) -> str | None:
    """Read the vendor's id of the exchange, from the body or else from the header."""
    return text(envelope.get("request_id")) or response.headers.get("X-Request-Id") or None
