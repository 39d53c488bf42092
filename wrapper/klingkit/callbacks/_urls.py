"""Callback URLs that prove their sender."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from attrs import field, frozen

from klingkit._base import invalid
from klingkit._errors import CallbackRejected, ConfigurationError
from klingkit._secret import Secret, secret
from klingkit.providers._common import is_web_url

__all__ = ["CallbackUrls"]

MIN_SECRET: Final = 16
"""Characters that a secret must have at least."""


@frozen
class CallbackUrls:
    """Makes callback URLs that nobody can guess, one for each name, for APIs that do not sign.

    Args:
        base_url: The URL of the receiver: absolute, http or https, without a query.
        secret: At least 16 characters, the same in all processes; never part of a URL.

    Raises:
        ConfigurationError: One of the two cannot be used.
    """

    base_url: str
    secret: Secret = field(converter=secret, repr=False)

    def __attrs_post_init__(self) -> None:
        if not is_web_url(self.base_url) or "?" in self.base_url or "#" in self.base_url:
            raise ConfigurationError(f"base_url: an absolute http or https URL without a query, not {self.base_url!r}")
        if not isinstance(self.secret, Secret) or len(self.secret.reveal()) < MIN_SECRET:  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise ConfigurationError(f"secret: a string of at least {MIN_SECRET} characters")

    def url(self, name: str) -> str:
        """Return the URL for a name of your own, such as the id of an order or a user.

        Raises:
            InvalidRequest: It is no text, or cannot be encoded.
        """
        try:
            name.encode()
        except (AttributeError, UnicodeEncodeError) as error:
            raise invalid("name", "text", name) from error
        return f"{self.base_url.rstrip('/')}/{_encode(name)}.{self._proof(name)}"

    def name(self, path: str) -> str:
        """Return the name for which `url` made a path, or a whole URL, also if a slash was added at its end.

        Raises:
            CallbackRejected: `url` did not make it.
            InvalidRequest: It is no text.
        """
        if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise invalid("path", "text", path)
        encoded, _, proof = path.partition("?")[0].rstrip("/").rpartition("/")[2].partition(".")
        name = _decode(encoded)
        if not hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof(name).encode()):
            raise CallbackRejected("callback at a path without a valid proof")
        return name

    def _proof(self, name: str) -> str:
        return hmac.digest(self.secret.reveal().encode(), name.encode(), "sha256").hex()


def _encode(name: str) -> str:
    """Encode a name so that no server and no framework rewrites it."""
    return urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _decode(encoded: str) -> str:
    try:
        return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return ""
