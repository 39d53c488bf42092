"""Tests of bounded histories and logs: limits in number and in memory."""

import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator import AfterSeconds, _history
from klingkit.emulator._history import BoundedHistory


def test_the_oldest_item_is_dropped_by_number_and_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_history, "MAX_BYTES", 10)
    history = BoundedHistory[int, str](3, len)
    assert [history.put(key, "xx") for key in range(4)] == [[], [], [], ["xx"]]
    assert history.put(4, "x" * 7) == ["xx", "xx"]
    assert history.put(3, "xxx") == []
    assert history.items() == ["xxx", "x" * 7]
    assert history.put(5, "x" * 100) == ["xxx", "x" * 7]
    assert history.put(6, "x") == ["x" * 100]
    assert (history.clear(), len(history), history.get(6)) == (["x"], 0, None)
    assert history.put(7, "x" * 10) == []


def test_large_tasks_are_dropped_to_save_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_history, "MAX_BYTES", 1_000_000)
    api = Kie.on_emulator(AfterSeconds(60), post=lambda url, body: 200, slots=100)
    for _ in range(20):
        api.create_task(Kie.body_with_callback("http://receiver.example/" + "x" * 50_000))
    assert 2 <= len(api.emulator.tasks) <= 7
    assert len(api.emulator._engine.tasks._quotas.holders(api.emulator._engine.tasks.newest()[0].request.account)) <= 7
    api.emulator.clock.advance(60)
    api.emulator.wait_idle()
    assert 1 <= len(api.emulator.deliveries) <= 7


def test_events_are_bounded_in_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_history, "MAX_BYTES", 1_000_000)
    api = Kie.on_emulator(AfterSeconds(60))
    for _ in range(20):
        api.create_task(Kie.body_with_callback("http://receiver.example/" + "x" * 50_000))
    broadcast = api.emulator._engine.broadcast
    assert sum(event.size for event in broadcast._recent.items()) <= 1_000_000
    assert broadcast.after(0) is None  # the first events are gone: a reader cannot resume after them
