"""Write what was measured: JSON, and tables in Markdown with the goals."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from math import isinf
from pathlib import Path
from typing import Any, Final

from attrs import asdict

from benchmarks._measure import Outcome, Table, Value, ratio
from benchmarks.goals import GOALS, Goal

__all__ = ["PACKAGES", "into_page", "report", "store", "surroundings"]

PACKAGES: Final = (
    *("klingkit", "httpx", "httpcore", "httpx2", "aiohttp", "starlette", "uvicorn"),
    *("openai", "runwayml", "replicate", "fal-client", "google-genai"),
)

_GENERATED: Final = re.compile("(<!-- results: begin .*? -->\n).*?(<!-- results: end -->)", re.DOTALL)


def store(outcomes: Mapping[str, Outcome], results: Path) -> dict[str, Outcome]:
    """Put outcomes into a file, beside those that are there; return all."""
    stored: dict[str, Any] = json.loads(results.read_text())["parts"] if results.exists() else {}
    known = {part: Outcome.read(found) for part, found in stored.items()} | dict(outcomes)
    judged = {
        f"{goal.part}: {goal.value}": {"limit": goal.limit, "measured": value.median, "met": goal.is_met(value)}
        for goal in GOALS
        if (value := goal.measured(known)) is not None
    }
    content = {"goals": judged, "parts": {part: asdict(outcome) for part, outcome in known.items()}}
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(content, indent=1))
    return known


def surroundings() -> str:
    """Return the date, the machine, and the versions."""
    machine = f"{_processor()}, {os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
    versions = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    return f"{datetime.now(UTC).date().isoformat()}, {machine}; {versions}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the name of the processor; of its architecture where the system does not say more."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def report(outcomes: Mapping[str, Outcome]) -> str:
    """Return all tables in Markdown."""
    places = dict.fromkeys(outcome.where for outcome in outcomes.values())
    lines = [f"Measured: {_parts_of(place, outcomes)}: {place}." for place in places]
    lines += ["", *_goal_lines(outcomes)]
    for part, outcome in outcomes.items():
        lines += ["", f"### {part}", *_part_lines(outcome)]
    return "\n".join([*lines, ""])


def _parts_of(place: str, outcomes: Mapping[str, Outcome]) -> str:
    return ", ".join(part for part, outcome in outcomes.items() if outcome.where == place)


def _goal_lines(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    yield "| measure | goal | measured (quartiles) | |"
    yield "|---|---|---|---|"
    for goal in GOALS:
        if goal.part in outcomes:
            yield f"| {goal.text} | {'≥' if goal.least else '≤'} {goal.limit:g} | {_judged(goal, outcomes)} |"


def _judged(goal: Goal, outcomes: Mapping[str, Outcome]) -> str:
    value = goal.measured(outcomes)
    if value is None:
        return "not measured | "
    return f"{_spread(value)} | {'met' if goal.is_met(value) else '**missed**'}"


def _part_lines(outcome: Outcome) -> Iterator[str]:
    for table in outcome.tables:
        yield from ("", *_table_lines(table))
    if outcome.values:
        yield from ("", "| value | median (quartiles) |", "|---|---|")
        yield from (f"| {name} | {_spread(value)} |" for name, value in outcome.values.items())
    if outcome.left_out:
        yield ""
        yield "Left out: " + "; ".join(f"{name} ({reason})" for name, reason in outcome.left_out.items()) + "."


def _table_lines(table: Table) -> Iterator[str]:
    yield f"| {table.title} | CPU, µs (quartiles) | clock, µs | CPU / {table.baseline} (quartiles) |"
    yield "|---|---|---|---|"
    for name, costs in table.rounds.items():
        shown = _spread(ratio(costs, table.rounds[table.baseline]))
        cpu, wall = (Value.of(*(getattr(it, kind) * 1e6 for it in costs)) for kind in ("cpu", "wall"))
        yield f"| {name} | {cpu.median:,.0f} ({cpu.low:,.0f} – {cpu.high:,.0f}) | {wall.median:,.0f} | {shown} |"


def _spread(value: Value) -> str:
    if isinf(value.median):
        return "not all done"
    if value.low == value.high:
        return f"{value.median:.3g}"
    return f"{value.median:.3g} ({value.low:.3g} – {value.high:.3g})"


def into_page(page: str, text: str) -> str:
    """Return a page with a text between its markers."""
    return _GENERATED.sub(lambda found: f"{found[1]}{text}{found[2]}", page)
