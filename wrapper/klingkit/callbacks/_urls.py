"""Callback URLs that prove their sender."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from attrs import field, frozen

from klingkit._errors import CallbackRejected, ConfigurationError, InvalidRequest
from klingkit.providers._common import is_web_url

__all__ = ["CallbackUrls"]

SHORTEST_SECRET: Final = 16
"""Characters that a secret for URLs must have."""


@frozen
class CallbackUrls:
    """Callback URLs that nobody can guess, for APIs that do not sign: each name has its own.

    Args:
        base_url: Where the receiver is: an absolute http or https URL.
        secret: At least 16 characters, the same in all processes; never part of a URL.

    Raises:
        ConfigurationError: One of the two cannot be used.
    """

    base_url: str
    secret: str = field(repr=False)

    def __attrs_post_init__(self) -> None:
        if not is_web_url(self.base_url) or "?" in self.base_url or "#" in self.base_url:
            raise ConfigurationError(f"base_url: an absolute http or https URL without a query, not {self.base_url!r}")
        if not isinstance(self.secret, str) or len(self.secret) < SHORTEST_SECRET:  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise ConfigurationError(f"secret: a string of at least {SHORTEST_SECRET} characters")

    def url(self, name: str) -> str:
        """Return the URL for a name of your own: of an order, a user, a row.

        Raises:
            InvalidRequest: It is no text that can be written.
        """
        try:
            name.encode()
        except (AttributeError, UnicodeEncodeError) as error:
            raise InvalidRequest(f"name: text, not {name!r}") from error
        return f"{self.base_url.rstrip('/')}/{_written(name)}.{self._proof(name)}"

    def name(self, path: str) -> str:
        """Return the name that a path, or a whole URL, was made for.

        Raises:
            CallbackRejected: It was made for none.
            InvalidRequest: It is no text.
        """
        if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise InvalidRequest(f"path: text, not {path!r}")
        written, _, proof = path.partition("?")[0].rpartition("/")[2].partition(".")
        name = _read(written)
        if not hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof(name).encode()):
            raise CallbackRejected("callback at a path that was not made for it")
        return name

    def _proof(self, name: str) -> str:
        return hmac.digest(self.secret.encode(), name.encode(), "sha256").hex()


def _written(name: str) -> str:
    """Write a name so that no server and no framework reads it as something else."""
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _read(written: str) -> str:
    try:
        return urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode()
    except ValueError:
        return ""
