"""Parse callbacks: from bytes and headers to an event. No I/O: a web framework receives the bytes and replies."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, TypeAlias, cast

import httpx

from klingkit._base import Api, invalid
from klingkit._errors import CallbackRejected, ConfigurationError, InvalidRequest
from klingkit._models import CallbackEvent, Task, TaskRef
from klingkit._secret import Secret, secret
from klingkit._signatures import Signed, kie_signature, standard_webhook, webhook_secret
from klingkit.providers import Provider
from klingkit.providers import _common as common
from klingkit.providers._adapter import Adapter
from klingkit.providers._registry import ADAPTERS

__all__ = ["check_api", "check_limits", "parse_callback"]

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]


def parse_callback(
    api: Api | Provider[Any],
    body: bytes | bytearray,
    headers: Headers,
    *,
    keys: Sequence[str | Secret] = (),
    now: float | None = None,
    tolerance: float = 300.0,
    max_bytes: int = 262_144,
) -> CallbackEvent:
    """Parse a callback, and check its signature if keys are given.

    A callback is a hint. Query the API for `event.ref` before you trust its content: kie does not sign the content, and
    an unsigned callback may come from anybody.

    Args:
        api: The API it should come from: its name, or a client's adapter.
        body: The body as received.
        headers: The headers as received, in the form of any framework.
        keys: The signing keys in use, several while they rotate. Empty: the sender is not checked.
        now: Unix seconds; the system's time if None.
        tolerance: Seconds by which a signature may be old, or in the future.
        max_bytes: Bytes that a body may have.

    Raises:
        CallbackRejected: It cannot be read, or is not proven to be the vendor's.
        ConfigurationError: A key cannot be used.
        InvalidRequest: An argument has the wrong type or value.
    """
    name, secrets = check_api(api, keys)
    check_limits(tolerance, max_bytes)
    content, task = _content(body), None
    try:
        if len(content) > max_bytes:
            raise common.Unreadable(f"{len(content)} bytes; {max_bytes} are allowed")
        envelope = common.json_object(content)
        task = _task(ADAPTERS[name], envelope, api.account if isinstance(api, Adapter) else None)
        if not secrets:
            return CallbackEvent(task, raw=envelope)
        clock = time.time() if now is None else now
        signed = _signed(name, task.ref, content, _headers(headers), secrets, clock, tolerance)
    except common.Unreadable as error:
        raise CallbackRejected(f"unreadable callback: {error}", api=name) from error
    except CallbackRejected as error:
        error.api, error.ref = name, task.ref if task else None
        raise
    return CallbackEvent(task, verified=True, id=signed.id, sent=common.moment(signed.timestamp), raw=envelope)


def check_api(api: Api | Provider[Any], keys: Sequence[str | Secret]) -> tuple[Api, tuple[Secret, ...]]:
    """Return the name of an API and the keys of its callbacks, checked.

    Raises:
        ConfigurationError: A key cannot be used.
        InvalidRequest: There is no such API.
    """
    name = cast("Api", api.name if isinstance(api, Adapter) else api)
    if str(name) not in ADAPTERS:
        raise invalid("api", f"one of {', '.join(ADAPTERS)}, or an adapter", name)
    secrets = _secrets(keys)
    if ADAPTERS[name].standard_webhooks:
        for key in secrets:
            webhook_secret(key)
    return name, secrets


def check_limits(tolerance: object, max_bytes: object) -> None:
    """Refuse a tolerance or a size limit out of range.

    Raises:
        InvalidRequest: One of them is.
    """
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance < inf:
        raise invalid("tolerance", "0 seconds or more", tolerance)
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 1:
        raise invalid("max_bytes", "a whole number, at least 1", max_bytes)


def _content(body: object) -> bytes:
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    raise InvalidRequest(f"body: the bytes that arrived, not {type(body).__name__}")


def _secrets(keys: object) -> tuple[Secret, ...]:
    """Return the keys; refuse an empty one, as of an unset variable, which would accept anybody."""
    listed = (keys,) if isinstance(keys, str) else keys
    if not isinstance(listed, Sequence) or isinstance(listed, bytes):
        raise ConfigurationError(f"keys: strings in a list or a tuple, not {type(keys).__name__}")
    secrets = tuple(map(secret, cast("Sequence[object]", listed)))
    if not all(isinstance(key, Secret) and key.reveal().removeprefix("whsec_") for key in secrets):
        raise ConfigurationError("keys: each a string that is not empty")
    return secrets


def _headers(headers: Headers) -> httpx.Headers:
    """Convert the headers of any framework; text that is not ASCII cannot be a signature anyway."""
    try:
        given = cast("Any", headers)
        pairs: Iterable[tuple[str | bytes, str | bytes]] = given.items() if hasattr(given, "items") else given
        return httpx.Headers([(_encoded(name), _encoded(value)) for name, value in pairs])
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidRequest(f"headers: names and values, not {type(headers).__name__}") from error


def _encoded(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")


def _task(adapter: type[Adapter], envelope: Mapping[str, Any], account: str | None) -> Task:
    task_id = adapter.task_id(envelope)
    if task_id is None:
        raise common.Unreadable("no task id")
    try:
        ref = TaskRef(adapter.name, adapter.route, task_id, account)
    except InvalidRequest as error:
        raise common.Unreadable(str(error)) from error
    task = adapter.task(ref, envelope)
    if task is None:
        raise common.Unreadable(f"no state of task {ref}")
    return task


def _signed(
    api: Api, ref: TaskRef, body: bytes, headers: httpx.Headers, keys: Sequence[Secret], now: float, tolerance: float
) -> Signed:
    if ADAPTERS[api].standard_webhooks:
        return standard_webhook(headers, body, keys, now, tolerance)
    return kie_signature(headers, ref.id, keys, now, tolerance)
