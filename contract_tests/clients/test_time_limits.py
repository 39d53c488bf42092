"""Tests that every call ends at its time limit, whatever server or transport do, and tests of the defaults."""

import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, VIDEO_URL, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, AnyClient, open_client, user_http_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF
from contract_tests.support.mp4_files import make_mp4
from contract_tests.support.scripted_server import Behaviour, ServerExchange, scripted_server, within
from klingkit import CallbackEvent, DownloadError, Fixed, KlingkitError, NetworkError, SubmissionUncertain, Video
from klingkit._flow import Fetch, Send
from klingkit._flow._async import AsyncIO
from klingkit._flow._sync import SyncIO
from klingkit._models import Task
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

LIMIT = 0.5
LONGEST_CALL = 4.0
"""Seconds: less than ten times the limit, and far more than a call that keeps the limit takes."""


def stay_silent(exchange: ServerExchange) -> None:
    exchange.stall()


def drip_body(exchange: ServerExchange) -> None:
    """Send a body whose bytes each come in time, and all of them too late; of a type that a download takes."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 9000\r\n\r\n")
    exchange.drip(b" " * 9000)


CALLS: dict[str, tuple[Callable[[AnyClient, str], Any], type[KlingkitError]]] = {
    "submit": (lambda client, _: client.submit(CAT_REQUEST, timeout=LIMIT), SubmissionUncertain),
    "get": (lambda client, _: client.get(TASK_REF, timeout=LIMIT), NetworkError),
    "confirm": (
        lambda client, _: client.confirm(CallbackEvent(Task(TASK_REF, "queued", "waiting")), timeout=LIMIT),
        NetworkError,
    ),
    "wait": (lambda client, _: client.wait(TASK_REF, timeout=LIMIT), KlingkitError),
    "download": (
        lambda client, url: client.download(Video(f"{url}/cat.mp4"), "cat.mp4", timeout=LIMIT),
        DownloadError,
    ),
}


@EACH_CLIENT_KIND
@pytest.mark.parametrize("behaviour", [stay_silent, drip_body])
@pytest.mark.parametrize("call", CALLS)
async def test_a_call_ends_at_its_limit(kind: str, behaviour: Behaviour, call: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start_call, error = CALLS[call]
    with scripted_server(behaviour) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with within(LONGEST_CALL), pytest.raises(error):
                await start_call(client, server.url)
    assert server.posts == (call == "submit")


@EACH_CLIENT_KIND
async def test_the_exchange_of_a_submission_ends_at_its_limit_too(kind: str):
    """Not its caller alone: the paid request has a thread or a task of its own, which would go on."""
    with scripted_server(drip_body) as server, within(LONGEST_CALL):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain):
                await client.submit(CAT_REQUEST, timeout=LIMIT)
            assert await anyio.to_thread.run_sync(server.ended.acquire, True, LONGEST_CALL)


async def test_a_blocking_submission_ends_though_the_transport_ignores_the_limit():
    """The transport of a user's client may ignore limits; an async one is cancelled from outside."""
    test_is_over = threading.Event()

    def hang(_: httpx.Request) -> httpx.Response:
        test_is_over.wait(30)
        return httpx.Response(500)

    async with open_client("sync", KIE.api, http=user_http_client("sync", hang)) as client:
        with within(LONGEST_CALL), pytest.raises(SubmissionUncertain):
            await client.submit(CAT_REQUEST, timeout=LIMIT)
        test_is_over.set()


@pytest.fixture
def limits(monkeypatch) -> list[tuple[str, float]]:
    """Record each exchange that reaches a driver, with its limit in whole seconds."""
    limits: list[tuple[str, float]] = []

    def record_limits(perform: Any) -> Any:
        def record_limit(self: Any, effect: Any, emit: Any = None) -> Any:
            if isinstance(effect, Send | Fetch):
                kind = "download" if isinstance(effect, Fetch) else "paid" if effect.paid else "query"
                limits.append((kind, float(round(effect.timeout))))
            return perform(self, effect, emit)

        return record_limit

    for driver in (SyncIO, AsyncIO):
        monkeypatch.setattr(driver, "perform", record_limits(driver.perform))
    return limits


DEFAULTS: dict[str, tuple[Callable[[AnyClient, ApiCase, Any], Any], list[tuple[str, float]]]] = {
    "submit": (lambda client, api_case, _: client.submit(api_case.request), [("paid", 60.0)]),
    "get": (lambda client, api_case, _: client.get(api_case.ref), [("query", 30.0)]),
    "confirm": (
        lambda client, api_case, _: client.confirm(CallbackEvent(Task(api_case.ref, "succeeded", "success"))),
        [("query", 30.0)],
    ),
    "wait": (lambda client, api_case, _: client.wait(api_case.ref, polling=Fixed(0.001)), [("query", 30.0)]),
    "generate": (
        lambda client, api_case, _: client.generate(api_case.request, polling=Fixed(0.001)),
        [("paid", 60.0), ("query", 30.0)],
    ),
    "download": (
        lambda client, _, path: client.download(Video(VIDEO_URL), path / "cat.mp4"),
        [("download", 600.0)],
    ),
}


@EACH_CLIENT_KIND
@pytest.mark.parametrize("call", DEFAULTS)
@respx.mock
async def test_the_default_limits_reach_the_driver(
    kind: str, call: str, api_case: ApiCase, limits: list[tuple[str, float]], tmp_path
):
    respx.post(api_case.create).mock(return_value=api_case.created())
    respx.get(api_case.query).mock(return_value=api_case.finished())
    respx.get(VIDEO_URL).mock(return_value=httpx.Response(200, content=make_mp4()))
    start_call, expected = DEFAULTS[call]
    async with open_client(kind, api_case.api) as client:
        await start_call(client, api_case, tmp_path)
    assert limits == expected


@EACH_CLIENT_KIND
@respx.mock
async def test_the_driver_passes_the_limit_to_the_transport(kind: str):
    create = respx.post(KIE.create).mock(return_value=KIE.created())
    query = respx.get(KIE.query).mock(return_value=KIE.finished())
    async with open_client(kind, KIE.api) as client:
        await client.submit(CAT_REQUEST, timeout=7.0)
        await client.get(TASK_REF, timeout=7.0)
    for route in (create, query):
        limits = route.calls.last.request.extensions["timeout"]
        assert 6.0 < limits["read"] <= 7.0
        assert max(limits.values()) <= 7.0
