"""Bring the events of callbacks to the waits for their tasks, across threads and event loops."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from attrs import Attribute, define, field

from klingkit._base import TaskRef
from klingkit._errors import ConfigurationError
from klingkit._fork import PerProcess
from klingkit._models import CallbackEvent

__all__ = ["EventSlot", "Events", "at_least_one"]


def at_least_one(_: object, attribute: Attribute[int], value: object) -> None:
    """Validate a number of things to keep."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{attribute.name}: a whole number, at least 1, not {value!r}")


@define(eq=False)
class EventSlot:
    """Holds the last event for one wait, and calls its function when one arrives."""

    _lock: threading.RLock = field(factory=threading.RLock, init=False)
    """Reentrant: a signal handler that closes a client puts an event, wherever its thread is."""
    _event: object = field(default=None, init=False)
    _notify: Callable[[], object] | None = field(default=None, init=False)

    def put(self, event: object) -> None:
        """Store an event and call the waiting function."""
        with self._lock:
            self._event, notify = event, self._notify
        if notify is not None:
            notify()

    def take(self) -> Any:
        """Take the last event out."""
        with self._lock:
            event, self._event = self._event, None
        return event

    @contextmanager
    def notifying(self, notify: Callable[[], object]) -> Generator[None]:
        """Call `notify`, in any thread, when an event arrives; at once if there is one already."""
        with self._lock:
            self._notify = notify  # first: a signal handler may put an event between the two
            waiting = self._event is not None
        try:
            if waiting:
                notify()
            yield
        finally:
            with self._lock:
                self._notify = None


@define(eq=False)
class Waits:
    """The waits of one process, by task."""

    lock: threading.Lock = field(factory=threading.Lock)
    slots: dict[TaskRef, list[EventSlot]] = field(factory=dict[TaskRef, list[EventSlot]])


@define(eq=False)
class Events:
    """Brings callbacks to the waits for their tasks: `put` them in from any thread or event loop.

    Pass it to `client.wait(ref, events=...)`: an event ends a pause, and the task is queried at once. Events that come
    before a wait begins are kept: the last one of each of the last `kept` tasks.
    """

    kept: int = field(default=1000, validator=at_least_one)
    _waits: PerProcess[Waits] = field(factory=lambda: PerProcess(Waits), init=False, repr=False)
    _early: OrderedDict[TaskRef, CallbackEvent] = field(
        factory=OrderedDict[TaskRef, CallbackEvent], init=False, repr=False
    )

    def put(self, event: CallbackEvent) -> None:
        """Bring an event to the waits for its task; without one it is kept for the next."""
        waits = self._waits.get()
        with waits.lock:
            slots = list(waits.slots.get(event.ref, ()))
            if not slots:
                self._early[event.ref] = event
                self._early.move_to_end(event.ref)
                while len(self._early) > self.kept:
                    self._early.popitem(last=False)
        for slot in slots:
            slot.put(event)

    @contextmanager
    def slot(self, ref: TaskRef) -> Generator[EventSlot]:
        """Give a slot that receives the events of a task while the block lasts."""
        slot, waits = EventSlot(), self._waits.get()
        with waits.lock:
            waits.slots.setdefault(ref, []).append(slot)
            early = self._early.pop(ref, None)
        if early is not None:
            slot.put(early)
        try:
            yield slot
        finally:
            with waits.lock:
                waits.slots[ref].remove(slot)
                if not waits.slots[ref]:
                    del waits.slots[ref]
