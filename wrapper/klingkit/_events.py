"""Callbacks on their way to whoever waits for their tasks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager

from attrs import Attribute, define, field

from klingkit._errors import ConfigurationError
from klingkit._models import CallbackEvent, TaskRef

__all__ = ["Events", "Letterbox", "at_least_one"]


def at_least_one(_: object, attribute: Attribute[int], value: object) -> None:
    """Refuse to keep nothing (a validator)."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{attribute.name}: a whole number, at least 1, not {value!r}")


@define(eq=False)
class Letterbox:
    """What one wait is told of its task: a bell, and the last event."""

    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _event: CallbackEvent | None = field(default=None, init=False)
    _ring: Callable[[], object] | None = field(default=None, init=False)

    def put(self, event: CallbackEvent) -> None:
        """Leave an event, and ring."""
        with self._lock:
            self._event, ring = event, self._ring
        if ring is not None:
            ring()

    def take(self) -> CallbackEvent | None:
        """Take the last event out."""
        with self._lock:
            event, self._event = self._event, None
        return event

    @contextmanager
    def ringing(self, ring: Callable[[], object]) -> Generator[None]:
        """Have `ring` called, in whichever thread, when there is an event; at once if there is one already."""
        with self._lock:
            self._ring, waiting = ring, self._event is not None
        try:
            if waiting:
                ring()
            yield
        finally:
            with self._lock:
                self._ring = None


@define(eq=False)
class Events:
    """Brings callbacks to the waits for their tasks: `put` them in from any thread or event loop.

    Give it to `client.wait(ref, events=...)`: an event ends a pause, and the task is asked for at once. What comes
    before anybody waits is kept, the last event of each of the last `kept` tasks.
    """

    kept: int = field(default=1000, validator=at_least_one)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)
    _boxes: dict[TaskRef, list[Letterbox]] = field(factory=dict[TaskRef, list[Letterbox]], init=False, repr=False)
    _early: OrderedDict[TaskRef, CallbackEvent] = field(
        factory=OrderedDict[TaskRef, CallbackEvent], init=False, repr=False
    )

    def put(self, event: CallbackEvent) -> None:
        """Bring an event to whoever waits for its task, now or soon."""
        with self._lock:
            boxes = list(self._boxes.get(event.ref, ()))
            if not boxes:
                self._early[event.ref] = event
                self._early.move_to_end(event.ref)
                while len(self._early) > self.kept:
                    self._early.popitem(last=False)
        for box in boxes:
            box.put(event)

    @contextmanager
    def box(self, ref: TaskRef) -> Generator[Letterbox]:
        """Collect what comes for a task, while inside the block."""
        box = Letterbox()
        with self._lock:
            self._boxes.setdefault(ref, []).append(box)
            early = self._early.pop(ref, None)
        if early is not None:
            box.put(early)
        try:
            yield box
        finally:
            with self._lock:
                self._boxes[ref].remove(box)
                if not self._boxes[ref]:
                    del self._boxes[ref]
