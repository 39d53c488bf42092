"""The queue of callbacks: order within a task, parallel tasks, and clearing."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from contract_tests.emulator.kit import Native, receiving
from klingkit.emulator.webhooks import _delivery_queue
from klingkit.emulator.webhooks._delivery_queue import DeliveryQueue
from klingkit.emulator.webhooks._pending import PendingCallback
from klingkit.emulator.webhooks._post import Send


@contextmanager
def no_connections() -> Generator[Send]:
    yield lambda url, body, headers: 200


def pending(task_id: str, body: str = "") -> PendingCallback:
    return PendingCallback(task_id, "native", "http://127.0.0.1/", body, f"msg_{task_id}")


def queue_with(deliver: Callable[[PendingCallback], object]) -> DeliveryQueue:
    def delivered(pending: PendingCallback, _: Send) -> None:
        deliver(pending)

    return DeliveryQueue(no_connections, delivered)


def test_callbacks_of_one_task_keep_their_order() -> None:
    came: list[int] = []
    one = queue_with(lambda pending: came.append(int(pending.body)))
    for number in range(100):
        one.put(pending("a", str(number)))
    one.wait_idle(10)
    assert came == [*range(100)]


def test_callbacks_of_several_tasks_are_sent_in_parallel() -> None:
    together = threading.Barrier(4)
    one = queue_with(lambda _: together.wait(10))
    one.put(*(pending(task_id) for task_id in "abcd"))
    one.wait_idle(10)
    assert not together.broken


def test_what_is_not_on_its_way_can_be_cleared() -> None:
    """All workers are busy: neither other tasks nor later callbacks of the same task are delivered."""
    came: list[str] = []
    free, busy, done = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def deliver(pending: PendingCallback) -> None:
        busy.release()
        free.wait(10)
        came.append(pending.task_id)
        done.release()

    one = queue_with(deliver)
    for task_id in "abcdefghij":
        one.put(pending(task_id), pending(task_id))
    for _ in range(8):
        assert busy.acquire(timeout=10)
    one.clear()
    one.wait_idle(0)  # what is on its way is not waited for
    one.put(pending("a"), pending("z"))
    with pytest.raises(TimeoutError, match=r"after 0\.01 seconds"):
        one.wait_idle(0.01)
    free.set()
    one.wait_idle(10)
    assert {"a", "z"} <= {*came}
    assert all(done.acquire(timeout=10) for _ in range(10))
    assert sorted(came) == sorted("abcdefghaz")


def test_callbacks_added_while_a_worker_ends_are_delivered() -> None:
    came: list[str] = []
    left = threading.Event()

    @contextmanager
    def slowly() -> Generator[Send]:
        yield lambda url, body, headers: 200
        if not left.is_set():
            for task_id in "bcdefghij":  # more than there are workers
                one.put(pending(task_id))
            left.set()

    one = DeliveryQueue(slowly, lambda pending, send: came.append(pending.task_id))
    one.put(pending("a"))
    assert left.wait(10)
    one.wait_idle(10)
    assert sorted(came) == [*"abcdefghij"]


def test_an_idle_worker_is_reused_with_its_connections() -> None:
    opened: list[int] = []

    @contextmanager
    def counted() -> Generator[Send]:
        opened.append(1)
        yield lambda url, body, headers: 200

    one = DeliveryQueue(counted, lambda pending, send: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delivery_queue, "LINGER", 1)
        for task_id in map(str, range(50)):
            one.put(pending(task_id))
            one.wait_idle(10)
    assert len(opened) < 50  # sometimes the worker is not idle yet


def test_a_slow_receiver_delays_only_its_own_task() -> None:
    """The second callback of a task waits for the response to the first; other tasks' do not wait."""
    with receiving() as slow, receiving() as quick:
        slow.free.clear()
        api = Native.on()
        waiting = api.make(Native.calling(slow.url))
        assert slow.next().body["task_status"] == "processing"
        api.make(Native.calling(quick.url))
        assert [quick.next().body["task_status"] for _ in range(2)] == ["processing", "completed"]
        assert slow.calls.empty()
        slow.free.set()
        assert slow.next().body["task_status"] == "completed"
        api.emulator.wait_idle()
        assert [delivery.status for delivery in api.emulator.deliveries if delivery.task_id == waiting] == [200, 200]
