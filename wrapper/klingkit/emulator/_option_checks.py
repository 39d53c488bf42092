"""Checks of the emulator's options, so that a wrong one is reported where it is given."""

import re
from collections.abc import Callable, Collection, Mapping
from os import PathLike
from reprlib import repr as short
from typing import Any, cast

import httpx

from klingkit.emulator.apis._services import DIALECTS
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.tasks._clock import Clock

MAX_COUNT = 1_000_000_000
KEY_RULE = "printable ASCII without blanks"  # what a header can hold
BASE_URL_RULE = "an absolute http or https URL without user, query and fragment"

Check = Callable[[Any], bool]


def check_options(options: Mapping[str, object]) -> None:
    """Check the type and range of each option; None is valid where it is the default.

    Raises:
        ValueError: one is invalid; the error names it, what it must be, and the value.
    """
    for name, value in options.items():
        is_valid, expected = _CHECKS[name]
        if not (is_valid(value) or (value is None and name not in _NEVER_NONE)):
            raise ValueError(f"{name} must be {expected}, is {short(value)}")


def is_key(text: str) -> bool:
    """Return whether this can be an API key in a header."""
    return re.fullmatch(r"[!-~]+", text) is not None


def is_base_url(text: str) -> bool:
    """Return whether this is a URL that paths can be appended to."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        return False
    return (url.port is None or 0 < url.port <= 65535) and re.search(r"[\s?#\\]", text) is None


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_int(value) and 1 <= value <= MAX_COUNT


def _collection_of(kind: type) -> Check:
    """Return a check for a collection of these. A text is no collection of letters."""

    def check(value: object) -> bool:
        if not isinstance(value, Collection) or isinstance(value, str | bytes):
            return False
        return all(isinstance(one, kind) for one in cast("Collection[object]", value))

    return check


def _is_text_mapping(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    given = cast("Mapping[object, object]", value)
    return all(isinstance(one, str) for pair in given.items() for one in pair)


def _is_key_collection(value: object) -> bool:
    return _collection_of(str)(value) and all(map(is_key, cast("Collection[str]", value)))


def _is_full_text_mapping(value: object) -> bool:
    return _is_text_mapping(value) and all(one for pair in cast("Mapping[str, str]", value).items() for one in pair)


def _is_path(value: object) -> bool:
    return isinstance(value, str | PathLike)


def _is_tls(value: Any) -> bool:
    match value:
        case (str() | PathLike(), str() | PathLike() | None):
            return True
        case _:
            return False


_NEVER_NONE = {"seed", "dialect", "kept", "faults", "allow_callbacks", "allow_hosts", "cors", "accept_models"}
"""Options that can't be None."""

_COUNT = (_is_count, f"a whole number from 1 to {MAX_COUNT}")
_TEXTS = (_collection_of(str), "a collection of texts, like a list")

_CHECKS: Mapping[str, tuple[Check, str]] = {
    "seed": (_is_int, "a whole number"),
    "finish": (lambda value: hasattr(value, "delay") and callable(getattr(value, "progress", None)), "a Finish"),
    "clock": (lambda value: isinstance(value, Clock), "a Clock"),
    "keys": (_is_key_collection, f"a collection of texts, like a list, each of {KEY_RULE}"),
    "post": (callable, "a function"),
    "dialect": (lambda value: value in list(DIALECTS), f"one of {', '.join(DIALECTS)}"),
    "access_keys": (_is_full_text_mapping, "a mapping of texts to texts, none of them empty"),
    "slots": _COUNT,
    "rate": _COUNT,
    "kept": _COUNT,
    "faults": (_collection_of(Fault), "a collection of Fault, like a list"),
    "signing": (_is_text_mapping, "a mapping of texts to texts"),
    "allow_callbacks": _TEXTS,
    "allow_hosts": _TEXTS,
    "cors": _TEXTS,
    "accept_models": (lambda value: isinstance(value, bool), "true or false"),
    "public_url": (lambda value: isinstance(value, str) and is_base_url(value), BASE_URL_RULE),
    "tls": (_is_tls, "the path of a certificate and that of its key, or None"),
    "database": (_is_path, "a path"),
}
