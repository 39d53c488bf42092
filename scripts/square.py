"""Write the contract report: one page with the square, its four counts, and what differs on purpose."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.checks.square import Square, square
from scripts.specs.files import ROOT

FOLDER = ROOT / ".cache" / "contract"
TEMPLATE = ROOT / "scripts" / "checks" / "square.html.jinja"


def page(found: Square) -> str:
    """Return the page."""
    loader = FileSystemLoader(TEMPLATE.parent)
    return (
        Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        .get_template(TEMPLATE.name)
        .render(square=found)
    )


def summary(score: dict[str, Any]) -> dict[str, Any]:
    """Sum up one API's result of `scripts.mutate --json`."""
    verdicts = score["verdicts"]
    killed = sum(bool(verdict["killers"]) for verdict in verdicts)
    return {"api": score["api"], "mutants": len(verdicts), "killed": killed, "share": 100 * killed / len(verdicts)}


def main(arguments: list[str] | None = None) -> str | None:
    """Write the page from the results of `make contract` and `make mutate`, if there are any.

    Returns:
        A message if something disagrees or a test failed.
    """
    parser = argparse.ArgumentParser(prog="square", description=__doc__)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=FOLDER, help="junit.xml, mutation.json; the page goes here"
    )
    folder: Path = parser.parse_args(arguments).folder
    mutation = folder / "mutation.json"
    scores = tuple(map(summary, json.loads(mutation.read_text("utf-8")))) if mutation.exists() else ()
    found = square(folder / "junit.xml", scores)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "report.html"
    target.write_text(page(found), encoding="utf-8")
    for side in found.sides:
        waived = f", {side.waived} waived" if side.waived else ""
        print(f"{side.name}: {side.compared} {side.what}, {len(side.problems)} disagree{waived}")
    print(target)
    return "the square does not hold" if found.failed or any(side.problems for side in found.sides) else None


if __name__ == "__main__":
    sys.exit(main())
