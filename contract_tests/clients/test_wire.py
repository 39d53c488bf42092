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
    Fixed,
    InvalidRequest,
    NetworkError,
    Task,
    TaskFailed,
)
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
