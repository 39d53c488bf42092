"""How a request proves who pays for it. Applied in the seam: adapters see no key."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field, frozen

from klingkit._errors import ConfigurationError

__all__ = ["AccessKey", "Auth", "Bearer"]

LIFETIME: Final = 1800.0
"""Seconds that a token is good for."""

EARLY: Final = 60.0
"""Seconds before its end at which a token is replaced."""

BACKDATED: Final = 5.0
"""Seconds by which a token is older than it is, for clocks that differ."""

FAR_BACKDATED: Final = 300.0
"""The same, once a token was refused for being too new."""


class Auth(Protocol):
    """Gives the token that goes into `Authorization: Bearer`."""

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

    def token(self) -> str:
        """Return the key itself."""
        return self.key

    def renew(self) -> bool:
        """There is no other."""
        return False


@define
class AccessKey:
    """An access key and its secret, which signs tokens: JWT, HS256 (from the field: the official hosts).

    `clock` tells Unix seconds. Threads may share it: at worst two of them sign a token each.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, repr=False)
    _backdated: float = field(default=BACKDATED, init=False, repr=False)
    _signed: tuple[str, float] = field(default=("", 0.0), init=False, repr=False)
    """The token, and when to replace it."""

    def token(self) -> str:
        """Return the token in use, or sign another one a minute before its end.

        Raises:
            ConfigurationError: PyJWT is not installed.
        """
        token, replaced = self._signed
        now = self.clock()
        if now >= replaced:
            token = self._sign(now)
            self._signed = (token, now + LIFETIME - EARLY)
        return token

    def renew(self) -> bool:
        """Sign another one next time, valid since longer: the host's clock may be behind ours."""
        self._backdated = FAR_BACKDATED
        self._signed = ("", 0.0)
        return True

    def _sign(self, now: float) -> str:
        try:
            import jwt  # noqa: PLC0415 - an extra, and only this way of paying needs it
        except ImportError as error:
            raise ConfigurationError("an access key needs PyJWT: pip install klingkit[jwt]") from error
        claims = {"iss": self.access_key, "exp": int(now + LIFETIME), "nbf": int(now - self._backdated)}
        token: str = jwt.encode(claims, self.secret_key, algorithm="HS256")  # pyright: ignore[reportUnknownMemberType]
        return token
