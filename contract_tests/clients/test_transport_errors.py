"""Tests of an httpx client of the user: what klingkit takes from it, and what its errors prove."""

from contextlib import suppress
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import API_KEY, KIE_API, TASK_REF
from contract_tests.support.mp4_files import MP4
from contract_tests.support.scripted_server import ServerExchange, scripted_server, unused_address
from klingkit import ConfigurationError, MalformedResponse, NetworkError, SubmissionUncertain, _submit

pytestmark = pytest.mark.anyio

USER_HEADERS = {"X-Team": "studio", "User-Agent": "studio/1", "Authorization": "Basic of-their-own", "Accept": "text/x"}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.001, 0.001))


class BasicAuth(httpx.Auth):
    """The auth of the user's client, which must not reach the API."""

    def auth_flow(self, request):
        request.headers["Authorization"] = "Basic of-their-own"
        yield request


@EACH_CLIENT_KIND
async def test_notes_and_attributes_of_an_error_show_no_key(kind: str):
    """Transports of users may add parts of the request to their errors."""

    def fail(request: httpx.Request) -> httpx.Response:
        error = httpx.ReadError("lost", request=request)
        error.add_note(f"sent with {request.headers['Authorization']}")
        error.__dict__["sent"] = request.headers["Authorization"]
        raise error

    async with open_client(kind, KIE_API, http=user_http_client(kind, fail)) as client:
        with pytest.raises(NetworkError) as caught:
            await client.get(TASK_REF)
    attributes = vars(caught.value.__cause__)
    assert attributes["__notes__"][0].startswith("sent with ")
    assert attributes["sent"].startswith("Bearer ")
    assert API_KEY not in str(attributes)


@EACH_CLIENT_KIND
async def test_a_users_client_keeps_its_headers_but_not_its_auth(api_case: ApiCase, kind: str):
    """Its redirects are not followed either, and it stays open."""
    copies: list[httpx.Request] = []
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        copies.append(httpx.Request(request.method, request.url, headers=request.headers))
        requests.append(request)
        return api_case.created() if request.method == "POST" else httpx.Response(302, headers={"Location": "/loop"})

    user_client = user_http_client(
        kind, handle, headers=USER_HEADERS, auth=BasicAuth(), follow_redirects=True, timeout=None
    )
    async with open_client(kind, api_case.api, http=user_client) as client:
        assert await client.submit(api_case.request) == api_case.ref
        with pytest.raises(MalformedResponse, match="HTTP 302"):
            await client.get(api_case.ref)
    assert len(copies) == 2
    assert not user_client.is_closed
    expected_headers = {
        "Authorization": f"Bearer {API_KEY}",
        "X-Team": "studio",
        "User-Agent": "studio/1",
        "Accept": "application/json",
    }
    assert all({name: request.headers[name] for name in expected_headers} == expected_headers for request in copies)
    assert not any("Authorization" in request.headers for request in requests), "a request that has ended keeps no key"


@EACH_CLIENT_KIND
async def test_a_users_client_downloads_without_its_headers(api_case: ApiCase, kind: str, tmp_path):
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=MP4)

    async with open_client(kind, api_case.api, http=user_http_client(kind, handle, headers=USER_HEADERS)) as client:
        await client.download(api_case.api.read_task(api_case.ref, api_case.finished()), tmp_path / "cat.mp4")
    assert "Authorization" not in requests[0].headers
    assert (tmp_path / "cat.mp4").read_bytes() == MP4


@EACH_CLIENT_KIND
async def test_a_client_of_the_other_kind_is_refused(kind: str, api_case: ApiCase):
    """Such a client would send the paid request and return no response."""
    other_client = httpx.AsyncClient() if kind == "sync" else httpx.Client()
    with pytest.raises(ConfigurationError, match="http: an httpx"):
        async with open_client(kind, api_case.api, http=other_client):
            raise AssertionError


@EACH_CLIENT_KIND
async def test_an_exception_of_a_users_transport_is_the_cause_of_doubt_and_else_goes_through(
    kind: str, api_case: ApiCase
):
    """An exception of neither httpx nor the operating system says nothing about the network."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise LookupError("a bug in the transport")

    async with open_client(kind, api_case.api, http=user_http_client(kind, fail)) as client:
        with pytest.raises(SubmissionUncertain, match="LookupError: a bug") as caught:
            await client.submit(api_case.request)
        with pytest.raises(LookupError, match="a bug"):
            await client.get(api_case.ref)
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value.__cause__.__cause__, LookupError)


@EACH_CLIENT_KIND
@pytest.mark.parametrize(
    "error",
    [TimeoutError("too long"), ConnectionResetError(104, "reset"), OSError(113, "no route")],
    ids=lambda error: type(error).__name__,
)
async def test_an_operating_systems_error_of_a_users_transport_is_a_network_error(kind: str, error: OSError):
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    async with open_client(kind, KIE_API, http=user_http_client(kind, fail)) as client:
        with pytest.raises(NetworkError, match=str(error.args[-1])):
            await client.get(TASK_REF)


# Errors that look like a connection that was never made, although something was sent


def failing_hook(kind: str, responses: list[httpx.Response], request_of_error: str) -> dict[str, Any]:
    """Return a response hook whose log host is down; its error is about this request, another, or none."""

    def fail(response: httpx.Response) -> None:
        responses.append(response)
        request_by_name = {"this": response.request, "another": httpx.Request("POST", "http://log.test"), "none": None}
        raise httpx.ConnectError("the log host is down", request=request_by_name[request_of_error])

    async def fail_async(response: httpx.Response) -> None:
        fail(response)

    return {"event_hooks": {"response": [fail if kind == "sync" else fail_async]}}


@pytest.mark.parametrize("request_of_error", ["this", "another", "none"])
@pytest.mark.parametrize("real_transport", [True, False], ids=["httpx", "mock"])
@EACH_CLIENT_KIND
async def test_a_response_hook_that_raises_does_not_cause_a_resend(
    kind: str, api_case: ApiCase, real_transport: bool, request_of_error: str
):
    responses: list[httpx.Response] = []
    hook = failing_hook(kind, responses, request_of_error)
    client_class = httpx.Client if kind == "sync" else httpx.AsyncClient
    user_client: Any = (
        client_class(**hook) if real_transport else user_http_client(kind, lambda _: api_case.created(), **hook)
    )
    with scripted_server(lambda exchange: exchange.respond(api_case.created().content)) as server:
        async with open_client(kind, api_case.make(API_KEY, server.url), http=user_client) as client:
            with pytest.raises(SubmissionUncertain, match="the log host is down"):
                await client.submit(api_case.request)
    assert len(responses) == 1


class RetryingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that sends once more by itself, to a host that refuses the connection."""

    def __init__(self, kind: str) -> None:
        self.inner: Any = httpx.HTTPTransport() if kind == "sync" else httpx.AsyncHTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with suppress(httpx.ReadError, httpx.RemoteProtocolError):
            self.inner.handle_request(request)
        raise httpx.ConnectError("refused, the second time")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with suppress(httpx.ReadError, httpx.RemoteProtocolError):
            await self.inner.handle_async_request(request)
        raise httpx.ConnectError("refused, the second time")


@EACH_CLIENT_KIND
async def test_a_connect_error_after_a_retrying_transport_sent_is_uncertain(kind: str, api_case: ApiCase):
    client_class: Any = httpx.Client if kind == "sync" else httpx.AsyncClient
    with scripted_server(ServerExchange.reset) as server:
        async with open_client(
            kind, api_case.make(API_KEY, server.url), http=client_class(transport=RetryingTransport(kind))
        ) as client:
            with pytest.raises(SubmissionUncertain, match="refused, the second time"):
                await client.submit(api_case.request)
    assert server.posts == 1


@EACH_CLIENT_KIND
async def test_a_refused_connection_is_a_network_error_despite_hooks(kind: str, api_case: ApiCase):
    """The trace of httpcore shows that nothing was sent, so the request is repeated, and never uncertain."""
    client_class = httpx.Client if kind == "sync" else httpx.AsyncClient
    with unused_address() as url:
        async with open_client(
            kind, api_case.make(API_KEY, url), http=client_class(event_hooks={"response": [print]})
        ) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(api_case.request, timeout=2.0)


@EACH_CLIENT_KIND
async def test_a_refused_proxy_connect_is_a_network_error(kind: str, api_case: ApiCase):
    """A CONNECT that the proxy refuses creates nothing."""
    client_class = httpx.Client if kind == "sync" else httpx.AsyncClient
    with scripted_server(lambda exchange: exchange.respond(status=403)) as proxy:
        async with open_client(
            kind, api_case.make(API_KEY, "https://kling.test"), http=client_class(proxy=proxy.url)
        ) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(api_case.request, timeout=2.0)
    assert proxy.requests
    assert all(request.startswith(b"CONNECT") for request in proxy.requests)


class FailingClose(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that raises when it is closed."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self):
        yield self.content

    async def __aiter__(self):
        yield self.content

    def close(self) -> None:
        raise LookupError("closing failed")

    async def aclose(self) -> None:
        self.close()


@EACH_CLIENT_KIND
async def test_an_error_while_closing_a_response_is_ignored(kind: str, api_case: ApiCase):
    user_client = user_http_client(kind, lambda _: httpx.Response(200, stream=FailingClose(api_case.created().content)))
    async with open_client(kind, api_case.api, http=user_client) as client:
        assert await client.submit(api_case.request) == api_case.ref
