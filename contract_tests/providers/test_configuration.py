"""Who and where: keys, hosts and accounts, from arguments and from the environment."""

from typing import Any

import httpx
import pytest

from contract_tests.support.kie import API, KEY
from klingkit import (
    ConfigurationError,
)
from klingkit.kie import Kie
from klingkit.native import Native
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
