"""Draw what a query costs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks._measure import Table

__all__ = ["draw"]

OURS: Final = "#c2410c"
OTHERS: Final = "#94a3b8"


def draw(tables: list[Table], path: Path) -> None:
    """Draw a bar for each way, in microseconds of CPU; the same measurements give the same file."""
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "klingkit", "svg.fonttype": "none", "font.size": 9})
    plots: Any = import_module("matplotlib.pyplot")
    figure, axes = plots.subplots(1, len(tables), figsize=(4 * len(tables), 3.4), layout="constrained")
    for axis, table in zip(axes, tables, strict=True):
        _bars(axis, table)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plots.close(figure)


def _bars(axis: Any, table: Table) -> None:
    costs = {name: median(it.cpu for it in rounds) * 1e6 for name, rounds in table.rounds.items()}
    names = sorted(costs, key=costs.__getitem__, reverse=True)
    colors = [OURS if name == "klingkit" else OTHERS for name in names]
    bars = axis.barh(names, [round(costs[name]) for name in names], color=colors)
    axis.bar_label(bars, padding=3)
    axis.margins(x=0.18)
    axis.set_title(f"one query, {table.title}: CPU, µs")
    axis.spines[["top", "right"]].set_visible(False)
