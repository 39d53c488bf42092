"""Tests that signed tokens are kept for half an hour, replaced in time and never shown."""

import sys
import traceback
from typing import Any

import jwt
import pytest

from klingkit import ConfigurationError
from klingkit._auth import AccessKey, Bearer
from klingkit.native import Native

SECRET = "s3cr3t-of-nobody-0123456789abcdef"
KEY_VARIABLES = ("KLING_ACCESS_KEY", "KLING_SECRET_KEY")


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in (*KEY_VARIABLES, "KLING_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def read_claims(token: str) -> dict[str, object]:
    claims: dict[str, object] = jwt.decode(
        token, SECRET, algorithms=["HS256"], options={"verify_exp": False, "verify_nbf": False}
    )
    return claims


def native_adapter(**options) -> Native:
    return Native(base_url="http://native.test", **options)


def test_a_token_has_issuer_expiry_and_start(clock: Clock):
    token = AccessKey("access", SECRET, clock).token()
    assert read_claims(token) == {"iss": "access", "exp": 1_700_001_800, "nbf": 1_699_999_995}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_a_token_is_kept_and_replaced_a_minute_before_its_end(clock: Clock):
    auth = AccessKey("access", SECRET, clock)
    first = auth.token()
    clock.now += 1739
    assert auth.token() == first
    clock.now += 1
    assert read_claims(auth.token())["exp"] == 1_700_000_000 + 1740 + 1800


def test_renew_backdates_the_next_token(clock: Clock):
    auth = AccessKey("access", SECRET, clock)
    first = auth.token()
    assert auth.renew()
    assert auth.token() != first
    assert read_claims(auth.token())["nbf"] == 1_699_999_700


def test_tokens_renewed_within_one_second_differ(clock: Clock):
    auth = AccessKey("access", SECRET, clock)
    tokens = [auth.token()]
    for _ in range(20):
        assert auth.renew()
        tokens.append(auth.token())
        assert auth.token() == tokens[-1]
    assert len(set(tokens)) == 21


def test_backdating_is_bounded(clock: Clock):
    auth = AccessKey("access", SECRET, clock)
    for _ in range(1000):
        auth.renew()
    assert 1_699_999_600 < int(str(read_claims(auth.token())["nbf"])) <= 1_699_999_700


def test_a_token_signed_before_a_refusal_is_replaced(clock: Clock, monkeypatch):
    """Two threads may sign the first token; the slower may finish when the other's token was refused already."""
    auth, sign = AccessKey("access", SECRET, clock), AccessKey._sign

    def sign_after_another_renewal(self: AccessKey, now: float, refused: int) -> str:
        token = sign(self, now, refused)
        if not refused:
            assert self.renew()
            self.token()
        return token

    monkeypatch.setattr(AccessKey, "_sign", sign_after_another_renewal)
    late_token = auth.token()
    assert auth.token() != late_token
    assert auth.token() == auth.token()


@pytest.mark.parametrize("key", ["", "a\n", "a b", "\u043a\u043b\u044e\u0447", "a\x00", None, 5])
def test_an_invalid_key_is_refused_by_the_constructor(key: Any):
    for pair, message_pattern in (((key, SECRET), "access_key"), (("access", key), "secret_key")):
        with pytest.raises(ConfigurationError, match=message_pattern) as caught:
            AccessKey(*pair)
        assert SECRET not in str(caught.value)


def test_a_fixed_key_cannot_be_renewed():
    assert not Bearer("k1").renew()


def test_the_repr_shows_no_key(clock: Clock):
    auth = AccessKey("access-key", SECRET, clock)
    auth.token()
    assert repr(auth) == "AccessKey()"


def test_without_pyjwt_the_error_names_the_extra(clock: Clock, monkeypatch):
    auth = AccessKey("access", SECRET, clock)
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(ConfigurationError, match=r'pip install "klingkit\[jwt\]"'):
        auth.token()


def test_without_pyjwt_the_adapter_refuses_an_access_key(monkeypatch):
    """The error comes when the adapter is made, not when the first task is paid for."""
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(ConfigurationError, match=r'pip install "klingkit\[jwt\]"'):
        native_adapter(access_key="access", secret_key=SECRET)


def test_a_secret_that_pyjwt_refuses_is_not_shown(clock: Clock):
    secret = "ssh-rsa-key-of-nobody"
    with pytest.raises(ConfigurationError, match="does not sign with this secret key") as caught:
        AccessKey("access-key", secret, clock).token()
    lines = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "access-key" not in lines.replace('AccessKey("access-key"', "")
    assert lines.count("ssh-rsa") == 1, "only in the test's own frame"


def test_a_pair_may_come_from_arguments_or_the_environment(monkeypatch):
    assert read_claims(native_adapter(access_key="given", secret_key=SECRET).auth.token())["iss"] == "given"
    monkeypatch.setenv(KEY_VARIABLES[0], "outer")
    monkeypatch.setenv(KEY_VARIABLES[1], SECRET)
    assert read_claims(native_adapter().auth.token())["iss"] == "outer"
    assert read_claims(native_adapter(access_key="given").auth.token())["iss"] == "given"


def test_a_fixed_key_takes_precedence_over_a_pair_of_the_same_origin(monkeypatch):
    monkeypatch.setenv(KEY_VARIABLES[0], "outer")
    monkeypatch.setenv(KEY_VARIABLES[1], SECRET)
    assert native_adapter(api_key="plain").auth.token() == "plain"
    monkeypatch.setenv("KLING_API_KEY", "plain-key-of-nobody")
    assert native_adapter().auth.token() == "plain-key-of-nobody"
    assert read_claims(native_adapter(access_key="given", secret_key=SECRET).auth.token())["iss"] == "given"


@pytest.mark.parametrize(
    ("options", "message_pattern"),
    [
        ({"access_key": "a"}, "KLING_SECRET_KEY or secret_key"),
        ({"secret_key": SECRET}, "KLING_ACCESS_KEY or access_key"),
        ({"access_key": "a", "secret_key": ""}, "KLING_SECRET_KEY"),
        ({"access_key": "a b", "secret_key": SECRET}, "KLING_ACCESS_KEY has characters"),
        ({"access_key": 5, "secret_key": SECRET}, "a string, not int"),
        ({"access_key": "a", "secret_key": SECRET, "api_key": "k"}, "not both"),
        ({}, "no API key: set KLING_API_KEY"),
    ],
)
def test_a_missing_or_invalid_part_is_named_without_the_secret(options, message_pattern: str):
    with pytest.raises(ConfigurationError, match=message_pattern) as caught:
        native_adapter(**options)
    assert SECRET not in str(caught.value)
