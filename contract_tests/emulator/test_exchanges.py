"""Tests of recorded messages: bodies, headers, and masked keys."""

import asyncio

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie
from klingkit.emulator import Exchange, Message


def last_exchange(api: Api) -> Exchange:
    return api.emulator.requests[-1]


@pytest.mark.parametrize(
    ("content", "media_type", "body"),
    [
        (b"plain", b"", "plain"),
        (b"<a/>", b"application/xml", "<a/>"),
        (b"a\0b", b"", "(no content type, 3 bytes)"),
        (b"\xff", b"image/png", "(image/png, 1 bytes)"),
        (b"\xff", b"text/plain", "\ufffd"),
        (b"", b"", ""),
    ],
    ids=["plain", "xml", "zero", "png", "broken", "empty"],
)
def test_a_binary_body_is_described(content: bytes, media_type: bytes, body: str) -> None:
    headers = ((b"content-type", media_type),) if media_type else ()
    assert Message(headers, content, len(content)).body == body


KEY = "a-key-that-must-be-masked"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"Bearer {KEY}", "Bearer …sked"),
        (f"bearer {KEY}", "Bearer …sked"),
        ("Bearer short-key", "Bearer …"),
        (f"Basic {KEY}", "…"),
        (KEY, "…"),
    ],
)
def test_a_key_is_masked(value: str, shown: str) -> None:
    api = Kie()
    api.request("GET", Kie.query_path, headers={"Authorization": value, "Cookie": KEY, "X-Twice": "1"})
    headers = last_exchange(api).request.headers
    assert (headers["authorization"], headers["cookie"]) == (shown, "…")
    assert KEY not in repr(last_exchange(api)) + str(headers) + str(last_exchange(api).request)
    assert api.emulator.tasks == ()


def test_keys_in_other_headers_and_queries_are_masked() -> None:
    api = Kie()
    headers = {"X-Api-Key": KEY, "Api-Token": KEY, "X-Signature": KEY, "Proxy-Authorization": f"Bearer {KEY}"}
    query = f"taskId=a%20b&api_key={KEY}&%74oken={KEY}&key={KEY}&plain&empty="
    api.request("GET", f"{Kie.query_path}?{query}", headers=headers)
    assert last_exchange(api).query == "taskId=a%20b&api_key=…&%74oken=…&key=…&plain&empty="
    assert last_exchange(api).task_id == "a b"
    assert KEY not in repr(last_exchange(api)) + str(last_exchange(api).request)


def test_repeated_headers_are_joined() -> None:
    api = Kie()

    async def send() -> None:
        transport = httpx.ASGITransport(api.emulator.app)
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get(f"http://emulator{Kie.query_path}", headers=[("X-A", "1"), ("x-a", "2")])

    asyncio.run(send())
    assert last_exchange(api).request.headers["x-a"] == "1, 2"
