"""Tokens that access keys sign: who is let in, until when, and whose tasks are whose."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialNative, OfficialRelay
from contract_tests.emulator.kit import Api, Kie, Native, Relay
from klingkit import AuthenticationError, Client
from klingkit.emulator import Emulator, Fault, VirtualClock
from klingkit.native import Native as NativeApi
from klingkit.native import Text2Video

Kind = type[Api]

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
    """Signed by hand, and good now unless its claims say otherwise; a claim that is None is left out."""
    told = {"iss": issuer, "exp": NOW + 1800, "nbf": NOW - 5} | claims
    text = f"{part(header)}.{part({name: value for name, value in told.items() if value is not None})}"
    return f"{text}.{part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def asking(kind: Kind, key: str, **options: Any) -> Api:
    dialect: Any = getattr(kind, "dialect", "document")
    return kind(Emulator(clock=VirtualClock(), dialect=dialect, **options), key)


def refused(api: Api) -> tuple[int, Any]:
    answer = api.create(api.body())
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["message"]
    return answer.status_code, answer.json()["code"]


def code(kind: Kind, official: int) -> tuple[int, int]:
    """Document 001 has one code for them all."""
    return 401, 401 if kind is Native else official


@kling
def test_a_token_of_a_known_access_key_is_let_in(kind: Kind) -> None:
    assert asking(kind, token(), access_keys=ACCESS).make()
    assert asking(kind, token(nbf=None), access_keys=ACCESS).make()
    assert asking(kind, token(exp=NOW + 0.5, nbf=NOW), access_keys=ACCESS).make()


@kling
def test_a_new_token_still_sees_the_tasks_of_the_old_one(kind: Kind) -> None:
    api = asking(kind, token(), access_keys=ACCESS)
    task_id = api.make()
    renewed, other = kind(api.emulator, token(exp=NOW + 3600)), kind(api.emulator, token("BK", ACCESS["BK"]))
    assert renewed.query(task_id).status_code == 200
    assert other.query(task_id).status_code == 404


@kling
def test_a_token_is_good_for_its_time_only(kind: Kind) -> None:
    for access_keys in (ACCESS, None):
        early = asking(kind, token(nbf=NOW + 1), access_keys=access_keys)
        assert refused(early) == code(kind, 1003)
        early.emulator.clock.advance(1)
        assert early.make()
        late = asking(kind, token(), access_keys=access_keys)
        late.emulator.clock.advance(1799)
        assert late.make()
        late.emulator.clock.advance(1)
        assert refused(late) == code(kind, 1004)


@kling
def test_a_token_that_is_signed_by_another_is_refused(kind: Kind) -> None:
    assert refused(asking(kind, token(secret="guessed"), access_keys=ACCESS)) == code(kind, 1000)
    assert refused(asking(kind, token("CK"), access_keys=ACCESS)) == code(kind, 1000)
    head, body, _ = token().split(".")
    assert refused(asking(kind, f"{head}.{body}.", access_keys=ACCESS)) == code(kind, 1000)
    assert refused(asking(kind, f"{head}.{body}.%", access_keys=ACCESS)) == code(kind, 1000)
    assert asking(kind, token(secret="guessed")).make(), "where no access keys are known, nobody's signature is wrong"


ODD: list[str] = [
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
@pytest.mark.parametrize("key", ODD, ids=range(len(ODD)))
def test_what_is_no_token_of_klings_is_refused(kind: Kind, key: str) -> None:
    assert refused(asking(kind, key, access_keys=ACCESS)) == code(kind, 1002)
    assert refused(asking(kind, key)) == code(kind, 1002)


@kling
def test_where_there_are_access_keys_alone_a_plain_key_is_unknown(kind: Kind) -> None:
    assert refused(asking(kind, "AK", access_keys=ACCESS)) == code(kind, 1000)
    assert refused(asking(kind, "a.b.c", access_keys=ACCESS)) == code(kind, 1000)
    assert asking(kind, "a-key", access_keys=ACCESS, keys=["a-key"]).make()
    assert asking(kind, token(), access_keys=ACCESS, keys=["a-key"]).make()
    assert refused(asking(kind, "b-key", access_keys=ACCESS, keys=["a-key"])) == code(kind, 1000)


@kling
def test_where_there_are_plain_keys_alone_a_token_is_one_of_them_or_unknown(kind: Kind) -> None:
    assert refused(asking(kind, token(), keys=["a-key"])) == code(kind, 1000)
    late = token(exp=NOW - 1)
    assert asking(kind, late, keys=[late]).make()


def test_kie_knows_no_tokens() -> None:
    assert asking(Kie, token(exp=1)).make()
    assert asking(Kie, "a-key", access_keys=ACCESS).make()
    assert asking(Kie, token(), keys=["a-key"]).create(Kie.body()).status_code == 401


def test_a_fault_knows_the_prompt_of_a_task_that_a_token_names() -> None:
    api = asking(Native, token(), access_keys=ACCESS)
    api.make(prompt="rain", external_task_id="ours")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    assert kindred(api, token(exp=NOW + 60)).query("ours").status_code == 502
    assert kindred(api, token(issuer=5)).query("ours").status_code == 401


def kindred(api: Api, key: str) -> Api:
    return type(api)(api.emulator, key)


def test_our_own_client_mints_tokens_that_are_taken() -> None:
    emulator = Emulator(dialect="official", access_keys={"AK": SECRET})
    emulator.clock.advance(86_400)  # clients sign by the machine's time, which is good as well
    request = Text2Video(model_name="kling-v1-6", mode="std", prompt="a cat")
    with emulator.serve() as url:
        with Client(NativeApi(base_url=url, access_key="AK", secret_key=SECRET, wire="official")) as client:
            assert client.generate(request, timeout=10).status == "succeeded"
        stranger = NativeApi(base_url=url, access_key="AK", secret_key="x" * 32, wire="official")
        with Client(stranger) as client, pytest.raises(AuthenticationError):
            client.submit(request)
