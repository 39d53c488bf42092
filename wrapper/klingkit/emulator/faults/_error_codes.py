"""The error codes that each API is known to use, with HTTP status and message; documented or observed."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from klingkit.emulator.http._classification import Api


class KnownCode(NamedTuple):
    """The HTTP status that comes with a code, and a message."""

    status: int
    message: str


KIE: Final[Mapping[int | str, KnownCode]] = {  # 000, 002, 003; 433: field: kie-sub-key; 403: field: kie-forbidden
    400: KnownCode(400, "The request can't be read."),
    401: KnownCode(401, "There is no such key."),
    402: KnownCode(402, "The credits are used up."),
    403: KnownCode(403, "The client is not allowed."),
    404: KnownCode(404, "There is no such thing."),
    422: KnownCode(422, "A field is missing or wrong."),
    429: KnownCode(429, "Too many requests."),
    433: KnownCode(433, "The key is over its limit."),
    455: KnownCode(455, "The service is under maintenance."),
    500: KnownCode(500, "Something went wrong inside."),
    501: KnownCode(501, "The generation failed."),
    505: KnownCode(505, "The feature is switched off."),
}

DOCUMENTED: Final[Mapping[int | str, KnownCode]] = {  # 001; 404: field: native-not-found
    400: KnownCode(400, "A parameter is wrong."),
    401: KnownCode(401, "There is no such key."),
    403: KnownCode(403, "This is not allowed."),
    404: KnownCode(404, "There is no such task."),
    429: KnownCode(429, "Too many requests."),
    500: KnownCode(500, "Something went wrong inside."),
}

OFFICIAL: Final[Mapping[int | str, KnownCode]] = {  # field: official-codes
    1000: KnownCode(401, "The authentication failed."),
    1001: KnownCode(401, "The Authorization header is empty."),
    1002: KnownCode(401, "The Authorization header is wrong."),
    1003: KnownCode(401, "The token is not valid yet."),
    1004: KnownCode(401, "The token has expired."),
    1100: KnownCode(429, "Something is the matter with the account."),
    1101: KnownCode(429, "The account is in arrears."),
    1102: KnownCode(429, "The resource pack is used up."),
    1103: KnownCode(403, "The account may not use this."),
    1200: KnownCode(400, "The parameters are wrong."),
    1201: KnownCode(400, "The value of a parameter is wrong."),
    1202: KnownCode(404, "There is no such method."),
    1203: KnownCode(404, "There is no such resource or model."),
    1300: KnownCode(400, "A policy of the platform forbids it."),
    1301: KnownCode(400, "The content is not allowed."),
    1302: KnownCode(429, "Too many requests in a short time."),
    1303: KnownCode(429, "Too many tasks at once."),
    1304: KnownCode(429, "The address is not on the list of those allowed."),
    5000: KnownCode(500, "Something went wrong inside."),
    5001: KnownCode(503, "The service is not available at present."),
    5002: KnownCode(504, "The service took too long."),
}

RELAYED: Final[Mapping[int | str, KnownCode]] = {  # codes of relays, field: relay-codes
    "invalid_api_key": KnownCode(401, "There is no such key."),
    "invalid_request": KnownCode(400, "A parameter is wrong."),
    "insufficient_quota": KnownCode(403, "The quota is used up."),
    "model_not_found": KnownCode(400, "There is no such model."),
    "task_not_exist": KnownCode(400, "There is no such task."),
    "not_found": KnownCode(404, "There is no such path."),
    "method_not_allowed": KnownCode(405, "There is no such method."),
    "rate_limit_exceeded": KnownCode(429, "Too many requests."),
    "too_many_tasks": KnownCode(429, "Too many tasks at once."),
    "server_error": KnownCode(500, "Something went wrong inside."),
}

REJECTIONS: Final[Mapping[int | str, KnownCode]] = {  # of relays, and of what is behind them, field: relay-rejections
    "insufficient_user_quota": KnownCode(403, "The user's quota is used up."),
    "pre_consume_token_quota_failed": KnownCode(403, "The key's quota is used up."),
    "quota_not_enough": KnownCode(403, "The quota is used up."),
    "sensitive_words_detected": KnownCode(400, "The content is not allowed."),
    "access_denied": KnownCode(403, "This is not allowed."),
    "invalid_token": KnownCode(401, "There is no such key."),
    "billing_hard_limit_reached": KnownCode(400, "The budget is used up."),
    "account_deactivated": KnownCode(401, "The account is closed."),
    "content_policy_violation": KnownCode(400, "The content is not allowed."),
    "content_filter": KnownCode(400, "The content is not allowed."),
    "moderation_blocked": KnownCode(400, "The content is not allowed."),
    "authentication_error": KnownCode(401, "There is no such key."),
    "permission_error": KnownCode(403, "This is not allowed."),
    "rate_limit_error": KnownCode(429, "Too many requests."),
    "arrearage": KnownCode(400, "The account is overdue."),
    "insufficient_balance": KnownCode(402, "The balance is used up."),
    "insufficient_credits": KnownCode(402, "The credits are used up."),
    "quota_exceeded": KnownCode(429, "The quota is used up."),
    "too_many_requests": KnownCode(429, "Too many requests."),
}

GATEWAYS: Final[Mapping[int | str, KnownCode]] = {  # HTTP's own, of whatever stands before an API
    400: KnownCode(400, "A parameter is wrong."),
    401: KnownCode(401, "There is no such key."),
    402: KnownCode(402, "The balance is used up."),
    403: KnownCode(403, "This is not allowed."),
    404: KnownCode(404, "There is no such thing."),
    422: KnownCode(422, "A parameter is wrong."),
    429: KnownCode(429, "Too many requests."),
    500: KnownCode(500, "Something went wrong inside."),
    502: KnownCode(502, "The service behind does not respond."),
    503: KnownCode(503, "The service is not available at present."),
    504: KnownCode(504, "The service took too long."),
}

CODES: Final[Mapping[Api, Mapping[int | str, KnownCode]]] = {
    "kie": KIE,
    "native": {**DOCUMENTED, **OFFICIAL, **GATEWAYS, **DOCUMENTED, "task_not_exist": RELAYED["task_not_exist"]},
    "relay": {**OFFICIAL, **RELAYED, **GATEWAYS, **REJECTIONS},
}
"""API -> code -> its meaning: every code that docs/errors.md lists for it, and the relays' own words."""


def is_known(code: int | str, api: str | None = None) -> bool:
    """Return whether this API, or any if none is named, is known to use this code."""
    return any(code in codes for name, codes in CODES.items() if api in (None, name))
