"""Callbacks for a service's own endpoint, signed as the vendors do, or forged."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import uuid4

from klingkit.contract import Api
from klingkit.contract._contract import check_api
from klingkit.providers._registry import ADAPTERS
from klingkit.testing import _payloads as payloads

__all__ = ["Callback", "Callbacks"]

DEFAULT_KEY: Final = "klingkit-testing"

LATE: Final = 86_400.0
"""Seconds since the signature of a late callback: more than any receiver allows."""


@dataclass(frozen=True)
class Callback:
    """One delivery: the body and the headers to POST to the service."""

    body: bytes
    headers: dict[str, str]


class Callbacks:
    """Makes the callbacks of one API.

    Args:
        api: Name of the API.
        key: The signing key; give it to the service, too. Standard Webhooks (all but kie) need a `whsec_...` key.
        now: Returns the time of signing, in Unix seconds; by default the system's time, which services check by.

    Attributes:
        key: The signing key, or a default one.

    Raises:
        ValueError: There is no such API, or its scheme allows no such key.
    """

    def __init__(self, api: Api, key: str | None = None, now: Callable[[], float] = time.time) -> None:
        self.api: Api = check_api(api)
        self._standard = ADAPTERS[api].standard_webhooks
        self.key: str = self._made(DEFAULT_KEY) if key is None else key
        self._now = now
        if not isinstance(self.key, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise ValueError(f"key: a string, not {type(key).__name__}")  # noqa: TRY004 - all invalid keys raise the same
        self._secret(self.key)

    def signed(
        self,
        state: str | None = None,
        *,
        task_id: str = "task-1",
        video: payloads.Urls = (),
        reason: str | None = None,
        unlisted: bool = False,
    ) -> Callback:
        """Make a callback as the vendor sends it.

        Args:
            state: The API's own word for the state; that for a succeeded task if None.
            task_id: Id of the task.
            video: URL or URLs of the video; of a succeeded task.
            reason: Why the task failed; of a failed task.
            unlisted: Whether the state may be an unknown word.

        Raises:
            ValueError: The state is unknown, or does not come with a video or a reason.
        """
        word = payloads.of(self.api).words["succeeded"] if state is None else state
        payloads.check_options(self.api, [word], video=video, reason=reason, unlisted=unlisted)
        task, forms = payloads.task_record(self.api, word, task_id, video=video, reason=reason), payloads.of(self.api)
        return self.sign(_json(forms.callback(task, failed=forms.status_of(word) == "failed")))

    def unsigned(self, state: str | None = None, **task: Any) -> Callback:
        """Make a callback without a signature. Arguments are those of `signed`."""
        return Callback(self.signed(state, **task).body, {"Content-Type": "application/json"})

    def forged(self, state: str | None = None, **task: Any) -> Callback:
        """Make a callback signed with another key. Arguments are those of `signed`."""
        default = self._made(DEFAULT_KEY)
        other = default if self.key != default else self._made("klingkit-another-key")
        return Callbacks(self.api, other, self._now).signed(state, **task)

    def late(self, state: str | None = None, *, seconds: float = LATE, **task: Any) -> Callback:
        """Make a callback that was signed some seconds ago, as in a replay. Other arguments are those of `signed`."""
        return self.sign(self.signed(state, **task).body, at=self._now() - seconds)

    def duplicate(self, state: str | None = None, **task: Any) -> tuple[Callback, Callback]:
        """Make the same delivery twice, to the last byte: a retry of the vendor. Arguments are those of `signed`."""
        callback = self.signed(state, **task)
        return callback, callback

    def reordered(self, task_id: str = "task-1", video: payloads.Urls = ()) -> tuple[Callback, Callback]:
        """Make two callbacks of one task, the later first: it has succeeded, then it was accepted."""
        ended = self.signed(task_id=task_id, video=video)
        return ended, self.signed(payloads.of(self.api).words["queued"], task_id=task_id)

    def sign(self, body: bytes, *, at: float | None = None) -> Callback:
        """Sign any body: one that `klingkit.testing.callbacks` has drawn, or one that is not JSON.

        Args:
            body: As it is sent; kie signs the task's id in it, or an empty one.
            at: Time of the signature, in Unix seconds; now if None.
        """
        stamp, secret = f"{self._now() if at is None else at:.0f}", self._secret(self.key)
        headers = {"Content-Type": "application/json"}
        if not self._standard:
            signature = _signature(secret, f"{_task_id(body)}.{stamp}".encode("utf-8", "surrogatepass"))
            return Callback(body, headers | {"X-Webhook-Timestamp": stamp, "X-Webhook-Signature": signature})
        name = f"msg-{uuid4().hex}"  # unique in all processes: a receiver drops an id that it has handled
        signature = f"v1,{_signature(secret, f'{name}.{stamp}.'.encode() + body)}"
        return Callback(
            body, headers | {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}
        )

    def _made(self, text: str) -> str:
        """Return a key of the form that the scheme wants."""
        return "whsec_" + base64.b64encode(text.encode()).decode() if self._standard else text

    def _secret(self, key: str) -> bytes:
        if not self._standard:
            if not key:
                raise ValueError("key: a string that is not empty")
            return key.encode()
        try:
            if secret := base64.b64decode(key.removeprefix("whsec_"), validate=True):
                return secret
        except ValueError:
            pass
        raise ValueError("key: 'whsec_' and base64 of at least one byte")


def _task_id(body: bytes) -> str:
    """Return the task id in a body of kie, which uses two names for it; empty where there is none."""
    try:
        data = _object(_object(json.loads(body)).get("data"))
    except (ValueError, RecursionError):
        return ""
    return str(data.get("taskId") or data.get("task_id") or "")


def _object(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _signature(secret: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
