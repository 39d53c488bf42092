"""Signatures of callbacks: kie.ai's scheme, and Standard Webhooks for Kling's own API.

Kling's own has id, time and body signed; kie.ai the task's id and the time, but not the body
(observed.md: official-signature, kie-signature).
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

from klingkit.emulator.profiles import APIS, PROFILES

PREFIX = "whsec_"


def check_key(api: str, key: str) -> None:
    """Check that callbacks of this API can be signed with this key.

    Raises:
        ValueError: the API does not exist, or its keys have another form.
    """
    if api not in APIS:
        raise ValueError(f"signing: {api!r} is no API; there are {', '.join(APIS[:-1])} and {APIS[-1]}")
    if not key:
        raise ValueError(f"signing: the key of {api} is empty")
    if _is_standard(api):
        _secret(api, key)


def sign(api: str, key: str, *, task_id: str, message_id: str, now: float, body: bytes) -> dict[str, str]:
    """Return the headers that sign a callback.

    Args:
        api: selects the scheme.
        key: any text for kie; for the others "whsec_" and Base64.
        task_id: the task that it belongs to.
        message_id: the same each time that this callback is sent.
        now: when it is sent, Unix seconds.
        body: what is sent.
    """
    moment = str(int(now))
    if not _is_standard(api):
        mac = _mac(key.encode(), f"{task_id}.{moment}".encode())
        return {"X-Webhook-Timestamp": moment, "X-Webhook-Signature": mac}
    mac = _mac(_secret(api, key), f"{message_id}.{moment}.".encode() + body)
    return {"webhook-id": message_id, "webhook-timestamp": moment, "webhook-signature": f"v1,{mac}"}


def _is_standard(api: str) -> bool:
    return PROFILES[api].standard_webhooks


def _mac(key: bytes, text: bytes) -> str:
    return b64encode(hmac.digest(key, text, sha256)).decode()


def _secret(api: str, key: str) -> bytes:
    try:
        if key.startswith(PREFIX) and (secret := b64decode(key.removeprefix(PREFIX), validate=True)):
            return secret
    except binascii.Error:
        pass
    raise ValueError(f"signing: the key of {api} must be {PREFIX} and Base64 of one byte at least")
