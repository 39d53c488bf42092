"""Tests of the methods of both kinds of client, through respx; and of closing a client."""

import asyncio
import inspect
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE, RELAY, VIDEO_URL, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF, created_response, task_response
from contract_tests.support.mp4_files import make_mp4
from contract_tests.support.scripted_server import ServerExchange, keeps_alive, scripted_server
from contract_tests.support.slow_server import EACH_ASYNC_BACKEND, SlowServer
from klingkit import (
    AsyncClient,
    AuthenticationError,
    CallbackEvent,
    Client,
    ConfigurationError,
    Fixed,
    InvalidRequest,
    MalformedResponse,
    NetworkError,
    SubmissionUncertain,
    Task,
    TaskFailed,
)
from klingkit._flow import _network
from klingkit._fork import PerProcess
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

SHORT_POLLING = Fixed(0.001)
MP4 = make_mp4()


@EACH_CLIENT_KIND
@respx.mock
async def test_submit_wait_and_download_work_together(api_case: ApiCase, kind: str, tmp_path):
    create = respx.post(api_case.create).mock(return_value=api_case.created())
    query = respx.get(api_case.query).mock(side_effect=[api_case.waiting(), api_case.finished()])
    media = respx.get(VIDEO_URL).mock(return_value=httpx.Response(200, content=MP4))
    async with open_client(kind, api_case.api) as client:
        ref = await client.submit(api_case.request, callback_url="https://studio.example/done", extra={"seed": 7})
        task = await client.wait(ref, timeout=60, polling=SHORT_POLLING)
        path = await client.download(task, tmp_path / "cat.mp4")
    assert path.read_bytes() == MP4
    body = json.loads(create.calls.last.request.content)
    assert body[api_case.callback_field] == "https://studio.example/done"
    assert body["seed"] == 7
    assert query.call_count == 2
    assert "Authorization" not in media.calls.last.request.headers


@EACH_CLIENT_KIND
@respx.mock
async def test_the_key_goes_to_the_api(api_case: ApiCase, kind: str):
    sent_keys: list[str] = []

    def record_key(request: httpx.Request) -> httpx.Response:
        sent_keys.append(request.headers["Authorization"])
        return api_case.refused(401)

    respx.post(api_case.create).mock(side_effect=record_key)
    async with open_client(kind, api_case.api) as client:
        with pytest.raises(AuthenticationError):
            await client.submit(api_case.request)
        assert API_KEY not in repr(client.client)
    assert sent_keys == [f"Bearer {API_KEY}"]


@EACH_CLIENT_KIND
@respx.mock
async def test_generate_submits_and_waits(api_case: ApiCase, kind: str):
    respx.post(api_case.create).mock(return_value=api_case.created())
    respx.get(api_case.query).mock(side_effect=[api_case.waiting(), api_case.finished()])
    updates: list[Task] = []
    async with open_client(kind, api_case.api) as client:
        task = await client.generate(api_case.request, on_update=updates.append, polling=SHORT_POLLING)
    assert (task.ref, task.status) == (api_case.ref, "succeeded")
    assert [update.status for update in updates] == ["queued", "succeeded"]


@EACH_CLIENT_KIND
@respx.mock
async def test_get_returns_a_failed_task_and_wait_raises_it(api_case: ApiCase, kind: str):
    respx.get(api_case.query).mock(return_value=api_case.failed("no cats"))
    async with open_client(kind, api_case.api) as client:
        assert (await client.get(api_case.ref)).status == "failed"
        with pytest.raises(TaskFailed, match="no cats"):
            await client.wait(api_case.ref)
        assert [task.status for task in await client.collect_updates(api_case.ref)] == ["failed"]


@EACH_CLIENT_KIND
@respx.mock
async def test_a_query_without_a_response_is_a_network_error_with_the_task(api_case: ApiCase, kind: str):
    respx.get(api_case.query).mock(side_effect=httpx.ReadTimeout("slow"))
    async with open_client(kind, api_case.api) as client:
        with pytest.raises(NetworkError, match=str(api_case.ref)) as caught:
            await client.get(api_case.ref)
    assert caught.value.ref == api_case.ref


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_watch_can_be_left_early(api_case: ApiCase):
    respx.get(api_case.query).mock(return_value=api_case.waiting())
    async with AsyncClient(api_case.api) as client, aclosing(client.watch(api_case.ref)) as updates:
        async for task in updates:
            assert task.status == "queued"
            break
    with Client(api_case.api) as blocking, closing(blocking.watch(api_case.ref)) as tasks:
        assert next(tasks).status == "queued"


@EACH_CLIENT_KIND
@respx.mock
async def test_closing_closes_the_connections_it_opened(api_case: ApiCase, kind: str):
    async with open_client(kind, api_case.api) as client:
        io = client.client._io
    assert io.http.is_closed
    assert io.paid.is_closed


@EACH_CLIENT_KIND
@respx.mock
async def test_a_closed_client_sends_nothing(kind: str, api_case: ApiCase):
    async with open_client(kind, api_case.api) as client:
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        await client.submit(api_case.request)
    assert respx.calls.call_count == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "ftp://nowhere.test/at/all"),
        ("SSL_CERT_FILE", "ftp://nowhere.test/at/all"),
        ("HTTP_PROXY", "http://proxy:port"),
    ],
)
@EACH_CLIENT_KIND
async def test_bad_proxies_or_certificates_are_a_configuration_error(monkeypatch, kind: str, name: str, value: str):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(_network, "_SSL_CONTEXT", PerProcess(httpx.create_ssl_context))
    with pytest.raises(ConfigurationError, match="environment"):
        async with open_client(kind, KIE.api):
            raise AssertionError


@EACH_CLIENT_KIND
@respx.mock
async def test_invalid_arguments_are_refused_before_sending(kind: str, api_case: ApiCase):
    async with open_client(kind, api_case.api) as client:
        for call in (
            partial(client.get, None),
            partial(client.get, str(api_case.ref)),
            partial(client.wait, api_case.ref, timeout=0),
            partial(client.generate, api_case.request, polling=None),
            partial(client.generate, api_case.request, timeout="60"),
            partial(client.submit, None),
            partial(client.submit, api_case.request, extra=5),
        ):
            with pytest.raises(InvalidRequest) as caught:
                await call()
            assert caught.value.api == api_case.name
    assert respx.calls.call_count == 0


def test_both_clients_have_the_same_methods():
    """The two classes differ only in `await`."""

    def signatures(kind: type) -> dict[str, list[tuple[str, object]]]:
        methods = {name: method for name, method in vars(kind).items() if inspect.isfunction(method) and name[0] != "_"}
        return {
            name: [(parameter.name, parameter.default) for parameter in inspect.signature(method).parameters.values()]
            for name, method in methods.items()
        }

    assert signatures(Client) == signatures(AsyncClient)


@EACH_CLIENT_KIND
@pytest.mark.anyio
async def test_a_closing_client_begins_nothing(kind: str):
    with scripted_server(ServerExchange.respond) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            client.client._io.closing.set()
            with pytest.raises(ConfigurationError, match="closed"):
                await client.submit(CAT_REQUEST)
        assert server.posts == 0


def test_closing_waits_little_longer_than_the_time_limit():
    """`close` waits for a submission in a user's transport that hangs, but only a little past its time limit."""
    arrived, released = threading.Event(), threading.Event()

    def hang(_: httpx.Request) -> httpx.Response:
        arrived.set()
        released.wait(10)
        return httpx.Response(500)

    with httpx.Client(transport=httpx.MockTransport(hang)) as http, ThreadPoolExecutor() as pool:
        client = Client(Kie(API_KEY, "http://kie.test"), http=http)
        submission = pool.submit(client.submit, CAT_REQUEST, timeout=0.1)
        assert arrived.wait(10)
        client.close()
        assert not released.is_set()
        released.set()
        with pytest.raises(SubmissionUncertain):
            submission.result(10)


def test_closing_on_another_event_loop_raises_nothing():
    client = AsyncClient(Kie(API_KEY, "http://kie.test"))

    async def leave_exchange_in_flight() -> None:
        released = anyio.Event()
        client._io.in_flight[released] = client._io.clock() + 60
        with anyio.move_on_after(0.01):
            await released.wait()

    asyncio.run(leave_exchange_in_flight())
    client._io.in_flight.update(dict.fromkeys(client._io.in_flight, -1.0))
    asyncio.run(client.close())


def test_closing_waits_for_a_paid_request():
    """Another thread may be in the middle of a submission."""
    slow = SlowServer()
    with scripted_server(slow) as server, Client(Kie(API_KEY, server.url)) as client, ThreadPoolExecutor() as pool:
        submission = pool.submit(client.submit, CAT_REQUEST)
        assert slow.arrived.wait(10)
        threading.Timer(0.1, slow.respond_now.set).start()
        client.close()
        assert submission.result(10) == TASK_REF


@pytest.mark.anyio
@EACH_ASYNC_BACKEND
async def test_closing_an_async_client_waits_for_a_paid_request():
    slow = SlowServer()
    refs = []

    async def submit(client: AsyncClient[Any]) -> None:
        refs.append(await client.submit(CAT_REQUEST))

    with scripted_server(slow) as server:
        async with anyio.create_task_group() as group, AsyncClient(Kie(API_KEY, server.url)) as client:
            group.start_soon(submit, client)
            await slow.arrival()
            threading.Timer(0.1, slow.respond_now.set).start()
    assert refs == [TASK_REF]


@EACH_CLIENT_KIND
async def test_no_cookies_are_stored(kind: str):
    def set_cookie(exchange: ServerExchange) -> None:
        exchange.respond(task_response("waiting").content, Set_Cookie="session=1; Max-Age=9999", Connection="close")

    with scripted_server(set_cookie) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            await client.get(TASK_REF)
            await client.get(TASK_REF)
            assert len(client.client._io.http.cookies.jar) == 0
        assert not any(b"cookie:" in request.lower() for request in server.requests)


class SlowToken:
    """Auth that runs a function while the client waits for its token, such as one that closes the client."""

    def __init__(self) -> None:
        self.during_token: Callable[[], object] = list

    def token(self) -> str:
        self.during_token()
        return API_KEY

    def renew(self) -> bool:
        return False


@EACH_CLIENT_KIND
@pytest.mark.parametrize("with_user_client", [True, False])
async def test_a_client_that_is_closed_while_a_token_is_made_sends_nothing(kind: str, with_user_client: bool):
    with scripted_server(ServerExchange.respond) as server:
        auth = SlowToken()
        http = user_http_client(kind, lambda _: created_response()) if with_user_client else None
        async with open_client(kind, Kie(base_url=server.url, auth=auth), http=http) as client:
            auth.during_token = client.client._io.closing.set
            with pytest.raises(NetworkError, match="nothing was sent: ClientClosed: the client was closed") as caught:
                await client.submit(CAT_REQUEST)
        assert server.posts == 0
    assert (caught.value.again, client.unclaimed) == ("never", [])


def test_a_blocking_client_whose_connections_are_closed_while_a_token_is_made_sends_nothing():
    with scripted_server(ServerExchange.respond) as server, httpx.Client() as http:
        auth = SlowToken()
        auth.during_token = http.close
        with (
            Client(Kie(base_url=server.url, auth=auth), http=http) as client,
            pytest.raises(NetworkError, match="nothing was sent"),
        ):
            client.submit(CAT_REQUEST)
        assert server.posts == 0


def about_another_task(response: httpx.Response) -> httpx.Response:
    """Return the same response with another task's id."""
    task_ids = {KIE.ref.id, NATIVE.ref.id, RELAY.ref.id}
    text = response.text
    for task_id in task_ids:
        text = text.replace(task_id, "another-task")
    return httpx.Response(response.status_code, text=text, headers={"Content-Type": "application/json"})


@EACH_CLIENT_KIND
@respx.mock
async def test_a_query_refuses_the_record_of_another_task(kind: str, api_case: ApiCase):
    """A cache or a proxy may mix up responses, and the video would be another user's."""
    query = respx.get(api_case.query).mock(return_value=about_another_task(api_case.finished()))
    event = CallbackEvent(Task(api_case.ref, "succeeded", api_case.vendor_states["succeeded"]))
    async with open_client(kind, api_case.api) as client:
        for call in (partial(client.get, api_case.ref), partial(client.confirm, event)):
            with pytest.raises(MalformedResponse, match="another-task"):
                await call()
        query.side_effect = [
            about_another_task(api_case.finished()),
            about_another_task(api_case.failed("no cats")),
            api_case.finished(),
        ]
        task = await client.wait(api_case.ref, polling=SHORT_POLLING)
    assert (task.ref, task.status) == (api_case.ref, "succeeded")
    assert "another-task" not in json.dumps(task.raw)


@keeps_alive
def create_and_keep_alive(exchange: ServerExchange) -> None:
    exchange.respond(created_response().content)


def drop_header_connection_close(monkeypatch: pytest.MonkeyPatch, transport: Any, name: str) -> None:
    """Remove `Connection: close` from all requests: that header alone would close the connection."""
    send = getattr(transport, name)

    def send_without(self: Any, request: httpx.Request) -> Any:
        del request.headers["Connection"]
        return send(self, request)

    monkeypatch.setattr(transport, name, send_without)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("guard", ["the header", "the pool", "the pool of a proxy"])
async def test_each_paid_request_has_its_own_connection(kind: str, guard: str, monkeypatch: pytest.MonkeyPatch):
    """The server may close an idle connection while a paid request is on its way. Each of two guards alone prevents it:

    the header `Connection: close`, and a pool that keeps no connection after a paid request.
    """
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    user_client = make() if guard == "the header" else None
    if user_client is None:
        drop_header_connection_close(monkeypatch, httpx.HTTPTransport, "handle_request")
        drop_header_connection_close(monkeypatch, httpx.AsyncHTTPTransport, "handle_async_request")
    with scripted_server(create_and_keep_alive) as server:
        if guard == "the pool of a proxy":
            monkeypatch.setenv("HTTP_PROXY", server.url)
        url = "http://kie.test" if guard == "the pool of a proxy" else server.url
        async with open_client(kind, Kie(API_KEY, url), http=user_client) as client:
            for _ in range(3):
                await client.submit(CAT_REQUEST)
    assert (server.connections, server.posts) == (3, 3)
    assert all((b"connection: close" in request.lower()) == (user_client is not None) for request in server.requests)
