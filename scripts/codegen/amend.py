"""Amendments to the generator's templates: small patches kept as data, each with its reason."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import attrs

from scripts.specs.files import read_yaml


class AmendmentError(Exception):
    """An amendment no longer fits its template."""


@attrs.frozen(kw_only=True)
class Amendment:
    """A patch that replaces `anchor` in a template, or all from `anchor` up to and with `through`."""

    name: str
    reason: str
    template: str
    anchor: str
    replacement: str
    through: str = ""

    def apply(self, text: str) -> str:
        """Return the amended text."""
        before, rest = self._split(text, self.anchor)
        after = self._split(rest, self.through)[1] if self.through else rest
        return before + self.replacement + after

    def _split(self, text: str, anchor: str) -> list[str]:
        parts = text.split(anchor)
        if len(parts) != 2:
            raise AmendmentError(
                f"amendment {self.name!r}: {self.template} holds its anchor {len(parts) - 1} times, not once:\n{anchor}"
            )
        return parts


def load(folder: Path) -> list[Amendment]:
    """Return all amendments of a folder, in the order of its files."""
    return [Amendment(**entry) for path in sorted(folder.glob("*.yaml")) for entry in read_yaml(path)]


def amend(templates: Path, amendments: Iterable[Amendment], target: Path) -> None:
    """Write the amended templates, and those alone, to `target`."""
    for amendment in amendments:
        amended = target / amendment.template
        if not amended.exists():
            amended.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(templates / amendment.template, amended)
        text = amendment.apply(amended.read_text(encoding="utf-8"))
        amended.write_text(text, encoding="utf-8")
