"""Tests that errors of the API name the next step: the URL, the clock, the host, the model, the dialect."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE, RELAY, ApiCase
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF
from klingkit import AccessKey, AuthenticationError, InvalidRequest, KlingkitError
from klingkit.kie import Kie
from klingkit.native import Native
from klingkit.relay import Job, Relay

ACCESS_KEY = AccessKey("access-of-nobody-0123", "s3cr3t-of-nobody-0123456789abcdef")
SINGAPORE = "https://api-singapore.klingai.com"


def signing_adapter(api_case: ApiCase) -> Any:
    """Return an adapter that signs its tokens."""
    api = api_case.make(API_KEY, SINGAPORE)
    api.auth = ACCESS_KEY
    return api


def error_of(api: Any, call: httpx.Request, status: int, body: object, **headers: str) -> KlingkitError:
    """Return the error of a response to a request."""
    content = {"json": body} if isinstance(body, dict) else {"text": str(body)}
    response = httpx.Response(status, **content, headers=headers, request=call)
    with pytest.raises(KlingkitError) as caught:
        api.read_submission(response) if call.method == "POST" else api.read_task(TASK_REF, response)
    return caught.value


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize("body", [{"code": 404, "msg": "no such path"}, "<html>not found"])
@pytest.mark.parametrize(
    ("base_url", "repeated"),
    [
        ("https://api.kie.ai/api", "/api"),
        ("https://api.kie.ai/api/v1", "/api/v1"),
        ("https://api.kie.ai/api/v1/jobs", "/api/v1/jobs"),
        ("https://api.kie.ai", None),
        ("https://gateway.example/kling/v1", None),
    ],
)
def test_a_not_found_error_shows_the_url(status: int, body: object, base_url: str, repeated: str | None):
    api = Kie(API_KEY, base_url)
    for call in (api.submit(CAT_REQUEST), api.query(TASK_REF)):
        text = str(error_of(api, call, status, body))
        assert f"; {call.method} {str(call.url).partition('?')[0]}" in text
        assert ("leave it out of base_url" in text) is (repeated is not None)
        assert repeated is None or f"repeats {repeated!r}" in text
        assert TASK_REF.id not in text


def test_an_error_of_a_relay_below_v1_shows_the_repeated_path():
    api = Native(API_KEY, "https://relay.example/v1")
    error = error_of(api, api.submit(NATIVE.request), 404, {"code": 404, "message": "no"})
    assert "POST https://relay.example/v1/v1/videos/text2video repeats '/v1'" in str(error)


def test_a_path_that_is_not_found_under_a_status_of_success_shows_what_it_repeats():
    api = Native(API_KEY, "https://relay.example/v1")
    for call in (api.submit(NATIVE.request), api.query(NATIVE.ref)):
        assert "repeats '/v1'" in str(error_of(api, call, 200, {"code": 1203, "message": "no"}))
    right = Native(API_KEY, "https://relay.example")
    assert "https://" not in str(error_of(right, right.query(NATIVE.ref), 200, {"code": 1203, "message": "no"}))


@pytest.mark.parametrize("status", [301, 307])
def test_an_error_of_a_redirect_shows_its_location(status: int):
    api = Kie(API_KEY, "http://api.kie.ai")
    error = error_of(api, api.query(TASK_REF), status, "", Location="https://api.kie.ai/api/v1/jobs/recordInfo")
    assert "redirects to 'https://api.kie.ai/api/v1/jobs/recordInfo': set base_url" in str(error)


def test_other_errors_show_no_url():
    api = Kie(API_KEY)
    assert "https://" not in str(error_of(api, api.query(TASK_REF), 200, {"code": 402, "msg": "no"}))


def test_a_response_without_a_request_is_read():
    with pytest.raises(KlingkitError, match=r"error code 404: no$"):
        Kie(API_KEY).read_task(TASK_REF, httpx.Response(404, json={"code": 404, "msg": "no"}))


EXPIRED_TOKEN_ERRORS = [
    (1003, "Authorization is not active"),
    (1004, "Authorization has expired"),
    (401, "jwt expired"),
    (1000, "token is not yet valid"),
    (1002, "JWT: nbf is in the future"),
    (401, "invalid signature: the token has expired"),
]


@pytest.mark.parametrize(("code", "message"), EXPIRED_TOKEN_ERRORS)
@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=str)
@pytest.mark.parametrize(
    ("clock_offset", "hint"),
    [(-412, "is 412 s ahead of the service's"), (95, "is 95 s behind the service's"), (1, "agrees")],
)
def test_a_token_refused_for_its_age_names_the_clock(
    api_case: ApiCase, code: int, message: str, clock_offset: int, hint: str, monkeypatch
):
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr("klingkit.providers._common.clock", lambda: now)
    api = signing_adapter(api_case)
    date = format_datetime(now + timedelta(seconds=clock_offset), usegmt=True)
    for call in (api.submit(api_case.request), api.query(api_case.ref)):
        error = error_of(api, call, 401, {"code": code, "message": message}, Date=date)
        assert isinstance(error, AuthenticationError)
        assert "this machine's clock" in str(error)
        assert hint in str(error)


def test_without_a_date_the_error_names_only_the_clock():
    api = signing_adapter(NATIVE)
    assert "check this machine's clock" in str(error_of(api, api.query(NATIVE.ref), 401, {"code": 1004, "message": ""}))


@pytest.mark.parametrize(("code", "message"), EXPIRED_TOKEN_ERRORS)
def test_an_error_about_a_token_of_the_user_does_not_name_the_clock(code: int, message: str):
    api = Native(API_KEY, SINGAPORE)
    text = str(error_of(api, api.query(NATIVE.ref), 401, {"code": code, "message": message}))
    assert "the token you gave is too old or too new" in text
    assert "clock" not in text


def test_a_key_that_an_official_host_refuses_names_both_hosts():
    api = Native(API_KEY, SINGAPORE)
    text = str(error_of(api, api.query(NATIVE.ref), 401, {"code": 1002, "message": "access key not found"}))
    assert "good at one host alone" in text
    assert "https://api-beijing.klingai.com" in text
    assert "clock" not in text
    other = Native(API_KEY, "https://gateway.example")
    assert "host" not in str(error_of(other, other.query(NATIVE.ref), 401, {"code": 1002, "message": "no"}))


@pytest.mark.parametrize(("code", "hinted"), [(1200, True), (1201, True), (400, True), (1301, False)])
def test_a_refused_form_names_the_other_dialect(code: int, hinted: bool):
    body = {"code": code, "message": "duration value invalid"}
    api, official = Native(API_KEY, "https://gateway.example"), Native(API_KEY, SINGAPORE)
    error = error_of(api, api.submit(NATIVE.request), 400, body)
    assert isinstance(error, InvalidRequest)
    assert ('want dialect="official"' in str(error)) is hinted
    assert "dialect" not in str(error_of(official, official.submit(NATIVE.request), 400, body))


@pytest.mark.parametrize(
    ("code", "model", "hinted"),
    [
        (1201, "kling-v1", True),
        (1203, "kling-v1", True),
        (1103, "kling-v1-6", True),
        (1201, "kling-v2-5-turbo", False),
        (1201, None, False),
        (1301, "kling-v1", False),
    ],
)
def test_a_refused_model_that_is_retired_is_called_so(code: int, model: str | None, hinted: bool):
    api = Relay(API_KEY, "https://relay.example")
    error = error_of(api, api.submit(Job(model or "kling-v0", {})), 400, {"code": code, "message": "no"})
    assert (f"the vendor retired {model} on 2026-09-15" in str(error)) is hinted


def test_a_query_names_no_model_and_none_is_called_retired():
    api = Relay(API_KEY, "https://relay.example")
    response = httpx.Response(404, json={"code": 1203, "message": "no"})  # without its request, as mocks may be
    for error in (error_of(api, api.query(RELAY.ref), 404, {"code": 1203, "message": "no"}), read_error(api, response)):
        assert "retired" not in str(error)


def read_error(api: Relay, response: httpx.Response) -> KlingkitError:
    """Return the error of a response to a paid request that does not know its request."""
    with pytest.raises(KlingkitError) as caught:
        api.read_submission(response)
    return caught.value
