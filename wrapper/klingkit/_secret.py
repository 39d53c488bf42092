"""A text that does not give itself away."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["Secret", "revealed", "secret"]


class Secret:
    """A key that shows itself to nobody but `reveal()`: its repr is `***`, and it is neither JSON nor pickled.

    Keys are held as secrets wherever klingkit keeps them (`Bearer.key`); a plain string is accepted in its place.
    """

    __slots__ = ("reveal",)

    def __init__(self, text: str) -> None:
        self.reveal: Callable[[], str] = lambda: text  # a closure: no attribute shows it

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "klingkit.Secret does not pickle, so that no key is stored: make the adapter, client or receiver that "
            "holds it in the process that uses it, or pass on the text of reveal()"
        )


def secret(value: Any) -> Any:
    """Return a text as a secret, and anything else as it is, for a check to refuse."""
    return Secret(value) if isinstance(value, str) else value


def revealed(key: str | Secret) -> str:
    """Return the text of a key."""
    return key.reveal() if isinstance(key, Secret) else key
