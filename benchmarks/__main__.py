"""Measure: `python -m benchmarks [PART ...]`, by default all parts; the page is written once all are measured."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from attrs import evolve

from benchmarks import batch, callbacks, calls, pacing, polling, startup, waits
from benchmarks._measure import Outcome
from benchmarks._plot import draw
from benchmarks._report import into_page, report, store, surroundings

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
    """Run parts, and tell what each has measured; store it in a file, and return all that the file has."""
    known: dict[str, Outcome] = {}
    for part in parts:
        began = time.monotonic()
        outcome = evolve(PARTS[part](tiny=tiny), where=surroundings())
        known = store({part: outcome}, results)
        tell(f"{report({part: outcome})}\n{part} took {time.monotonic() - began:.0f} s\n")
    return {part: known[part] for part in PARTS if part in known}


def main(parts: Sequence[str]) -> None:
    """Run the named parts, or all."""
    if unknown := set(parts) - PARTS.keys():
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    known = run(parts or list(PARTS), RESULTS)
    if known.keys() == PARTS.keys():
        PAGE.write_text(into_page(PAGE.read_text(), report(known)))
        blocking, *_, many = known["calls"].tables
        draw([blocking, many], PLOT)


if __name__ == "__main__":
    main(sys.argv[1:])
