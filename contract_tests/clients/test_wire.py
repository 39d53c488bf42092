"""The clients on the wire, through respx: blocking, under asyncio and under trio."""

import json
from contextlib import aclosing, closing

import httpx
import pytest
import respx

from contract_tests.support.both import EVERYWHERE, opened
from contract_tests.support.kie import API, CAT, CREATE, KEY, QUERY, REF, created, finished, record, refused
from klingkit import (
    AsyncClient,
    AuthenticationError,
    Client,
    DownloadError,
    Fixed,
    InvalidRequest,
    NetworkError,
    Task,
    TaskFailed,
)

pytestmark = pytest.mark.anyio

FAST = Fixed(0.001)
FILM = b"a film"


@EVERYWHERE
@respx.mock
async def test_from_a_prompt_to_a_file(kind: str, tmp_path):
    create = respx.post(CREATE).mock(return_value=created())
    query = respx.get(QUERY, params={"taskId": REF.id}).mock(side_effect=[record("waiting"), finished()])
    media = respx.get("http://media.test/cat.mp4").mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, API) as client:
        ref = await client.submit(CAT, callback_url="https://studio.example/done", extra={"seed": 7})
        task = await client.wait(ref, timeout=60, polling=FAST)
        path = await client.download(task, tmp_path / "cat.mp4")
    assert path.read_bytes() == FILM
    body = json.loads(create.calls.last.request.content)
    assert body["callBackUrl"] == "https://studio.example/done"
    assert body["seed"] == 7
    assert query.call_count == 2
    assert "Authorization" not in media.calls.last.request.headers


@EVERYWHERE
@respx.mock
async def test_the_key_goes_to_the_api(kind: str):
    seen: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return refused(401, 401)

    respx.post(CREATE).mock(side_effect=note)
    async with opened(kind, API) as client:
        with pytest.raises(AuthenticationError):
            await client.submit(CAT)
        assert KEY not in repr(client.client)
    assert seen == [f"Bearer {KEY}"]


@EVERYWHERE
@respx.mock
async def test_generating_is_submitting_and_waiting(kind: str):
    respx.post(CREATE).mock(return_value=created())
    respx.get(QUERY).mock(side_effect=[record("waiting"), finished()])
    updates: list[Task] = []
    async with opened(kind, API) as client:
        task = await client.generate(CAT, on_update=updates.append, polling=FAST)
    assert (task.ref, task.status) == (REF, "succeeded")
    assert [update.status for update in updates] == ["queued", "succeeded"]


@EVERYWHERE
@respx.mock
async def test_get_returns_a_failed_task_and_wait_raises_it(kind: str):
    respx.get(QUERY).mock(return_value=record("fail", failMsg="no cats"))
    async with opened(kind, API) as client:
        assert (await client.get(REF)).status == "failed"
        with pytest.raises(TaskFailed, match="no cats"):
            await client.wait(REF)
        assert [task.status for task in await client.watched(REF)] == ["failed"]


@EVERYWHERE
@respx.mock
async def test_no_answer_to_a_question_is_a_network_error_that_names_the_task(kind: str):
    respx.get(QUERY).mock(side_effect=httpx.ReadTimeout("slow"))
    async with opened(kind, API) as client:
        with pytest.raises(NetworkError, match=str(REF)) as caught:
            await client.get(REF)
    assert caught.value.ref == REF


@EVERYWHERE
@respx.mock
async def test_bad_options_are_refused_before_anything_is_sent(kind: str):
    async with opened(kind, API) as client:
        for options in (
            {"callback_url": "nowhere"},
            {"external_task_id": "mine"},
            {"extra": {"model": "x"}},
            {"timeout": 0},
        ):
            with pytest.raises(InvalidRequest) as caught:
                await client.submit(CAT, **options)
            assert caught.value.request is CAT
            assert caught.value.api == "kie"
    assert respx.calls.call_count == 0


@EVERYWHERE
@respx.mock
async def test_a_media_host_may_redirect_and_gets_no_key(kind: str, tmp_path):
    respx.get(QUERY).mock(return_value=finished())
    respx.get("http://media.test/cat.mp4").mock(
        return_value=httpx.Response(302, headers={"Location": "https://cdn.test/cat.mp4"})
    )
    final = respx.get("https://cdn.test/cat.mp4").mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, API) as client:
        await client.download(await client.get(REF), tmp_path / "cat.mp4")
    assert "Authorization" not in final.calls.last.request.headers


@EVERYWHERE
@respx.mock
async def test_the_file_is_writable_before_anything_is_fetched(kind: str, tmp_path):
    task = API.read(REF, finished())
    async with opened(kind, API) as client:
        with pytest.raises(IsADirectoryError):
            await client.download(task, tmp_path)
        with pytest.raises(FileNotFoundError):
            await client.download(task, tmp_path / "nowhere" / "cat.mp4")
        with pytest.raises(DownloadError, match="no video"):
            await client.download(API.read(REF, record("waiting")), tmp_path / "cat.mp4")
    assert respx.calls.call_count == 0
    assert list(tmp_path.iterdir()) == []


@EVERYWHERE
@respx.mock
async def test_the_film_has_the_rights_of_any_new_file(kind: str, tmp_path):
    respx.get("http://media.test/cat.mp4").mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, API) as client:
        path = await client.download(API.read(REF, finished()), tmp_path / "cat.mp4")
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_on_update_may_be_a_coroutine_function():
    respx.get(QUERY).mock(side_effect=[record("waiting"), finished()])
    seen: list[str] = []

    async def note(task: Task) -> None:
        seen.append(task.status)

    async with AsyncClient(API) as client:
        await client.wait(REF, on_update=note, polling=FAST)
    assert seen == ["queued", "succeeded"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_watching_may_be_left_early():
    respx.get(QUERY).mock(return_value=record("waiting"))
    async with AsyncClient(API) as client, aclosing(client.watch(REF)) as updates:
        async for task in updates:
            assert task.status == "queued"
            break
    with Client(API) as blocking, closing(blocking.watch(REF)) as tasks:
        assert next(tasks).status == "queued"


@EVERYWHERE
@respx.mock
async def test_a_media_host_that_cannot_be_reached_is_a_download_error(kind: str, tmp_path):
    respx.get("http://media.test/cat.mp4").mock(side_effect=httpx.ConnectError("refused"))
    async with opened(kind, API) as client:
        with pytest.raises(DownloadError, match="0 bytes so far"):
            await client.download(API.read(REF, finished()), tmp_path / "cat.mp4", timeout=1.0)


OWN_HEADERS = {"X-Team": "studio", "User-Agent": "studio/1", "Authorization": "Basic of-their-own", "Accept": "text/x"}


class Basic(httpx.Auth):
    """An auth of the user's own client, which must not reach kie."""

    def auth_flow(self, request):
        request.headers["Authorization"] = "Basic of-their-own"
        yield request


@EVERYWHERE
async def test_a_client_of_ones_own(kind: str):
    """Its headers are merged; its auth and its redirects are not ours to use; it stays open."""
    seen: list[httpx.Request] = []
    over: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(httpx.Request(request.method, request.url, headers=request.headers))
        over.append(request)
        return created() if request.method == "POST" else httpx.Response(302, headers={"Location": "/loop"})

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(
        transport=httpx.MockTransport(handle), headers=OWN_HEADERS, auth=Basic(), follow_redirects=True, timeout=None
    )
    async with opened(kind, API, http=own) as client:
        assert await client.submit(CAT) == REF
        with pytest.raises(Exception, match="HTTP 302"):
            await client.get(REF)
    assert len(seen) == 2
    assert not own.is_closed
    assert {request.headers["Authorization"] for request in seen} == {f"Bearer {KEY}"}
    assert {request.headers["X-Team"] for request in seen} == {"studio"}
    assert {request.headers["User-Agent"] for request in seen} == {"studio/1"}
    assert {request.headers["Accept"] for request in seen} == {"application/json"}
    assert not any("Authorization" in request.headers for request in over), "a request that is over keeps no key"


@EVERYWHERE
async def test_a_client_of_ones_own_downloads_without_its_headers(kind: str, tmp_path):
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=FILM)

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    async with opened(kind, API, http=make(transport=httpx.MockTransport(handle), headers=OWN_HEADERS)) as client:
        await client.download(API.read(REF, finished()), tmp_path / "cat.mp4")
    assert "Authorization" not in seen[0].headers
    assert (tmp_path / "cat.mp4").read_bytes() == FILM


@EVERYWHERE
@respx.mock
async def test_closing_closes_what_it_opened(kind: str):
    async with opened(kind, API) as client:
        io = client.client._io
    assert io.http.is_closed
    assert io.paid.is_closed


@respx.mock
def test_both_clients_have_the_same_methods():
    """They differ by `await` alone."""

    def names(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert names(Client) == names(AsyncClient)
