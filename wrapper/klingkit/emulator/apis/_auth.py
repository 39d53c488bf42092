"""Who a request comes from: a plain API key, or a token that an access key has signed."""

import re
import time
from collections.abc import Collection, Mapping

from starlette.requests import Request

from klingkit.emulator.apis import _jwt
from klingkit.emulator.apis._errors import Problem, Refused
from klingkit.emulator.tasks._clock import Clock

_BEARER = re.compile(r"bearer +([!-~]+)", re.IGNORECASE)


class Keys:
    """The keys there are.

    Args:
        plain: the API keys; None takes any, or none where there are access keys.
        access: Kling's access keys and the secret that each signs with; None takes any signature.
        clock: what a token's times are held against, beside the machine's time.
    """

    def __init__(self, plain: Collection[str] | None, access: Mapping[str, str] | None, clock: Clock) -> None:
        self._plain = plain
        self._access = access
        self._clock = clock

    def plain_owner(self, request: Request) -> str:
        """The API key of a request to an API that knows no tokens.

        Raises:
            Refused: it has none, or one that nobody has.
        """
        return self._known(bearer(request))

    def owner(self, request: Request) -> str:
        """The API key of the request, or the access key that signed its token: each new one is the same owner's.

        Raises:
            Refused: it has none, or one that nobody has, or a token that is not good now.
        """
        key = bearer(request)
        if self._plain is not None and key in self._plain:
            return key
        if _jwt.looks_signed(key) and (self._plain is None or self._access is not None):
            return self._signer(key)
        if self._plain is None and self._access is not None:
            raise _unauthorized(Problem.UNKNOWN_KEY, "unknown API key; there are access keys only, which sign tokens")
        return self._known(key)

    def _known(self, key: str) -> str:
        if self._plain is not None and key not in self._plain:
            raise _unauthorized(Problem.UNKNOWN_KEY, "unknown API key")
        return key

    def _signer(self, key: str) -> str:
        try:
            token = _jwt.read(key)
        except ValueError as error:
            raise _unauthorized(Problem.ODD_KEY, str(error)) from error
        if self._access is not None:
            self._check_signature(token, self._access)
        now = self._clock.now()
        # Whoever signs goes by the machine's time, whatever the emulator's clock was put to.
        if any(token.starts <= moment < token.expires for moment in (now, time.time())):
            return token.issuer
        if now < token.starts:
            raise _unauthorized(Problem.EARLY_KEY, f"the token is valid from {token.starts:.0f} on, it is {now:.0f}")
        raise _unauthorized(Problem.LATE_KEY, f"the token has expired at {token.expires:.0f}, it is {now:.0f}")

    def _check_signature(self, token: _jwt.Token, access: Mapping[str, str]) -> None:
        if token.issuer not in access:
            raise _unauthorized(Problem.UNKNOWN_KEY, "the token's iss is no known access key")
        if not token.is_signed_with(access[token.issuer]):
            raise _unauthorized(Problem.FORGED_KEY, "the token is not signed with the access key's secret")


def bearer(request: Request) -> str:
    """What stands behind the word Bearer.

    Raises:
        Refused: nothing, or something else.
    """
    given = request.headers.get("Authorization", "")
    if not given:
        raise _unauthorized(Problem.NO_KEY, "send the header Authorization: Bearer <API key>")
    match = _BEARER.fullmatch(given)
    if match is None:
        raise _unauthorized(Problem.ODD_KEY, "the header must be Authorization: Bearer <API key>")
    return match[1]


def claimed(authorization: str) -> str:
    """Whose key this header brings if it is a good one; for whoever has no need to know whether it is."""
    key = authorization.rpartition(" ")[2]
    try:
        return _jwt.read(key).issuer if _jwt.looks_signed(key) else key
    except ValueError:
        return key


def _unauthorized(problem: Problem, detail: str) -> Refused:
    return Refused(problem, detail, {"WWW-Authenticate": "Bearer"})
