"""Drives a flow without event loop or socket, on a clock that only `Sleep` advances."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

import httpx

from klingkit._flow import (
    Effect,
    Fetched,
    Interrupted,
    Now,
    Outcome,
    Reply,
    Send,
    Sleep,
    Stream,
    run,
    stream,
)

T = TypeVar("T")
R = TypeVar("R")

ScriptedOutcome: TypeAlias = Reply | Fetched | BaseException | Callable[[Any], Outcome]


def interrupted(reply: Reply, error: BaseException) -> Callable[[Send], Interrupted]:
    """Return a response to a paid request during which `error` interrupts the caller."""

    def response(effect: Send) -> Interrupted:
        assert effect.paid
        assert effect.on_outcome is not None
        effect.on_outcome(reply)
        return Interrupted(error)

    return response


class Script:
    """A driver of flows: responds to effects from a list, records the effects, and keeps its own clock.

    A response may be a function of the effect. An exception that is no transport error is raised where the effect is
    performed, like Ctrl-C.
    """

    def __init__(self, *responses: ScriptedOutcome) -> None:
        self.responses = list(responses)
        self.effects: list[Effect] = []
        self.clock = 0.0

    def run(self, flow: Stream[T, R], emit: Callable[[T], object] | None = None) -> R:
        return run(flow, self.perform, emit)

    def iterate(self, flow: Stream[T, object]) -> Generator[T, None, None]:
        return stream(flow, self.perform)

    def perform(self, effect: Effect) -> Outcome:
        self.effects.append(effect)
        match effect:
            case Sleep(seconds=seconds):
                self.clock += seconds
                return None
            case Now():
                return self.clock
        response = self.responses.pop(0)
        if callable(response):
            return response(effect)
        if isinstance(response, BaseException) and not isinstance(response, httpx.RequestError):
            raise response
        if isinstance(effect, Send) and effect.on_outcome and isinstance(response, httpx.Response | httpx.RequestError):
            effect.on_outcome(response)
        return response

    @property
    def paid(self) -> int:
        """The number of paid requests that were sent."""
        return sum(isinstance(effect, Send) and effect.paid for effect in self.effects)

    @property
    def slept(self) -> list[float]:
        """The pauses that were made, in seconds."""
        return [effect.seconds for effect in self.effects if isinstance(effect, Sleep)]
