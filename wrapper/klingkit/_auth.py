"""How a request proves who pays for it. Applied in the seam: adapters see no key."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field, frozen

from klingkit._errors import ConfigurationError

__all__ = ["AccessKey", "Auth", "Bearer", "checked"]

LIFETIME: Final = 1800.0
"""Seconds that a token is good for."""

EARLY: Final = 60.0
"""Seconds before its end at which a token is replaced."""

BACKDATED: Final = 5.0
"""Seconds by which a token is older than it is, for clocks that differ."""

FAR_BACKDATED: Final = 300.0
"""The same, once a token was refused for its age."""

APART: Final = 60
"""Seconds over which the tokens that follow refused ones are spread, so that two of one second differ."""

NO_JWT: Final = "an access key needs PyJWT: pip install klingkit[jwt]"


def checked(key: object, name: str) -> str:
    """Return a key as it is; refuse what none is, without showing it.

    Raises:
        ConfigurationError: It is no string, or no header and no signature can be made of it.
    """
    if not isinstance(key, str):
        raise ConfigurationError(f"{name}: a string, not {type(key).__name__}")
    if not key:
        raise ConfigurationError(f"{name} is empty")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError(f"{name} has characters that no key has: white space, control characters or non-ASCII")
    return key


class Auth(Protocol):
    """Gives the token that goes into `Authorization: Bearer`.

    What must not be read in an answer that echoes it, beside the token, may stand in a property `secrets`.
    """

    def token(self) -> str:
        """Return the token for the next request."""
        ...

    def renew(self) -> bool:
        """Drop a token that was refused for its age; return whether there will be another one."""
        ...


@frozen
class Bearer:
    """A fixed API key (all five documents); its repr does not show it."""

    key: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key itself."""
        return (self.key,)

    def token(self) -> str:
        """Return the key itself."""
        return self.key

    def renew(self) -> bool:
        """There is no other."""
        return False


@define
class AccessKey:
    """An access key and its secret, which signs tokens: JWT, HS256 (field: official-access-key).

    `clock` tells Unix seconds. Threads may share it: at worst two of them sign a token each.

    Raises:
        ConfigurationError: PyJWT is not installed, or a key has characters that no key has.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    _refused: int = field(default=0, init=False, repr=False)
    """How many tokens were refused for their age."""
    _signed: tuple[str, float, int] = field(default=("", 0.0, 0), init=False, repr=False)
    """The token, when to replace it, and how many were refused when it was signed."""

    def __attrs_post_init__(self) -> None:
        checked(self.access_key, "access_key")
        checked(self.secret_key, "secret_key")
        if importlib.util.find_spec("jwt") is None:  # said now, not when the first task is to be paid for
            raise ConfigurationError(NO_JWT)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Both keys."""
        return (self.access_key, self.secret_key)

    def token(self) -> str:
        """Return the token in use, or sign another one a minute before its end.

        Raises:
            ConfigurationError: PyJWT is not installed, or does not take the secret.
        """
        token, replaced, signed_at = self._signed
        now, refused = self.clock(), self._refused
        if now >= replaced or signed_at != refused:  # signed before a refusal, if by a slower thread
            token = self._sign(now, refused)
            self._signed = (token, now + LIFETIME - EARLY, refused)
        return token

    def renew(self) -> bool:
        """Sign another one next time, valid since longer: the host's clock may be behind ours.

        It differs from those before it, also from one that was signed within the same second.
        """
        self._refused += 1
        return True

    def _sign(self, now: float, refused: int) -> str:
        try:
            import jwt  # noqa: PLC0415 - an extra, and only this way of paying needs it
        except ImportError as error:
            raise ConfigurationError(NO_JWT) from error
        try:
            token: str = jwt.encode(self._claims(now, refused), self.secret_key, algorithm="HS256")  # pyright: ignore[reportUnknownMemberType]
        except Exception as error:
            error.__traceback__ = error.__context__ = None  # PyJWT's frames hold the key
            raise ConfigurationError(f"PyJWT does not sign with this secret key: {type(error).__name__}") from error
        return token

    def _claims(self, now: float, refused: int) -> dict[str, str | int]:
        backdated = FAR_BACKDATED + (refused - 1) % APART if refused else BACKDATED
        return {"iss": self.access_key, "exp": int(now + LIFETIME), "nbf": int(now - backdated)}
