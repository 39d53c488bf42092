"""Parcels to their receivers: in order, side by side, and dropped if all is to begin anew."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from klingkit.emulator.webhooks import _delivery_queue as _courier
from klingkit.emulator.webhooks._delivery_queue import Courier
from klingkit.emulator.webhooks._pending import Parcel
from klingkit.emulator.webhooks._post import Send


@contextmanager
def nothing() -> Generator[Send]:
    yield lambda url, body, headers: 200


def parcel(task_id: str, body: str = "") -> Parcel:
    return Parcel(task_id, "native", "http://127.0.0.1/", body, f"msg_{task_id}")


def courier(deliver: Callable[[Parcel], object]) -> Courier:
    def delivered(parcel: Parcel, _: Send) -> None:
        deliver(parcel)

    return Courier(nothing, delivered)


def test_many_parcels_of_one_task_keep_their_order() -> None:
    came: list[int] = []
    one = courier(lambda parcel: came.append(int(parcel.body)))
    for number in range(100):
        one.send(parcel("a", str(number)))
    one.wait_idle(10)
    assert came == [*range(100)]


def test_those_of_several_tasks_go_side_by_side() -> None:
    together = threading.Barrier(4)
    one = courier(lambda _: together.wait(10))
    one.send(*(parcel(task_id) for task_id in "abcd"))
    one.wait_idle(10)
    assert not together.broken


def test_what_is_not_on_its_way_can_be_called_off() -> None:
    """All hands are full: of what waits, be it for a hand or for the one before it, nothing goes."""
    came: list[str] = []
    free, busy, done = threading.Event(), threading.Semaphore(0), threading.Semaphore(0)

    def deliver(parcel: Parcel) -> None:
        busy.release()
        free.wait(10)
        came.append(parcel.task_id)
        done.release()

    one = courier(deliver)
    for task_id in "abcdefghij":
        one.send(parcel(task_id), parcel(task_id))
    for _ in range(8):
        assert busy.acquire(timeout=10)
    one.clear()
    one.wait_idle(0)  # what is on its way is nobody's business any more
    one.send(parcel("a"), parcel("z"))
    with pytest.raises(TimeoutError, match=r"after 0\.01 seconds"):
        one.wait_idle(0.01)
    free.set()
    one.wait_idle(10)
    assert {"a", "z"} <= {*came}
    assert all(done.acquire(timeout=10) for _ in range(10))
    assert sorted(came) == sorted("abcdefghaz")


def test_what_comes_while_a_hand_leaves_is_not_forgotten() -> None:
    came: list[str] = []
    left = threading.Event()

    @contextmanager
    def slowly() -> Generator[Send]:
        yield lambda url, body, headers: 200
        if not left.is_set():
            for task_id in "bcdefghij":  # more than there are hands
                one.send(parcel(task_id))
            left.set()

    one = Courier(slowly, lambda parcel, send: came.append(parcel.task_id))
    one.send(parcel("a"))
    assert left.wait(10)
    one.wait_idle(10)
    assert sorted(came) == [*"abcdefghij"]


def test_a_hand_that_waits_takes_what_comes_next() -> None:
    """With the connections that it has open."""
    opened: list[int] = []

    @contextmanager
    def counted() -> Generator[Send]:
        opened.append(1)
        yield lambda url, body, headers: 200

    one = Courier(counted, lambda parcel, send: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_courier, "LINGER", 1)
        for task_id in map(str, range(50)):
            one.send(parcel(task_id))
            one.wait_idle(10)
    assert len(opened) < 50  # now and then it has not come back when the next one comes
