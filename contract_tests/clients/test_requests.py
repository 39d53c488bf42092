"""Authentication at work: what cannot make a token sends nothing, and no report of an error shows a key."""

import json
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE, ApiCase
from contract_tests.support.clients import EACH_CLIENT, opened
from contract_tests.support.hostile import Exchange, hostile, nobody
from contract_tests.support.kie import KEY
from klingkit import (
    ApiError,
    Client,
    ConfigurationError,
    KlingkitError,
    SubmissionUncertain,
)
from klingkit.native import Native

pytestmark = pytest.mark.anyio

ACCESS, SECRET = "access-key-of/nobody-0123456789", "s3cr3t-of-nobody-0123456789abcdef"


class Vault:
    """An authentication of the user's own, whose token is whatever the test wants."""

    def __init__(self, token: Callable[[], Any]) -> None:
        self.token = token

    def renew(self) -> bool:
        return False


def raising(error: BaseException) -> Vault:
    def token() -> str:
        raise error

    return Vault(token)


def with_auth(api: Any, auth: object) -> Any:
    api.auth = auth
    return api


async def troubles(kind: str, api: Any, case: ApiCase) -> list[KlingkitError]:
    """What comes of paying, of asking once, and of waiting."""
    found: list[KlingkitError] = []
    async with opened(kind, api) as client:
        for call, about in ((client.submit, case.request), (client.get, case.ref), (client.wait, case.ref)):
            with pytest.raises(KlingkitError) as caught:
                await call(about, timeout=2.0)
            found.append(caught.value)
        assert not client.client._io.in_flight
    return found


@EACH_CLIENT
@respx.mock
async def test_without_a_token_nothing_is_sent_and_nothing_is_uncertain(kind: str, case: ApiCase):
    broken = LookupError("the vault is closed")
    for error in await troubles(kind, with_auth(case.api, raising(broken)), case):
        assert type(error) is ConfigurationError
        assert "nothing was sent" in str(error)
        assert error.__cause__ is broken
        assert error.api == case.name
    assert respx.calls.call_count == 0


@EACH_CLIENT
@respx.mock
async def test_an_error_of_ours_goes_through_as_it_is(kind: str, case: ApiCase):
    no = ConfigurationError("no PyJWT")
    assert await troubles(kind, with_auth(case.api, raising(no)), case) == [no, no, no]
    assert respx.calls.call_count == 0


@pytest.mark.parametrize(
    "token", ["two\nlines-0123456789abcdef", " spaces-0123456789abcdef", "schlüssel", b"bytes", None]
)
@EACH_CLIENT
@respx.mock
async def test_a_token_that_no_header_can_carry_is_not_sent_and_not_shown(kind: str, token: object):
    for error in await troubles(kind, with_auth(KIE.api, Vault(lambda: token)), KIE):
        assert isinstance(error, ConfigurationError)
        assert "not valid in a header" in str(error)
        assert repr(token)[1:-1] not in str(error) or token is None
    assert respx.calls.call_count == 0


@EACH_CLIENT
async def test_an_echoed_key_is_blotted_out(kind: str):
    """AnyClient halves of a pair, and the token that they sign."""
    sent: list[str] = []

    def echo(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"].removeprefix("Bearer "))
        told = json.dumps(f"{sent[-1]} of {ACCESS}, {SECRET}").replace("/", r"\/")
        return httpx.Response(401, content=f'{{"code": 1002, "message": {told}}}', headers={"X-Request-Id": sent[-1]})

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    api: Any = Native(base_url="http://native.test", access_key=ACCESS, secret_key=SECRET)
    async with opened(kind, api, http=make(transport=httpx.MockTransport(echo))) as client:
        with pytest.raises(ApiError) as caught:
            await client.get(NATIVE.ref)
    assert jwt.decode(sent[0], SECRET, algorithms=["HS256"])["iss"] == ACCESS
    assert (caught.value.vendor_message, caught.value.request_id) == ("*** of ***, ***", "***")


@contextmanager
def reset() -> Iterator[str]:
    def behave(exchange: Exchange) -> None:
        exchange.reset()

    with hostile(behave) as server:
        yield server.url


@contextmanager
def garbage() -> Iterator[str]:
    with hostile(lambda exchange: exchange.send(b"\x00 nothing of HTTP\r\n\r\n")) as server:
        yield server.url


@contextmanager
def silence() -> Iterator[str]:
    with hostile(Exchange.stall) as server:
        yield server.url


def report(error: BaseException) -> str:
    """What tools show that print local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def below_the_test(error: BaseException) -> list[str]:
    """The locals of all frames of an error and of what it came from, also of what a report leaves out."""
    found, links = [], [error]
    for link in links:
        frames = traceback.walk_tb(link.__traceback__)
        found += [repr(frame.f_locals) for frame, _ in frames if "contract_tests" not in frame.f_code.co_filename]
        links += [each for each in (link.__cause__, link.__context__) if each is not None and each not in links]
    return found


async def no_report_shows_the_key(kind: str, url: str, **options: Any) -> None:
    async with opened(kind, KIE.make(KEY, url), **options) as client:
        for call, about in ((client.submit, KIE.request), (client.get, KIE.ref)):
            with pytest.raises(KlingkitError) as caught:
                await call(about, timeout=0.5)
            assert KEY not in report(caught.value)
            assert not any(KEY in text for text in below_the_test(caught.value))


@pytest.mark.parametrize("trouble", [nobody, reset, garbage, silence], ids=lambda trouble: trouble.__name__)
@EACH_CLIENT
async def test_no_report_of_an_error_shows_the_key(kind: str, trouble: Any):
    with trouble() as url:
        await no_report_shows_the_key(kind, url)


@EACH_CLIENT
async def test_no_report_shows_the_key_where_the_headers_themselves_are_the_trouble(kind: str):
    with pytest.raises(ConfigurationError, match="X-Team") as caught:
        async with opened(kind, KIE.make(KEY, "http://kie.test"), headers={"X-Team": "two\nlines"}):
            """Not reached."""
    assert KEY not in report(caught.value)
    assert not any(KEY in text for text in below_the_test(caught.value))


def asks_while_handling(client: Client[Any]) -> None:
    try:
        json.loads("{")
    except ValueError as own:
        with pytest.raises(KlingkitError):
            client.get(KIE.ref, timeout=0.5)
        raise LookupError from own


def test_what_the_caller_handles_meanwhile_keeps_its_frames():
    """It is the context of our errors, and no business of ours."""
    with nobody() as url, Client(KIE.make(KEY, url)) as client, pytest.raises(LookupError) as caught:
        asks_while_handling(client)
    assert "raw_decode" in report(caught.value)


@EACH_CLIENT
async def test_the_frames_of_ones_own_transport_are_kept(kind: str):
    def broken(request: httpx.Request) -> httpx.Response:
        raise LookupError("a bug of one's own")

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    async with opened(kind, KIE.api, http=make(transport=httpx.MockTransport(broken))) as client:
        with pytest.raises(SubmissionUncertain) as caught:
            await client.submit(KIE.request)
    assert "in broken" in report(caught.value)


SECRET = "gw-secret-0123"


UNSENDABLE: dict[str, tuple[bytes, bytes]] = {
    "a line too many": (b"X-Gateway-Key", f"{SECRET}\n".encode()),
    "a header within": (b"X-Gateway-Key", f"{SECRET}\r\nX-Admin: 1".encode()),
    "a null": (b"X-Gateway-Key", f"{SECRET}\0".encode()),
    "a blank first": (b"X-Gateway-Key", f" {SECRET}".encode()),
    "a tab last": (b"X-Gateway-Key", f"{SECRET}\t".encode()),
    "no ASCII": (b"X-Gateway-Key", f"{SECRET}-é".encode()),
    "a control character": (b"X-Gateway-Key", f"{SECRET}\x7f".encode()),
    "no name": (b"", SECRET.encode()),
    "a blank in the name": (b"a b", SECRET.encode()),
    "a colon in the name": (b"X-Gateway-Key:", SECRET.encode()),
    "a line in the name": (b"X-Gateway-Key\n", SECRET.encode()),
    "no ASCII in the name": ("clé".encode(), SECRET.encode()),
}


@pytest.mark.parametrize(("name", "value"), UNSENDABLE.values(), ids=UNSENDABLE)
@EACH_CLIENT
async def test_a_header_that_cannot_be_sent_is_named_and_not_shown(kind: str, case: ApiCase, name, value):
    for header in ((name, value), (name.decode(), value.decode())):
        with pytest.raises(ConfigurationError, match="headers: ") as caught:
            async with opened(kind, case.api, headers=dict([header])):
                raise AssertionError
        assert repr(name.decode().lower()) in str(caught.value).lower()
        assert SECRET not in str(caught.value)
        assert "X-Admin" not in str(caught.value)


UNNOTICED = {why: header for why, header in UNSENDABLE.items() if header[0].isascii()}
"""Those that httpx takes for a client."""


@pytest.mark.parametrize(("name", "value"), UNNOTICED.values(), ids=UNNOTICED)
@EACH_CLIENT
async def test_a_header_of_ones_own_client_that_cannot_be_sent_makes_nothing_uncertain(
    kind: str, case: ApiCase, name, value
):
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return case.created()

    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(answer), headers=[(name, value)])
    async with opened(kind, case.api, http=own) as client:
        for call, about in ((client.submit, case.request), (client.get, case.ref), (client.wait, case.ref)):
            with pytest.raises(ConfigurationError, match=r"headers of your own client: .*; nothing was sent") as caught:
                await call(about)
            assert repr(name.decode().lower()) in str(caught.value).lower()
            assert SECRET not in str(caught.value)
        assert client.unclaimed == []
    assert sent == []


@pytest.mark.parametrize("value", ["", "a", "a b\tc", "~!", "=?utf-8?b?w6k=?="])
@EACH_CLIENT
async def test_any_header_that_can_be_sent_is_sent(kind: str, case: ApiCase, value: str):
    with hostile(lambda exchange: exchange.answer(case.created().content)) as server:
        async with opened(kind, case.make(KEY, server.url), headers={"X-Team!#$%&'*+.^_`|~1": value}) as client:
            assert await client.submit(case.request) == case.ref
    (request,) = server.requests
    assert b"\r\nX-Team!#$%&'*+.^_`|~1: " + value.encode() + b"\r\n" in request


@EACH_CLIENT
async def test_a_password_of_ones_own_client_is_not_even_looked_at(kind: str, case: ApiCase):
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    own = make(transport=httpx.MockTransport(lambda _: case.created()), headers=[(b"Authorization", b"of-their-own\n")])
    async with opened(kind, case.api, http=own) as client:
        assert await client.submit(case.request) == case.ref


@EACH_CLIENT
async def test_headers_that_are_no_text_are_refused(kind: str, case: ApiCase):
    with pytest.raises(ConfigurationError, match="headers: names and values in ASCII"):
        async with opened(kind, case.api, headers={"X-Team": "\ud800"}):
            raise AssertionError


@EACH_CLIENT
@respx.mock
async def test_headers_of_the_users_own_go_to_the_api_alone(kind: str, case: ApiCase, tmp_path: Path):
    paid = respx.post(case.create).mock(return_value=case.created())
    asked = respx.get(case.query).mock(return_value=case.finished("http://media.test/cat.bin"))
    media = respx.get("http://media.test/cat.bin").respond(200, content=b"film")
    async with opened(kind, case.api, headers={"X-Tenant": "studio", "User-Agent": "studio/1"}) as client:
        await client.download(await client.wait(await client.submit(case.request)), tmp_path / "cat")
    for route in (paid, asked):
        sent = route.calls.last.request.headers
        assert (sent["X-Tenant"], sent["User-Agent"]) == ("studio", "studio/1")
        assert sent["Authorization"] == f"Bearer {KEY}"
    assert "X-Tenant" not in media.calls.last.request.headers


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer x"}, {"Host": "x"}, {"X": "猫"}, {"X": 5}, ["X"], 5, {"Content-Length": "3"}]
)
def test_headers_that_are_ours_or_none_are_refused(case: ApiCase, headers: Any):
    with pytest.raises(ConfigurationError, match="headers"):
        Client(case.api, headers=headers)
