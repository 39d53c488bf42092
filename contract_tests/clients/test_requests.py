"""Tests of request headers: the key, extra headers, those of a user's httpx client; and that no error shows a key."""

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client, user_http_client
from contract_tests.support.kie import API_KEY
from contract_tests.support.scripted_server import Behaviour, ServerExchange, scripted_server, unused_address
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


class UserAuth:
    """A user's auth object that returns any token."""

    def __init__(self, token: Callable[[], Any]) -> None:
        self.token = token

    def renew(self) -> bool:
        return False


def auth_raising(error: BaseException) -> UserAuth:
    def token() -> str:
        raise error

    return UserAuth(token)


def with_auth(api: Any, auth: object) -> Any:
    api.auth = auth
    return api


async def errors_of(kind: str, api: Any, api_case: ApiCase) -> list[KlingkitError]:
    """Return the errors of a submission, a query and a wait."""
    errors: list[KlingkitError] = []
    async with open_client(kind, api) as client:
        for call, argument in (
            (client.submit, api_case.request),
            (client.get, api_case.ref),
            (client.wait, api_case.ref),
        ):
            with pytest.raises(KlingkitError) as caught:
                await call(argument, timeout=2.0)
            errors.append(caught.value)
        assert not client.client._io.in_flight
    return errors


@EACH_CLIENT_KIND
@respx.mock
async def test_without_a_token_nothing_is_sent(kind: str, api_case: ApiCase):
    vault_error = LookupError("the vault is closed")
    for error in await errors_of(kind, with_auth(api_case.api, auth_raising(vault_error)), api_case):
        assert type(error) is ConfigurationError
        assert "nothing was sent" in str(error)
        assert error.__cause__ is vault_error
        assert error.api == api_case.name
    assert respx.calls.call_count == 0


@EACH_CLIENT_KIND
@respx.mock
async def test_a_klingkit_error_of_the_auth_is_raised_unchanged(kind: str, api_case: ApiCase):
    error = ConfigurationError("no PyJWT")
    assert await errors_of(kind, with_auth(api_case.api, auth_raising(error)), api_case) == [error, error, error]
    assert respx.calls.call_count == 0


@pytest.mark.parametrize(
    "token", ["two\nlines-0123456789abcdef", " spaces-0123456789abcdef", "schlüssel", b"bytes", None]
)
@EACH_CLIENT_KIND
@respx.mock
async def test_an_invalid_token_is_neither_sent_nor_shown(kind: str, token: object):
    for error in await errors_of(kind, with_auth(KIE.api, UserAuth(lambda: token)), KIE):
        assert isinstance(error, ConfigurationError)
        assert "not valid in a header" in str(error)
        assert repr(token)[1:-1] not in str(error) or token is None
    assert respx.calls.call_count == 0


@EACH_CLIENT_KIND
async def test_an_echoed_key_is_redacted(kind: str):
    """Both keys of a pair are redacted, and the token that they sign."""
    sent: list[str] = []

    def echo(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"].removeprefix("Bearer "))
        text = json.dumps(f"{sent[-1]} of {ACCESS}, {SECRET}").replace("/", r"\/")
        return httpx.Response(401, content=f'{{"code": 1002, "message": {text}}}', headers={"X-Request-Id": sent[-1]})

    api: Any = Native(base_url="http://native.test", access_key=ACCESS, secret_key=SECRET)
    async with open_client(kind, api, http=user_http_client(kind, echo)) as client:
        with pytest.raises(ApiError) as caught:
            await client.get(NATIVE.ref)
    assert jwt.decode(sent[0], SECRET, algorithms=["HS256"])["iss"] == ACCESS
    assert (caught.value.vendor_message, caught.value.request_id) == ("*** of ***, ***", "***")


BEHAVIOURS: dict[str, Behaviour] = {
    "reset": ServerExchange.reset,
    "garbage": lambda exchange: exchange.send(b"\x00 nothing of HTTP\r\n\r\n"),
    "silence": ServerExchange.stall,
}


def traceback_with_locals(error: BaseException) -> str:
    """Return a traceback as error reporting tools print it: with local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def locals_outside_tests(error: BaseException) -> list[str]:
    """Return the local variables of all frames of an error and its causes, except those of tests."""
    shown_locals, errors = [], [error]
    for error_in_chain in errors:
        frames = traceback.walk_tb(error_in_chain.__traceback__)
        shown_locals += [
            repr(frame.f_locals) for frame, _ in frames if "contract_tests" not in frame.f_code.co_filename
        ]
        errors += [
            cause
            for cause in (error_in_chain.__cause__, error_in_chain.__context__)
            if cause is not None and cause not in errors
        ]
    return shown_locals


async def assert_no_report_shows_the_key(kind: str, url: str, **options: Any) -> None:
    async with open_client(kind, KIE.make(API_KEY, url), **options) as client:
        for call, argument in ((client.submit, KIE.request), (client.get, KIE.ref)):
            with pytest.raises(KlingkitError) as caught:
                await call(argument, timeout=0.5)
            assert API_KEY not in traceback_with_locals(caught.value)
            assert not any(API_KEY in text for text in locals_outside_tests(caught.value))


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@EACH_CLIENT_KIND
async def test_error_reports_with_locals_show_no_key(kind: str, behaviour: str):
    with scripted_server(BEHAVIOURS[behaviour]) as server:
        await assert_no_report_shows_the_key(kind, server.url)


@EACH_CLIENT_KIND
async def test_error_reports_of_a_refused_connection_show_no_key(kind: str):
    with unused_address() as url:
        await assert_no_report_shows_the_key(kind, url)


@EACH_CLIENT_KIND
async def test_error_reports_about_headers_show_no_key(kind: str):
    with pytest.raises(ConfigurationError, match="X-Team") as caught:
        async with open_client(kind, KIE.make(API_KEY, "http://kie.test"), headers={"X-Team": "two\nlines"}):
            """Not reached."""
    assert API_KEY not in traceback_with_locals(caught.value)
    assert not any(API_KEY in text for text in locals_outside_tests(caught.value))


def query_while_handling(client: Client[Any]) -> None:
    try:
        json.loads("{")
    except ValueError as callers_error:
        with pytest.raises(KlingkitError):
            client.get(KIE.ref, timeout=0.5)
        raise LookupError from callers_error


def test_the_callers_own_exception_keeps_its_frames():
    """klingkit clears its own frames, whose locals may hold the key, and no others."""
    with unused_address() as url, Client(KIE.make(API_KEY, url)) as client, pytest.raises(LookupError) as caught:
        query_while_handling(client)
    assert "raw_decode" in traceback_with_locals(caught.value)


@EACH_CLIENT_KIND
async def test_the_frames_of_a_users_transport_are_kept(kind: str):
    def transport_with_a_bug(request: httpx.Request) -> httpx.Response:
        raise LookupError("a bug")

    async with open_client(kind, KIE.api, http=user_http_client(kind, transport_with_a_bug)) as client:
        with pytest.raises(SubmissionUncertain) as caught:
            await client.submit(KIE.request)
    assert "in transport_with_a_bug" in traceback_with_locals(caught.value)


HEADER_SECRET = "gw-secret-0123"
INVALID_HEADERS: dict[str, tuple[str, str]] = {
    "a line too many": ("X-Gateway-Key", f"{HEADER_SECRET}\n"),
    "a header within": ("X-Gateway-Key", f"{HEADER_SECRET}\r\nX-Admin: 1"),
    "a null": ("X-Gateway-Key", f"{HEADER_SECRET}\0"),
    "a blank first": ("X-Gateway-Key", f" {HEADER_SECRET}"),
    "a tab last": ("X-Gateway-Key", f"{HEADER_SECRET}\t"),
    "no ASCII": ("X-Gateway-Key", f"{HEADER_SECRET}-é"),
    "a control character": ("X-Gateway-Key", f"{HEADER_SECRET}\x7f"),
    "no name": ("", HEADER_SECRET),
    "a blank in the name": ("a b", HEADER_SECRET),
    "a colon in the name": ("X-Gateway-Key:", HEADER_SECRET),
    "a line in the name": ("X-Gateway-Key\n", HEADER_SECRET),
    "no ASCII in the name": ("clé", HEADER_SECRET),
}


@pytest.mark.parametrize(("name", "value"), INVALID_HEADERS.values(), ids=INVALID_HEADERS)
@EACH_CLIENT_KIND
async def test_an_invalid_header_is_named_and_its_value_not_shown(kind: str, api_case: ApiCase, name, value):
    for header in ((name, value), (name.encode(), value.encode())):
        with pytest.raises(ConfigurationError, match="headers: ") as caught:
            async with open_client(kind, api_case.api, headers=dict([header])):
                raise AssertionError
        assert repr(name.lower()) in str(caught.value).lower()
        assert HEADER_SECRET not in str(caught.value)
        assert "X-Admin" not in str(caught.value)


HEADERS_HTTPX_ACCEPTS = {why: header for why, header in INVALID_HEADERS.items() if header[0].isascii()}
"""The invalid headers that httpx accepts in the constructor of a client."""


@pytest.mark.parametrize(("name", "value"), HEADERS_HTTPX_ACCEPTS.values(), ids=HEADERS_HTTPX_ACCEPTS)
@EACH_CLIENT_KIND
async def test_an_invalid_default_header_is_refused_before_sending(kind: str, api_case: ApiCase, name, value):
    sent: list[httpx.Request] = []

    def response(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return api_case.created()

    http = user_http_client(kind, response, headers=[(name.encode(), value.encode())])
    async with open_client(kind, api_case.api, http=http) as client:
        for call, argument in (
            (client.submit, api_case.request),
            (client.get, api_case.ref),
            (client.wait, api_case.ref),
        ):
            with pytest.raises(ConfigurationError, match=r"headers of your own client: .*; nothing was sent") as caught:
                await call(argument)
            assert repr(name.lower()) in str(caught.value).lower()
            assert HEADER_SECRET not in str(caught.value)
        assert client.unclaimed == []
    assert sent == []


@pytest.mark.parametrize("value", ["", "a", "a b\tc", "~!", "=?utf-8?b?w6k=?="])
@EACH_CLIENT_KIND
async def test_valid_headers_are_sent(kind: str, api_case: ApiCase, value: str):
    with scripted_server(lambda exchange: exchange.respond(api_case.created().content)) as server:
        async with open_client(
            kind, api_case.make(API_KEY, server.url), headers={"X-Team!#$%&'*+.^_`|~1": value}
        ) as client:
            assert await client.submit(api_case.request) == api_case.ref
    (request,) = server.requests
    assert b"\r\nX-Team!#$%&'*+.^_`|~1: " + value.encode() + b"\r\n" in request


@EACH_CLIENT_KIND
async def test_authorization_of_a_users_client_is_ignored(kind: str, api_case: ApiCase):
    http = user_http_client(kind, lambda _: api_case.created(), headers=[(b"Authorization", b"of-their-own\n")])
    async with open_client(kind, api_case.api, http=http) as client:
        assert await client.submit(api_case.request) == api_case.ref


@EACH_CLIENT_KIND
async def test_headers_that_cannot_be_encoded_are_refused(kind: str, api_case: ApiCase):
    with pytest.raises(ConfigurationError, match="headers: names and values in ASCII"):
        async with open_client(kind, api_case.api, headers={"X-Team": "\ud800"}):
            raise AssertionError


@EACH_CLIENT_KIND
@respx.mock
async def test_extra_headers_go_only_to_the_api(kind: str, api_case: ApiCase, tmp_path: Path):
    paid = respx.post(api_case.create).mock(return_value=api_case.created())
    queried = respx.get(api_case.query).mock(return_value=api_case.finished("http://media.test/cat.bin"))
    media = respx.get("http://media.test/cat.bin").respond(200, content=b"video")
    async with open_client(kind, api_case.api, headers={"X-Tenant": "studio", "User-Agent": "studio/1"}) as client:
        await client.download(await client.wait(await client.submit(api_case.request)), tmp_path / "cat")
    for route in (paid, queried):
        sent = route.calls.last.request.headers
        assert (sent["X-Tenant"], sent["User-Agent"]) == ("studio", "studio/1")
        assert sent["Authorization"] == f"Bearer {API_KEY}"
    assert "X-Tenant" not in media.calls.last.request.headers


@pytest.mark.parametrize(
    "headers", [{"authorization": "Bearer x"}, {"Host": "x"}, {"X": "猫"}, {"X": 5}, ["X"], 5, {"Content-Length": "3"}]
)
def test_reserved_and_invalid_headers_are_refused(api_case: ApiCase, headers: Any):
    with pytest.raises(ConfigurationError, match="headers"):
        Client(api_case.api, headers=headers)
