"""Tests that errors of exchanges name where the request went: the host, and the proxy if there is one."""

import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, KIE_API, QUERY_URL, TASK_REF
from contract_tests.support.scripted_server import ServerExchange, scripted_server, unused_address
from klingkit import (
    Client,
    DownloadError,
    Fixed,
    KlingkitError,
    NetworkError,
    NotFound,
    SubmissionUncertain,
    Video,
    WaitTimeout,
)
from klingkit.kie import Kie
from klingkit.native import Native

pytestmark = pytest.mark.anyio


@EACH_CLIENT_KIND
async def test_an_unreachable_host_is_named(kind: str):
    with unused_address() as url:
        host = url.removeprefix("http://")
        async with open_client(kind, Kie(API_KEY, url)) as client:
            with pytest.raises(NetworkError, match=f"ConnectError: .*, at {host}$"):
                await client.get(TASK_REF)
            with pytest.raises(NetworkError, match=f"nothing was sent: .*, at {host}$"):
                await client.submit(CAT_REQUEST, timeout=0.4)
            with pytest.raises(
                WaitTimeout, match=f"task {TASK_REF} at {host}: state unknown .*; the last query failed: .*{host}"
            ):
                await client.wait(TASK_REF, timeout=0.2, polling=Fixed(0.05))


@EACH_CLIENT_KIND
async def test_a_lost_response_names_the_host(kind: str):
    with scripted_server(ServerExchange.reset) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain, match=f"at {server.url.removeprefix('http://')}"):
                await client.submit(CAT_REQUEST, timeout=5.0)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("in_user_client", [False, True])
async def test_a_proxy_is_named_without_its_password(kind: str, in_user_client: bool, monkeypatch):
    with unused_address() as url:
        proxy = url.removeprefix("http://")
        address = f"http://user:password@{proxy}"
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("HTTP_PROXY", address)
        client_class = httpx.Client if kind == "sync" else httpx.AsyncClient
        options = {"http": client_class(proxy=address)} if in_user_client else {}
        async with open_client(kind, Kie(API_KEY), **options) as client:
            with pytest.raises(NetworkError, match=f"at api.kie.ai through the proxy {proxy}$") as caught:
                await client.get(TASK_REF)
            with pytest.raises(NetworkError, match=f"at api.kie.ai through the proxy {proxy}$"):
                await client.submit(CAT_REQUEST, timeout=0.4)
    assert "password" not in str(caught.value)


@EACH_CLIENT_KIND
async def test_an_unreadable_response_of_a_proxy_names_it(kind: str, monkeypatch):
    def respond(exchange: ServerExchange) -> None:
        exchange.respond(b"<html>no", 502)

    with scripted_server(respond) as server:
        proxy = server.url.removeprefix("http://")
        monkeypatch.setenv("HTTP_PROXY", server.url)
        async with open_client(kind, Kie(API_KEY, "http://api.example")) as client:
            for call in (client.get(TASK_REF), client.submit(CAT_REQUEST)):
                with pytest.raises(KlingkitError, match=f", at api.example through the proxy {proxy}$"):
                    await call


@EACH_CLIENT_KIND
async def test_a_download_names_its_proxy(kind: str, monkeypatch, tmp_path):
    with unused_address() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        async with open_client(kind, Kie(API_KEY)) as client:
            with pytest.raises(
                DownloadError, match=f"media.example: .* through the proxy {url.removeprefix('http://')}"
            ):
                await client.download(Video("https://media.example/cat.mp4"), tmp_path / "cat.mp4", timeout=0.4)


@EACH_CLIENT_KIND
@respx.mock
async def test_a_wait_whose_responses_were_all_unreadable_gives_the_last_reason(kind: str):
    respx.get(QUERY_URL).respond(200, text="<html>we will be back</html>")
    async with open_client(kind, KIE_API) as client:
        with pytest.raises(WaitTimeout, match=r"at kie\.test: state unknown .*unreadable.*we will be back") as caught:
            await client.wait(TASK_REF, timeout=0.2, polling=Fixed(0.05))
    assert caught.value.task is None


@respx.mock
def test_a_wait_that_ended_in_time_gives_no_stale_reason():
    respx.get(QUERY_URL).mock(side_effect=[httpx.ConnectError("refused"), *[KIE.waiting()] * 99])
    with Client(KIE_API) as client, pytest.raises(WaitTimeout) as caught:
        client.wait(TASK_REF, timeout=1.3, polling=Fixed(0.05))
    assert "refused" not in str(caught.value)


@respx.mock
def test_an_error_about_an_invalid_base_url_shows_where_the_request_went():
    respx.post("https://relay.test/v1/v1/videos/text2video").respond(404, text="no such page")
    with Client(Native(API_KEY, "https://relay.test/v1")) as client, pytest.raises(NotFound) as caught:
        client.submit(NATIVE.request)
    assert "/v1/v1/videos" in str(caught.value)
    assert "base_url" in str(caught.value)
