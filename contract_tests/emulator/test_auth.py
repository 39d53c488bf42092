"""Authentication: plain keys, and tokens that are signed with access keys."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialNative, OfficialRelay
from contract_tests.emulator.kit import Api, Kie, Kind, Native, Relay, every_api
from klingkit import AuthenticationError, Client
from klingkit.emulator import Emulator, Fault, VirtualClock
from klingkit.native import Native as NativeApi
from klingkit.native import Text2Video

HEADERS = [  # Authorization, what is wrong with it
    ("", "no key"),
    *((header, "odd key") for header in ("Bearer", "Bearer ", "a-key", "Basic a-key", "Bearer a key", "Bearer \xe9")),
    *((header, "unknown key") for header in ("Bearer a-key,", "Bearer wrong", "Bearer A-KEY")),
]


@every_api
@pytest.mark.parametrize(("header", "problem"), HEADERS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_missing_or_wrong_key_is_rejected(kind: Kind, method: str, header: str, problem: str) -> None:
    api = kind(Emulator(keys={"a-key"}))
    path = kind.create_path if method == "POST" else kind.query_path
    response = api.ask(method, path, headers={"Authorization": header.encode("latin-1")})
    assert api.message(response, problem)
    assert response.headers["WWW-Authenticate"] == "Bearer"


@every_api
@pytest.mark.parametrize("header", ["Bearer a-key", "bearer a-key", "Bearer  a-key"])
def test_a_known_key_is_accepted(kind: Kind, header: str) -> None:
    api = kind(Emulator(keys=["a-key"]))
    response = api.ask("POST", kind.create_path, json=kind.body(), headers={"Authorization": header})
    assert kind.id_in(response)


@every_api
def test_any_key_is_accepted_by_default(kind: Kind) -> None:
    assert kind(Emulator(), "whatever:it/is").make()


NOW = 1_764_547_200  # what the virtual clock shows at first


SECRET = "s3cr3t-of-nobody-0123456789abcdef"


ACCESS = {"AK": SECRET, "BK": "another-secret-of-nobody-0123456789"}


kling = pytest.mark.parametrize("kind", [Native, Relay, OfficialNative, OfficialRelay], ids=lambda kind: kind.__name__)


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def token(
    issuer: object = "AK",
    secret: str = SECRET,
    *,
    header: object = {"alg": "HS256", "typ": "JWT"},
    **claims: object,
) -> str:
    """Signed by hand, and valid now unless its claims say otherwise; a claim that is None is left out."""
    content = {"iss": issuer, "exp": NOW + 1800, "nbf": NOW - 5} | claims
    text = f"{part(header)}.{part({name: value for name, value in content.items() if value is not None})}"
    return f"{text}.{part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def api_with(kind: Kind, key: str, **options: Any) -> Api:
    dialect: Any = getattr(kind, "dialect", "document")
    return kind(Emulator(clock=VirtualClock(), dialect=dialect, **options), key)


def error_of(api: Api) -> tuple[int, Any]:
    response = api.create(api.body())
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json()["message"]
    return response.status_code, response.json()["code"]


def code(kind: Kind, official: int) -> tuple[int, int]:
    """Document 001 has one code for them all."""
    return 401, 401 if kind is Native else official


@kling
def test_a_token_of_a_known_access_key_is_accepted(kind: Kind) -> None:
    assert api_with(kind, token(), access_keys=ACCESS).make()
    assert api_with(kind, token(nbf=None), access_keys=ACCESS).make()
    assert api_with(kind, token(exp=NOW + 0.5, nbf=NOW), access_keys=ACCESS).make()


@kling
def test_a_new_token_sees_the_tasks_of_the_old_one(kind: Kind) -> None:
    api = api_with(kind, token(), access_keys=ACCESS)
    task_id = api.make()
    renewed, other = kind(api.emulator, token(exp=NOW + 3600)), kind(api.emulator, token("BK", ACCESS["BK"]))
    assert renewed.query(task_id).status_code == 200
    assert other.query(task_id).status_code == 404


@kling
def test_a_token_is_valid_only_from_nbf_to_exp(kind: Kind) -> None:
    for access_keys in (ACCESS, None):
        early = api_with(kind, token(nbf=NOW + 1), access_keys=access_keys)
        assert error_of(early) == code(kind, 1003)
        early.emulator.clock.advance(1)
        assert early.make()
        late = api_with(kind, token(), access_keys=access_keys)
        late.emulator.clock.advance(1799)
        assert late.make()
        late.emulator.clock.advance(1)
        assert error_of(late) == code(kind, 1004)


@kling
def test_a_token_with_a_wrong_signature_is_rejected(kind: Kind) -> None:
    assert error_of(api_with(kind, token(secret="guessed"), access_keys=ACCESS)) == code(kind, 1000)
    assert error_of(api_with(kind, token("CK"), access_keys=ACCESS)) == code(kind, 1000)
    head, body, _ = token().split(".")
    assert error_of(api_with(kind, f"{head}.{body}.", access_keys=ACCESS)) == code(kind, 1000)
    assert error_of(api_with(kind, f"{head}.{body}.%", access_keys=ACCESS)) == code(kind, 1000)
    assert api_with(kind, token(secret="guessed")).make(), "without access keys, no signature is wrong"


INVALID: list[str] = [
    token(header={"alg": "none"}),
    token(header={"alg": "RS256"}),
    token(issuer=None),
    token(issuer=""),
    token(issuer=5),
    token(exp=None),
    token(exp="soon"),
    token(exp=True),
    token(exp=10**400),
    token(nbf="now"),
    f"{part({'alg': 'HS256'})}.{part([1])}.x",
    f"{part({'alg': 'HS256'})}.e30x.x",
]


@kling
@pytest.mark.parametrize("key", INVALID, ids=range(len(INVALID)))
def test_an_invalid_token_is_rejected(kind: Kind, key: str) -> None:
    assert error_of(api_with(kind, key, access_keys=ACCESS)) == code(kind, 1002)
    assert error_of(api_with(kind, key)) == code(kind, 1002)


@kling
def test_with_access_keys_only_a_plain_key_is_unknown(kind: Kind) -> None:
    assert error_of(api_with(kind, "AK", access_keys=ACCESS)) == code(kind, 1000)
    assert error_of(api_with(kind, "a.b.c", access_keys=ACCESS)) == code(kind, 1000)
    assert api_with(kind, "a-key", access_keys=ACCESS, keys=["a-key"]).make()
    assert api_with(kind, token(), access_keys=ACCESS, keys=["a-key"]).make()
    assert error_of(api_with(kind, "b-key", access_keys=ACCESS, keys=["a-key"])) == code(kind, 1000)


@kling
def test_with_plain_keys_only_a_token_is_a_plain_key(kind: Kind) -> None:
    assert error_of(api_with(kind, token(), keys=["a-key"])) == code(kind, 1000)
    late = token(exp=NOW - 1)
    assert api_with(kind, late, keys=[late]).make()


def test_kie_has_no_tokens() -> None:
    assert api_with(Kie, token(exp=1)).make()
    assert api_with(Kie, "a-key", access_keys=ACCESS).make()
    assert api_with(Kie, token(), keys=["a-key"]).create(Kie.body()).status_code == 401


def test_the_tokens_of_the_client_are_accepted() -> None:
    emulator = Emulator(dialect="official", access_keys={"AK": SECRET})
    emulator.clock.advance(86_400)  # clients sign by the machine's time, which is good as well
    request = Text2Video(model_name="kling-v1-6", mode="std", prompt="a cat")
    with emulator.serve() as url:
        with Client(NativeApi(base_url=url, access_key="AK", secret_key=SECRET, wire="official")) as client:
            assert client.generate(request, timeout=10).status == "succeeded"
        stranger = NativeApi(base_url=url, access_key="AK", secret_key="x" * 32, wire="official")
        with Client(stranger) as client, pytest.raises(AuthenticationError):
            client.submit(request)


def test_the_prompt_is_known_for_a_token_too() -> None:
    api = api_with(Native, token(), access_keys=ACCESS)
    api.make(prompt="rain", external_task_id="ours")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    assert Native(api.emulator, token(exp=NOW + 60)).query("ours").status_code == 502
    assert Native(api.emulator, token(issuer=5)).query("ours").status_code == 401
