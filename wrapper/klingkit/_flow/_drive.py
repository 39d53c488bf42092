"""Drive a flow: pass each effect to `perform`, and send its outcome back."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, TypeVar

from klingkit._errors import KlingkitError, SubmissionUncertain
from klingkit._flow._effects import Effect, Emit, Outcome, Stream

__all__ = ["arun", "astream", "deliver", "run", "stream"]

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
            await deliver(emit, effect.value)
        except BaseException as error:
            _interrupt(flow, error)
            raise


async def deliver(emit: Callable[[T], object] | None, value: T) -> None:
    """Call `emit`, if given, with a value; it may be a coroutine function."""
    result = None if emit is None else emit(value)
    if inspect.isawaitable(result):
        await result


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
    """Throw an error into a flow, so that it can name the task, and close it."""
    try:
        flow.throw(error)
    except BaseException as other:
        if isinstance(error, KlingkitError) and isinstance(other, SubmissionUncertain):
            raise other from other.__cause__  # a task that may exist matters more than a closed client
        if other is not error and not isinstance(other, StopIteration):
            error.add_note(f"while ending: {other!r}")
    flow.close()
