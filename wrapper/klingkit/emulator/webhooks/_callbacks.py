"""Callbacks: what is sent of a task's news, when, and signed by which key, with the faults that were asked for."""

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
from klingkit.emulator._history import ROOM
from klingkit.emulator.faults import _tampering
from klingkit.emulator.faults._fault import CALLBACK_KINDS, Fault
from klingkit.emulator.faults._rules import Faults
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._table import State, Task
from klingkit.emulator.webhooks import _signing
from klingkit.emulator.webhooks._deliveries import Deliveries, Delivery
from klingkit.emulator.webhooks._delivery_queue import Courier
from klingkit.emulator.webhooks._pending import Outbox, Parcel
from klingkit.emulator.webhooks._post import FAILURES, Connections, Network, Send

LATE = 5.0  # seconds that a late callback comes late by, unless the fault says how many
STALE = 3_600.0  # seconds that a stale one's signature is old
LOG = logging.getLogger("klingkit.emulator")

Post: TypeAlias = Callable[[str, bytes], int]
"""Sends a callback by other means: its URL and JSON in, the receiver's HTTP status out. What it raises is noted."""


class Callbacks:
    """Sends the news of tasks to whoever asked for them. Every method may be called from any thread.

    Args:
        clock: late callbacks are late by it.
        faults: what shall go wrong.
        signing: the key that an API's callbacks are signed with; an API that is not there does not sign.
        allowed: networks that may be called beside this machine.
        post: sends them instead, if it is given; then nothing is looked at.
        log: takes down what became of them.
        outbox: keeps those that are sent again; the others are kept with the change that they tell of.
        waiting: how many may be on their way at once; what comes beyond that is noted, and not sent.

    Raises:
        ValueError: nothing can be signed with one of the keys.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        faults: Faults,
        signing: Mapping[str, str],
        allowed: tuple[Network, ...],
        post: Post | None,
        log: Deliveries,
        outbox: Outbox | None,
        waiting: int,
    ) -> None:
        for api, key in signing.items():
            _signing.check_key(api, key)
        self._clock = clock
        self._faults = faults
        self._signing = dict(signing)
        self._allowed = allowed
        self._by_hand = post
        self._log = log
        self._outbox = outbox
        self._most = waiting
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._held: dict[str, Parcel] = {}  # waits to be overtaken by the next one of its task
        self._due: dict[int, int] = {}  # parcels that wait for their time, and what the clock calls them
        self._open: dict[int, int] = {}  # parcels that are not delivered, and their sizes
        self._taken = 0  # bytes of these
        self._closed = False
        self._era = 0
        self._courier = Courier(self._opening, self._deliver)

    def prepare(self, task: Task, news: Callable[[Task], object]) -> tuple[Parcel, ...]:
        """What there is to send of the state that the task has come to: its news, a JSON value; None is no news.

        That it was accepted, the answer has told.
        """
        url = task.order.callback_url
        if url is None or task.state is State.ACCEPTED or (told := news(task)) is None:
            return ()
        parcel = Parcel(
            task.id,
            task.order.service,
            url,
            _json.write(told),
            f"msg_{task.id}_{task.state.value}",
            number=next(self._numbers),
            era=self._era,
        )
        fault = self._strike(task)
        return (parcel,) if fault is None else self._struck(parcel, fault)

    def send(self, parcels: Iterable[Parcel]) -> None:
        """Have them sent, each in its time."""
        with self._lock:
            for parcel in parcels:
                if parcel.era == self._era:
                    self._accept(parcel)

    def restore(self, parcels: Iterable[Parcel]) -> None:
        """Send what another process has left, the oldest first. What was held goes as it comes."""
        found = [replace(parcel, era=self._era, held=False) for parcel in parcels]
        self._numbers = count(max((parcel.number for parcel in found), default=0) + 1)
        self.send(found)

    def resend(self, delivery_id: int) -> None:
        """Send a callback once more, unless all is closed, with the signature of now; nothing goes wrong on purpose.

        Raises:
            LookupError: there is no such delivery, or no more.
        """
        sent = self._log.get(delivery_id)
        body, number = sent.genuine or sent.body, next(self._numbers)
        with self._lock:
            parcel = Parcel(sent.task_id, sent.api, sent.url, body, sent.message_id, number=number, era=self._era)
            if self._outbox:
                self._outbox.write_parcels((parcel,))
            self._accept(parcel)

    def release(self, task_id: str) -> None:
        """Send what waits for another callback of the task: none will come."""
        with self._lock:
            self._overtake(task_id)

    def wait_idle(self, timeout: float) -> None:
        """Return when nothing is under way; what comes late is not, before its time.

        Raises:
            TimeoutError: after `timeout` seconds something still was.
        """
        self._courier.wait_idle(timeout)

    def reset(self) -> None:
        """Forget what was sent and what is to be sent."""
        self.stop()
        self._log.clear()

    def stop(self, *, for_good: bool = False) -> None:
        """Send nothing of what is to be sent, and nothing that comes after, if it is for good."""
        with self._lock:
            self._closed = self._closed or for_good
            self._era += 1
            self._held.clear()
            self._clock.cancel(*self._due.values())
            for waiting in (self._due, self._open):
                waiting.clear()
            self._taken = 0
            self._courier.clear()

    def _strike(self, task: Task) -> Fault | None:
        # After the last one nothing comes that could overtake it.
        kinds = CALLBACK_KINDS if task.ended is None else CALLBACK_KINDS - {"callback-reordered"}
        rule = self._faults.strike(task.order.service, "callback", task.order.prompt, kinds, own=task.own)
        return rule.fault if rule else None

    def _struck(self, parcel: Parcel, fault: Fault) -> tuple[Parcel, ...]:
        parcel = replace(parcel, fault=fault.kind)
        match fault.kind:
            case "callback-late":
                return (replace(parcel, due=self._clock.now() + (LATE if fault.seconds is None else fault.seconds)),)
            case "callback-twice":
                return parcel, replace(parcel, number=next(self._numbers))
            case "callback-reordered":
                return (replace(parcel, held=True),)
            case "callback-stale":
                return (replace(parcel, age=STALE if fault.seconds is None else fault.seconds),)
            case _:
                return (parcel,)

    def _accept(self, parcel: Parcel) -> None:
        if self._closed:
            return
        if len(self._open) >= self._most or self._taken >= ROOM:
            self._note(parcel, None, f"not sent: {len(self._open)} are waiting", {}, parcel.body)
            self._overtake(parcel.task_id)
            return
        self._open[parcel.number] = size = getsizeof(parcel.body)
        self._taken += size
        self._post(parcel)

    def _post(self, parcel: Parcel) -> None:
        if parcel.held:
            self._held[parcel.task_id] = parcel
        elif parcel.due is not None and parcel.due > self._clock.now():
            self._due[parcel.number] = self._clock.at(parcel.due, lambda: self._send_late(parcel))
        else:
            self._courier.send(parcel)
            self._overtake(parcel.task_id)

    def _overtake(self, task_id: str) -> None:
        if held := self._held.pop(task_id, None):
            self._courier.send(held)

    def _send_late(self, parcel: Parcel) -> None:
        with self._lock:
            if self._due.pop(parcel.number, None) is not None:
                self._post(replace(parcel, due=None))

    @contextmanager
    def _opening(self) -> Generator[Send]:
        if post := self._by_hand:
            yield lambda url, body, _: post(url, body)
            return
        connections = Connections(self._allowed)
        try:
            yield connections
        finally:
            connections.close()

    def _deliver(self, parcel: Parcel, send: Send) -> None:
        headers = self._headers(parcel)
        changes = parcel.fault == "callback-altered" or (parcel.fault == "callback-forged" and not headers)
        body = _tampering.alter(parcel.body, parcel.task_id) if changes else parcel.body
        status, reason = _try(parcel, body, headers, send)
        with self._lock:
            if parcel.era == self._era:
                self._note(parcel, status, reason, headers, body)

    def _note(self, parcel: Parcel, status: int | None, reason: str, headers: dict[str, str], body: str) -> None:
        delivery = Delivery(
            parcel.task_id,
            parcel.url,
            status,
            reason,
            at=self._clock.now(),
            headers=headers,
            body=body,
            genuine="" if body == parcel.body else parcel.body,
            fault=parcel.fault,
            api=parcel.api,
            message_id=parcel.message_id,
        )
        self._taken -= self._open.pop(parcel.number, 0)
        self._log.note(delivery, parcel.number)

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        key = self._signing.get(parcel.api)
        if key is None:
            return {}
        # By the machine's time, not by a clock that stands still or runs ahead: receivers go by theirs.
        signed = _signing.sign(
            parcel.api,
            key,
            task_id=parcel.task_id,
            message_id=parcel.message_id,
            now=time.time() - parcel.age,
            body=parcel.body.encode(),
        )
        return _tampering.spoil(signed) if parcel.fault == "callback-forged" else signed


def _try(parcel: Parcel, body: str, headers: Mapping[str, str], send: Send) -> tuple[int | None, str]:
    if parcel.fault == "callback-lost":
        return None, "lost, as a fault had it"
    try:
        return send(parcel.url, body.encode(), headers), ""
    except FAILURES as error:
        return None, str(error) or type(error).__name__
    except BaseException as error:  # a `post` of the user's, that may use a test's own means to fail
        LOG.exception("a callback of %s could not be sent", parcel.task_id)
        return None, f"{type(error).__name__}: {error}"
