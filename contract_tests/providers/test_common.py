"""Tests of what adapters share: keys, hosts and accounts; Retry-After and request ids."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import ALL_APIS, ApiCase
from contract_tests.support.kie import API_KEY, KIE_API
from klingkit import (
    ConfigurationError,
    KlingkitError,
)
from klingkit.kie import Kie
from klingkit.native import Native
from klingkit.providers import _common
from klingkit.relay import Relay


def test_the_environment_configures_kie(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "from-the-environment")
    monkeypatch.setenv("KIE_BASE_URL", "http://127.0.0.1:8900/")
    assert Kie().auth.token() == "from-the-environment"
    assert Kie().base_url == "http://127.0.0.1:8900"
    assert Kie("given", "https://kie.test").base_url == "https://kie.test"
    monkeypatch.delenv("KIE_BASE_URL")
    assert Kie().base_url == "https://api.kie.ai"


def test_a_missing_key_names_the_variable_and_the_emulator(monkeypatch):
    monkeypatch.delenv("KIE_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=r"KIE_API_KEY.*klingkit\.emulator"):
        Kie()


@pytest.mark.parametrize("key", ["a b", "a\n", "ключ", "a\x00"])
def test_an_invalid_key_is_refused_and_not_shown(key: str):
    with pytest.raises(ConfigurationError, match="KIE_API_KEY") as caught:
        Kie(key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["kie.test", "ftp://kie.test", "http://", "http://x:port", "/v1", "http://x:99999", "http://a..b"]
)
def test_a_host_must_be_an_absolute_http_url(url: str):
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL"):
        Kie(API_KEY, url)


def test_reprs_do_not_show_the_key():
    assert API_KEY not in repr(KIE_API)
    assert API_KEY not in repr(KIE_API.auth)


def test_an_account_is_part_of_the_reference():
    api = Kie(API_KEY, "http://kie.test", "acme")
    response = httpx.Response(200, json={"code": 200, "data": {"taskId": "a"}})
    assert str(api.read_submission(response)) == "kie@acme:jobs:a"


@pytest.mark.parametrize("account", ["", "a b", "a:b", "a@b", "账户"])
def test_an_invalid_account_is_refused(account: str):
    with pytest.raises(ConfigurationError, match="account"):
        Kie(API_KEY, "http://kie.test", account)


@pytest.mark.parametrize("url", ["https://user:secret@kie.test", "https://kie.test/?x=1", "https://kie.test/#f"])
def test_a_host_must_have_no_password_query_or_fragment(url: str):
    """A password in the URL would replace the key, and appear in reprs."""
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL") as caught:
        Kie(API_KEY, url)
    assert "secret" not in str(caught.value)


def test_an_empty_key_does_not_fall_back_to_the_environment(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "of-another-account")
    for invalid_key in ("", 5, b"x"):
        with pytest.raises(ConfigurationError, match="API key"):
            Kie(invalid_key)  # type: ignore[arg-type]  # invalid on purpose


@pytest.mark.parametrize(("adapter_class", "prefix"), [(Native, "KLING"), (Relay, "KLING_RELAY")])
def test_the_environment_configures_native_and_relay(monkeypatch, adapter_class: Any, prefix: str):
    monkeypatch.setenv(f"{prefix}_API_KEY", "from-the-environment")
    monkeypatch.setenv(f"{prefix}_BASE_URL", "https://host.test/")
    assert adapter_class().auth.token() == "from-the-environment"
    assert adapter_class().base_url == "https://host.test"
    monkeypatch.delenv(f"{prefix}_BASE_URL")
    with pytest.raises(ConfigurationError, match=f"{prefix}_BASE_URL"):
        adapter_class()
    monkeypatch.delenv(f"{prefix}_API_KEY")
    with pytest.raises(ConfigurationError, match=f"{prefix}_API_KEY"):
        adapter_class()


def test_a_missing_host_names_both_official_ones(monkeypatch):
    monkeypatch.delenv("KLING_BASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match=r"api-singapore\.klingai\.com.*api-beijing\.klingai\.com"):
        Native(API_KEY)


EACH_API = pytest.mark.parametrize("api_case", ALL_APIS, ids=lambda case: case.name)


NOON = "Wed, 21 Oct 2026 12:00:00 GMT"


AT_NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock_at_a_quarter_past(monkeypatch):
    """Set the client's clock, which counts where a response has no date, to 12:15."""
    monkeypatch.setattr(_common, "clock", lambda: AT_NOON + timedelta(minutes=15))


def retry_after(api_case: ApiCase, headers: dict[str, str], content: bytes = b"<html>") -> float | None:
    with pytest.raises(KlingkitError) as caught:
        api_case.api.read_task(api_case.ref, httpx.Response(503, content=content, headers=headers))
    return caught.value.retry_after


@EACH_API
@pytest.mark.parametrize(
    ("header", "date", "seconds"),
    [
        ("7", "", 7.0),
        ("Wed, 21 Oct 2026 12:00:30 GMT", NOON, 30.0),
        ("Wed, 21 Oct 2026 14:00:30 +0200", NOON, 30.0),
        ("Wed, 21 Oct 2026 11:59:00 GMT", NOON, 0.0),
        ("Wed, 21 Oct 2026 12:15:30 GMT", "", 30.0),
        ("Wed, 21 Oct 2026 12:15:30 GMT", "noon", 30.0),
        ("Wed, 21 Oct 2026 12:15:30 GMT", "Wed, 21 Oct 2026 12:00:00", 30.0),
        ("Wed, 21 Oct 2026 12:00:30 GMT", "", 0.0),
        ("Wed, 21 Oct 2026 12:00:30", NOON, None),
        ("soon", NOON, None),
        ("Wed, 99 Oct 2026 12:00:30 GMT", NOON, None),
        ("Wed, 21 Oct 99999999999 12:00:30 GMT", NOON, None),
        ("0.5", NOON, 0.5),
        *((invalid, NOON, None) for invalid in ("nan", "-1", "+1", "inf", "1_0", "1e3", ".5", "5.", "1, 1", "9" * 400)),
    ],
)
def test_retry_after_dates_count_from_the_date_of_the_response(
    api_case: ApiCase, header: str, date: str, seconds: float | None
):
    """They count from the client's clock where the response has no date."""
    headers = {"Retry-After": header, **({"Date": date} if date else {})}
    assert retry_after(api_case, headers) == seconds
    assert retry_after(api_case, headers, b'{"code": 500}') == seconds


@EACH_API
@pytest.mark.parametrize("body", [b"<html>", b'{"code": 500, "message": "odd"}'])
def test_the_request_id_may_be_in_a_header(api_case: ApiCase, body: bytes):
    with pytest.raises(KlingkitError) as caught:
        api_case.api.read_task(api_case.ref, httpx.Response(500, content=body, headers={"X-Request-Id": "r-8"}))
    assert caught.value.request_id == "r-8"


@EACH_API
def test_the_request_id_of_the_body_takes_precedence(api_case: ApiCase):
    response = httpx.Response(500, json={"code": 500, "request_id": "r-9"}, headers={"X-Request-Id": "r-8"})
    with pytest.raises(KlingkitError) as caught:
        api_case.api.read_task(api_case.ref, response)
    assert caught.value.request_id == "r-9"


def test_a_host_that_cannot_be_a_name_is_refused_where_it_is_given():
    """httpx reads it when it is used, and raises an error of another family then."""
    with pytest.raises(ConfigurationError, match="base_url"):
        Kie("any-key", "https://xn--zzzzzz99.com")
