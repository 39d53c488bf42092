"""Who and where: keys, hosts and accounts, from arguments and from the environment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import ALL, ApiCase
from contract_tests.support.kie import API, KEY
from klingkit import (
    ConfigurationError,
    KlingkitError,
)
from klingkit.kie import Kie
from klingkit.native import Native
from klingkit.providers import _common
from klingkit.relay import Relay


def test_the_environment_says_who_and_where_of_kie(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "from-the-environment")
    monkeypatch.setenv("KIE_BASE_URL", "http://127.0.0.1:8900/")
    assert Kie().auth.token() == "from-the-environment"
    assert Kie().base_url == "http://127.0.0.1:8900"
    assert Kie("given", "https://kie.test").base_url == "https://kie.test"
    monkeypatch.delenv("KIE_BASE_URL")
    assert Kie().base_url == "https://api.kie.ai"


def test_a_missing_key_names_the_variable_and_the_free_way(monkeypatch):
    monkeypatch.delenv("KIE_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match=r"KIE_API_KEY.*klingkit\.emulator"):
        Kie()


@pytest.mark.parametrize("key", ["a b", "a\n", "ключ", "a\x00"])
def test_a_key_that_no_header_can_carry_is_not_shown(key: str):
    with pytest.raises(ConfigurationError, match="KIE_API_KEY") as caught:
        Kie(key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["kie.test", "ftp://kie.test", "http://", "http://x:port", "/v1", "http://x:99999", "http://a..b"]
)
def test_a_host_is_an_absolute_web_address(url: str):
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL"):
        Kie(KEY, url)


def test_the_key_shows_nowhere():
    assert KEY not in repr(API)
    assert KEY not in repr(API.auth)


def test_an_account_is_part_of_the_reference():
    api = Kie(KEY, "http://kie.test", "acme")
    answer = httpx.Response(200, json={"code": 200, "data": {"taskId": "a"}})
    assert str(api.read_submission(answer)) == "kie@acme:jobs:a"


@pytest.mark.parametrize("account", ["", "a b", "a:b", "a@b", "账户"])
def test_an_account_that_no_reference_can_carry_is_refused_before_anything_is_paid_for(account: str):
    with pytest.raises(ConfigurationError, match="account"):
        Kie(KEY, "http://kie.test", account)


@pytest.mark.parametrize("url", ["https://user:secret@kie.test", "https://kie.test/?x=1", "https://kie.test/#f"])
def test_a_host_is_a_host_and_no_more(url: str):
    """A password in it would take the place of the key, and show in reprs."""
    with pytest.raises(ConfigurationError, match="KIE_BASE_URL") as caught:
        Kie(KEY, url)
    assert "secret" not in str(caught.value)


def test_an_empty_key_is_not_another_accounts(monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "of-another-account")
    for nothing in ("", 5, b"x"):
        with pytest.raises(ConfigurationError, match="API key"):
            Kie(nothing)  # type: ignore[arg-type]  # a wrong one, on purpose


@pytest.mark.parametrize(("kind", "prefix"), [(Native, "KLING"), (Relay, "KLING_RELAY")])
def test_the_environment_says_who_and_where(monkeypatch, kind: Any, prefix: str):
    monkeypatch.setenv(f"{prefix}_API_KEY", "from-the-environment")
    monkeypatch.setenv(f"{prefix}_BASE_URL", "https://host.test/")
    assert kind().auth.token() == "from-the-environment"
    assert kind().base_url == "https://host.test"
    monkeypatch.delenv(f"{prefix}_BASE_URL")
    with pytest.raises(ConfigurationError, match=f"{prefix}_BASE_URL"):
        kind()
    monkeypatch.delenv(f"{prefix}_API_KEY")
    with pytest.raises(ConfigurationError, match=f"{prefix}_API_KEY"):
        kind()


def test_a_missing_host_names_both_official_ones(monkeypatch):
    monkeypatch.delenv("KLING_BASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match=r"api-singapore\.klingai\.com.*api-beijing\.klingai\.com"):
        Native(KEY)


EACH = pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)


NOON = "Wed, 21 Oct 2026 12:00:00 GMT"


AT_NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_a_quarter_past(monkeypatch):
    """Our own clock, which counts where an answer has no date."""
    monkeypatch.setattr(_common, "clock", lambda: AT_NOON + timedelta(minutes=15))


def asked_to_wait(case: ApiCase, headers: dict[str, str], content: bytes = b"<html>") -> float | None:
    with pytest.raises(KlingkitError) as caught:
        case.api.read_task(case.ref, httpx.Response(503, content=content, headers=headers))
    return caught.value.retry_after


@EACH
@pytest.mark.parametrize(
    ("stated", "date", "seconds"),
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
        ("nan", NOON, None),
    ],
)
def test_a_time_to_wait_may_be_a_moment_and_counts_from_the_answers_own_date(
    case: ApiCase, stated: str, date: str, seconds: float | None
):
    """Or from our clock, where it has none."""
    headers = {"Retry-After": stated, **({"Date": date} if date else {})}
    assert asked_to_wait(case, headers) == seconds
    assert asked_to_wait(case, headers, b'{"code": 500}') == seconds


@EACH
@pytest.mark.parametrize("body", [b"<html>", b'{"code": 500, "message": "odd"}'])
def test_the_name_of_an_exchange_may_stand_in_a_header(case: ApiCase, body: bytes):
    with pytest.raises(KlingkitError) as caught:
        case.api.read_task(case.ref, httpx.Response(500, content=body, headers={"X-Request-Id": "r-8"}))
    assert caught.value.request_id == "r-8"


@EACH
def test_the_name_in_the_body_goes_first(case: ApiCase):
    answer = httpx.Response(500, json={"code": 500, "request_id": "r-9"}, headers={"X-Request-Id": "r-8"})
    with pytest.raises(KlingkitError) as caught:
        case.api.read_task(case.ref, answer)
    assert caught.value.request_id == "r-9"
