"""Tests of the check of the header Host, which protects the emulator from DNS rebinding."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from contract_tests.emulator.control_client import send_request, slow_emulator
from contract_tests.emulator.kit import Kie, Native
from klingkit.emulator import Emulator, Fault

ALLOWED_HOSTS = [
    "localhost",
    "LOCALHOST.:8900",
    "a.localhost",
    "127.0.0.1:1",
    "127.1.2.3",
    "[::1]",
    "[::1]:8900",
    "[0:0:0:0:0:0:0:1]:",
    "cats.example",
    "cats.example.:8900",
    "192.0.2.7:8900",
    "[fd00::1]:8900",
    "[FD00::2]:8900",
    "my_box",
]


@pytest.mark.parametrize("host", ALLOWED_HOSTS, ids=range(len(ALLOWED_HOSTS)))
def test_names_of_this_machine_and_allowed_hosts_are_accepted(host: str) -> None:
    emulator = Emulator(allow_hosts=["Cats.Example:8900", "192.0.2.7", "[fd00:0::1]", "fd00::2", "my_box."])
    assert send_request(emulator, "GET", "/_emulator/state", {"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "name", ["*", "*.example", "http://my.box", "my.box/", "a b", "", "my..box", "[::x]", "::1:80000"]
)
def test_an_invalid_host_is_not_allowed(name: str) -> None:
    problem = f"allow_hosts: a host must be a name or an address, like box.example, is {name!r}"
    with pytest.raises(ValueError, match=re.escape(problem)):
        Emulator(allow_hosts=[name])


FOREIGN_HOSTS = [
    *("cats.example", "localhost.cats.example", "192.0.2.1", "0.0.0.0:8900", "[::2]", "", "notlocalhost"),
    *("[::1].cats.example", "127.0.0.1:80@cats.example", "localhost:1,cats.example", "[::1", "::1", "[127.0.0.1]"),
    *("localhost:8900x", "localhost..", "[::1]8900", "a@localhost", "[]"),
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS, ids=range(len(FOREIGN_HOSTS)))
@pytest.mark.parametrize("path", ["/", "/_emulator/state", "/_emulator/page/app.js", "/_emulator"])
def test_other_names_are_rejected(host: str, path: str) -> None:
    """The name of another site may resolve to this machine; without the check, its page would have access."""
    response = send_request(Emulator(), "GET", path, {"Host": host})
    assert (response.status_code, response.headers["Content-Type"]) == (421, "text/plain; charset=utf-8")
    assert f"Host is {host or 'missing or empty'}, must be" in response.text


@pytest.mark.parametrize("path", [Kie.query_path, Native.query_path, "/kling/x", "/media/x.mp4", "/nothing"])
def test_the_apis_and_the_videos_reject_them_too(path: str) -> None:
    emulator = Emulator(allow_hosts=["box"])
    responses = [send_request(emulator, "GET", path, {"Host": host}) for host in ("cats.example", "box", "localhost")]
    assert [response.status_code == 421 for response in responses] == [True, False, False]
    assert "--allow-host" in responses[0].text
    assert emulator.requests[0].status == 421  # recorded, so that the developer sees it


def test_in_process_the_apis_accept_the_host_of_the_url() -> None:
    async def status_with_host(host: str) -> int:
        transport = httpx.ASGITransport(Emulator().app)
        async with httpx.AsyncClient(transport=transport, base_url=f"https://{host}") as client:
            return (await client.get(Kie.query_path)).status_code

    assert [asyncio.run(status_with_host(host)) for host in ("api.kie.ai", "API.example:8443")] == [401, 401]


def test_on_a_port_the_apis_accept_only_its_address() -> None:
    with Emulator().serve(host="127.0.0.2") as url:
        for host, status in ((httpx.URL(url).netloc.decode(), 401), ("rebound.example", 421), ("192.0.2.1", 421)):
            assert httpx.get(f"{url}{Kie.query_path}", headers={"Host": host}, trust_env=False).status_code == status


def test_a_request_with_no_host_or_two_is_rejected() -> None:
    for hosts in ([], [(b"host", b"localhost"), (b"host", b"cats.example")]):
        sent: list[Any] = []
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": hosts}

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        asyncio.run(Emulator().app(scope, receive, send))
        assert sent[0]["status"] == 421


def test_lifespan_events_are_confirmed() -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages[len(sent)]

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Emulator().app({"type": "lifespan"}, receive, send))
    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_other_protocols_are_ignored() -> None:
    async def must_not_be_called(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(Emulator().app({"type": "websocket"}, must_not_be_called, must_not_be_called))


@pytest.mark.parametrize("headers", [{}, {"X-Klingkit-Emulator": " "}], ids=["none", "empty"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_changes_need_a_header_that_no_other_page_can_send(method: str, headers: dict[str, str]) -> None:
    emulator = slow_emulator(faults=[Fault("drop")])
    response = send_request(emulator, method, "/_emulator/faults", {"Host": "localhost"} | headers)
    assert response.status_code == 403
    assert "X-Klingkit-Emulator" in response.json()["error"]
    assert "access-control-allow-origin" not in response.headers
    assert len(emulator.faults) == 1


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/_emulator/state", {}, 200),
        ("/_emulator/nothing", {}, 404),
        ("/_emulator/tasks/x/video", {}, 404),
        ("/", {"Host": "cats.example"}, 421),
    ],
)
def test_responses_forbid_sniffing_and_caching(path: str, headers: dict[str, str], status: int) -> None:
    response = send_request(Emulator(), "GET", path, {"Host": "localhost"} | headers)
    assert response.status_code == status
    assert (response.headers["X-Content-Type-Options"], response.headers["Cache-Control"]) == ("nosniff", "no-store")
