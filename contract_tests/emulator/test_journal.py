"""The journal of requests and responses, without keys."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Kind, Native, Relay, every_api
from klingkit.emulator import AfterQueries, Emulator, Exchange, Fault, VirtualClock
from klingkit.emulator.http._classification import classify
from klingkit.emulator.journal._journal import Journal


def last(api: Api) -> Exchange:
    return api.emulator.requests[-1]


@every_api
def test_each_request_is_recorded_with_its_response(kind: Kind) -> None:
    api = kind()
    response = api.create(kind.body())
    kept = last(api)
    assert (kept.api, kept.operation, kept.method, kept.path) == (kind.name, "create", "POST", kind.create_path)
    assert (kept.status, kept.task_id, kept.fault) == (200, kind.id_in(response), None)
    assert (kept.response.body, kept.response.headers["content-type"]) == (response.text, "application/json")
    assert '"prompt": "' in kept.request.body
    assert kept.request.headers["host"] == "emulator"
    assert kept.seconds > 0
    query = api.query(kind.id_in(response))
    assert (last(api).operation, last(api).response.body) == ("query", query.text)
    assert [one.id for one in api.emulator.requests] == [1, 2]
    assert {one.task_id for one in api.emulator.requests} == {kept.task_id}


@pytest.mark.parametrize("kind", [Native, Relay], ids=["native", "relay"])
def test_a_query_by_external_id_belongs_to_the_task(kind: Kind) -> None:
    api = kind()
    task_id = api.make(external_task_id="mine")
    api.query("mine")
    assert last(api).task_id == task_id
    api.query("unknown")
    assert (last(api).task_id, last(api).status) == ("unknown", api.query("x").status_code)


def test_a_video_is_recorded_without_its_content() -> None:
    api = Kie()
    task_id = api.make()
    video = api.video(task_id)
    kept = last(api)
    assert (kept.operation, kept.task_id, kept.status) == ("media", task_id, 200)
    assert kept.response.body == f"(video/mp4, {len(video.content)} bytes)"
    assert kept.response.content == b""


def test_a_long_body_is_kept_in_part() -> None:
    api = Kie()
    api.send(b'{"a":"' + b"x" * 100_000 + b'"}')
    assert len(last(api).request.content) == 65_536
    assert last(api).request.cut
    assert last(api).request.body.endswith("… (100008 bytes)")

    async def pieces() -> Any:
        for _ in range(40):
            yield b"y" * 3_000

    async def send() -> None:
        transport, url = httpx.ASGITransport(api.emulator.app), f"http://emulator{Kie.create_path}"
        async with httpx.AsyncClient(transport=transport) as client:
            await client.post(url, content=pieces(), headers=api.headers | {"Content-Type": "application/json"})

    asyncio.run(send())
    assert len(last(api).request.content) == 65_536


def test_an_unread_body_is_noted() -> None:
    api = Kie()
    api.send(b"\x89PNG\0", media_type="image/png")
    assert last(api).request.body == "(not read)"


def test_a_dropped_request_is_recorded_without_a_response() -> None:
    api = Kie.on(faults=[Fault("drop")])
    with pytest.raises(httpx.RemoteProtocolError):
        api.make()
    assert (last(api).status, last(api).fault, last(api).response.body) == (None, "drop", "")


def test_an_exception_of_the_application_is_recorded_and_raised() -> None:
    emulator = Emulator()

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a slip")

    async def ask() -> None:
        journal = Journal(fails, clock=emulator.clock, exchanges=emulator._engine.exchanges)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            classify(scope)
            await journal(scope, receive, send)

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get("http://emulator/x")

    with pytest.raises(RuntimeError, match="a slip"):
        asyncio.run(ask())
    assert [one.status for one in emulator.requests] == [None]


def test_a_tenth_as_many_requests_as_tasks_are_kept() -> None:
    api = Kie(Emulator(kept=20, clock=VirtualClock(), finish=AfterQueries(9)))
    task_id = api.make()
    for _ in range(5):
        api.query(task_id)
    assert [one.id for one in api.emulator.requests] == [5, 6]


def drive(emulator: Emulator, send: Any) -> None:
    """A query, drive by hand."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"host", b"emulator"), (b"authorization", b"Bearer k")]
    scope = {"type": "http", "method": "GET", "path": Kie.query_path, "query_string": b"taskId=x", "headers": headers}
    asyncio.run(emulator.app({**scope, "raw_path": b"", "scheme": "http", "server": ("emulator", 80)}, receive, send))


def test_a_response_is_recorded_before_its_end_is_sent() -> None:
    emulator = Emulator()
    seen: list[tuple[str, int]] = []

    async def send(message: Any) -> None:
        seen.append((message["type"], len(emulator.requests)))

    drive(emulator, send)
    assert seen == [("http.response.start", 0), ("http.response.body", 1)]
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
def test_what_a_client_has_seen_is_recorded_when_it_sees_it(fault: Fault) -> None:
    """Whether it was cut off, gave up, or got a response."""
    api = Native.with_faults(fault)
    with api.emulator.serve() as url, ThreadPoolExecutor(4) as pool:

        def lags(_: int) -> bool:
            marker = uuid4().hex
            path = f"{url}{api.create_path}?{marker}"
            timeout = 1 if fault.kind == "stall" else 10
            with suppress(httpx.TransportError), httpx.Client(timeout=timeout, trust_env=False) as client:
                client.post(path, json=api.body(), headers=api.headers)
            kept = [one for one in api.emulator.requests if one.query == marker]
            return not (len(kept) == 1 and kept[0].fault == fault.kind and bool(kept[0].task_id) is fault.after)

        assert sum(pool.map(lags, range(4 if fault.kind == "stall" else 40))) == 0


def test_a_slow_download_is_recorded_from_its_beginning_and_once() -> None:
    api = Kie.with_faults(Fault("slow", seconds=600, times=1), Fault("slow", seconds=0.1))
    task_id = api.make()
    with api.emulator.serve() as url, httpx.Client(base_url=url, timeout=1, trust_env=False) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"/media/{task_id}.mp4")
        assert (last(api).fault, last(api).status) == ("slow", 200)
        video = client.get(f"/media/{task_id}.mp4").content
    slow = [one for one in api.emulator.requests if one.fault == "slow"]
    assert len(slow) == 2
    assert (slow[1].response.size, slow[1].seconds > 0.05) == (len(video), True)


def test_a_response_that_was_stalled_takes_the_place_of_its_beginning() -> None:
    api = Native.with_faults(Fault("stall", seconds=0.05))
    response = api.create(api.body())
    (kept,) = api.emulator.requests
    assert (kept.status, kept.response.body, kept.fault) == (200, response.text, "stall")


def test_a_stall_is_recorded_once_whatever_is_forgotten_meanwhile() -> None:
    api = Native(Emulator(kept=10, clock=VirtualClock()))  # so one request is kept
    exchanges = api.emulator._engine.exchanges
    api.query("a")
    (first,) = api.emulator.requests
    api.query("b")
    assert exchanges.add(first, exchanges.generation, first.id) == first.id
    assert [one.task_id for one in api.emulator.requests] == ["b"]


def test_long_paths_and_queries_are_kept_in_part() -> None:
    api = Kie()
    for path in (f"{Kie.query_path}?taskId={'x' * 60_000}", f"/api/{'y' * 60_000}"):
        api.ask("GET", path)
        kept = last(api)
        assert max(map(len, (kept.path, kept.query, kept.task_id or ""))) == 4_097
        assert kept.shortened
        assert kept.size < 30_000


def test_a_request_under_way_at_a_reset_is_not_recorded() -> None:
    emulator = Emulator()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            emulator.reset()

    drive(emulator, send)
    assert emulator.requests == ()
