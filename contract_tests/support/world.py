"""Runs many flows at once in simulated time, against a simulated service: no event loop, no socket, no waiting."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from contextlib import ExitStack
from itertools import count
from typing import Any

import httpx
from attrs import define, field

from contract_tests.support.kie import created_response, error_response
from klingkit._events import EventSlot
from klingkit._flow import Emit, Now, Send, Sleep, Woken

BEGIN = 1000.0


@define
class Service:
    """A service with limits; it judges what it sees, when it sees it."""

    rate: int | None = None
    per: float = 10.0
    slots: int | None = None
    headers: dict[str, str] = field(factory=dict[str, str])
    created: list[float] = field(factory=list[float])
    refused: list[float] = field(factory=list[float])
    running: set[str] = field(factory=set[str])

    def __call__(self, time: float, request: httpx.Request) -> httpx.Response:
        if self.rate is not None and sum(it > time - self.per for it in self.created) >= self.rate:
            self.refused.append(time)
            return error_response(429, 429, **self.headers)
        if self.slots is not None and len(self.running) >= self.slots:
            self.refused.append(time)
            return httpx.Response(429, json={"code": 1303, "message": "too many"})
        self.created.append(time)
        name = f"t{len(self.created)}"
        self.running.add(name)
        return created_response(name)

    def most(self, per: float | None = None) -> int:
        """Return the most creations in any window."""
        per = per or self.per
        return max(sum(start <= it < start + per for it in self.created) for start in self.created)


@define(eq=False)
class Run:
    """One flow: when it began, and how it ended."""

    flow: Generator[Any, Any, Any]
    began: float
    result: Any = None
    error: BaseException | None = None
    ended: float | None = None
    wakes: int = 0
    waking: ExitStack = field(factory=ExitStack)
    due: int = 0
    """The number of the event that will resume it."""


class World:
    """Simulated time, and what is to happen when.

    Args:
        service: Responds to requests.
        latency: Returns the seconds that a request, or a response, takes.
    """

    def __init__(self, service: Callable[[float, httpx.Request], httpx.Response], latency: Callable[[], float]) -> None:
        self.time = BEGIN
        self.runs: list[Run] = []
        self._service = service
        self._latency = latency
        self._number = 0
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count(1)

    def clock(self) -> float:
        return self.time

    def at(self, time: float, action: Callable[[], object]) -> int:
        number = next(self._numbers)
        heapq.heappush(self._events, (time, number, action))
        return number

    def start(self, flow: Generator[Any, Any, Any], after: float = 0.0) -> Run:
        run = Run(flow, self.time + after)
        self.runs.append(run)
        self.at(run.began, lambda: self._resume(run, None))
        return run

    def interrupt(self, run: Run, error: BaseException) -> None:
        """Throw an error into a flow that waits, as a cancellation is."""
        run.due = 0
        run.waking.close()
        try:
            run.flow.throw(error)
        except BaseException as raised:  # noqa: BLE001 - looked at by the test
            run.error, run.ended = raised, self.time

    def run(self, until: float = float("inf")) -> None:
        """Let everything happen that happens until this time."""
        while self._events and self._events[0][0] <= until:
            self.time, number, action = heapq.heappop(self._events)
            self._number = number
            action()

    @property
    def seconds(self) -> float:
        """How long it took until the last flow ended."""
        return max(run.ended or 0.0 for run in self.runs) - BEGIN

    def _resume(self, run: Run, outcome: Any) -> None:
        run.wakes += 1
        try:
            effect = run.flow.send(outcome)
            while isinstance(effect, Now | Emit):
                effect = run.flow.send(self.time if isinstance(effect, Now) else None)
        except StopIteration as stop:
            run.result, run.ended = stop.value, self.time
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            run.error, run.ended = error, self.time
        else:
            self._perform(run, effect)

    def _perform(self, run: Run, effect: Any) -> None:
        if isinstance(effect, Sleep):
            self._sleep(run, effect)
            return
        assert isinstance(effect, Send)

        def arrive() -> None:
            response = self._service(self.time, effect.request)
            self.at(self.time + self._latency(), lambda: end(response))

        def end(response: httpx.Response) -> None:
            if effect.on_outcome:
                effect.on_outcome(response)
            if run.ended is None:
                self._resume(run, response)

        self.at(self.time + self._latency(), arrive)

    def _sleep(self, run: Run, effect: Sleep) -> None:
        def wake() -> None:
            if run.due == self._number:
                run.waking.close()
                event = effect.inbox.take() if isinstance(effect.inbox, EventSlot) else None
                self._resume(run, None if event is None else Woken(event))

        def notify() -> None:
            run.due = self.at(self.time, wake)

        run.due = self.at(self.time + effect.seconds, wake)
        if isinstance(effect.inbox, EventSlot):
            run.waking.enter_context(effect.inbox.notifying(notify))
