"""Tests of `klingkit callback`."""

from __future__ import annotations

import json
import socket
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import httpx
import pytest

from contract_tests.support.scripted_server import scripted_server
from contract_tests.support.signatures import KIE_KEY, kie_signature_headers
from klingkit.cli import _callback
from klingkit.cli._listener import serve
from scripts.callback_server import callback_server

RESULT = json.dumps({"resultUrls": ["https://media.example/cat.mp4"]})
BODY = json.dumps({"code": 200, "data": {"taskId": "1", "state": "success", "resultJson": RESULT}}).encode()


def header_options(headers: dict[str, str]) -> list[str]:
    return [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]


@pytest.mark.parametrize("by_file", [True, False])
def test_a_signature_is_checked(by_file: bool, run, monkeypatch):
    monkeypatch.setenv("KLINGKIT_CALLBACK_KEY", KIE_KEY)
    Path("body.json").write_bytes(BODY)
    source = {"body": ["body.json"]} if by_file else {"input": BODY}
    headers = header_options(kie_signature_headers("1"))
    result = run("callback", "verify", *source.pop("body", []), "--api", "kie", *headers, **source)
    assert result.exit_code == 0
    assert result.stdout == "kie:jobs:1\tsucceeded\thttps://media.example/cat.mp4\tsignature valid\n"


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        (["--key", "another"], 1, "a signature that no key matches"),
        (["--key", KIE_KEY, "--tolerance", "0"], 1, "0 s are allowed"),
        (["-H", "nonsense"], 2, "'NAME: VALUE', not 'nonsense'"),
        (["--key", ""], 2, "keys: each a string that is not empty"),
    ],
)
def test_a_callback_is_rejected(options: list[str], status: int, text: str, run):
    headers = header_options(kie_signature_headers("1", at=1_000_000_000 if "--tolerance" in options else None))
    result = run("callback", "verify", "--api", "kie", *headers, *options, input=BODY)
    assert (result.exit_code, result.stdout) == (status, "")
    assert text in result.stderr


def test_without_a_key_it_says_so(run):
    result = run("callback", "verify", "--api", "kie", "--json", input=BODY)
    record = json.loads(result.stdout)
    assert (record["ref"], record["verified"]) == ("kie:jobs:1", False)
    assert "signature not checked" in run("callback", "verify", "--api", "kie", input=BODY).stdout


def listening(run, monkeypatch, deliver, *options: str):
    """Run `callback listen`, call `deliver` with its URL, and interrupt it."""

    def remembered(*arguments):
        context = serve(*arguments)
        url = context.__enter__()
        monkeypatch.setattr(_callback, "forever", lambda: interrupted(url))
        return _Entered(context, url)

    def interrupted(url):
        deliver(url)
        raise KeyboardInterrupt

    monkeypatch.setattr(_callback, "serve", remembered)
    return run("callback", "listen", "--api", "kie", "--port", 0, "--json", *options)


class _Entered:
    def __init__(self, context, url):
        self.context, self.url = context, url

    def __enter__(self):
        return self.url

    def __exit__(self, *error):
        return self.context.__exit__(*error)


def test_a_callback_is_shown_and_forwarded_as_it_arrived(run, monkeypatch):
    headers = kie_signature_headers("1") | {"X-Own": "kept"}

    def deliver(url: str) -> None:
        assert httpx.post(f"{url}/any", content=BODY, headers=headers).status_code == 204
        assert httpx.post(url, content=b"{}").status_code == 204

    with callback_server() as server:
        result = listening(run, monkeypatch, deliver, "--forward-to", server.url, "--key", KIE_KEY)
        forwarded = server.callbacks.get(timeout=10)
    assert result.exit_code == 130
    assert f"forwarding to {server.url}; end with Ctrl-C" in result.stderr
    genuine, unreadable, end = map(json.loads, result.stdout.splitlines())
    assert end["exit_code"] == 130
    assert (genuine["ref"], genuine["verified"], genuine["forwarded"]) == ("kie:jobs:1", True, 204)
    assert (unreadable["error"]["type"], unreadable["forwarded"]) == ("CallbackRejected", 204)
    assert forwarded.body == BODY
    assert dict(forwarded.headers)["X-Own"] == "kept"


def test_the_query_of_a_delivery_is_forwarded(run, monkeypatch):
    with scripted_server(lambda exchange: exchange.respond()) as server:
        target = f"{server.url}/done?a=1"
        for query in ("?job=7%2F8", ""):
            deliver = partial(lambda query, url: httpx.post(url + query, content=BODY), query)
            listening(run, monkeypatch, deliver, "--forward-to", target)
    lines = [request.split(b"\r\n")[0] for request in server.requests]
    assert lines == [b"POST /done?a=1&job=7%2F8 HTTP/1.1", b"POST /done?a=1 HTTP/1.1"]


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("192.0.2.1", True)])
def test_an_address_that_others_reach_is_warned_of(host: str, warned: bool, run, monkeypatch):
    monkeypatch.setattr(_callback, "serve", lambda *_: nullcontext(f"http://{host}:1"))
    monkeypatch.setattr(_callback, "forever", lambda: None)
    result = run("callback", "listen", "--api", "kie", "--forward-to", "http://127.0.0.1:9", "--host", host)
    assert ("anyone who reaches 192.0.2.1" in result.stderr) is warned


def test_the_reply_is_that_of_the_service(run, monkeypatch):
    """A sender delivers again then; what is too long, or of unknown length, is not read."""
    statuses = []

    def deliver(url: str) -> None:
        statuses.append(httpx.post(url, content=BODY).status_code)
        statuses.append(httpx.post(url, content=b" " * 262_145).status_code)
        statuses.append(httpx.post(url, content=iter([BODY])).status_code)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        target = f"http://127.0.0.1:{taken.getsockname()[1]}"
        listening(run, monkeypatch, deliver, "--forward-to", target)
    assert statuses == [502, 413, 411]


def raw_status(url: str, request: bytes) -> bytes:
    """Send a request as it is, and end it; return the status line."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline().split()[1]


def test_what_is_cut_off_is_not_forwarded_and_odd_headers_are(run, monkeypatch):
    statuses = []

    def deliver(url: str) -> None:
        for length, header in ((1000, b"a"), (10**20, b"a"), (len(BODY), b"caf\xe9")):
            head = b"POST / HTTP/1.1\r\nHost: a\r\nX-A: %b\r\nContent-Length: %d\r\n\r\n" % (header, length)
            statuses.append(raw_status(url, head + BODY))

    with callback_server() as server:
        listening(run, monkeypatch, deliver, "--forward-to", server.url)
    assert statuses == [b"400", b"413", b"204"]


def test_a_delivery_that_cannot_be_shown_is_replied_to():
    def fail(_: object) -> None:
        raise OSError("no space left")

    with callback_server() as server, serve("127.0.0.1", 0, server.url, fail) as url:
        assert httpx.post(url, content=BODY).status_code == 204


def test_a_reason_cannot_forge_a_line(run):
    forged = {"code": 501, "data": {"taskId": "1", "state": "fail", "failMsg": "a\x1b]0;b\x07\nkie:jobs:2\tsucceeded"}}
    shown = run("callback", "verify", "--api", "kie", input=json.dumps(forged)).stdout
    assert len(shown.splitlines()) == 1
    assert "\x1b" not in shown


@pytest.mark.parametrize(("options", "text"), [((), "taken"), (("--forward-to", "host"), "--forward-to: ")])
def test_what_cannot_be_served_is_refused(options: tuple[str, ...], text: str, run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = ("callback", "listen", "--api", "kie", "--forward-to", "http://127.0.0.1:1", "--port", port)
        result = run(*command, *options)
    assert result.exit_code == 2
    assert ("in use" if text == "taken" else text) in result.stderr
