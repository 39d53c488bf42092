"""Whom the page and the control paths answer to, and what a browser is told of their answers."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

import klingkit.emulator
from contract_tests.emulator.kit import Kie
from contract_tests.emulator.steering import ask, refused, slow
from klingkit.emulator import Emulator, Fault
from klingkit.emulator.inspector._page import KINDS

HOSTS = [
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
    "my_box",
]


@pytest.mark.parametrize("host", HOSTS, ids=range(len(HOSTS)))
def test_it_answers_to_names_of_this_machine_and_those_that_are_allowed(host: str) -> None:
    emulator = Emulator(allow_hosts=["Cats.Example:8900", "192.0.2.7", "[fd00:0::1]", "my_box."])
    assert ask(emulator, "GET", "/_emulator/state", {"Host": host}).status_code == 200


def test_an_address_that_is_allowed_needs_no_brackets() -> None:
    emulator = Emulator(allow_hosts=["fd00::1"])
    assert ask(emulator, "GET", "/", {"Host": "[FD00::1]:8900"}).status_code == 200


@pytest.mark.parametrize(
    "name", ["*", "*.example", "http://my.box", "my.box/", "a b", "", "my..box", "[::x]", "::1:80000"]
)
def test_a_name_that_no_request_can_bring_is_not_allowed(name: str) -> None:
    told = f"allow_hosts: a host must be a name or an address, like box.example, is {name!r}"
    with pytest.raises(ValueError, match=re.escape(told)):
        Emulator(allow_hosts=[name])


def test_a_public_url_has_a_host_that_requests_can_bring() -> None:
    assert ask(Emulator(public_url="http://box.example:80"), "GET", "/", {"Host": "box.example"}).status_code == 200
    with pytest.raises(ValueError, match=r"public_url: a host must be a name or an address, .*, is 'a%20b'"):
        Emulator(public_url="http://a%20b")


OTHERS = [
    *("cats.example", "localhost.cats.example", "192.0.2.1", "0.0.0.0:8900", "[::2]", "", "notlocalhost"),
    *("[::1].cats.example", "127.0.0.1:80@cats.example", "localhost:1,cats.example", "[::1", "::1", "[127.0.0.1]"),
    *("localhost:8900x", "localhost..", "[::1]8900", "a@localhost", "[]"),
]


@pytest.mark.parametrize("host", OTHERS, ids=range(len(OTHERS)))
@pytest.mark.parametrize("path", ["/", "/_emulator/state", "/_emulator/page/app.js", "/_emulator"])
def test_it_does_not_answer_to_other_names(host: str, path: str) -> None:
    """A page of elsewhere can have its own name lead to this machine, and would be as if it were from here."""
    answer = ask(Emulator(), "GET", path, {"Host": host})
    assert (answer.status_code, answer.headers["Content-Type"]) == (421, "text/plain; charset=utf-8")
    assert f"Host is {host}" in answer.text


def test_the_apis_answer_to_any_name() -> None:
    answer = ask(Emulator(), "GET", Kie.query_path, {"Host": "cats.example"})
    assert answer.status_code == 401


def test_a_request_with_no_name_or_two_is_not_answered() -> None:
    for hosts in ([], [(b"host", b"localhost"), (b"host", b"cats.example")]):
        sent: list[Any] = []
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": hosts}

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        asyncio.run(Emulator().app(scope, receive, send))
        assert sent[0]["status"] == 421


def test_a_server_that_asks_is_told_that_there_is_nothing_to_begin_with() -> None:
    asked = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    told: list[Any] = []

    async def receive() -> Any:
        return asked[len(told)]

    async def send(message: Any) -> None:
        told.append(message)

    asyncio.run(Emulator().app({"type": "lifespan"}, receive, send))
    assert told == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_it_speaks_no_other_protocol() -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(Emulator().app({"type": "websocket"}, never, never))


@pytest.mark.parametrize("headers", [{}, {"X-Klingkit-Emulator": " "}], ids=["none", "empty"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_what_changes_something_needs_a_header_that_no_other_page_can_send(
    method: str, headers: dict[str, str]
) -> None:
    emulator = slow(faults=[Fault("drop")])
    answer = ask(emulator, method, "/_emulator/faults", {"Host": "localhost"} | headers)
    assert answer.status_code == 403
    assert "X-Klingkit-Emulator" in answer.json()["error"]
    assert "access-control-allow-origin" not in answer.headers
    assert len(emulator.faults) == 1


def test_the_page_and_its_parts_are_there_and_load_nothing_from_elsewhere() -> None:
    folder = Path(klingkit.emulator.__file__).parent / "inspector" / "page"
    parts = [f"/_emulator/page/{file.name}" for file in folder.iterdir() if file.is_file()]
    assert len(parts) > 2
    for path in ("/", *parts):
        answer = ask(Emulator(), "GET", path)
        assert answer.status_code == 200, path
        suffix = path.rpartition(".")[2] if path != "/" else "html"
        assert answer.headers["Content-Type"] == f"{KINDS[suffix]}; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= {*policy}
        told = [answer.headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")]
        assert told == ["nosniff", "no-referrer", "no-cache"]


def test_the_page_is_small() -> None:
    folder = Path(klingkit.emulator.__file__).parent / "inspector" / "page"
    assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) <= 44 * 1024


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/_emulator/state", {}, 200),
        ("/_emulator/nothing", {}, 404),
        ("/_emulator/tasks/x/film", {}, 404),
        ("/", {"Host": "cats.example"}, 421),
    ],
)
def test_no_browser_guesses_at_an_answer_or_keeps_it(path: str, headers: dict[str, str], status: int) -> None:
    answer = ask(Emulator(), "GET", path, {"Host": "localhost"} | headers)
    assert answer.status_code == status
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("name", ["nothing.js", "..__init__.py", "app.exe", "%00.js", "APP.JS"])
def test_the_page_has_no_other_parts(name: str) -> None:
    assert "the page has no file" in refused(Emulator(), "GET", f"page/{name}", 404)
