"""Tampering with callbacks: wrong signatures, and altered bodies."""

import json
from base64 import b64decode, b64encode
from typing import Any

from klingkit.emulator import _json


def forge_signature(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers with a signature that is well-formed and wrong."""
    forged = dict(headers)
    for name in ("X-Webhook-Signature", "webhook-signature"):
        if signature := headers.get(name):
            version, comma, text = signature.rpartition(",")
            wrong = bytes(byte ^ 1 for byte in b64decode(text))
            forged[name] = f"{version}{comma}{b64encode(wrong).decode()}"
    return forged


def alter_body(body: str, task_id: str) -> str:
    """Return the body with the URL of another video or, if it has none, with a field that does not belong there."""
    altered = body.replace(f"/media/{task_id}.mp4", "/media/forged.mp4")
    if altered != body:
        return altered
    content: dict[str, Any] = json.loads(body)
    return _json.write(content | {"forged": True})
