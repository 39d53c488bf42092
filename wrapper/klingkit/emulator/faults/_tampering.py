"""Callbacks that nobody should believe: with a signature that is wrong, or with other news."""

import json
from base64 import b64decode, b64encode
from typing import Any

from klingkit.emulator import _json


def spoil(headers: dict[str, str]) -> dict[str, str]:
    """The same headers with a signature that looks right and is not."""
    spoilt = dict(headers)
    for name in ("X-Webhook-Signature", "webhook-signature"):
        if mac := headers.get(name):
            version, comma, text = mac.rpartition(",")
            wrong = bytes(byte ^ 1 for byte in b64decode(text))
            spoilt[name] = f"{version}{comma}{b64encode(wrong).decode()}"
    return spoilt


def alter(body: str, task_id: str) -> str:
    """The same news with another film's address, or, without any, with a claim too many."""
    altered = body.replace(f"/media/{task_id}.mp4", "/media/forged.mp4")
    if altered != body:
        return altered
    news: dict[str, Any] = json.loads(body)
    return _json.write(news | {"forged": True})
