"""Tests that web pages of another origin cannot reach the emulator, unless the option `cors` allows it."""

import re
import socket
from typing import Any

import httpx
import pytest

from contract_tests.emulator.control_client import send_request
from contract_tests.emulator.kit import ApiClass, Kie, every_api
from klingkit.emulator import Emulator, Fault, VirtualClock
from klingkit.emulator.http._access import MAX_HEADERS
from klingkit.emulator.http._guard import MAX_INCOMING
from klingkit.emulator.http._serving import MAX_LINES

HOST_HEADER = {"Host": "localhost:8900"}
SHOP_ORIGIN = "http://localhost:3000"
HEADERS_OF_OTHER_PAGES: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": SHOP_ORIGIN},
    {"Origin": "http://localhost:8900.evil.example"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Origin": SHOP_ORIGIN},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "cross-site"},
]
ALLOWED_HEADERS: list[dict[str, str]] = [
    {},
    {"Origin": "http://localhost:8900"},
    {"Origin": "http://localhost:8900", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
]
PATHS = ["/_emulator/state", "/_emulator/events", Kie.query_path, "/media/x.mp4", "/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", HEADERS_OF_OTHER_PAGES, ids=str)
def test_a_page_of_another_origin_reaches_nothing(path: str, headers: dict[str, str]) -> None:
    response = send_request(Emulator(cors=["http://localhost:3001"]), "GET", path, HOST_HEADER | headers)
    assert (response.status_code, "--cors ORIGIN" in response.text) == (403, True)
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/_emulator/state", Kie.query_path, "/media/x.mp4", "/"])
@pytest.mark.parametrize("headers", ALLOWED_HEADERS, ids=str)
def test_programs_and_the_emulators_own_page_are_served(path: str, headers: dict[str, str]) -> None:
    assert send_request(Emulator(), "GET", path, HOST_HEADER | headers).status_code in {200, 401, 404}


@every_api
@pytest.mark.parametrize("headers", HEADERS_OF_OTHER_PAGES, ids=str)
def test_a_page_of_another_origin_creates_no_task(api_class: ApiClass, headers: dict[str, str]) -> None:
    api = api_class.on_emulator()
    response = api.request("POST", api.create_path, json=api.body_with_callback("http://127.0.0.1:9/"), headers=headers)
    assert (response.status_code, len(api.emulator.tasks), api.emulator.deliveries) == (403, 0, ())


def test_a_link_may_lead_to_the_page_and_a_video_may_be_shown() -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    shown = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "video"}
    emulator = Emulator()
    assert send_request(emulator, "GET", "/", HOST_HEADER | link).status_code == 200
    assert send_request(emulator, "GET", "/media/x.mp4", HOST_HEADER | shown).status_code == 404
    assert send_request(emulator, "GET", "/_emulator/state", HOST_HEADER | shown).text.startswith(
        "a page of another site has sent"
    )
    assert send_request(emulator, "POST", Kie.create_path, HOST_HEADER | link).status_code == 403


def test_the_page_behind_a_proxy_has_the_public_origin() -> None:
    emulator = Emulator(public_url="https://kling.test/")
    for origin, status in (("https://kling.test", 200), ("https://kling.test:8443", 403)):
        assert send_request(emulator, "GET", "/_emulator/state", HOST_HEADER | {"Origin": origin}).status_code == status


PREFLIGHT = {"Origin": SHOP_ORIGIN, "Access-Control-Request-Method": "POST"} | {
    "Access-Control-Request-Headers": "authorization,content-type"
}


def test_a_preflight_of_an_allowed_origin() -> None:
    emulator = Emulator(cors=["http://Localhost:3000", "https://shop.example:443"])
    response = send_request(
        emulator, "OPTIONS", Kie.create_path, HOST_HEADER | PREFLIGHT | {"Sec-Fetch-Site": "same-site"}
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == SHOP_ORIGIN
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert response.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert response.headers["Vary"] == "Origin"
    assert send_request(emulator, "OPTIONS", Kie.create_path, HOST_HEADER).status_code == 405
    other = send_request(
        emulator, "OPTIONS", Kie.create_path, HOST_HEADER | PREFLIGHT | {"Origin": "http://localhost:3001"}
    )
    assert (other.status_code, "access-control-allow-origin" in other.headers) == (403, False)


@every_api
def test_a_page_of_an_allowed_origin_uses_the_apis(api_class: ApiClass) -> None:
    api = api_class.on_emulator(
        cors=[SHOP_ORIGIN, "https://shop.example:443"], faults=[Fault("html", operation="query", times=1)]
    )
    headers = {"Origin": SHOP_ORIGIN, "Sec-Fetch-Site": "cross-site"}
    responses = [api.request("POST", api.create_path, json=body, headers=headers) for body in (api.body(), {})]
    task_id = api.id_in(responses[0])
    responses += [api.request("GET", path, headers=headers) for path in (api.path_of(task_id), f"/media/{task_id}.mp4")]
    assert [response.status_code for response in responses][::2] == [200, 502]
    for response in responses:
        assert response.headers["Access-Control-Allow-Origin"] == SHOP_ORIGIN
    headers["Origin"] = "https://shop.example"
    assert api.request("GET", api.path_of(task_id), headers=headers).status_code == 200


def test_only_the_emulators_own_page_may_use_the_control_paths() -> None:
    emulator = Emulator(cors=[SHOP_ORIGIN])
    headers = HOST_HEADER | PREFLIGHT
    assert "access-control-allow-origin" not in send_request(emulator, "OPTIONS", "/_emulator/faults", headers).headers
    assert "access-control-allow-origin" not in send_request(emulator, "GET", "/_emulator/state", headers).headers


@pytest.mark.parametrize("origin", ["*", "localhost:3000", "http://a/", "ftp://a", "http://", "http://a b", "null"])
def test_an_invalid_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=re.escape("cors: an origin must be http or https with a host, like")):
        Emulator(cors=[origin])


@pytest.mark.parametrize("path", [Kie.query_path, "/_emulator/state", "/media/x.mp4"])
def test_too_many_headers_are_rejected(path: str) -> None:
    headers = [("Host", "localhost"), *((f"a{number}", "") for number in range(MAX_HEADERS))]

    def status(number: int) -> int:
        return request_from_emulator(path, headers[:number]).status_code

    added_by_httpx = 4  # Accept, Accept-Encoding, Connection, User-Agent
    assert status(MAX_HEADERS - added_by_httpx + 1) == 431
    assert status(MAX_HEADERS - added_by_httpx) != 431


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
    response = request_from_emulator(path, [("Host", "localhost"), *headers])
    assert (response.status_code, response.headers.get("Connection")) == (status, None if status == 401 else "close")


def request_from_emulator(path: str, headers: list[tuple[str, str]]) -> httpx.Response:
    return send_request(EMULATOR, "GET", path, headers)  # type: ignore[arg-type]  # pairs, so that a name may repeat


EMULATOR = Emulator(clock=VirtualClock())


def test_a_rejected_request_is_recorded_with_the_maximum_of_headers() -> None:
    emulator = Emulator()
    headers = {"Host": "localhost", **{f"a{number}": "" for number in range(3 * MAX_HEADERS)}}
    send_request(emulator, "GET", Kie.query_path, headers)
    (exchange,) = emulator.requests
    assert (exchange.status, len(exchange.request.raw)) == (431, MAX_HEADERS)


def test_bodies_being_received_are_limited_in_total(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that exceeds the limit together with the others counts as one that ended early."""
    assert MAX_INCOMING < 32 * 1024 * 1024
    monkeypatch.setattr("klingkit.emulator.http._guard.MAX_INCOMING", 1_000)
    api = Kie.on_emulator()
    big: Any = api.body() | {"x": "y" * 2_000}
    assert "ended early" in api.message(api.create(big), "unreadable")
    assert api.create_task()


def test_a_large_body_closes_its_connection() -> None:
    api = Kie.on_emulator()
    connection_headers = [api.send_content(b" " * size).headers.get("Connection") for size in (60_000, 70_000)]
    assert connection_headers == [None, "close"]
