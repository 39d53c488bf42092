"""Tests of reading bodies of responses: compressed, in any chunks, cut short, too large; and the excerpt in errors."""

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
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from klingkit import UnreadableSubmission
from klingkit._flow import UNREADABLE, _body
from klingkit._flow._body import ResponseBody
from klingkit._flow._redaction import Secrets

pytestmark = pytest.mark.anyio

JSON = b'{"code": 200, "data": {"taskId": "281e5b0"}}'
GZIP = gzip.compress(JSON)
FIRST_MEMBER, SECOND_MEMBER = gzip.compress(JSON[:20]), gzip.compress(JSON[20:])
TWO_MEMBERS = FIRST_MEMBER + SECOND_MEMBER
LONG_TEXT = bytes(range(32, 127)) * 40
"""No JSON, and longer than the excerpt in an error."""

SECRET = "0123456789abcdef-of-nobody"


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in these pieces, and may then fail with an error."""

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


def body_without_data(encoding: str = "gzip", status: int = 200) -> ResponseBody:
    """Return the body of a response before any of its data has arrived."""
    headers = {"Content-Encoding": encoding}
    request = httpx.Request("GET", "http://kie.test/")
    return ResponseBody(httpx.Response(status, headers=headers, stream=Stream(()), request=request), Secrets(SECRET))


def read_body(pieces: Iterable[bytes], encoding: str = "gzip") -> httpx.Response:
    """Feed all pieces to a body, as a driver may, even after the body needs no more."""
    body = body_without_data(encoding)
    for piece in pieces:
        body.feed(piece)
    return body.response()


def split(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def user_client_with_body(kind: str, stream: Stream, **headers: str) -> Any:
    """Return a user's httpx client whose every response has this body."""

    def response(_: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, headers={name.replace("_", "-"): value for name, value in headers.items()}, stream=stream
        )

    return (httpx.Client if kind == "sync" else httpx.AsyncClient)(transport=httpx.MockTransport(response))


WHOLE_BODIES = {
    "one member": GZIP,
    "zlib": zlib.compress(JSON),
    "without its trailer": GZIP[:-8],
    "with half its trailer": GZIP[:-4],
    "two members": TWO_MEMBERS,
    "two members, the last without its trailer": TWO_MEMBERS[:-8],
    "an empty member first": gzip.compress(b"") + GZIP,
    "an empty member last": GZIP + gzip.compress(b""),
    "padded": GZIP + bytes(512),
    "two members, padded": TWO_MEMBERS + bytes(512),
    "followed by something else": GZIP + b"<html>",
}


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("data", WHOLE_BODIES.values(), ids=WHOLE_BODIES)
def test_a_whole_object_is_read_in_any_compression_and_any_chunks(data: bytes, size: int):
    response = read_body(split(data, size))
    assert response.content == JSON
    assert not response.extensions[UNREADABLE]


@given(cuts=st.lists(st.integers(0, len(TWO_MEMBERS)), max_size=6))
def test_two_gzip_members_are_one_body_in_any_chunks(cuts: list[int]):
    at = [0, *sorted(cuts), len(TWO_MEMBERS)]
    response = read_body(TWO_MEMBERS[start:end] for start, end in itertools.pairwise(at))
    assert response.content == JSON


@pytest.mark.parametrize("damage", ["trailer", "break"])
@EACH_CLIENT_KIND
async def test_a_paid_task_is_read_although_the_end_of_the_gzip_is_missing(kind: str, api_case: ApiCase, damage: str):
    data = gzip.compress(api_case.created().content)[:-8]
    stream = Stream([data], httpx.ReadError("reset") if damage == "break" else None)
    async with open_client(
        kind, api_case.api, http=user_client_with_body(kind, stream, Content_Encoding="gzip")
    ) as client:
        assert await client.submit(api_case.request) == api_case.ref


def test_reading_stops_after_a_whole_object():
    body = body_without_data()
    assert [body.feed(piece) for piece in (TWO_MEMBERS[:20], TWO_MEMBERS[20:], bytes(10))] == [True, False, False]
    assert body.response().content == JSON


def test_a_complete_gzip_member_is_whole_if_the_connection_breaks():
    body = body_without_data(status=403)
    assert not body.complete()
    assert body.feed(gzip.compress(b"<h1>no</h1>"))
    assert body.complete()
    response = body.response()
    assert (response.status_code, response.content, response.extensions[UNREADABLE]) == (403, b"<h1>no</h1>", "")


# Unreadable bodies: the reason and the excerpt that the error shows

UNREADABLE_BODIES: dict[str, tuple[str, bytes, str, bytes]] = {
    "cut": ("gzip", gzip.compress(JSON[:-1])[:-8], "compression ends early", JSON[:-1]),
    "cut amid the second member": ("gzip", FIRST_MEMBER + SECOND_MEMBER[:10], "compression ends early", JSON[:20]),
    "a wrong checksum": ("gzip", GZIP[:-8] + bytes(8), "broken compression: .*incorrect data check", JSON),
    "a wrong checksum of much": ("gzip", gzip.compress(LONG_TEXT)[:-8] + bytes(8), "broken compression", LONG_TEXT),
    "a second member that is none": (
        "gzip",
        FIRST_MEMBER + SECOND_MEMBER[:2] + bytes(99),
        "broken compression",
        JSON[:20],
    ),
    "not compressed": ("gzip", JSON, "broken compression: .*incorrect header", JSON),
    "not requested": ("br", JSON, "a content encoding that was not requested", JSON),
}


@pytest.mark.parametrize(
    ("encoding", "data", "reason_pattern", "excerpt"), UNREADABLE_BODIES.values(), ids=UNREADABLE_BODIES
)
def test_an_unreadable_body_keeps_its_reason_and_beginning(
    encoding: str, data: bytes, reason_pattern: str, excerpt: bytes
):
    response = read_body([data], encoding)
    assert re.search(reason_pattern, response.extensions[UNREADABLE])
    assert response.content == excerpt[: _body.EXCERPT]


@EACH_CLIENT_KIND
async def test_the_error_of_an_unreadable_submission_shows_the_task_id(kind: str, api_case: ApiCase):
    data = gzip.compress(api_case.created().content)
    stream = Stream([data[:-8] + bytes(8)])
    async with open_client(
        kind, api_case.api, http=user_client_with_body(kind, stream, Content_Encoding="gzip")
    ) as client:
        with pytest.raises(UnreadableSubmission, match="incorrect data check") as caught:
            await client.submit(api_case.request)
    assert api_case.ref.id in caught.value.excerpt


@pytest.mark.parametrize(
    "data",
    [bytes(2_000_000), gzip.compress(b"") * 60_000],
    ids=["of zeros", "of empty members"],
)
def test_a_large_body_is_bounded_as_received_and_as_decoded(data: bytes, monkeypatch):
    monkeypatch.setattr(_body, "MAX_BYTES", 1_000_000)
    pieces = split(gzip.compress(data, 1) if data.startswith(bytes(8)) else data, 65536)
    response = read_body(pieces)
    assert response.extensions[UNREADABLE] == "more than 1000000 bytes"
    assert len(response.content) <= _body.EXCERPT


@pytest.mark.parametrize("upto", range(4, len(SECRET) + 1, 3))
def test_a_cut_off_echo_of_the_key_is_redacted(upto: int):
    """The excerpt of an unreadable body may end within a key."""
    response = read_body([b'{"echo": "' + SECRET[:upto].encode()], "br")
    assert response.content == b'{"echo": "***'


def test_an_echo_of_the_key_at_the_end_of_the_excerpt_is_redacted():
    secret = SECRET.encode()
    response = read_body([b"x" * (_body.EXCERPT - 9) + secret + b"x" * 99], "br")
    assert response.content == b"x" * (_body.EXCERPT - 9) + b"***" + b"x" * 6


def test_an_echo_of_the_key_in_a_broken_body_is_redacted():
    echo = gzip.compress(b'{"echo": "' + SECRET.encode() + b'"}')
    assert read_body([echo[:-8] + bytes(8)]).content == b'{"echo": "***"}'
