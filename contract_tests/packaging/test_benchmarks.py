"""Tests that a part of the benchmarks runs, with the least numbers; that goals are judged, and are on the page."""

import json
from pathlib import Path

import pytest

from benchmarks.__main__ import run
from benchmarks._measure import PEERS, Outcome, Value
from benchmarks._report import report
from benchmarks.goals import GOALS, Goal

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def limit(goal: Goal) -> str:
    return f"| {goal.text} | {'≥' if goal.least else '≤'} {goal.limit:g} |"


def test_a_part_measures_beside_what_is_installed_and_names_what_is_not(tmp_path: Path):
    results, lines = tmp_path / "results.json", list[str]()
    outcome = run(["calls"], results, tiny=True, tell=lines.append)["calls"]
    found = json.loads(results.read_text())
    assert all("klingkit" in table.rounds for table in outcome.tables)
    assert found["parts"]["calls"]["left_out"].keys() <= PEERS
    assert "openai (not installed: " in lines[-1]
    judged = {f"calls: {goal.value}" for goal in GOALS if goal.part == "calls" and "aiohttp" not in goal.value}
    assert judged <= found["goals"].keys()


@pytest.mark.parametrize(
    ("value", "least", "verdict"),
    [(1.0, False, "met"), (1.1, False, "missed"), (1.0, True, "met"), (0.9, True, "missed")],
)
def test_a_goal_is_judged_by_the_median(monkeypatch: pytest.MonkeyPatch, value: float, least: bool, verdict: str):
    monkeypatch.setattr("benchmarks._report.GOALS", [Goal("a", "b", 1.0, "c", least=least)])
    (row,) = (
        row for row in report({"a": Outcome(values={"b": Value(value, 0.0, 2.0)})}).splitlines() if "| c |" in row
    )
    assert verdict in row


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: f"{goal.part}, {goal.value}")
def test_the_page_shows_each_goal_as_it_is(goal: Goal):
    assert limit(goal) in PAGE.read_text("utf-8")
