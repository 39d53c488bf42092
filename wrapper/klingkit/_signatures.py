"""Check the callback signatures of both vendors in constant time (observed.md: kie-signature, official-signature)."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Sequence

import httpx
from attrs import frozen

from klingkit._errors import CallbackRejected, ConfigurationError
from klingkit._secret import Secret, revealed

__all__ = ["Signed", "kie_signature", "standard_webhook", "webhook_secret"]


@frozen
class Signed:
    """What a signature proves beside the sender: the time (Unix seconds); in Standard Webhooks, the delivery's id."""

    timestamp: float
    id: str | None = None


def kie_signature(
    headers: httpx.Headers, task_id: str, keys: Sequence[str | Secret], now: float, tolerance: float
) -> Signed:
    """Check kie's signature, which covers the task's id and the time, not the body.

    Raises:
        CallbackRejected: A header is missing, the time is outside the tolerance, or no key matches.
    """
    stamp = _header(headers, "X-Webhook-Timestamp")
    timestamp = _fresh(stamp, now, tolerance)
    _match(
        f"{task_id}.{stamp}".encode(),
        [_header(headers, "X-Webhook-Signature")],
        [revealed(key).encode() for key in keys],
    )
    return Signed(timestamp)


def standard_webhook(
    headers: httpx.Headers, body: bytes, keys: Sequence[str | Secret], now: float, tolerance: float
) -> Signed:
    """Check a signature of Standard Webhooks, which covers id, time and body; several keys while they rotate.

    Raises:
        CallbackRejected: A header is missing, the time is outside the tolerance, or no key matches.
        ConfigurationError: A key is not a `whsec_...` secret.
    """
    name, stamp = _header(headers, "webhook-id"), _header(headers, "webhook-timestamp")
    timestamp = _fresh(stamp, now, tolerance)
    listed = _header(headers, "webhook-signature").split(" ")
    signatures = [signature.removeprefix("v1,") for signature in listed if signature.startswith("v1,")]
    _match(f"{name}.{stamp}.".encode() + body, signatures, [webhook_secret(key) for key in keys])
    return Signed(timestamp, name)


def _header(headers: httpx.Headers, name: str) -> str:
    value: str | None = headers.get(name)
    if not value:
        raise CallbackRejected(f"callback without {name}: it is not signed")
    return value


def _fresh(stamp: str, now: float, tolerance: float) -> float:
    """Read a time stamp in seconds; refuse one outside the tolerance, against replays."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        raise CallbackRejected(f"callback with an unreadable time stamp: {stamp[:40]!r}")
    if not abs(now - int(stamp)) <= tolerance:  # so written, NaN lets nothing in
        hint = "the stamp is in milliseconds, not seconds" if len(stamp) == 13 else "compare this machine's clock"
        raise CallbackRejected(f"callback signed {now - int(stamp):+.0f} s ago; {tolerance:g} s are allowed; {hint}")
    return float(stamp)


def webhook_secret(key: str | Secret) -> bytes:
    """Return the bytes of a `whsec_...` secret.

    Raises:
        ConfigurationError: It is not one.
    """
    try:
        return base64.b64decode(revealed(key).removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise ConfigurationError("a key for callbacks: 'whsec_' and base64; this one is not") from error


def _match(signed: bytes, signatures: Iterable[str], keys: Iterable[bytes]) -> None:
    if not _matches(signed, signatures, keys):
        del keys  # frames that raise are kept, with all their variables
        raise CallbackRejected("callback with a signature that no key matches")


def _matches(signed: bytes, signatures: Iterable[str], keys: Iterable[bytes]) -> bool:
    expected = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys]
    given = [signature.encode() for signature in signatures]
    # Every pair is compared, so that the time taken does not reveal which one matches.
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    return any(matches)
