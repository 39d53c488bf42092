"""Real sockets, hostile servers: how many paid requests arrive, what is raised, and that nothing hangs."""

import gzip
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.clients import CLIENT_KINDS, EACH_CLIENT, AnyClient, opened
from contract_tests.support.hostile import Behaviour, Exchange, Hostile, hostile, keeps_alive, unused_address, within
from contract_tests.support.kie import CAT, KEY, REF, created, record
from klingkit import (
    AuthenticationError,
    MalformedResponse,
    NetworkError,
    NotFound,
    PermissionDenied,
    RateLimited,
    SubmissionUncertain,
    UnreadableSubmission,
    WaitTimeout,
    _submit,
)
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def briefly(monkeypatch):
    """Try again soon: how long the pauses are is tested by hand, on a clock of its own."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.01, 0.02))


CREATED = created().content
BOMB = gzip.compress(bytes(200_000_000), 1)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(CREATED)


def drop(exchange: Exchange) -> None:
    """Take the request, then hang up."""


def reset(exchange: Exchange) -> None:
    exchange.reset()


def stall(exchange: Exchange) -> None:
    exchange.stall()


def half_a_head(exchange: Exchange) -> None:
    exchange.send(HEAD[:30])


def half_a_body(exchange: Exchange) -> None:
    exchange.send(HEAD + CREATED[:10])


def drip_head(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000)


def drip_body(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    exchange.drip(b" " * 100_000)


def garbage(exchange: Exchange) -> None:
    exchange.send(b"\x00\x01\x02 this is no HTTP\r\n\r\n")


def bomb(exchange: Exchange) -> None:
    """200 KB that would become 200 MB."""
    exchange.respond(BOMB, Content_Encoding="gzip")


def broken_gzip(exchange: Exchange) -> None:
    exchange.respond(b"this is no gzip", Content_Encoding="gzip")


def cut_gzip(exchange: Exchange) -> None:
    exchange.respond(gzip.compress(CREATED)[:-12], Content_Encoding="gzip")


def brotli(exchange: Exchange) -> None:
    exchange.respond(CREATED, Content_Encoding="br")


def endless(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(200):
        exchange.send(b" " * 1_000_000)


def response(status: int, body: bytes) -> partial[None]:
    return partial(Exchange.respond, body=body, status=status)


def redirect(exchange: Exchange) -> None:
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
    "a compressed bomb": (bomb, 1, UnreadableSubmission),
    "broken compression": (broken_gzip, 1, UnreadableSubmission),
    "compression cut short": (cut_gzip, 1, UnreadableSubmission),
    "compression not requested": (brotli, 1, UnreadableSubmission),
    "an endless body": (endless, 1, UnreadableSubmission),
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
"""Fault: what the server does, how many paid requests may arrive, what the user sees."""

SLOW = {"silence", "a drip of headers", "a drip of the body"}


FAULTS_IN_TURN = [
    pytest.param(fault, *each, of, id=f"{fault}-{of}-{'-'.join(each)}")
    for fault in FAULTS
    for of, kinds in ((KIE, CLIENT_KINDS), (NATIVE, CLIENT_KINDS[:1]), (RELAY, CLIENT_KINDS[:1]))
    for each in kinds
]
"""Each client meets every fault at one API, and one client at the others: what an API makes of a response is no I/O."""


@pytest.mark.parametrize(("fault", "kind", "anyio_backend", "case"), FAULTS_IN_TURN)
async def test_a_fault_costs_as_many_paid_requests_as_listed(fault: str, kind: str, case: ApiCase):
    behaviour, posts, error = FAULTS[fault]
    with hostile(behaviour) as server, within(10):
        async with opened(kind, case.make(KEY, server.url), pacing=None) as client:
            with pytest.raises(error) as caught:
                await client.submit(case.request, timeout=1.0 if fault in SLOW else 5.0)
        assert (server.posts, caught.type) == (posts, error)


@EACH_CLIENT
async def test_a_refused_connection_is_a_network_error(kind: str, case: ApiCase):
    with unused_address() as url:
        async with opened(kind, case.make(KEY, url)) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(case.request)


@EACH_CLIENT
@pytest.mark.parametrize("behaviour", [stall, drip_head, drip_body])
async def test_a_wait_ends_at_its_deadline_although_the_server_drips(kind: str, behaviour):
    with hostile(behaviour) as server, within(5):
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(WaitTimeout):
                await client.wait(REF, timeout=0.4)


@pytest.fixture
def idling() -> Iterator[Hostile]:
    """A server that keeps connections open after the response."""

    @keeps_alive
    def reply(exchange: Exchange) -> None:
        exchange.respond(CREATED if exchange.request.startswith(b"POST") else record("waiting").content)

    with hostile(reply) as server:
        yield server


@EACH_CLIENT
async def test_queries_reuse_a_connection_and_paid_requests_do_not(kind: str, idling: Hostile):
    """An idle connection may be closing: a paid request sent on it would end uncertain."""
    async with opened(kind, Kie(KEY, idling.url)) as client:
        for _ in range(3):
            await client.get(REF)
        assert idling.connections == 1
        for _ in range(3):
            await client.submit(CAT)
        assert idling.connections == 4


@EACH_CLIENT
async def test_a_paid_connection_is_closed_after_use(kind: str, idling: Hostile):
    async with opened(kind, Kie(KEY, idling.url)) as client:
        await client.submit(CAT)
    assert b"connection: close" in idling.requests[0].lower()


@EACH_CLIENT
async def test_a_stalled_tls_handshake_is_a_network_error(kind: str, monkeypatch):
    monkeypatch.setattr(_submit, "RETRY_PAUSES", ())
    with hostile() as server, within(5):
        async with opened(kind, Kie(KEY, server.url.replace("http:", "https:"))) as client:
            with pytest.raises(NetworkError, match="nothing was sent"):
                await client.submit(CAT, timeout=2.0)


@EACH_CLIENT
async def test_among_many_submissions_and_faults_none_is_paid_twice_and_none_is_lost(kind: str):
    """Each ends as the server ended it: with its own task, or in doubt."""
    count = 100
    created_for: dict[str, int] = {}

    def respond_by_prompt(exchange: Exchange) -> None:
        number = int(re.findall(rb"cat ([0-9]+)", exchange.request)[0])
        created_for[f"cat {number}"] = created_for.get(f"cat {number}", 0) + 1
        if number % 5 == 0:
            exchange.reset()
        elif number % 5 == 1:
            exchange.send(HEAD[:30])
        else:
            exchange.respond(created(f"task-{number}").content)

    ends: dict[str, object] = {}

    async def submit(client: AnyClient, number: int) -> None:
        try:
            ends[f"cat {number}"] = (await client.submit(evolve(CAT, prompt=f"cat {number}"), timeout=30.0)).id
        except SubmissionUncertain:
            ends[f"cat {number}"] = SubmissionUncertain

    with hostile(respond_by_prompt) as server:
        async with opened(kind, Kie(KEY, server.url)) as client, anyio.create_task_group() as group:
            for number in range(count):
                group.start_soon(submit, client, number)
    assert created_for == dict.fromkeys((f"cat {number}" for number in range(count)), 1)
    assert ends == {
        f"cat {number}": f"task-{number}" if number % 5 > 1 else SubmissionUncertain for number in range(count)
    }


def whole_but_for_its_end(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    exchange.send(b"%x\r\n%s\r\n" % (len(CREATED), CREATED))
    exchange.stall()


@EACH_CLIENT
async def test_a_whole_body_is_read_although_the_last_chunk_is_missing(kind: str):
    with hostile(whole_but_for_its_end) as server, within(5):
        async with opened(kind, Kie(KEY, server.url)) as client:
            assert await client.submit(CAT, timeout=0.4) == REF


@EACH_CLIENT
async def test_a_deeply_nested_broken_body_is_uncertain(kind: str):
    def nested(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"[" * 200_000)

    with hostile(nested) as server, within(5):
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain):
                await client.submit(CAT)
            with pytest.raises(NetworkError):
                await client.get(REF)


@EACH_CLIENT
async def test_a_redirect_with_an_oversized_location_is_uncertain(kind: str):
    def endless_location(exchange: Exchange) -> None:
        exchange.respond(status=302, Location="http://x.test/" + "x" * 66_000)

    with hostile(endless_location) as server:
        async with opened(kind, Kie(KEY, server.url)) as client:
            with pytest.raises(SubmissionUncertain):
                await client.submit(CAT)
            with pytest.raises((NetworkError, MalformedResponse)):
                await client.get(REF)


@EACH_CLIENT
async def test_data_after_a_compressed_body_is_not_read(kind: str):
    def trailing(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(CREATED))
        for _ in range(200):
            exchange.send(bytes(1_000_000))

    with hostile(trailing) as server, within(5):
        async with opened(kind, Kie(KEY, server.url)) as client:
            assert await client.submit(CAT) == REF


@EACH_CLIENT
@pytest.mark.parametrize("key", ["1", "task", "281e"])
async def test_a_short_key_is_not_redacted_in_bodies(kind: str, key: str, idling: Hostile):
    """Any key will do for the emulator; only a long one is redacted where a response echoes it."""
    async with opened(kind, Kie(key, idling.url)) as client:
        assert await client.submit(CAT) == REF


def test_the_docs_page_lists_the_measured_faults():
    page = (Path(__file__).parents[2] / "docs" / "hostile.md").read_text("utf-8")
    listed = re.findall(r"^\| (.+) \| (\d) \| `(\w+)` \|$", page, re.MULTILINE)
    assert listed == [(fault, str(posts), error.__name__) for fault, (_, posts, error) in FAULTS.items()]
