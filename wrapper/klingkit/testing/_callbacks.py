"""Deliveries for a service's own endpoint, as the vendors sign them, and as others would."""

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
from klingkit.contract._contract import named
from klingkit.testing import _payloads as payloads

__all__ = ["Callback", "Callbacks"]

KEYS: Final[dict[Api, str]] = {
    "kie": "klingkit-testing",
    **dict.fromkeys(("native", "relay"), "whsec_" + base64.b64encode(b"klingkit-testing").decode()),
}

LATE: Final = 86_400.0


@dataclass(frozen=True)
class Callback:
    """One delivery: what is POSTed to the service."""

    body: bytes
    headers: dict[str, str]


class Callbacks:
    """Makes the deliveries of one API.

    Args:
        api: Whose.
        key: What they are signed with; give it to the service, too. Standard Webhooks (native, relay) want a
            `whsec_...` one.
        now: What the time is, in Unix seconds; the system's by default, as the service's own.

    Attributes:
        key: The key it was given, or one of nobody.

    Raises:
        ValueError: There is no such API, or the key is none of this scheme.
    """

    def __init__(self, api: Api, key: str | None = None, now: Callable[[], float] = time.time) -> None:
        self.api: Api = named(api)
        self.key: str = KEYS[api] if key is None else key
        self._now = now
        if not isinstance(self.key, str):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise ValueError(f"key: some text, not {type(key).__name__}")  # noqa: TRY004 - as for all that it refuses
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
        """One as the vendor sends it.

        Args:
            state: In the API's own words; that for a finished task if None.
            task_id: Whose task.
            video: Where the video is, or the videos are; of a finished task.
            reason: Why it failed; of a failed one.
            unlisted: Whether the state may be a word that nobody is known to use.

        Raises:
            ValueError: There is no such word, or a video or a reason is not told with it.
        """
        word = payloads.ENDED[self.api] if state is None else state
        payloads.check(self.api, [word], video=video, reason=reason, unlisted=unlisted)
        return self.sign(self._body(word, payloads.record(self.api, word, task_id, video=video, reason=reason)))

    def unsigned(self, state: str | None = None, **task: Any) -> Callback:
        """One without a signature: anybody may have sent it. Arguments are those of `signed`."""
        return Callback(self.signed(state, **task).body, {"Content-Type": "application/json"})

    def forged(self, state: str | None = None, **task: Any) -> Callback:
        """One that is signed with a key of somebody else's."""
        other = Callbacks(self.api, KEYS[self.api] if self.key != KEYS[self.api] else self._other(), self._now)
        return other.signed(state, **task)

    def late(self, state: str | None = None, *, seconds: float = LATE, **task: Any) -> Callback:
        """One that was signed that long ago: caught on its way and sent again, say."""
        return self.sign(self.signed(state, **task).body, at=self._now() - seconds)

    def duplicate(self, state: str | None = None, **task: Any) -> tuple[Callback, Callback]:
        """The same twice, to the last byte: a delivery whose answer was lost."""
        once = self.signed(state, **task)
        return once, once

    def reordered(self, task_id: str = "task-1", video: payloads.Urls = ()) -> tuple[Callback, Callback]:
        """Two of one task, the later first: that it has ended, then that it was accepted."""
        ended = self.signed(task_id=task_id, video=video)
        return ended, self.signed(payloads.CREATED[self.api], task_id=task_id)

    def sign(self, body: bytes, *, at: float | None = None) -> Callback:
        """Sign any body, one that `callbacks` has drawn say, or one that is no JSON.

        Args:
            body: As it is sent; kie signs the task's id in it, or none where it has none.
            at: When it is sent, in Unix seconds; now if None.
        """
        stamp, secret = f"{self._now() if at is None else at:.0f}", self._secret(self.key)
        headers = {"Content-Type": "application/json"}
        if self.api == "kie":
            signature = _signature(secret, f"{_task_id(body)}.{stamp}".encode("utf-8", "surrogatepass"))
            return Callback(body, headers | {"X-Webhook-Timestamp": stamp, "X-Webhook-Signature": signature})
        name = f"msg-{uuid4().hex}"  # unique everywhere: a receiver drops what it has seen, and remembers it for long
        signature = f"v1,{_signature(secret, f'{name}.{stamp}.'.encode() + body)}"
        return Callback(
            body, headers | {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}
        )

    def _body(self, state: str, task: dict[str, Any]) -> bytes:
        if self.api == "kie":
            failed = state == payloads.FAILED["kie"]
            return _json({"code": 501 if failed else 200, "msg": "failed" if failed else "success", "data": task})
        return _json(task)

    def _other(self) -> str:
        other = "klingkit-somebody-else"
        return other if self.api == "kie" else "whsec_" + base64.b64encode(other.encode()).decode()

    def _secret(self, key: str) -> bytes:
        if self.api == "kie":
            if not key:
                raise ValueError("key: some text; this one is empty")
            return key.encode()
        try:
            if secret := base64.b64decode(key.removeprefix("whsec_"), validate=True):
                return secret
        except ValueError:
            pass
        raise ValueError("key: 'whsec_' and base64 of one byte at least; this one is not")


def _task_id(body: bytes) -> str:
    """The id in a body of kie's, which spells its name in two ways; empty where there is none."""
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
