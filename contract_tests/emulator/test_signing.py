"""Signatures of callbacks, against vectors and by an implementation apart."""

import base64
import hashlib
import hmac

import pytest

from klingkit.emulator import Emulator
from klingkit.emulator.faults._tampering import spoil
from klingkit.emulator.webhooks._signing import sign

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
BODY = b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'


@pytest.mark.parametrize("api", ["native", "relay"])
def test_it_signs_as_the_vendors_own_example_has_it(api: str) -> None:
    headers = sign(api, SECRET, task_id="x", message_id="9876543210", now=1781080794.9, body=BODY)
    assert headers == {
        "webhook-id": "9876543210",
        "webhook-timestamp": "1781080794",
        "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
    }


def test_kie_signs_the_task_and_the_time_alone() -> None:
    headers = sign("kie", "schlüssel", task_id="t1", message_id="m", now=1781080794, body=BODY)
    mac = hmac.new("schlüssel".encode(), b"t1.1781080794", hashlib.sha256).digest()
    expected = {"X-Webhook-Timestamp": "1781080794", "X-Webhook-Signature": base64.b64encode(mac).decode()}
    assert headers == expected


@pytest.mark.parametrize(
    ("api", "key", "name"), [("kie", "k", "X-Webhook-Signature"), ("native", SECRET, "webhook-signature")]
)
def test_a_spoilt_signature_looks_like_one_and_is_another(api: str, key: str, name: str) -> None:
    headers = sign(api, key, task_id="t", message_id="m", now=0, body=b"{}")
    spoilt = spoil(headers)
    assert {one for one in headers if headers[one] != spoilt[one]} == {name}
    assert len(spoilt[name]) == len(headers[name])
    assert spoilt[name].startswith("v1,") == (api == "native")


@pytest.mark.parametrize(
    ("signing", "problem"),
    [
        ({"veo": "k"}, "'veo' is no API"),
        ({"kie": ""}, "the key of kie is empty"),
        ({"native": "k"}, "the key of native must be whsec_ and Base64"),
        ({"relay": "whsec_"}, "the key of relay must be whsec_"),
        ({"native": "whsec_*"}, "the key of native must be whsec_"),
    ],
)
def test_what_can_not_sign_is_refused(signing: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=f"signing: .*{problem.partition(' must')[0]}"):
        Emulator(signing=signing)
