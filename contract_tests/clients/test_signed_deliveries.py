"""Tests that a receiver with several signing keys handles a delivery only if one of them has signed it."""

from collections.abc import Callable
from typing import Any

import anyio.to_thread
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND
from contract_tests.support.signatures import kie_signature_headers, webhook_signature_headers
from klingkit import AsyncClient, CallbackEvent, Client
from klingkit.callbacks import AsyncReceiver, Receiver

pytestmark = pytest.mark.anyio

KEYS = ["whsec_b2xkZXN0", "whsec_b2xkZXI=", "whsec_bmV3ZXI="]
UNKNOWN_KEY = "whsec_c3RyYW5nZXI="


def sign(api_case: ApiCase, body: bytes, key: str) -> dict[str, str]:
    return (
        kie_signature_headers(api_case.ref.id, key)
        if api_case.name == "kie"
        else webhook_signature_headers(body, key=key)
    )


async def deliver(kind: str, api_case: ApiCase, keys: list[str], headers: Any) -> tuple[int, list[str]]:
    """Deliver the end of a task to a receiver with these keys; return its reply and what it handled."""
    handled: list[CallbackEvent] = []
    body = api_case.finished().content
    if kind == "sync":
        with Client(api_case.api) as client:
            receiver = Receiver(client, handled.append, keys=keys)
            reply = await anyio.to_thread.run_sync(receiver.handle, body, headers)
    else:
        async with AsyncClient(api_case.api) as client:
            reply = await AsyncReceiver(client, handled.append, keys=keys).handle(body, headers)
    return reply.status, [event.task.status for event in handled]


@EACH_CLIENT_KIND
@pytest.mark.parametrize("api_case", [KIE, NATIVE, RELAY], ids=str)
@pytest.mark.parametrize("key", KEYS)
@respx.mock
async def test_each_of_several_keys_is_accepted(kind: str, api_case: ApiCase, key: str):
    respx.get(api_case.query).mock(return_value=api_case.finished())
    headers = sign(api_case, api_case.finished().content, key)
    assert await deliver(kind, api_case, KEYS, headers) == (200, ["succeeded"])


FORGED_SIGNATURES: dict[str, Callable[[ApiCase, bytes], dict[str, str]]] = {
    "no signature": lambda *_: {},
    "a key that is none of them": lambda api_case, body: sign(api_case, body, UNKNOWN_KEY),
    "a key that was one of them": lambda api_case, body: sign(api_case, body, "whsec_cmV0aXJlZA=="),
    "a signature cut short": lambda api_case, body: {
        name: text[:-3] for name, text in sign(api_case, body, KEYS[0]).items()
    },
}


@EACH_CLIENT_KIND
@pytest.mark.parametrize("api_case", [KIE, NATIVE, RELAY], ids=str)
@pytest.mark.parametrize("forgery", FORGED_SIGNATURES)
@pytest.mark.parametrize("number_of_keys", [1, 2, 3])
@respx.mock
async def test_other_keys_are_refused(kind: str, api_case: ApiCase, forgery: str, number_of_keys: int):
    query = respx.get(api_case.query).mock(return_value=api_case.finished())
    headers = FORGED_SIGNATURES[forgery](api_case, api_case.finished().content)
    status, handled = await deliver(kind, api_case, KEYS[:number_of_keys], headers)
    assert (400 <= status < 500, handled, query.call_count) == (True, [], 0)
