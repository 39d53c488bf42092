"""Verdicts on exchanges by the specs. They are shown on the page; no response of the APIs depends on them.

They need klingkit's extra `contract`; without it there are none.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import httpx

from klingkit.emulator.journal._exchanges import Exchange, Headers, Message

if TYPE_CHECKING:
    from klingkit.contract import Contract

_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def verdict(exchange: Exchange) -> dict[str, list[str]] | str:
    """Return the problems of the request and of its response; or a text that says why there is no verdict."""
    if exchange.api is None or exchange.operation not in {"create", "query"}:
        return "only creations and queries are checked"
    if exchange.request.cut or exchange.request.unread or exchange.response.cut or exchange.shortened:
        return "the exchange is not kept as a whole"
    try:
        contract = _contract(exchange.api)
    except ImportError:
        return "klingkit's extra contract is not installed"
    request = _request(exchange)
    problems = {"request": list(map(str, contract.request(request))), "response": list[str]()}
    if exchange.status is not None:
        message = exchange.response
        response = httpx.Response(exchange.status, headers=_headers(message), content=message.content)
        problems["response"] = list(map(str, contract.response(request, response)))
    return problems


@lru_cache
def _contract(api: str) -> "Contract":
    from klingkit.contract import Contract  # noqa: PLC0415 - only where a verdict is needed

    return Contract(cast("Any", api))


def _request(exchange: Exchange) -> httpx.Request:
    path = "%2F".join(map(quote, exchange.path.split("%2F")))
    # A query is kept as Latin-1, byte for byte, but for the dots in the places of its keys.
    query = "%E2%80%A6".join(quote(part, safe=_PRINTABLE, encoding="latin-1") for part in exchange.query.split("…"))
    url = httpx.URL("http://emulator", path=path, query=query.encode())
    headers = [(name, _unmask(value)) for name, value in _headers(exchange.request)]
    return httpx.Request(exchange.method, url, headers=headers, content=exchange.request.content)


def _headers(message: Message) -> Headers:
    # The recorded body is not chunked.
    return tuple((name, value) for name, value in message.raw if name.lower() != b"transfer-encoding")


def _unmask(value: bytes) -> bytes:
    """Put a valid bearer key in the place of one that was masked."""
    return b"Bearer not-shown" if value.startswith("Bearer …".encode()) else value
