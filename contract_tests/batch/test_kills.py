"""A batch whose process is killed, and stopped, at seeded instants: nothing is lost, and nothing paid twice."""

from __future__ import annotations

from attrs import evolve

from benchmarks.kills import LIMIT, Losses, kill, most_in_a_window


def test_killed_batches_lose_nothing_and_pay_nothing_twice(tmp_path):
    losses = kill(tmp_path, jobs=30, kills=5, seed=7)
    assert evolve(losses, unpaid_uncertain=0) == Losses(30, 5, 0, 0, 0, 0, 0, 0, 0)


def test_a_window_is_counted_from_each_creation():
    assert most_in_a_window([0.0, 1.9, 2.0, 3.0]) == 3
    assert LIMIT.per == 2.0
