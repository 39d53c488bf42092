"""What the options of an emulator must be, so that a wrong one is told where it is given."""

import re
from collections.abc import Callable, Collection, Mapping
from os import PathLike
from reprlib import repr as short
from typing import Any, cast

import httpx

from klingkit.emulator.apis._services import DIALECTS
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.tasks._clock import Clock

MOST = 1_000_000_000
KEY = "printable ASCII without blanks"  # what a header can hold
BASE = "an absolute http or https URL without user, query and fragment"

Fits = Callable[[Any], bool]


def check(options: Mapping[str, object]) -> None:
    """See that each option is of the kind that its name asks for, or None where that is its default.

    Raises:
        ValueError: one is not; names it, what it must be, and the value.
    """
    for name, value in options.items():
        fits, wanted = _WANTED[name]
        if not (fits(value) or (value is None and name not in _NEEDED)):
            raise ValueError(f"{name} must be {wanted}, is {short(value)}")


def is_key(text: str) -> bool:
    """Whether a header can bring it as an API key."""
    return re.fullmatch(r"[!-~]+", text) is not None


def is_base(text: str) -> bool:
    """Whether paths can follow it."""
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
    return _is_int(value) and 1 <= value <= MOST


def _are(kind: type) -> Fits:
    """A collection of these; a text is one value, and no collection of letters."""

    def fits(value: object) -> bool:
        if not isinstance(value, Collection) or isinstance(value, str | bytes):
            return False
        return all(isinstance(one, kind) for one in cast("Collection[object]", value))

    return fits


def _are_texts(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    given = cast("Mapping[object, object]", value)
    return all(isinstance(one, str) for pair in given.items() for one in pair)


def _are_keys(value: object) -> bool:
    return _are(str)(value) and all(map(is_key, cast("Collection[str]", value)))


def _are_full(value: object) -> bool:
    return _are_texts(value) and all(one for pair in cast("Mapping[str, str]", value).items() for one in pair)


def _is_path(value: object) -> bool:
    return isinstance(value, str | PathLike)


def _is_tls(value: Any) -> bool:
    match value:
        case (str() | PathLike(), str() | PathLike() | None):
            return True
        case _:
            return False


_NEEDED = {"seed", "dialect", "kept", "faults", "allow_callbacks", "allow_hosts"}
"""Options that are never None."""

_COUNT = (_is_count, f"a whole number from 1 to {MOST}")
_TEXTS = (_are(str), "a collection of texts, like a list")

_WANTED: Mapping[str, tuple[Fits, str]] = {
    "seed": (_is_int, "a whole number"),
    "finish": (lambda value: hasattr(value, "delay") and callable(getattr(value, "progress", None)), "a Finish"),
    "clock": (lambda value: isinstance(value, Clock), "a Clock"),
    "keys": (_are_keys, f"a collection of texts, like a list, each of {KEY}"),
    "post": (callable, "a function"),
    "dialect": (lambda value: value in list(DIALECTS), f"one of {', '.join(DIALECTS)}"),
    "access_keys": (_are_full, "a mapping of texts to texts, none of them empty"),
    "slots": _COUNT,
    "rate": _COUNT,
    "kept": _COUNT,
    "faults": (_are(Fault), "a collection of Fault, like a list"),
    "signing": (_are_texts, "a mapping of texts to texts"),
    "allow_callbacks": _TEXTS,
    "allow_hosts": _TEXTS,
    "public_url": (lambda value: isinstance(value, str) and is_base(value), BASE),
    "tls": (_is_tls, "the path of a certificate and that of its key, or None"),
    "database": (_is_path, "a path"),
}
