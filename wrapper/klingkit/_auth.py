"""How a request proves who pays for it. Applied in the seam: adapters see no key."""

from __future__ import annotations

from typing import Protocol

from attrs import field, frozen

__all__ = ["Auth", "Bearer"]


class Auth(Protocol):
    """Gives the token that goes into `Authorization: Bearer`."""

    def token(self) -> str:
        """Return the token for the next request."""
        ...


@frozen
class Bearer:
    """A fixed API key (all five documents); its repr does not show it."""

    key: str = field(repr=False)

    def token(self) -> str:
        """Return the key itself."""
        return self.key
