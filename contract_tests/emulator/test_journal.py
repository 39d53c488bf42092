"""What is kept of requests and their answers, and what never is: a key."""

import asyncio
import sys
from typing import Any

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Native, Relay, every_api
from klingkit.emulator import AfterQueries, Emulator, Exchange, Fault, Message, VirtualClock
from klingkit.emulator.journal._journal import Journal

Kind = type[Api]


def last(api: Api) -> Exchange:
    return api.emulator.requests[-1]


@every_api
def test_each_request_is_there_with_its_answer(kind: Kind) -> None:
    api = kind()
    answer = api.create(kind.body())
    kept = last(api)
    assert (kept.api, kept.operation, kept.method, kept.path) == (kind.name, "create", "POST", kind.create_path)
    assert (kept.status, kept.task_id, kept.fault) == (200, kind.id_in(answer), None)
    assert (kept.answer.body, kept.answer.headers["content-type"]) == (answer.text, "application/json")
    assert '"prompt": "' in kept.request.body
    assert kept.request.headers["host"] == "emulator"
    assert kept.seconds > 0
    query = api.query(kind.id_in(answer))
    assert (last(api).operation, last(api).answer.body) == ("query", query.text)
    assert [one.id for one in api.emulator.requests] == [1, 2]
    assert {one.task_id for one in api.emulator.requests} == {kept.task_id}


@pytest.mark.parametrize("kind", [Native, Relay], ids=["native", "relay"])
def test_a_query_by_name_is_about_the_task(kind: Kind) -> None:
    api = kind()
    task_id = api.make(external_task_id="mine")
    api.query("mine")
    assert last(api).task_id == task_id
    api.query("nobody's")
    assert (last(api).task_id, last(api).status) == ("nobody's", api.query("x").status_code)


def test_a_film_is_named_and_not_kept() -> None:
    api = Kie()
    task_id = api.make()
    film = api.film(task_id)
    kept = last(api)
    assert (kept.operation, kept.task_id, kept.status) == ("media", task_id, 200)
    assert kept.answer.body == f"(video/mp4, {len(film.content)} bytes)"
    assert kept.answer.content == b""


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


def test_a_body_that_nobody_has_read_is_not_there() -> None:
    """One that is refused by its headers."""
    api = Kie()
    api.send(b"\x89PNG\0", media_type="image/png")
    assert last(api).request.body == "(not read)"
    assert verdict(api, 1) is None


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [
        (b"plain", b"", "plain"),
        (b"<a/>", b"application/xml", "<a/>"),
        (b"a\0b", b"", "(no content type, 3 bytes)"),
        (b"\xff", b"image/png", "(image/png, 1 bytes)"),
        (b"\xff", b"text/plain", "\ufffd"),
        (b"", b"", ""),
    ],
    ids=["plain", "xml", "zero", "png", "broken", "empty"],
)
def test_a_body_that_is_no_text_is_named(content: bytes, kind: bytes, body: str) -> None:
    headers = ((b"content-type", kind),) if kind else ()
    assert Message(headers, content, len(content)).body == body


KEY = "a-key-that-nobody-may-see"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f"Bearer {KEY}", "Bearer …-see"),
        (f"bearer {KEY}", "Bearer …-see"),
        ("Bearer short-key", "Bearer …"),
        (f"Basic {KEY}", "…"),
        (KEY, "…"),
    ],
)
def test_a_key_is_never_shown(value: str, shown: str) -> None:
    api = Kie()
    api.ask("GET", Kie.query_path, headers={"Authorization": value, "Cookie": KEY, "X-Twice": "1"})
    headers = last(api).request.headers
    assert (headers["authorization"], headers["cookie"]) == (shown, "…")
    assert KEY not in repr(last(api)) + str(headers) + str(last(api).request)
    assert api.emulator.tasks == ()


def test_keys_in_other_places_are_not_shown_either() -> None:
    api = Kie()
    headers = {"X-Api-Key": KEY, "Api-Token": KEY, "X-Signature": KEY, "Proxy-Authorization": f"Bearer {KEY}"}
    query = f"taskId=a%20b&api_key={KEY}&%74oken={KEY}&key={KEY}&plain&empty="
    api.ask("GET", f"{Kie.query_path}?{query}", headers=headers)
    assert last(api).query == "taskId=a%20b&api_key=…&%74oken=…&key=…&plain&empty="
    assert last(api).task_id == "a b"
    assert KEY not in repr(last(api)) + str(last(api).request)


def test_headers_that_come_twice_are_both_there() -> None:
    api = Kie()

    async def send() -> None:
        transport = httpx.ASGITransport(api.emulator.app)
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get(f"http://emulator{Kie.query_path}", headers=[("X-A", "1"), ("x-a", "2")])

    asyncio.run(send())
    assert last(api).request.headers["x-a"] == "1, 2"


def test_what_was_dropped_is_there_without_an_answer() -> None:
    api = Kie.on(faults=[Fault("drop")])
    with pytest.raises(httpx.RemoteProtocolError):
        api.make()
    assert (last(api).status, last(api).fault, last(api).answer.body) == (None, "drop", "")


def test_an_error_of_the_application_is_noted_and_passed_on() -> None:
    emulator = Emulator()

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("a slip")

    async def ask() -> None:
        journal = Journal(fails, clock=emulator.clock, exchanges=emulator._engine.exchanges)
        transport = httpx.ASGITransport(journal)
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


@pytest.mark.parametrize("name", ["slots", "rate", "kept"])
def test_limits_are_one_at_least(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number from 1 to 1000000000, is 0"):
        Emulator(**{name: 0})  # type: ignore[arg-type]  # a wrong one, on purpose


def verdict(api: Api, exchange_id: int) -> Any:
    answer = api.ask("GET", f"/_emulator/requests/{exchange_id}", headers={"Host": "localhost"})
    return answer.json()["verdict"]


@every_api
def test_the_spec_has_a_say_about_each(kind: Kind) -> None:
    api = kind()
    task_id = api.make()
    api.query(task_id)
    api.query("unknown")
    assert [verdict(api, n)["request"] for n in (1, 2, 3)] == [[], [], []]
    assert [verdict(api, n)["answer"] for n in (1, 2)] == [[], []]
    api.create(kind.body() | {"model": 7, "model_name": 7})
    assert any("model" in one for one in verdict(api, 4)["request"])


def test_of_what_was_not_answered_it_judges_the_request() -> None:
    api = Kie.on(faults=[Fault("drop")])
    with pytest.raises(httpx.RemoteProtocolError):
        api.make()
    assert verdict(api, 1) == {"request": [], "answer": []}


def test_it_has_none_about_what_it_does_not_know() -> None:
    api = Kie()
    api.film(api.make())
    api.ask("GET", "/api/v1/other")
    api.send(b" " * 100_000)
    assert [verdict(api, n) for n in (3, 4, 5)] == [None, None, None]
    official = Native.on(dialect="official")
    official.ask("POST", Native.create_path, json=Native.body())
    assert verdict(official, 1) is None
    relayed = Native.on(dialect="relay")
    relayed.make()
    assert verdict(relayed, 1) == {"request": [], "answer": []}


def test_without_the_contracts_extra_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from klingkit.emulator.inspector import _verdict  # noqa: PLC0415 - to forget what it has read

    _verdict._contract.cache_clear()
    monkeypatch.setitem(sys.modules, "klingkit.contract", None)
    api = Kie()
    api.make()
    assert verdict(api, 1) is None


def driven(emulator: Emulator, send: Any) -> None:
    """A query, driven by hand."""

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"host", b"emulator"), (b"authorization", b"Bearer k")]
    scope = {"type": "http", "method": "GET", "path": Kie.query_path, "query_string": b"taskId=x", "headers": headers}
    asyncio.run(emulator.app({**scope, "raw_path": b"", "scheme": "http", "server": ("emulator", 80)}, receive, send))


def test_whoever_has_an_answer_finds_it_taken_down() -> None:
    """The last of it leaves after that, whatever the server's thread does meanwhile."""
    emulator = Emulator()
    seen: list[tuple[str, int]] = []

    async def send(message: Any) -> None:
        seen.append((message["type"], len(emulator.requests)))

    driven(emulator, send)
    assert seen == [("http.response.start", 0), ("http.response.body", 1)]
    assert len(emulator.requests) == 1


def test_a_request_under_way_at_a_reset_is_forgotten_with_the_rest() -> None:
    emulator = Emulator()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            emulator.reset()

    driven(emulator, send)
    assert emulator.requests == ()
