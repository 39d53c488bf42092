"""Measure: `python -m benchmarks [PART ...]`, all parts by default; only then are the page and the plot written."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from benchmarks import batch, callbacks, calls, pacing, polling, startup, waits
from benchmarks._measure import Outcome
from benchmarks._plot import draw
from benchmarks._report import as_json, into_page, report

__all__ = ["PARTS", "main", "run"]

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / ".cache" / "bench" / "results.json"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
PLOT: Final = ROOT / "docs" / "benchmarks.svg"


class Part(Protocol):
    """Measures; `tiny`: with the least numbers, to see that it runs."""

    def __call__(self, *, tiny: bool = False) -> Outcome: ...


PARTS: Final[dict[str, Part]] = {
    "import": startup.imports,
    "construct": startup.construction,
    "calls": calls.measure,
    "waits": waits.measure,
    "batch": batch.measure,
    "callbacks": callbacks.measure,
    "pacing": pacing.measure,
    "polling": polling.measure,
}


def run(
    parts: Sequence[str], results: Path, *, tiny: bool = False, tell: Callable[[str], object] = print
) -> dict[str, Outcome]:
    """Run parts; put what they measured into a file beside what others have, and tell it."""
    outcomes: dict[str, Outcome] = {}
    for part in parts:
        began = time.monotonic()
        outcomes[part] = PARTS[part](tiny=tiny)
        tell(f"{part}: {time.monotonic() - began:.0f} s")
    new = as_json(outcomes)
    old: dict[str, Any] = json.loads(results.read_text()) if results.exists() else {}
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps({name: old.get(name, {}) | found for name, found in new.items()}, indent=1))
    tell(report(outcomes))
    return outcomes


def main(parts: Sequence[str]) -> None:
    """Run the named parts, or all."""
    if unknown := set(parts) - PARTS.keys():
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    outcomes = run(parts or list(PARTS), RESULTS)
    if not parts:
        PAGE.write_text(into_page(PAGE.read_text(), report(outcomes)))
        blocking, *_, many = outcomes["calls"].tables
        draw([blocking, many], PLOT)


if __name__ == "__main__":
    main(sys.argv[1:])
