"""Tests with hostile servers on real sockets: how many paid requests arrive, which errors are raised, and when."""

import gzip
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.clients import CLIENT_KINDS, EACH_CLIENT_KIND, AnyClient, open_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF, created_response, task_response
from contract_tests.support.scripted_server import (
    Behaviour,
    ScriptedServer,
    ServerExchange,
    keeps_alive,
    scripted_server,
    unused_address,
    within,
)
from klingkit import (
    AuthenticationError,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SubmissionUncertain,
    UnreadableSubmission,
    WaitTimeout,
    _submit,
)
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """Shorten the pauses before a paid request is sent again; flows/test_submit.py tests their length."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.01, 0.02))


CREATED = created_response().content
RESPONSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(CREATED)


def drop(exchange: ServerExchange) -> None:
    """Read the request, then close the connection."""


def reset(exchange: ServerExchange) -> None:
    exchange.reset()


def stall(exchange: ServerExchange) -> None:
    exchange.stall()


def half_a_head(exchange: ServerExchange) -> None:
    exchange.send(RESPONSE_HEAD[:30])


def half_a_body(exchange: ServerExchange) -> None:
    exchange.send(RESPONSE_HEAD + CREATED[:10])


def drip_head(exchange: ServerExchange) -> None:
    exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000)


def drip_body(exchange: ServerExchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    exchange.drip(b" " * 100_000)


def garbage(exchange: ServerExchange) -> None:
    exchange.send(b"\x00\x01\x02 this is no HTTP\r\n\r\n")


@cache
def gzip_bomb_content() -> bytes:
    """Return 200 KB that would become 200 MB."""
    return gzip.compress(bytes(200_000_000), 1)


def gzip_bomb(exchange: ServerExchange) -> None:
    exchange.respond(gzip_bomb_content(), Content_Encoding="gzip")


def broken_gzip(exchange: ServerExchange) -> None:
    exchange.respond(b"this is no gzip", Content_Encoding="gzip")


def cut_gzip(exchange: ServerExchange) -> None:
    exchange.respond(gzip.compress(CREATED)[:-12], Content_Encoding="gzip")


def brotli(exchange: ServerExchange) -> None:
    exchange.respond(CREATED, Content_Encoding="br")


def endless_body(exchange: ServerExchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(200):
        exchange.send(b" " * 1_000_000)


def response(status: int, body: bytes) -> partial[None]:
    return partial(ServerExchange.respond, body=body, status=status)


def redirect(exchange: ServerExchange) -> None:
    exchange.respond(status=307, Location="http://127.0.0.1:9/elsewhere")


FAULTS: dict[str, tuple[Behaviour, int, type[Exception]]] = {
    "drop after the request": (drop, 1, SubmissionUncertain),
    "reset after the request": (reset, 1, SubmissionUncertain),
    "half a head": (half_a_head, 1, SubmissionUncertain),
    "half a body": (half_a_body, 1, SubmissionUncertain),
    "silence": (stall, 1, SubmissionUncertain),
    "a drip of headers": (drip_head, 1, SubmissionUncertain),
    "a drip of the body": (drip_body, 1, SubmissionUncertain),
    "garbage": (garbage, 1, SubmissionUncertain),
    "a compressed bomb": (gzip_bomb, 1, UnreadableSubmission),
    "broken compression": (broken_gzip, 1, UnreadableSubmission),
    "compression cut short": (cut_gzip, 1, UnreadableSubmission),
    "compression not requested": (brotli, 1, UnreadableSubmission),
    "an endless body": (endless_body, 1, UnreadableSubmission),
    "HTML under 200": (response(200, b"<html>"), 1, UnreadableSubmission),
    "nothing under 200": (response(200, b""), 1, UnreadableSubmission),
    "HTML under 502": (response(502, b"<html>"), 1, UnreadableSubmission),
    "code 500": (response(500, b'{"code": 500}'), 1, SubmissionUncertain),
    "code 500 under 200": (response(200, b'{"code": 500}'), 1, SubmissionUncertain),
    "code 5000": (response(500, b'{"code": 5000}'), 1, SubmissionUncertain),
    "an unknown code": (response(200, b'{"code": 777}'), 1, SubmissionUncertain),
    "a redirect": (redirect, 1, SubmissionUncertain),
    "nothing under 401": (response(401, b""), 1, AuthenticationError),
    "plain text under 403": (response(403, b"error code: 1010"), 1, PermissionDenied),
    "code 408": (response(408, b'{"code": 408}'), 1, SubmissionUncertain),
    "code 409": (response(409, b'{"code": 409}'), 1, SubmissionUncertain),
    "a gateway's 499": (response(499, b'{"code": 499}'), 1, SubmissionUncertain),
    "code 429": (response(429, b'{"code": 429}'), 3, RateLimited),
    "code 429 under 308": (response(308, b'{"code": 429}'), 1, SubmissionUncertain),
    "code 500 under 429": (response(429, b'{"code": 500}'), 1, SubmissionUncertain),
    "no such model": (response(404, b'{"code": 404}'), 1, NotFound),
}
"""Fault -> the server's behaviour, the number of paid requests that arrive, and the error that is raised.

`docs/hostile.md` lists them.
"""

FAULTS_THAT_TIME_OUT = {"silence", "a drip of headers", "a drip of the body"}


FAULT_CASES = [
    pytest.param(fault, *client_kind, api_case, id=f"{fault}-{api_case}-{'-'.join(client_kind)}")
    for fault in FAULTS
    for api_case, client_kinds in ((KIE, CLIENT_KINDS), (NATIVE, CLIENT_KINDS[:1]), (RELAY, CLIENT_KINDS[:1]))
    for client_kind in client_kinds
]
"""Every fault, with each kind of client at kie.ai, but only with the blocking one at other APIs: adapters do no I/O."""


@pytest.mark.parametrize(("fault", "kind", "anyio_backend", "api_case"), FAULT_CASES)
async def test_a_fault_costs_as_many_paid_requests_as_listed(fault: str, kind: str, api_case: ApiCase):
    behaviour, posts, error = FAULTS[fault]
    with scripted_server(behaviour) as server, within(10):
        async with open_client(kind, api_case.make(API_KEY, server.url), pacing=None) as client:
            with pytest.raises(error) as caught:
                await client.submit(api_case.request, timeout=1.0 if fault in FAULTS_THAT_TIME_OUT else 5.0)
        assert (server.posts, caught.type) == (posts, error)


@EACH_CLIENT_KIND
async def test_a_refused_connection_is_a_network_error(kind: str, api_case: ApiCase):
    with unused_address() as url:
        async with open_client(kind, api_case.make(API_KEY, url)) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(api_case.request)


@EACH_CLIENT_KIND
@pytest.mark.parametrize("behaviour", [stall, drip_head, drip_body])
async def test_a_wait_ends_at_its_deadline_although_the_server_drips(kind: str, behaviour):
    with scripted_server(behaviour) as server, within(5):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with pytest.raises(WaitTimeout):
                await client.wait(TASK_REF, timeout=0.4)


@pytest.fixture
def keep_alive_server() -> Iterator[ScriptedServer]:
    """A server that keeps connections open after the response."""

    @keeps_alive
    def reply(exchange: ServerExchange) -> None:
        exchange.respond(CREATED if exchange.request.startswith(b"POST") else task_response("waiting").content)

    with scripted_server(reply) as server:
        yield server


@EACH_CLIENT_KIND
async def test_queries_reuse_a_connection_and_paid_requests_do_not(kind: str, keep_alive_server: ScriptedServer):
    """The server may be closing an idle connection: a paid request sent on it would end uncertain."""
    async with open_client(kind, Kie(API_KEY, keep_alive_server.url)) as client:
        for _ in range(3):
            await client.get(TASK_REF)
        assert keep_alive_server.connections == 1
        for _ in range(3):
            await client.submit(CAT_REQUEST)
        assert keep_alive_server.connections == 4


@EACH_CLIENT_KIND
async def test_a_paid_connection_is_closed_after_use(kind: str, keep_alive_server: ScriptedServer):
    async with open_client(kind, Kie(API_KEY, keep_alive_server.url)) as client:
        await client.submit(CAT_REQUEST)
    assert b"connection: close" in keep_alive_server.requests[0].lower()


@EACH_CLIENT_KIND
async def test_a_stalled_tls_handshake_is_a_network_error(kind: str, monkeypatch):
    monkeypatch.setattr(_submit, "RETRY_PAUSES", ())
    with scripted_server() as server, within(5):
        async with open_client(kind, Kie(API_KEY, server.url.replace("http:", "https:"))) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(CAT_REQUEST, timeout=2.0)


@EACH_CLIENT_KIND
async def test_among_many_submissions_and_faults_none_is_paid_twice_and_none_is_lost(kind: str):
    """Each submission ends as the server made it end: with its own task, or uncertain."""
    count = 100
    created_for: dict[str, int] = {}

    def respond_by_prompt(exchange: ServerExchange) -> None:
        number = int(re.findall(rb"cat ([0-9]+)", exchange.request)[0])
        created_for[f"cat {number}"] = created_for.get(f"cat {number}", 0) + 1
        if number % 5 == 0:
            exchange.reset()
        elif number % 5 == 1:
            exchange.send(RESPONSE_HEAD[:30])
        else:
            exchange.respond(created_response(f"task-{number}").content)

    outcomes: dict[str, object] = {}

    async def submit(client: AnyClient, number: int) -> None:
        try:
            outcomes[f"cat {number}"] = (
                await client.submit(evolve(CAT_REQUEST, prompt=f"cat {number}"), timeout=30.0)
            ).id
        except SubmissionUncertain:
            outcomes[f"cat {number}"] = SubmissionUncertain

    with scripted_server(respond_by_prompt) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client, anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(submit, client, number)
    assert created_for == dict.fromkeys((f"cat {number}" for number in range(count)), 1)
    assert outcomes == {
        f"cat {number}": f"task-{number}" if number % 5 > 1 else SubmissionUncertain for number in range(count)
    }


def whole_body_without_last_chunk(exchange: ServerExchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    exchange.send(b"%x\r\n%s\r\n" % (len(CREATED), CREATED))
    exchange.stall()


@EACH_CLIENT_KIND
async def test_a_whole_body_is_read_although_the_last_chunk_is_missing(kind: str):
    with scripted_server(whole_body_without_last_chunk) as server, within(5):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            assert await client.submit(CAT_REQUEST, timeout=0.4) == TASK_REF


@EACH_CLIENT_KIND
async def test_a_deeply_nested_broken_body_is_uncertain(kind: str):
    def nested(exchange: ServerExchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"[" * 200_000)

    with scripted_server(nested) as server, within(5):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain):
                await client.submit(CAT_REQUEST)
            with pytest.raises(NetworkError):
                await client.get(TASK_REF)


@EACH_CLIENT_KIND
async def test_a_redirect_with_an_oversized_location_is_uncertain(kind: str):
    def endless_location(exchange: ServerExchange) -> None:
        exchange.respond(status=302, Location="http://x.test/" + "x" * 66_000)

    with scripted_server(endless_location) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain):
                await client.submit(CAT_REQUEST)
            with pytest.raises(ServerError, match="redirects to"):
                await client.get(TASK_REF)


@EACH_CLIENT_KIND
async def test_data_after_a_compressed_body_is_not_read(kind: str):
    def trailing(exchange: ServerExchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(CREATED))
        for _ in range(200):
            exchange.send(bytes(1_000_000))

    with scripted_server(trailing) as server, within(5):
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            assert await client.submit(CAT_REQUEST) == TASK_REF


@EACH_CLIENT_KIND
@pytest.mark.parametrize("key", ["1", "task", "281e"])
async def test_a_short_key_is_not_redacted_in_bodies(kind: str, key: str, keep_alive_server: ScriptedServer):
    """A test may use any key with the emulator; only a long one is redacted where a response echoes it."""
    async with open_client(kind, Kie(key, keep_alive_server.url)) as client:
        assert await client.submit(CAT_REQUEST) == TASK_REF


def test_the_docs_page_lists_the_measured_faults():
    page = (Path(__file__).parents[2] / "docs" / "hostile.md").read_text("utf-8")
    listed = re.findall(r"^\| (.+) \| (\d) \| `(\w+)` \|$", page, re.MULTILINE)
    assert listed == [(fault, str(posts), error.__name__) for fault, (_, posts, error) in FAULTS.items()]
