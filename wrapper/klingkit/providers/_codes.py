"""What a vendor's codes mean: one row per code, as data."""

from __future__ import annotations

from typing import TypeAlias

from attrs import frozen

from klingkit._base import Again, KlingkitError
from klingkit._errors import ServerError

__all__ = ["UNKNOWN", "Code", "Meaning", "refused", "unsure"]

Code: TypeAlias = int | str
"""A vendor's code; the HTTP status where the body has none."""


@frozen
class Meaning:
    """What one code means: which error, what may be done about it, and whether it proves that nothing was created."""

    error: type[KlingkitError]
    again: Again
    nothing_created: bool


def refused(error: type[KlingkitError], *, again: Again = "never") -> Meaning:
    """Return the meaning of a rejection: nothing was created."""
    return Meaning(error, again, nothing_created=True)


def unsure(error: type[KlingkitError], *, again: Again = "ask") -> Meaning:
    """Return the meaning of a code after which a paid request may have created a task all the same."""
    return Meaning(error, again, nothing_created=False)


UNKNOWN = unsure(ServerError)
"""The meaning of an undocumented code."""
