"""What the specs say about an exchange: the one thing that the emulator asks of them, and answers nothing by.

The contract needs an extra of its own; without it there is no verdict.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import quote

import httpx

from klingkit.emulator.journal._exchanges import Exchange, Headers, Message

if TYPE_CHECKING:
    from klingkit.contract import Contract


def verdict(exchange: Exchange) -> dict[str, list[str]] | str:
    """What is wrong with the request and with its answer, one text each; or why nobody can say."""
    if exchange.api is None or exchange.operation not in {"create", "query"}:
        return "it judges creations and queries alone"
    if exchange.request.cut or exchange.request.unread or exchange.answer.cut:
        return "a body is not kept as a whole"
    try:
        contract = _contract(exchange.api)
    except ImportError:
        return "klingkit's extra contract is not installed"
    request = _request(exchange)
    found = {"request": list(map(str, contract.request(request))), "answer": list[str]()}
    if exchange.status is not None:
        answer = httpx.Response(exchange.status, headers=_headers(exchange.answer), content=exchange.answer.content)
        found["answer"] = list(map(str, contract.response(request, answer)))
    return found


@lru_cache
def _contract(api: str) -> "Contract":
    from klingkit.contract import Contract  # noqa: PLC0415 - only where a verdict is asked for

    return Contract(cast("Literal['kie', 'native', 'relay']", api))


def _request(exchange: Exchange) -> httpx.Request:
    path = "%2F".join(map(quote, exchange.path.split("%2F")))
    url = httpx.URL("http://emulator", path=path, query=exchange.query.encode("latin-1"))
    headers = [(name, _unmask(value)) for name, value in _headers(exchange.request)]
    return httpx.Request(exchange.method, url, headers=headers, content=exchange.request.content)


def _headers(message: Message) -> Headers:
    # The body is here as it was before it was cut into chunks.
    return tuple((name, value) for name, value in message.raw if name.lower() != b"transfer-encoding")


def _unmask(value: bytes) -> bytes:
    """A bearer key that is not shown was one all the same."""
    return b"Bearer not-shown" if value.startswith("Bearer …".encode()) else value
