"""Tests of the policy that learns how long tasks take: few queries, soon after the end; durations kept on disk."""

import json
import math
import random
from pathlib import Path
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingkit import Fixed, InvalidRequest, LearnedPolling
from klingkit._learned import ENOUGH, KEPT, LONGEST, MAX_KINDS, SHORTEST

KIND = "kie kling-2.6/text-to-video 5 s"


def learned(*durations: float, kind: str = KIND) -> LearnedPolling:
    policy = LearnedPolling()
    for seconds in durations:
        policy.learn(kind, seconds)
    return policy


def queries_and_lateness(policy: LearnedPolling, duration: float) -> tuple[int, float]:
    """How a wait for a task of this duration goes: its queries, and the seconds from the end to the last of them."""
    time, queries = 0.0, 1  # the first one at once
    while time < duration:
        time += policy.pause_for(KIND, time) or math.inf
        queries += 1
    return queries, time - duration


def test_too_little_history_decides_nothing():
    policy = LearnedPolling(Fixed(3.0))
    assert policy.pause(7.0) == 3.0
    for number in range(ENOUGH):
        assert policy.pause_for(KIND, 0.0) is None, number
        policy.learn(KIND, 60.0)
    assert policy.pause_for(KIND, 0.0) is not None
    assert policy.pause_for("another kind", 0.0) is None
    assert policy.pause(7.0) == 3.0


def test_a_duration_that_is_always_the_same_is_met():
    """A fixed pause of 5 s costs 61 queries."""
    queries, late = queries_and_lateness(learned(*[300.0] * KEPT), 300.0)
    assert queries <= 15
    assert late <= 2.5


@pytest.mark.parametrize("seed", [1, 3])
def test_durations_that_vary_cost_few_queries(seed: int):
    """Half end before 90 s, one of twenty after 300 s; a fixed pause of 7.2 s is as late, and costs 16.3."""
    draw = random.Random(seed)  # noqa: S311 - nothing is secret
    durations = [math.exp(draw.gauss(math.log(90), math.log(300 / 90) / 1.645)) for _ in range(KEPT + 150)]
    policy = learned(*durations[:KEPT])
    seen = []
    for duration in durations[KEPT:]:
        seen.append(queries_and_lateness(policy, duration))
        policy.learn(KIND, duration)
    assert fmean(queries for queries, _ in seen) <= 17.5
    assert fmean(late for _, late in seen) <= 3.8


def test_a_task_that_takes_longer_than_any_is_still_queried_but_seldom():
    queries, late = queries_and_lateness(learned(*[60.0] * KEPT), 3600.0)
    assert queries < 200
    assert late <= LONGEST


def test_two_habits_are_both_known():
    """Of tasks that take 60 s or 300 s, one that has passed 60 s is left alone until shortly before 300 s."""
    policy = learned(*[60.0, 300.0] * (KEPT // 2))
    pauses = [policy.pause_for(KIND, age) for age in (59.0, 70.0, 299.0)]
    assert pauses == [pytest.approx(2.0, abs=1.0), LONGEST, pytest.approx(2.0, abs=1.0)]


def test_the_last_durations_count():
    policy = learned(*[300.0] * KEPT, *[20.0] * KEPT)
    assert policy.durations() == {KIND: (20.0,) * KEPT}
    assert policy.pause_for(KIND, 0.0) == pytest.approx(20.0, rel=0.2)


@given(st.lists(st.floats(min_value=1e-6, max_value=1e9), min_size=ENOUGH, max_size=KEPT + 1), st.floats(0, 1e12))
def test_every_pause_is_within_its_bounds(durations: list[float], age: float):
    pause = learned(*durations).pause_for(KIND, age)
    assert pause is not None
    assert SHORTEST <= pause <= LONGEST


def test_kinds_are_bounded():
    policy = LearnedPolling()
    for number in range(MAX_KINDS):
        policy.learn(str(number), 5.0)
    policy.learn("0", 5.0)  # not the oldest any more
    assert policy.pause_for("1", 1.0) is None
    policy.learn("new", 5.0)
    assert len(policy.durations()) == MAX_KINDS
    assert {"0", "2", "new"} <= policy.durations().keys()
    assert "1" not in policy.durations()


@pytest.mark.parametrize("seconds", [0, -1.0, math.inf, math.nan, True, "5", None])
def test_what_is_no_duration_is_refused(seconds: float):
    with pytest.raises(InvalidRequest, match="seconds: a number more than 0, not"):
        LearnedPolling().learn(KIND, seconds)


def test_what_is_no_policy_is_refused():
    with pytest.raises(InvalidRequest, match="before: a policy"):
        LearnedPolling(5.0)  # type: ignore[arg-type]  # invalid on purpose


def test_durations_are_kept_in_a_file(tmp_path: Path):
    path = tmp_path / "durations.json"
    assert LearnedPolling.load(path).durations() == {}
    path.write_text("old", "utf-8")
    policy = learned(*map(float, range(1, 30)))
    policy.save(path)
    loaded = LearnedPolling.load(str(path), Fixed(4.0))
    assert loaded.durations() == policy.durations()
    assert loaded.pause(0.0) == 4.0
    assert loaded.pause_for(KIND, 3.0) == policy.pause_for(KIND, 3.0)
    assert [each.name for each in tmp_path.iterdir()] == ["durations.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"durations": []}',
        '{"durations": {"a": 5}}',
        '{"durations": {"a": [-1]}}',
        "\0",
        "[" * 100_000,
        f'{{"durations": {{"a": [1{"0" * 400}]}}}}',
    ],
    ids=str.__len__,
)
def test_another_file_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "durations.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidRequest, match=r"durations.json: durations as LearnedPolling.save writes them"):
        LearnedPolling.load(path)
    assert path.read_text("utf-8") == text


def test_a_file_that_cannot_be_written_keeps_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "durations.json"
    learned(5.0).save(path)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        learned(6.0).save(path)
    assert json.loads(path.read_text("utf-8")) == {"durations": {KIND: [5.0]}}
    assert len(list(tmp_path.iterdir())) == 1
