"""Tokens that are signed with Kling's access keys: JWT (RFC 7519) with HS256, independent of any library."""

import hmac
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from klingkit.emulator._field_rules import is_number, is_object
from klingkit.emulator.tasks._clock import LAST


@dataclass(frozen=True)
class Token:
    """A token that was read, and not checked.

    `issuer` is the access key, `expires` and `starts` are Unix seconds.
    """

    issuer: str
    expires: float
    starts: float
    signed: bytes
    signature: bytes

    def is_signed_with(self, secret: str) -> bool:
        """Return whether it is signed with this secret."""
        return hmac.compare_digest(hmac.digest(secret.encode(), self.signed, "sha256"), self.signature)


def is_token(key: str) -> bool:
    """Return whether a key has the form of a token: three parts, and an algorithm named in the first."""
    parts = key.split(".")
    return len(parts) == 3 and "alg" in (_decoded(parts[0]) or {})


def read(key: str) -> Token:
    """Read the token in a bearer key.

    Raises:
        ValueError: it is no token, or lacks what Kling's must have; the error says what.
    """
    head, body, signature = key.split(".")
    header, claims = _decoded(head), _decoded(body)
    if header is None or header.get("alg") != "HS256":
        raise ValueError("the token's header must have alg HS256")
    if claims is None:
        raise ValueError("the token's claims must be a JSON object")
    return Token(
        issuer=_issuer(claims),
        expires=_time(claims, "exp"),
        starts=_time({"nbf": 0, **claims}, "nbf"),
        signed=f"{head}.{body}".encode(),
        signature=_bytes(signature) or b"",
    )


def _issuer(claims: dict[str, Any]) -> str:
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer:
        raise ValueError("the token's iss must be the access key")
    return issuer


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if not is_number(value) or not abs(value) <= LAST:
        raise ValueError(f"the token's {name} must be a time in Unix seconds")
    return value


def _decoded(part: str) -> dict[str, Any] | None:
    try:
        value = json.loads(_bytes(part) or b"")
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def _bytes(part: str) -> bytes | None:
    try:
        # JWT leaves out the padding, which the decoder needs.
        return b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
