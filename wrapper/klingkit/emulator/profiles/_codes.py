"""Error codes that several APIs use, with HTTP status and message; documented or observed."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class KnownCode(NamedTuple):
    """The HTTP status that comes with a code, and a message."""

    status: int
    message: str


OFFICIAL: Final[Mapping[int | str, KnownCode]] = {  # observed.md: official-codes
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
