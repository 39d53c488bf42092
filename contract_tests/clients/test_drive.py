"""Tests of the two drivers, with flows that sleep with a user's inbox, and flows that break the rules."""

import queue
import threading
from collections.abc import Iterator

import anyio
import anyio.abc
import pytest

from contract_tests.support.kie import KIE_API
from klingkit._flow import Emit, Flow, Outcome, run, sleep
from klingkit._flow._async import AsyncIO
from klingkit._flow._effects import Effect
from klingkit._flow._sync import SyncIO
from klingkit._flow._uncancelled import run_uncancelled

LONG_SLEEP = 60.0


def test_an_event_ends_a_sleep():
    inbox: queue.Queue[str] = queue.Queue()
    threading.Timer(0.05, inbox.put, ["done"]).start()
    assert SyncIO.open(KIE_API.auth).run(sleep(LONG_SLEEP, inbox)) == "done"


def test_a_sleep_without_an_event_ends_in_time():
    assert SyncIO.open(KIE_API.auth).run(sleep(0.01, queue.Queue())) is None


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_event_ends_an_async_sleep():
    send, receive = anyio.create_memory_object_stream[str](1)
    with send, receive:
        await send.send("done")
        assert await AsyncIO.open(KIE_API.auth).run(sleep(LONG_SLEEP, receive)) == "done"
        assert await AsyncIO.open(KIE_API.auth).run(sleep(0.01, receive)) is None
        send.close()
        assert await AsyncIO.open(KIE_API.auth).run(sleep(0.01, receive)) is None


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_closing_the_inbox_does_not_end_a_sleep():
    """A closed inbox delivers no more events, but the wait goes on."""
    send, receive = anyio.create_memory_object_stream[str](1)
    receive.close()
    assert await AsyncIO.open(KIE_API.auth).run(sleep(0.01, receive)) is None
    send.close()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_broken_inbox_does_not_end_a_sleep():
    class Broken(anyio.abc.ObjectReceiveStream[str]):
        async def receive(self) -> str:
            raise anyio.BrokenResourceError

        async def aclose(self) -> None:
            """Nothing is open."""

    assert await AsyncIO.open(KIE_API.auth).run(sleep(0.01, Broken())) is None


@pytest.mark.anyio
async def test_each_driver_names_the_inbox_it_takes():
    send, receive = anyio.create_memory_object_stream[str](1)
    with send, receive, pytest.raises(TypeError, match=r"queue\.Queue"):
        SyncIO.open(KIE_API.auth).run(sleep(1.0, receive))
    with pytest.raises(TypeError, match="receive stream"):
        await AsyncIO.open(KIE_API.auth).run(sleep(1.0, queue.Queue()))


def flow_failing_on_interruption() -> Flow[None]:
    """Raise an error of its own when it is interrupted."""
    try:
        yield from sleep(0.0)
    except KeyboardInterrupt:
        raise LookupError("lost") from None


def press_ctrl_c(effect: Effect) -> Outcome:
    raise KeyboardInterrupt


def test_an_error_of_an_ending_flow_is_noted_on_the_interruption():
    with pytest.raises(KeyboardInterrupt) as caught:
        run(flow_failing_on_interruption(), press_ctrl_c)
    assert caught.value.__notes__ == ["while ending: LookupError('lost')"]


def flow_ignoring_errors() -> Iterator[Emit[int]]:
    """Try to go on after an error thrown into the flow."""
    for number in range(3):
        try:
            yield Emit(number)
        except LookupError:
            continue


def test_a_flow_is_closed_after_an_interruption():
    def refuse(_: int) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        SyncIO.open(KIE_API.auth).run(flow_ignoring_errors(), refuse)  # type: ignore[arg-type]  # invalid on purpose


def test_emitted_values_can_be_ignored():
    def emit_one() -> Iterator[Emit[int]]:
        yield Emit(1)

    assert SyncIO.open(KIE_API.auth).run(emit_one()) is None  # type: ignore[arg-type,func-returns-value]  # a flow without a result


@pytest.mark.anyio
async def test_emitted_values_can_be_ignored_async():
    def emit_one() -> Iterator[Emit[int]]:
        yield Emit(1)

    assert await AsyncIO.open(KIE_API.auth).run(emit_one()) is None  # type: ignore[arg-type,func-returns-value]  # a flow without a result


@pytest.mark.anyio
async def test_a_discarded_coroutine_leaves_the_paid_exchange_running():
    """A coroutine that is closed from outside cannot wait; its paid exchange still runs to its end in the loop."""
    released, paid = anyio.Event(), anyio.Event()

    async def pay() -> str:
        await released.wait()
        paid.set()
        return "ref"

    submission = run_uncancelled(pay, 1.0, anyio.Event())
    submission.send(None)
    submission.close()
    released.set()
    with anyio.fail_after(5):
        await paid.wait()
