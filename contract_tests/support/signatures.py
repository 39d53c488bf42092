"""Makes the signature headers of callbacks, as the vendors do."""

from __future__ import annotations

import base64
import hmac
import time

KIE_KEY = "signing-key-of-nobody"
WEBHOOK_KEY = "whsec_c2VjcmV0LW9mLW5vYm9keQ=="


def kie_signature_headers(task_id: str, key: str = KIE_KEY, at: float | None = None) -> dict[str, str]:
    stamp = f"{time.time() if at is None else at:.0f}"
    digest = hmac.digest(key.encode(), f"{task_id}.{stamp}".encode(), "sha256")
    return {"X-Webhook-Timestamp": stamp, "X-Webhook-Signature": base64.b64encode(digest).decode()}


def webhook_signature_headers(
    body: bytes, message_id: str = "m1", key: str = WEBHOOK_KEY, at: float | None = None
) -> dict[str, str]:
    stamp = f"{time.time() if at is None else at:.0f}"
    secret = base64.b64decode(key.removeprefix("whsec_"))
    digest = hmac.digest(secret, f"{message_id}.{stamp}.".encode() + body, "sha256")
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}
