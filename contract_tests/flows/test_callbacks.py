"""Tests that bytes of a callback become an event or `CallbackRejected`, never anything else."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contract_tests.support.apis import ALL_APIS, KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.leaks import SECRETS
from contract_tests.support.signatures import kie_signature_headers, webhook_signature_headers
from klingkit import CallbackEvent, CallbackRejected, ConfigurationError, InvalidRequest, parse_callback
from klingkit._signatures import standard_webhook

NOW = 1_781_080_800.0

# The example of a signed callback in the vendor's documentation.
EXAMPLE_KEY = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
EXAMPLE_HEADERS = {
    "webhook-id": "9876543210",
    "webhook-timestamp": "1781080794",
    "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
}
EXAMPLE_BODY = (
    b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
)


def read(api_case: ApiCase, body: bytes | object, headers: Any = (), **options: Any) -> CallbackEvent:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_callback(api_case.name, content, headers, **options)  # type: ignore[arg-type]  # a name from the table


@pytest.mark.parametrize("status", ["queued", "running", "succeeded", "failed"])
def test_a_callback_is_read_like_the_response_to_a_query(api_case: ApiCase, status: str):
    """Documented for kie in 000; the others send the same object on every change."""
    response = api_case.record(api_case.vendor_states[status])
    event = read(api_case, response.content)
    assert event.task == api_case.api.read_task(api_case.ref, response)
    assert event.raw == json.loads(response.content)
    assert (event.task.status, event.ref, event.verified) == (status, api_case.ref, False)


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
@pytest.mark.parametrize("is_enveloped", [True, False])
def test_a_callback_may_be_bare_or_enveloped(api_case: ApiCase, is_enveloped: bool):
    response = json.loads(api_case.finished().content)
    bare = response.get("data", response)
    body = {"code": 0, "message": "SUCCEED", "request_id": "r", "data": bare} if is_enveloped else bare
    assert [video.url for video in read(api_case, body).task.videos] == ["http://media.test/cat.mp4"]


def test_a_callback_of_kie_may_be_flat():
    result = json.dumps({"resultUrls": ["http://media.test/cat.mp4"]})
    event = read(KIE, {"taskId": "t-1", "state": "success", "resultJson": result})
    assert (event.ref.id, event.task.status) == ("t-1", "succeeded")
    assert [video.url for video in event.task.videos] == ["http://media.test/cat.mp4"]
    assert read(KIE, {"task_id": "t-1", "state": "fail", "failMsg": "no cats"}).task.status == "failed"


def test_a_callback_without_an_id_is_rejected(api_case: ApiCase):
    with pytest.raises(CallbackRejected, match="no task id"):
        read(api_case, {"state": "success", "task_status": "succeed"})


@pytest.mark.parametrize("name", ["taskId", "task_id"])
@pytest.mark.parametrize("state", [{"state": "fail"}, {}])
def test_kie_reports_failures_with_code_501_and_two_id_names(name: str, state: dict[str, str]):
    event = read(KIE, {"code": 501, "msg": "failed", "data": {name: KIE.ref.id, "failMsg": "no cats", **state}})
    assert (event.ref, event.task.status) == (KIE.ref, "failed")
    assert event.task.failure is not None
    assert event.task.failure.message == "no cats"


def test_the_account_comes_from_the_adapter():
    api = RELAY.make("key-of-nobody", "http://relay.test", "acme")
    event = parse_callback(api, RELAY.finished().content, {})
    assert str(event.ref) == f"relay@acme:text2video:{RELAY.ref.id}"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"<html>", b"\xff", b"{}", b"[" * 100_000, b'{"data": {}}', b'{"data": {"taskId": ".."}}'],
)
def test_an_unreadable_body_is_rejected(api_case: ApiCase, body: bytes):
    with pytest.raises(CallbackRejected, match="unreadable callback") as caught:
        read(api_case, body)
    assert caught.value.api == api_case.name


def test_a_task_without_a_state_is_rejected(api_case: ApiCase):
    field = "taskId" if api_case is KIE else "task_id"
    with pytest.raises(CallbackRejected, match="state"):
        read(api_case, {"data": {field: api_case.ref.id}})


def test_max_bytes_bounds_the_body(api_case: ApiCase):
    body = api_case.finished().content
    assert read(api_case, body, max_bytes=len(body)).task.done
    with pytest.raises(CallbackRejected, match="bytes"):
        read(api_case, body, max_bytes=len(body) - 1)


def test_an_unknown_api_lists_the_known_ones():
    with pytest.raises(InvalidRequest, match="kie, native, relay"):
        parse_callback("keling", b"{}", {})  # type: ignore[arg-type]  # invalid on purpose


@pytest.mark.parametrize("api", [None, 5, {}, b"kie", object(), "keling"])
def test_an_invalid_api_is_refused(api: Any):
    with pytest.raises(InvalidRequest, match="api"):
        parse_callback(api, b"{}", {})


@pytest.mark.parametrize("body", [None, 5, "{}", [1]])
def test_a_body_must_be_bytes(body: Any):
    with pytest.raises(InvalidRequest, match="body"):
        parse_callback("kie", body, {})
    assert parse_callback("kie", bytearray(KIE.finished().content), {}).task.done


@pytest.mark.parametrize("headers", [None, 5, [1], {"a": 1}, {"a": None}, [("a",)]])
def test_headers_must_be_names_and_values(headers: Any):
    with pytest.raises(InvalidRequest, match="headers"):
        parse_callback("kie", KIE.finished().content, headers, keys=["secret"])


@pytest.mark.parametrize("keys", [None, 5, b"k", [b"k"], [5], iter(["k"])])
def test_keys_must_be_strings(keys: Any):
    with pytest.raises(ConfigurationError, match="keys"):
        parse_callback("kie", KIE.finished().content, {}, keys=keys)


def test_a_nan_clock_accepts_nothing():
    with pytest.raises(CallbackRejected):
        read(KIE, KIE.finished().content, kie_headers_signed_with(), keys=["secret"], now=float("nan"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("tolerance", value) for value in (-1, float("nan"), float("inf"), "300", None, True)],
        *[("max_bytes", value) for value in (0, -1, 1.5, "1", None, True)],
    ],
)
def test_an_invalid_limit_is_named(name: str, value: Any):
    with pytest.raises(InvalidRequest, match=f"{name}: .* not {value!r}"):
        read(KIE, KIE.finished().content, kie_headers_signed_with(), keys=["secret"], now=NOW, **{name: value})


def test_deep_nesting_is_rejected_or_read():
    for depth in range(900, 1010):
        body = b'{"code":200,"data":{"taskId":"a","state":"fail","failMsg":' + b"[" * depth + b"]" * depth + b"}}"
        try:
            assert read(KIE, body).task.status == "failed"
        except CallbackRejected as error:
            assert error.api == "kie"  # noqa: PT017 - either outcome is right


# Signatures


def kie_headers_signed_with(
    key: str = "secret", timestamp: str = f"{NOW:.0f}", task_id: str = KIE.ref.id
) -> dict[str, str]:
    digest = hmac.digest(key.encode(), f"{task_id}.{timestamp}".encode(), "sha256")
    return {"X-Webhook-Timestamp": timestamp, "X-Webhook-Signature": base64.b64encode(digest).decode()}


def webhook_headers_signed_with(body: bytes, *keys: bytes, timestamp: str = f"{NOW:.0f}") -> dict[str, str]:
    digests = [hmac.digest(key, f"msg_1.{timestamp}.".encode() + body, "sha256") for key in keys]
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signatures}


def webhook_key(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def test_kies_signature_is_checked():
    event = read(KIE, KIE.finished().content, kie_headers_signed_with(), keys=["secret"], now=NOW)
    assert (event.verified, event.sent, event.id) == (True, datetime(2026, 6, 10, 8, 40, tzinfo=UTC), None)


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])
def test_a_standard_webhook_is_checked(api_case: ApiCase):
    body = api_case.finished().content
    event = read(api_case, body, webhook_headers_signed_with(body, b"secret"), keys=[webhook_key(b"secret")], now=NOW)
    assert (event.verified, event.id) == (True, "msg_1")


def test_the_signature_of_the_vendors_example_is_valid():
    """With one more byte it does not."""
    signed = standard_webhook(httpx.Headers(EXAMPLE_HEADERS), EXAMPLE_BODY, [EXAMPLE_KEY], NOW, 300.0)
    assert (signed.id, signed.timestamp) == ("9876543210", 1781080794.0)
    with pytest.raises(CallbackRejected, match="no key matches"):
        standard_webhook(httpx.Headers(EXAMPLE_HEADERS), EXAMPLE_BODY + b" ", [EXAMPLE_KEY], NOW, 300.0)


def test_the_vendors_example_is_read():
    """Its body is of the newer official generation, with `id` and `status`."""
    event = read(NATIVE, EXAMPLE_BODY, EXAMPLE_HEADERS, keys=[EXAMPLE_KEY], now=NOW)
    assert (event.verified, event.id, event.ref.id, event.task.status) == (
        True,
        "9876543210",
        "1234567890",
        "succeeded",
    )
    assert event.task.created is not None
    assert event.task.updated is not None


@pytest.mark.parametrize("keys", ["", [""], ["whsec_"], ["secret", ""], [None]])
def test_an_empty_key_is_refused(api_case: ApiCase, keys: Any):
    """An unset variable must neither count as a key nor turn off the check."""
    with pytest.raises(ConfigurationError, match="keys"):
        read(api_case, api_case.finished().content, kie_headers_signed_with(""), keys=keys, now=NOW)


def test_non_ascii_headers_are_rejected():
    """Frameworks decode headers in several ways; a stranger must not be able to break the handler."""
    headers = {"x": "café ☃ \ud800", "X-Webhook-Timestamp": f"{NOW:.0f}", "X-Webhook-Signature": "é"}
    with pytest.raises(CallbackRejected):
        read(KIE, KIE.finished().content, headers, keys=["secret"], now=NOW)


def test_either_side_may_rotate_its_keys():
    body = NATIVE.finished().content
    old, new = b"the old one", b"the new one"
    for signing, checking in [([old, new], [new]), ([new], [old, new]), ([old], [old, new]), ([old, new], [old])]:
        headers = webhook_headers_signed_with(body, *signing)
        assert read(NATIVE, body, headers, keys=[webhook_key(key) for key in checking], now=NOW).verified
    with pytest.raises(CallbackRejected, match="no key matches"):
        read(NATIVE, body, webhook_headers_signed_with(body, old), keys=[webhook_key(new)], now=NOW)
    assert read(KIE, KIE.finished().content, kie_headers_signed_with("new"), keys=["old", "new"], now=NOW).verified


def test_a_single_key_may_be_a_string():
    assert read(KIE, KIE.finished().content, kie_headers_signed_with(), keys="secret", now=NOW).verified


@pytest.mark.parametrize(
    "convert",
    [
        dict,
        lambda headers: {name.upper(): value for name, value in headers.items()},
        lambda headers: list(headers.items()),
        lambda headers: [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    ],
)
def test_headers_of_any_framework_are_read(convert: Callable[[dict[str, str]], Any]):
    assert read(KIE, KIE.finished().content, convert(kie_headers_signed_with()), keys=["secret"], now=NOW).verified


FORGED_HEADERS = {
    "nothing is signed": {},
    "no time": {"X-Webhook-Signature": "x"},
    "no signature": {"X-Webhook-Timestamp": f"{NOW:.0f}"},
    "another key": kie_headers_signed_with("another"),
    "another task": kie_headers_signed_with(task_id="another"),
    "too old": kie_headers_signed_with(timestamp=f"{NOW - 301:.0f}"),
    "from the future": kie_headers_signed_with(timestamp=f"{NOW + 301:.0f}"),
    "a time that is none": kie_headers_signed_with(timestamp="yesterday"),
    "a time with a sign": kie_headers_signed_with(timestamp=f"+{NOW:.0f}"),
    "a time in other digits": kie_headers_signed_with(timestamp="١٧٨١٠٨٠٨٠٠"),
    "an endless time": kie_headers_signed_with(timestamp="9" * 400),
    "garbage": {"X-Webhook-Timestamp": f"{NOW:.0f}", "X-Webhook-Signature": "\u00ff☃ garbage"},
}


@pytest.mark.parametrize("forgery", FORGED_HEADERS)
def test_a_forged_or_old_callback_is_rejected(forgery: str):
    headers = [(name.encode(), value.encode()) for name, value in FORGED_HEADERS[forgery].items()]
    with pytest.raises(CallbackRejected) as caught:
        parse_callback("kie", KIE.finished().content, headers, keys=["secret"], now=NOW)
    assert (caught.value.api, caught.value.ref) == ("kie", KIE.ref)  # the task that it claims to be about
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("stamp", "hint"), [(f"{NOW - 4000:.0f}", "this machine's clock"), (f"{NOW * 1000:.0f}", "in milliseconds")]
)
def test_a_time_outside_the_window_names_what_may_be_wrong(stamp: str, hint: str):
    headers = kie_headers_signed_with(timestamp=stamp)
    with pytest.raises(CallbackRejected, match=hint):
        parse_callback("kie", KIE.finished().content, headers, keys=["secret"], now=NOW)


def test_tolerance_widens_the_window():
    headers = kie_headers_signed_with(timestamp=f"{NOW - 301:.0f}")
    assert read(KIE, KIE.finished().content, headers, keys=["secret"], now=NOW, tolerance=302).verified


@pytest.mark.parametrize("signature", ["", "v1,", "v2,abc", "v1", "v1,é", ",,, ,", "v1a,abc"])
def test_a_signature_of_another_version_is_rejected(signature: str):
    body = NATIVE.finished().content
    headers = {**webhook_headers_signed_with(body, b"secret"), "webhook-signature": signature}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    with pytest.raises(CallbackRejected):
        parse_callback("native", body, encoded, keys=[webhook_key(b"secret")], now=NOW)


def test_a_malformed_webhook_key_is_a_configuration_error():
    body = NATIVE.finished().content
    with pytest.raises(ConfigurationError, match="whsec_") as caught:
        read(NATIVE, body, webhook_headers_signed_with(body, b"secret"), keys=["whsec_not base64!"], now=NOW)
    assert "not base64!" not in str(caught.value)


def test_the_clock_defaults_to_the_systems():
    with pytest.raises(CallbackRejected, match="ago"):
        read(KIE, KIE.finished().content, kie_headers_signed_with(timestamp="1000000000"), keys=["secret"])


HEADERS = st.dictionaries(
    st.sampled_from([*EXAMPLE_HEADERS, *kie_headers_signed_with()]),
    st.text(max_size=40) | st.sampled_from([*EXAMPLE_HEADERS.values(), *kie_headers_signed_with().values()]),
)
FIELDS = st.sampled_from(["code", "data", "taskId", "task_id", "state", "task_status", "status", "resultJson"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
BODIES = st.binary(max_size=60) | st.dictionaries(
    FIELDS, VALUES | st.dictionaries(FIELDS, VALUES | st.sampled_from(["success", "failed", "succeed"]))
).map(lambda value: json.dumps(value).encode())


def is_event(api_case: ApiCase, body: bytes, headers: Mapping[str, str], *, signed: bool) -> bool:
    """Read any data as a callback; return whether it was one."""
    try:
        event = parse_callback(api_case.api, body, headers, keys=[EXAMPLE_KEY] if signed else (), now=NOW)
    except CallbackRejected as error:
        assert error.api == api_case.name  # noqa: PT017 - either outcome is right, nothing else is
        return False
    assert event.verified is signed
    return True


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(ALL_APIS), BODIES, HEADERS, st.booleans())
def test_random_input_is_an_event_or_rejected(api_case: ApiCase, body: bytes, headers: dict[str, str], signed: bool):
    text = f"{body!r} {headers}"
    assume(not any(secret in text for secret in SECRETS))  # hypothesis draws constants from the source code
    is_event(api_case, body, headers, signed=signed)


ODD_FRAGMENTS = [b'"', b"{", b"]", b",", b"null", b"-0", b"1e999", b"\\u0000", b"\\ud800", b"\xff"]


def tamper(random: Random, data: bytes) -> bytes:
    """Return the data with a few bytes changed, removed, repeated or replaced by an odd fragment."""
    changed = bytearray(data)
    for _ in range(random.choice([0, 0, 1, 1, 2, 5])):
        index = random.randrange(len(changed) + 1)
        match random.randrange(4):
            case 0:
                changed[index : index + 1] = bytes([random.randrange(256)])
            case 1:
                del changed[index : index + random.randrange(1, 9)]
            case 2:
                changed[index:index] = changed[index : index + random.randrange(1, 99)]
            case _:
                changed[index:index] = random.choice(ODD_FRAGMENTS)
    return bytes(changed)


def test_tampered_callbacks_are_events_or_rejected():
    random = Random(20_260_601)  # noqa: S311 - the same every time
    responses_by_api = {
        api_case.name: [api_case.waiting(), api_case.running(), api_case.finished(), api_case.failed()]
        for api_case in ALL_APIS
    }
    events = 0
    for _ in range(3_000):
        api_case = random.choice(ALL_APIS)
        body = tamper(random, random.choice(responses_by_api[api_case.name]).content)
        headers = (
            kie_signature_headers(KIE.ref.id, EXAMPLE_KEY, NOW)
            if api_case is KIE
            else webhook_signature_headers(body, "m1", EXAMPLE_KEY, NOW)
        )
        headers = {name: tamper(random, value.encode()).decode("latin-1") for name, value in headers.items()}
        events += is_event(api_case, body, headers, signed=random.random() < 0.5)
    assert 300 < events < 2700
