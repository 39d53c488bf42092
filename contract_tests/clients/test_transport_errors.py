"""An httpx client of the user's own: what is taken from it, and what its troubles mean."""

from contextlib import suppress
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import ApiCase
from contract_tests.support.clients import EACH_CLIENT, opened
from contract_tests.support.hostile import Exchange, hostile, nobody
from contract_tests.support.kie import KEY
from contract_tests.support.mp4_files import mp4
from klingkit import (
    ConfigurationError,
    MalformedResponse,
    NetworkError,
    SubmissionUncertain,
    _submit,
)

pytestmark = pytest.mark.anyio

FILM = mp4()

OWN_HEADERS = {"X-Team": "studio", "User-Agent": "studio/1", "Authorization": "Basic of-their-own", "Accept": "text/x"}


class Basic(httpx.Auth):
    """An auth of the user's own client, which must not reach kie."""

    def auth_flow(self, request):
        request.headers["Authorization"] = "Basic of-their-own"
        yield request


@EACH_CLIENT
async def test_a_client_of_ones_own(case: ApiCase, kind: str):
    """Its headers are merged; its auth and its redirects are not ours to use; it stays open."""
    seen: list[httpx.Request] = []
    over: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(httpx.Request(request.method, request.url, headers=request.headers))
        over.append(request)
        return case.created() if request.method == "POST" else httpx.Response(302, headers={"Location": "/loop"})

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(
        transport=httpx.MockTransport(handle), headers=OWN_HEADERS, auth=Basic(), follow_redirects=True, timeout=None
    )
    async with opened(kind, case.api, http=own) as client:
        assert await client.submit(case.request) == case.ref
        with pytest.raises(MalformedResponse, match="HTTP 302"):
            await client.get(case.ref)
    assert len(seen) == 2
    assert not own.is_closed
    assert {request.headers["Authorization"] for request in seen} == {f"Bearer {KEY}"}
    assert {request.headers["X-Team"] for request in seen} == {"studio"}
    assert {request.headers["User-Agent"] for request in seen} == {"studio/1"}
    assert {request.headers["Accept"] for request in seen} == {"application/json"}
    assert not any("Authorization" in request.headers for request in over), "a request that is over keeps no key"


@EACH_CLIENT
async def test_a_client_of_ones_own_downloads_without_its_headers(case: ApiCase, kind: str, tmp_path):
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=FILM)

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    async with opened(kind, case.api, http=make(transport=httpx.MockTransport(handle), headers=OWN_HEADERS)) as client:
        await client.download(case.api.read_task(case.ref, case.finished()), tmp_path / "cat.mp4")
    assert "Authorization" not in seen[0].headers
    assert (tmp_path / "cat.mp4").read_bytes() == FILM


@EACH_CLIENT
async def test_a_client_of_ones_own_is_of_the_right_kind(kind: str, case: ApiCase):
    """The other kind would send the paid request, and then not know what to do with its answer."""
    wrong = httpx.AsyncClient() if kind == "sync" else httpx.Client()
    with pytest.raises(ConfigurationError, match="http: an httpx"):
        async with opened(kind, case.api, http=wrong):
            raise AssertionError


@EACH_CLIENT
async def test_what_ones_own_transport_raises_is_ours_and_keeps_its_cause(kind: str, case: ApiCase):
    def broken(request: httpx.Request) -> httpx.Response:
        raise LookupError("a bug of one's own")

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(broken))
    async with opened(kind, case.api, http=own) as client:
        with pytest.raises(SubmissionUncertain, match="LookupError: a bug") as caught:
            await client.submit(case.request)
        with pytest.raises(NetworkError, match="LookupError: a bug"):
            await client.get(case.ref)
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value.__cause__.__cause__, LookupError)


@pytest.mark.parametrize("about", [httpx.Request("POST", "http://log.test"), None])
@EACH_CLIENT
async def test_the_trouble_of_a_hook_proves_nothing_about_the_paid_request(kind: str, case: ApiCase, about):
    """A hook whose own log host is down raises what looks like a connection that was never made."""
    posts: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posts.append(request)
        return case.created()

    def trouble(_: httpx.Response) -> None:
        raise httpx.ConnectError("the log host is down", request=about)

    async def atrouble(response: httpx.Response) -> None:
        trouble(response)

    own: Any = (
        httpx.Client(transport=httpx.MockTransport(answer), event_hooks={"response": [trouble]})
        if kind == "sync"
        else httpx.AsyncClient(transport=httpx.MockTransport(answer), event_hooks={"response": [atrouble]})
    )
    async with opened(kind, case.api, http=own) as client:
        with pytest.raises(SubmissionUncertain):
            await client.submit(case.request)
    assert len(posts) == 1


def again_by_itself(kind: str) -> Any:
    """A client whose transport sends once more by itself, to where nobody listens."""

    class Again(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            with suppress(httpx.ReadError, httpx.RemoteProtocolError):
                self.inner.handle_request(request)
            raise httpx.ConnectError("refused, the second time")

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            with suppress(httpx.ReadError, httpx.RemoteProtocolError):
                await self.inner.handle_async_request(request)
            raise httpx.ConnectError("refused, the second time")

    if kind == "sync":
        return httpx.Client(transport=Again(httpx.HTTPTransport()))
    return httpx.AsyncClient(transport=Again(httpx.AsyncHTTPTransport()))


@EACH_CLIENT
async def test_a_transport_that_sends_twice_by_itself_is_not_believed_that_nothing_was_sent(kind: str, case: ApiCase):
    with hostile(Exchange.reset) as server:
        async with opened(kind, case.make(KEY, server.url), http=again_by_itself(kind)) as client:
            with pytest.raises(SubmissionUncertain, match="refused, the second time"):
                await client.submit(case.request)
    assert server.posts == 1


@pytest.mark.parametrize("real", [True, False], ids=["httpx", "mock"])
@EACH_CLIENT
async def test_a_response_hook_that_names_our_request_does_not_make_us_pay_again(kind: str, case: ApiCase, real: bool):
    posts: list[httpx.Request] = []

    def trouble(response: httpx.Response) -> None:
        posts.append(response.request)
        raise httpx.ConnectError("the log host is down", request=response.request)

    async def atrouble(response: httpx.Response) -> None:
        trouble(response)

    mock: dict[str, Any] = {} if real else {"transport": httpx.MockTransport(lambda _: case.created())}
    own: Any = (
        httpx.Client(event_hooks={"response": [trouble]}, **mock)
        if kind == "sync"
        else httpx.AsyncClient(event_hooks={"response": [atrouble]}, **mock)
    )
    with hostile(lambda exchange: exchange.answer(case.created().content)) as server:
        async with opened(kind, case.make(KEY, server.url), http=own) as client:
            with pytest.raises(SubmissionUncertain, match="the log host is down"):
                await client.submit(case.request)
    assert len(posts) == 1


@EACH_CLIENT
async def test_a_refused_connection_is_believed_whatever_hooks_there_are(kind: str, case: ApiCase, monkeypatch):
    """Nothing was sent, as httpcore traces it: tried again, and no doubt in the end."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.001, 0.001))
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    with nobody() as url:
        async with opened(kind, case.make(KEY, url), http=make(event_hooks={"response": [print]})) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(case.request, timeout=2.0)


@EACH_CLIENT
async def test_a_proxy_that_says_no_was_sent_no_request_of_ours(kind: str, case: ApiCase, monkeypatch):
    """The CONNECT that it refuses creates nothing."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.001, 0.001))
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    with hostile(lambda exchange: exchange.answer(status=403)) as proxy:
        async with opened(kind, case.make(KEY, "https://kling.test"), http=make(proxy=proxy.url)) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(case.request, timeout=2.0)
    assert proxy.requests
    assert all(request.startswith(b"CONNECT") for request in proxy.requests)


class Grudging(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body whose end goes wrong."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self):
        yield self.content

    async def __aiter__(self):
        yield self.content

    def close(self) -> None:
        raise LookupError("a broken farewell")

    async def aclose(self) -> None:
        self.close()


@EACH_CLIENT
async def test_a_broken_farewell_changes_nothing(kind: str, case: ApiCase):
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Grudging(case.created().content))

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    async with opened(kind, case.api, http=make(transport=httpx.MockTransport(answer))) as client:
        assert await client.submit(case.request) == case.ref


# Headers that nothing can send
