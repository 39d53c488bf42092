"""What is kept is bounded, in number and in memory."""

import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator import AfterSeconds
from klingkit.emulator import _history as _newest
from klingkit.emulator._history import Newest
from klingkit.emulator.tasks._quotas import Quotas, TooFast


def test_the_oldest_goes_first_by_number_and_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_newest, "ROOM", 10)
    kept = Newest[int, str](3, len)
    assert [kept.put(at, "xx") for at in range(4)] == [[], [], [], ["xx"]]
    assert kept.put(4, "x" * 7) == ["xx", "xx"]
    assert kept.put(3, "xxx") == []
    assert kept.items() == ["xxx", "x" * 7]
    assert kept.put(5, "x" * 100) == ["xxx", "x" * 7]
    assert kept.put(6, "x") == ["x" * 100]
    assert (kept.clear(), len(kept), kept.get(6)) == (["x"], 0, None)
    assert kept.put(7, "x" * 10) == []


def test_large_requests_push_each_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_newest, "ROOM", 1_000_000)
    api = Kie.on(AfterSeconds(60), post=lambda url, body: 200, slots=100)
    for _ in range(20):
        api.make(Kie.calling("http://receiver.example/" + "x" * 50_000))
    assert 2 <= len(api.emulator.tasks) <= 7
    assert len(api.emulator._engine.tasks._quotas.holders(api.emulator._engine.tasks.newest()[0].order.account)) <= 7
    api.emulator.clock.advance(60)
    api.emulator.wait_idle()
    assert 1 <= len(api.emulator.deliveries) <= 7


def test_accounts_that_are_idle_are_not_counted_for_ever() -> None:
    quotas = Quotas(slots=1, rate=2)
    for at in range(100):
        quotas.take(("kie", f"owner-{at}"), f"task-{at}", float(at), unfinished=True)
        quotas.free(("kie", f"owner-{at}"), f"task-{at}")
    assert len(quotas._made) <= 11
    assert not quotas._unfinished
    quotas.take(("kie", "owner-99"), "again", 99.5, unfinished=True)
    with pytest.raises(TooFast):
        quotas.check(("kie", "owner-99"), 100.0)


def test_events_hold_no_more_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_newest, "ROOM", 1_000_000)
    api = Kie.on(AfterSeconds(60))
    for _ in range(20):
        api.make(Kie.calling("http://receiver.example/" + "x" * 50_000))
    broadcast = api.emulator._engine.broadcast
    assert sum(event.size for event in broadcast._recent.items()) <= 1_000_000
    assert broadcast.after(0) is None
