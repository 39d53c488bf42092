"""Change every fact of the specs, one at a time, and report which checks notice; fail if too few are noticed."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from attrs import asdict

from scripts.mutation.score import (
    CHECKS,
    SURVIVORS,
    Explanation,
    NotReadyError,
    Score,
    expect_silence,
    explanations,
    score,
    stale,
    unexplained,
)
from scripts.specs.files import apis

GOAL = 95.0


def main(arguments: list[str] | None = None) -> str | None:
    """Score the named APIs, or all; return the shortfalls, or None."""
    options = _options(arguments)
    if unknown := set(options.apis) - set(apis()):
        return f"no such spec: {', '.join(sorted(unknown))}; there are {', '.join(apis())}"
    explained = explanations()
    try:
        scores = _scores(options.apis or apis(), options)
    except NotReadyError as error:
        return str(error)
    result = json.dumps(_facts(scores), indent=1)
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(result, encoding="utf-8")
    print(result if options.json else "\n".join(_report(scores, options)))
    return "\n".join(line for it in scores for line in shortfalls(it, explained, options.goal)) or None


def _scores(names: Sequence[str], options: Any) -> list[Score]:
    for api in names:
        expect_silence(api, options.checks)
    # Forked processes have what the checks have recorded; nothing runs in a thread by now.
    with ProcessPoolExecutor(options.processes, mp_context=get_context("fork")) as pool:
        return [
            score(api, checks=options.checks, first=options.first, every=options.every, run=pool.map) for api in names
        ]


def _options(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(prog="mutate", description=__doc__)
    parser.add_argument("apis", nargs="*", metavar="API", help="one of openapi/*.yaml; all if none")
    parser.add_argument("--list", action="store_true", help="print every change and which checks notice it")
    parser.add_argument("--json", action="store_true", help="print the same as JSON, for programs")
    parser.add_argument("--output", type=Path, help="write that JSON to a file, too")
    parser.add_argument("--goal", type=float, default=GOAL, help="percent to be noticed (%(default)s)")
    parser.add_argument(
        "--first", action="store_true", help="stop at the first check that notices: quicker, without the counts of each"
    )
    parser.add_argument("--checks", nargs="+", choices=CHECKS, default=tuple(CHECKS), help="run these checks alone")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="judge one of N changes (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="number of processes (%(default)s)")
    return parser.parse_args(arguments)


def shortfalls(it: Score, explained: Sequence[Explanation], goal: float) -> Iterator[str]:
    """Yield a sentence for each reason why a score is not sufficient."""
    if it.share < goal:
        yield f"{it.api}: {it.share:.2f} % of the changes are noticed, not {goal:g} %"
    for survivor in unexplained(it, explained):
        yield f"{it.api}: unnoticed, and not explained in {SURVIVORS.name}: {survivor}"
    for explanation in stale(it, explained):
        yield f"{it.api}: explained in {SURVIVORS.name}, but noticed or gone: {explanation.pointer} {explanation.name}"


def _report(scores: Sequence[Score], options: Any) -> Iterator[str]:
    if options.list:
        yield from _every(scores)
    yield from _aligned(_table(scores, () if options.first else options.checks))
    for it in scores:
        yield from (f"{it.api}: {crash}" for crash in _crashes(it))


def _every(scores: Iterable[Score]) -> Iterator[str]:
    for it in scores:
        for verdict in it.verdicts:
            yield f"{it.api}{verdict}: {', '.join(verdict.killers) or 'unnoticed'}"


def _table(scores: Sequence[Score], checks: Sequence[str]) -> Iterator[list[str]]:
    """Yield a row for each check, with the changes it notices by API, and in brackets those that it alone notices."""
    yield ["", *(it.api for it in scores)]
    yield ["changes", *(str(len(it.verdicts)) for it in scores)]
    yield ["noticed", *(f"{it.killed} {it.share:.2f} %" for it in scores)]
    for check in checks:
        yield [f"  {check}", *(f"{it.killed_by(check)} ({it.killed_by(check, alone=True)})" for it in scores)]
    yield ["unnoticed", *(str(len(it.survivors)) for it in scores)]


def _aligned(rows: Iterable[list[str]]) -> Iterator[str]:
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    for first, *others in listed:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "   ".join([first.ljust(widths[0]), *cells])


def _crashes(it: Score) -> list[str]:
    return sorted({f"failed at {verdict}: {crash}" for verdict in it.verdicts for crash in verdict.crashes})


def _facts(scores: Iterable[Score]) -> list[dict[str, Any]]:
    return [{**asdict(it), "share": it.share, "survivors": list(map(str, it.survivors))} for it in scores]


if __name__ == "__main__":
    sys.exit(main())
