"""Every code that an API is known to refuse with, its HTTP status, and what it says; documented or observed."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from klingkit.emulator.http._classification import Api


class Meaning(NamedTuple):
    """The HTTP status that a code is paired with, and a message."""

    status: int
    message: str


KIE: Final[Mapping[int | str, Meaning]] = {  # 000, 002, 003; 433: field: kie-sub-key
    400: Meaning(400, "The request can't be read."),
    401: Meaning(401, "There is no such key."),
    402: Meaning(402, "The credits are used up."),
    404: Meaning(404, "There is no such thing."),
    422: Meaning(422, "A field is missing or wrong."),
    429: Meaning(429, "Too many requests."),
    433: Meaning(433, "The key is over its limit."),
    455: Meaning(455, "The service is under maintenance."),
    500: Meaning(500, "Something went wrong inside."),
    501: Meaning(501, "The generation failed."),
    505: Meaning(505, "The feature is switched off."),
}

DOCUMENTED: Final[Mapping[int | str, Meaning]] = {  # 001; 404: field: native-not-found
    400: Meaning(400, "A parameter is wrong."),
    401: Meaning(401, "There is no such key."),
    403: Meaning(403, "This is not allowed."),
    404: Meaning(404, "There is no such task."),
    429: Meaning(429, "Too many requests."),
    500: Meaning(500, "Something went wrong inside."),
}

OFFICIAL: Final[Mapping[int | str, Meaning]] = {  # field: official-codes
    1000: Meaning(401, "The authentication failed."),
    1001: Meaning(401, "The Authorization header is empty."),
    1002: Meaning(401, "The Authorization header is wrong."),
    1003: Meaning(401, "The token is not valid yet."),
    1004: Meaning(401, "The token has expired."),
    1100: Meaning(429, "Something is the matter with the account."),
    1101: Meaning(429, "The account is in arrears."),
    1102: Meaning(429, "The resource pack is used up."),
    1103: Meaning(403, "The account may not use this."),
    1200: Meaning(400, "The parameters are wrong."),
    1201: Meaning(400, "The value of a parameter is wrong."),
    1202: Meaning(404, "There is no such method."),
    1203: Meaning(404, "There is no such resource or model."),
    1300: Meaning(400, "A policy of the platform forbids it."),
    1301: Meaning(400, "The content is not allowed."),
    1302: Meaning(429, "Too many requests in a short time."),
    1303: Meaning(429, "Too many tasks at once."),
    1304: Meaning(429, "The address is not on the list of those allowed."),
    5000: Meaning(500, "Something went wrong inside."),
    5001: Meaning(503, "The service is not available at present."),
    5002: Meaning(504, "The service took too long."),
}

RELAYED: Final[Mapping[int | str, Meaning]] = {  # words of relays, field: relay-codes
    "invalid_api_key": Meaning(401, "There is no such key."),
    "invalid_request": Meaning(400, "A parameter is wrong."),
    "insufficient_quota": Meaning(403, "The quota is used up."),
    "model_not_found": Meaning(400, "There is no such model."),
    "task_not_exist": Meaning(400, "There is no such task."),
    "not_found": Meaning(404, "There is no such path."),
    "method_not_allowed": Meaning(405, "There is no such method."),
    "rate_limit_exceeded": Meaning(429, "Too many requests."),
    "too_many_tasks": Meaning(429, "Too many tasks at once."),
    "server_error": Meaning(500, "Something went wrong inside."),
}

CODES: Final[Mapping[Api, Mapping[int | str, Meaning]]] = {
    "kie": KIE,
    "native": {**DOCUMENTED, **OFFICIAL},
    "relay": {**OFFICIAL, **RELAYED},
}
"""API -> code -> its meaning."""


def known(code: int | str, api: str | None = None) -> bool:
    """Whether this API, or any if none is named, is known to refuse with this code."""
    return any(code in codes for name, codes in CODES.items() if api in (None, name))
