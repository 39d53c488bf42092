"""Which pages reach the APIs: none of another origin, unless it was allowed."""

import re
import socket
from typing import Any

import httpx
import pytest

from contract_tests.emulator.control_client import ask
from contract_tests.emulator.kit import Kie, Kind, every_api
from klingkit.emulator import Emulator, Fault, VirtualClock
from klingkit.emulator.http._access import MAX_HEADERS
from klingkit.emulator.http._guard import MAX_INCOMING
from klingkit.emulator.http._serving import MAX_LINES

HOST = {"Host": "localhost:8900"}
SHOP = "http://localhost:3000"
OTHERS: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": SHOP},
    {"Origin": "http://localhost:8900.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Origin": SHOP},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "cross-site"},
]
OURS: list[dict[str, str]] = [
    {},
    {"Origin": "http://localhost:8900"},
    {"Origin": "http://localhost:8900", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
]
PATHS = ["/_emulator/state", "/_emulator/events", Kie.query_path, "/media/x.mp4", "/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", OTHERS, ids=str)
def test_a_page_of_another_origin_reaches_nothing(path: str, headers: dict[str, str]) -> None:
    response = ask(Emulator(cors=["http://localhost:3001"]), "GET", path, HOST | headers)
    assert (response.status_code, "--cors ORIGIN" in response.text) == (403, True)
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/_emulator/state", Kie.query_path, "/media/x.mp4", "/"])
@pytest.mark.parametrize("headers", OURS, ids=str)
def test_programs_and_the_own_page_are_served(path: str, headers: dict[str, str]) -> None:
    assert ask(Emulator(), "GET", path, HOST | headers).status_code in {200, 401, 404}


@every_api
@pytest.mark.parametrize("headers", OTHERS, ids=str)
def test_a_page_of_another_origin_makes_no_task(kind: Kind, headers: dict[str, str]) -> None:
    api = kind.on()
    response = api.ask("POST", api.create_path, json=api.calling("http://127.0.0.1:9/"), headers=headers)
    assert (response.status_code, len(api.emulator.tasks), api.emulator.deliveries) == (403, 0, ())


def test_a_link_may_lead_to_the_page_and_a_video_may_be_shown() -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    shown = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "video"}
    emulator = Emulator()
    assert ask(emulator, "GET", "/", HOST | link).status_code == 200
    assert ask(emulator, "GET", "/media/x.mp4", HOST | shown).status_code == 404
    assert ask(emulator, "GET", "/_emulator/state", HOST | shown).text.startswith("a page of another site has sent")
    assert ask(emulator, "POST", Kie.create_path, HOST | link).status_code == 403


def test_the_page_behind_a_proxy_has_the_public_origin() -> None:
    emulator = Emulator(public_url="https://kling.test/")
    for origin, status in (("https://kling.test", 200), ("https://kling.test:8443", 403)):
        assert ask(emulator, "GET", "/_emulator/state", HOST | {"Origin": origin}).status_code == status


PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "POST"} | {
    "Access-Control-Request-Headers": "authorization,content-type"
}


def test_a_preflight_of_an_allowed_origin() -> None:
    emulator = Emulator(cors=["http://Localhost:3000", "https://shop.example:443"])
    response = ask(emulator, "OPTIONS", Kie.create_path, HOST | PREFLIGHT | {"Sec-Fetch-Site": "same-site"})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert response.headers["Vary"] == "Origin"
    assert ask(emulator, "OPTIONS", Kie.create_path, HOST).status_code == 405
    other = ask(emulator, "OPTIONS", Kie.create_path, HOST | PREFLIGHT | {"Origin": "http://localhost:3001"})
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (403, False)


@every_api
def test_a_page_of_an_allowed_origin_uses_the_apis(kind: Kind) -> None:
    api = kind.on(cors=[SHOP, "https://shop.example:443"], faults=[Fault("html", operation="query", times=1)])
    headers = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site"}
    responses = [api.ask("POST", api.create_path, json=body, headers=headers) for body in (api.body(), {})]
    task_id = api.id_in(responses[0])
    responses += [api.ask("GET", path, headers=headers) for path in (api.path_of(task_id), f"/media/{task_id}.mp4")]
    assert [response.status_code for response in responses][::2] == [200, 502]
    for response in responses:
        assert response.headers["Access-Control-Allow-Origin"] == SHOP
    headers["Origin"] = "https://shop.example"
    assert api.ask("GET", api.path_of(task_id), headers=headers).status_code == 200


def test_the_control_paths_are_for_the_own_page_alone() -> None:
    emulator = Emulator(cors=[SHOP])
    headers = HOST | PREFLIGHT
    assert "access-control-allow-origin" not in ask(emulator, "OPTIONS", "/_emulator/faults", headers).headers
    assert "access-control-allow-origin" not in ask(emulator, "GET", "/_emulator/state", headers).headers


@pytest.mark.parametrize("origin", ["*", "localhost:3000", "http://a/", "ftp://a", "http://", "http://a b", "null"])
def test_an_invalid_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=re.escape("cors: an origin must be http or https with a host, like")):
        Emulator(cors=[origin])


@pytest.mark.parametrize("path", [Kie.query_path, "/_emulator/state", "/media/x.mp4"])
def test_too_many_headers_are_rejected(path: str) -> None:
    headers = [("Host", "localhost"), *((f"a{number}", "") for number in range(MAX_HEADERS))]

    def status(number: int) -> int:
        return emulator_ask(path, headers[:number]).status_code

    added = 4  # httpx's own: Accept, Accept-Encoding, Connection, User-Agent
    assert status(MAX_HEADERS - added + 1) == 431
    assert status(MAX_HEADERS - added) != 431


def test_what_follows_too_many_headers_is_not_read() -> None:
    with Emulator().serve() as url, socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 10) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * (MAX_LINES + 1))
        response = raw.recv(1000)
        raw.sendall(b"a:b\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while more := raw.recv(1000):
            response += more
    assert response.startswith(b"HTTP/1.1 431 ")
    assert response.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/api/" + "x" * 17_000, [], 414),
        (f"{Kie.query_path}?{'x' * 17_000}", [], 414),
        (f"/_emulator/state?{'x' * 17_000}", [], 414),
        (Kie.query_path, [("a", "x" * 33_000)], 431),
        (f"{Kie.query_path}?{'x' * 15_000}", [("a", "x" * 30_000)], 401),
    ],
)
def test_too_much_in_the_head_is_rejected_and_closes_the_connection(
    path: str, headers: list[tuple[str, str]], status: int
) -> None:
    response = emulator_ask(path, [("Host", "localhost"), *headers])
    assert (response.status_code, response.headers.get("Connection")) == (status, None if status == 401 else "close")


def emulator_ask(path: str, headers: list[tuple[str, str]]) -> httpx.Response:
    return ask(EMULATOR, "GET", path, headers)  # type: ignore[arg-type]  # pairs, too


EMULATOR = Emulator(clock=VirtualClock())


def test_a_rejected_request_keeps_no_more_headers_than_may_be() -> None:
    emulator = Emulator()
    many = {"Host": "localhost", **{f"a{number}": "" for number in range(3 * MAX_HEADERS)}}
    ask(emulator, "GET", Kie.query_path, many)
    (kept,) = emulator.requests
    assert (kept.status, len(kept.request.raw)) == (431, MAX_HEADERS)


def test_bodies_under_way_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not fit beside the others counts as one that ended early."""
    assert MAX_INCOMING < 32 * 1024 * 1024
    monkeypatch.setattr("klingkit.emulator.http._guard.MAX_INCOMING", 1_000)
    api = Kie.on()
    big: Any = api.body() | {"x": "y" * 2_000}
    assert "ended early" in api.message(api.create(big), "unreadable")
    assert api.make()


def test_a_large_body_closes_its_connection() -> None:
    api = Kie.on()
    closed = [api.send(b" " * size).headers.get("Connection") for size in (60_000, 70_000)]
    assert closed == [None, "close"]
