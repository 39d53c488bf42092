"""Tests of the queue of callbacks: order within a task, parallel tasks, and clearing."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from contract_tests.emulator.kit import Native, callback_server
from klingkit.emulator.webhooks import _delivery_queue
from klingkit.emulator.webhooks._delivery_queue import DeliveryQueue
from klingkit.emulator.webhooks._pending import PendingCallback
from klingkit.emulator.webhooks._post import Send


@contextmanager
def without_connections() -> Generator[Send]:
    yield lambda url, body, headers: 200


def pending(task_id: str, body: str = "") -> PendingCallback:
    return PendingCallback(task_id, "native", "http://127.0.0.1/", body, f"msg_{task_id}")


def queue_with(deliver: Callable[[PendingCallback], object]) -> DeliveryQueue:
    def delivered(pending: PendingCallback, _: Send) -> None:
        deliver(pending)

    return DeliveryQueue(without_connections, delivered)


def test_callbacks_of_one_task_keep_their_order() -> None:
    delivered_items: list[int] = []
    delivery_queue = queue_with(lambda pending: delivered_items.append(int(pending.body)))
    for number in range(100):
        delivery_queue.put(pending("a", str(number)))
    delivery_queue.wait_idle(10)
    assert delivered_items == [*range(100)]


def test_callbacks_of_several_tasks_are_sent_in_parallel() -> None:
    together = threading.Barrier(4)
    delivery_queue = queue_with(lambda _: together.wait(10))
    delivery_queue.put(*(pending(task_id) for task_id in "abcd"))
    delivery_queue.wait_idle(10)
    assert not together.broken


def test_callbacks_not_yet_being_delivered_can_be_cleared() -> None:
    """While all workers are busy, neither callbacks of other tasks nor later ones of the same task are delivered."""
    delivered_items: list[str] = []
    may_deliver, busy, done = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def deliver(pending: PendingCallback) -> None:
        busy.release()
        may_deliver.wait(10)
        delivered_items.append(pending.task_id)
        done.release()

    delivery_queue = queue_with(deliver)
    for task_id in "abcdefghij":
        delivery_queue.put(pending(task_id), pending(task_id))
    for _ in range(8):
        assert busy.acquire(timeout=10)
    delivery_queue.clear()
    delivery_queue.wait_idle(0)  # callbacks being delivered are not waited for
    delivery_queue.put(pending("a"), pending("z"))
    with pytest.raises(TimeoutError, match=r"after 0\.01 seconds"):
        delivery_queue.wait_idle(0.01)
    may_deliver.set()
    delivery_queue.wait_idle(10)
    assert {"a", "z"} <= {*delivered_items}
    assert all(done.acquire(timeout=10) for _ in range(10))
    assert sorted(delivered_items) == sorted("abcdefghaz")


def test_callbacks_added_while_a_worker_ends_are_delivered() -> None:
    delivered_items: list[str] = []
    leaving = threading.Event()

    @contextmanager
    def adding_at_the_end() -> Generator[Send]:
        yield lambda url, body, headers: 200
        if not leaving.is_set():
            for task_id in "bcdefghij":  # more than there are workers
                delivery_queue.put(pending(task_id))
            leaving.set()

    delivery_queue = DeliveryQueue(adding_at_the_end, lambda pending, send: delivered_items.append(pending.task_id))
    delivery_queue.put(pending("a"))
    assert leaving.wait(10)
    delivery_queue.wait_idle(10)
    assert sorted(delivered_items) == [*"abcdefghij"]


def test_an_idle_worker_is_reused_with_its_connections() -> None:
    opened: list[int] = []

    @contextmanager
    def counting_connections() -> Generator[Send]:
        opened.append(1)
        yield lambda url, body, headers: 200

    delivery_queue = DeliveryQueue(counting_connections, lambda pending, send: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_delivery_queue, "LINGER", 1)
        for task_id in map(str, range(50)):
            delivery_queue.put(pending(task_id))
            delivery_queue.wait_idle(10)
    assert len(opened) < 50  # sometimes the worker is not idle yet


def test_a_slow_receiver_delays_only_its_own_task() -> None:
    """The second callback of a task waits for the response to the first; other tasks' do not wait."""
    with callback_server() as slow, callback_server() as quick:
        slow.may_respond.clear()
        api = Native.on_emulator()
        slow_task = api.create_task(Native.body_with_callback(slow.url))
        assert slow.next().body["task_status"] == "processing"
        api.create_task(Native.body_with_callback(quick.url))
        assert [quick.next().body["task_status"] for _ in range(2)] == ["processing", "completed"]
        assert slow.calls.empty()
        slow.may_respond.set()
        assert slow.next().body["task_status"] == "completed"
        api.emulator.wait_idle()
        assert [delivery.status for delivery in api.emulator.deliveries if delivery.task_id == slow_task] == [200, 200]
