"""Tests of authentication: plain keys, and tokens that are signed with access keys."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialNative, OfficialRelay
from contract_tests.emulator.kit import Api, ApiClass, Kie, Native, Relay, every_api
from klingkit import AuthenticationError, Client
from klingkit.emulator import Emulator, Fault, VirtualClock
from klingkit.native import Native as NativeApi
from klingkit.native import Text2Video

INVALID_HEADERS = [  # the header Authorization, and the problem
    ("", "no key"),
    *((header, "odd key") for header in ("Bearer", "Bearer ", "a-key", "Basic a-key", "Bearer a key", "Bearer \xe9")),
    *((header, "unknown key") for header in ("Bearer a-key,", "Bearer wrong", "Bearer A-KEY")),
]


@every_api
@pytest.mark.parametrize(("header", "problem"), INVALID_HEADERS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_missing_or_wrong_key_is_rejected(api_class: ApiClass, method: str, header: str, problem: str) -> None:
    api = api_class(Emulator(keys={"a-key"}))
    path = api_class.create_path if method == "POST" else api_class.query_path
    response = api.request(method, path, headers={"Authorization": header.encode("latin-1")})
    assert api.message(response, problem)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@every_api
@pytest.mark.parametrize("header", ["Bearer a-key", "bearer a-key", "Bearer  a-key"])
def test_a_known_key_is_accepted(api_class: ApiClass, header: str) -> None:
    api = api_class(Emulator(keys=["a-key"]))
    response = api.request("POST", api_class.create_path, json=api_class.body(), headers={"Authorization": header})
    assert api_class.id_in(response)


@every_api
def test_any_key_is_accepted_by_default(api_class: ApiClass) -> None:
    assert api_class(Emulator(), "whatever:it/is").create_task()


NOW = 1_764_547_200  # the start of the virtual clock


SECRET = "s3cr3t-of-nobody-0123456789abcdef"


ACCESS_KEYS = {"AK": SECRET, "BK": "another-secret-of-nobody-0123456789"}


each_kling_api = pytest.mark.parametrize(
    "api_class", [Native, Relay, OfficialNative, OfficialRelay], ids=lambda api_class: api_class.__name__
)


def encoded_part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def signed_token(
    issuer: object = "AK",
    secret: str = SECRET,
    *,
    header: object = {"alg": "HS256", "typ": "JWT"},
    **claims: object,
) -> str:
    """Return a signed JWT that is valid now unless its claims say otherwise; a claim that is None is left out."""
    content = {"iss": issuer, "exp": NOW + 1800, "nbf": NOW - 5} | claims
    text = (
        f"{encoded_part(header)}.{encoded_part({name: value for name, value in content.items() if value is not None})}"
    )
    return f"{text}.{encoded_part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def api_with(api_class: ApiClass, key: str, **options: Any) -> Api:
    dialect: Any = getattr(api_class, "dialect", "document")
    return api_class(Emulator(clock=VirtualClock(), dialect=dialect, **options), key)


def error_of(api: Api) -> tuple[int, Any]:
    response = api.create(api.body())
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["message"]
    return response.status_code, response.json()["code"]


def expected_error(api_class: ApiClass, official: int) -> tuple[int, int]:
    """Return HTTP status and code of an authentication error; document 001 (native) has one code for all."""
    return 401, 401 if api_class is Native else official


@each_kling_api
def test_a_token_of_a_known_access_key_is_accepted(api_class: ApiClass) -> None:
    assert api_with(api_class, signed_token(), access_keys=ACCESS_KEYS).create_task()
    assert api_with(api_class, signed_token(nbf=None), access_keys=ACCESS_KEYS).create_task()
    assert api_with(api_class, signed_token(exp=NOW + 0.5, nbf=NOW), access_keys=ACCESS_KEYS).create_task()


@each_kling_api
def test_a_new_token_sees_the_tasks_of_the_old_one(api_class: ApiClass) -> None:
    api = api_with(api_class, signed_token(), access_keys=ACCESS_KEYS)
    task_id = api.create_task()
    renewed, other = (
        api_class(api.emulator, signed_token(exp=NOW + 3600)),
        api_class(api.emulator, signed_token("BK", ACCESS_KEYS["BK"])),
    )
    assert renewed.query(task_id).status_code == 200
    assert other.query(task_id).status_code == 404


@each_kling_api
def test_a_token_is_valid_only_from_nbf_to_exp(api_class: ApiClass) -> None:
    for access_keys in (ACCESS_KEYS, None):
        early = api_with(api_class, signed_token(nbf=NOW + 1), access_keys=access_keys)
        assert error_of(early) == expected_error(api_class, 1003)
        early.emulator.clock.advance(1)
        assert early.create_task()
        late = api_with(api_class, signed_token(), access_keys=access_keys)
        late.emulator.clock.advance(1799)
        assert late.create_task()
        late.emulator.clock.advance(1)
        assert error_of(late) == expected_error(api_class, 1004)


@each_kling_api
def test_a_token_with_a_wrong_signature_is_rejected(api_class: ApiClass) -> None:
    assert error_of(api_with(api_class, signed_token(secret="guessed"), access_keys=ACCESS_KEYS)) == expected_error(
        api_class, 1000
    )
    assert error_of(api_with(api_class, signed_token("CK"), access_keys=ACCESS_KEYS)) == expected_error(api_class, 1000)
    head, body, _ = signed_token().split(".")
    assert error_of(api_with(api_class, f"{head}.{body}.", access_keys=ACCESS_KEYS)) == expected_error(api_class, 1000)
    assert error_of(api_with(api_class, f"{head}.{body}.%", access_keys=ACCESS_KEYS)) == expected_error(api_class, 1000)
    assert api_with(api_class, signed_token(secret="guessed")).create_task(), (
        "without access keys, no signature is wrong"
    )


INVALID_TOKENS: list[str] = [
    signed_token(header={"alg": "none"}),
    signed_token(header={"alg": "RS256"}),
    signed_token(issuer=None),
    signed_token(issuer=""),
    signed_token(issuer=5),
    signed_token(exp=None),
    signed_token(exp="soon"),
    signed_token(exp=True),
    signed_token(exp=10**400),
    signed_token(nbf="now"),
    f"{encoded_part({'alg': 'HS256'})}.{encoded_part([1])}.x",
    f"{encoded_part({'alg': 'HS256'})}.e30x.x",
]


@each_kling_api
@pytest.mark.parametrize("key", INVALID_TOKENS, ids=range(len(INVALID_TOKENS)))
def test_an_invalid_token_is_rejected(api_class: ApiClass, key: str) -> None:
    assert error_of(api_with(api_class, key, access_keys=ACCESS_KEYS)) == expected_error(api_class, 1002)
    assert error_of(api_with(api_class, key)) == expected_error(api_class, 1002)


@each_kling_api
def test_with_access_keys_only_a_plain_key_is_unknown(api_class: ApiClass) -> None:
    assert error_of(api_with(api_class, "AK", access_keys=ACCESS_KEYS)) == expected_error(api_class, 1000)
    assert error_of(api_with(api_class, "a.b.c", access_keys=ACCESS_KEYS)) == expected_error(api_class, 1000)
    assert api_with(api_class, "a-key", access_keys=ACCESS_KEYS, keys=["a-key"]).create_task()
    assert api_with(api_class, signed_token(), access_keys=ACCESS_KEYS, keys=["a-key"]).create_task()
    assert error_of(api_with(api_class, "b-key", access_keys=ACCESS_KEYS, keys=["a-key"])) == expected_error(
        api_class, 1000
    )


@each_kling_api
def test_with_plain_keys_only_a_token_is_a_plain_key(api_class: ApiClass) -> None:
    assert error_of(api_with(api_class, signed_token(), keys=["a-key"])) == expected_error(api_class, 1000)
    late = signed_token(exp=NOW - 1)
    assert api_with(api_class, late, keys=[late]).create_task()


def test_kie_has_no_tokens() -> None:
    assert api_with(Kie, signed_token(exp=1)).create_task()
    assert api_with(Kie, "a-key", access_keys=ACCESS_KEYS).create_task()
    assert api_with(Kie, signed_token(), keys=["a-key"]).create(Kie.body()).status_code == 401


def test_the_tokens_of_the_client_are_accepted() -> None:
    emulator = Emulator(dialect="official", access_keys={"AK": SECRET})
    emulator.clock.advance(86_400)  # the client signs by the machine's clock, which the emulator accepts, too
    request = Text2Video(model_name="kling-v1-6", mode="std", prompt="a cat")
    with emulator.serve() as url:
        with Client(NativeApi(base_url=url, access_key="AK", secret_key=SECRET, dialect="official")) as client:
            assert client.generate(request, timeout=10).status == "succeeded"
        stranger = NativeApi(base_url=url, access_key="AK", secret_key="x" * 32, dialect="official")
        with Client(stranger) as client, pytest.raises(AuthenticationError):
            client.submit(request)


def test_a_fault_for_a_prompt_applies_to_requests_with_a_token() -> None:
    api = api_with(Native, signed_token(), access_keys=ACCESS_KEYS)
    api.create_task(prompt="rain", external_task_id="ours")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    assert Native(api.emulator, signed_token(exp=NOW + 60)).query("ours").status_code == 502
    assert Native(api.emulator, signed_token(issuer=5)).query("ours").status_code == 401
