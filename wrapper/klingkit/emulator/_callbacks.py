"""Callbacks: what is sent of a task's news, when, and signed by which key, with the faults that were asked for."""

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from klingkit.emulator import _json, _signing
from klingkit.emulator._clock import Clock
from klingkit.emulator._courier import Courier, Parcel
from klingkit.emulator._deliveries import Deliveries, Delivery
from klingkit.emulator._faults import Fault, Faults
from klingkit.emulator._post import FAILURES, Connections, Network, Send
from klingkit.emulator._tasks import Task

LATE = 5.0  # seconds that a late callback comes late by, unless the fault says how many

Post: TypeAlias = Callable[[str, bytes], int]
"""Sends a callback by other means: its URL and JSON in, the receiver's HTTP status out."""


class Callbacks:
    """Sends the news of tasks to whoever asked for them. Every method may be called from any thread.

    Args:
        clock: late callbacks are late by it, and signatures bear its time.
        faults: what shall go wrong.
        signing: the key that an API's callbacks are signed with; an API that is not there does not sign.
        allowed: networks that may be called beside this machine.
        post: sends them instead, if it is given; then nothing is looked at.
        log: takes down what became of them.

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
    ) -> None:
        for api, key in signing.items():
            _signing.check_key(api, key)
        self._clock = clock
        self._faults = faults
        self._signing = dict(signing)
        self._allowed = allowed
        self._by_hand = post
        self._log = log
        self._lock = threading.Lock()
        self._held: dict[str, Parcel] = {}  # waits to be overtaken by the next one of its task
        self._era = 0
        self._courier = Courier(self._opening, self._deliver)

    def tell(self, task: Task, news: object) -> None:
        """Have it sent what became of the task, a JSON value, to where its owner wants it; None is no news."""
        if task.order.callback_url is None or news is None:
            return
        body = _json.write(news).encode()
        message_id = f"msg_{task.id}_{task.state.value}"
        fault = self._strike(task)
        with self._lock:
            parcel = Parcel(task.id, task.order.service, task.order.callback_url, body, message_id, era=self._era)
            if fault:
                self._send_wrong(parcel, fault, task)
            else:
                self._send(parcel)

    def resend(self, delivery_id: int) -> None:
        """Send a callback once more, with the time and signature of now; nothing goes wrong with it on purpose.

        Raises:
            LookupError: there is no such delivery, or no more.
        """
        sent = self._log.get(delivery_id)
        body = sent.body.encode()
        self._courier.send(Parcel(sent.task_id, sent.api, sent.url, body, sent.message_id, era=self._era))

    def wait_idle(self, timeout: float) -> None:
        """Return when nothing is under way; what comes late is not, before its time.

        Raises:
            TimeoutError: after `timeout` seconds something still was.
        """
        self._courier.wait_idle(timeout)

    def reset(self) -> None:
        """Forget what was sent and what is to be sent."""
        with self._lock:
            self._era += 1
            self._held.clear()
            self._courier.clear()
            self._log.clear()

    def _strike(self, task: Task) -> Fault | None:
        kinds = {"callback-late", "callback-twice", "callback-lost", "callback-forged"}
        if task.ended is None:  # after the last one nothing comes that could overtake it
            kinds.add("callback-reordered")
        return self._faults.strike(
            api=task.order.service, operation="callback", prompt=task.order.prompt, kinds=frozenset(kinds)
        )

    def _send_wrong(self, parcel: Parcel, fault: Fault, task: Task) -> None:
        parcel = replace(parcel, fault=fault.kind)
        match fault.kind:
            case "callback-late":
                due = self._clock.now() + (LATE if fault.seconds is None else fault.seconds)
                self._clock.at(due, lambda: self._send_late(parcel))
            case "callback-twice":
                self._send(parcel, parcel)
            case "callback-reordered":
                self._held[parcel.task_id] = parcel
            case "callback-forged" if parcel.api not in self._signing:
                self._send(replace(parcel, body=_forge(parcel.body, task.id)))
            case _:
                self._send(parcel)

    def _send(self, *parcels: Parcel) -> None:
        held = self._held.pop(parcels[0].task_id, None)
        self._courier.send(*parcels, *([held] if held else []))

    def _send_late(self, parcel: Parcel) -> None:
        with self._lock:
            if parcel.era == self._era:
                self._courier.send(parcel)

    @contextmanager
    def _opening(self) -> Generator[Send]:
        if post := self._by_hand:
            yield lambda url, body, headers: post(url, body)  # noqa: ARG005
            return
        connections = Connections(self._allowed)
        try:
            yield connections
        finally:
            connections.close()

    def _deliver(self, parcel: Parcel, send: Send) -> None:
        now = self._clock.now()
        headers = self._headers(parcel, now)
        status, reason = _try(parcel, headers, send)
        delivery = Delivery(
            parcel.task_id,
            parcel.url,
            status,
            reason,
            at=now,
            headers=headers,
            body=parcel.body.decode(),
            fault=parcel.fault,
            api=parcel.api,
            message_id=parcel.message_id,
        )
        with self._lock:
            if parcel.era == self._era:
                self._log.note(delivery)

    def _headers(self, parcel: Parcel, now: float) -> dict[str, str]:
        key = self._signing.get(parcel.api)
        if key is None:
            return {}
        signed = _signing.sign(
            parcel.api, key, task_id=parcel.task_id, message_id=parcel.message_id, now=now, body=parcel.body
        )
        return _signing.spoil(signed) if parcel.fault == "callback-forged" else signed


def _try(parcel: Parcel, headers: Mapping[str, str], send: Send) -> tuple[int | None, str]:
    if parcel.fault == "callback-lost":
        return None, "lost, as a fault had it"
    try:
        return send(parcel.url, parcel.body, headers), ""
    except FAILURES as error:
        return None, str(error) or type(error).__name__


def _forge(body: bytes, task_id: str) -> bytes:
    """The same news with another film's address, or, without any, with a claim too many."""
    film = f"/media/{task_id}.mp4"
    forged = body.replace(film.encode(), b"/media/forged.mp4")
    if forged != body:
        return forged
    news: dict[str, Any] = json.loads(body)
    return _json.write(news | {"forged": True}).encode()
