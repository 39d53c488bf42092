"""The limits of an account as a user states them."""

from __future__ import annotations

from math import inf
from typing import Any

from attrs import Attribute, field, frozen

from klingkit._errors import ConfigurationError

__all__ = ["Pacing"]


def _check_count(_: object, attribute: Attribute[Any], value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ConfigurationError(f"{attribute.name}: a whole number, at least 1, or None, not {value!r}")


def _check_number(_: object, attribute: Attribute[Any], value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise ConfigurationError(f"{attribute.name}: a number more than 0, not {value!r}")


def _check_rate(instance: object, attribute: Attribute[Any], value: Any) -> None:
    if value is not None:
        _check_number(instance, attribute, value)


@frozen(kw_only=True)
class Pacing:
    """The limits of an account, which a client keeps to before the service refuses anything.

    A limit that is None is unknown: then the client learns it from refusals. A known one shrinks by them, and recovers.

    Args:
        creations: How many tasks may be created in any `per` seconds.
        per: The seconds in which creations are counted.
        queries_per_second: How many queries may be sent in a second.
        slots: How many tasks may run at once.

    Raises:
        ConfigurationError: A value is no such number.
    """

    creations: int | None = field(default=None, validator=_check_count)
    per: float = field(default=10.0, validator=_check_number)
    queries_per_second: float | None = field(default=None, validator=_check_rate)
    slots: int | None = field(default=None, validator=_check_count)
