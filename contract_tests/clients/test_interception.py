"""Tests that whatever replaces a method of httpx or httpcore, as recorders and monitors do, sees every request."""

from typing import Any

import httpcore
import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF, created_response, task_response
from contract_tests.support.scripted_server import ServerExchange, keeps_alive, scripted_server
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio


def respond(request: httpx.Request) -> httpx.Response:
    response = created_response() if request.method == "POST" else task_response("waiting")
    response.request = request
    return response


@EACH_CLIENT_KIND
@pytest.mark.parametrize("method", ["send", "_send_single_request"])
async def test_what_replaces_a_method_of_httpx_clients_gets_the_requests(kind: str, method: str, monkeypatch):
    """A recorder that is not asked would let a paid request out of a test."""
    seen: list[str] = []

    def replacement(_: object, request: httpx.Request, **__: Any) -> httpx.Response:
        seen.append(request.method)
        return respond(request)

    async def async_replacement(client: object, request: httpx.Request, **options: Any) -> httpx.Response:
        return replacement(client, request, **options)

    monkeypatch.setattr(httpx.Client, method, replacement)
    monkeypatch.setattr(httpx.AsyncClient, method, async_replacement)
    async with open_client(kind, Kie(API_KEY, "http://kie.test")) as client:
        assert await client.submit(CAT_REQUEST) == TASK_REF
        assert (await client.get(TASK_REF)).vendor_status == "waiting"
    assert seen == ["POST", "GET"]


@EACH_CLIENT_KIND
async def test_what_replaces_the_pool_of_httpcore_gets_the_requests(kind: str, monkeypatch):
    seen: list[bytes] = []
    handle, handle_async = httpcore.ConnectionPool.handle_request, httpcore.AsyncConnectionPool.handle_async_request

    def recording(pool: httpcore.ConnectionPool, request: httpcore.Request) -> httpcore.Response:
        seen.append(request.method)
        return handle(pool, request)

    async def async_recording(pool: httpcore.AsyncConnectionPool, request: httpcore.Request) -> httpcore.Response:
        seen.append(request.method)
        return await handle_async(pool, request)

    @keeps_alive
    def serve(exchange: ServerExchange) -> None:
        exchange.respond(task_response("waiting").content)

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", recording)
    monkeypatch.setattr(httpcore.AsyncConnectionPool, "handle_async_request", async_recording)
    with scripted_server(serve) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            for _ in range(2):
                assert (await client.get(TASK_REF)).vendor_status == "waiting"
    assert seen == [b"GET", b"GET"]
