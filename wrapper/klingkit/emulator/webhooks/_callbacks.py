"""Callbacks of tasks: which are sent, when, signed by which key, and with which faults."""

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from sys import getsizeof
from typing import TypeAlias

from klingkit.emulator import _json
from klingkit.emulator._history import MAX_BYTES
from klingkit.emulator.faults import _tampering
from klingkit.emulator.faults._fault import CALLBACK_KINDS, Fault
from klingkit.emulator.faults._rules import FaultRules
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._task import State, Task
from klingkit.emulator.webhooks import _signing
from klingkit.emulator.webhooks._deliveries import Deliveries, Delivery
from klingkit.emulator.webhooks._delivery_queue import DeliveryQueue
from klingkit.emulator.webhooks._pending import Outbox, PendingCallback
from klingkit.emulator.webhooks._post import ERRORS, Connections, Network, Send

LATE_SECONDS = 5.0  # by which a late callback is delayed by default
STALE_SECONDS = 3_600.0  # by which a stale callback's signature is backdated by default
LOG = logging.getLogger("klingkit.emulator")

Post: TypeAlias = Callable[[str, bytes], int]
"""A user's function that sends a callback: its URL and JSON in, the receiver's HTTP status out."""


class Callbacks:
    """Sends callbacks to the URLs in the requests for tasks. Every method may be called from any thread.

    Args:
        clock: late callbacks are late by it.
        rules: faults to inject.
        signing: the key that an API's callbacks are signed with; those of other APIs are not signed.
        allowed: networks that may be called beside this machine.
        post: a function that sends them instead, if it is given; addresses are not checked then.
        log: records the deliveries.
        outbox: keeps callbacks that are sent again; the others are kept with the change of their task.
        max_pending: how many may be pending at once; those beyond are recorded, and not sent.

    Raises:
        ValueError: a signing key is invalid.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        rules: FaultRules,
        signing: Mapping[str, str],
        allowed: tuple[Network, ...],
        post: Post | None,
        log: Deliveries,
        outbox: Outbox | None,
        max_pending: int,
    ) -> None:
        for api, key in signing.items():
            _signing.check_key(api, key)
        self._clock = clock
        self._rules = rules
        self._signing = dict(signing)
        self._allowed = allowed
        self._post_function = post
        self._log = log
        self._outbox = outbox
        self._max_pending = max_pending
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._held: dict[str, PendingCallback] = {}  # by task
        self._timers: dict[int, int] = {}  # callbacks that are not due yet, and the clock's numbers for them
        self._sizes: dict[int, int] = {}  # of all that are pending
        self._bytes = 0
        self._closed = False
        self._generation = 0
        self._queue = DeliveryQueue(self._open_connections, self._deliver)

    def prepare(self, task: Task, body_of: Callable[[Task], object]) -> tuple[PendingCallback, ...]:
        """Return the callbacks to send for the state that the task has come to.

        There is none for its acceptance, which the response has reported.

        Args:
            task: the task in its new state.
            body_of: makes the body, a JSON value; None: the API sends no callback for this state.
        """
        url = task.request.callback_url
        if url is None or task.state is State.ACCEPTED or (body := body_of(task)) is None:
            return ()
        callback = PendingCallback(
            task.id,
            task.request.api,
            url,
            _json.write(body),
            f"msg_{task.id}_{task.state.value}",
            number=next(self._numbers),
            generation=self._generation,
        )
        fault = self._match(task)
        return (callback,) if fault is None else self._with_fault(callback, fault)

    def send(self, callbacks: Iterable[PendingCallback]) -> None:
        """Send them, each when it is due."""
        with self._lock:
            for callback in callbacks:
                if callback.generation == self._generation:
                    self._accept(callback)

    def restore(self, callbacks: Iterable[PendingCallback]) -> None:
        """Send what another process has left, the oldest first; held ones are sent in this order, too."""
        found = [replace(callback, generation=self._generation, held=False) for callback in callbacks]
        self._numbers = count(max((callback.number for callback in found), default=0) + 1)
        self.send(found)

    def resend(self, delivery_id: int) -> None:
        """Send a callback again, with a new signature and without faults, unless all is closed.

        Raises:
            LookupError: there is no such delivery, or no longer.
        """
        sent = self._log.get(delivery_id)
        body, number = sent.genuine or sent.body, next(self._numbers)
        with self._lock:
            callback = PendingCallback(
                sent.task_id, sent.api, sent.url, body, sent.message_id, number=number, generation=self._generation
            )
            if self._outbox:
                self._outbox.write_pending((callback,))
            self._accept(callback)

    def send_held(self, task_id: str) -> None:
        """Send the task's held callback: no other will come."""
        with self._lock:
            self._send_held(task_id)

    def wait_idle(self, timeout: float) -> None:
        """Return when all callbacks that are due are delivered.

        Raises:
            TimeoutError: some were not after `timeout` seconds.
        """
        self._queue.wait_idle(timeout)

    def reset(self) -> None:
        """Forget what was sent and what is pending."""
        self.stop()
        self._log.clear()

    def stop(self, *, for_good: bool = False) -> None:
        """Drop what is pending; if it is for good, also all that comes later."""
        with self._lock:
            self._closed = self._closed or for_good
            self._generation += 1
            self._held.clear()
            self._clock.cancel(*self._timers.values())
            for pending in (self._timers, self._sizes):
                pending.clear()
            self._bytes = 0
            self._queue.clear()

    def _match(self, task: Task) -> Fault | None:
        # No callback comes after the last one that could overtake it.
        kinds = CALLBACK_KINDS if task.ended is None else CALLBACK_KINDS - {"callback-reordered"}
        rule = self._rules.match(task.request.api, "callback", task.request.prompt, kinds, task_fault=task.fault)
        return rule.fault if rule else None

    def _with_fault(self, callback: PendingCallback, fault: Fault) -> tuple[PendingCallback, ...]:
        callback = replace(callback, fault=fault.kind)
        match fault.kind:
            case "callback-late":
                delay = LATE_SECONDS if fault.seconds is None else fault.seconds
                return (replace(callback, due=self._clock.now() + delay),)
            case "callback-twice":
                return callback, replace(callback, number=next(self._numbers))
            case "callback-reordered":
                return (replace(callback, held=True),)
            case "callback-stale":
                return (replace(callback, age=STALE_SECONDS if fault.seconds is None else fault.seconds),)
            case _:
                return (callback,)

    def _accept(self, callback: PendingCallback) -> None:
        if self._closed:
            return
        if len(self._sizes) >= self._max_pending or self._bytes >= MAX_BYTES / 2:
            self._record(callback, None, f"not sent: {len(self._sizes)} are pending", {}, callback.body)
            self._send_held(callback.task_id)
            return
        self._sizes[callback.number] = size = 1_000 + getsizeof(callback.body) + getsizeof(callback.url)
        self._bytes += size
        self._enqueue(callback)

    def _enqueue(self, callback: PendingCallback) -> None:
        if callback.held:
            self._held[callback.task_id] = callback
        elif callback.due is not None and callback.due > self._clock.now():
            self._timers[callback.number] = self._clock.at(callback.due, lambda: self._send_late(callback))
        else:
            self._queue.put(callback)
            self._send_held(callback.task_id)

    def _send_held(self, task_id: str) -> None:
        if held := self._held.pop(task_id, None):
            self._queue.put(held)

    def _send_late(self, callback: PendingCallback) -> None:
        with self._lock:
            if self._timers.pop(callback.number, None) is not None:
                self._enqueue(replace(callback, due=None))

    @contextmanager
    def _open_connections(self) -> Generator[Send]:
        if post := self._post_function:
            yield lambda url, body, _: post(url, body)
            return
        connections = Connections(self._allowed)
        try:
            yield connections
        finally:
            connections.close()

    def _deliver(self, callback: PendingCallback, send: Send) -> None:
        headers = self._headers(callback)
        alter = callback.fault == "callback-altered" or (callback.fault == "callback-forged" and not headers)
        body = _tampering.alter_body(callback.body, callback.task_id) if alter else callback.body
        status, reason = _try(callback, body, headers, send)
        with self._lock:
            if callback.generation == self._generation:
                self._record(callback, status, reason, headers, body)

    def _record(
        self, callback: PendingCallback, status: int | None, reason: str, headers: dict[str, str], body: str
    ) -> None:
        delivery = Delivery(
            callback.task_id,
            callback.url,
            status,
            reason,
            at=self._clock.now(),
            headers=headers,
            body=body,
            genuine="" if body == callback.body else callback.body,
            fault=callback.fault,
            api=callback.api,
            message_id=callback.message_id,
        )
        self._bytes -= self._sizes.pop(callback.number, 0)
        self._log.add(delivery, callback.number)

    def _headers(self, callback: PendingCallback) -> dict[str, str]:
        key = self._signing.get(callback.api)
        if key is None:
            return {}
        # By the machine's time, which receivers compare it with, even if the emulator's clock shows another.
        signed = _signing.sign(
            callback.api,
            key,
            task_id=callback.task_id,
            message_id=callback.message_id,
            now=time.time() - callback.age,
            body=callback.body.encode(),
        )
        return _tampering.forge_signature(signed) if callback.fault == "callback-forged" else signed


def _try(callback: PendingCallback, body: str, headers: Mapping[str, str], send: Send) -> tuple[int | None, str]:
    if callback.fault == "callback-lost":
        return None, "lost by a fault"
    try:
        return send(callback.url, body.encode(), headers), ""
    except ERRORS as error:
        return None, str(error) or type(error).__name__
    except BaseException as error:  # a user's `post` may raise what its test framework uses to fail
        LOG.exception("a callback of %s could not be sent", callback.task_id)
        return None, f"{type(error).__name__}: {error}"
