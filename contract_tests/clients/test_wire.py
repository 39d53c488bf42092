"""The clients on the wire, through respx: blocking, under asyncio and under trio."""

import inspect
import json
from contextlib import aclosing, closing
from functools import partial
from typing import Any

import httpx
import pytest
import respx

from contract_tests.support.apis import FILM as URL
from contract_tests.support.apis import KIE, Speech
from contract_tests.support.both import EVERYWHERE, opened
from contract_tests.support.kie import KEY
from klingkit import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigurationError,
    DownloadError,
    Fixed,
    InvalidRequest,
    MalformedResponse,
    NetworkError,
    SubmissionUncertain,
    Task,
    TaskFailed,
)
from klingkit._flow import PartFile, _wire

pytestmark = pytest.mark.anyio

FAST = Fixed(0.001)
FILM = b"a film"


@EVERYWHERE
@respx.mock
async def test_from_a_prompt_to_a_file(speech: Speech, kind: str, tmp_path):
    create = respx.post(speech.create).mock(return_value=speech.created())
    query = respx.get(speech.query).mock(side_effect=[speech.waiting(), speech.finished()])
    media = respx.get(URL).mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, speech.api) as client:
        ref = await client.submit(speech.request, callback_url="https://studio.example/done", extra={"seed": 7})
        task = await client.wait(ref, timeout=60, polling=FAST)
        path = await client.download(task, tmp_path / "cat.mp4")
    assert path.read_bytes() == FILM
    body = json.loads(create.calls.last.request.content)
    assert body[speech.callback_field] == "https://studio.example/done"
    assert body["seed"] == 7
    assert query.call_count == 2
    assert "Authorization" not in media.calls.last.request.headers


@EVERYWHERE
@respx.mock
async def test_the_key_goes_to_the_api(speech: Speech, kind: str):
    seen: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return speech.refused(401)

    respx.post(speech.create).mock(side_effect=note)
    async with opened(kind, speech.api) as client:
        with pytest.raises(AuthenticationError):
            await client.submit(speech.request)
        assert KEY not in repr(client.client)
    assert seen == [f"Bearer {KEY}"]


@EVERYWHERE
@respx.mock
async def test_generating_is_submitting_and_waiting(speech: Speech, kind: str):
    respx.post(speech.create).mock(return_value=speech.created())
    respx.get(speech.query).mock(side_effect=[speech.waiting(), speech.finished()])
    updates: list[Task] = []
    async with opened(kind, speech.api) as client:
        task = await client.generate(speech.request, on_update=updates.append, polling=FAST)
    assert (task.ref, task.status) == (speech.ref, "succeeded")
    assert [update.status for update in updates] == ["queued", "succeeded"]


@EVERYWHERE
@respx.mock
async def test_get_returns_a_failed_task_and_wait_raises_it(speech: Speech, kind: str):
    respx.get(speech.query).mock(return_value=speech.failed("no cats"))
    async with opened(kind, speech.api) as client:
        assert (await client.get(speech.ref)).status == "failed"
        with pytest.raises(TaskFailed, match="no cats"):
            await client.wait(speech.ref)
        assert [task.status for task in await client.watched(speech.ref)] == ["failed"]


@EVERYWHERE
@respx.mock
async def test_no_answer_to_a_question_is_a_network_error_that_names_the_task(speech: Speech, kind: str):
    respx.get(speech.query).mock(side_effect=httpx.ReadTimeout("slow"))
    async with opened(kind, speech.api) as client:
        with pytest.raises(NetworkError, match=str(speech.ref)) as caught:
            await client.get(speech.ref)
    assert caught.value.ref == speech.ref


@EVERYWHERE
@respx.mock
async def test_bad_options_are_refused_before_anything_is_sent(speech: Speech, kind: str):
    async with opened(kind, speech.api) as client:
        for options in (
            {"callback_url": "nowhere"},
            {"external_task_id": ".."},
            {"callback_url": "https://studio.example", "extra": {speech.callback_field: "x"}},
            {"timeout": 0},
        ):
            with pytest.raises(InvalidRequest) as caught:
                await client.submit(speech.request, **options)
            assert caught.value.request is speech.request
            assert caught.value.api == speech.name
    assert respx.calls.call_count == 0


@EVERYWHERE
@respx.mock
async def test_a_media_host_may_redirect_and_gets_no_key(speech: Speech, kind: str, tmp_path):
    respx.get(speech.query).mock(return_value=speech.finished())
    respx.get(URL).mock(return_value=httpx.Response(302, headers={"Location": "https://cdn.test/cat.mp4"}))
    final = respx.get("https://cdn.test/cat.mp4").mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, speech.api) as client:
        await client.download(await client.get(speech.ref), tmp_path / "cat.mp4")
    assert "Authorization" not in final.calls.last.request.headers


@EVERYWHERE
@respx.mock
async def test_the_file_is_writable_before_anything_is_fetched(speech: Speech, kind: str, tmp_path):
    task = speech.api.read(speech.ref, speech.finished())
    async with opened(kind, speech.api) as client:
        with pytest.raises(IsADirectoryError):
            await client.download(task, tmp_path)
        with pytest.raises(FileNotFoundError):
            await client.download(task, tmp_path / "nowhere" / "cat.mp4")
        with pytest.raises(DownloadError, match="no video"):
            await client.download(speech.api.read(speech.ref, speech.waiting()), tmp_path / "cat.mp4")
    assert respx.calls.call_count == 0
    assert list(tmp_path.iterdir()) == []


@EVERYWHERE
@respx.mock
async def test_the_film_has_the_rights_of_any_new_file(speech: Speech, kind: str, tmp_path):
    respx.get(URL).mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, speech.api) as client:
        path = await client.download(speech.api.read(speech.ref, speech.finished()), tmp_path / "cat.mp4")
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_on_update_may_be_a_coroutine_function(speech: Speech):
    respx.get(speech.query).mock(side_effect=[speech.waiting(), speech.finished()])
    seen: list[str] = []

    async def note(task: Task) -> None:
        seen.append(task.status)

    async with AsyncClient(speech.api) as client:
        await client.wait(speech.ref, on_update=note, polling=FAST)
    assert seen == ["queued", "succeeded"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_watching_may_be_left_early(speech: Speech):
    respx.get(speech.query).mock(return_value=speech.waiting())
    async with AsyncClient(speech.api) as client, aclosing(client.watch(speech.ref)) as updates:
        async for task in updates:
            assert task.status == "queued"
            break
    with Client(speech.api) as blocking, closing(blocking.watch(speech.ref)) as tasks:
        assert next(tasks).status == "queued"


@EVERYWHERE
@respx.mock
async def test_a_media_host_that_cannot_be_reached_is_a_download_error(speech: Speech, kind: str, tmp_path):
    respx.get(URL).mock(side_effect=httpx.ConnectError("refused"))
    async with opened(kind, speech.api) as client:
        with pytest.raises(DownloadError, match="ConnectError: refused"):
            await client.download(speech.api.read(speech.ref, speech.finished()), tmp_path / "cat.mp4", timeout=1.0)


@EVERYWHERE
async def test_a_full_disk_is_told_as_it_is_and_leaves_nothing(kind: str, speech: Speech, tmp_path, monkeypatch):
    def full(part: PartFile, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartFile, "write", full)
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=FILM)))
    async with opened(kind, speech.api, http=own) as client:
        with pytest.raises(OSError, match="No space left"):
            await client.download(speech.api.read(speech.ref, speech.finished()), tmp_path / "cat.mp4")
    assert list(tmp_path.iterdir()) == []


OWN_HEADERS = {"X-Team": "studio", "User-Agent": "studio/1", "Authorization": "Basic of-their-own", "Accept": "text/x"}


class Basic(httpx.Auth):
    """An auth of the user's own client, which must not reach kie."""

    def auth_flow(self, request):
        request.headers["Authorization"] = "Basic of-their-own"
        yield request


@EVERYWHERE
async def test_a_client_of_ones_own(speech: Speech, kind: str):
    """Its headers are merged; its auth and its redirects are not ours to use; it stays open."""
    seen: list[httpx.Request] = []
    over: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(httpx.Request(request.method, request.url, headers=request.headers))
        over.append(request)
        return speech.created() if request.method == "POST" else httpx.Response(302, headers={"Location": "/loop"})

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(
        transport=httpx.MockTransport(handle), headers=OWN_HEADERS, auth=Basic(), follow_redirects=True, timeout=None
    )
    async with opened(kind, speech.api, http=own) as client:
        assert await client.submit(speech.request) == speech.ref
        with pytest.raises(MalformedResponse, match="HTTP 302"):
            await client.get(speech.ref)
    assert len(seen) == 2
    assert not own.is_closed
    assert {request.headers["Authorization"] for request in seen} == {f"Bearer {KEY}"}
    assert {request.headers["X-Team"] for request in seen} == {"studio"}
    assert {request.headers["User-Agent"] for request in seen} == {"studio/1"}
    assert {request.headers["Accept"] for request in seen} == {"application/json"}
    assert not any("Authorization" in request.headers for request in over), "a request that is over keeps no key"


@EVERYWHERE
async def test_a_client_of_ones_own_downloads_without_its_headers(speech: Speech, kind: str, tmp_path):
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=FILM)

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    async with opened(
        kind, speech.api, http=make(transport=httpx.MockTransport(handle), headers=OWN_HEADERS)
    ) as client:
        await client.download(speech.api.read(speech.ref, speech.finished()), tmp_path / "cat.mp4")
    assert "Authorization" not in seen[0].headers
    assert (tmp_path / "cat.mp4").read_bytes() == FILM


@EVERYWHERE
@respx.mock
async def test_closing_closes_what_it_opened(speech: Speech, kind: str):
    async with opened(kind, speech.api) as client:
        io = client.client._io
    assert io.http.is_closed
    assert io.paid.is_closed


@EVERYWHERE
async def test_a_client_of_ones_own_is_of_the_right_kind(kind: str, speech: Speech):
    """The other kind would send the paid request, and then not know what to do with its answer."""
    wrong = httpx.AsyncClient() if kind == "sync" else httpx.Client()
    with pytest.raises(ConfigurationError, match="http: an httpx"):
        async with opened(kind, speech.api, http=wrong):
            raise AssertionError


@EVERYWHERE
@respx.mock
async def test_a_closed_client_pays_for_nothing(kind: str, speech: Speech):
    async with opened(kind, speech.api) as client:
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        await client.submit(speech.request)
    assert respx.calls.call_count == 0


@EVERYWHERE
async def test_what_ones_own_transport_raises_is_ours_and_keeps_its_cause(kind: str, speech: Speech):
    def broken(request: httpx.Request) -> httpx.Response:
        raise LookupError("a bug of one's own")

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(broken))
    async with opened(kind, speech.api, http=own) as client:
        with pytest.raises(SubmissionUncertain, match="LookupError: a bug") as caught:
            await client.submit(speech.request)
        with pytest.raises(NetworkError, match="LookupError: a bug"):
            await client.get(speech.ref)
    assert caught.value.__cause__ is not None
    assert isinstance(caught.value.__cause__.__cause__, LookupError)


@pytest.mark.parametrize("about", [httpx.Request("POST", "http://log.test"), None])
@EVERYWHERE
async def test_the_trouble_of_a_hook_proves_nothing_about_the_paid_request(kind: str, speech: Speech, about):
    """A hook whose own log host is down raises what looks like a connection that was never made."""
    posts: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        posts.append(request)
        return speech.created()

    def trouble(_: httpx.Response) -> None:
        raise httpx.ConnectError("the log host is down", request=about)

    async def atrouble(response: httpx.Response) -> None:
        trouble(response)

    own: Any = (
        httpx.Client(transport=httpx.MockTransport(answer), event_hooks={"response": [trouble]})
        if kind == "sync"
        else httpx.AsyncClient(transport=httpx.MockTransport(answer), event_hooks={"response": [atrouble]})
    )
    async with opened(kind, speech.api, http=own) as client:
        with pytest.raises(SubmissionUncertain):
            await client.submit(speech.request)
    assert len(posts) == 1


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


@EVERYWHERE
async def test_a_broken_farewell_changes_nothing(kind: str, speech: Speech):
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Grudging(speech.created().content))

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    async with opened(kind, speech.api, http=make(transport=httpx.MockTransport(answer))) as client:
        assert await client.submit(speech.request) == speech.ref


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "SSL_CERT_FILE"])
@EVERYWHERE
async def test_an_environment_that_is_no_good_is_a_matter_of_configuration(monkeypatch, kind: str, name: str):
    monkeypatch.setenv(name, "ftp://nowhere.test/at/all")
    _wire.shared_ssl.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="environment"):
            async with opened(kind, KIE.api):
                raise AssertionError
    finally:
        _wire.shared_ssl.cache_clear()


@EVERYWHERE
@respx.mock
async def test_wrong_arguments_are_refused_before_anything_is_paid_for(kind: str, speech: Speech):
    async with opened(kind, speech.api) as client:
        for call in (
            partial(client.get, None),
            partial(client.get, str(speech.ref)),
            partial(client.wait, speech.ref, timeout=0),
            partial(client.generate, speech.request, polling=None),
            partial(client.generate, speech.request, timeout="60"),
            partial(client.submit, None),
            partial(client.submit, speech.request, extra=5),
        ):
            with pytest.raises(InvalidRequest) as caught:
                await call()
            assert caught.value.api == speech.name
    assert respx.calls.call_count == 0


def test_both_clients_have_the_same_methods():
    """They differ by `await` alone."""

    def signatures(kind: type) -> dict[str, list[tuple[str, object]]]:
        methods = {name: method for name, method in vars(kind).items() if inspect.isfunction(method) and name[0] != "_"}
        return {
            name: [(parameter.name, parameter.default) for parameter in inspect.signature(method).parameters.values()]
            for name, method in methods.items()
        }

    assert signatures(Client) == signatures(AsyncClient)
