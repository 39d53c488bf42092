"""Tests of the signatures of callbacks, against published test vectors and another implementation."""

import base64
import hashlib
import hmac

import pytest

from klingkit.emulator import Emulator
from klingkit.emulator.webhooks._signing import sign

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="


BODY = b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'


@pytest.mark.parametrize("api", ["native", "relay"])
def test_standard_webhooks_signature_matches_the_published_example(api: str) -> None:
    headers = sign(api, SECRET, task_id="x", message_id="9876543210", now=1781080794.9, body=BODY)
    assert headers == {
        "webhook-id": "9876543210",
        "webhook-timestamp": "1781080794",
        "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
    }


def test_kie_signs_only_task_id_and_time() -> None:
    headers = sign("kie", "schlüssel", task_id="t1", message_id="m", now=1781080794, body=BODY)
    mac = hmac.new("schlüssel".encode(), b"t1.1781080794", hashlib.sha256).digest()
    expected = {"X-Webhook-Timestamp": "1781080794", "X-Webhook-Signature": base64.b64encode(mac).decode()}
    assert headers == expected


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
def test_an_invalid_signing_key_is_rejected(signing: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=f"signing: .*{problem.partition(' must')[0]}"):
        Emulator(signing=signing)
