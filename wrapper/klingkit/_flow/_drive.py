"""Drive a flow: perform what it yields, send back what came of it. Who performs is given."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, TypeVar

from klingkit._errors import KlingkitError, SubmissionUncertain
from klingkit._flow._effects import Effect, Emit, Outcome, Stream

__all__ = ["arun", "astream", "run", "stream", "tell"]

T = TypeVar("T")
R = TypeVar("R")


def run(
    flow: Stream[T, R],
    perform: Callable[[Effect], Outcome],
    emit: Callable[[T], object] | None = None,
) -> R:
    """Drive a flow to its end and return its result; `emit` takes what it emits."""
    outcome: Outcome = None
    while True:
        try:
            effect = flow.send(outcome)
        except StopIteration as stop:
            result: R = stop.value
            return result
        try:
            if not isinstance(effect, Emit):
                outcome = perform(effect)
                continue
            outcome = None
            if emit is not None:
                emit(effect.value)
        except BaseException as error:
            _interrupt(flow, error)
            raise


def stream(flow: Stream[T, object], perform: Callable[[Effect], Outcome]) -> Generator[T, None, None]:
    """Drive a flow, yielding what it emits."""
    outcome: Outcome = None
    while True:
        try:
            effect = flow.send(outcome)
        except StopIteration:
            return
        try:
            if isinstance(effect, Emit):
                outcome = None
                yield effect.value
            else:
                outcome = perform(effect)
        except BaseException as error:
            _interrupt(flow, error)
            raise


async def arun(
    flow: Stream[T, R],
    perform: Callable[[Effect], Awaitable[Outcome]],
    emit: Callable[[T], object] | None = None,
) -> R:
    """Drive a flow to its end, awaiting; `emit` may be a coroutine function."""
    outcome: Outcome = None
    while True:
        try:
            effect = flow.send(outcome)
        except StopIteration as stop:
            result: R = stop.value
            return result
        try:
            if not isinstance(effect, Emit):
                outcome = await perform(effect)
                continue
            outcome = None
            await tell(emit, effect.value)
        except BaseException as error:
            _interrupt(flow, error)
            raise


async def tell(emit: Callable[[T], object] | None, value: T) -> None:
    """Hand over what was emitted; `emit` may be a coroutine function."""
    told = None if emit is None else emit(value)
    if inspect.isawaitable(told):
        await told


async def astream(flow: Stream[T, object], perform: Callable[[Effect], Awaitable[Outcome]]) -> AsyncGenerator[T, None]:
    """Drive a flow, awaiting, and yield what it emits."""
    outcome: Outcome = None
    while True:
        try:
            effect = flow.send(outcome)
        except StopIteration:
            return
        try:
            if isinstance(effect, Emit):
                outcome = None
                yield effect.value
            else:
                outcome = await perform(effect)
        except BaseException as error:
            _interrupt(flow, error)
            raise


def _interrupt(flow: Generator[Any, Outcome, object], error: BaseException) -> None:
    """Let a flow see why it ends, so that it can name the task; it cannot go on."""
    try:
        flow.throw(error)
    except BaseException as other:
        if isinstance(error, KlingkitError) and isinstance(other, SubmissionUncertain):
            raise other from other.__cause__  # a closed client is nothing beside a task that may exist
        if other is not error and not isinstance(other, StopIteration):
            error.add_note(f"while ending: {other!r}")
    flow.close()
