"""Authentication: plain API keys, and tokens that are signed with an access key."""

import re
import time
from collections.abc import Collection, Mapping

from starlette.requests import Request

from klingkit.emulator.apis import _jwt
from klingkit.emulator.apis._errors import ApiError, ErrorReason
from klingkit.emulator.tasks._clock import Clock

_BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)


class Keys:
    """The valid keys.

    Args:
        plain: the API keys. None: every key is valid; but if `access` is given, no API key is.
        access: Kling's access keys with the secrets that sign their tokens. None: any signature is valid if `plain` is
            None, too; otherwise a token is compared with the API keys.
        clock: a token's times are compared with it, and with the machine's time.
    """

    def __init__(self, plain: Collection[str] | None, access: Mapping[str, str] | None, clock: Clock) -> None:
        self._plain = plain
        self._access = access
        self._clock = clock

    def plain_owner(self, request: Request) -> str:
        """Return the API key of a request to an API that takes no tokens.

        Raises:
            ApiError: it has none, or an unknown one.
        """
        return self._known(_bearer(request))

    def owner(self, request: Request) -> str:
        """Return the API key of a request, or the access key that signed its token: all its tokens are one owner's.

        Raises:
            ApiError: it has none, or an unknown one, or a token that is not valid now.
        """
        key = _bearer(request)
        if self._plain is not None and key in self._plain:
            return key
        if _jwt.is_token(key) and (self._plain is None or self._access is not None):
            return self._signer(key)
        if self._plain is None and self._access is not None:
            raise _unauthorized(
                ErrorReason.UNKNOWN_KEY, "unknown API key; there are access keys only, which sign tokens"
            )
        return self._known(key)

    def _known(self, key: str) -> str:
        if self._plain is not None and key not in self._plain:
            raise _unauthorized(ErrorReason.UNKNOWN_KEY, "unknown API key")
        return key

    def _signer(self, key: str) -> str:
        try:
            token = _jwt.read(key)
        except ValueError as error:
            raise _unauthorized(ErrorReason.INVALID_KEY, str(error)) from error
        if self._access is not None:
            self._check_signature(token, self._access)
        now = self._clock.now()
        # Clients sign by the machine's time, even if the emulator's clock shows another.
        if any(token.starts <= moment < token.expires for moment in (now, time.time())):
            return token.issuer
        if now < token.starts:
            raise _unauthorized(
                ErrorReason.KEY_NOT_YET_VALID, f"the token is valid from {token.starts:.0f} on, it is {now:.0f}"
            )
        raise _unauthorized(ErrorReason.KEY_EXPIRED, f"the token has expired at {token.expires:.0f}, it is {now:.0f}")

    def _check_signature(self, token: _jwt.Token, access: Mapping[str, str]) -> None:
        if token.issuer not in access:
            raise _unauthorized(ErrorReason.UNKNOWN_KEY, "the token's iss is no known access key")
        if not token.is_signed_with(access[token.issuer]):
            raise _unauthorized(ErrorReason.WRONG_SIGNATURE, "the token is not signed with the access key's secret")


def claimed_owner(authorization: str) -> str:
    """Return the owner that this header names, without any check."""
    key = authorization.rpartition(" ")[2]
    try:
        return _jwt.read(key).issuer if _jwt.is_token(key) else key
    except ValueError:
        return key


def _bearer(request: Request) -> str:
    header = request.headers.get("Authorization", "")
    if not header:
        raise _unauthorized(ErrorReason.NO_KEY, "send the header Authorization: Bearer <API key>")
    match = _BEARER.fullmatch(header)
    if match is None:
        raise _unauthorized(ErrorReason.INVALID_KEY, "the header must be Authorization: Bearer <API key>")
    return match[1]


def _unauthorized(reason: ErrorReason, message: str) -> ApiError:
    return ApiError(reason, message, {"WWW-Authenticate": "Bearer"})
