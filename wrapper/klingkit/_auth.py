"""Authentication of requests: fixed keys and signed tokens. The client applies it; adapters see no key."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field, frozen

from klingkit._errors import ConfigurationError
from klingkit._secret import Secret, secret

__all__ = ["AccessKey", "Auth", "Bearer", "checked"]

LIFETIME: Final = 1800.0
"""Seconds that a token is valid."""

EARLY: Final = 60.0
"""Seconds before its end at which a token is replaced."""

BACKDATED: Final = 5.0
"""Seconds by which a token is backdated, for clocks that differ."""

FAR_BACKDATED: Final = 300.0
"""The same, after a token was refused for its age."""

SPREAD: Final = 60
"""Seconds over which tokens after a refusal are backdated further, so that two signed within one second differ."""

NO_JWT: Final = 'an access key needs PyJWT: pip install "klingkit[jwt]"'


def checked(key: object, name: str) -> str:
    """Return a key unchanged; refuse a value that cannot be one, without showing it.

    Raises:
        ConfigurationError: It is no string, or not valid in a header or for a signature.
    """
    key = key.reveal() if isinstance(key, Secret) else key
    if not isinstance(key, str):
        raise ConfigurationError(f"{name}: a string, not {type(key).__name__}")
    if not key:
        raise ConfigurationError(f"{name} is empty")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError(f"{name} has characters that no key has: white space, control characters or non-ASCII")
    return key


class Auth(Protocol):
    """Gives the token for `Authorization: Bearer`.

    An optional property `secrets` lists further texts to redact in responses that echo them.
    """

    def token(self) -> str:
        """Return the token for the next request."""
        ...

    def renew(self) -> bool:
        """Drop a token that was refused for its age; return whether another one follows."""
        ...


@frozen
class Bearer:
    """A fixed API key (all documents); its repr does not show it."""

    key: Secret = field(converter=secret, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key itself."""
        return (self.key.reveal(),)

    def token(self) -> str:
        """Return the key itself."""
        return self.key.reveal()

    def renew(self) -> bool:
        """Return False: there is no other key."""
        return False


@define
class AccessKey:
    """An access key and its secret, which signs tokens: JWT, HS256 (observed.md: official-access-key).

    `clock` returns Unix seconds. Threads may share an instance: at worst two of them sign a token each.

    Raises:
        ConfigurationError: PyJWT is not installed, or a key has characters that no key has.
    """

    access_key: Secret = field(converter=secret, repr=False)
    secret_key: Secret = field(converter=secret, repr=False)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    _refused: int = field(default=0, init=False, repr=False)
    """How many tokens were refused for their age."""
    _signed: tuple[Secret, float, int] = field(default=(Secret(""), 0.0, 0), init=False, repr=False)
    """The token, when to replace it, and how many were refused when it was signed."""

    def __attrs_post_init__(self) -> None:
        checked(self.access_key, "access_key")
        checked(self.secret_key, "secret_key")
        if importlib.util.find_spec("jwt") is None:  # raised now, not at the first paid request
            raise ConfigurationError(NO_JWT)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Both keys."""
        return (self.access_key.reveal(), self.secret_key.reveal())

    def token(self) -> str:
        """Return the token in use, or sign another one a minute before its end.

        Raises:
            ConfigurationError: PyJWT is not installed, or does not take the secret.
        """
        token, replaced, signed_at = self._signed
        now, refused = self.clock(), self._refused
        if now >= replaced or signed_at != refused:  # signed before a refusal, by a slower thread
            token = Secret(self._sign(now, refused))
            self._signed = (token, now + LIFETIME - EARLY, refused)
        return token.reveal()

    def renew(self) -> bool:
        """Sign another token next time, backdated further: the host's clock may be behind ours.

        It differs from all before it, even if signed within the same second.
        """
        self._refused += 1
        return True

    def _sign(self, now: float, refused: int) -> str:
        try:
            import jwt  # noqa: PLC0415 - an extra, needed by access keys alone
        except ImportError as error:
            raise ConfigurationError(NO_JWT) from error
        try:
            token: str = jwt.encode(self._claims(now, refused), self.secret_key.reveal(), algorithm="HS256")  # pyright: ignore[reportUnknownMemberType]
        except Exception as error:
            error.__traceback__ = error.__context__ = None  # PyJWT's frames hold the key
            raise ConfigurationError(f"PyJWT does not sign with this secret key: {type(error).__name__}") from error
        return token

    def _claims(self, now: float, refused: int) -> dict[str, str | int]:
        backdated = FAR_BACKDATED + (refused - 1) % SPREAD if refused else BACKDATED
        return {"iss": self.access_key.reveal(), "exp": int(now + LIFETIME), "nbf": int(now - backdated)}
