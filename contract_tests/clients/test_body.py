"""Answers as they arrive: compressed in one piece or in many, cut short, too large; and what an error shows of them."""

import gzip
import itertools
import re
import zlib
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.support.apis import ApiCase
from contract_tests.support.clients import EACH_CLIENT, opened
from klingkit import UnreadableSubmission
from klingkit._flow import UNREADABLE, _body
from klingkit._flow._body import ResponseBody, Secrets

pytestmark = pytest.mark.anyio

JSON = b'{"code": 200, "data": {"taskId": "281e5b0"}}'
GZIP = gzip.compress(JSON)
FIRST, SECOND = gzip.compress(JSON[:20]), gzip.compress(JSON[20:])
TWO = FIRST + SECOND
PROSE = bytes(range(32, 127)) * 40
"""More than an error shows, and no JSON."""

SECRET = "0123456789abcdef-of-nobody"


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in the pieces that it is given in, whose end may go wrong."""

    def __init__(self, pieces: Iterable[bytes], error: Exception | None = None) -> None:
        self.pieces = list(pieces)
        self.error = error

    def __iter__(self):
        yield from self.pieces
        if self.error is not None:
            raise self.error

    async def __aiter__(self):
        for piece in self:
            yield piece


def begun(encoding: str = "gzip", status: int = 200) -> ResponseBody:
    """Return the body of an answer of which nothing has come yet."""
    headers = {"Content-Encoding": encoding}
    request = httpx.Request("GET", "http://kie.test/")
    return ResponseBody(httpx.Response(status, headers=headers, stream=Stream(()), request=request), Secrets(SECRET))


def collected(pieces: Iterable[bytes], encoding: str = "gzip") -> httpx.Response:
    """Feed a body as drivers do, which may have read more than is wanted already."""
    body = begun(encoding)
    for piece in pieces:
        body.feed(piece)
    return body.response()


def split(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def own(kind: str, stream: Stream, **headers: str) -> Any:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={name.replace("_", "-"): value for name, value in headers.items()}, stream=stream
        )

    return (httpx.Client if kind == "sync" else httpx.AsyncClient)(transport=httpx.MockTransport(answer))


WHOLE = {
    "one member": GZIP,
    "zlib": zlib.compress(JSON),
    "without its trailer": GZIP[:-8],
    "with half its trailer": GZIP[:-4],
    "two members": TWO,
    "two members, the last without its trailer": TWO[:-8],
    "an empty member first": gzip.compress(b"") + GZIP,
    "an empty member last": GZIP + gzip.compress(b""),
    "padded": GZIP + bytes(512),
    "two members, padded": TWO + bytes(512),
    "followed by something else": GZIP + b"<html>",
}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_whole_object_is_read_however_it_is_compressed_and_cut_up(data: bytes, size: int):
    answer = collected(split(data, size))
    assert answer.content == JSON
    assert not answer.extensions[UNREADABLE]


@given(cuts=st.lists(st.integers(0, len(TWO)), max_size=6))
def test_two_members_are_one_answer_wherever_they_are_cut(cuts: list[int]):
    at = [0, *sorted(cuts), len(TWO)]
    answer = collected(TWO[start:end] for start, end in itertools.pairwise(at))
    assert answer.content == JSON


@pytest.mark.parametrize("damage", ["trailer", "break"])
@EACH_CLIENT
async def test_a_paid_task_is_not_lost_with_the_end_of_its_compression(kind: str, case: ApiCase, damage: str):
    data = gzip.compress(case.created().content)[:-8]
    stream = Stream([data], httpx.ReadError("reset") if damage == "break" else None)
    async with opened(kind, case.api, http=own(kind, stream, Content_Encoding="gzip")) as client:
        assert await client.submit(case.request) == case.ref


@EACH_CLIENT
async def test_a_paid_task_is_not_lost_between_two_members(kind: str, case: ApiCase):
    content = case.created().content
    stream = Stream([gzip.compress(content[:9]), gzip.compress(content[9:])])
    async with opened(kind, case.api, http=own(kind, stream, Content_Encoding="gzip")) as client:
        assert await client.submit(case.request) == case.ref


def test_no_more_is_wanted_than_an_object_that_is_whole():
    body = begun()
    assert [body.feed(piece) for piece in (TWO[:20], TWO[20:], bytes(10))] == [True, False, False]
    assert body.response().content == JSON


def test_a_member_that_has_ended_is_whole_where_the_connection_breaks():
    body = begun(status=403)
    assert not body.complete()
    assert body.feed(gzip.compress(b"<h1>no</h1>"))
    assert body.complete()
    answer = body.response()
    assert (answer.status_code, answer.content, answer.extensions[UNREADABLE]) == (403, b"<h1>no</h1>", "")


# What cannot be read, and what is kept of it

FLAWS: dict[str, tuple[str, bytes, str, bytes]] = {
    "cut": ("gzip", gzip.compress(JSON[:-1])[:-8], "compression ends early", JSON[:-1]),
    "cut amid the second member": ("gzip", FIRST + SECOND[:10], "compression ends early", JSON[:20]),
    "a wrong checksum": ("gzip", GZIP[:-8] + bytes(8), "broken compression: .*incorrect data check", JSON),
    "a wrong checksum of much": ("gzip", gzip.compress(PROSE)[:-8] + bytes(8), "broken compression", PROSE),
    "a second member that is none": ("gzip", FIRST + SECOND[:2] + bytes(99), "broken compression", JSON[:20]),
    "not compressed": ("gzip", JSON, "broken compression: .*incorrect header", JSON),
    "not requested": ("br", JSON, "'br' was not requested", JSON),
}


@pytest.mark.parametrize(("encoding", "data", "why", "shown"), FLAWS.values(), ids=FLAWS)
def test_what_cannot_be_read_is_shown(encoding: str, data: bytes, why: str, shown: bytes):
    answer = collected([data], encoding)
    assert re.search(why, answer.extensions[UNREADABLE])
    assert answer.content == shown[: _body.EXCERPT]


@EACH_CLIENT
async def test_an_answer_that_cannot_be_read_shows_which_task_was_paid_for(kind: str, case: ApiCase):
    data = gzip.compress(case.created().content)
    stream = Stream([data[:-8] + bytes(8)])
    async with opened(kind, case.api, http=own(kind, stream, Content_Encoding="gzip")) as client:
        with pytest.raises(UnreadableSubmission, match="incorrect data check") as caught:
            await client.submit(case.request)
    assert case.ref.id in caught.value.excerpt


@pytest.mark.parametrize(
    "data",
    [bytes(20_000_000), gzip.compress(b"") * 500_000],
    ids=["of zeros", "of empty members"],
)
def test_a_large_answer_is_bounded_as_it_comes_and_decoded(data: bytes):
    pieces = split(gzip.compress(data, 1) if data.startswith(bytes(8)) else data, 65536)
    answer = collected(pieces)
    assert answer.extensions[UNREADABLE] == f"more than {_body.MAX_BYTES} bytes"
    assert len(answer.content) <= _body.EXCERPT


@pytest.mark.parametrize("upto", range(4, len(SECRET) + 1, 3))
def test_a_key_that_is_echoed_in_part_is_not_shown(upto: int):
    """What cannot be read may end anywhere, also amid a key."""
    answer = collected([b'{"echo": "' + SECRET[:upto].encode()], "br")
    assert answer.content == b'{"echo": "***'


def test_a_key_that_stands_where_the_beginning_ends_is_not_shown():
    secret = SECRET.encode()
    answer = collected([b"x" * (_body.EXCERPT - 9) + secret + b"x" * 99], "br")
    assert answer.content == b"x" * (_body.EXCERPT - 9) + b"***" + b"x" * 6


def test_a_key_in_what_was_broken_is_not_shown():
    echo = gzip.compress(b'{"echo": "' + SECRET.encode() + b'"}')
    assert collected([echo[:-8] + bytes(8)]).content == b'{"echo": "***"}'
