"""The clients on the wire, through respx: blocking, under asyncio and under trio."""

import inspect
import json
from contextlib import aclosing, closing
from functools import partial

import httpx
import pytest
import respx

from contract_tests.support.apis import FILM as URL
from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.both import EVERYWHERE, opened
from contract_tests.support.film import mp4
from contract_tests.support.kie import KEY
from klingkit import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigurationError,
    DownloadError,
    Fixed,
    InvalidRequest,
    NetworkError,
    Task,
    TaskFailed,
)
from klingkit._downloads._part_file import PartFile
from klingkit._flow import _network

pytestmark = pytest.mark.anyio

FAST = Fixed(0.001)
FILM = mp4()


@EVERYWHERE
@respx.mock
async def test_from_a_prompt_to_a_file(case: ApiCase, kind: str, tmp_path):
    create = respx.post(case.create).mock(return_value=case.created())
    query = respx.get(case.query).mock(side_effect=[case.waiting(), case.finished()])
    media = respx.get(URL).mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, case.api) as client:
        ref = await client.submit(case.request, callback_url="https://studio.example/done", extra={"seed": 7})
        task = await client.wait(ref, timeout=60, polling=FAST)
        path = await client.download(task, tmp_path / "cat.mp4")
    assert path.read_bytes() == FILM
    body = json.loads(create.calls.last.request.content)
    assert body[case.callback_field] == "https://studio.example/done"
    assert body["seed"] == 7
    assert query.call_count == 2
    assert "Authorization" not in media.calls.last.request.headers


@EVERYWHERE
@respx.mock
async def test_the_key_goes_to_the_api(case: ApiCase, kind: str):
    seen: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return case.refused(401)

    respx.post(case.create).mock(side_effect=note)
    async with opened(kind, case.api) as client:
        with pytest.raises(AuthenticationError):
            await client.submit(case.request)
        assert KEY not in repr(client.client)
    assert seen == [f"Bearer {KEY}"]


@EVERYWHERE
@respx.mock
async def test_generating_is_submitting_and_waiting(case: ApiCase, kind: str):
    respx.post(case.create).mock(return_value=case.created())
    respx.get(case.query).mock(side_effect=[case.waiting(), case.finished()])
    updates: list[Task] = []
    async with opened(kind, case.api) as client:
        task = await client.generate(case.request, on_update=updates.append, polling=FAST)
    assert (task.ref, task.status) == (case.ref, "succeeded")
    assert [update.status for update in updates] == ["queued", "succeeded"]


@EVERYWHERE
@respx.mock
async def test_get_returns_a_failed_task_and_wait_raises_it(case: ApiCase, kind: str):
    respx.get(case.query).mock(return_value=case.failed("no cats"))
    async with opened(kind, case.api) as client:
        assert (await client.get(case.ref)).status == "failed"
        with pytest.raises(TaskFailed, match="no cats"):
            await client.wait(case.ref)
        assert [task.status for task in await client.watched(case.ref)] == ["failed"]


@EVERYWHERE
@respx.mock
async def test_no_answer_to_a_question_is_a_network_error_that_names_the_task(case: ApiCase, kind: str):
    respx.get(case.query).mock(side_effect=httpx.ReadTimeout("slow"))
    async with opened(kind, case.api) as client:
        with pytest.raises(NetworkError, match=str(case.ref)) as caught:
            await client.get(case.ref)
    assert caught.value.ref == case.ref


@EVERYWHERE
@respx.mock
async def test_bad_options_are_refused_before_anything_is_sent(case: ApiCase, kind: str):
    async with opened(kind, case.api) as client:
        for options in (
            {"callback_url": "nowhere"},
            {"external_task_id": ".."},
            {"callback_url": "https://studio.example", "extra": {case.callback_field: "x"}},
            {"timeout": 0},
        ):
            with pytest.raises(InvalidRequest) as caught:
                await client.submit(case.request, **options)
            assert caught.value.request is case.request
            assert caught.value.api == case.name
    assert respx.calls.call_count == 0


@EVERYWHERE
@respx.mock
async def test_a_media_host_may_redirect_and_gets_no_key(case: ApiCase, kind: str, tmp_path):
    respx.get(case.query).mock(return_value=case.finished())
    respx.get(URL).mock(return_value=httpx.Response(302, headers={"Location": "https://cdn.test/cat.mp4"}))
    final = respx.get("https://cdn.test/cat.mp4").mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, case.api) as client:
        await client.download(await client.get(case.ref), tmp_path / "cat.mp4")
    assert "Authorization" not in final.calls.last.request.headers


@EVERYWHERE
@respx.mock
async def test_a_task_without_a_film_is_refused_before_anything_is_fetched(case: ApiCase, kind: str, tmp_path):
    async with opened(kind, case.api) as client:
        with pytest.raises(DownloadError, match="no video"):
            await client.download(case.api.read_task(case.ref, case.waiting()), tmp_path / "cat.mp4")
    assert respx.calls.call_count == 0
    assert list(tmp_path.iterdir()) == []


@EVERYWHERE
@respx.mock
async def test_the_film_has_the_rights_of_any_new_file(case: ApiCase, kind: str, tmp_path):
    respx.get(URL).mock(return_value=httpx.Response(200, content=FILM))
    async with opened(kind, case.api) as client:
        path = await client.download(case.api.read_task(case.ref, case.finished()), tmp_path / "cat.mp4")
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_on_update_may_be_a_coroutine_function(case: ApiCase):
    respx.get(case.query).mock(side_effect=[case.waiting(), case.finished()])
    seen: list[str] = []

    async def note(task: Task) -> None:
        seen.append(task.status)

    async with AsyncClient(case.api) as client:
        await client.wait(case.ref, on_update=note, polling=FAST)
    assert seen == ["queued", "succeeded"]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@respx.mock
async def test_watching_may_be_left_early(case: ApiCase):
    respx.get(case.query).mock(return_value=case.waiting())
    async with AsyncClient(case.api) as client, aclosing(client.watch(case.ref)) as updates:
        async for task in updates:
            assert task.status == "queued"
            break
    with Client(case.api) as blocking, closing(blocking.watch(case.ref)) as tasks:
        assert next(tasks).status == "queued"


@EVERYWHERE
@respx.mock
async def test_a_media_host_that_cannot_be_reached_is_a_download_error(case: ApiCase, kind: str, tmp_path):
    respx.get(URL).mock(side_effect=httpx.ConnectError("refused"))
    async with opened(kind, case.api) as client:
        with pytest.raises(DownloadError, match="ConnectError: refused"):
            await client.download(case.api.read_task(case.ref, case.finished()), tmp_path / "cat.mp4", timeout=1.0)


@EVERYWHERE
async def test_a_full_disk_is_told_of_the_file_and_of_the_task(kind: str, case: ApiCase, tmp_path, monkeypatch):
    def full(part: PartFile, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartFile, "write", full)
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=FILM)))
    async with opened(kind, case.api, http=own) as client:
        with pytest.raises(DownloadError, match=r"cat\.mp4: No space left on device") as caught:
            await client.download(case.api.read_task(case.ref, case.finished()), tmp_path / "cat.mp4")
    assert (caught.value.ref, caught.value.api, caught.value.again) == (case.ref, case.name, "never")
    assert isinstance(caught.value.__cause__, OSError)
    assert list(tmp_path.iterdir()) == []


@EVERYWHERE
@respx.mock
async def test_closing_closes_what_it_opened(case: ApiCase, kind: str):
    async with opened(kind, case.api) as client:
        io = client.client._io
    assert io.http.is_closed
    assert io.paid.is_closed


@EVERYWHERE
@respx.mock
async def test_a_closed_client_pays_for_nothing(kind: str, case: ApiCase):
    async with opened(kind, case.api) as client:
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        await client.submit(case.request)
    assert respx.calls.call_count == 0


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "SSL_CERT_FILE"])
@EVERYWHERE
async def test_an_environment_that_is_no_good_is_a_matter_of_configuration(monkeypatch, kind: str, name: str):
    monkeypatch.setenv(name, "ftp://nowhere.test/at/all")
    _network.ssl_context.cache_clear()
    try:
        with pytest.raises(ConfigurationError, match="environment"):
            async with opened(kind, KIE.api):
                raise AssertionError
    finally:
        _network.ssl_context.cache_clear()


@EVERYWHERE
@respx.mock
async def test_wrong_arguments_are_refused_before_anything_is_paid_for(kind: str, case: ApiCase):
    async with opened(kind, case.api) as client:
        for call in (
            partial(client.get, None),
            partial(client.get, str(case.ref)),
            partial(client.wait, case.ref, timeout=0),
            partial(client.generate, case.request, polling=None),
            partial(client.generate, case.request, timeout="60"),
            partial(client.submit, None),
            partial(client.submit, case.request, extra=5),
        ):
            with pytest.raises(InvalidRequest) as caught:
                await call()
            assert caught.value.api == case.name
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
