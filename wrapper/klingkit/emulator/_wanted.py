"""What the options of an emulator must be, so that a wrong one is told where it is given."""

from collections.abc import Callable, Collection, Mapping
from os import PathLike
from reprlib import repr as short
from typing import Any, cast

from klingkit.emulator._clock import Clock
from klingkit.emulator._faults import Fault
from klingkit.emulator._services import DIALECTS

MOST = 1_000_000_000

Fits = Callable[[Any], bool]


def check(options: Mapping[str, object]) -> None:
    """See that each option is of the kind that its name asks for; None is none.

    Raises:
        ValueError: one is not; names it, what it must be, and the value.
    """
    for name, value in options.items():
        fits, wanted = _WANTED[name]
        if value is not None and not fits(value):
            raise ValueError(f"{name} must be {wanted}, is {short(value)}")


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


_COUNT = (_is_count, f"a whole number from 1 to {MOST}")
_KEYS = (_are_texts, "a mapping of texts to texts")
_TEXTS = (_are(str), "a collection of texts, like a list")

_WANTED: Mapping[str, tuple[Fits, str]] = {
    "seed": (_is_int, "a whole number"),
    "finish": (lambda value: hasattr(value, "delay") and callable(getattr(value, "progress", None)), "a Finish"),
    "clock": (lambda value: isinstance(value, Clock), "a Clock"),
    "keys": _TEXTS,
    "post": (callable, "a function"),
    "dialect": (lambda value: value in list(DIALECTS), f"one of {', '.join(DIALECTS)}"),
    "access_keys": _KEYS,
    "slots": _COUNT,
    "rate": _COUNT,
    "kept": _COUNT,
    "faults": (_are(Fault), "a collection of Fault, like a list"),
    "signing": _KEYS,
    "allow_callbacks": _TEXTS,
    "allow_hosts": _TEXTS,
    "database": (lambda value: isinstance(value, str | PathLike), "a path"),
}
