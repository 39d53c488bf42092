"""Tests of the journal, which records requests and responses without keys."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contract_tests.emulator.kit import Api, ApiClass, Kie, Native, Relay, every_api
from klingkit.emulator import AfterQueries, Emulator, Exchange, Fault, VirtualClock
from klingkit.emulator.http._classification import classify
from klingkit.emulator.journal._journal import Journal


def last_exchange(api: Api) -> Exchange:
    return api.emulator.requests[-1]


@every_api
def test_each_request_is_recorded_with_its_response(api_class: ApiClass) -> None:
    api = api_class()
    response = api.create(api_class.body())
    exchange = last_exchange(api)
    assert (exchange.api, exchange.operation, exchange.method, exchange.path) == (
        api_class.name,
        "create",
        "POST",
        api_class.create_path,
    )
    assert (exchange.status, exchange.task_id, exchange.fault) == (200, api_class.id_in(response), None)
    assert (exchange.response.body, exchange.response.headers["content-type"]) == (response.text, "application/json")
    assert '"prompt": "' in exchange.request.body
    assert exchange.request.headers["host"] == "emulator"
    assert exchange.seconds > 0
    query = api.query(api_class.id_in(response))
    assert (last_exchange(api).operation, last_exchange(api).response.body) == ("query", query.text)
    assert [exchange.id for exchange in api.emulator.requests] == [1, 2]
    assert {exchange.task_id for exchange in api.emulator.requests} == {exchange.task_id}


@pytest.mark.parametrize("api_class", [Native, Relay], ids=["native", "relay"])
def test_a_query_by_external_id_belongs_to_the_task(api_class: ApiClass) -> None:
    api = api_class()
    task_id = api.create_task(external_task_id="mine")
    api.query("mine")
    assert last_exchange(api).task_id == task_id
    api.query("unknown")
    assert (last_exchange(api).task_id, last_exchange(api).status) == ("unknown", api.query("x").status_code)


def test_a_video_is_recorded_without_its_content() -> None:
    api = Kie()
    task_id = api.create_task()
    video = api.video(task_id)
    exchange = last_exchange(api)
    assert (exchange.operation, exchange.task_id, exchange.status) == ("media", task_id, 200)
    assert exchange.response.body == f"(video/mp4, {len(video.content)} bytes)"
    assert exchange.response.content == b""


def test_a_long_body_is_kept_in_part() -> None:
    api = Kie()
    api.send_content(b'{"a":"' + b"x" * 100_000 + b'"}')
    assert len(last_exchange(api).request.content) == 65_536
    assert last_exchange(api).request.cut
    assert last_exchange(api).request.body.endswith("… (100008 bytes)")

    async def pieces() -> Any:
        for _ in range(40):
            yield b"y" * 3_000

    async def send() -> None:
        transport, url = httpx.ASGITransport(api.emulator.app), f"http://emulator{Kie.create_path}"
        async with httpx.AsyncClient(transport=transport) as client:
            await client.post(url, content=pieces(), headers=api.headers | {"Content-Type": "application/json"})

    asyncio.run(send())
    assert len(last_exchange(api).request.content) == 65_536


def test_an_unread_body_is_recorded_as_such() -> None:
    api = Kie()
    api.send_content(b"\x89PNG\0", media_type="image/png")
    assert last_exchange(api).request.body == "(not read)"


def test_a_dropped_request_is_recorded_without_a_response() -> None:
    api = Kie.on_emulator(faults=[Fault("drop")])
    with pytest.raises(httpx.RemoteProtocolError):
        api.create_task()
    assert (last_exchange(api).status, last_exchange(api).fault, last_exchange(api).response.body) == (None, "drop", "")


def test_an_exception_of_the_application_is_recorded_and_raised() -> None:
    emulator = Emulator()

    async def failing_app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a slip")

    async def ask() -> None:
        journal = Journal(failing_app, clock=emulator.clock, exchanges=emulator._engine.exchanges)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            classify(scope)
            await journal(scope, receive, send)

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get("http://emulator/x")

    with pytest.raises(RuntimeError, match="a slip"):
        asyncio.run(ask())
    assert [exchange.status for exchange in emulator.requests] == [None]


def test_a_tenth_as_many_requests_as_tasks_are_kept() -> None:
    api = Kie(Emulator(kept=20, clock=VirtualClock(), finish=AfterQueries(9)))
    task_id = api.create_task()
    for _ in range(5):
        api.query(task_id)
    assert [exchange.id for exchange in api.emulator.requests] == [5, 6]


def send_query(emulator: Emulator, send: Any) -> None:
    """Send a query to the ASGI application, with this `send` function."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"host", b"emulator"), (b"authorization", b"Bearer k")]
    scope = {"type": "http", "method": "GET", "path": Kie.query_path, "query_string": b"taskId=x", "headers": headers}
    asyncio.run(emulator.app({**scope, "raw_path": b"", "scheme": "http", "server": ("emulator", 80)}, receive, send))


def test_a_response_is_recorded_before_its_end_is_sent() -> None:
    emulator = Emulator()
    recorded_at: list[tuple[str, int]] = []

    async def send(message: Any) -> None:
        recorded_at.append((message["type"], len(emulator.requests)))

    send_query(emulator, send)
    assert recorded_at == [("http.response.start", 0), ("http.response.body", 1)]
    assert len(emulator.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault("drop"), Fault("drop", after=True), Fault("stall"), Fault("stall", after=True)),
        *(Fault("stall", seconds=600), Fault("truncate"), Fault("truncate", after=True)),
        *(Fault("refuse", code=500), Fault("html")),
    ],
    ids=lambda fault: f"{fault.kind} {fault.after} {fault.seconds}",
)
def test_an_exchange_is_recorded_before_its_client_sees_the_end(fault: Fault) -> None:
    """This holds for connections that are cut off, for clients that give up, and for responses."""
    api = Native.with_faults(fault)
    with api.emulator.serve() as url, ThreadPoolExecutor(4) as pool:

        def is_not_recorded(_: int) -> bool:
            marker = uuid4().hex
            path = f"{url}{api.create_path}?{marker}"
            timeout = 1 if fault.kind == "stall" else 10
            with suppress(httpx.TransportError), httpx.Client(timeout=timeout, trust_env=False) as client:
                client.post(path, json=api.body(), headers=api.headers)
            exchanges = [exchange for exchange in api.emulator.requests if exchange.query == marker]
            return not (
                len(exchanges) == 1 and exchanges[0].fault == fault.kind and bool(exchanges[0].task_id) is fault.after
            )

        assert sum(pool.map(is_not_recorded, range(4 if fault.kind == "stall" else 40))) == 0


def test_a_slow_download_is_recorded_from_its_beginning_and_once() -> None:
    api = Kie.with_faults(Fault("slow", seconds=600, times=1), Fault("slow", seconds=0.1))
    task_id = api.create_task()
    with api.emulator.serve() as url, httpx.Client(base_url=url, timeout=1, trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"/media/{task_id}.mp4")
        assert (last_exchange(api).fault, last_exchange(api).status) == ("slow", 200)
        video = client.get(f"/media/{task_id}.mp4").content
    slow = [exchange for exchange in api.emulator.requests if exchange.fault == "slow"]
    assert len(slow) == 2
    assert (slow[1].response.size, slow[1].seconds > 0.05) == (len(video), True)


def test_a_stalled_response_replaces_its_unfinished_record() -> None:
    api = Native.with_faults(Fault("stall", seconds=0.05))
    response = api.create(api.body())
    (exchange,) = api.emulator.requests
    assert (exchange.status, exchange.response.body, exchange.fault) == (200, response.text, "stall")


def test_a_stall_is_recorded_once_even_if_its_record_was_dropped_meanwhile() -> None:
    api = Native(Emulator(kept=10, clock=VirtualClock()))  # a tenth of it: one exchange is kept
    exchanges = api.emulator._engine.exchanges
    api.query("a")
    (first,) = api.emulator.requests
    api.query("b")
    assert exchanges.add(first, exchanges.generation, first.id) == first.id
    assert [exchange.task_id for exchange in api.emulator.requests] == ["b"]


def test_long_paths_and_queries_are_kept_in_part() -> None:
    api = Kie()
    for path in (f"{Kie.query_path}?taskId={'x' * 60_000}", f"/api/{'y' * 60_000}"):
        api.request("GET", path)
        exchange = last_exchange(api)
        assert max(map(len, (exchange.path, exchange.query, exchange.task_id or ""))) == 4_097
        assert exchange.shortened
        assert exchange.size < 30_000


def test_a_request_under_way_at_a_reset_is_not_recorded() -> None:
    emulator = Emulator()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            emulator.reset()

    send_query(emulator, send)
    assert emulator.requests == ()
