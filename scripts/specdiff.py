"""Rate what has changed in openapi/*.yaml since a revision, and check that the changelog has an entry for it.

Fails with 1 if CHANGELOG.md lacks an entry, or the version was raised too little; with 2 if there is nothing to
compare with.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text
from ruamel.yaml.error import YAMLError

from scripts.specs.diff.changelog import (
    MissingEntry,
    Version,
    missing_entries,
    new_entries,
    parse_version,
    raised_enough,
)
from scripts.specs.diff.versions import LEVELS, Change, Level, compare, overall
from scripts.specs.files import OBSERVATIONS, ROOT, read_yaml
from scripts.specs.lint.structure import references
from scripts.specs.spec import Spec

FOLDER, CHANGELOG, PROJECT = "openapi", "CHANGELOG.md", "pyproject.toml"
CITED = f"{FOLDER}/{OBSERVATIONS.name}"  # by the specs, and none of them
WIDTH = 120
SHOWN = 40  # characters of a value in the table
STYLES: Mapping[Level, str] = {"major": "bold red", "minor": "yellow", "patch": "dim"}


class Unreadable(Exception):
    """A revision or file that cannot be read, so that nothing can be compared."""


@frozen
class State:
    """The specs, changelog and version of the project at one revision."""

    specs: Mapping[str, Spec]
    changelog: str
    version: Version


@frozen
class Verdict:
    """The changes since a revision, and the changelog entries and version still missing for them."""

    revision: str
    changes: Mapping[str, list[Change]]
    """API -> its changes."""
    missing: list[MissingEntry]
    was: Version
    now: Version

    @property
    def level(self) -> Level | None:
        """The highest level of all APIs."""
        return overall([change for found in self.changes.values() for change in found])

    @property
    def complaints(self) -> list[str]:
        """A sentence for each missing entry, and for a version raised too little."""
        missing = [f"{CHANGELOG}: {entry}" for entry in self.missing]
        if raised_enough(self.level, self.was, self.now):
            return missing
        was, now = (".".join(map(str, version)) for version in (self.was, self.now))
        return [*missing, f"{PROJECT}: from {was} to {now} is not enough for what is {self.level or 'no change'}"]

    def __str__(self) -> str:
        """As JSON, for other programs."""
        rows = [{"api": api, **attrs.asdict(change)} for api, found in self.changes.items() for change in found]
        report = {"revision": self.revision, "level": self.level, "changes": rows, "missing": self.complaints}
        return json.dumps(report, ensure_ascii=False, indent=1)


def verdict(revision: str, root: Path = ROOT) -> Verdict:
    """Compare a revision of a checkout with what lies in it now."""
    old, new = state_at(revision, root), state_now(root)
    apis = sorted({*old.specs, *new.specs})
    changes = {api: compare(old.specs.get(api), new.specs.get(api)) for api in apis}
    missing = missing_entries(changes, new_entries(old.changelog, new.changelog, old.version))
    return Verdict(revision, changes, missing, old.version, new.version)


def state_now(root: Path) -> State:
    """Read the project's working files."""
    names = [CHANGELOG, PROJECT, *(f"{FOLDER}/{path.name}" for path in (root / FOLDER).glob("*.yaml"))]
    names = [name for name in names if name != CITED]
    return _state({name: (root / name).read_text(encoding="utf-8") for name in names if (root / name).exists()})


def state_at(revision: str, root: Path) -> State:
    """Read the project at a revision."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    if not commit:
        raise Unreadable(f"there is no revision {revision!r} in {root}")
    listed = _git(root, "ls-tree", "--name-only", commit, f"{FOLDER}/", CHANGELOG, PROJECT).splitlines()
    names = [name for name in listed if Path(name).suffix in (".yaml", ".md", ".toml") and name != CITED]
    return _state({name: _git(root, "show", f"{commit}:{name}") for name in names})


def last_release(root: Path) -> str:
    """Return the last tag; HEAD if there is none."""
    return _git(root, "describe", "--tags", "--abbrev=0").strip() or "HEAD"


def show(found: Verdict, console: Console) -> None:
    """Print a table for each API that has changed, then all complaints."""
    for api, changes in found.changes.items():
        if changes:
            console.print(_table(api, changes))
    console.print(f"Since {found.revision}: {found.level or 'nothing'}.", highlight=False)
    for complaint in found.complaints:
        console.print(Text(complaint, style="red"), soft_wrap=True)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Compare, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="specdiff", description=__doc__)
    parser.add_argument("revision", nargs="?", help="a tag, branch or commit; the last tag, or HEAD, if none is named")
    parser.add_argument("--json", action="store_true", help="print JSON, with the changes of words, too")
    options = parser.parse_args(arguments)
    try:
        found = verdict(options.revision or last_release(root), root)
    except Unreadable as error:
        print(f"specdiff: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(found)
    else:
        show(found, Console(width=WIDTH))
    return 1 if found.complaints else 0


def _table(api: str, changes: list[Change]) -> Table:
    """Return a table of the major and minor changes, major ones first; patches are counted."""
    table = Table(title=f"{api}: {overall(changes)}", title_justify="left")
    for heading in ("level", "side", "where", "what", "was", "now"):
        table.add_column(heading, no_wrap=heading not in ("was", "now"), overflow="fold")
    for change in sorted(changes, key=lambda change: -LEVELS.index(change.level)):
        if change.level != "patch":
            table.add_row(*_cells(change), style=STYLES[change.level])
    if words := sum(change.level == "patch" for change in changes):
        table.add_row("patch", "", "", f"{words} changed in words only", style=STYLES["patch"])
    return table


def _cells(change: Change) -> Iterator[Text]:
    values = ("" if value is None else value if isinstance(value, str) else _json(value) for value in _values(change))
    short = (text if len(text) <= SHOWN else f"{text[:SHOWN]}..." for text in values)
    return (Text(text) for text in (change.level, change.side, change.place or "the API", change.what, *short))


def _values(change: Change) -> tuple[Any, Any]:
    return change.was, change.now


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _state(texts: Mapping[str, str]) -> State:
    specs = {Path(name).stem: _spec(name, text) for name, text in texts.items() if name.endswith(".yaml")}
    project = tomllib.loads(texts.get(PROJECT, "")).get("project", {})
    return State(specs, texts.get(CHANGELOG, ""), parse_version(project.get("version", "")) or (0, 0, 0))


def _spec(name: str, text: str) -> Spec:
    try:
        content = read_yaml(text)
        spec: Spec = json.loads(json.dumps(content))  # without aliases, as `load` has it
        broken = list(references(spec)) if spec["paths"] else []
    except (YAMLError, LookupError, TypeError) as error:
        raise Unreadable(f"{name}: {error!r}") from error
    for where, why in broken:
        raise Unreadable(f"{name}#{where}: {why}")
    return spec


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints; an empty text if it fails."""
    git = shutil.which("git")
    if not git:
        raise Unreadable("git is not installed")
    command = [git, "-C", str(root), *arguments]
    run = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own arguments
    return run.stdout.decode() if run.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
